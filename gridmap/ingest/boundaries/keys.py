"""Grid keys for boundaries: official digits where they fit, ordinals elsewhere.

Ordinals run in rows from north to south, and from west to east in each row.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gridmap.domain.gridkey import AREA, LEVELS, MICRO, SUBTREE_SIZE, TOWN, VILLAGE, level_of
from gridmap.errors import InvalidInput

_MOST = {TOWN: 999_999_999, AREA: 99, VILLAGE: 999, MICRO: 999}


def reading_order(geometries: NDArray[np.object_]) -> NDArray[np.int64]:
    """Positions of geometries in rows from north to south, west to east in each.

    Parameters
    ----------
    geometries : ndarray of shapely geometries, shape (n,)

    Returns
    -------
    ndarray of int64, shape (n,)
        The first is the position of the most north-western geometry.
    """
    centres = shapely.centroid(geometries)
    centres[shapely.is_empty(centres)] = shapely.Point(0, 0)
    x, y = np.nan_to_num(shapely.get_x(centres)), np.nan_to_num(shapely.get_y(centres))
    rows = max(1, round(math.sqrt(len(x))))
    height = float(np.ptp(y)) / rows if len(y) else 0.0
    row = np.floor((y.max() - y) / height).clip(0, rows - 1) if height > 0 else np.zeros(len(x))
    return np.lexsort((x, row)).astype(np.int64)


def assign_keys(grids: pd.DataFrame, town_code: str | None) -> pd.DataFrame:
    """Give each grid its key.

    Parameters
    ----------
    grids : DataFrame
        With level, code, given_key, parent_row (position of the parent, -1 for towns) and geometry.
    town_code : str, optional
        Nine digits of a single town whose file does not say them.

    Returns
    -------
    DataFrame
        With grid_key, parent_key and code_fits.

    Raises
    ------
    InvalidInput
        When a level has more grids under one parent than its digits can name.
    """
    grids = grids.copy()
    n = len(grids)
    keys = np.zeros(n, dtype=np.int64)
    fits = np.zeros(n, dtype=bool)
    levels = grids["level"].to_numpy(dtype=np.int64)
    parents = grids["parent_row"].to_numpy(dtype=np.int64)
    geometry = grids["geometry"].to_numpy(dtype=object)
    given = _given_keys(grids, parents)
    digits = _town_digits(grids, town_code)
    for level in LEVELS:
        rows = np.flatnonzero(levels == level)
        for parent in np.unique(parents[rows]).tolist():
            children = rows[parents[rows] == parent]
            children = children[reading_order(geometry[children])]
            base = int(keys[parent]) if parent >= 0 else 0
            wanted = [
                given[i]
                if given[i] is not None
                else _official(level, str(grids["code"].iloc[i] or ""), _below_town(base), digits)
                for i in children.tolist()
            ]
            for i, part, fit in zip(children.tolist(), *_number(level, wanted), strict=True):
                keys[i] = base + part * SUBTREE_SIZE[level]
                fits[i] = fit
    grids["grid_key"] = keys
    grids["parent_key"] = np.where(parents >= 0, keys[parents], 0)
    grids["code_fits"] = fits | (grids["code"].isna().to_numpy())
    return grids


def _below_town(base: int) -> str:
    return f"{base // SUBTREE_SIZE[TOWN]:09d}" if base else ""


def _given_keys(grids: pd.DataFrame, parents: NDArray[np.int64]) -> list[int | None]:
    """Own part of the keys that a file gives itself, where they fit their level and parent."""
    whole: list[int | None] = []
    for text, level in zip(grids["given_key"], grids["level"], strict=True):
        number = int(text) if isinstance(text, str) and re.fullmatch(r"\d{9,17}", text) else 0
        whole.append(number if number >= 10**8 and level_of(number) == level else None)
    parts: list[int | None] = []
    for key, level, parent in zip(whole, grids["level"], parents.tolist(), strict=True):
        above = whole[parent] if parent >= 0 else 0
        if key is None or above is None or (level > TOWN and key - key % SUBTREE_SIZE[level - 1] != above):
            parts.append(None)
        else:
            parts.append((key - above) // SUBTREE_SIZE[level])
    return parts


def _town_digits(grids: pd.DataFrame, town_code: str | None) -> str | None:
    """Nine digits of the town: as told, or those that all the codes of villages begin with."""
    if town_code is not None:
        if not re.fullmatch(r"[1-9]\d{0,8}", town_code):
            raise InvalidInput(
                "town-code",
                "镇的编码应为 1 到 9 位数字，如 330681109。",
                "The town's code has one to nine digits, such as 330681109.",
            )
        return town_code
    codes = [str(c) for c in grids["code"].dropna() if re.fullmatch(r"\d{12}|\d{15}|\d{17}", str(c))]
    heads = {c[:9] for c in codes}
    return heads.pop() if len(heads) == 1 else None


def _official(level: int, code: str, town: str, digits: str | None) -> int | None:
    """Own digits of an official code, or None where it has none that fit."""
    if level == TOWN:
        if re.fullmatch(r"[1-9]\d{0,8}", code):
            return int(code)
        if re.fullmatch(r"[1-9]\d{8}(?:000)?", code):
            return int(code[:9])
        return int(digits) if digits else None
    own = {AREA: (2, (11,)), VILLAGE: (3, (12, 14)), MICRO: (3, (15, 17))}[level]
    if not code.isascii() or not code.isdigit():
        return None
    if len(code) == own[0] or (len(code) in own[1] and code.startswith(town)):
        part = int(code[-own[0] :])
        return part or None
    return None


def _number(level: int, wanted: Iterable[int | None]) -> tuple[list[int], list[bool]]:
    """Keep wanted numbers that are free, in order, and give the others the lowest free ones."""
    wanted = list(wanted)
    taken: set[int] = set()
    keep = []
    for part in wanted:
        free = part is not None and 0 < part <= _MOST[level] and part not in taken
        keep.append(free)
        if free and part is not None:
            taken.add(part)
    numbers = []
    following = 1
    for part, kept in zip(wanted, keep, strict=True):
        if kept and part is not None:
            numbers.append(part)
            continue
        while following in taken:
            following += 1
        if following > _MOST[level]:
            raise InvalidInput(
                "grid-key-digits",
                f"同一上级下的第 {level} 级网格超过 {_MOST[level]} 个，请划分到更多上级网格。",
                f"More than {_MOST[level]} grids of level {level} share a parent; split the parent.",
            )
        taken.add(following)
        numbers.append(following)
    return numbers, keep
