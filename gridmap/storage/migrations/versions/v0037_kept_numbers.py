"""Numbers that cases brought with them."""

from importlib import resources

from alembic import op

revision = "0037"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column."""
    statements = resources.files("gridmap.storage").joinpath("sql/0037_kept_numbers.sql").read_text("utf-8")
    op.get_bind().connection.cursor().execute(statements)
