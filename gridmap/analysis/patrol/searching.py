"""A search of a plan, with the breaks of its teams, and the one for even loads after it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from gridmap.analysis.patrol._moves import EVEN_ENOUGH
from gridmap.analysis.patrol._standing import most_lacking
from gridmap.analysis.patrol.build import Built
from gridmap.analysis.patrol.cycles import COOL, GENTLE, LONG, MILD
from gridmap.analysis.patrol.engine import Better, Even, Found, Progress, earned, run
from gridmap.analysis.patrol.model import Team
from gridmap.analysis.patrol.problem import MANY_STOPS, Problem
from gridmap.analysis.patrol.schedule import has_rest, walk, with_rest
from gridmap.analysis.patrol.stop import Iterations, Seconds, StopRule

_EVEN_PRICE = 0.05
_REST_STEPS, _REST_SHARE, _REST_CHOICES = 4_000, 0.15, 13


def evened(
    built: Built,
    found: Found,
    stop: StopRule,
    seed: int,
    *,
    share: float,
    floor: float = -np.inf,
    on_progress: Progress | None = None,
    on_better: Better | None = None,
) -> Found:
    """Even out the loads of a plan's teams for a share of its worth at most.

    Parameters
    ----------
    built : Built
    found : Found
        The best plan without a thought of loads.
    stop : StopRule
    seed : int
    share : float
        Most share of the worth that is given up, and of what is asked for of households to stay near to; none is where
        every team that can visit some stop works, and the largest load is even enough.
    floor : float
        Worth that is kept in any case.
    on_progress, on_better : callable, optional

    Returns
    -------
    Found
    """
    if len(built.teams) < 2:
        return found
    given = 0.0 if _is_even(built, found) else share
    prize = float(earned(built.problem, found).sum())
    most = prize if built.problem.homes is None else prize + most_lacking(built.problem)
    least = max(found.worth - given * min(abs(found.worth), most), min(floor, found.worth))
    even = Even(least, _EVEN_PRICE * prize)
    return run(
        built.problem, stop, seed + 2, begin=found, even=even, heat=COOL, exact=True, on_progress=on_progress,
        on_better=on_better,
    )  # fmt: skip


def _is_even(built: Built, found: Found) -> bool:
    """Whether every team that can visit some stop works, none much more than the mean of them."""
    p = found.settled(built.problem)
    loads = [
        (sum(timed.legs) + float(p.dwell[list(route)].sum())) / max(float(p.hours[r]), 1e-9)
        for r, route in enumerate(found.routes)
        if p.allowed[r].any() and (timed := walk(p, r, route)) is not None
    ]
    return not loads or (min(loads) > 0.0 and max(loads) * len(loads) <= EVEN_ENOUGH * sum(loads))


def search(
    built: Built,
    stop: StopRule,
    seed: int,
    *,
    begin: Found | None = None,
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
    begin : Found, optional
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
    heat = GENTLE if gentle else LONG if len(built.problem.value) > MANY_STOPS else MILD
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
    problem, settled = built.problem, found.settled(built.problem)
    for r in moving:
        settled = _rest_settled(settled, r, built.teams[r], found.routes[r])
        problem = with_rest(problem, r, float(settled.teams[r, 2]))
    built = replace(built, problem=problem)
    then = run(
        problem,
        left,
        seed + 1,
        begin=found,
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
