"""An independent check of a plan: only its times, the teams, the stops and the matrices count."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gridmap.analysis.patrol.model import Plan, Route, Shift, Stop, Team, Visit

_SLACK_S = 1e-6


def violations(
    plan: Plan,
    teams: Sequence[Team],
    stops: Sequence[Stop],
    travel_s: Mapping[str, ArrayLike],
    *,
    shift: Shift,
) -> tuple[str, ...]:
    """Tell what a plan breaks; nothing where it holds.

    Parameters
    ----------
    plan : Plan
    teams, stops : sequence
    travel_s : mapping of str to array_like of float, shape (places, places)
    shift : Shift

    Returns
    -------
    tuple of str
        Sentences in English, for whoever mends the planner.
    """
    by_id = {stop.id: stop for stop in stops}
    crew = {team.id: team for team in teams}
    found: list[str] = []
    for route in plan.routes:
        if route.team not in crew:
            found.append(f"{route.team} is no team")
            continue
        team = crew[route.team]
        matrix = np.asarray(travel_s[team.mode], dtype=np.float64)
        found += _hours(route, team, shift) + _legs(route, team, matrix)
        for visit in route.visits:
            if visit.stop in by_id:
                found += _visit(visit, by_id[visit.stop], team)
            else:
                found.append(f"{visit.stop} is no stop")
    if len({route.team for route in plan.routes}) != len(plan.routes):
        found.append("a team has two routes")
    for stop in stops:
        starts = sorted(v.start_s for route in plan.routes for v in route.visits if v.stop == stop.id)
        if len(starts) > stop.visits:
            found.append(f"{stop.id} is visited {len(starts)} times, more than {stop.visits}")
        if any(b - a < stop.min_gap_s - _SLACK_S for a, b in pairwise(starts)):
            found.append(f"visits to {stop.id} are closer than its gap")
    return tuple(found)


def _hours(route: Route, team: Team, shift: Shift) -> list[str]:
    out = []
    if route.visits and route.begin_s < max(team.begin_s, shift.begin_s) - _SLACK_S:
        out.append(f"{team.id} begins too early")
    if route.visits and route.end_s > min(team.end_s, shift.end_s) + _SLACK_S:
        out.append(f"{team.id} ends too late")
    rest = team.rest
    if rest is not None and rest.length_s > 0 and route.visits:
        if route.rest_s is None or abs(route.rest_s[1] - route.rest_s[0] - rest.length_s) > _SLACK_S:
            out.append(f"{team.id} has no break of its length")
        elif not (
            route.rest_s[0] >= rest.earliest_s - _SLACK_S
            and route.rest_s[0] <= max(rest.latest_s, team.begin_s, shift.begin_s) + _SLACK_S
        ):
            out.append(f"{team.id} takes its break at the wrong time")
    return out


def _legs(route: Route, team: Team, matrix: NDArray[np.float64]) -> list[str]:
    out = []
    at, free = team.start_place, route.begin_s
    for visit in route.visits:
        leg = float(matrix[at, visit.place]) / team.speed if at != visit.place else 0.0
        if not visit.arrive_s >= free + leg - _SLACK_S:
            out.append(f"{team.id} cannot be at {visit.stop} so early")
        if _overlaps(route, visit.arrive_s - leg, visit.arrive_s):
            out.append(f"{team.id} drives to {visit.stop} in its break")
        if _overlaps(route, visit.start_s, visit.leave_s):
            out.append(f"{team.id} works at {visit.stop} in its break")
        at, free = visit.place, visit.leave_s
    if route.visits and not route.stays_out:
        leg = float(matrix[at, team.end_place]) / team.speed if at != team.end_place else 0.0
        if not route.end_s >= free + leg - _SLACK_S:
            out.append(f"{team.id} cannot be home so early")
        if _overlaps(route, route.end_s - leg, route.end_s):
            out.append(f"{team.id} drives home in its break")
    return out


def _overlaps(route: Route, begin: float, end: float) -> bool:
    rest = route.rest_s
    return rest is not None and begin < rest[1] - _SLACK_S and end > rest[0] + _SLACK_S


def _visit(visit: Visit, stop: Stop, team: Team) -> list[str]:
    out = []
    if visit.place != stop.place:
        out.append(f"{stop.id} is elsewhere")
    if visit.start_s < visit.arrive_s - _SLACK_S or visit.leave_s < visit.start_s + stop.dwell_s - _SLACK_S:
        out.append(f"the visit to {stop.id} is too short")
    if stop.windows and not any(
        low - _SLACK_S <= visit.start_s and visit.leave_s <= high + _SLACK_S for low, high in stop.windows
    ):
        out.append(f"{stop.id} is visited outside its hours")
    if team.mode in stop.closed_to:
        out.append(f"{stop.id} is closed to {team.mode}")
    if team.size < stop.min_size or stop.only_team not in {None, team.id}:
        out.append(f"{team.id} may not come to {stop.id}")
    if (stop.grid_key or stop.village) not in team.scope:
        out.append(f"{stop.id} lies outside the grids of {team.id}")
    return out
