"""Mending what is small: slivers between and across borders, with an account of the land moved."""

from __future__ import annotations

from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from gridmap import crs
from gridmap.domain.gridkey import TOWN
from gridmap.ingest.boundaries.draft import BoundaryDraft, polygons_only, union

_LEAST_M2 = 1e-4


@dataclass(frozen=True)
class MovedLand:
    """Land that one grid gained and lost."""

    level: int
    grid_key: int
    name: str
    gained_m2: float
    lost_m2: float


@dataclass(frozen=True)
class MendReport:
    """What mending did.

    Attributes
    ----------
    moved : tuple of MovedLand
        One for each grid that changed, most first.
    repaired : int
        Shapes that were not valid and were repaired.
    left : int
        Grids that were left alone, because an overlap with a neighbour is larger than a sliver.
    """

    moved: tuple[MovedLand, ...]
    repaired: int
    left: int

    @property
    def moved_m2(self) -> float:
        """Land that grids of the deepest level gained or lost, in square metres."""
        if not self.moved:
            return 0.0
        deepest = max(m.level for m in self.moved)
        return sum(m.gained_m2 + m.lost_m2 for m in self.moved if m.level == deepest)


def mend_slivers(
    draft: BoundaryDraft, projected_epsg: int, *, max_width_m: float = 2.0, max_area_m2: float = 2000.0
) -> tuple[BoundaryDraft, MendReport]:
    """Close narrow gaps, share out small overlaps, and make every upper grid the union of those below it.

    Parameters
    ----------
    draft : BoundaryDraft
    projected_epsg : int
        Metric system to work in.
    max_width_m : float
        Gaps at most this wide are closed: they go to the neighbour with the longest common border.
    max_area_m2 : float
        Overlaps and misfits with a parent up to this size are mended; larger ones are left for a person.

    Returns
    -------
    BoundaryDraft
        A new one; the given one is unchanged.
    MendReport
    """
    frame = draft.grids.copy()
    shapes = crs.geometries_from_wgs84(frame.geometry.to_numpy(), projected_epsg).copy()
    before = polygons_only(np.array(shapely.make_valid(shapes), dtype=object))
    repaired = int((~shapely.is_valid(shapes) & ~shapely.is_missing(shapes)).sum())
    after = before.copy()
    levels = frame["level"].to_numpy(dtype=np.int64)
    left = 0
    rebuilt = np.zeros(len(frame), dtype=bool)
    for level in sorted(draft.levels, reverse=True):
        rows = np.flatnonzero((levels == level) & ~shapely.is_missing(before))
        if not rebuilt[rows].all():
            cleaned, kept = _clean(after[rows], max_width_m, max_area_m2)
            after[rows] = cleaned
            left += kept
        if level > TOWN:
            _rebuild(frame, after, rebuilt, level, max_area_m2)
    moved = _account(frame, before, after)
    changed = np.array([m for m in range(len(frame)) if not _same(before[m], after[m])], dtype=np.int64)
    out = crs.geometries_to_wgs84(after, projected_epsg)
    geometry = frame.geometry.to_numpy().copy()
    # Neighbours share vertices, so once one border of a level has moved all of the level is written anew.
    touched = (
        np.isin(levels, np.unique(levels[changed])) if changed.size else np.zeros(len(frame), dtype=bool)
    )
    touched |= ~shapely.is_valid(geometry)
    geometry[touched] = out[touched]
    grids = gpd.GeoDataFrame(frame.drop(columns="geometry"), geometry=geometry, crs=crs.WGS84)
    return replace(draft, grids=grids), MendReport(tuple(moved), repaired, left)


def _same(a: shapely.Geometry | None, b: shapely.Geometry | None) -> bool:
    return bool(shapely.equals_exact(a, b)) or (a is None and b is None)


def _clean(
    shapes: NDArray[np.object_], max_width_m: float, max_area_m2: float
) -> tuple[NDArray[np.object_], int]:
    """Clean a level, without the polygons whose overlap is larger than a sliver."""
    tree = shapely.STRtree(shapes)
    a, b = tree.query(shapes, predicate="intersects")
    a, b = a[a < b], b[a < b]
    large = shapely.area(shapely.intersection(shapes[a], shapes[b])) > max_area_m2
    alone = np.zeros(len(shapes), dtype=bool)
    alone[a[large]] = alone[b[large]] = True
    rest = np.flatnonzero(~alone)
    out = shapes.copy()
    if rest.size and not shapely.coverage_is_valid(shapes[rest], gap_width=max_width_m):
        cleaned: NDArray[np.object_] = np.array(
            shapely.coverage_clean(shapes[rest], gap_width=max_width_m),  # type: ignore[attr-defined]
            dtype=np.object_,
        )
        # A polygon that would vanish is not a sliver's victim but a twin: it stays for a person to judge.
        gone = shapely.is_empty(cleaned)
        out[rest[~gone]] = polygons_only(cleaned[~gone])
    return out, int(alone.sum())


def _rebuild(
    frame: gpd.GeoDataFrame,
    shapes: NDArray[np.object_],
    rebuilt: NDArray[np.bool_],
    level: int,
    max_area_m2: float,
) -> None:
    """Make the parents of a level the union of its grids, where they nearly are."""
    parents = frame["parent_key"].to_numpy(dtype=np.int64)
    keys = frame["grid_key"].to_numpy(dtype=np.int64)
    levels = frame["level"].to_numpy(dtype=np.int64)
    made = frame["made"].to_numpy(dtype=bool)
    for i in np.flatnonzero(levels == level - 1).tolist():
        children = np.flatnonzero((levels == level) & (parents == keys[i]))
        if not children.size:
            continue
        whole = union(shapes[children])
        if (
            made[i]
            or shapes[i] is None
            or shapely.area(shapely.symmetric_difference(whole, shapes[i])) <= max_area_m2
        ):
            shapes[i] = whole
            rebuilt[i] = True


def _account(
    frame: gpd.GeoDataFrame, before: NDArray[np.object_], after: NDArray[np.object_]
) -> list[MovedLand]:
    gained = np.nan_to_num(shapely.area(shapely.difference(after, before)))
    lost = np.nan_to_num(shapely.area(shapely.difference(before, after)))
    moved = []
    for i in np.flatnonzero((gained > _LEAST_M2) | (lost > _LEAST_M2)).tolist():
        row = frame.iloc[i]
        name = row["name_zh"] if isinstance(row["name_zh"], str) else str(row["grid_key"])
        moved.append(
            MovedLand(
                int(row["level"]),
                int(row["grid_key"]),
                str(name),
                round(float(gained[i]), 3),
                round(float(lost[i]), 3),
            )
        )
    return sorted(moved, key=lambda m: -(m.gained_m2 + m.lost_m2))
