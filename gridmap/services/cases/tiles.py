"""Map tiles of incidents for a scope."""

from __future__ import annotations

from gridmap.domain.gridkey import Scope
from gridmap.domain.query import IncidentQuery
from gridmap.errors import InvalidInput
from gridmap.services.cases.query import chosen_by
from gridmap.storage.cases import tiles
from gridmap.storage.database import Database

MOST_TILES = 16


def incident_tile(database: Database, scope: Scope, z: int, x: int, y: int, query: IncidentQuery) -> bytes:
    """One tile of the incidents that a query means; see :func:`gridmap.storage.cases.tiles.incident_tile`."""
    with database.scoped_session(scope, timeout_s=20) as session:
        return tiles.incident_tile(session, z, x, y, chosen_by(database, query))


def incident_block(
    database: Database, scope: Scope, z: int, columns: range, rows: range, query: IncidentQuery
) -> list[bytes]:
    """Return the tiles of a block, row by row; each as `incident_tile` gives it.

    Raises
    ------
    InvalidInput
        When the block has no tile, or more than `MOST_TILES`.
    """
    if not 1 <= len(columns) * len(rows) <= MOST_TILES:
        raise InvalidInput(
            "tiles-block",
            f"一次最多取 {MOST_TILES} 块瓦片，至少一块。",
            f"A block has 1 to {MOST_TILES} tiles.",
        )
    with database.scoped_session(scope, timeout_s=20) as session:
        chosen = chosen_by(database, query)
        return [tiles.incident_tile(session, z, x, y, chosen) for y in rows for x in columns]
