"""Posts that serve a grid, and head-counts of its volunteers."""

from importlib import resources

from alembic import op

revision = "0014"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the two tables."""
    statements = resources.files("gridmap.storage").joinpath("sql/0014_grid_posts.sql").read_text("utf-8")
    # The driver itself: the statements hold percent signs and colons that SQLAlchemy would read as parameters.
    op.get_bind().connection.cursor().execute(statements)
