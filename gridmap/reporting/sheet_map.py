"""A route as a drawing in SVG: roads in grey, the way, numbered stops, the base."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import shapely
from markupsafe import Markup
from numpy.typing import NDArray

from gridmap.crs import M_PER_DEGREE
from gridmap.reporting.map_drawing import Projection, bar_of, extent_of, path_of

Floats = NDArray[np.float64]

_RADIUS = 2.5
_APART = 2 * _RADIUS + 0.4
_ROUNDS = 200
_LEAST_M = 500.0
_MARGIN = 7.0


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
    wide, high, shrink = extent_of((west, south, east, north))
    wide_m, high_m = max(wide * M_PER_DEGREE, _LEAST_M), max(high * M_PER_DEGREE, _LEAST_M)
    mm_per_m = min((width - 2 * _MARGIN) / wide_m, (height - 2 * _MARGIN) / high_m)
    middle = np.array([(west + east) / 2, (south + north) / 2])
    drawing = Projection(middle[0], middle[1], width / 2, height / 2, M_PER_DEGREE * mm_per_m, shrink)
    scale = np.array([shrink, -1.0]) * drawing.per_degree

    frame = shapely.box(
        *(middle + np.array([-width, height]) / 2 / scale), *(middle + np.array([width, -height]) / 2 / scale)
    )
    seen = [part for part in shapely.intersection(np.array(roads, dtype=object), frame) if not part.is_empty]
    at = drawing.points(stops)
    drawn = apart(at, width, height)
    parts = [
        Markup(
            '<svg class="map" viewBox="0 0 {0:.1f} {1:.1f}" role="img" aria-label="路线图 / map of the route">'
            '<rect width="{0:.1f}" height="{1:.1f}" fill="#fff"/>'
        ).format(width, height),
        _path(seen, drawing, "#c4c8c5", 0.5),
        _path([line], drawing, "#ffffff", 1.9),
        _path([line], drawing, "#1f4fa3", 0.9),
    ]
    x, y = drawing.point(*base)
    parts.append(
        Markup(
            '<path d="M{0:.2f} {1:.2f}l3 2.4v3.6h-6v-3.6z" fill="#1d2326"/>'
            '<text x="{0:.2f}" y="{2:.2f}" class="base">驻地</text>'
        ).format(x, y - 3, y + 6)
    )
    parts += [
        Markup('<path d="M{:.2f} {:.2f}L{:.2f} {:.2f}" stroke="#1d2326" stroke-width=".25"/>').format(*a, *b)
        for a, b in zip(at, drawn, strict=True)
    ]
    parts += [
        Markup(
            '<circle cx="{0:.2f}" cy="{1:.2f}" r="{2}" fill="#fff" stroke="#1d2326" stroke-width=".4"/>'
            '<text x="{0:.2f}" y="{3:.2f}" class="number">{4}</text>'
        ).format(x, y, _RADIUS, y + 1.0, number)
        for number, (x, y) in enumerate(drawn, 1)
    ]
    return Markup("").join([*parts, _bar(mm_per_m, width, height), Markup("</svg>")])


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


def _path(lines: Sequence[shapely.Geometry], drawing: Projection, colour: str, weight: float) -> Markup:
    drawn = [
        path_of(drawing.points(shapely.get_coordinates(part)).tolist(), closed=False, digits=2)
        for line in lines
        for part in shapely.get_parts(line)
        if part.geom_type == "LineString"
    ]
    return Markup('<path d="{}" fill="none" stroke="{}" stroke-width="{}" stroke-linejoin="round"/>').format(
        "".join(drawn), colour, weight
    )


def _bar(mm_per_m: float, width: float, height: float) -> Markup:
    length_m, label = bar_of(0.25 * width / mm_per_m)
    return Markup(
        '<path d="M3 {0:.1f}v1.5H{1:.1f}v-1.5" fill="none" stroke="#1d2326" stroke-width=".4"/>'
        '<text x="{2:.1f}" y="{3:.1f}" class="bar">{4}</text>'
    ).format(height - 4, 3 + length_m * mm_per_m, 4.5 + length_m * mm_per_m, height - 2.4, label)
