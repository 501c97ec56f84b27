"""Counts of cases kept beside the cases."""

from importlib import resources

from alembic import op

revision = "0034"
down_revision = "0037"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables, their policies, and what keeps them; they are filled outside the upgrade."""
    statements = resources.files("gridmap.storage").joinpath("sql/0034_case_counts.sql").read_text("utf-8")
    # The driver itself: the statements hold percent signs and colons that SQLAlchemy would read as parameters.
    op.get_bind().connection.cursor().execute(statements)
