"""Record keys: what fixes the noise of numbers that leave the house."""

from __future__ import annotations

from importlib import resources

from alembic import op
from sqlalchemy import text

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_TIME = "set local statement_timeout = '30min'"
# The owner is bound by the policies, too; sealed cases have keys as others have.
_WHOLE = (
    "select set_config('gridmap.scope_lo', '0', true), set_config('gridmap.scope_hi', '99999999999999999', true),"
    " set_config('gridmap.opens', '-1', true)"
)
_NOTHING = (
    "select set_config('gridmap.scope_lo', '', true), set_config('gridmap.scope_hi', '', true),"
    " set_config('gridmap.opens', '', true)"
)
_DRAW = "update incidents set record_key = new_record_key() where record_key is null"
_EACH = "alter table incidents alter column record_key set not null"


def upgrade() -> None:
    """Add the key of records and the workspace's secret; draw a key for every record that there is."""
    statements = resources.files("gridmap.storage").joinpath("sql/0015_record_keys.sql").read_text("utf-8")
    connection = op.get_bind()
    # The driver itself: the statements hold percent signs and colons that SQLAlchemy would read as parameters.
    connection.connection.cursor().execute(statements)
    for statement in (_TIME, _WHOLE, _DRAW, _EACH, _NOTHING):
        connection.execute(text(statement))
