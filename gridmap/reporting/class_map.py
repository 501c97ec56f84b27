"""A map whose grids are filled by the class of a number: the same still picture on the screen, in print and in PDF."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from gridmap.domain.geojson import Shape
from gridmap.reporting.classes import NO_VALUE, Classes, pattern
from gridmap.reporting.markup import in_languages
from gridmap.reporting.model import Ground, Text
from gridmap.reporting.still_map import LETTERS, QUIET, StillMap, lines_of, short_name

_WIDTH_MM, _MOST_HEIGHT_MM = 180.0, 120.0
_PX_PER_MM = 700 / _WIDTH_MM
_EDGE_MM = 0.3


@dataclass(frozen=True, slots=True)
class Area:
    """A grid of the map.

    Attributes
    ----------
    name : Text
    geometry : Shape
        EPSG:4326.
    point : tuple of float
        Where its name stands: lon, lat.
    value : float or None
        None where no number is told.
    """

    name: Text
    geometry: Shape
    point: tuple[float, float]
    value: float | None


@dataclass(frozen=True, slots=True)
class ClassMap:
    """A map in classes.

    Attributes
    ----------
    title : Text
        What is shown.
    unit : Text
        Of the bounds of the classes.
    notes : tuple of Text
        Of when the numbers are, what they are and what they do not say.
    areas : tuple of Area
    classes : Classes or None
        None where no area has a value.
    ground : Ground
        Bounds, and roads below the fillings' edges.
    digits : int
        Decimals of the bounds.
    """

    title: Text
    unit: Text
    notes: tuple[Text, ...]
    areas: tuple[Area, ...]
    classes: Classes | None
    ground: Ground
    digits: int = 0

    def tone(self, value: float | None) -> int | None:
        """Return which colour and pattern a value has; None where it has none."""
        number = None if self.classes is None else self.classes.of(value)
        return None if self.classes is None or number is None else self.classes.tone(number)


def drawn(shown: ClassMap, languages: tuple[str, ...], *, paper: bool = False, name: str = "a") -> Markup:
    """Draw the map, with its scale bar and north.

    Parameters
    ----------
    shown : ClassMap
    languages : tuple of str
        Of the names.
    paper : bool
        Whether it is for PDF, whose drawer knows no halo.
    name : str
        Tells its patterns from those of other maps of the page.

    Returns
    -------
    Markup
        One svg element.
    """
    chart = StillMap(
        shown.ground.bounds,
        _WIDTH_MM,
        most_height_mm=_MOST_HEIGHT_MM,
        halo=not paper,
        letters=LETTERS if paper else "sans-serif",
    )
    tones = sorted({t for area in shown.areas if (t := shown.tone(area.value)) is not None})
    of = f"-{name}-mm"
    chart.define(Markup("").join(pattern(tone, of, 1 / _PX_PER_MM) for tone in (*tones, None)))
    for area in shown.areas:
        tone = shown.tone(area.value)
        fill = f"url(#class-{'none' if tone is None else tone}{of})"
        chart.lines(lines_of(area.geometry), ink=QUIET, weight_mm=_EDGE_MM, fill=fill)
    for outline in shown.ground.outlines:
        chart.outline(lines_of(outline.geometry), outline.level)
    for area in shown.areas:
        chart.name(
            *area.point,
            area.name.zh,
            short_name(area.name.en),
            languages[:1] if paper else languages,
            plate=paper,
        )
    label = f"{shown.title.zh} / {shown.title.en}"
    return chart.drawn(label, css="shade")


def keys(shown: ClassMap, languages: tuple[str, ...], *, name: str = "a") -> Markup:
    """Draw the keys of the classes, each with its bounds; then the scheme.

    Parameters
    ----------
    shown : ClassMap
    languages : tuple of str
    name : str
        As for :func:`drawn`.
    """
    key = Markup(
        '<span><svg width="30" height="16" role="img" aria-hidden="true"><defs>{}</defs>'
        '<rect x="1" y="1" width="28" height="14" fill="url(#class-{}{})" stroke="#2d2170"/></svg>{}</span>'
    )
    out = []
    if shown.classes is not None:
        for number, bounds in enumerate(shown.classes.bounds(shown.digits)):
            tone, of = shown.classes.tone(number), f"-{name}-key{number}"
            told = in_languages(Text(f"{bounds} {shown.unit.zh}", f"{bounds} {shown.unit.en}"), languages)
            out.append(key.format(pattern(tone, of), tone, of, told))
    if any(shown.tone(area.value) is None for area in shown.areas):
        of = f"-{name}-key-none"
        out.append(key.format(pattern(None, of), "none", of, in_languages(NO_VALUE, languages)))
    if shown.classes is not None:
        out.append(Markup("<span>{}</span>").format(in_languages(shown.classes.words, languages)))
    return Markup('<div class="legend">{}</div>').format(Markup("").join(out))
