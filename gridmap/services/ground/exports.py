"""Layers of the ground as files."""

from __future__ import annotations

import geopandas as gpd
import shapely
from sqlalchemy.orm import Session

from gridmap.crs import WGS84
from gridmap.services.workspace.exports import Excerpt, ExportLayer
from gridmap.storage.ground import grids as stored
from gridmap.storage.ground.roads import road_rows
from gridmap.storage.models import Grid, Road
from gridmap.storage.workspace.counts import count_of, inside_of


def _grids(session: Session, wanted: Excerpt) -> gpd.GeoDataFrame:
    frame = stored.current_frame(session)
    if wanted.inside:
        frame = frame[frame["grid_key"].between(wanted.inside.lo, wanted.inside.hi)]
    return frame.assign(grid_key=frame["grid_key"].astype(str))


def _roads(session: Session, _wanted: Excerpt) -> gpd.GeoDataFrame:
    rows = road_rows(session)
    shapes = shapely.from_wkb([bytes(r["wkb"]) for r in rows])
    told = [{k: v for k, v in r.items() if k != "wkb"} for r in rows]
    return gpd.GeoDataFrame(told, geometry=shapes, crs=WGS84)


def _count_grids(session: Session, wanted: Excerpt) -> int:
    return count_of(session, Grid, Grid.valid_to.is_(None), *inside_of(Grid.grid_key, wanted.inside))


GRIDS = ExportLayer("grids", _grids, _count_grids)
ROADS = ExportLayer("roads", _roads, lambda session, _: count_of(session, Road))
