"""Segments that patrols walk as lines."""

from importlib import resources

from alembic import op

revision = "0029"
down_revision = "0032"
branch_labels = None
depends_on = None
serves_since = "0041"


def upgrade() -> None:
    """Add the columns."""
    statements = resources.files("gridmap.storage").joinpath("sql/0029_segments.sql").read_text("utf-8")
    # The driver itself: the statements hold percent signs and colons that SQLAlchemy would read as parameters.
    op.get_bind().connection.cursor().execute(statements)
