"""Sealed cases hidden by the database, and the two posts that may open them all."""

from __future__ import annotations

from importlib import resources

from alembic import op
from sqlalchemy import text

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_SEALING = "array['violence', 'abuse', 'minors', 'self_harm']"
_TIME = "set local statement_timeout = '30min'"
# The owner is bound by the policies, too.
_WHOLE = (
    "select set_config('gridmap.scope_lo', '0', true), set_config('gridmap.scope_hi', '99999999999999999', true),"
    " set_config('gridmap.opens', '-1', true)"
)
_NOTHING = (
    "select set_config('gridmap.scope_lo', '', true), set_config('gridmap.scope_hi', '', true),"
    " set_config('gridmap.opens', '', true)"
)
_SEAL = (
    f"update incidents i set sealed_by_risk = true where risk_grounds && {_SEALING} or exists (select from"
    " incident_steps s where s.incident_id = i.incident_id and s.undone_at is null"
    f" and jsonb_typeof(s.details -> 'grounds') = 'array' and s.details -> 'grounds' ?| {_SEALING})"
)
_NAME_SEALED = (
    "update hotspot_runs set summary = (summary - 'left_out_family')"
    " || jsonb_build_object('left_out_sealed', summary -> 'left_out_family') where summary ? 'left_out_family'"
)


def upgrade() -> None:
    """Add columns and policies, and seal what the steps of a case ever said of violence."""
    connection = op.get_bind()
    statements = resources.files("gridmap.storage").joinpath("sql/0009_sealed.sql").read_text("utf-8")
    # The driver itself: the statements hold percent signs and colons that SQLAlchemy would read as parameters.
    connection.connection.cursor().execute(statements)
    for statement in (_TIME, _WHOLE, _SEAL, _NAME_SEALED, _NOTHING):
        connection.execute(text(statement))
