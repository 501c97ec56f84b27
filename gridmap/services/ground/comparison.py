"""What a new version of the boundaries does to the one in force: moved as a whole, renamed."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from gridmap import crs

_LEAST_M = 20.0
_ALIKE_M = 8.0
_ALIKE_OF_LENGTH = 0.06
"""The shifted systems bend: over a town their vector changes by some hundredths."""
_ALIKE_SHARE = 0.9


@dataclass(frozen=True, slots=True)
class Shift:
    """A vector by which nearly all grids lie elsewhere.

    Attributes
    ----------
    east_m, north_m : float
        In the workspace's metres.
    like : str or None
        ``GCJ-02`` or ``BD-09`` where coordinates of that system, read as WGS 84, would lie so.
    """

    east_m: float
    north_m: float
    like: str | None

    @property
    def metres(self) -> float:
        """Length of the vector."""
        return float(np.hypot(self.east_m, self.north_m))


def find_shift(old: gpd.GeoDataFrame, new: gpd.GeoDataFrame, epsg: int) -> Shift | None:
    """Find the vector by which a whole town has moved.

    Parameters
    ----------
    old, new : GeoDataFrame
        With ``grid_key``; EPSG:4326.
    epsg : int
        Projected system of the workspace.

    Returns
    -------
    Shift or None
        None where there are fewer than three grids in both, or nine tenths of them did not move alike by 20 m or more.
    """
    both = (
        old.set_index("grid_key")
        .geometry.to_frame("was")
        .join(new.set_index("grid_key").geometry.to_frame("now"), how="inner")
    )
    if len(both) < 3:
        return None
    was, now = (_centres(both[name].to_numpy(), epsg) for name in ("was", "now"))
    vectors = now - was
    middle = np.median(vectors, axis=0)
    alike = np.hypot(*(vectors - middle).T) <= _near(middle)
    if np.hypot(*middle) < _LEAST_M or alike.mean() < _ALIKE_SHARE:
        return None
    return Shift(float(middle[0]), float(middle[1]), _like(both["was"].to_numpy(), middle, epsg))


def _near(vector: NDArray[np.float64]) -> float:
    return max(_ALIKE_M, _ALIKE_OF_LENGTH * float(np.hypot(*vector)))


def _centres(shapes: NDArray[np.object_], epsg: int) -> NDArray[np.float64]:
    points = shapely.centroid(shapes)
    x, y = crs.from_wgs84(shapely.get_x(points), shapely.get_y(points), epsg)
    return np.column_stack((x, y))


def _like(shapes: NDArray[np.object_], vector: NDArray[np.float64], epsg: int) -> str | None:
    """Name the shifted system whose coordinates, read as WGS 84, lie by this vector from the places."""
    points = shapely.centroid(shapes)
    lon, lat = shapely.get_x(points), shapely.get_y(points)
    true = np.column_stack(crs.from_wgs84(lon, lat, epsg))
    for system in (crs.GCJ02, crs.BD09):
        read = np.column_stack(crs.from_wgs84(*crs.from_wgs84(lon, lat, system), epsg))
        if np.hypot(*(np.median(read - true, axis=0) - vector)) <= _near(vector):
            return system
    return None


def count_renamed(old: gpd.GeoDataFrame, new: gpd.GeoDataFrame, changed: list[int]) -> int:
    """Count the changed grids that have another Chinese name."""
    if not changed or old.empty:
        return 0
    was, now = (frame.set_index("grid_key")["name_zh"] for frame in (old, new))
    return sum(was[key] != now[key] for key in changed)
