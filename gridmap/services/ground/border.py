"""A grid's border for the sheet that committees sign: who lies beyond it, how long it is, where its points are."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

from gridmap import crs
from gridmap.domain.gridkey import Scope
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
class Outline:
    """An outline on the sheet's map; `shape` is in EPSG:4326."""

    grid_key: int
    shape: shapely.Geometry


@dataclass(frozen=True, slots=True)
class Border:
    """What the sheet of a grid's border tells.

    Attributes
    ----------
    perimeter_m, outer_m : float
        Of the whole border, and of that with no grid of the level beyond it.
    points : tuple of (float, float)
        Longitude and latitude (EPSG:4326) of the border's points, from the northernmost on.
    outlines : tuple of Outline
        The grid first, then its neighbours.
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
    outlines: tuple[Outline, ...]


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
        tuple(Outline(int(frame["grid_key"].iloc[i]), frame.geometry.iloc[i]) for i in order),
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
