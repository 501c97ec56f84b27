"""What a case without steps has of the town: a desk where it lies in no grid, and limits."""

from importlib import resources

from alembic import op

revision = "0032"
down_revision = "0041"
branch_labels = None
depends_on = None
serves_since = "0041"


def upgrade() -> None:
    """Add the columns; the caretaker fills them for cases that are there."""
    statements = resources.files("gridmap.storage").joinpath("sql/0032_openings.sql").read_text("utf-8")
    # The driver itself: the statements hold percent signs and colons that SQLAlchemy would read as parameters.
    op.get_bind().connection.cursor().execute(statements)
