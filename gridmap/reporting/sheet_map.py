"""A route as a drawing in SVG: roads in grey, the way, numbered stops, the base."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import shapely
from markupsafe import Markup
from numpy.typing import NDArray

from gridmap.reporting.still_map import StillMap, lines_of_shapes

Floats = NDArray[np.float64]

_RADIUS = 2.5
_APART = 2 * _RADIUS + 0.4
_ROUNDS = 200
_LEAST_M = 500.0


def route_map(
    line: shapely.LineString,
    stops: Floats,
    base: tuple[float, float],
    roads: Sequence[shapely.Geometry],
    *,
    width: float,
    height: float,
) -> Markup:
    """Draw a route.

    Parameters
    ----------
    line : LineString
        EPSG:4326.
    stops : (n, 2) float64
        Longitude and latitude, in order of the visits.
    base : (lon, lat)
    roads : sequence of LineString
        EPSG:4326.
    width, height : float
        Millimetres.

    Returns
    -------
    Markup
        One svg element without any address.
    """
    points = np.vstack([shapely.get_coordinates(line), stops, [base]])
    west, south = points.min(axis=0)
    east, north = points.max(axis=0)
    drawn = StillMap((west, south, east, north), width, height, least_m=_LEAST_M, notes=False)
    seen = shapely.intersection(np.array(roads, dtype=object), drawn.frame)
    drawn.roads(lines_of_shapes(seen), major=True)
    drawn.way(list(lines_of_shapes([line])))
    drawn.house(*base, "驻地")
    places = drawn.projection.points(stops)
    moved = apart(places, width, height)
    for at, to in zip(places, moved, strict=True):
        drawn.pointer(tuple(at), tuple(to))
    for number, at in enumerate(moved, 1):
        drawn.numbered(tuple(at), number, _RADIUS)
    return drawn.drawn("路线图 / map of the route", css="map")


def apart(points: Floats, width: float, height: float) -> Floats:
    """Push circles apart until none covers another, as far as there is room."""
    out = points + 1e-3 * np.arange(len(points))[:, None]
    for _ in range(_ROUNDS):
        difference = out[:, None] - out[None]
        distance = np.hypot(difference[..., 0], difference[..., 1])
        np.fill_diagonal(distance, np.inf)
        overlap = np.maximum(_APART - distance, 0.0)
        if not overlap.any():
            break
        push = difference / np.maximum(distance, 1e-6)[..., None] * (overlap / 2)[..., None]
        out = out + np.nan_to_num(push).sum(axis=1)
        out = np.clip(out, _RADIUS + 0.5, np.array([width, height]) - _RADIUS - 0.5)
    return out
