"""The same map as a still picture in SVG, for paper and for browsers that run no scripts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from markupsafe import Markup

from gridmap.domain.geojson import Shape
from gridmap.reporting.map_drawing import Projection, bar_of, extent_of, path_of
from gridmap.reporting.model import Ground, HotspotReport, Text
from gridmap.reporting.words import sureness

_WIDTH = 700.0
_MARGIN = 28.0
_MOST_HEIGHT = 820.0

PATTERNS = Markup(
    '<svg class="patterns" width="0" height="0" aria-hidden="true"><defs>'
    '<pattern id="gi-0" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
    '<rect width="5" height="5" fill="#4b3b9b" fill-opacity=".38"/>'
    '<path d="M0 0V5" stroke="#2d2170" stroke-width="3.4"/>'
    "</pattern>"
    '<pattern id="gi-1" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
    '<rect width="7" height="7" fill="#4b3b9b" fill-opacity=".22"/><path d="M0 0V7" stroke="#4b3b9b" stroke-width="2"/>'
    "</pattern>"
    '<pattern id="gi-2" width="8" height="8" patternUnits="userSpaceOnUse">'
    '<rect width="8" height="8" fill="#4b3b9b" fill-opacity=".12"/><circle cx="4" cy="4" r="1.4" fill="#4b3b9b"/>'
    "</pattern></defs></svg>"
)
"""Fillings by confidence: dense hatching, hatching, dots."""

Place = Callable[[float, float], tuple[float, float]]


def still_map(report: HotspotReport, languages: tuple[str, ...]) -> Markup:
    """Draw the map as SVG, in the shape of the area, with a scale bar.

    Parameters
    ----------
    report : HotspotReport
    languages : tuple of str
        Of the names.

    Returns
    -------
    Markup
    """
    drawn, width, height = _projection(report.ground)
    place = drawn.point
    parts = [
        Markup(
            '<svg class="still" viewBox="0 0 {} {}" role="img" aria-label="{}" font-family="sans-serif">'
        ).format(round(width), round(height + 34), "地图 / map")
    ]
    ground = report.ground
    for lines, stroke in ((ground.minor_roads, 0.6), (ground.major_roads, 1.4)):
        if lines is not None:
            parts.append(_path(lines, place, f'fill="none" stroke="#bfc2bc" stroke-width="{stroke}"'))
    weight = {1: 2.4, 2: 1.6, 3: 0.8, 4: 0.4}
    parts += [
        _path(o.geometry, place, f'fill="none" stroke="#555b61" stroke-width="{weight[o.level]}"')
        for o in ground.outlines
    ]
    parts += [
        _path(
            h.geometry,
            place,
            f'fill="url(#gi-{sureness(h.q)})" fill-rule="evenodd" stroke="#2d2170" stroke-width="1.4"',
        )
        for h in report.hotspots
    ]
    parts += [
        _path(c.geometry, place, 'fill="none" stroke="#1d2326" stroke-width="2.2" stroke-dasharray="8 5"')
        for c in report.clusters
    ]
    finest = max((o.level for o in ground.outlines), default=0)
    if sum(o.level == finest for o in ground.outlines) <= 60:
        parts += [_name(place(*o.point), o.name, languages) for o in ground.outlines if o.level == finest]
    parts += [_circle(place(*h.point), str(h.number)) for h in report.hotspots]
    parts += [_square(place(*c.point), c.letter) for c in report.clusters]
    parts += [_scale(drawn.per_m, height + 20), Markup("</svg>")]
    return Markup("").join(parts)


def _projection(ground: Ground) -> tuple[Projection, float, float]:
    wide, high, shrink = extent_of(ground.bounds)
    wide, high = max(wide, 1e-6), max(high, 1e-6)
    k = min((_WIDTH - 2 * _MARGIN) / wide, (_MOST_HEIGHT - 2 * _MARGIN) / high)
    west, _, _, north = ground.bounds
    drawn = Projection(west, north, _MARGIN, _MARGIN, k, shrink)
    return drawn, wide * k + 2 * _MARGIN, high * k + 2 * _MARGIN


def _lines(geometry: Shape) -> Iterator[tuple[list[Any], bool]]:
    kind = geometry["type"]
    parts: list[Any] = geometry.get("coordinates", [])
    if kind == "LineString":
        yield parts, False
    elif kind == "MultiLineString":
        yield from ((line, False) for line in parts)
    elif kind == "Polygon":
        yield from ((ring, True) for ring in parts)
    elif kind == "MultiPolygon":
        yield from ((ring, True) for polygon in parts for ring in polygon)
    elif kind == "GeometryCollection":
        for part in geometry["geometries"]:
            yield from _lines(part)


def _path(geometry: Shape, place: Place, style: str) -> Markup:
    drawn = []
    for line, closed in _lines(geometry):
        drawn.append(path_of((place(x, y) for x, y in line), closed=closed, digits=1))
    return Markup(f'<path d="{"".join(drawn)}" {style}/>')  # noqa: S704 - numbers and our own words


def _name(at: tuple[float, float], name: Text, languages: tuple[str, ...]) -> Markup:
    text = Markup('<text class="{0}" x="{1:.1f}" y="{2:.1f}" font-size="{3}">{4}</text>')
    x, y = at
    drawn = {
        "zh": text.format("name zh", x, y, 13, name.zh),
        "en": text.format("name en", x, y + 12, 10, name.en),
    }
    return Markup("").join(drawn[code] for code in languages)


def _circle(at: tuple[float, float], label: str) -> Markup:
    return Markup(
        '<circle cx="{0:.1f}" cy="{1:.1f}" r="12" fill="#fff" stroke="#1d2326" stroke-width="1.6"/>'
        '<text x="{0:.1f}" y="{2:.1f}" font-size="14" font-weight="700" text-anchor="middle">{3}</text>'
    ).format(at[0], at[1], at[1] + 5, label)


def _square(at: tuple[float, float], label: str) -> Markup:
    return Markup(
        '<rect x="{0:.1f}" y="{1:.1f}" width="22" height="22" fill="#1d2326"/>'
        '<text x="{2:.1f}" y="{3:.1f}" font-size="14" font-weight="700" text-anchor="middle" fill="#fff">{4}</text>'
    ).format(at[0] - 11, at[1] - 24, at[0], at[1] - 8, label)


def _scale(px_per_m: float, y: float) -> Markup:
    length_m, label = bar_of(0.25 * _WIDTH / px_per_m)
    end = _MARGIN + length_m * px_per_m
    return Markup(
        '<path d="M{0:.1f} {1:.1f}v6H{2:.1f}v-6" fill="none" stroke="#1d2326" stroke-width="1.6"/>'
        '<text x="{3:.1f}" y="{4:.1f}" font-size="13">{5}</text>'
    ).format(_MARGIN, y - 6, end, end + 8, y, label)
