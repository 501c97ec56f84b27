"""Tile keys: the Morton code of a point's Web Mercator tile at zoom 22.

A row-level security policy keeps PostGIS from using a spatial index (``&&`` is not leakproof), so points carry a plain
integer in which every map tile is one contiguous range: ``tile_key BETWEEN lo AND hi`` uses a b-tree under any policy.

References
----------
G. M. Morton, *A computer oriented geodetic data base and a new technique in file sequencing*, IBM, 1966.
"""

from __future__ import annotations

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
    n = float(1 << ZOOM)
    phi = np.radians(np.clip(lat_a, -MAX_LAT_DEG, MAX_LAT_DEG))
    x = (lon_a + 180.0) / 360.0 * n
    y = (1.0 - np.arcsinh(np.tan(phi)) / np.pi) / 2.0 * n
    top = (1 << ZOOM) - 1
    xi = np.clip(np.floor(x), 0, top).astype(np.uint64)
    yi = np.clip(np.floor(y), 0, top).astype(np.uint64)
    key: NDArray[np.int64] = (_spread(xi) | (_spread(yi) << np.uint64(1))).astype(np.int64)
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
