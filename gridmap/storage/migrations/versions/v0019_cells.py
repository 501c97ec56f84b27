"""Cells of shapes, and indexes that begin with time."""

from __future__ import annotations

from importlib import resources

from alembic import op
from sqlalchemy import text

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

_TIME = "set local statement_timeout = '30min'"
# The owner is bound by the policies, too.
_WHOLE = "select set_config('gridmap.scope_lo', '0', true), set_config('gridmap.scope_hi', '99999999999999999', true)"
_NOTHING = "select set_config('gridmap.scope_lo', '', true), set_config('gridmap.scope_hi', '', true)"
_MAIN_ROADS = "('motorway', 'trunk', 'primary', 'secondary')"
_SHAPED = ("grids", "roads", "basemap_features")


def _placing(table: str) -> tuple[str, ...]:
    """Place the shapes that are there, and from then on every one that is written."""
    # What roads are called by their mark does not change: it tells of their lines, and those stay.
    quiet = ("alter table roads disable trigger roads_updated",) if table == "roads" else ()
    loud = ("alter table roads enable trigger roads_updated",) if table == "roads" else ()
    fill = (
        f"update {table} t set (cell_key, cell_zoom) = (select c.cell_key, c.cell_zoom from gridmap.shape_cell("
        "ST_XMin(t.geom), ST_YMin(t.geom), ST_XMax(t.geom), ST_YMax(t.geom)) c)"
    )
    keep = (
        f"create trigger place_shape before insert or update of geom on {table}"
        " for each row execute function place_shape()"
    )
    return *quiet, fill, *loud, keep


_INDEXES = (
    "create index ix_grids_level_cell_key on grids (level, cell_key, cell_zoom) where valid_to is null",
    "create index ix_roads_cell_key on roads (cell_key, cell_zoom)",
    f"create index ix_roads_main_cell_key on roads (cell_key, cell_zoom) where road_class in {_MAIN_ROADS}",
    "create index ix_basemap_features_theme_cell_key on basemap_features (theme, cell_key, cell_zoom)",
    "create index ix_incidents_occurred_at on incidents (occurred_at desc, incident_id desc)",
    "create index ix_incidents_import_run_id on incidents (import_run_id)",
    "drop index ix_basemap_features_theme",
)


def upgrade() -> None:
    """Add the cell of every shape, and the indexes."""
    statements = resources.files("gridmap.storage").joinpath("sql/0019_cells.sql").read_text("utf-8")
    connection = op.get_bind()
    # The driver itself: the statements hold percent signs and colons that SQLAlchemy would read as parameters.
    connection.connection.cursor().execute(statements)
    for statement in (_TIME, _WHOLE, *(s for table in _SHAPED for s in _placing(table)), *_INDEXES, _NOTHING):
        connection.execute(text(statement))
