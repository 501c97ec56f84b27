"""What a report's map is drawn on: outlines and roads, simplified to what a page can show."""

from __future__ import annotations

import json
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from gridmap import crs
from gridmap.domain.geojson import Shape
from gridmap.domain.gridkey import MICRO, TOWN, Scope
from gridmap.reporting.model import Ground, Outline, Text
from gridmap.storage.ground.roads import RoadRow

MAJOR = frozenset({"motorway", "trunk", "primary", "secondary", "tertiary"})
_LEFT_OUT = frozenset({"path", "track", "footway", "cycleway", "pedestrian", "steps"})
_DEGREES = 5
_AREA_M, _ROAD_M = 4.0, 12.0


class Drawing:
    """Turns projected shapes into simplified GeoJSON (EPSG:4326), coordinates to about a metre."""

    def __init__(self, epsg: int) -> None:
        self.epsg = epsg

    def area(self, shape: Any, tolerance_m: float = _AREA_M) -> Shape:
        """Return a shape's GeoJSON geometry."""
        return self._geojson(shapely.simplify(shape, tolerance_m))

    def point(self, shape: Any) -> tuple[float, float]:
        """Return a point on a shape: lon, lat."""
        moved = self._moved(shapely.point_on_surface(shape))
        return round(float(moved.x), _DEGREES), round(float(moved.y), _DEGREES)

    def _geojson(self, shape: Any) -> Shape:
        moved = shapely.transform(self._moved(shape), lambda xy: np.round(xy, _DEGREES))
        drawn: Shape = json.loads(shapely.to_geojson(shapely.normalize(moved)))
        return drawn

    def _moved(self, shape: Any) -> Any:
        return crs.geometries_to_wgs84(np.array([shape], dtype=object), self.epsg)[0]


def draw_ground(
    frame: gpd.GeoDataFrame, roads: list[RoadRow], cell_level: int, within: int | None, draw: Drawing
) -> Ground:
    """Draw the grids above the cells, and the roads among them.

    Parameters
    ----------
    frame : GeoDataFrame
        Grids that stand now, EPSG:4326, ordered by key.
    roads : list of RoadRow
    cell_level : int
        Level of the cells; micro-grids are not drawn.
    within : int or None
        Key of the grid that the report is about.
    draw : Drawing
    """
    inside = frame
    if within is not None:
        chosen = Scope.of_grid(within)
        inside = frame[frame["grid_key"].between(chosen.lo, chosen.hi)]
    shown = inside[inside["level"] <= min(cell_level, MICRO - 1)]
    if shown.empty:
        shown = inside
    shapes = crs.geometries_from_wgs84(shown.geometry.to_numpy(), draw.epsg)
    area = shapely.union_all(shapes[shown["level"].to_numpy() == shown["level"].min()])
    drawn = np.empty(len(shown), dtype=object)
    for level in sorted(set(shown["level"])):
        rows = (shown["level"] == level).to_numpy()
        # Neighbours keep one and the same edge.
        drawn[rows] = shapely.coverage_simplify(shapes[rows], _AREA_M * 2)
    order = np.argsort(-shown["level"].to_numpy(), kind="stable")
    outlines = tuple(
        Outline(
            level=int(shown["level"].iloc[i]),
            name=Text(shown["name_zh"].iloc[i], shown["name_en"].iloc[i]),
            geometry=draw.area(drawn[i], 0.0),
            point=draw.point(shapes[i]),
            grid_key=str(shown["grid_key"].iloc[i]),
        )
        for i in order
    )
    bounds = crs.geometries_to_wgs84(np.array([shapely.envelope(area)], dtype=object), draw.epsg)[0].bounds
    west, south, east, north = (round(float(v), _DEGREES) for v in bounds)
    major, minor = _roads(roads, area, draw)
    return Ground(
        bounds=(west, south, east, north),
        outlines=outlines,
        major_roads=major,
        minor_roads=minor,
        illustrative=bool(shown["illustrative"].any()),
    )


def _roads(rows: list[RoadRow], area: Any, draw: Drawing) -> tuple[Shape | None, Shape | None]:
    kept = [row for row in rows if row["class"] not in _LEFT_OUT]
    if not kept:
        return None, None
    lines = crs.geometries_from_wgs84(shapely.from_wkb([bytes(row["wkb"]) for row in kept]), draw.epsg)
    major = np.array([row["class"] in MAJOR for row in kept])
    return _merged(lines[major], area, draw), _merged(lines[~major], area, draw)


def _merged(lines: NDArray[np.object_], area: Any, draw: Drawing) -> Shape | None:
    inside = lines[shapely.intersects(lines, area)]
    if not len(inside):
        return None
    return draw.area(shapely.line_merge(shapely.union_all(inside)), _ROAD_M)


def place_name(frame: gpd.GeoDataFrame, within: int | None, fallback: Text) -> Text:
    """Return what the scope is called."""
    named = frame[frame["grid_key"] == within] if within is not None else frame[frame["level"] == TOWN]
    if len(named) != 1:
        return fallback
    return Text(named["name_zh"].iloc[0], named["name_en"].iloc[0])
