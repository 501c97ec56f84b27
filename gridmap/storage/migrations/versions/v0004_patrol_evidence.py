"""What became of plans: visits made, stretches driven; teams sent to incidents."""

from importlib import resources

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables with their policies."""
    statements = (
        resources.files("gridmap.storage").joinpath("sql/0004_patrol_evidence.sql").read_text("utf-8")
    )
    # The driver itself: the statements hold percent signs and colons that SQLAlchemy would read as parameters.
    op.get_bind().connection.cursor().execute(statements)
