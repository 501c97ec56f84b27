"""Photos of a case."""

from importlib import resources

from alembic import op

revision = "0040"
down_revision = "0038"
branch_labels = None
depends_on = None
serves_since = "0036"


def upgrade() -> None:
    """Add the table and its policy."""
    statements = resources.files("gridmap.storage").joinpath("sql/0040_photos.sql").read_text("utf-8")
    # The driver itself: the statements hold percent signs and colons that SQLAlchemy would read as parameters.
    op.get_bind().connection.cursor().execute(statements)
