"""Record keys: what fixes the noise of numbers that leave the house."""

from importlib import resources

from alembic import op
from sqlalchemy import text

revision = "0011"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the key of records and the workspace's secret; draw a key for every record that there is."""
    statements = resources.files("gridmap.storage").joinpath("sql/0011_record_keys.sql").read_text("utf-8")
    connection = op.get_bind()
    # The driver itself: the statements hold percent signs and colons that SQLAlchemy would read as parameters.
    connection.connection.cursor().execute(statements)
    for statement in (
        "set local statement_timeout = '30min'",
        # The owner is bound by the policies, too.
        "select set_config('gridmap.scope_lo', '0', true)",
        "select set_config('gridmap.scope_hi', '99999999999999999', true)",
        "update incidents set record_key = new_record_key() where record_key is null",
        "alter table incidents alter column record_key set not null",
        "select set_config('gridmap.scope_lo', '', true)",
        "select set_config('gridmap.scope_hi', '', true)",
    ):
        connection.execute(text(statement))
