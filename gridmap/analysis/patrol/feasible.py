"""An independent check of a plan: only its times, the teams, the stops and the matrices count."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gridmap.analysis.patrol.feasible_near import nearness
from gridmap.analysis.patrol.model import Plan, Route, Shift, Stop, Team, Visit
from gridmap.analysis.patrol.nearness import Households

_SLACK_S = 1e-6


def violations(
    plan: Plan,
    teams: Sequence[Team],
    stops: Sequence[Stop],
    travel_s: Mapping[str, ArrayLike],
    *,
    shift: Shift,
    parts: bool = False,
    households: Households | None = None,
) -> tuple[str, ...]:
    """Tell what a plan breaks; nothing where it holds.

    Parameters
    ----------
    plan : Plan
    teams, stops : sequence
    travel_s : mapping of str to array_like of float, shape (places, places)
    shift : Shift
    parts : bool
        The routes are parts of routes: what is told of whole ones is not compared.
    households : Households, optional
        Needed where the plan is to stay near to them.

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
        found += long_waits(route, team, matrix, plan.objective.max_wait_s)
        for visit in route.visits:
            if visit.stop in by_id:
                found += _visit(visit, by_id[visit.stop], team)
            else:
                found.append(f"{visit.stop} is no stop")
    if len({route.team for route in plan.routes}) != len(plan.routes):
        found.append("a team has two routes")
    found += _visits_of(plan, teams, stops, shift)
    found += _prizes(plan, stops)
    if not parts:
        found += _loads(plan, crew, shift)
        found += nearness(plan, crew, households, shift)
    return tuple(found)


def _visits_of(plan: Plan, teams: Sequence[Team], stops: Sequence[Stop], shift: Shift) -> list[str]:
    """Look at the number of visits to each stop, and the time between them."""
    found: list[str] = []
    for stop in stops:
        starts = sorted(v.start_s for route in plan.routes for v in route.visits if v.stop == stop.id)
        if len(starts) > stop.visits:
            found.append(f"{stop.id} is visited {len(starts)} times, more than {stop.visits}")
        if any(b - a < stop.min_gap_s - _SLACK_S for a, b in pairwise(starts)):
            found.append(f"visits to {stop.id} are closer than its gap")
        if stop.max_interval_s is not None and stop.id not in plan.late:
            found += _interval(stop, teams, shift, starts)
    return found


def _prizes(plan: Plan, stops: Sequence[Stop]) -> list[str]:
    """Compare the prizes that a plan tells with those of the hours of its visits: no two are a stop's k-th."""
    found: list[str] = []
    for stop in stops:
        visits = [v for route in plan.routes for v in route.visits if v.stop == stop.id]
        free = [stop.revisit_share**k for k in range(max(stop.visits, len(visits)))]
        for visit in sorted(visits, key=lambda v: -v.prize):
            whole = stop.prize * _factor(stop, visit.start_s)
            fits = [
                k for k, share in enumerate(free) if abs(visit.prize - whole * share) <= 1e-9 * (1.0 + whole)
            ]
            if not fits:
                found.append(f"a visit to {stop.id} does not earn the prize of its hour")
            else:
                free.pop(fits[0])
    return found


def _factor(stop: Stop, start_s: float) -> float:
    """Return what the prize of a stop is multiplied by at a time."""
    held = [factor for since, factor in stop.by_hour if since <= start_s]
    return held[-1] if held else stop.by_hour[0][1] if stop.by_hour else 1.0


def _interval(stop: Stop, teams: Sequence[Team], shift: Shift, starts: list[float]) -> list[str]:
    """Look whether a stop is left alone for too long while some team may come and it is open."""
    mine = [t for t in teams if stop.only_team in {None, t.id} and t.mode not in stop.closed_to]
    mine = [t for t in mine if stop.must or stop.beat in {None, t.id}]
    mine = [t for t in mine if t.size >= stop.min_size and (stop.grid_key or stop.village) in t.scope]
    mine = [t for t in mine if not (stop.walked or stop.ways) or t.mode in {way.mode for way in stop.ways}]
    if not mine:
        return []
    begin = max(shift.begin_s, min(t.begin_s for t in mine))
    end = min(shift.end_s, max(t.end_s for t in mine))
    for low, high in stop.windows or ((begin, end),):
        here, last = max(low, begin), min(high, end)
        if here < last:
            times = [here, *(t for t in starts if here <= t <= last), last]
            if any(b - a > float(stop.max_interval_s or 0.0) + 1e-3 for a, b in pairwise(times)):
                return [f"{stop.id} is left alone for longer than its interval"]
    return []


def _loads(plan: Plan, crew: Mapping[str, Team], shift: Shift) -> list[str]:
    """Compare the loads that a plan tells with its times."""
    out = []
    for route in plan.routes:
        team = crew.get(route.team)
        if team is None or route.stays_out:
            continue
        begin, end = max(team.begin_s, shift.begin_s), min(team.end_s, shift.end_s)
        rest = route.rest_s or (0.0, 0.0)
        hours = end - begin - max(0.0, min(end, rest[1]) - max(begin, rest[0]))
        worked = route.travel_s + sum(v.leave_s - v.start_s for v in route.visits)
        if route.visits and hours > 0 and abs(route.load - worked / hours) > 1e-6:
            out.append(f"the load of {route.team} is not what it drives and works of its hours")
    return out


def long_waits(route: Route, team: Team, matrix: NDArray[np.float64], most_s: float) -> list[str]:
    """Look for waits that are too long: between arrival and start, and between leaving and driving on."""
    at, free, out = team.start_place, route.begin_s, []
    for visit in route.visits:
        leg = float(matrix[at, visit.place]) / team.speed if at != visit.place else 0.0
        idle = visit.start_s - free - leg
        if route.rest_s is not None:
            idle -= max(0.0, min(visit.start_s, route.rest_s[1]) - max(free, route.rest_s[0]))
        if idle > most_s + 1e-3:
            out.append(f"{team.id} waits {idle / 60:.0f} min for {visit.stop}")
        at, free = visit.onward, visit.leave_s
    return out


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
        at, free = visit.onward, visit.leave_s
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


def _along(visit: Visit, stop: Stop, team: Team) -> list[str]:
    """Look at a visit along a line: in by one end and out by the other, at the pace of who goes it."""
    if visit.way is None or not 0 <= visit.way < len(stop.ways):
        return [f"the visit to {stop.id} goes none of its ways"]
    way = stop.ways[visit.way]
    along_s = max(way.along_s / (1.0 if way.on_foot else team.speed), way.least_s)
    takes_s = max(stop.dwell_s, along_s) + way.aside_s
    out = _stay(visit, way.begins, way.ends, takes_s)
    return out if way.mode == team.mode else [*out, f"{team.id} cannot go the way of {stop.id} that it goes"]


def _stay(visit: Visit, begins: int, ends: int, takes_s: float) -> list[str]:
    out = []
    if visit.place != begins or visit.onward != ends:
        out.append(f"{visit.stop} is elsewhere")
    if visit.start_s < visit.arrive_s - _SLACK_S or visit.leave_s < visit.start_s + takes_s - _SLACK_S:
        out.append(f"the visit to {visit.stop} is too short")
    return out


def _visit(visit: Visit, stop: Stop, team: Team) -> list[str]:
    out = (
        _along(visit, stop, team)
        if stop.walked or stop.ways
        else _stay(visit, stop.place, stop.place, stop.dwell_s)
    )
    if stop.windows and not any(
        low - _SLACK_S <= visit.start_s and visit.leave_s <= high + _SLACK_S for low, high in stop.windows
    ):
        out.append(f"{stop.id} is visited outside its hours")
    if team.mode in stop.closed_to:
        out.append(f"{stop.id} is closed to {team.mode}")
    if team.size < stop.min_size or stop.only_team not in {None, team.id}:
        out.append(f"{team.id} may not come to {stop.id}")
    if stop.beat not in {None, team.id} and not stop.must:
        out.append(f"{stop.id} lies in the beat of {stop.beat}")
    if (stop.grid_key or stop.village) not in team.scope:
        out.append(f"{stop.id} lies outside the grids of {team.id}")
    return out
