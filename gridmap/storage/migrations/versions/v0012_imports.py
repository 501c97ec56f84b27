"""Imports: what each changed, and when it was taken back."""

from importlib import resources

from alembic import op

revision = "0012"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table and the columns."""
    statements = resources.files("gridmap.storage").joinpath("sql/0012_imports.sql").read_text("utf-8")
    # The driver itself: the statements hold percent signs and colons that SQLAlchemy would read as parameters.
    op.get_bind().connection.cursor().execute(statements)
