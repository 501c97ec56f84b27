"""Map tiles for a scope."""

from __future__ import annotations

import datetime as dt

from gridmap.domain.days import local_span
from gridmap.domain.gridkey import UNASSIGNED, Scope
from gridmap.storage.database import Database
from gridmap.storage.ground import tiles


def ground_tile(database: Database, scope: Scope, layer: str, z: int, x: int, y: int) -> bytes:
    """One tile of grids, roads, water, land or places; see :func:`gridmap.storage.ground.tiles.ground_tile`."""
    with database.scoped_session(scope, timeout_s=20) as session:
        return tiles.ground_tile(session, layer, z, x, y)


def incident_tile(
    database: Database,
    scope: Scope,
    z: int,
    x: int,
    y: int,
    *,
    domain: str | None = None,
    since: dt.date | None = None,
    until: dt.date | None = None,
    within: int | None = None,
) -> bytes:
    """One tile of incidents in a span of local days; see :func:`gridmap.storage.ground.tiles.incident_tile`."""
    start, end = local_span(database.settings.timezone, since, until)
    with database.scoped_session(scope, timeout_s=20) as session:
        return tiles.incident_tile(
            session,
            z,
            x,
            y,
            since=start or dt.datetime(1, 1, 1, tzinfo=dt.UTC),
            until=end or dt.datetime(9999, 1, 1, tzinfo=dt.UTC),
            domain=domain,
            within=None if within is None else _subtree(within),
        )


def _subtree(key: int) -> Scope:
    """Keys of a grid's subtree; 0 stands for the incidents in no grid."""
    return Scope(UNASSIGNED, UNASSIGNED) if key == UNASSIGNED else Scope.of_grid(key)
