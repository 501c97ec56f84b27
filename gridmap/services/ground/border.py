"""A grid's border for the sheet that committees sign: who lies beyond it, how long it is, where its points are."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from gridmap import crs
from gridmap.domain.gridkey import Scope
from gridmap.reporting.map_drawing import path_of
from gridmap.services.ground.grids import checked_level, grid_not_found
from gridmap.storage.database import Database
from gridmap.storage.ground import grids as stored

_TOUCH_M = 3.0
"""Outlines that come so near are one border, drawn twice."""
_POINT_M = 60.0
"""The border's points are those of a line that is nowhere further from it."""
MOST_POINTS = 40
_SIDES = (
    ("北", "N"),
    ("东北", "NE"),
    ("东", "E"),
    ("东南", "SE"),
    ("南", "S"),
    ("西南", "SW"),
    ("西", "W"),
    ("西北", "NW"),
)
_REACH = 0.01
_WIDTH = 1000.0


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A grid of the same level beyond the border.

    Attributes
    ----------
    side : tuple of str
        On which side it lies, in both languages.
    shared_m : float
        Length of the border with it.
    """

    grid_key: int
    name_zh: str
    name_en: str
    side: tuple[str, str]
    shared_m: float


@dataclass(frozen=True, slots=True)
class Drawn:
    """An outline on the sheet's map."""

    grid_key: int
    path: str
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Border:
    """What the sheet of a grid's border tells.

    Attributes
    ----------
    perimeter_m, outer_m : float
        Of the whole border, and of that with no grid of the level beyond it.
    points : tuple of (float, float)
        Longitude and latitude (EPSG:4326) of the border's points, from the northernmost on.
    map : tuple of Drawn
        The grid first, then its neighbours.
    height : float
        Of the map, its width being 1000.
    px_per_m : float
    """

    grid_key: int
    level: int
    code: str
    name_zh: str
    name_en: str
    area_m2: float
    population: int | None
    households: int | None
    valid_from: dt.date
    illustrative: bool
    perimeter_m: float
    outer_m: float
    neighbours: tuple[Neighbour, ...]
    points: tuple[tuple[float, float], ...]
    map: tuple[Drawn, ...]
    height: float
    px_per_m: float


def border_of(database: Database, scope: Scope, grid_key: int) -> Border:
    """Describe a grid's border.

    Parameters
    ----------
    database : Database
    scope : Scope
        Neighbours are told by name and outline also where they lie outside of it: they sign, too.
    grid_key : int

    Raises
    ------
    NotFound
        When there is no such grid in the scope.
    """
    level = checked_level(grid_key)
    with database.scoped_session(scope) as session:
        found = stored.find_grid(session, grid_key)
        if found is None:
            raise grid_not_found(grid_key)
        told = (found.code, found.name_zh, found.name_en, found.population, found.households)
        area_m2, valid_from, illustrative = found.area_m2, found.valid_from, found.illustrative
    with database.scoped_session(Scope.whole()) as session:
        frame = stored.current_frame(session)
    frame = frame[frame["level"] == level].reset_index(drop=True)
    here = frame.index[frame["grid_key"] == grid_key][0]
    epsg = crs.metric_crs(frame.total_bounds)
    shapes = crs.geometries_from_wgs84(frame.geometry.to_numpy(), epsg)
    own = shapes[here]
    edge = own.boundary
    near = [i for i in shapely.STRtree(shapes).query(own.buffer(_TOUCH_M)).tolist() if i != here]
    neighbours, covered = [], []
    for i in near:
        shared = edge.intersection(shapes[i].buffer(_TOUCH_M))
        if shared.length > 2 * _TOUCH_M:
            covered.append(shapes[i])
            row = frame.iloc[i]
            neighbours.append(
                Neighbour(
                    int(row["grid_key"]),
                    row["name_zh"] or "",
                    row["name_en"] or "",
                    _side(own, shared),
                    float(shared.length),
                )
            )
    outer = edge.difference(shapely.union_all(covered).buffer(_TOUCH_M)) if covered else edge
    order = [here, *(i for i in near if shapes[i] in covered)]
    drawn, height, px_per_m = _drawn(shapes, frame["grid_key"].tolist(), order, own)
    return Border(
        grid_key,
        level,
        told[0] or "",
        told[1] or "",
        told[2] or "",
        float(area_m2),
        told[3],
        told[4],
        valid_from,
        illustrative,
        float(edge.length),
        float(outer.length),
        tuple(sorted(neighbours, key=lambda n: _SIDES.index(n.side))),
        _points(own, epsg),
        drawn,
        height,
        px_per_m,
    )


def _side(own: Any, shared: Any) -> tuple[str, str]:
    middle, centre = shared.centroid, own.centroid
    bearing = math.degrees(math.atan2(middle.x - centre.x, middle.y - centre.y)) % 360
    return _SIDES[round(bearing / 45) % 8]


def _points(own: Any, epsg: int) -> tuple[tuple[float, float], ...]:
    largest = max(shapely.get_parts(own), key=lambda part: part.area)
    tolerance_m = _POINT_M
    ring = shapely.get_coordinates(largest.exterior.simplify(tolerance_m))[:-1]
    while len(ring) > MOST_POINTS:
        tolerance_m *= 1.5
        ring = shapely.get_coordinates(largest.exterior.simplify(tolerance_m))[:-1]
    first = int(np.argmax(ring[:, 1]))
    x, y = np.roll(ring, -first, axis=0).T
    lon, lat = crs.to_wgs84(x, y, epsg)
    return tuple((round(float(a), 6), round(float(b), 6)) for a, b in zip(lon, lat, strict=True))


def _drawn(
    shapes: NDArray[np.object_], keys: list[int], order: list[int], own: Any
) -> tuple[tuple[Drawn, ...], float, float]:
    west, south, east, north = own.bounds
    margin = 0.18 * max(east - west, north - south)
    west, south, east, north = west - margin, south - margin, east + margin, north + margin
    scale = _WIDTH / (east - west)
    frame = shapely.box(west, south, east, north)

    def path(shape: Any) -> str:
        rings = []
        for part in shapely.get_parts(shape.intersection(frame)):
            if part.geom_type == "Polygon":
                for ring in (part.exterior, *part.interiors):
                    xy = (shapely.get_coordinates(ring) - [west, north]) * [scale, -scale]
                    rings.append(path_of(xy.tolist(), closed=True, digits=1))
        return "".join(rings)

    out = []
    for i in order:
        label = shapely.point_on_surface(shapes[i].intersection(frame))
        out.append(
            Drawn(
                int(keys[i]),
                path(shapes[i]),
                round((label.x - west) * scale, 1),
                round((north - label.y) * scale, 1),
            )
        )
    return tuple(out), round((north - south) * scale, 1), scale
