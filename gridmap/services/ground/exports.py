"""Layers of the ground as files."""

from __future__ import annotations

import geopandas as gpd
import shapely
from sqlalchemy.orm import Session

from gridmap.crs import WGS84
from gridmap.services.workspace.exports import Excerpt, ExportLayer
from gridmap.storage.ground import grids as stored
from gridmap.storage.ground.roads import road_rows


def _grids(session: Session, wanted: Excerpt) -> gpd.GeoDataFrame:
    frame = stored.current_frame(session)
    if wanted.inside:
        frame = frame[frame["grid_key"].between(wanted.inside.lo, wanted.inside.hi)]
    return frame.assign(grid_key=frame["grid_key"].astype(str))


def _roads(session: Session, _wanted: Excerpt) -> gpd.GeoDataFrame:
    rows = road_rows(session)
    shapes = shapely.from_wkb([bytes(r.pop("wkb")) for r in rows])
    return gpd.GeoDataFrame(rows, geometry=shapes, crs=WGS84)


GRIDS = ExportLayer("grids", _grids)
ROADS = ExportLayer("roads", _roads)
