"""Plans a shift."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from math import fsum

import numpy as np
from numpy.typing import ArrayLike

from gridmap.analysis.patrol.bounds import upper_bound
from gridmap.analysis.patrol.build import Built, build
from gridmap.analysis.patrol.checks import check, checked_matrices
from gridmap.analysis.patrol.engine import GENTLE, MILD, Better, Found, Progress, earned, run
from gridmap.analysis.patrol.explain import explain
from gridmap.analysis.patrol.model import Objective, Plan, Route, Shift, Stop, Team, VillageShare, Visit
from gridmap.analysis.patrol.problem import Problem
from gridmap.analysis.patrol.schedule import has_rest, walk, with_rest
from gridmap.analysis.patrol.stop import Iterations, Seconds, StopRule
from gridmap.errors import InvalidInput

OnBetter = Callable[[float, dict[str, tuple[str, ...]]], None]

_REST_STEPS, _REST_SHARE, _REST_CHOICES = 4_000, 0.15, 13

CONVENTIONS = {
    "prize": "a stop's k-th visit earns its prize times revisit_share ** (k - 1), whoever makes it",
    "revisits": "one visit in each of k equal slots of the shift, a gap apart",
    "windows": "hold the whole visit",
    "break": "no driving and no work; taken at a stop, at the base or while waiting",
    "fairness": "a price on the part that a village lacks of its share of the week",
    "ties": "least travel",
    "method": "ruin and recreate under simulated annealing",
}


def plan(
    teams: Sequence[Team],
    stops: Sequence[Stop],
    travel_s: Mapping[str, ArrayLike],
    *,
    shift: Shift,
    objective: Objective | None = None,
    seed: int,
    stop: StopRule,
    on_progress: Progress | None = None,
    on_better: OnBetter | None = None,
) -> Plan:
    """Plan the routes of a shift's teams for the largest prize.

    Parameters
    ----------
    teams : sequence of Team
    stops : sequence of Stop
    travel_s : mapping of str to array_like of float, shape (places, places)
        Seconds by mode, from the row to the column, over one numbering of places; infinite where there is no way.
    shift : Shift
    objective : Objective, optional
        Prize alone without it.
    seed : int
    stop : Seconds or Iterations
        With fairness half of it goes into the plan that fairness is compared with. Without, the search ends earlier
        when the prize is at its bound and the ways become no shorter.
    on_progress : callable, optional
        Called with what is done, and of how much.
    on_better : callable, optional
        Called with the prize and the stops of each team, in order, when a better plan was found.

    Returns
    -------
    Plan
        The same for the same seed and `Iterations`, whatever the order of teams, stops and places; and a plan that was
        ended by a time is the same again for its seed and its `iterations`.

    Raises
    ------
    InvalidInput
        When a team, a stop, a matrix or the shift is not valid.

    See Also
    --------
    gridmap.analysis.patrol.feasible.violations : the independent check.
    """
    aim = objective or Objective()
    matrices = checked_matrices(travel_s)
    check(teams, stops, matrices, shift, aim)
    if seed < 0:
        raise InvalidInput("seed-negative", "随机种子不能为负数。", "The seed must not be negative.")
    built = build(teams, stops, matrices, shift, aim)
    if not built.problem.need.any():
        most = upper_bound(built.problem) if not built.problem.liked.any() else np.inf
        built, found = search(
            built, stop, seed, most=most, on_progress=on_progress, on_better=_told(built, on_better)
        )
        return assemble(built, found, teams, stops, shift, aim, seed)
    unfair = replace(built, problem=replace(built.problem, need=np.zeros_like(built.problem.need)))
    halves = (None, None) if on_progress is None else (_half(on_progress, 0), _half(on_progress, 1))
    free, best = search(unfair, stop.part(0.5), seed, on_progress=halves[0])
    # As many steps as the first took, not as much time: then their number alone gives the same plan again.
    built, found = search(
        built, Iterations(best.steps), seed, on_progress=halves[1], on_better=_told(built, on_better)
    )
    made = assemble(built, found, teams, stops, shift, aim, seed)
    most = float(earned(free.problem, best.routes).sum())
    return replace(made, fairness_cost=max(0.0, most - made.prize), iterations=made.iterations + best.steps)


def _told(built: Built, on_better: OnBetter | None) -> Better | None:
    """Return what tells better routes by the names of teams and stops."""
    if on_better is None:
        return None
    p = built.problem

    def tell(routes: tuple[tuple[int, ...], ...]) -> None:
        on_better(
            float(earned(p, routes).sum()),
            {
                team.id: tuple(built.stops[int(p.stop[v])].id for v in route)
                for team, route in zip(built.teams, routes, strict=True)
            },
        )

    return tell


def _half(on_progress: Progress, part: int) -> Progress:
    return lambda done, total: on_progress(done + part * total, 2 * total)


def search(
    built: Built,
    stop: StopRule,
    seed: int,
    *,
    begin: tuple[tuple[int, ...], ...] | None = None,
    gentle: bool = False,
    most: float = np.inf,
    on_progress: Progress | None = None,
    on_better: Better | None = None,
) -> tuple[Built, Found]:
    """Search, and settle when teams take their breaks.

    Parameters
    ----------
    built : Built
    stop : StopRule
    seed : int
    begin : tuple of tuple of int, optional
        Routes to begin from.
    gentle : bool
        Stay near them.
    most : float
        Worth that cannot be exceeded.
    on_progress : callable, optional
    on_better : callable, optional
        Called with routes, as for `run`.

    Returns
    -------
    (Built, Found)
        The problem with the breaks as they are taken, and its routes.
    """
    moving = [r for r, team in enumerate(built.teams) if _may_move(built.problem, r, team)]
    heat = GENTLE if gentle else MILD
    if not moving:
        return built, run(
            built.problem,
            stop,
            seed,
            begin=begin,
            heat=heat,
            most=most,
            exact=True,
            on_progress=on_progress,
            on_better=on_better,
        )
    first, rest = _split(stop)
    found = run(built.problem, first, seed, begin=begin, heat=heat, exact=True)
    left = rest()
    if left is None:
        return built, found
    problem = built.problem
    for r in moving:
        problem = _rest_settled(problem, r, built.teams[r], found.routes[r])
    built = replace(built, problem=problem)
    then = run(
        problem,
        left,
        seed + 1,
        begin=found.routes,
        heat=heat,
        most=most,
        exact=True,
        on_progress=on_progress,
        on_better=on_better,
    )
    return built, replace(then, steps=then.steps + found.steps)


def _may_move(problem: Problem, r: int, team: Team) -> bool:
    return has_rest(problem, r) and team.rest is not None and team.rest.latest_s > team.rest.earliest_s


def _split(stop: StopRule) -> tuple[StopRule, Callable[[], StopRule | None]]:
    """Return a rule for the routes after which breaks are settled, and what then gives the rule for the rest.

    The first part has a length of its own: more iterations then always go on from the same routes, and so does a time.
    """
    if isinstance(stop, Iterations):
        more = stop.iterations - _REST_STEPS
        return stop if more <= 0 else Iterations(_REST_STEPS), lambda: Iterations(more) if more > 0 else None
    if isinstance(stop, Seconds):
        begun = stop.clock()

        def left() -> StopRule | None:
            seconds = begun + stop.seconds - stop.clock()
            return replace(stop, seconds=seconds) if seconds > 0 else None

        return Iterations(_REST_STEPS), left
    return stop.part(_REST_SHARE), lambda: stop.part(1.0 - _REST_SHARE)


def _rest_settled(problem: Problem, r: int, team: Team, route: tuple[int, ...]) -> Problem:
    """Put a break where the route ends first; of equal ones nearest to the middle."""
    if team.rest is None:
        return problem
    begin = float(problem.teams[r, 0])
    low, high = max(team.rest.earliest_s, begin), max(team.rest.latest_s, begin)
    middle = float(problem.teams[r, 2])
    choices = sorted(
        (float(x) for x in np.linspace(low, high, _REST_CHOICES)), key=lambda x: (abs(x - middle), x)
    )
    best, least = problem, np.inf
    for pause in [middle, *choices]:
        trial = with_rest(problem, r, pause)
        timed = walk(trial, r, route)
        if timed is not None and timed.end < least:
            best, least = trial, timed.end
    return best


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

    Returns
    -------
    Plan
    """
    before = {stop: count for stop, (count, _) in (made or {}).items()}
    routes = {route.team: route for route in _routes(built, found, before)}
    in_order = tuple(routes[team.id] for team in teams)
    # A sum that does not depend on the order.
    prize = fsum(visit.prize for route in in_order for visit in route.visits)
    visited = {visit.stop for route in in_order for visit in route.visits} | before.keys()
    possible = fsum(s.prize * s.revisit_share**k for s in stops for k in range(before.get(s.id, 0), s.visits))
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
    )


def _routes(built: Built, found: Found, before: Mapping[str, int]) -> list[Route]:
    p = built.problem
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
    out = []
    for r, (team, visits, times) in enumerate(zip(built.teams, found.routes, timed, strict=True)):
        begin, end = float(p.teams[r, 0]), float(p.teams[r, 1])
        if times is None or not visits:
            out.append(Route(team.id, (), begin, begin, None, 0.0, 0.0, 0.0, 0.0, 0.0))
            continue
        rows = []
        for i, v in enumerate(visits):
            stop = built.stops[p.stop[v]]
            prize = stop.prize * stop.revisit_share ** (number[r, i] - 1)
            rows.append(
                Visit(
                    stop.id, stop.place, times.arrive[i], times.start[i], times.start[i] + stop.dwell_s,
                    times.legs[i], number[r, i], prize,
                )
            )  # fmt: skip
        rest = (float(p.teams[r, 2]), float(p.teams[r, 3])) if has_rest(p, r) else None
        travel, dwell = sum(times.legs), sum(float(p.dwell[v]) for v in visits)
        paused = max(0.0, min(rest[1], times.end) - max(rest[0], begin)) if rest else 0.0
        hours = end - begin - (max(0.0, min(rest[1], end) - max(rest[0], begin)) if rest else 0.0)
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
                (travel + dwell) / hours if hours > 0 else 0.0,
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
        had[stop.village] += sum(stop.prize * stop.revisit_share**k for k in range(stop.visits))
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
