"""The one drawer of maps on paper: one look for reports, patrol sheets and border sheets.

North is up and said so; a scale bar and the source stand in the margin; inks, weights and letters are the same on every
sheet, given in millimetres of the paper that the picture is printed on.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import shapely
from markupsafe import Markup

from gridmap.crs import M_PER_DEGREE, BBox
from gridmap.domain.geojson import Shape
from gridmap.reporting.map_drawing import Projection, bar_of, extent_of, path_of

INK = "#1d2326"
QUIET = "#555b61"
ROAD = "#bfc2bc"
PAPER = "#fff"
ACCENT = "#4b3b9b"
OWN_LAND = "#eceaf6"
OTHER_LAND = "#f3f4f2"
WAY = "#1f4fa3"
LETTERS = "Noto Sans CJK SC, Noto Sans SC, Source Han Sans SC, sans-serif"
"""Families of the PDF's letters: named, so that every machine that has the first gives the same bytes."""

MINOR_ROAD_MM, MAJOR_ROAD_MM = 0.2, 0.4
_OUTLINE_MM = {1: 0.6, 2: 0.4, 3: 0.2, 4: 0.1}
_NAME_MM, _SMALL_MM, _LABEL_MM = 3.2, 2.6, 2.7
_HALO = Markup(' paint-order="stroke" stroke="{}" stroke-width="0.8" stroke-linejoin="round"').format(PAPER)
_AWAY_MM = (5.5, 8.0, 11.0, 15.0, 20.0)
_MARGIN_MM = 7.0
_NOTES_MM = 6.0

Lines = Iterable[tuple[Iterable[Sequence[float]], bool]]
"""Lines of longitudes and latitudes, and whether each is closed."""


class StillMap:
    """A map that is being drawn: parts come one over the other, and :meth:`drawn` closes it.

    Parameters
    ----------
    bounds : (west, south, east, north)
        What is to be seen, EPSG:4326.
    width_mm : float
        Of the paper that it takes.
    height_mm : float or None
        None makes it as high as what is to be seen wants, `most_height_mm` at the most.
    most_height_mm : float
    least_m : float
        What is to be seen is no smaller than this.
    notes : bool
        Whether scale, north and source stand below the map; otherwise within it.
    halo : bool
        Whether letters have a light edge; a drawer that knows no ``paint-order`` would hide them under it.
    letters : str
        Families of the letters.
    """

    def __init__(
        self,
        bounds: BBox,
        width_mm: float,
        height_mm: float | None = None,
        *,
        most_height_mm: float = 210.0,
        least_m: float = 1.0,
        notes: bool = True,
        halo: bool = True,
        letters: str = "sans-serif",
    ) -> None:
        wide, high, shrink = extent_of(bounds)
        least = least_m / M_PER_DEGREE
        wide, high = max(wide, least), max(high, least)
        west, south, east, north = bounds
        inside = (width_mm - 2 * _MARGIN_MM, (height_mm or most_height_mm) - 2 * _MARGIN_MM)
        per_degree = min(inside[0] / wide, inside[1] / high)
        self.width = width_mm
        self.height = height_mm or high * per_degree + 2 * _MARGIN_MM
        self.projection = Projection(
            (west + east) / 2, (south + north) / 2, self.width / 2, self.height / 2, per_degree, shrink
        )
        self._notes_mm = _NOTES_MM if notes else 0.0
        self._letters = letters
        self._halo = _HALO if halo else Markup("")
        self._parts: list[Markup] = []
        self._taken: list[shapely.Polygon] = []

    @property
    def frame(self) -> shapely.Polygon:
        """What the picture shows of the world, EPSG:4326."""
        half = (self.width / 2, self.height / 2)
        dx, dy = (
            half[0] / self.projection.per_degree / self.projection.shrink,
            half[1] / self.projection.per_degree,
        )
        lon, lat = self.projection.lon, self.projection.lat
        return shapely.box(lon - dx, lat - dy, lon + dx, lat + dy)

    def lines(
        self, lines: Lines, *, ink: str, weight_mm: float, fill: str = "none", dashes: str = ""
    ) -> None:
        """Draw lines or areas; `fill` is an ink or the address of a pattern of the same document."""
        drawn = "".join(
            path_of((self.projection.point(p[0], p[1]) for p in line), closed=closed, digits=2)
            for line, closed in lines
        )
        self._parts.append(
            Markup(
                '<path d="{}" fill="{}" fill-rule="evenodd" stroke="{}" stroke-width="{:g}" stroke-linejoin="round"{}/>'
            ).format(
                drawn,
                fill,
                ink,
                weight_mm,
                Markup(' stroke-dasharray="{}"').format(dashes) if dashes else "",
            )
        )

    def roads(self, lines: Lines, *, major: bool) -> None:
        """Draw roads, quietly."""
        self.lines(lines, ink=ROAD, weight_mm=MAJOR_ROAD_MM if major else MINOR_ROAD_MM)

    def outline(self, lines: Lines, level: int, *, fill: str = "none", ink: str = QUIET) -> None:
        """Draw the outline of a grid; a higher level is stronger."""
        self.lines(lines, ink=ink, weight_mm=_OUTLINE_MM[level], fill=fill)

    def way(self, lines: list[tuple[Iterable[Sequence[float]], bool]]) -> None:
        """Draw a way along roads, with a halo."""
        self.lines(lines, ink=PAPER, weight_mm=1.9)
        self.lines(lines, ink=WAY, weight_mm=0.9)

    def text(
        self,
        at: tuple[float, float],
        text: str,
        *,
        css: str = "",
        size_mm: float = _NAME_MM,
        strong: bool = False,
    ) -> None:
        """Write a name at a point of the picture, in its middle."""
        self._parts.append(
            Markup(
                '<text class="name{}" x="{:.2f}" y="{:.2f}" font-size="{:g}" font-weight="{}" text-anchor="middle" '
                'fill="{}"{}>{}</text>'
            ).format(
                f" {css}" if css else "",
                *at,
                size_mm,
                700 if strong else 400,
                INK if strong else QUIET,
                self._halo,
                text,
            )
        )

    def name(
        self,
        lon: float,
        lat: float,
        zh: str,
        en: str,
        languages: Sequence[str],
        *,
        strong: bool = False,
        plate: bool = False,
    ) -> None:
        """Write a grid's name where nothing else stands; in both languages one above the other, on a plate if asked."""
        x, y = self.projection.point(lon, lat)
        wide = max(_NAME_MM * len(zh) * ("zh" in languages), 0.55 * _SMALL_MM * len(en) * ("en" in languages))
        high = _NAME_MM * len(languages)
        box = shapely.box(x - wide / 2, y - _NAME_MM, x + wide / 2, y - _NAME_MM + high)
        if any(box.intersects(other) for other in self._taken):
            return
        self._taken.append(box)
        if plate:
            self._parts.append(
                Markup(
                    '<rect x="{:.2f}" y="{:.2f}" width="{:.2f}" height="{:.2f}" rx=".6" fill="{}" fill-opacity=".82"/>'
                ).format(x - wide / 2 - 0.5, y - 0.9 * _NAME_MM, wide + 1.0, high + 0.4, PAPER)
            )
        if "zh" in languages:
            self.text((x, y), zh, css="zh", strong=strong)
        if "en" in languages:
            below = _NAME_MM if "zh" in languages else 0.0
            self.text((x, y + below), en, css="en", size_mm=_SMALL_MM, strong=strong)

    def room_for(self, at: tuple[float, float], half_mm: float = 2.6) -> tuple[float, float]:
        """Return the nearest point where a label overlaps no other one, and take it."""
        for away in (0.0, *_AWAY_MM):
            for turn in range(8 if away else 1):
                x = at[0] + away * math.cos(turn * math.pi / 4)
                y = at[1] + away * math.sin(turn * math.pi / 4)
                box = shapely.box(x - half_mm, y - half_mm, x + half_mm, y + half_mm)
                if not any(box.intersects(other) for other in self._taken):
                    self._taken.append(box)
                    return x, y
        return at

    def numbered(self, at: tuple[float, float], label: object, radius_mm: float = 2.5) -> None:
        """Draw a circle with a number at a point of the picture."""
        x, y = at
        self._parts.append(
            Markup(
                '<circle cx="{0:.2f}" cy="{1:.2f}" r="{2:g}" fill="{3}" stroke="{4}" stroke-width=".4"/>'
                '<text class="number" x="{0:.2f}" y="{5:.2f}" font-size="{6:g}" font-weight="700" text-anchor="middle" '
                'fill="{4}">{7}</text>'
            ).format(x, y, radius_mm, PAPER, INK, y + 1.0, _LABEL_MM, label)
        )

    def lettered(self, at: tuple[float, float], label: str) -> None:
        """Draw a dark square with a letter at a point of the picture."""
        x, y = at[0], at[1] + 2.5
        self._parts.append(
            Markup(
                '<rect x="{:.2f}" y="{:.2f}" width="5" height="5" fill="{}"/>'
                '<text class="letter" x="{:.2f}" y="{:.2f}" font-size="{:g}" font-weight="700" text-anchor="middle" '
                'fill="{}">{}</text>'
            ).format(x - 2.5, y - 5.5, INK, x, y - 2.0, _LABEL_MM, PAPER, label)
        )

    def pointer(self, a: tuple[float, float], b: tuple[float, float]) -> None:
        """Draw a thin line from a place to where its number had room."""
        self._parts.append(
            Markup('<path d="M{:.2f} {:.2f}L{:.2f} {:.2f}" stroke="{}" stroke-width=".25"/>').format(
                *a, *b, INK
            )
        )

    def house(self, lon: float, lat: float, label: str) -> None:
        """Draw a base with what it is called."""
        x, y = self.projection.point(lon, lat)
        self._parts.append(
            Markup('<path d="M{:.2f} {:.2f}l3 2.4v3.6h-6v-3.6z" fill="{}"/>').format(x, y - 3, INK)
        )
        self.text((x, y + 6), label, css="base", size_mm=_LABEL_MM, strong=True)

    def define(self, definitions: Markup) -> None:
        """Bring patterns along, for a drawer that looks for them within the picture alone."""
        self._parts.insert(0, Markup("<defs>{}</defs>").format(definitions))

    def drawn(self, label: str, *, css: str, source: str = "") -> Markup:
        """Return the picture with its margin: scale bar, north, source.

        Parameters
        ----------
        label : str
            What it is, for those who do not see it.
        css : str
            Class of the element.
        source : str
            What it is drawn from, and what that is worth.

        Returns
        -------
        Markup
            One svg element; it names nothing outside of itself but patterns of its document.
        """
        high = self.height + self._notes_mm
        head = Markup(
            '<svg class="{0}" viewBox="0 0 {1:.1f} {2:.1f}" role="img" aria-label="{3}" font-family="{5}">'
            '<rect width="{1:.1f}" height="{2:.1f}" fill="{4}"/>'
        ).format(css, self.width, high, label, PAPER, self._letters)
        return Markup("").join(
            [
                head,
                *self._parts,
                self._scale(high),
                self._north(),
                self._source(source, high),
                Markup("</svg>"),
            ]
        )

    def _scale(self, high: float) -> Markup:
        length_m, label = bar_of(0.25 * self.width / self.projection.per_m)
        end = 3 + length_m * self.projection.per_m
        return Markup(
            '<path d="M3 {0:.2f}v1.5H{1:.2f}v-1.5" fill="none" stroke="{2}" stroke-width=".4"/>'
        ).format(high - 4, end, INK) + self._note(end + 1.5, high - 2.3, label, "start", "scale")

    def _north(self) -> Markup:
        x = self.width - 5
        arrow = Markup(
            '<path class="north" d="M{0:.2f} 8.5v-5l-1.3 1.9m1.3 -1.9l1.3 1.9" fill="none" '
            'stroke="{1}" stroke-width=".4"/>'
        ).format(x, INK)
        return arrow + self._note(x, 11.5, "北 N", "middle", "north")

    def _source(self, source: str, high: float) -> Markup:
        return self._note(self.width - 3, high - 2.3, source, "end", "source") if source else Markup("")

    def _note(self, x: float, y: float, text: str, anchor: str, css: str) -> Markup:
        return Markup(
            '<text class="{}" x="{:.2f}" y="{:.2f}" font-size="{:g}" text-anchor="{}" fill="{}"{}>{}</text>'
        ).format(css, x, y, _SMALL_MM, anchor, INK, self._halo, text)


def short_name(en: str) -> str:
    """Leave out what English names of villages end in: labels stand close."""
    return en.removesuffix(" village").removesuffix(" community")


def lines_of(geometry: Shape) -> Iterator[tuple[list[Any], bool]]:
    """Walk the lines and rings of a GeoJSON geometry."""
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
            yield from lines_of(part)


def lines_of_shapes(shapes: Iterable[shapely.Geometry]) -> Iterator[tuple[list[Any], bool]]:
    """Walk the lines and rings of shapes (EPSG:4326); points among them are no lines."""
    for shape in shapes:
        for part in shapely.get_parts(shape):
            if part.geom_type == "LineString":
                yield shapely.get_coordinates(part).tolist(), False
            elif part.geom_type == "Polygon":
                for ring in (part.exterior, *part.interiors):
                    yield shapely.get_coordinates(ring).tolist(), True
