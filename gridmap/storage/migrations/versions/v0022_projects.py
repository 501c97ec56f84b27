"""Projects and their assessment, questions and rulings, and records that are withdrawn."""

from importlib import resources

from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables, the marks and their policies."""
    statements = resources.files("gridmap.storage").joinpath("sql/0022_projects.sql").read_text("utf-8")
    # The driver itself: the statements hold percent signs and colons that SQLAlchemy would read as parameters.
    op.get_bind().connection.cursor().execute(statements)
