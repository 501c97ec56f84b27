"""Incidents by cell and week."""

from __future__ import annotations

import datetime as dt

import numpy as np
from numpy.typing import NDArray

from gridmap.services.hotspots.observations import Inputs

_DAYS = 7


def weekly_cube(inputs: Inputs, since: dt.date, until: dt.date) -> tuple[NDArray[np.int64], dt.date]:
    """Cut a period into whole weeks that end with its last day.

    Parameters
    ----------
    inputs : Inputs
    since, until : date
        First and last day of the period.

    Returns
    -------
    counts : (n, T) int64 array
        Incidents of each cell in each week, oldest first.
    first : date
        First day of the first week.
    """
    weeks = ((until - since).days + 1) // _DAYS
    first = until - dt.timedelta(days=weeks * _DAYS - 1)
    week = np.floor((inputs.day - (first - since).days) / _DAYS).astype(np.int64)
    kept = (inputs.cell >= 0) & (week >= 0) & (week < weeks)
    counts = np.zeros((len(inputs.cells), max(weeks, 0)), dtype=np.int64)
    np.add.at(counts, (inputs.cell[kept], week[kept]), 1)
    return counts, first
