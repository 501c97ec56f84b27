"""How a source says that a case ended, and the headings of a source's own files."""

from importlib import resources

from alembic import op

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None
serves_since = "0040"


def upgrade() -> None:
    """Add the columns."""
    statements = resources.files("gridmap.storage").joinpath("sql/0041_told_ends.sql").read_text("utf-8")
    # The driver itself: the statements hold percent signs and colons that SQLAlchemy would read as parameters.
    op.get_bind().connection.cursor().execute(statements)
