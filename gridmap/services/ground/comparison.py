"""What a new version of the boundaries does to the one in force: what differs, moved as a whole, renamed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from gridmap import crs
from gridmap.errors import Conflict, InvalidInput
from gridmap.services.ground.succession import is_missing

_LEAST_M = 20.0
_ALIKE_M = 8.0
_ALIKE_OF_LENGTH = 0.06
"""The shifted systems bend: over a town their vector changes by some hundredths."""
_ALIKE_SHARE = 0.9
_NAMED = 5
_ELSEWHERE_M = 50_000.0
"""Further than any town reaches."""


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


def refuse_elsewhere(old: gpd.GeoDataFrame, new: gpd.GeoDataFrame) -> None:
    """Refuse a version that puts a town into another part of the country.

    Parameters
    ----------
    old, new : GeoDataFrame
        With ``grid_key`` and ``level``; EPSG:4326.

    Raises
    ------
    InvalidInput
        When the middle of a town (level 1) is 50 km and more from where it was.
    """
    was, now = (frame[frame["level"] == 1].set_index("grid_key").geometry for frame in (old, new))
    both = was.index.intersection(now.index)
    if both.empty:
        return
    a, b = (shapely.centroid(shapes.loc[both].to_numpy()) for shapes in (was, now))
    far_m = crs.distance_m(shapely.get_x(a), shapely.get_y(a), shapely.get_x(b), shapely.get_y(b))
    if far_m.max() >= _ELSEWHERE_M:
        raise InvalidInput(
            "boundaries-elsewhere",
            f"文件中的镇离现有位置约 {far_m.max() / 1000:,.0f} 公里，坐标系很可能不对。请用 --crs 指明文件的坐标系。",
            f"The town of this file lies {far_m.max() / 1000:,.0f} km from where it is: its coordinate system is "
            "probably another. Name it with --crs.",
        )


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


MOVED_M = 0.01
"""An outline that lies closer than this to its former one has not moved: coordinates are kept to a centimetre."""


def moved_m(
    old: gpd.GeoDataFrame, new: gpd.GeoDataFrame, changed: list[int], epsg: int
) -> dict[int, tuple[str, float]]:
    """Return each changed grid's name and the most that its outline lies off the former one (Hausdorff), m."""
    if not changed or old.empty:
        return {}
    was, now = (frame.set_index("grid_key").loc[changed] for frame in (old, new))
    a, b = (crs.geometries_from_wgs84(frame.geometry.to_numpy(), epsg) for frame in (was, now))
    far = shapely.hausdorff_distance(a, b)
    names = now["name_zh"].tolist()
    return {key: (str(name), float(metres)) for key, name, metres in zip(changed, names, far, strict=True)}


def find_heirs(
    old: gpd.GeoDataFrame, new: gpd.GeoDataFrame, links: Sequence[Mapping[str, Any]], ended: Sequence[int]
) -> dict[str, tuple[str, ...]]:
    """Return the name of each grid that ended, with those of the grids that took over its land."""
    heirs: dict[int, set[int]] = {}
    for link in links:
        heirs.setdefault(int(link["predecessor_key"] or 0), set()).add(int(link["grid_key"]))
    was, now = (
        {int(key): str(name) for key, name in zip(frame["grid_key"], frame["name_zh"], strict=True)}
        for frame in (old, new)
    )
    return {
        was[key]: tuple(now.get(heir, "") for heir in sorted(heirs[key])) for key in ended if key in heirs
    }


def find_abandoned(
    old: gpd.GeoDataFrame, ended: Sequence[int], links: Sequence[Mapping[str, Any]]
) -> dict[int, list[str]]:
    """Return the names of the grids that end without an heir, by level."""
    inherited = {link["predecessor_key"] for link in links}
    left = old[old["grid_key"].isin([key for key in ended if key not in inherited])]
    return {int(level): names.astype(str).tolist() for level, names in left.groupby("level")["name_zh"]}


def unasked_ends(abandoned: Mapping[int, Sequence[str]]) -> Conflict:
    """Return the error of files without grids that are in force."""
    levels_zh = "，".join(f"{level} 级 {len(names)} 个" for level, names in sorted(abandoned.items()))
    levels_en = ", ".join(f"{len(names)} of level {level}" for level, names in sorted(abandoned.items()))
    first = abandoned[min(abandoned)][:_NAMED]
    return Conflict(
        "boundaries-left-out",
        f"没有写入任何内容：现行网格中有一些不在文件里，也没有同级网格接管它们的土地"
        f"（{levels_zh}，如 {'、'.join(first)}）。请把全部网格一起导入；确实要终止它们时加 --accept-ended。",
        f"Nothing was written: the files leave out grids that are in force and whose land no other of their level "
        f"takes over ({levels_en}, such as {', '.join(first)}). Import all grids together; if these are to end, add "
        "--accept-ended.",
    )


def shifted(shift: Shift) -> Conflict:
    """Return the error of boundaries that all lie elsewhere by one vector."""
    zh = en = ""
    if shift.like:
        zh = f"，与 {shift.like} 当作 WGS-84 读取时一样。请加 --crs {shift.like}"
        en = f", as {shift.like} read as WGS 84 does. Add --crs {shift.like}"
    return Conflict(
        "boundaries-shifted",
        f"全部网格都向同一方向平移了约 {shift.metres:.0f} 米{zh}；确实如此时加 --accept-shift。",
        f"All grids lie {shift.metres:.0f} m elsewhere, in one direction{en}; if that is meant, add --accept-shift.",
    )


_PLAIN = ("code", "name_zh", "name_en", "population", "households")


def compare(
    old: gpd.GeoDataFrame, new: gpd.GeoDataFrame
) -> tuple[list[int], list[int], list[int], list[int]]:
    """Return the keys that stay as they are, change, are new, and end."""
    before = {int(r.grid_key): r for r in old.itertuples()}
    same, changed, added = [], [], []
    for row in new.itertuples():
        key = int(row.grid_key)
        was = before.get(key)
        if was is None:
            added.append(key)
        elif all(_equal(getattr(was, c), getattr(row, c)) for c in _PLAIN) and _same_land(
            was.geometry, row.geometry
        ):
            same.append(key)
        else:
            changed.append(key)
    ended = sorted(set(before) - {int(k) for k in new["grid_key"]})
    return same, changed, added, ended


def _same_land(a: shapely.Geometry, b: shapely.Geometry) -> bool:
    return bool(shapely.equals_exact(shapely.normalize(_multi(a)), shapely.normalize(_multi(b)), 1e-9))


def _multi(shape: Any) -> shapely.MultiPolygon:
    return shape if isinstance(shape, shapely.MultiPolygon) else shapely.MultiPolygon([shape])


def _equal(a: Any, b: Any) -> bool:
    return (is_missing(a) and is_missing(b)) or a == b
