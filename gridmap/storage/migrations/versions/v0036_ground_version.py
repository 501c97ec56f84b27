"""A mark of the ground."""

from importlib import resources

from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the triggers."""
    statements = resources.files("gridmap.storage").joinpath("sql/0036_ground_version.sql").read_text("utf-8")
    # The driver itself: the statements hold percent signs and colons that SQLAlchemy would read as parameters.
    op.get_bind().connection.cursor().execute(statements)
