"""How far a report looks back: a short period shows no rise within itself, and no forecast learns from it alone."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

from gridmap.errors import InvalidInput
from gridmap.services.hotspots.slices import slices
from gridmap.services.hotspots.spec import HotspotSpec

_MONTHS = 6
ENOUGH_WEEKS = 7
"""Whole weeks with which a period is judged by itself: one that is no longer than half of it can be seen to rise."""

BACK_WEEKS = 13
"""Weeks that a shorter period is seen against, up to its end."""

HISTORY_WEEKS = 104
"""Weeks of records that a report's forecast learns from, up to the end of the period."""

_FEWEST_WEEKS = 4
_SLACK_DAYS = 2
"""A record need not fall on the very first day of the week in which records begin."""


@dataclass(frozen=True, slots=True)
class Window:
    """Days that a method in space and time looks at.

    Attributes
    ----------
    since, until : date
        First and last day.
    step : {'week', 'month'}
    is_wider : bool
        Whether it begins before the report's own period: only what reaches into that period is told then.
    """

    since: dt.date
    until: dt.date
    step: str
    is_wider: bool

    def of(self, spec: HotspotSpec) -> HotspotSpec:
        """Lay a run on the window."""
        return replace(
            spec, since=self.since, until=self.until, step="month" if self.step == "month" else "week"
        )


def window_of(spec: HotspotSpec, records_since: dt.date) -> Window:
    """Choose the days and the slices by which a report tells what rose and since when.

    Months of the period itself where it has six whole ones; its weeks where it has seven whole ones; else thirteen
    weeks up to its end, as far as there are records.

    Parameters
    ----------
    spec : HotspotSpec
        The report's own run.
    records_since : date
        Day of the first record there is.

    Raises
    ------
    InvalidInput
        When there are records of fewer than four whole weeks up to the end of the period.
    """
    for step, fewest in (("month", _MONTHS), ("week", ENOUGH_WEEKS)):
        own = Window(spec.since, spec.until, step, is_wider=False)
        try:
            slices(own.of(spec), fewest=fewest)
        except InvalidInput:
            continue
        return own
    after = spec.until + dt.timedelta(days=1)
    monday = after - dt.timedelta(days=after.weekday())
    since = max(monday - dt.timedelta(weeks=BACK_WEEKS), _first_monday(records_since))
    # Days behind the last whole week are of the period, and may not be missed where its other slices are told.
    weeks = (monday - since).days // 7
    if weeks < _FEWEST_WEEKS:
        ready = _first_monday(records_since) + dt.timedelta(days=7 * _FEWEST_WEEKS - 1)
        raise InvalidInput(
            "report-too-short",
            f"到时段末只有 {max(weeks, 0)} 个有记录的整周（周一至周日），至少需要 {_FEWEST_WEEKS} 个。"
            f"请选 {ready:%Y-%m-%d} 以后结束的时段，或补录更早的事件。",
            f"Up to the end of the period there are records of {max(weeks, 0)} whole weeks (Monday to Sunday); "
            f"{_FEWEST_WEEKS} are needed. Choose a period that ends on {ready:%Y-%m-%d} or later, or import earlier "
            "records.",
        )
    return Window(since, spec.until, "week", is_wider=since < spec.since)


def history_of(spec: HotspotSpec, records_since: dt.date) -> HotspotSpec:
    """Lay a forecast on all records up to the end of a report's period, two years of them at most."""
    longest = spec.until - dt.timedelta(days=7 * HISTORY_WEEKS - 1)
    return replace(spec, since=max(longest, records_since))


def _first_monday(day: dt.date) -> dt.date:
    monday = day - dt.timedelta(days=day.weekday())
    return monday if (day - monday).days <= _SLACK_DAYS else monday + dt.timedelta(weeks=1)
