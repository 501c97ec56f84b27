"""Accounts: posts, sessions, tokens, and the audit."""

from importlib import resources

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables."""
    statements = resources.files("gridmap.storage").joinpath("sql/0007_accounts.sql").read_text("utf-8")
    # The driver itself: the statements hold percent signs and colons that SQLAlchemy would read as parameters.
    op.get_bind().connection.cursor().execute(statements)
