"""Map tiles of incidents for a scope."""

from __future__ import annotations

from gridmap.domain.gridkey import Scope
from gridmap.domain.query import IncidentQuery
from gridmap.services.cases.query import chosen_by
from gridmap.storage.cases import tiles
from gridmap.storage.database import Database


def incident_tile(database: Database, scope: Scope, z: int, x: int, y: int, query: IncidentQuery) -> bytes:
    """One tile of the incidents that a query means; see :func:`gridmap.storage.cases.tiles.incident_tile`."""
    with database.scoped_session(scope, timeout_s=20) as session:
        return tiles.incident_tile(session, z, x, y, chosen_by(database, query))
