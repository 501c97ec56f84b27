"""The first schema: grids, incidents, teams, migrant clusters, organisations, ground, workspace; policies on all."""

from importlib import resources

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create every table with its policy."""
    statements = resources.files("gridmap.storage").joinpath("sql/0001_first.sql").read_text("utf-8")
    # The driver itself: the statements hold percent signs and colons that SQLAlchemy would read as parameters.
    op.get_bind().connection.cursor().execute(statements)
