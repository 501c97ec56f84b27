"""Incidents by cell and week, and by the week in which they became known."""

from __future__ import annotations

import datetime as dt

import numpy as np
from numpy.typing import NDArray

from gridmap.analysis.forecast import History
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
    weeks, first = _weeks(since, until)
    week = _week_of(inputs.day, (first - since).days)
    kept = (inputs.cell >= 0) & (week >= 0) & (week < weeks)
    counts = np.zeros((len(inputs.cells), weeks), dtype=np.int64)
    np.add.at(counts, (inputs.cell[kept], week[kept]), 1)
    return counts, first


def weekly_history(inputs: Inputs, since: dt.date, until: dt.date) -> tuple[History, dt.date]:
    """Cut a period into whole weeks that end with its last day, each incident known from when it was reported.

    Parameters
    ----------
    inputs : Inputs
    since, until : date
        First and last day of the period.

    Returns
    -------
    history : History
    first : date
        First day of the first week.
    """
    weeks, first = _weeks(since, until)
    before = (first - since).days
    week, reported = _week_of(inputs.day, before), _week_of(inputs.reported, before)
    return History.of_events(len(inputs.cells), weeks, inputs.cell, week, reported), first


def _weeks(since: dt.date, until: dt.date) -> tuple[int, dt.date]:
    weeks = max(((until - since).days + 1) // _DAYS, 0)
    return weeks, until - dt.timedelta(days=weeks * _DAYS - 1)


def _week_of(day: NDArray[np.float64], before: int) -> NDArray[np.int64]:
    return np.floor((day - before) / _DAYS).astype(np.int64)
