"""Teams, migrant clusters and organisations as files."""

from __future__ import annotations

from collections.abc import Callable

import geopandas as gpd
from sqlalchemy.orm import Session

from gridmap.services.workspace.exports import Excerpt, ExportLayer, points_frame
from gridmap.storage.models import MigrantCluster, Organisation, Team
from gridmap.storage.teams import sites
from gridmap.storage.teams import teams as stored
from gridmap.storage.workspace.counts import count_of, inside_of

_OF_TEAM = (
    *("code", "name_zh", "name_en", "kind", "professional", "grid_key", "shift_start", "shift_end"),
    *("mode", "speed_kmh", "size"),
)

_OF_DIRECTORY = frozenset({"competence", "serves_key", "hours", "closed_days", "phone"})
"""What the directory of bodies keeps beside the place: edited there, and no column that a file brings in."""


def _teams(session: Session, wanted: Excerpt) -> gpd.GeoDataFrame:
    return points_frame(
        [
            {k: v for k, v in row.items() if k in _OF_TEAM} | {"lon": row["base_lon"], "lat": row["base_lat"]}
            for row in stored.list_teams(session)
            if wanted.inside is None or int(row["grid_key"]) in wanted.inside
        ]
    )


def _migrants(session: Session, wanted: Excerpt) -> gpd.GeoDataFrame:
    return points_frame(sites.list_migrant_clusters(session, wanted.query.grid))


def _organisations(session: Session, wanted: Excerpt) -> gpd.GeoDataFrame:
    rows = sites.list_organisations(session, wanted.query.grid)
    return points_frame([{k: v for k, v in row.items() if k not in _OF_DIRECTORY} for row in rows])


def _counted(table: type[Team | MigrantCluster | Organisation]) -> Callable[[Session, Excerpt], int]:
    return lambda session, wanted: count_of(session, table, *inside_of(table.grid_key, wanted.inside))


TEAMS = ExportLayer("teams", _teams, _counted(Team))
MIGRANTS = ExportLayer("migrants", _migrants, _counted(MigrantCluster))
ORGANISATIONS = ExportLayer("organisations", _organisations, _counted(Organisation))
