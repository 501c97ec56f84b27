"""What every map drawn as SVG is drawn by: places become points of a picture, lines become a path, and a scale bar."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gridmap.crs import M_PER_DEGREE, BBox

Points = Iterable[Sequence[float]]


@dataclass(frozen=True, slots=True)
class Projection:
    """How a place becomes a point of a picture; what is drawn is small enough for one scale.

    Attributes
    ----------
    lon, lat : float
        Place, EPSG:4326, that lies at `x`, `y`.
    x, y : float
    per_degree : float
        Units of the picture for a degree along a meridian.
    shrink : float
        How much shorter a degree of longitude is here.
    """

    lon: float
    lat: float
    x: float
    y: float
    per_degree: float
    shrink: float

    @property
    def per_m(self) -> float:
        """Units of the picture for a metre."""
        return self.per_degree / M_PER_DEGREE

    def point(self, lon: float, lat: float) -> tuple[float, float]:
        """Return where a place lies in the picture."""
        return (
            self.x + (lon - self.lon) * self.shrink * self.per_degree,
            self.y + (self.lat - lat) * self.per_degree,
        )

    def points(self, lonlat: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return where places lie in the picture; shape (n, 2)."""
        x = self.x + (lonlat[:, 0] - self.lon) * self.shrink * self.per_degree
        return np.column_stack([x, self.y + (self.lat - lonlat[:, 1]) * self.per_degree])


def extent_of(bounds: BBox) -> tuple[float, float, float]:
    """Width and height of an area in degrees along a meridian, and how much shorter a degree of longitude is there."""
    west, south, east, north = bounds
    shrink = math.cos(math.radians((south + north) / 2))
    return (east - west) * shrink, north - south, shrink


def path_of(line: Points, *, closed: bool, digits: int) -> str:
    """Write points of a picture as a part of an SVG path; whole numbers have no decimals where there are no digits."""
    points = "L".join(f"{x:g} {y:g}" if digits == 0 else f"{x:.{digits}f} {y:.{digits}f}" for x, y in line)
    return f"M{points}{'Z' if closed else ''}"


def bar_of(widest_m: float) -> tuple[float, str]:
    """Choose the length of a scale bar: 1, 2 or 5 times a power of ten metres; and what is written beside it."""
    size = 10.0 ** math.floor(math.log10(widest_m))
    length_m = next(f * size for f in (5, 2, 1) if f * size <= widest_m)
    return length_m, f"{length_m / 1000:g} km" if length_m >= 1000 else f"{length_m:g} m"
