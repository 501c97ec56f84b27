"""Runs the search: cooling cycles one after the other, each from the best plan so far."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from gridmap.analysis.patrol import _loops
from gridmap.analysis.patrol.problem import Floats, Ints, Problem
from gridmap.analysis.patrol.stop import Stop

Progress = Callable[[int, int], None]

_TRAVEL_SHARE = 0.03
_MEAN_OUT, _LONGEST, _BLINK = 8.0, 10.0, 0.01
_HOT, _COLD = 2.0, 0.05
_WARM = 0.3
_FIRST_CYCLE, _LONGEST_CYCLE = 2_000, 64_000


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """The best routes of a search.

    Attributes
    ----------
    routes : tuple of tuple of int
        Visits of each team, in order.
    worth : float
        What was maximised.
    steps : int
    """

    routes: tuple[tuple[int, ...], ...]
    worth: float
    steps: int


def run(
    problem: Problem,
    stop: Stop,
    seed: int,
    *,
    begin: tuple[tuple[int, ...], ...] | None = None,
    gentle: bool = False,
    enough: float = math.inf,
    on_progress: Progress | None = None,
) -> Found:
    """Search for routes of the highest worth, and of those for the least travel.

    Parameters
    ----------
    problem : Problem
    stop : Stop
    seed : int
    begin : tuple of tuple of int, optional
        Routes to begin from; one that cannot be driven loses visits from its end until it can.
    gentle : bool
        Stay near the beginning: cool from a low temperature.
    enough : float
        Worth that cannot be exceeded; the search ends when it is reached.
    on_progress : callable, optional
        Called with what is done, and of how much.

    Returns
    -------
    Found
    """
    budget = stop.begin()
    if len(problem.place) == 0 or len(problem.teams) == 0:
        return Found(tuple(() for _ in problem.teams), 0.0, 0)
    state = _State(problem, begin)
    random = np.random.SeedSequence(seed).generate_state(1, np.uint64) | np.uint64(1)
    scale = float(np.median(problem.value[:, 0]))
    hot = (_WARM if gentle else _HOT) * scale
    taken = 0
    for length in _cycles():
        state.restart()
        begun = 0
        while begun < length:
            steps = min(budget.grant(taken), length - begun)
            if steps <= 0 or state.best[0] >= enough:
                return Found(state.found(), float(state.best[0]), taken)
            state.advance(steps, begun, length, (hot, _COLD * scale), random)
            begun += steps
            taken += steps
            if on_progress is not None:
                on_progress(*budget.progress(taken))
    raise AssertionError


def _cycles() -> Iterator[int]:
    length = _FIRST_CYCLE
    while True:
        yield length
        length = min(2 * length, _LONGEST_CYCLE)


class _State:
    """Where a search is, and the best that it has seen."""

    def __init__(self, problem: Problem, begin: tuple[tuple[int, ...], ...] | None) -> None:
        p = problem
        self._problem = (p.travel, p.profile, p.place, p.opens, p.closes, p.dwell, p.teams)
        self._prizes = (p.value, p.stop, p.slot, p.village, p.need, p.shortfall, p.liked)
        self._allowed, self._near = p.allowed, p.near()
        teams, visits = p.allowed.shape
        span = float((p.teams[:, 1] - p.teams[:, 0]).sum())
        self._price = _TRAVEL_SHARE * float(p.value.sum()) / max(span, 1e-300)
        self.routes = np.zeros((teams, visits + 1), np.int64)
        self.sizes = np.zeros(teams, np.int64)
        for r, route in enumerate(begin or ()):
            self.sizes[r] = len(route)
            self.routes[r, : len(route)] = route
        driven = self._made_drivable()
        self.best = np.array([self._worth(), driven])
        self.best_routes, self.best_sizes = self.routes.copy(), self.sizes.copy()
        self._energy = np.zeros(1)

    def restart(self) -> None:
        self.routes[:], self.sizes[:] = self.best_routes, self.best_sizes
        self._energy[0] = self._price * self.best[1] - self.best[0]

    def advance(self, steps: int, begun: int, length: int, heat: tuple[float, float], random: Ints) -> None:
        _loops.search(
            steps, begun, length, heat, (self._price, _MEAN_OUT, _LONGEST, _BLINK), random, self._problem,
            self._prizes, self._near, self._allowed, self.routes, self.sizes, self._energy, self.best_routes,
            self.best_sizes, self.best,
        )  # fmt: skip

    def found(self) -> tuple[tuple[int, ...], ...]:
        return tuple(
            tuple(int(v) for v in row[:size])
            for row, size in zip(self.best_routes, self.best_sizes, strict=True)
        )

    def _made_drivable(self) -> float:
        times = np.zeros((len(self.sizes), self.routes.shape[1] + 1))
        total = 0.0
        for r in range(len(self.sizes)):
            driven = _loops.refresh(r, self.routes, self.sizes, self._problem, times, times.copy())
            while driven < 0:
                self.sizes[r] -= 1
                driven = _loops.refresh(r, self.routes, self.sizes, self._problem, times, times.copy())
            total += driven
        return total

    def _worth(self) -> float:
        value, stop, _, village, need, shortfall, liked = self._prizes
        counts, covered = np.zeros(len(value), np.int64), np.zeros(len(need))
        worth: float = _loops.worth_of(
            self.routes, self.sizes, value, stop, village, need, shortfall, liked, counts, covered
        )
        return worth


def earned(problem: Problem, routes: tuple[tuple[int, ...], ...]) -> Floats:
    """Prize that each stop earns by the routes, shape (stops,)."""
    counts = np.zeros(len(problem.value), np.int64)
    for route in routes:
        for visit in route:
            counts[problem.stop[visit]] += 1
    before = np.concatenate([np.zeros((len(counts), 1)), np.cumsum(problem.value, axis=1)], axis=1)
    out: Floats = before[np.arange(len(counts)), counts]
    return out
