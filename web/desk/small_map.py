"""A small map as SVG: the town's grids, main roads and water, and marks for cases. It prints, and needs no WebGL."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from gridmap.domain.cases.model import CaseRow
from gridmap.reporting.map_drawing import Projection, extent_of, path_of
from gridmap.services.cases.places import Places

WIDTH = 1000.0
_MARGIN = 12.0
_SHADES = 4
_Lines = Iterable[Iterable[tuple[float, float]]]


@dataclass(frozen=True, slots=True)
class Drawn:
    """A grid on the map."""

    grid_key: int
    path: str
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Mark:
    """A case on the map."""

    row: CaseRow
    x: float
    y: float
    urgency: str


@dataclass(frozen=True, slots=True)
class Shading:
    """Grids by how many cases each has, in a few classes that hold about as many grids each.

    Attributes
    ----------
    of : mapping
        Class of each grid, from one; a grid whose number is not told has none.
    classes : tuple of (int, int)
        Least and greatest number of each class.
    """

    of: Mapping[int, int]
    classes: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Ground:
    """What lies under the marks, and how a place becomes a point of the picture."""

    width: float
    height: float
    projection: Projection
    grids: tuple[Drawn, ...]
    roads: str
    water: str

    def point(self, lon: float, lat: float) -> tuple[float, float]:
        """Return where a place lies in the picture."""
        x, y = self.projection.point(lon, lat)
        return round(x, 1), round(y, 1)


@lru_cache(maxsize=8)
def ground(places: Places) -> Ground | None:
    """Draw the ground; None for a workspace without grids."""
    if places.bounds is None:
        return None
    wide, high, shrink = extent_of(places.bounds)
    scale = (WIDTH - 2 * _MARGIN) / wide
    west, _, _, north = places.bounds
    projection = Projection(west, north, _MARGIN, _MARGIN, scale, shrink)
    bare = Ground(WIDTH, 2 * _MARGIN + high * scale, projection, (), "", "")
    grids = tuple(
        Drawn(g.grid_key, _path(bare, g.parts, closed=True), *bare.point(*g.label)) for g in places.villages
    )
    return Ground(
        bare.width,
        round(bare.height, 1),
        projection,
        grids,
        _path(bare, places.roads, closed=False),
        _path(bare, places.water, closed=False),
    )


def marks(drawn: Ground | None, rows: Iterable[CaseRow], now: dt.datetime) -> list[Mark]:
    """Return marks of the cases that have a place, the most urgent last and so on top."""
    if drawn is None:
        return []
    found = [
        Mark(row, *drawn.point(row.lon, row.lat), urgency(row, now))
        for row in rows
        if row.lon is not None and row.lat is not None
    ]
    order = ("ended", "later", "soon", "late")
    return sorted(found, key=lambda mark: order.index(mark.urgency))


def shading(counts: Mapping[int, int]) -> Shading:
    """Put grids into classes by their numbers; grids with the same number are of the same class."""
    ordered = sorted(counts.values())
    ends = sorted(
        {ordered[len(ordered) * n // _SHADES - 1] for n in range(1, _SHADES + 1)} if ordered else ()
    )
    classes = tuple(
        (min(n for n in ordered if n > below), most) for below, most in zip((-1, *ends), ends, strict=False)
    )
    return Shading({key: 1 + sum(n > most for most in ends) for key, n in counts.items()}, classes)


def urgency(row: CaseRow, now: dt.datetime) -> str:
    """Return ``late``, ``soon`` (within a day), ``later`` or ``ended``."""
    if not row.is_open:
        return "ended"
    if row.due_at is None or row.due_at >= now + dt.timedelta(days=1):
        return "later"
    return "late" if row.due_at < now else "soon"


def _path(drawn: Ground, lines: _Lines, *, closed: bool) -> str:
    return "".join(
        path_of((drawn.point(lon, lat) for lon, lat in line), closed=closed, digits=0) for line in lines
    )
