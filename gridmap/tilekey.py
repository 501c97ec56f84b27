"""Tile keys: the Morton code of a point's Web Mercator tile at zoom 22.

A row-level security policy keeps PostGIS from using a spatial index (``&&`` is not leakproof), so points carry a plain
integer in which every map tile is one contiguous range: ``tile_key BETWEEN lo AND hi`` uses a b-tree under any policy.
Shapes carry a cell, a tile that the database names by its first key and its zoom: the tile at the north-west corner of
the shape's box, at the deepest zoom at which a tile is no smaller than the box. Twice that tile holds the shape, so the
shapes that can reach a box are those of a few ranges of cells.

References
----------
G. M. Morton, *A computer oriented geodetic data base and a new technique in file sequencing*, IBM, 1966.

C. Böhm, G. Klump and H.-P. Kriegel, *XZ-ordering: a space-filling curve for objects with spatial extension*, Advances
in Spatial Databases, 1999.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gridmap.errors import InvalidInput

ZOOM = 22
MAX_LAT_DEG = 85.0511287798066
"""Latitude at which the square Web Mercator world ends."""

_MASKS = (
    (16, 0x0000FFFF0000FFFF),
    (8, 0x00FF00FF00FF00FF),
    (4, 0x0F0F0F0F0F0F0F0F),
    (2, 0x3333333333333333),
    (1, 0x5555555555555555),
)


def _spread(v: NDArray[np.uint64]) -> NDArray[np.uint64]:
    for shift, mask in _MASKS:
        v = (v | (v << np.uint64(shift))) & np.uint64(mask)
    return v


def tile_key(lon: ArrayLike, lat: ArrayLike) -> NDArray[np.int64]:
    """Morton code at zoom 22 of each point.

    Parameters
    ----------
    lon, lat : array_like, shape (n,)
        Degrees, EPSG:4326. Latitudes beyond the Web Mercator square are clipped to its edge.

    Returns
    -------
    ndarray of int64, shape (n,)
        Keys in ``[0, 4**22)``.

    Raises
    ------
    InvalidInput
        When a coordinate is not finite.
    """
    lon_a = np.atleast_1d(np.asarray(lon, dtype=np.float64))
    lat_a = np.atleast_1d(np.asarray(lat, dtype=np.float64))
    if not (np.isfinite(lon_a).all() and np.isfinite(lat_a).all()):
        raise InvalidInput(
            "coordinate-not-finite", "坐标含有空值或无穷大。", "A coordinate is missing or not finite."
        )
    return _interleaved(*_columns_rows(lon_a, lat_a))


def _columns_rows(
    lon: NDArray[np.float64], lat: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Column and row of each point's tile at zoom 22; those beyond the world's edge are those at the edge."""
    n = float(1 << ZOOM)
    phi = np.radians(np.clip(lat, -MAX_LAT_DEG, MAX_LAT_DEG))
    x = (lon + 180.0) / 360.0 * n
    y = (1.0 - np.arcsinh(np.tan(phi)) / np.pi) / 2.0 * n
    top = (1 << ZOOM) - 1
    return np.clip(np.floor(x), 0, top).astype(np.int64), np.clip(np.floor(y), 0, top).astype(np.int64)


def _interleaved(column: NDArray[np.int64], row: NDArray[np.int64]) -> NDArray[np.int64]:
    across, down = _spread(column.astype(np.uint64)), _spread(row.astype(np.uint64))
    key: NDArray[np.int64] = (across | (down << np.uint64(1))).astype(np.int64)
    return key


def tile_range(z: int, x: int, y: int) -> tuple[int, int]:
    """First and last key of a map tile (inclusive).

    Parameters
    ----------
    z, x, y : int
        Tile address in the XYZ scheme (y grows southwards).

    Returns
    -------
    tuple of int
        ``(lo, hi)`` for ``tile_key BETWEEN lo AND hi``.

    Raises
    ------
    InvalidInput
        When the address lies outside the pyramid or is deeper than zoom 22.
    """
    if not (0 <= z <= ZOOM and 0 <= x < (1 << z) and 0 <= y < (1 << z)):
        raise InvalidInput(
            "tile-out-of-range", f"没有这样的瓦片：{z}/{x}/{y}。", f"There is no tile {z}/{x}/{y}."
        )
    across, down = _spread(np.array([x, y], dtype=np.uint64)).tolist()
    base = across | (down << 1)
    width = 2 * (ZOOM - z)
    return base << width, ((base + 1) << width) - 1


class CellRange(NamedTuple):
    """Cells by their first key and their zoom, both inclusive."""

    lo: int
    hi: int
    zoom_lo: int
    zoom_hi: int


Box = tuple[float, float, float, float]
"""West, south, east, north in degrees, EPSG:4326."""

_FINER = 2
"""By so many zooms finer than a box the cells of small shapes are told, where nothing else is asked for."""


def tile_box(z: int, x: int, y: int, *, margin: float = 0.0) -> Box:
    """Box of a map tile with a margin, a part of its width, on every side."""
    tile_range(z, x, y)
    n = 1 << z
    west, east = ((x + side) / n * 360.0 - 180.0 for side in (-margin, 1 + margin))
    south, north = (
        float(np.degrees(np.arctan(np.sinh(np.pi * (1 - 2 * (y + side) / n)))))
        for side in (1 + margin, -margin)
    )
    return west, south, east, north


def cells_reaching(boxes: Iterable[Box], *, finer: int = _FINER) -> list[CellRange]:
    """Ranges of the cells whose shapes can reach one of some boxes; each range once, in order.

    Parameters
    ----------
    boxes : iterable of Box
    finer : int
        By so many zooms finer than a box the cells of small shapes are told: finer tells fewer in vain, in more ranges.

    Returns
    -------
    list of CellRange
        Every shape that touches a box has its cell in one of them; most others have not.
    """
    ends = np.array([*boxes], dtype=np.float64).reshape(-1, 4)
    x0, y0 = (a.tolist() for a in _columns_rows(ends[:, 0], ends[:, 3]))
    x1, y1 = (a.tolist() for a in _columns_rows(ends[:, 2], ends[:, 1]))
    found: set[CellRange] = set()
    for corners in zip(x0, y0, x1, y1, strict=True):
        widest = max(corners[2] - corners[0], corners[3] - corners[1], 1)
        deepest = min(ZOOM, ZOOM - (widest - 1).bit_length() + finer)
        for zoom in range(deepest + 1):
            found.update(_cells_of_zoom(corners, zoom, deepest))
    return sorted(found)


def _cells_of_zoom(corners: tuple[int, int, int, int], zoom: int, deepest: int) -> Iterable[CellRange]:
    """Cells at a zoom whose double reaches a box; at the deepest one all that are in them, too."""
    shift = ZOOM - zoom
    left, top, right, bottom = (c >> shift for c in corners)
    columns, rows = np.arange(max(left - 1, 0), right + 1), np.arange(max(top - 1, 0), bottom + 1)
    keys = np.sort(_interleaved(np.repeat(columns, len(rows)), np.tile(rows, len(columns)))) << 2 * shift
    if zoom < deepest:
        return [CellRange(key, key, zoom, zoom) for key in keys.tolist()]
    size = 1 << 2 * shift
    begins = keys[np.r_[True, np.diff(keys) != size]]
    ends = keys[np.r_[np.diff(keys) != size, True]] + size - 1
    return [CellRange(lo, hi, zoom, ZOOM) for lo, hi in zip(begins.tolist(), ends.tolist(), strict=True)]
