"""Changes a plan while the shift runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import fsum

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gridmap.analysis.patrol.assemble import assemble, late, ranked
from gridmap.analysis.patrol.bounds import upper_bound
from gridmap.analysis.patrol.build import Built, build
from gridmap.analysis.patrol.checks import check, checked_matrices
from gridmap.analysis.patrol.cycles import GENTLE
from gridmap.analysis.patrol.engine import Found, Progress, run
from gridmap.analysis.patrol.model import Objective, Plan, Route, Stop, Team, VillageShare
from gridmap.analysis.patrol.nearness import Households, told_near, with_absences
from gridmap.analysis.patrol.schedule import arrival
from gridmap.analysis.patrol.stop import StopRule
from gridmap.errors import InvalidInput

_LOYALTY = 0.5


@dataclass(frozen=True, slots=True)
class TeamOut:
    """A team stops working now; what it has begun and not finished is not done."""

    team: str


@dataclass(frozen=True, slots=True)
class TeamTaken:
    """A team goes to an emergency now, and is free at a place later."""

    team: str
    place: int
    free_s: float


@dataclass(frozen=True, slots=True)
class StopAdded:
    """A stop comes in."""

    stop: Stop


Change = TeamOut | TeamTaken | StopAdded


@dataclass(frozen=True, slots=True)
class Replan:
    """A changed plan.

    Attributes
    ----------
    plan : Plan
        The whole shift: what was done as it was, the rest anew. Its bound holds from now on, what was done included.
    moved : tuple of str
        Stops that another team visits than was planned, or a stop that is visited another number of times.
    dropped, added : tuple of str
        Stops that were to be visited and are not any more, and the other way round.
    """

    plan: Plan
    moved: tuple[str, ...]
    dropped: tuple[str, ...]
    added: tuple[str, ...]

    @property
    def changes(self) -> int:
        """How many stops change."""
        return len(self.moved) + len(self.dropped) + len(self.added)


def replan(
    plan: Plan,
    now_s: float,
    changes: Sequence[Change],
    travel_s: Mapping[str, ArrayLike],
    *,
    seed: int,
    stop: StopRule,
    loyalty: float = _LOYALTY,
    on_progress: Progress | None = None,
    households: Households | None = None,
) -> Replan:
    """Plan the rest of a shift anew, with few changes.

    Parameters
    ----------
    plan : Plan
    now_s : float
        Visits that began before are kept, and so is a stop that a team is already under way to, unless the team is
        taken or out.
    changes : sequence of TeamOut, TeamTaken or StopAdded
    travel_s : mapping of str to array_like of float, shape (places, places)
        As for the plan; places of emergencies and new stops may follow the old ones.
    seed : int
    stop : Seconds or Iterations
    loyalty : float
        What it is worth that a visit stays with its team, as a share of the median prize.
    on_progress : callable, optional
    households : Households, optional
        Needed where the plan is to stay near to them.

    Returns
    -------
    Replan

    Raises
    ------
    InvalidInput
        When a team is unknown, or something is not valid, as for `plan`.
    """
    matrices = checked_matrices(travel_s)
    known = {team.id for team in plan.teams}
    out = {c.team for c in changes if isinstance(c, TeamOut)}
    taken = {c.team: c for c in changes if isinstance(c, TeamTaken)}
    unknown = sorted((out | taken.keys()) - known)
    if unknown:
        raise InvalidInput(
            "team-unknown",
            f"方案中没有队伍“{unknown[0]}”。",
            f"The plan has no team {unknown[0]}; choose one of its own.",
        )
    stops = (*plan.stops, *(c.stop for c in changes if isinstance(c, StopAdded)))
    done = {
        route.team: _kept(route, now_s, route.team in out or route.team in taken) for route in plan.routes
    }
    left = [
        _from_now(team, done[team.id], now_s, taken.get(team.id)) for team in plan.teams if team.id not in out
    ]
    made: dict[str, tuple[int, float]] = {}
    for route in done.values():
        for visit in route.visits:
            count, last = made.get(visit.stop, (0, -np.inf))
            made[visit.stop] = count + 1, max(last, visit.start_s)
    check(plan.teams, stops, matrices, plan.shift, plan.objective, households)
    shift = plan.shift
    earned_so_far = _by_village(stops, done.values())
    aim = _onward(plan.objective, earned_so_far)
    built = _with_breaks(
        build(left, stops, matrices, shift, aim, made=made, households=households, since_s=now_s), plan
    )
    begin = _still_planned(built, plan, done, loyalty)
    found = run(built.problem, stop, seed, begin=begin, heat=GENTLE, exact=True, on_progress=on_progress)
    rest = assemble(built, found, left, stops, shift, aim, seed, made=made)
    fresh = {route.team: route for route in rest.routes}
    ends = {team.id: _home(team, built, r) for r, team in enumerate(built.teams)}
    old = {route.team: route for route in plan.routes if route.team not in out | taken.keys()}
    routes = _reckoned(
        stops,
        [
            _loaded(
                _joined(done[team.id], fresh.get(team.id), ends.get(team.id), old.get(team.id)), team, plan
            )
            for team in plan.teams
        ],
    )
    routes = tuple(with_absences(routes, now_s, shift, out, {name: ends[name][1] for name in taken}))
    already = fsum(route.prize for route in _reckoned(stops, list(done.values())))
    more = _better_ranks(stops, made)
    prize = fsum(visit.prize for route in routes for visit in route.visits)
    whole = replace(
        rest,
        routes=routes,
        prize=prize,
        possible=max(rest.possible + already + more, prize),
        bound=max(upper_bound(built.problem) + already + more, prize),
        objective_value=rest.objective_value + prize - rest.prize,
        teams=plan.teams,
        objective=plan.objective,
        villages=_whole_night(rest.villages, _by_village(stops, routes), plan.objective),
        fairness_cost=plan.fairness_cost,
        balance_cost=plan.balance_cost,
        near=told_near(routes, plan.teams, households, shift, plan.objective),
        near_cost=plan.near_cost,
        able=plan.able,
        late=late(stops, routes, plan.teams, shift),
    )
    return Replan(whole, *_differences(plan, whole))


def _reckoned(stops: Sequence[Stop], routes: Sequence[Route]) -> tuple[Route, ...]:
    """Price visits to stops with hours by those of the whole night: a better hour to come takes the first prize."""
    hourly = {stop.id: stop for stop in stops if stop.by_hour}
    starts: dict[str, list[float]] = {}
    for route in routes:
        for visit in route.visits:
            if visit.stop in hourly:
                starts.setdefault(visit.stop, []).append(visit.start_s)
    prizes = {stop: iter(ranked(hourly[stop], at)) for stop, at in starts.items()}
    out = []
    for route in routes:
        visits = tuple(
            replace(v, prize=next(prizes[v.stop])) if v.stop in prizes else v for v in route.visits
        )
        out.append(replace(route, visits=visits, prize=sum(v.prize for v in visits)))
    return tuple(out)


def _better_ranks(stops: Sequence[Stop], made: Mapping[str, tuple[int, float]]) -> float:
    """Return what visits to come may earn more than the search counts, which prices them after those made."""
    return fsum(
        stop.most * (stop.revisit_share**k - stop.revisit_share ** (k + made[stop.id][0]))
        for stop in stops
        if stop.by_hour and stop.id in made
        for k in range(max(0, stop.visits - made[stop.id][0]))
    )


def _by_village(stops: Sequence[Stop], done: Iterable[Route]) -> dict[int, float]:
    """Prize that each village got so far."""
    village = {stop.id: stop.village for stop in stops}
    out: dict[int, float] = {}
    for route in done:
        for visit in route.visits:
            key = village[visit.stop]
            out[key] = out.get(key, 0.0) + visit.prize
    return out


def _onward(aim: Objective, earned: Mapping[int, float]) -> Objective:
    """Count what villages got so far as got, and as had: the rest of the shift gives them what they still need."""
    week = dict(aim.week)
    for key, prize in earned.items():
        got, had = week.get(key, (0.0, 0.0))
        week[key] = got + prize, had + prize
    return replace(aim, week=week)


def _whole_night(
    rest: Mapping[int, VillageShare], earned: Mapping[int, float], aim: Objective
) -> dict[int, VillageShare]:
    """Tell what villages get of the whole shift, what was done before included."""
    out = {}
    for key, share in rest.items():
        prize = earned.get(key, 0.0)
        got, had = aim.week.get(key, (0.0, 0.0))
        whole = share.possible + had
        needed = min(max(0.0, aim.village_share * whole - got), share.possible)
        out[key] = VillageShare(
            prize, share.possible, (prize + got) / whole if whole > 0 else 1.0, needed, share.lacks
        )
    return out


def _kept(route: Route, now_s: float, interrupted: bool) -> Route:
    """Return the part of a route that stays."""
    if interrupted:
        visits = tuple(v for v in route.visits if v.leave_s <= now_s)
    else:
        visits = tuple(v for v in route.visits if v.arrive_s - v.travel_s < now_s)
    end = visits[-1].leave_s if visits else route.begin_s
    return replace(
        route,
        visits=visits,
        end_s=end,
        travel_s=sum(v.travel_s for v in visits),
        dwell_s=sum(v.leave_s - v.start_s for v in visits),
        prize=sum(v.prize for v in visits),
    )


def _from_now(team: Team, done: Route, now_s: float, taken: TeamTaken | None) -> Team:
    if taken is not None:
        return replace(team, start_place=taken.place, begin_s=max(taken.free_s, now_s))
    if done.visits:
        return replace(team, start_place=done.visits[-1].onward, begin_s=max(now_s, done.visits[-1].leave_s))
    return replace(team, begin_s=max(now_s, team.begin_s))


def _with_breaks(built: Built, plan: Plan) -> Built:
    """Leave breaks when they were planned."""
    rests = {route.team: route.rest_s for route in plan.routes}
    table = built.problem.teams.copy()
    for r, team in enumerate(built.teams):
        rest = rests[team.id]
        if rest is not None:
            table[r, 2:4] = rest
    return replace(built, problem=replace(built.problem, teams=table))


def _still_planned(built: Built, plan: Plan, done: Mapping[str, Route], loyalty: float) -> Found:
    """Return what is left of the old routes as the new problem's visits; keeping them is given a worth."""
    p = built.problem
    row = {stop.id: s for s, stop in enumerate(built.stops)}
    old = {route.team: route.visits[len(done[route.team].visits) :] for route in plan.routes}
    prizes = p.value[p.value[:, 0] > 0, 0]
    worth = loyalty * float(np.median(prizes)) if len(prizes) else 0.0
    begin, starts = [], {}
    used: set[int] = set()
    for r, team in enumerate(built.teams):
        route = []
        for visit in old[team.id]:
            if visit.stop not in row:
                continue
            mine = p.stop == row[visit.stop]
            fits = [
                int(v)
                for v in np.flatnonzero(
                    mine
                    & (p.opens <= visit.start_s + 1e-6)
                    & (p.closes >= visit.start_s - 1e-6)
                    & p.allowed[r]
                )
                if int(p.slot[v]) not in used and p.way_of(int(v)) == visit.way
            ]
            if fits:
                used.add(int(p.slot[fits[0]]))
                p.liked[r, p.slot == p.slot[fits[0]]] = worth
                route.append(fits[0])
                starts[fits[0]] = visit.start_s
        begin.append(tuple(route))
    return Found(tuple(begin), 0.0, 0, separated(built, starts))


def separated(built: Built, starts: Mapping[int, float]) -> NDArray[np.float64]:
    """Narrow the hours of visits to those whose prize they earn, and to one stop halfway between their starts.

    Parameters
    ----------
    built : Built
    starts : mapping of int to float
        Start of each visit that is made.

    Returns
    -------
    ndarray of float64, shape (2, visits)
    """
    p = built.problem
    hours = p.in_pieces(np.stack([p.opens, p.closes]), starts)
    by_stop: dict[int, list[int]] = {}
    for visit in sorted(starts, key=lambda v: starts[v]):
        by_stop.setdefault(int(p.stop[visit]), []).append(visit)
    for s, visits in by_stop.items():
        gap = built.stops[s].min_gap_s
        for a, b in pairwise(visits):
            cut = starts[a] + max(0.0, starts[b] - gap - starts[a]) / 2
            hours[1, a], hours[0, b] = min(hours[1, a], cut), max(hours[0, b], cut + gap)
    return hours


def _home(team: Team, built: Built, r: int) -> tuple[float, float]:
    """Return the way home of a team that makes no more visits, and when it is there."""
    p = built.problem
    leg = float(p.travel[p.profile[r], team.start_place, team.end_place])
    pause, resume = float(p.teams[r, 2]), float(p.teams[r, 3])
    return leg, arrival(team.begin_s, leg, pause, resume)


def _loaded(route: Route, team: Team, plan: Plan) -> Route:
    """Tell the load of the whole route, not of its rest."""
    begin, end = max(team.begin_s, plan.shift.begin_s), min(team.end_s, plan.shift.end_s)
    low, high = route.rest_s or (0.0, 0.0)
    hours = end - begin - max(0.0, min(end, high) - max(begin, low))
    return replace(route, load=(route.travel_s + route.dwell_s) / hours if hours > 0 else 0.0)


def _joined(done: Route, fresh: Route | None, home: tuple[float, float] | None, old: Route | None) -> Route:
    if fresh is None or home is None:
        return replace(done, stays_out=bool(done.visits))
    if not fresh.visits:
        if old is not None and old.visits == done.visits:
            # It is on its way home, or there, since it left its last stop.
            return old
        if not done.visits:
            return done
        return replace(done, travel_s=done.travel_s + home[0], end_s=home[1])
    return replace(
        fresh,
        visits=(*done.visits, *fresh.visits),
        begin_s=done.begin_s if done.visits else fresh.begin_s,
        rest_s=fresh.rest_s or done.rest_s,
        away=done.away,
        travel_s=done.travel_s + fresh.travel_s,
        dwell_s=done.dwell_s + fresh.dwell_s,
        wait_s=done.wait_s + fresh.wait_s,
        prize=done.prize + fresh.prize,
    )


def _differences(old: Plan, new: Plan) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    def who(plan: Plan) -> dict[str, list[str]]:
        teams: dict[str, list[str]] = {}
        for route in plan.routes:
            for visit in route.visits:
                teams.setdefault(visit.stop, []).append(route.team)
        return {stop: sorted(names) for stop, names in teams.items()}

    before, after = who(old), who(new)
    moved = tuple(sorted(s for s in before.keys() & after.keys() if before[s] != after[s]))
    return moved, tuple(sorted(before.keys() - after.keys())), tuple(sorted(after.keys() - before.keys()))
