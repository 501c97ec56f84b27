"""Places that patrols must come to on every night."""

from importlib import resources

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table."""
    statements = resources.files("gridmap.storage").joinpath("sql/0017_fixed_points.sql").read_text("utf-8")
    # The driver itself: the statements hold percent signs and colons that SQLAlchemy would read as parameters.
    op.get_bind().connection.cursor().execute(statements)
