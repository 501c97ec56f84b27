"""A report's map as a still picture, for paper and for browsers that run no scripts."""

from __future__ import annotations

from collections.abc import Callable

from markupsafe import Markup

from gridmap.reporting.model import HotspotReport
from gridmap.reporting.still_map import INK, LETTERS, StillMap, lines_of, short_name
from gridmap.reporting.words import sureness

_WIDTH_MM = 180.0
_MOST_OUTLINES_NAMED = 60
_PAPER_MM = 130.0
_PX_PER_MM = 700 / _WIDTH_MM
_EDGE = "#2d2170"


def _patterns(name: str, scale: float) -> Markup:
    """Return fillings by confidence: dense hatching, hatching, dots."""
    return Markup(
        '<pattern id="gi-0{0}" width="5" height="5" patternUnits="userSpaceOnUse" '
        'patternTransform="scale({1:.4f}) rotate(45)">'
        '<rect width="5" height="5" fill="#4b3b9b" fill-opacity=".38"/>'
        '<path d="M0 0V5" stroke="#2d2170" stroke-width="3.4"/></pattern>'
        '<pattern id="gi-1{0}" width="7" height="7" patternUnits="userSpaceOnUse" '
        'patternTransform="scale({1:.4f}) rotate(45)">'
        '<rect width="7" height="7" fill="#4b3b9b" fill-opacity=".22"/>'
        '<path d="M0 0V7" stroke="#4b3b9b" stroke-width="2"/></pattern>'
        '<pattern id="gi-2{0}" width="8" height="8" patternUnits="userSpaceOnUse" patternTransform="scale({1:.4f})">'
        '<rect width="8" height="8" fill="#4b3b9b" fill-opacity=".12"/>'
        '<circle cx="4" cy="4" r="1.4" fill="#4b3b9b"/></pattern>'
    ).format(name, scale)


KEYS = _patterns("", 1.0)
"""Of the keys and the map with scripts, in its pixels."""
_OF_STILL = _patterns("-mm", 1.0 / _PX_PER_MM)
PATTERNS = Markup(
    '<svg class="patterns" width="0" height="0" aria-hidden="true"><defs>{}{}</defs></svg>'
).format(KEYS, _OF_STILL)
"""All of them, and those of the still map, in its millimetres, for pictures of one page."""


def still_map(report: HotspotReport, languages: tuple[str, ...], *, paper: bool = False) -> Markup:
    """Draw the map as SVG, in the shape of the area.

    Parameters
    ----------
    report : HotspotReport
    languages : tuple of str
        Of the names.
    paper : bool
        Whether it is for PDF, whose drawer looks for patterns within the picture and knows no halo.

    Returns
    -------
    Markup
    """
    ground = report.ground
    drawn = (
        StillMap(ground.bounds, _WIDTH_MM, most_height_mm=_PAPER_MM, halo=False, letters=LETTERS)
        if paper
        else StillMap(ground.bounds, _WIDTH_MM)
    )
    if paper:
        drawn.define(_OF_STILL)
    for lines, major in ((ground.minor_roads, False), (ground.major_roads, True)):
        if lines is not None:
            drawn.roads(lines_of(lines), major=major)
    for outline in ground.outlines:
        drawn.outline(lines_of(outline.geometry), outline.level)
    for hotspot in report.hotspots:
        fill = f"url(#gi-{sureness(hotspot.q)}-mm)"
        drawn.lines(lines_of(hotspot.geometry), ink=_EDGE, weight_mm=0.35, fill=fill)
    for cluster in report.clusters:
        drawn.lines(lines_of(cluster.geometry), ink=INK, weight_mm=0.55, dashes="2 1.3")
    _label(drawn, report, languages[:1] if paper else languages)
    return drawn.drawn("地图 / map", css="still")


def _label(drawn: StillMap, report: HotspotReport, languages: tuple[str, ...]) -> None:
    # Numbers first: names stand where these leave room.
    labels: list[tuple[tuple[float, float], str, Callable[[tuple[float, float], str], None]]] = [
        *((h.point, str(h.number), drawn.numbered) for h in report.hotspots),
        *((c.point, c.letter, drawn.lettered) for c in report.clusters),
    ]
    for point, label, draw in labels:
        at = drawn.projection.point(*point)
        room = drawn.room_for(at)
        if room != at:
            drawn.pointer(at, room)
        draw(room, label)
    finest = max((o.level for o in report.ground.outlines), default=0)
    named = [o for o in report.ground.outlines if o.level == finest]
    if len(named) <= _MOST_OUTLINES_NAMED:
        for outline in named:
            drawn.name(*outline.point, outline.name.zh, short_name(outline.name.en), languages)
