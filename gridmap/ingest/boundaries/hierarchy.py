"""Completing a hierarchy: parents are found, or made by union of the grids below them."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gridmap.domain.gridkey import AREA, MICRO, SUBTREE_SIZE, TOWN, VILLAGE
from gridmap.errors import InvalidInput
from gridmap.ingest.boundaries.draft import COLUMNS, polygons_only, union
from gridmap.ingest.boundaries.keys import assign_keys
from gridmap.ingest.model import Notice

_NAMES = {TOWN: ("镇", "Town"), AREA: ("片区", "Area"), VILLAGE: ("村", "Village")}


def complete_hierarchy(
    grids: pd.DataFrame, *, town_code: str | None, town_name: str | None
) -> tuple[pd.DataFrame, list[Notice]]:
    """Find or make the parent of every grid, up to the town, and give each its key.

    Parameters
    ----------
    grids : DataFrame
        As read: level, code, name_zh, name_en, parent, given_key, geometry (EPSG:4326) and the other columns.
    town_code, town_name : str, optional

    Returns
    -------
    DataFrame
        With the columns of :data:`gridmap.ingest.boundaries.draft.COLUMNS`.
    list of Notice
        What was made.

    Raises
    ------
    InvalidInput
        When micro-grids neither come with villages nor say theirs, or a parent is named that does not exist.
    """
    notices: list[Notice] = []
    deepest = int(grids["level"].max())
    for level in range(deepest, TOWN, -1):
        below = grids[grids["level"] == level]
        if (grids["level"] == level - 1).any():
            continue
        made = _made(below, level - 1, town_code, town_name)
        notices.append(_said(level - 1, made, below))
        grids = pd.concat([grids, made], ignore_index=True)
    grids = grids.sort_values("level", kind="stable", ignore_index=True)
    if town_name is not None and int((grids["level"] == TOWN).sum()) == 1:
        unnamed = (grids["level"] == TOWN) & grids["name_zh"].isna()
        grids.loc[unnamed, "name_zh"] = town_name
    grids["parent_row"] = _parent_rows(grids)
    grids = assign_keys(grids, town_code)
    codes = (grids["level"] == TOWN) & grids["code"].isna() & (town_code is not None)
    grids.loc[codes, "code"] = town_code
    return grids.reindex(columns=list(COLUMNS)), notices


def _made(below: pd.DataFrame, level: int, town_code: str | None, town_name: str | None) -> pd.DataFrame:
    """Grids of a level that has none, each the union of those below that name it."""
    named = below["parent"].notna()
    if level == VILLAGE and not named.all():
        raise InvalidInput(
            "grids-without-villages",
            "只有微网格而没有村级网格。请同时提供村级边界，或加一列“上级网格”写明所属村。",
            "There are micro-grids but no villages. Add their boundaries, or a column that names them.",
        )
    if level == TOWN and not named.all():
        groups: dict[str | None, pd.DataFrame] = {None: below}
    else:
        parents = below["parent"].where(named, None)
        groups = {
            (k if isinstance(k, str) else None): g
            for k, g in below.groupby(parents, dropna=False, sort=False)
        }
    rows = []
    for number, (name, members) in enumerate(groups.items(), 1):
        is_code = isinstance(name, str) and name.isascii() and name.isdigit()
        zh = f"第 {number} {_NAMES[level][0]}"
        en: str | None = f"{_NAMES[level][1]} {number}"
        if level == TOWN and len(groups) == 1:
            zh, en = (town_name, None) if town_name else ("本镇", "Town")
        elif isinstance(name, str) and not is_code:
            zh, en = name, None
        code = (
            name
            if is_code and len(str(name)) < 17
            else (town_code if level == TOWN and len(groups) == 1 else None)
        )
        rows.append(
            {
                "level": level,
                "code": code,
                "name_zh": zh,
                "name_en": en,
                "parent": None,
                "given_key": name
                if is_code and len(str(name)) == 17
                else _above_all(members["given_key"], level),
                "population": _total(members["population"]),
                "households": _total(members["households"]),
                "illustrative": bool(members["illustrative"].all()),
                "made": True,
                "file": members["file"].iloc[0],
                "row": 0,
                "geometry": union(members["geometry"].to_numpy(dtype=object)),
                "key_of_children": name,
            }
        )
    return pd.DataFrame(rows, dtype=object)


def _above_all(given: pd.Series[Any], level: int) -> str | None:
    """Key of the grid of a level in which all the keys lie that a file gives; None where they name none or several."""
    size = SUBTREE_SIZE[level]
    above = {
        int(key) - int(key) % size if isinstance(key, str) and re.fullmatch(r"\d{17}", key) else None
        for key in given
    }
    only = above.pop() if len(above) == 1 else None
    return None if only is None else str(only)


def _total(values: pd.Series[Any]) -> int | None:
    return None if values.isna().any() else int(values.sum())


def _said(level: int, made: pd.DataFrame, below: pd.DataFrame) -> Notice:
    kind = {TOWN: ("镇", "town"), AREA: ("片区", "areas"), VILLAGE: ("村", "villages")}[level]
    return Notice(
        "grids-made",
        f"文件中没有{kind[0]}，由 {len(below)} 个下级网格合并出 {len(made)} 个。",
        f"The files have no {kind[1]}: {len(made)} made by union of {len(below)} grids below.",
    )


def _parent_rows(grids: pd.DataFrame) -> NDArray[np.int64]:
    """Position of each grid's parent: as named, else the one that it shares most land with."""
    levels = grids["level"].to_numpy(dtype=np.int64)
    geometry = grids["geometry"].to_numpy(dtype=object)
    result = np.full(len(grids), -1, dtype=np.int64)
    lost: list[str] = []
    for level in (AREA, VILLAGE, MICRO):
        above = np.flatnonzero(levels == level - 1)
        rows = np.flatnonzero(levels == level)
        if not rows.size:
            continue
        if above.size == 1:
            result[rows] = above[0]
            continue
        names = _names(grids, above)
        unnamed = []
        for i in rows.tolist():
            name = grids["parent"].iloc[i]
            found = names.get(str(name).strip()) if isinstance(name, str) else None
            if found is not None:
                result[i] = found
            elif isinstance(name, str) and name.strip():
                lost.append(f"{grids['name_zh'].iloc[i] or grids['code'].iloc[i]} → {name}")
            else:
                unnamed.append(i)
        if unnamed:
            result[unnamed] = above[_most_land(geometry[unnamed], geometry[above])]
    if lost:
        raise InvalidInput(
            "parent-unknown",
            f"有 {len(lost)} 个网格的上级不存在：{'；'.join(lost[:5])}。请改正上级网格一列。",
            f"The parents of {len(lost)} grids do not exist: {'; '.join(lost[:5])}. Correct that column.",
        )
    return result


def _names(grids: pd.DataFrame, rows: NDArray[np.int64]) -> dict[str, int]:
    """Every unmistakable way to name a grid."""
    found: dict[str, int] = {}
    twice: set[str] = set()
    for column in ("key_of_children", "given_key", "code", "name_zh", "name_en"):
        if column not in grids.columns:
            continue
        for i in rows.tolist():
            name = grids[column].iloc[i]
            if isinstance(name, str) and name.strip():
                key = name.strip()
                if found.setdefault(key, i) != i:
                    twice.add(key)
    return {k: v for k, v in found.items() if k not in twice}


def _most_land(children: NDArray[np.object_], parents: NDArray[np.object_]) -> NDArray[np.int64]:
    """Index of the parent that each child shares most land with; the first where it touches none."""
    children = polygons_only(shapely.make_valid(children))
    parents = polygons_only(shapely.make_valid(parents))
    child, parent = shapely.STRtree(parents).query(children, predicate="intersects")
    shared = shapely.area(shapely.intersection(children[child], parents[parent]))
    best = np.zeros(len(children), dtype=np.int64)
    order = np.lexsort((-parent, shared))
    best[child[order]] = parent[order]
    return best
