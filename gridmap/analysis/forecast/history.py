"""What was known at the beginning of each week: incidents by cell and week, cut by when they were reported."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gridmap.analysis._given import numbers_of
from gridmap.errors import InvalidInput

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class History:
    """Incidents by cell and week.

    Attributes
    ----------
    cells, weeks : int
        How many there are.
    cell, week : (m,) int64
        Row of each incident's cell, and the week in which it occurred, counted from 0.
    reported : (m,) int64
        Week in which it became known; never before that in which it occurred.
    number : (m,) float64
        How many incidents each entry stands for.
    """

    cells: int
    weeks: int
    cell: Ints
    week: Ints
    reported: Ints
    number: Floats

    @classmethod
    def of_events(
        cls, cells: int, weeks: int, cell: ArrayLike, week: ArrayLike, reported: ArrayLike
    ) -> History:
        """Lay single incidents into weeks; those in no cell, or outside the weeks, are left out.

        Parameters
        ----------
        cells, weeks : int
        cell, week, reported : (m,) array_like of int
            A row of -1 is no cell. Whatever was reported before it occurred counts from when it occurred.
        """
        rows, when, known = (np.asarray(v, dtype=np.int64) for v in (cell, week, reported))
        kept = (rows >= 0) & (when >= 0) & (when < weeks)
        rows, when = rows[kept], when[kept]
        return cls(cells, weeks, rows, when, np.maximum(known[kept], when), np.ones(len(rows)))

    @classmethod
    def of_cube(cls, cube: ArrayLike) -> History:
        """Take weekly counts of shape (cells, weeks), oldest first; all are known when their week ends.

        Raises
        ------
        InvalidInput
            When it has another shape, or a count is negative or not finite.
        """
        counts = numbers_of(cube, "周计数", "Weekly counts")
        if counts.ndim != 2:
            raise InvalidInput(
                "forecast-shape",
                "周计数应为 单元×周 的数组，坐标应为 单元×2。",
                "Weekly counts must have the shape (cells, weeks), and centres (cells, 2).",
            )
        if not np.isfinite(counts).all() or (counts < 0).any():
            raise InvalidInput(
                "count-negative", "周计数含有负数或空值。", "A weekly count is negative or missing."
            )
        cell, week = np.nonzero(counts)
        cells, weeks = counts.shape
        return cls(cells, weeks, cell, week, week, counts[cell, week])

    def known(self, week: int) -> Floats:
        """Count all weeks before one, of what had been reported when it began; shape (cells, week)."""
        return self._counted((self.week < week) & (self.reported < week), week)

    def weighted(self, week: int, weights: Floats) -> Floats:
        """Add up what was known when a week began, each week before it with its weight; (week,) in, (cells,) out."""
        kept = (self.week < week) & (self.reported < week)
        rows = self.cell[kept]
        added = np.bincount(rows, self.number[kept] * weights[self.week[kept]], minlength=self.cells)
        return np.asarray(added, dtype=np.float64)

    @property
    def counts(self) -> Floats:
        """Counts of all weeks, whenever they were reported; shape (cells, weeks)."""
        return self._counted(np.ones(len(self.cell), dtype=np.bool_), self.weeks)

    def _counted(self, kept: NDArray[np.bool_], weeks: int) -> Floats:
        out = np.zeros((self.cells, weeks))
        np.add.at(out, (self.cell[kept], self.week[kept]), self.number[kept])
        return out
