"""Is a plan there when it is needed: incidents expected at its stops by hour, and during its visits."""

from __future__ import annotations

from typing import TypedDict

from gridmap.analysis.hours import HOURS
from gridmap.domain.gridkey import Scope
from gridmap.domain.query import IncidentQuery
from gridmap.errors import InvalidInput
from gridmap.services.hotspots.hours import hours_by_kind
from gridmap.services.hotspots.runs import hotspot_run
from gridmap.services.patrols.follow.week import minutes_by_hour
from gridmap.services.patrols.keep.plans import kept_plan
from gridmap.storage.database import Database


class PlanHour(TypedDict):
    """An hour of a shift: the share of the day's incidents with its interval, and what a plan has of it."""

    hour: int
    share: float
    low: float
    high: float
    planned_min: float
    expected: float
    covered: float


class PlanHours(TypedDict):
    """Incidents expected at a plan's stops, and during its visits; ``by_place`` were every hour the same.

    ``incidents`` are those of the run whose time of day is known, ``untimed`` those with a date alone.
    """

    patrol_id: int
    incidents: int
    untimed: int
    hours: list[PlanHour]
    expected: float
    covered: float
    by_place: float


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
    A hotspot's incidents a day are those of its run's period; the hours are those of all the run's incidents, smoothed
    around the clock (:func:`gridmap.analysis.hours.hourly_profile`); those with a date alone have no hour.
    """
    plan = kept_plan(database, scope, patrol_id)
    if plan.hotspot_run_id is None:
        raise InvalidInput(
            "plan-hours-no-run",
            f"第 {patrol_id} 号计划只有必到点，没有热点，无法估计各时段的事件。",
            f"Plan {patrol_id} has fixed points and no hotspots: nothing is expected of its hours.",
        )
    run = hotspot_run(database, scope, plan.hotspot_run_id)
    domains = (run.domain,) if run.domain else ()
    query = IncidentQuery(None, run.since, run.until, domains, (run.kind,) if run.kind else ())
    # Whoever may see the run is told the hours of its whole ground, whatever part of that is theirs.
    told = hours_by_kind(database, run.scope, query, seed=plan.seed)[0]
    found = told.profile
    days = (run.until - run.since).days + 1
    daily = {r["stop"]: (r["observed"] or 0) / days for r in plan.summary["reasons"]}
    of_shift = [0.0] * HOURS
    for hour, minutes in minutes_by_hour(plan.begins_at, plan.ends_at):
        of_shift[hour] += minutes / 60
    planned, covered, by_place = [0.0] * HOURS, [0.0] * HOURS, 0.0
    length_h = sum(of_shift)
    even = sum(float(found.share[hour]) * part for hour, part in enumerate(of_shift)) / length_h
    for visit in (visit for route in plan.routes for visit in route.visits):
        for hour, minutes in minutes_by_hour(visit.start, visit.leave):
            planned[hour] += minutes
            covered[hour] += daily.get(visit.stop, 0.0) * float(found.share[hour]) * minutes / 60
            by_place += daily.get(visit.stop, 0.0) * even * minutes / 60
    everywhere = sum(daily.values())
    first = plan.begins_at.hour
    order = [(first + step) % HOURS for step in range(HOURS) if of_shift[(first + step) % HOURS]]
    rows: list[PlanHour] = [
        {
            "hour": hour,
            "share": round(float(found.share[hour]), 5),
            "low": round(float(found.low[hour]), 5),
            "high": round(float(found.high[hour]), 5),
            "planned_min": round(planned[hour], 1),
            "expected": round(everywhere * float(found.share[hour]) * of_shift[hour], 4),
            "covered": round(covered[hour], 5),
        }
        for hour in order
    ]
    return {
        "patrol_id": patrol_id,
        "incidents": found.count,
        "untimed": told.untimed,
        "hours": rows,
        "expected": round(sum(row["expected"] for row in rows), 3),
        "covered": round(sum(covered), 4),
        "by_place": round(by_place, 4),
    }
