"""Whether parties are satisfied is a task of its own."""

from importlib import resources

from alembic import op

revision = "0021"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Let tasks be of that kind."""
    statements = resources.files("gridmap.storage").joinpath("sql/0021_satisfaction.sql").read_text("utf-8")
    # The driver itself: the statements hold percent signs and colons that SQLAlchemy would read as parameters.
    op.get_bind().connection.cursor().execute(statements)
