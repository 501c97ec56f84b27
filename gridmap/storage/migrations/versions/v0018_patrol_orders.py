"""Plans issued to their teams; check-ins by the code at the place."""

from importlib import resources

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table and the column."""
    statements = resources.files("gridmap.storage").joinpath("sql/0018_patrol_orders.sql").read_text("utf-8")
    # The driver itself: the statements hold percent signs and colons that SQLAlchemy would read as parameters.
    op.get_bind().connection.cursor().execute(statements)
