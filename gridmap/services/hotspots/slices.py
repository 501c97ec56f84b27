"""Slices of time: whole days, weeks or months of a period, never a part of one."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gridmap.analysis import cube
from gridmap.errors import InvalidInput
from gridmap.services.hotspots.observations import Inputs
from gridmap.services.hotspots.spec import HotspotSpec

_FEWEST = 4


@dataclass(frozen=True, slots=True)
class Slices:
    """Whole slices of a period.

    Attributes
    ----------
    starts : list of date
        First day of each slice, and last the day after the last one.
    first : date
        First day of the period, from which days are counted.
    """

    starts: list[dt.date]
    first: dt.date

    @property
    def names(self) -> list[str]:
        """First day of each slice as text."""
        return [day.isoformat() for day in self.starts[:-1]]

    @property
    def edges(self) -> NDArray[np.float64]:
        """Days since the first day of the period at which slices begin, and the last one ends; shape (T + 1,)."""
        return np.array([(day - self.first).days for day in self.starts], dtype=np.float64)

    def cube(self, inputs: Inputs) -> NDArray[np.int64]:
        """Incidents of each cell in each slice, shape (n, T); those outside the whole slices are not counted."""
        inside = inputs.cell >= 0
        return cube.build(inputs.cell[inside], inputs.day[inside], len(inputs.cells), self.edges)


def newest(cut: Slices, most: int) -> Slices:
    """Keep the last slices."""
    return Slices(cut.starts[-most - 1 :], cut.first)


def slices(spec: HotspotSpec, fewest: int = _FEWEST) -> Slices:
    """Cut a period into whole days, weeks (Monday to Sunday) or months.

    Raises
    ------
    InvalidInput
        When there are fewer than `fewest`.
    """
    end = spec.until + dt.timedelta(days=1)
    if spec.step == "month":
        first = spec.since if spec.since.day == 1 else _next_month(spec.since)
        starts = [first]
        while (following := _next_month(starts[-1])) <= end:
            starts.append(following)
    else:
        days = 7 if spec.step == "week" else 1
        first = spec.since + dt.timedelta(days=-spec.since.weekday() % days)
        starts = [first + dt.timedelta(days=days * i) for i in range(max((end - first).days // days, 0) + 1)]
    found = max(len(starts) - 1, 0)
    if found < fewest:
        raise InvalidInput(
            "slices-too-few",
            f"所选时段只有 {found} 个完整的时间片（{spec.step}），至少需要 {fewest} 个。"
            "请放宽时段或改用更短的 --step。",
            f"The period holds only {found} whole slices ({spec.step}); {fewest} are needed. "
            "Widen the period, or choose a shorter --step.",
        )
    return Slices(starts, spec.since)


def _next_month(day: dt.date) -> dt.date:
    return dt.date(day.year + day.month // 12, day.month % 12 + 1, 1)
