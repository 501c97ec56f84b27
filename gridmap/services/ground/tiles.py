"""Map tiles for a scope."""

from __future__ import annotations

from gridmap.domain.gridkey import Scope
from gridmap.storage.database import Database
from gridmap.storage.ground import tiles


def ground_tile(database: Database, scope: Scope, layer: str, z: int, x: int, y: int) -> bytes:
    """One tile of grids, roads, water, land or places; see :func:`gridmap.storage.ground.tiles.ground_tile`."""
    with database.scoped_session(scope, timeout_s=20) as session:
        return tiles.ground_tile(session, layer, z, x, y)
