"""Is a plan there when it is needed: incidents expected at its stops by hour, and during its visits."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import TypedDict

import numpy as np
from numpy.typing import NDArray

from gridmap.analysis.hours import HOURS
from gridmap.domain.gridkey import Scope
from gridmap.domain.shown_plans import ByPlace, ShownReason
from gridmap.errors import InvalidInput
from gridmap.services.hotspots.runs import hotspot_run
from gridmap.services.patrols.ask.by_hour import hours_of_run
from gridmap.services.patrols.follow.week import minutes_by_hour
from gridmap.services.patrols.keep.plans import kept_plan
from gridmap.storage.database import Database

Floats = NDArray[np.float64]


class PlanHour(TypedDict):
    """An hour of a shift: the share of the day's incidents with its interval, and what a plan has of it."""

    hour: int
    share: float
    low: float
    high: float
    planned_min: float
    expected: float
    covered: float
    covered_by_place: float | None


class PlanHours(TypedDict):
    """Incidents expected at a plan's stops, and during its visits; ``by_place`` were every hour the same.

    ``covered_by_place`` is what the routes that were planned for the same teams by place only would cover, hour by hour
    and in all; None where no such plan was made beside it. ``incidents`` are those of the run whose time of day is
    known, ``untimed`` those with a date alone.
    """

    patrol_id: int
    incidents: int
    untimed: int
    hours: list[PlanHour]
    expected: float
    covered: float
    by_place: float
    covered_by_place: float | None


def plan_hours(database: Database, scope: Scope, patrol_id: int) -> PlanHours:
    """Tell how many incidents are expected at a plan's hotspots in each hour of its shift, and while a team is there.

    Parameters
    ----------
    database : Database
    scope : Scope
    patrol_id : int

    Returns
    -------
    PlanHours
        ``by_place`` is what the very same visits would cover if incidents fell evenly over the shift: covered above it
        means that the plan comes when it is needed.

    Raises
    ------
    NotFound
        When there is no such plan in the scope.
    InvalidInput
        When the plan has no hotspots.

    Notes
    -----
    A hotspot's incidents a day are those of its run's period, without those that its prize leaves out as found by
    patrols; the hours are those that its prizes were made from, in
    plans without such those of all the run's incidents, smoothed around the clock
    (:func:`gridmap.analysis.hours.hourly_profile`); those with a date alone have no hour.
    """
    plan = kept_plan(database, scope, patrol_id)
    if plan.hotspot_run_id is None:
        raise InvalidInput(
            "plan-hours-no-run",
            f"第 {patrol_id} 号计划只有必到点，没有热点，无法估计各时段的事件。",
            f"Plan {patrol_id} has fixed points and no hotspots: nothing is expected of its hours.",
        )
    run = hotspot_run(database, scope, plan.hotspot_run_id)
    # Plans of former releases counted what patrols found.
    counted = bool(plan.parameters.get("patrol_found", True))
    told = hours_of_run(database, run, plan.seed, patrol_found=counted)[0]
    found = told.profile
    days = (run.until - run.since).days + 1
    reasons = plan.summary["reasons"]
    # Incidents a day in each hour at each stop.
    daily = {r["stop"]: _expected(r) / days * np.array(r.get("shares") or found.share) for r in reasons}
    nothing = np.zeros(HOURS)
    of_shift = np.zeros(HOURS)
    for hour, minutes in minutes_by_hour(plan.begins_at, plan.ends_at):
        of_shift[hour] += minutes / 60
    made = [(v.stop, v.start, v.leave) for route in plan.routes for v in route.visits]
    planned = np.zeros(HOURS)
    by_place = 0.0
    for stop, start, leave in made:
        for hour, minutes in minutes_by_hour(start, leave):
            planned[hour] += minutes
            by_place += float(daily.get(stop, nothing) @ of_shift) / of_shift.sum() * minutes / 60
    covered = _covered(made, daily)
    beside = plan.summary.get("by_place")
    placed = None if beside is None else _covered(_read(beside), daily)
    everywhere = np.sum(list(daily.values()), axis=0) if daily else nothing
    first = plan.begins_at.hour
    order = [(first + step) % HOURS for step in range(HOURS) if of_shift[(first + step) % HOURS]]
    rows: list[PlanHour] = [
        {
            "hour": hour,
            "share": round(float(found.share[hour]), 5),
            "low": round(float(found.low[hour]), 5),
            "high": round(float(found.high[hour]), 5),
            "planned_min": round(float(planned[hour]), 1),
            "expected": round(float(everywhere[hour] * of_shift[hour]), 4),
            "covered": round(float(covered[hour]), 5),
            "covered_by_place": None if placed is None else round(float(placed[hour]), 5),
        }
        for hour in order
    ]
    return {
        "patrol_id": patrol_id,
        "incidents": found.count,
        "untimed": told.untimed,
        "hours": rows,
        "expected": round(sum(row["expected"] for row in rows), 3),
        "covered": round(float(covered.sum()), 4),
        "by_place": round(by_place, 4),
        "covered_by_place": None if placed is None else round(float(placed.sum()), 4),
    }


def _expected(reason: ShownReason) -> float:
    """Incidents of a run's period at a stop without those that were left out of its prize as found by patrols."""
    found = (reason["terms"] or {}).get("patrol_found") or 0.0
    return max(0.0, float(reason["observed"] or 0) - found)


def _covered(visits: list[tuple[str, dt.datetime, dt.datetime]], daily: Mapping[str, Floats]) -> Floats:
    """Incidents that are expected during visits, by hour of the day."""
    out = np.zeros(HOURS)
    for stop, start, leave in visits:
        if stop in daily:
            for hour, minutes in minutes_by_hour(start, leave):
                out[hour] += daily[stop][hour] * minutes / 60
    return out


def _read(beside: ByPlace) -> list[tuple[str, dt.datetime, dt.datetime]]:
    at = dt.datetime.fromisoformat
    return [(v["stop"], at(v["start"]), at(v["leave"])) for v in beside["visits"]]
