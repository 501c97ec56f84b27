"""A week's roster of teams over named shifts."""

from importlib import resources

from alembic import op

revision = "0031"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table and its policy."""
    statements = resources.files("gridmap.storage").joinpath("sql/0031_rosters.sql").read_text("utf-8")
    # The driver itself: the statements hold percent signs and colons that SQLAlchemy would read as parameters.
    op.get_bind().connection.cursor().execute(statements)
