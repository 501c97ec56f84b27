"""Keys of many cells at once."""

from importlib import resources

from alembic import op

revision = "0035"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the function."""
    statements = resources.files("gridmap.storage").joinpath("sql/0035_cell_keys.sql").read_text("utf-8")
    # The driver itself: the statements hold percent signs and colons that SQLAlchemy would read as parameters.
    op.get_bind().connection.cursor().execute(statements)
