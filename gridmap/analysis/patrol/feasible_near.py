"""An independent check of the shares of households near to some team that a plan tells."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from gridmap.analysis.patrol.model import Plan, Route, Shift, Team
from gridmap.analysis.patrol.nearness import Households

_EVERY_S = 900.0


def nearness(plan: Plan, crew: Mapping[str, Team], households: Households | None, shift: Shift) -> list[str]:
    """Compare the shares that a plan tells, quarter by quarter, with those of its times.

    Parameters
    ----------
    plan : Plan
    crew : mapping of str to Team
    households : Households, optional
    shift : Shift

    Returns
    -------
    list of str
    """
    within_s = plan.objective.near_s
    if within_s is None or households is None:
        return [] if within_s is None and not plan.near else ["it does not tell how near it stays"]
    moments: list[float] = []
    while shift.begin_s + _EVERY_S * len(moments) < shift.end_s:
        moments.append(shift.begin_s + _EVERY_S * len(moments))
    if len(moments) != len(plan.near):
        return ["it does not tell of every quarter how near it stays"]
    soonest = np.full((len(moments), len(households.count)), np.inf)
    for route in plan.routes:
        team = crew.get(route.team)
        if team is None:
            continue
        on = max(shift.begin_s, team.begin_s), min(shift.end_s, team.end_s)
        times = np.asarray(households.seconds[team.mode], dtype=np.float64) / team.speed
        if team.id in households.served:
            times = np.where(households.served[team.id], times, np.inf)
        gone = [any(low <= moment < high for low, high in route.away) for moment in moments]
        for since, until, place, due in _stretches(route, team):
            for q, moment in enumerate(moments):
                if not gone[q] and max(since, on[0]) <= moment < min(until, on[1]):
                    soonest[q] = np.minimum(soonest[q], times[place] + max(0.0, due - moment))
    shares = (soonest <= within_s) @ households.count / households.count.sum()
    return [
        f"of quarter {q} it tells that {told:.4f} of households are near, and {is_so:.4f} are"
        for q, (told, is_so) in enumerate(zip(plan.near, shares, strict=True))
        if abs(told - is_so) > 1e-9
    ]


def _stretches(route: Route, team: Team) -> Iterator[tuple[float, float, int, float]]:
    """From when until when a team is counted at a place, and when it is there."""
    last, at = -np.inf, team.start_place
    for visit in route.visits:
        sets_out = visit.arrive_s - visit.travel_s
        middle = (visit.start_s + visit.leave_s) / 2.0
        yield last, sets_out, at, -np.inf
        yield sets_out, middle, visit.place, visit.arrive_s
        yield middle, visit.leave_s, visit.onward, -np.inf
        last, at = visit.leave_s, visit.onward
    if route.stays_out:
        return
    if route.visits:
        back = route.end_s - (route.travel_s - sum(visit.travel_s for visit in route.visits))
        yield last, back, at, -np.inf
        yield back, np.inf, team.end_place, route.end_s
    else:
        yield last, np.inf, at, -np.inf
