"""GCJ-02 and BD-09, the shifted systems of Chinese web maps: what they add to a position, and back."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
_Offset = Callable[[Floats, Floats], tuple[Floats, Floats]]

_A_M = 6378245.0
_EE = 0.00669342162296594323
_X_PI = np.pi * 3000.0 / 180.0
_ITERATIONS = 12


def _in_china(lon: Floats, lat: Floats) -> NDArray[np.bool_]:
    with np.errstate(invalid="ignore"):
        inside: NDArray[np.bool_] = (lon >= 72.004) & (lon <= 137.8347) & (lat >= 0.8293) & (lat <= 55.8271)
    return inside


def gcj_offset(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """Degrees that GCJ-02 adds to a WGS 84 position."""
    x = lon - 105.0
    y = lat - 35.0
    pi = np.pi
    common = (20.0 * np.sin(6.0 * x * pi) + 20.0 * np.sin(2.0 * x * pi)) * 2.0 / 3.0
    root = np.sqrt(np.abs(x))
    d_lat = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + common
    d_lat += (20.0 * np.sin(y * pi) + 40.0 * np.sin(y / 3.0 * pi)) * 2.0 / 3.0
    d_lat += (160.0 * np.sin(y / 12.0 * pi) + 320.0 * np.sin(y * pi / 30.0)) * 2.0 / 3.0
    d_lon = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + common
    d_lon += (20.0 * np.sin(x * pi) + 40.0 * np.sin(x / 3.0 * pi)) * 2.0 / 3.0
    d_lon += (150.0 * np.sin(x / 12.0 * pi) + 300.0 * np.sin(x / 30.0 * pi)) * 2.0 / 3.0
    phi = np.radians(lat)
    magic = 1.0 - _EE * np.sin(phi) ** 2
    d_lat = np.degrees(d_lat / (_A_M * (1.0 - _EE) / magic**1.5))
    d_lon = np.degrees(d_lon / (_A_M / np.sqrt(magic) * np.cos(phi)))
    return d_lon, d_lat


def bd_offset(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """Degrees that BD-09 adds to a GCJ-02 position."""
    r = np.hypot(lon, lat) + 0.00002 * np.sin(lat * _X_PI)
    theta = np.arctan2(lat, lon) + 0.000003 * np.cos(lon * _X_PI)
    return r * np.cos(theta) + 0.0065 - lon, r * np.sin(theta) + 0.006 - lat


def shift(lon: Floats, lat: Floats, offset: _Offset) -> tuple[Floats, Floats]:
    """Add an offset to positions in China; others stay."""
    inside = _in_china(lon, lat)
    d_lon, d_lat = offset(np.where(inside, lon, 105.0), np.where(inside, lat, 35.0))
    return np.where(inside, lon + d_lon, lon), np.where(inside, lat + d_lat, lat)


def unshift(lon: Floats, lat: Floats, offset: _Offset) -> tuple[Floats, Floats]:
    """Find the position that the offset moves here, by fixed-point iteration."""
    inside = _in_china(lon, lat)
    x = x0 = np.where(inside, lon, 105.0)
    y = y0 = np.where(inside, lat, 35.0)
    for _ in range(_ITERATIONS):
        d_lon, d_lat = offset(x, y)
        x_new, y_new = x0 - d_lon, y0 - d_lat
        change = max(np.abs(x_new - x).max(initial=0.0), np.abs(y_new - y).max(initial=0.0))
        x, y = x_new, y_new
        if change < 1e-11:
            break
    return np.where(inside, x, lon), np.where(inside, y, lat)
