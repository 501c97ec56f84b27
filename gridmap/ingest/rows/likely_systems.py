"""In which projected system metres may be that were given as degrees: told by where the town is."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from gridmap import crs
from gridmap.ingest.model import Notice

_SHARE = 0.9


def likely_systems(
    x: NDArray[np.float64], y: NDArray[np.float64], bounds: crs.BBox
) -> tuple[list[str], bool]:
    """Return the systems in which coordinates lie in the workspace, and whether the northing stands first.

    Parameters
    ----------
    x, y : ndarray of float64, shape (n,)
        As written, metres.
    bounds : tuple of float
        West, south, east, north of the workspace (EPSG:4326).

    Returns
    -------
    list of str
        ``"EPSG:4528"`` and the like; more than one where the workspace is too wide to tell them apart. Those that are
        tried are CGCS2000 in zones of three and of six degrees, with and without the zone's number in the easting
        (EPSG:4491 to 4554), and UTM, of the workspace's zone and its neighbours. Older data (Beijing 1954, Xian 1980)
        are some hundred metres off and cannot be told from these.
    exchanged : bool
    """
    for exchanged in (False, True):
        first, second = (y, x) if exchanged else (x, y)
        found = [
            system
            for system in _candidates((bounds[0] + bounds[2]) / 2)
            if _inside(first, second, system, bounds) >= _SHARE
        ]
        if found:
            return found, exchanged
    return [], False


def _inside(x: NDArray[np.float64], y: NDArray[np.float64], system: str, bounds: crs.BBox) -> float:
    lon, lat = crs.to_wgs84(x, y, system)
    with np.errstate(invalid="ignore"):
        inside = (lon >= bounds[0]) & (lon <= bounds[2]) & (lat >= bounds[1]) & (lat <= bounds[3])
    return float(inside.mean())


def _candidates(longitude: float) -> Iterator[str]:
    three, six = round(longitude / 3), int(longitude // 6) + 1
    for zone in (three, three - 1, three + 1):
        if 25 <= zone <= 45:
            yield f"EPSG:{4513 + zone - 25}"
            yield f"EPSG:{4534 + zone - 25}"
    for zone in (six, six - 1, six + 1):
        if 13 <= zone <= 23:
            yield f"EPSG:{4491 + zone - 13}"
            yield f"EPSG:{4502 + zone - 13}"
        yield f"EPSG:{32600 + (zone + 29) % 60 + 1}"


def likely_notices(systems: list[str], *, exchanged: bool) -> list[Notice]:
    """Return what is said of them."""
    if not systems:
        return []
    zh = "，且北坐标写在前面（请对调 X、Y 两列的表头）" if exchanged else ""
    en = ", with the northing first (exchange the headings X and Y)" if exchanged else ""
    return [
        Notice(
            "system-likely",
            f"这些坐标像是以米为单位的 {' 或 '.join(systems)}{zh}。请向测绘单位核实，再加 --crs {systems[0]} 等导入。",
            f"These coordinates look like metres of {' or '.join(systems)}{en}. Ask whoever measured them, and import "
            f"again with --crs {systems[0]} or the like.",
        )
    ]
