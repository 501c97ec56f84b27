"""What is wrong with boundaries, how much of it there is, and where to look."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gridmap import crs
from gridmap.domain.gridkey import LEVELS, TOWN
from gridmap.errors import InvalidInput
from gridmap.ingest.boundaries.draft import BoundaryDraft, polygons_only, union
from gridmap.ingest.boundaries.findings import Finding, Severity

HAIR_M = 0.1
"""Mean width under which land is a hair between two borders that were meant to be one."""

LEAST_M2 = 0.05
"""Land that is not worth a finding: what rounding of coordinates to a millimetre makes of a long border."""


@dataclass(frozen=True)
class _Level:
    """Grids of one level, measured."""

    level: int
    frame: gpd.GeoDataFrame
    raw: NDArray[np.object_]
    shapes: NDArray[np.object_]

    @cached_property
    def told(self) -> tuple[list[str], list[str]]:
        """Codes and names by which people are told of grids."""
        keys, codes, names = (self.frame[column].tolist() for column in ("grid_key", "code", "name_zh"))
        codes = [c if isinstance(c, str) else str(k) for c, k in zip(codes, keys, strict=True)]
        return codes, [n if isinstance(n, str) else c for n, c in zip(names, codes, strict=True)]

    def finding(
        self,
        kind: str,
        severity: Severity,
        rows: Sequence[int],
        *,
        zh: str,
        en: str,
        area_m2: float | None = None,
        geometry: Any = None,
    ) -> Finding:
        codes, names = (tuple(texts[i] for i in rows) for texts in self.told)
        who_zh, who_en = "、".join(names[:4]), ", ".join(names[:4])
        return Finding(
            kind,
            severity,
            self.level,
            codes,
            names,
            None if area_m2 is None else round(area_m2, 2),
            f"{who_zh}：{zh}",
            f"{who_en}: {en}",
            geometry,
        )


def check_boundaries(draft: BoundaryDraft, projected_epsg: int) -> list[Finding]:
    """Check shapes, coverage, nesting, codes and names.

    Parameters
    ----------
    draft : BoundaryDraft
    projected_epsg : int
        System to measure in; see :func:`gridmap.crs.projected_crs`.

    Returns
    -------
    list of Finding
        Errors first, then by level and size. Sizes are square metres in the projected system.
    """
    levels: dict[int, _Level] = {}
    findings: list[Finding] = []
    for level in draft.levels:
        frame = draft.level(level).reset_index(drop=True)
        raw = np.array(crs.geometries_from_wgs84(frame.geometry.to_numpy(), projected_epsg), dtype=object)
        _refuse_unmeasured(frame, raw)
        levels[level] = _Level(level, frame, raw, _repaired(raw))
        findings += _shapes(levels[level])
        findings += _names_and_codes(levels[level])
        findings += _coverage(levels[level], parent_given=_given_above(draft, level))
    for level in LEVELS:
        if level + 1 in levels and level in levels:
            findings += _nesting(levels[level], levels[level + 1])
    findings.sort(key=lambda f: (f.severity != "error", f.level, f.kind, -(f.area_m2 or 0.0)))
    return [_to_wgs84(f, projected_epsg) for f in findings]


def _refuse_unmeasured(frame: pd.DataFrame, raw: NDArray[np.object_]) -> None:
    """Refuse shapes that have no place in the system of metres: no area, edge or neighbour can be told of them."""
    box = shapely.bounds(raw)
    lost = ~np.isfinite(box).all(axis=1) & ~shapely.is_missing(raw) & ~shapely.is_empty(raw)
    if not lost.any():
        return
    first = frame.loc[int(np.flatnonzero(lost)[0])]
    name, row = Path(str(first["file"])).name, first["row"]
    raise InvalidInput(
        "ground-unmeasured",
        f"{name}：第 {row} 行等 {int(lost.sum())} 个图形离其余地面太远，换算不成米。请只留一地的图形，"
        "或核对坐标系（--crs）。",
        f"{name}: {int(lost.sum())} shapes, the first in row {row}, lie so far from the rest that they have no place "
        "in metres. Keep the shapes of one place, or check the coordinate system (--crs).",
    )


def _repaired(raw: NDArray[np.object_]) -> NDArray[np.object_]:
    """Repair what is not valid; the others are the same objects, not copies."""
    shapes = raw.copy()
    broken = ~shapely.is_valid(raw) & ~shapely.is_missing(raw)
    if broken.any():
        shapes[broken] = shapely.make_valid(raw[broken])
    return polygons_only(shapes)


def _width_m(land: Any) -> float:
    """Mean width of a narrow polygon, in metres."""
    return float(2.0 * shapely.area(land) / max(shapely.length(land), 1e-9))


def _severity(land: Any) -> Severity:
    """Error, but a warning for what is narrower than any survey: borders that share no vertices, projected."""
    return "warning" if _width_m(land) < HAIR_M else "error"


def _given_above(draft: BoundaryDraft, level: int) -> bool:
    if level == TOWN:
        return False
    above = draft.level(level - 1)
    return bool((~above["made"].astype(bool)).any())


def _to_wgs84(finding: Finding, epsg: int) -> Finding:
    if finding.geometry is None:
        return finding
    return replace(
        finding, geometry=crs.geometries_to_wgs84(np.array([finding.geometry], dtype=object), epsg)[0]
    )


def _shapes(level: _Level) -> list[Finding]:
    kinds = shapely.get_type_id(level.raw)
    polygonal = np.isin(kinds, (shapely.GeometryType.POLYGON.value, shapely.GeometryType.MULTIPOLYGON.value))
    missing = ~polygonal | shapely.is_empty(level.raw)
    # Rounding may touch a union; its parts are what somebody drew.
    made = level.frame["made"].to_numpy(dtype=bool)
    found = [
        level.finding("missing", "error", [i], zh="没有面状图形。请补画。", en="it has no polygon. Draw it.")
        for i in np.flatnonzero(missing).tolist()
    ]
    for i in np.flatnonzero(~missing & ~shapely.is_valid(level.raw) & ~made).tolist():
        reason = str(shapely.is_valid_reason(level.raw[i]))
        why = reason.split("[", maxsplit=1)[0]
        place = re.search(r"\[(\S+) (\S+)\]", reason)
        where = shapely.point_on_surface(level.shapes[i])
        if place:
            where = shapely.Point(float(place[1]), float(place[2]))
        size = float(shapely.area(level.shapes[i]))
        found.append(
            level.finding(
                "invalid",
                "error",
                [i],
                area_m2=size,
                geometry=where,
                zh=f"边界自相交或不成形（{why}）。可在导入时自动修复，修复后面积为 {size:,.0f} 平方米。",
                en=f"its border crosses itself or is malformed ({why}). This can be repaired at import; "
                f"the grid would then have {size:,.0f} m2.",
            )
        )
    return found


def _names_and_codes(level: _Level) -> list[Finding]:
    frame = level.frame
    nameless = np.flatnonzero(frame["name_zh"].isna() & frame["name_en"].isna()).tolist()
    found = [
        level.finding("name-missing", "warning", [i], zh="没有名称。请补上。", en="it has no name. Add one.")
        for i in nameless
    ]
    found += [
        level.finding(
            "duplicate-code",
            "error",
            rows,
            zh=f"{len(rows)} 个网格的编码相同（{frame['code'].iloc[rows[0]]}）。请改正；"
            "如果是同一网格的几块（飞地），加 --join 合并。",
            en=f"{len(rows)} grids have the same code ({frame['code'].iloc[rows[0]]}). Correct it; parts of one grid, "
            "such as an enclave, are joined with --join.",
        )
        for rows in _repeated(frame["code"], [0] * len(frame))
    ]
    found += [
        level.finding(
            "duplicate-name",
            "warning",
            rows,
            zh=f"同一上级下有 {len(rows)} 个网格同名。",
            en=f"{len(rows)} grids under one parent have the same name.",
        )
        for rows in _repeated(frame["name_zh"], frame["parent_key"].tolist())
    ]
    for i in np.flatnonzero(~frame["code_fits"].astype(bool)).tolist():
        code, key = frame["code"].iloc[i], int(frame["grid_key"].iloc[i])
        found.append(
            level.finding(
                "code-unfit",
                "warning",
                [i],
                zh=f"编码 {code} 不合级别的位数或与上级不符，内部编号改用顺序号（{key}）。",
                en=f"the code {code} does not fit its level or parent; an ordinal is used ({key}).",
            )
        )
    return found


def _repeated(values: pd.Series[Any], groups: list[Any]) -> list[list[int]]:
    seen: dict[tuple[Any, str], list[int]] = defaultdict(list)
    for i, (value, group) in enumerate(zip(values, groups, strict=True)):
        if isinstance(value, str) and value:
            seen[group, value].append(i)
    return [rows for rows in seen.values() if len(rows) > 1]


def _coverage(level: _Level, *, parent_given: bool) -> list[Finding]:
    shapes = level.shapes
    found, twins = _twins(level)
    if not shapely.coverage_is_valid(shapes):
        # Only polygons with an edge that its neighbour does not share can overlap or leave a gap.
        edges = shapely.coverage_invalid_edges(shapes)
        suspects = np.flatnonzero(~shapely.is_empty(edges))
        a, b = shapely.STRtree(shapes).query(shapes[suspects], predicate="intersects")
        # A polygon that another reaches into at a corner may have no such edge itself.
        pairs = np.unique(np.sort(np.column_stack([suspects[a], b]), axis=1), axis=0)
        a, b = pairs[pairs[:, 0] < pairs[:, 1]].T
        shared = shapely.intersection(shapes[a], shapes[b])
        for i, j, land in zip(a.tolist(), b.tolist(), polygons_only(shared), strict=True):
            size = float(shapely.area(land))
            if size >= LEAST_M2 and (i, j) not in twins:
                found.append(
                    level.finding(
                        "overlap",
                        _severity(land),
                        [i, j],
                        area_m2=size,
                        geometry=land,
                        zh=f"两个网格重叠 {size:,.2f} 平方米。",
                        en=f"the two grids overlap by {size:,.2f} m2.",
                    )
                )
    return found + _gaps(level, parent_given=parent_given)


def _twins(level: _Level) -> tuple[list[Finding], set[tuple[int, int]]]:
    """Grids with the same shape, however their rings begin and run."""
    # Only those with one extent are put in order and compared.
    _, which, times = np.unique(shapely.bounds(level.shapes), axis=0, return_inverse=True, return_counts=True)
    usable = ~shapely.is_missing(level.shapes) & ~shapely.is_empty(level.shapes)
    alike = np.flatnonzero((times[which.ravel()] > 1) & usable)
    same: dict[bytes, list[int]] = defaultdict(list)
    for i, wkb in zip(alike.tolist(), shapely.to_wkb(shapely.normalize(level.shapes[alike])), strict=True):
        same[wkb].append(i)
    found = []
    pairs = set()
    for rows in same.values():
        if len(rows) > 1:
            pairs |= {(i, j) for i in rows for j in rows if i < j}
            found.append(
                level.finding(
                    "duplicate-geometry",
                    "error",
                    rows,
                    area_m2=float(shapely.area(level.shapes[rows[0]])),
                    geometry=level.shapes[rows[0]],
                    zh=f"{len(rows)} 个网格的图形完全相同。请删除多余的。",
                    en=f"{len(rows)} grids have the same shape. Delete the others.",
                )
            )
    return found, pairs


def _gaps(level: _Level, *, parent_given: bool) -> list[Finding]:
    """Holes in the union of a level. A small or narrow one is a mistake, a large round one may be a lake."""
    if parent_given:
        return []
    found = []
    # First those of each parent: one union of a county's villages takes several times the memory.
    parents = level.frame["parent_key"].to_numpy()
    whole = union([union(level.shapes[parents == key]) for key in np.unique(parents)])
    rings = [shapely.Polygon(r) for p in shapely.get_parts(whole) for r in p.interiors]
    own = {
        shapely.normalize(shapely.Polygon(r)).wkb
        for g in level.shapes
        for p in shapely.get_parts(g)
        for r in p.interiors
    }
    tree = shapely.STRtree(level.shapes)
    typical = float(np.median(shapely.area(level.shapes))) if len(level.shapes) else 0.0
    for hole in rings:
        size = float(hole.area)
        # A hole that one grid has in itself was drawn on purpose.
        if size < LEAST_M2 or shapely.normalize(hole).wkb in own:
            continue
        around = sorted(tree.query(hole, predicate="intersects").tolist())
        mistake = size < 0.05 * typical or _width_m(hole) < 5.0
        found.append(
            level.finding(
                "gap",
                _severity(hole) if mistake else "warning",
                around,
                area_m2=size,
                geometry=hole,
                zh=f"网格之间有 {size:,.2f} 平方米的空隙，落在其中的记录不属于任何网格。",
                en=f"there is a gap of {size:,.2f} m2 between them; records in it belong to no grid.",
            )
        )
    return found


def _nesting(above: _Level, below: _Level) -> list[Finding]:
    found = []
    index = {int(k): i for i, k in enumerate(above.frame["grid_key"])}
    parents = np.array([index.get(int(k), -1) for k in below.frame["parent_key"]], dtype=np.int64)
    made = above.frame["made"].astype(bool).to_numpy()
    for i, parent in enumerate(above.shapes):
        children = np.flatnonzero(parents == i)
        if made[i] or not children.size:
            continue
        outside = polygons_only(np.array(shapely.difference(below.shapes[children], parent), dtype=object))
        sizes = shapely.area(outside)
        for child, land, size in zip(children.tolist(), outside, sizes.tolist(), strict=True):
            if size >= LEAST_M2:
                found.append(
                    below.finding(
                        "outside-parent",
                        _severity(land),
                        [child],
                        area_m2=size,
                        geometry=land,
                        zh=f"有 {size:,.2f} 平方米在上级“{_name(above, i)}”之外。",
                        en=f'{size:,.2f} m2 of it lie outside of its parent "{_name(above, i)}".',
                    )
                )
        bare = polygons_only(
            np.array([shapely.difference(parent, union(below.shapes[children]))], dtype=object)
        )[0]
        size = float(shapely.area(bare))
        if size >= LEAST_M2:
            found.append(
                above.finding(
                    "uncovered",
                    _severity(bare),
                    [i],
                    area_m2=size,
                    geometry=bare,
                    zh=f"有 {size:,.2f} 平方米没有下级网格。",
                    en=f"{size:,.2f} m2 of it have no grid below.",
                )
            )
    return found


def _name(level: _Level, i: int) -> str:
    row = level.frame.iloc[i]
    return str(row["name_zh"] if isinstance(row["name_zh"], str) else row["grid_key"])
