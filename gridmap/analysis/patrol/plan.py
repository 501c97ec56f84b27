"""Plans a shift."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from gridmap.analysis.patrol._moves import EVEN_ENOUGH
from gridmap.analysis.patrol.assemble import assemble
from gridmap.analysis.patrol.bounds import upper_bound
from gridmap.analysis.patrol.build import Built, build
from gridmap.analysis.patrol.checks import check, checked_matrices
from gridmap.analysis.patrol.engine import COOL, GENTLE, MILD, Better, Even, Found, Progress, earned, run
from gridmap.analysis.patrol.model import Objective, Plan, Shift, Stop, Team
from gridmap.analysis.patrol.problem import Problem
from gridmap.analysis.patrol.schedule import has_rest, walk, with_rest
from gridmap.analysis.patrol.stop import Iterations, Seconds, StopRule
from gridmap.errors import InvalidInput

OnBetter = Callable[[float, dict[str, tuple[str, ...]]], None]

_EVEN_PRICE = 0.05
_REST_STEPS, _REST_SHARE, _REST_CHOICES = 4_000, 0.15, 13


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
        Of each search that a plan takes: with one visit a stop, two, and so on, each from what was found before; all of
        them once more for the plan that fairness is compared with; half as many steps for even loads. A time is
        divided among them. A search ends earlier when the prize is at its bound and the ways become no shorter.
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

    def built_for(visits: int) -> Built:
        few = [replace(s, visits=min(s.visits, visits)) for s in stops]
        return build(teams, few, matrices, shift, aim)

    depth = max((s.visits for s in stops), default=0) or 1
    stages = [built_for(visits) for visits in range(1, depth)] + [build(teams, stops, matrices, shift, aim)]
    fair = bool(stages[-1].problem.need.any())
    turns = _Turns(stop, depth * (1 + fair + (aim.balance is not None)), on_progress)
    most = 0.0
    if fair:
        free = [replace(b, problem=replace(b.problem, need=np.zeros_like(b.problem.need))) for b in stages]
        built, found, _ = _deepened(free, seed, turns, None, None)
        most = float(earned(built.problem, found.routes).sum())
    built, best, found = _deepened(stages, seed, turns, aim.balance, on_better)
    prize = float(earned(built.problem, best.routes).sum())
    made = assemble(built, found, teams, stops, shift, aim, seed)
    return replace(
        made,
        iterations=turns.steps,
        fairness_cost=max(0.0, most - prize) if fair else 0.0,
        balance_cost=max(0.0, prize - made.prize),
    )


class _Turns:
    """The rules that end the searches of a plan, one after the other.

    Each takes as many steps as the first took, not as much time: then their number alone gives the same plan again, and
    a plan with more visits goes through the very searches of the one with fewer.
    """

    def __init__(self, stop: StopRule, count: int, on_progress: Progress | None) -> None:
        self._stop, self._count, self._tell = stop, count, on_progress
        self._turn, self.steps = -1, 0

    def next(self, *, even: bool = False) -> StopRule:
        """Return the rule of the next search."""
        self._turn += 1
        if isinstance(self._stop, Iterations):
            steps = self._stop.iterations
        elif self._turn == 0:
            return self._stop.part(1.0 / self._count)
        else:
            steps = self.steps
        return Iterations(max(1, (steps + 1) // 2 if even else steps))

    def took(self, steps: int) -> None:
        """Note what a search took."""
        self.steps = max(self.steps, steps)

    def progress(self) -> Progress | None:
        """Return what tells how far the present search is, as a part of all of them."""
        tell, part, count = self._tell, self._turn, self._count
        return None if tell is None else lambda done, total: tell(done + part * total, count * total)


def _deepened(
    stages: Sequence[Built], seed: int, turns: _Turns, balance: float | None, on_better: OnBetter | None
) -> tuple[Built, Found, Found]:
    """Search with one visit a stop, then with two from what that found, and so on; the best, and the even one."""
    built = stages[0]
    best: Found | None = None
    level: Found | None = None
    for stage in stages:
        begin: Found | None = None
        if best is not None:
            begin = _carried(built, best, stage)
            # Breaks stay where they were put: the routes go on from there.
            stage.problem.teams[:, 2:4] = built.problem.teams[:, 2:4]
        floor = -np.inf if level is None else level.worth
        rule = turns.next()
        free = not stage.problem.need.any() and not stage.problem.liked.any()
        most = upper_bound(stage.problem) if free else np.inf
        tell = _told(stage, on_better)
        built, best = search(
            stage, rule, seed, begin=begin, most=most, on_progress=turns.progress(), on_better=tell
        )
        turns.took(best.steps)
        level = best
        if balance is not None:
            rule = turns.next(even=True)
            level = evened(
                built,
                best,
                rule,
                seed,
                share=balance,
                floor=floor,
                on_progress=turns.progress(),
                on_better=tell,
            )
            best = max(best, level, key=lambda found: found.worth)
    if best is None or level is None:
        raise AssertionError
    return built, best, level


def _carried(old: Built, found: Found, new: Built) -> Found:
    """Write routes as visits of a problem that allows more of them."""
    p, q = old.problem, new.problem
    number = {stop.id: s for s, stop in enumerate(new.stops)}
    rows = {key: v for v, key in enumerate(_keys(new))}
    row = [rows[number[old.stops[s].id], k, opens, closes] for s, k, opens, closes in _keys(old)]
    hours = np.stack([q.opens, q.closes])
    narrowed = found.hours if found.hours is not None else np.stack([p.opens, p.closes])
    hours[:, row] = narrowed
    return Found(tuple(tuple(row[v] for v in route) for route in found.routes), found.worth, 0, hours)


def _keys(built: Built) -> list[tuple[int, int, float, float]]:
    """Name visits by stop, number and hours."""
    p = built.problem
    first = {int(s): int(p.slot[p.stop == s].min()) for s in np.unique(p.stop)}
    return [
        (int(s), int(k) - first[int(s)], float(a), float(b))
        for s, k, a, b in zip(p.stop, p.slot, p.opens, p.closes, strict=True)
    ]


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
        Most share of the worth that is given up; none is where every team that can visit some stop works, and the
        largest load is even enough.
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
    least = max(found.worth - given * abs(found.worth), min(floor, found.worth))
    even = Even(least, _EVEN_PRICE * float(earned(built.problem, found.routes).sum()))
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
