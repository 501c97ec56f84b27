"""Retention: hashes of dropped segments of the audit, and when a case's text expired."""

from importlib import resources

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add a table and a column."""
    statements = resources.files("gridmap.storage").joinpath("sql/0010_retention.sql").read_text("utf-8")
    # The driver itself: the statements hold percent signs and colons that SQLAlchemy would read as parameters.
    op.get_bind().connection.cursor().execute(statements)
