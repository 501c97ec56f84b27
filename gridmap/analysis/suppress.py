"""Merging of small counts, so that no published number tells of a handful of people."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gridmap.domain.terms import MINIMUM
from gridmap.errors import InvalidInput

NOT_SHOWN = -1


def merge_up(
    counts: NDArray[np.int64], groups: NDArray[np.int64], minimum: int = MINIMUM
) -> NDArray[np.int64]:
    """Merge cells with few incidents with their siblings, level by level, until each unit holds enough.

    A cell with at least `minimum` incidents stands alone. The others of one group are pooled. A pool that is still too
    small joins the smallest unit of its group, so that it cannot be found by subtracting the others from the group's
    total; where the group has no unit yet it is pooled again one level up. A pool without any incident is not shown.

    Parameters
    ----------
    counts : (n,) int array
        Incidents of each cell.
    groups : (n, d) int array
        The group of each cell at each level, finest first (village, area, town).
    minimum : int

    Returns
    -------
    (n,) int64 array
        Number of each cell's unit: the least row number in it; -1 where the cell is not shown, because it and all
        that it could be pooled with hold no incident, or fewer than `minimum` in all.

    Raises
    ------
    InvalidInput
        When the shapes differ or a count is negative.
    """
    if counts.ndim != 1 or groups.ndim != 2 or len(groups) != len(counts) or (counts < 0).any():
        raise InvalidInput(
            "suppress-input",
            "合并小数目时，计数与分组的行数必须一致，且计数不得为负。",
            "Counts and groups must have the same rows, and no count may be negative.",
        )
    units = np.where(counts >= minimum, np.arange(len(counts)), NOT_SHOWN)
    open_cells = units == NOT_SHOWN
    for level in range(groups.shape[1]):
        # Groups lie within each other, so a group's rows hold all that is formed in it; only they are looked at.
        order = np.argsort(groups[:, level], kind="stable")
        for inside in np.split(order, np.flatnonzero(np.diff(groups[order, level])) + 1):
            pool = inside[open_cells[inside]]
            total = int(counts[pool].sum())
            if total == 0:
                continue
            formed = inside[units[inside] != NOT_SHOWN]
            if total >= minimum:
                units[pool] = pool[0]
            elif len(formed):
                _, of = np.unique(units[formed], return_inverse=True)
                sizes = np.bincount(of, weights=counts[formed])
                joined = np.sort(np.r_[formed[of == int(np.argmin(sizes))], pool])
                units[joined] = joined[0]
            else:
                continue
            open_cells[pool] = False
    return units
