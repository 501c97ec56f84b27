"""A plan written from the routes that a search found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from math import fsum

from gridmap.analysis.patrol.bounds import upper_bound
from gridmap.analysis.patrol.build import Built, open_hours
from gridmap.analysis.patrol.engine import Found
from gridmap.analysis.patrol.explain import explain
from gridmap.analysis.patrol.model import Objective, Plan, Route, Shift, Stop, Team, VillageShare, Visit
from gridmap.analysis.patrol.nearness import Households, told_near
from gridmap.analysis.patrol.schedule import has_rest, walk

CONVENTIONS = {
    "prize": "a stop's k-th visit earns its prize times revisit_share ** (k - 1), whoever makes it",
    "hours": "a visit has the prize of the hour in which it starts; of several to a stop the best hour counts first",
    "revisits": "at most k visits a stop, starts at least the gap apart, whoever makes them",
    "interval": "from start to start, and to the ends of the hours of teams and stop; a price above all prizes",
    "waiting": "each visit begins as late as the next one allows; no wait above the most",
    "balance": "teams at home, squares and largest of loads, within a share of the best prize",
    "near": "by quarter of an hour; under way by what is left of it and the way from its end; a price on what lacks",
    "windows": "hold the whole visit",
    "break": "no driving and no work; taken at a stop, at the base or while waiting",
    "fairness": "a price on the part that a village lacks of its share of the week",
    "ties": "least travel",
    "method": "ruin and recreate under simulated annealing",
}


def assemble(
    built: Built,
    found: Found,
    teams: Sequence[Team],
    stops: Sequence[Stop],
    shift: Shift,
    objective: Objective,
    seed: int,
    *,
    made: Mapping[str, tuple[int, float]] | None = None,
    households: Households | None = None,
) -> Plan:
    """Write a plan from the routes that a search found.

    Parameters
    ----------
    built : Built
    found : Found
    teams, stops, shift, objective, seed
        As given to `plan`.
    made : mapping of str to (int, float), optional
        Visits made before, and when the last of them started.
    households : Households, optional
        Whose share near to some team is told where the objective asks for it.

    Returns
    -------
    Plan
    """
    before = {stop: count for stop, (count, _) in (made or {}).items()}
    built = replace(built, problem=found.settled(built.problem))
    routes = {route.team: route for route in _routes(built, found, before)}
    in_order = tuple(routes[team.id] for team in teams)
    # A sum that does not depend on the order.
    prize = fsum(visit.prize for route in in_order for visit in route.visits)
    visited = {visit.stop for route in in_order for visit in route.visits} | before.keys()
    possible = fsum(s.most * s.revisit_share**k for s in stops for k in range(before.get(s.id, 0), s.visits))
    built_order = [routes[team.id] for team in built.teams]
    villages = _villages(built, in_order, stops, objective)
    row = {stop.village: int(v) for stop, v in zip(built.stops, built.problem.village, strict=True)}
    lacking = fsum(float(built.problem.shortfall[v]) * villages[key].lacks for key, v in row.items())
    missed = tuple(stop.id for stop in stops if stop.must and stop.id not in visited)
    return Plan(
        routes=in_order,
        prize=prize,
        possible=possible,
        bound=max(min(upper_bound(built.problem), possible), prize),
        objective_value=prize - lacking,
        missed=missed,
        reasons=explain(built, stops, built_order, found.routes),
        villages=villages,
        fairness_cost=0.0,
        seed=seed,
        iterations=found.steps,
        teams=tuple(teams),
        stops=tuple(stops),
        shift=shift,
        objective=objective,
        conventions=dict(CONVENTIONS),
        late=late(stops, in_order, teams, shift),
        near=told_near(in_order, teams, households, shift, objective),
        able=tuple(t.id for t, row in zip(built.teams, built.problem.allowed, strict=True) if row.any()),
    )


def late(
    stops: Sequence[Stop], routes: Sequence[Route], teams: Sequence[Team], shift: Shift
) -> tuple[str, ...]:
    """Name the stops that are left alone for longer than their most interval."""
    return tuple(
        s.id for s in stops if _longest_s(s, routes, teams, shift) > (s.max_interval_s or 0.0) + 1e-6
    )


def ranked(stop: Stop, starts: Sequence[float]) -> list[float]:
    """Return the prizes of the visits to a stop, by their starts: the best hour earns the first prize."""
    out = [0.0] * len(starts)
    for k, i in enumerate(sorted(range(len(starts)), key=lambda i: (-stop.prize_at(starts[i]), starts[i]))):
        out[i] = stop.prize_at(starts[i]) * stop.revisit_share**k
    return out


def _longest_s(stop: Stop, routes: Sequence[Route], teams: Sequence[Team], shift: Shift) -> float:
    """Longest time that a stop with an interval is left alone while it is open and some team may come."""
    if stop.max_interval_s is None or (span := open_hours(teams, stop, shift)) is None:
        return 0.0
    starts = sorted(v.start_s for route in routes for v in route.visits if v.stop == stop.id)
    longest = 0.0
    for low, high in stop.windows or (span,):
        begin, end = max(low, span[0]), min(high, span[1])
        if begin < end:
            times = [begin, *(t for t in starts if begin <= t <= end), end]
            longest = max(longest, *(b - a for a, b in pairwise(times)))
    return longest


def _routes(built: Built, found: Found, before: Mapping[str, int]) -> list[Route]:
    p = built.problem
    hours = p.hours
    timed = [walk(p, r, visits) for r, visits in enumerate(found.routes)]
    starts = sorted(
        (times.start[i], r, i)
        for r, times in enumerate(timed)
        if times is not None
        for i in range(len(times.start))
    )
    number: dict[tuple[int, int], int] = {}
    counts = dict(before)
    for _, r, i in starts:
        name = built.stops[p.stop[found.routes[r][i]]].id
        counts[name] = counts.get(name, 0) + 1
        number[r, i] = counts[name]
    # The best hour of a stop earns its first prize.
    by_worth = sorted(
        starts, key=lambda row: -built.stops[p.stop[found.routes[row[1]][row[2]]]].prize_at(row[0])
    )
    place: dict[tuple[int, int], int] = {}
    counts = dict(before)
    for _, r, i in by_worth:
        name = built.stops[p.stop[found.routes[r][i]]].id
        place[r, i] = counts.get(name, 0)
        counts[name] = place[r, i] + 1
    out = []
    for r, (team, visits, times) in enumerate(zip(built.teams, found.routes, timed, strict=True)):
        begin = float(p.teams[r, 0])
        if times is None or not visits:
            out.append(Route(team.id, (), begin, begin, None, 0.0, 0.0, 0.0, 0.0, 0.0))
            continue
        rows = []
        for i, v in enumerate(visits):
            stop = built.stops[p.stop[v]]
            prize = stop.prize_at(times.start[i]) * stop.revisit_share ** place[r, i]
            way = p.way_of(v)
            begins, left = (stop.place, None) if way is None else (stop.ways[way].begins, stop.ways[way].ends)
            rows.append(
                Visit(
                    stop.id, begins, times.arrive[i], times.start[i], times.start[i] + float(p.dwell[v]),
                    times.legs[i], number[r, i], prize, way, left,
                )
            )  # fmt: skip
        rest = (float(p.teams[r, 2]), float(p.teams[r, 3])) if has_rest(p, r) else None
        travel, dwell = sum(times.legs), sum(float(p.dwell[v]) for v in visits)
        begin = times.begin
        paused = max(0.0, min(rest[1], times.end) - max(rest[0], begin)) if rest else 0.0
        out.append(
            Route(
                team.id,
                tuple(rows),
                begin,
                times.end,
                rest,
                travel,
                dwell,
                max(0.0, times.end - begin - travel - dwell - paused),
                (travel + dwell) / float(hours[r]) if hours[r] > 0 else 0.0,
                sum(visit.prize for visit in rows),
            )
        )
    return out


def _villages(
    built: Built, routes: Sequence[Route], stops: Sequence[Stop], objective: Objective
) -> dict[int, VillageShare]:
    village = {stop.id: stop.village for stop in stops}
    got = dict.fromkeys(sorted(set(village.values())), 0.0)
    had, needed = dict(got), dict(got)
    for stop in stops:
        had[stop.village] += sum(stop.most * stop.revisit_share**k for k in range(stop.visits))
    for s, stop in enumerate(built.stops):
        needed[stop.village] = float(built.problem.need[built.problem.village[s]])
    for route in routes:
        for visit in route.visits:
            got[village[visit.stop]] += visit.prize
    out = {}
    for key, prize in got.items():
        before, all_before = objective.week.get(key, (0.0, 0.0))
        whole = had[key] + all_before
        share = (prize + before) / whole if whole > 0 else 1.0
        # A need met up to rounding is met.
        lacks = needed[key] - prize
        out[key] = VillageShare(
            prize, had[key], share, needed[key], lacks if lacks > 1e-9 * (1.0 + needed[key]) else 0.0
        )
    return out
