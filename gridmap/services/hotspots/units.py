"""Cells that are told together: which cells each unit has, their outlines, and what they are called."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd

Rows = NDArray[np.intp]


def rows_of_units(units: NDArray[np.int64]) -> dict[int, Rows]:
    """Rows of each unit, ascending, by the unit's number; cells of a negative number are in none.

    Parameters
    ----------
    units : (n,) int64 array
    """
    shown = np.flatnonzero(units >= 0)
    order = shown[np.argsort(units[shown], kind="stable")]
    numbers, begins = np.unique(units[order], return_index=True)
    return dict(zip(numbers.tolist(), np.split(order, begins[1:]), strict=True)) if len(numbers) else {}


class CellTable:
    """The cells of a run as arrays: taken once, where each look into a table of thousands costs.

    Parameters
    ----------
    cells : GeoDataFrame
        With grid_key, name_zh, name_en.
    """

    def __init__(self, cells: gpd.GeoDataFrame) -> None:
        self._shapes = cells.geometry.to_numpy()
        self.keys: list[int] = [int(key) for key in cells["grid_key"]]
        self._names = tuple(cells[name].tolist() for name in ("name_zh", "name_en"))

    def named(self, rows: Rows) -> tuple[str, str]:
        """Return what the cells of a unit are called in each language."""
        zh, en = (names[rows[0]] for names in self._names)
        more = len(rows) - 1
        return (f"{zh} 等 {len(rows)} 格", f"{en} and {more} more") if more else (zh, en)

    def outlines(self, units: Sequence[Rows]) -> list[BaseGeometry]:
        """Outline of each unit; cells that stand alone are drawn all at once."""
        out = np.empty(len(units), dtype=object)
        alone = np.array([len(rows) == 1 for rows in units], dtype=bool)
        single = [rows[0] for rows in units if len(rows) == 1]
        out[alone] = shapely.union_all(self._shapes[single][:, None], axis=1)
        for n in np.flatnonzero(~alone).tolist():
            out[n] = shapely.union_all(self._shapes[units[n]])
        return list(out)
