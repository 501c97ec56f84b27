"""Which older programs may go on using a schema."""

from importlib import resources

from alembic import op

revision = "0038"
down_revision = "0036"
branch_labels = None
depends_on = None
serves_since = "0036"


def upgrade() -> None:
    """Add the column; the upgrade fills it."""
    statements = resources.files("gridmap.storage").joinpath("sql/0038_served.sql").read_text("utf-8")
    # The driver itself: the statements hold percent signs and colons that SQLAlchemy would read as parameters.
    op.get_bind().connection.cursor().execute(statements)
