"""Runs the search: cooling cycles one after the other, from the best plan so far or from none."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from gridmap.analysis.patrol import _loops, _worth
from gridmap.analysis.patrol._moves import burden
from gridmap.analysis.patrol._pool import empty_pool
from gridmap.analysis.patrol._standing import lacks, most_lacking, stand_anew, standing
from gridmap.analysis.patrol._timing import refresh
from gridmap.analysis.patrol.cycles import FIRST_CYCLES, HOT, cycles, long_cycles
from gridmap.analysis.patrol.problem import MANY_STOPS, Floats, Ints, Problem
from gridmap.analysis.patrol.recombine import kinds_of, recombined
from gridmap.analysis.patrol.stop import StopRule

Progress = Callable[[int, int], None]
Better = Callable[["Found"], None]

_TRAVEL_SHARE, _SMALLER_SHARE = 0.01, 0.003
"""What all travel that there is time for costs, as a part of all prizes; less where there are many stops."""
_MEAN_OUT, _LONGEST, _BLINK = 15.0, 16.0, 0.01
_FEWER_OUT, _SHORTER = 9.0, 10.0
"""Mean number of visits that are taken out, and the longest run, where there are many stops."""
_UNEVENNESS = 2.0
_RECOMBINE_FROM_S, _RECOMBINE_SHARE = 1.0, 0.1
_STRETCH = 1.6
_MEASURED = 1_000
_ALMOST, _IDLE_CYCLES = 1.0 - 1e-12, 6


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
    hours : ndarray of float64, shape (2, visits), optional
        Earliest and latest start of each visit, narrowed where a stop has several and to the hour whose prize it earns:
        within them the routes keep every gap.
    """

    routes: tuple[tuple[int, ...], ...]
    worth: float
    steps: int
    hours: Floats | None = None

    def settled(self, problem: Problem) -> Problem:
        """Return the problem with the hours of the visits as the routes have them."""
        if self.hours is None:
            return problem
        return replace(problem, opens=self.hours[0].copy(), closes=self.hours[1].copy())


@dataclass(frozen=True, slots=True)
class Even:
    """A search for even loads among plans that are worth nearly as much.

    Attributes
    ----------
    least : float
        Worth that is kept.
    price : float
        What loads as uneven as those of the routes that it begins from cost, in units of prize.
    """

    least: float
    price: float


def run(
    problem: Problem,
    stop: StopRule,
    seed: int,
    *,
    begin: Found | None = None,
    even: Even | None = None,
    heat: tuple[float, float] = HOT,
    enough: float = math.inf,
    most: float = math.inf,
    exact: bool = False,
    on_progress: Progress | None = None,
    on_better: Better | None = None,
) -> Found:
    """Search for routes of the highest worth, and of those for the least travel.

    Parameters
    ----------
    problem : Problem
    stop : Stop
    seed : int
    begin : Found, optional
        Routes to begin from; one that cannot be driven loses visits from its end until it can.
    even : Even, optional
        Even out the loads of the routes to begin from, too; the search ends when some cycles find nothing better.
    heat : (float, float)
        `HOT`, `MILD` or `GENTLE`.
    enough : float
        The search ends when this worth is reached.
    most : float
        Worth that cannot be exceeded. Where it is reached the search goes on until some cycles find no shorter way.
    exact : bool
        The same number of steps gives the same routes, whatever rule ended them: nothing is fitted to the time left.
    on_progress : callable, optional
        Called with what is done, and of how much.
    on_better : callable, optional
        Called with the best that was found, from time to time, when it became better.

    Returns
    -------
    Found
    """
    budget = stop.begin()
    if len(problem.place) == 0 or len(problem.teams) == 0:
        hours = np.stack([problem.opens, problem.closes])
        return Found(tuple(() for _ in problem.teams), 0.0, 0, hours)
    state = _State(problem, begin, even)
    random = np.random.SeedSequence(seed).generate_state(1, np.uint64) | np.uint64(1)
    prizes = problem.value[problem.value[:, 0] > 0, 0]
    scale = float(np.median(prizes)) if len(prizes) else 1.0
    many = len(problem.value) > MANY_STOPS
    lengths = (
        cycles(alone=begin is None) if not many else long_cycles(budget.whole if even is None else math.inf)
    )
    taken, idle, told = 0, 0, (math.nan, math.nan)
    for planned, empty in lengths:
        # A cycle that time cuts short ends hot: the last one is as long as there is time for.
        within = math.inf if exact else budget.reach(taken)
        before = tuple(state.best)
        last = within < _STRETCH * planned
        length, fresh = (max(1, int(within)), False) if last else (planned, empty)
        state.restart(heat[0] * scale, heat[1] * scale, length, fresh=fresh)
        begun = 0
        while begun < length:
            steps = min(budget.grant(taken), length - begun)
            if steps <= 0 or state.best[0] >= enough:
                return state.found(taken)
            state.advance(steps, random)
            begun += steps
            taken += steps
            if on_progress is not None:
                on_progress(*budget.progress(taken))
            if on_better is not None and tuple(state.best) != told:
                told = tuple(state.best)
                on_better(Found(state.routes(), float(state.best[0]), taken, state.best_hours.copy()))
        idle = idle + 1 if tuple(state.best) == before else 0
        if idle >= _IDLE_CYCLES and (even is not None or state.best[0] >= most * _ALMOST):
            return state.found(taken)
        if not exact and not fresh and taken > FIRST_CYCLES[0] and state.best[0] < enough:
            state.recombine(budget.spare_s())
    raise AssertionError


class _State:
    """Where a search is, and the best that it has seen."""

    def __init__(self, problem: Problem, begin: Found | None, even: Even | None) -> None:
        p = self._whole = problem
        self._weight = weight = _weights(p)
        table = np.column_stack([p.teams, weight, weight])
        teams, visits = p.allowed.shape
        stops = len(p.value)
        interval = np.full(stops, np.inf) if p.interval is None else p.interval
        timed = np.flatnonzero(np.isfinite(interval))
        fixed = np.isin(p.stop, timed)
        self._base = np.stack([p.opens, p.closes])
        opens, closes = self._base.copy()
        self._problem = (p.travel, p.profile, p.place, opens, closes, p.dwell, table, fixed)
        self._unevenness = _UNEVENNESS if np.ptp(weight) > 0 else 0.0
        self._prizes = (p.value, p.stop, p.slot, p.village, p.need, p.shortfall, p.liked, p.must)
        self._allowed, self._near = p.allowed, p.near()
        self._thrift = 1.0 / np.maximum(p.value[:, 0] + p.must, 1e-300)
        span = float((p.teams[:, 1] - p.teams[:, 0]).sum())
        share = _SMALLER_SHARE if stops > MANY_STOPS else _TRAVEL_SHARE
        self._price = max(share * float(p.value.sum()) / max(span, 1e-300), 1e-300)
        spans = np.zeros((0, 0, 2)) if p.spans is None else p.spans[timed]
        self._rows = (
            np.searchsorted(p.stop, np.arange(stops + 1)).astype(np.int64),
            np.zeros(stops) if p.gap is None else p.gap,
            interval,
            self._base[0],
            self._base[1],
            np.maximum(p.hours, 1e-9),
            timed.astype(np.int64),
            np.ascontiguousarray(spans),
            np.full((stops, 1), -np.inf) if p.begins is None else np.ascontiguousarray(p.begins),
            np.ascontiguousarray(p.ends),
            np.ones((stops, 1)) if p.part is None else np.ascontiguousarray(p.part),
        )
        self._room = (np.zeros(visits, np.int64), np.zeros(visits))
        self._marks = (np.zeros(teams, np.bool_), np.zeros(teams, np.bool_))
        self._now, self._old = _routes(teams, visits), _routes(teams, visits)
        self._counts, self._covered = np.zeros(stops, np.int64), np.zeros(len(p.need))
        self._inside, self._used = np.full(visits, -1, np.int64), np.zeros(int(p.slot.max()) + 1, np.bool_)
        self._tally = (self._inside, self._used, self._counts, self._covered, np.zeros(stops, np.bool_))
        self._old_tally = (
            self._counts.copy(), self._covered.copy(), np.zeros(visits), np.zeros(visits),
            np.zeros(stops + 1, np.int64), np.zeros(stops, np.bool_), np.zeros(stops),
        )  # fmt: skip
        self._queue = (
            np.zeros(visits, np.int64), np.zeros(visits), np.arange(stops, dtype=np.int64), np.zeros(stops, np.bool_),
            np.full(stops, np.inf),
        )  # fmt: skip
        self._pool = empty_pool(visits, kinds_of(p))
        self._stands, self._energy, self._heat = standing(p), np.zeros(2), np.zeros(2)
        whole = 1.0 + float(p.value.sum() + p.must.sum() + (p.shortfall * p.need).sum()) + most_lacking(p)
        self._aim = np.array(
            [p.most_wait, self._price, 0.0, 1.0, 1.0, -np.inf, 100.0 * whole, 10.0 * whole, 1.0, 1.0, 0.0]
        )
        self._aim[10] = share / self._price
        self._aim[9] = max(1, np.count_nonzero(p.allowed.any(axis=1)))
        routes, sizes = self._now[:2]
        if begin is not None:
            for r, route in enumerate(begin.routes):
                sizes[r] = len(route)
                routes[r, : len(route)] = route
            if begin.hours is not None:
                opens[:], closes[:] = begin.hours
        while (self._measured() < 0).any():
            sizes[self._now[4] < 0] -= 1
        self._taken_up()
        if even is not None:
            loads = np.where(sizes > 0, (self._now[4] + self._now[5]) / self._rows[5], 0.0)
            self._aim[2:6] = even.price, max((loads**2).sum(), 1e-300), max(loads.max(), 1e-300), even.least
        self.best_routes, self.best_sizes = routes.copy(), sizes.copy()
        self.best_hours = np.stack([opens, closes])
        worth, uneven = self._worth()
        self.best = np.array([worth - uneven, self._now[4] @ weight])

    def restart(self, hot: float, cold: float, length: int, *, fresh: bool) -> None:
        """Begin a cycle from the best, or from no routes."""
        routes, sizes = self._now[:2]
        routes[:], sizes[:] = self.best_routes, 0 if fresh else self.best_sizes
        self._problem[3][:], self._problem[4][:] = self._base if fresh else self.best_hours
        self._measured()
        self._taken_up()
        worth, uneven = self._worth()
        short = max(0.0, self._aim[5] - worth)
        self._energy[0] = self._price * (self._now[4] @ self._weight) - worth + uneven + 3.0 * short
        self._energy[1] = _worth.sum_of(
            self._now, self._problem[3], self._prizes, self._tally, self._rows, self._room
        )
        self._heat[:] = hot, (cold / hot) ** (1.0 / length)

    def advance(self, steps: int, random: NDArray[np.uint64]) -> None:
        """Take steps of the cycle."""
        many = len(self._counts) > MANY_STOPS
        out = (_FEWER_OUT, _SHORTER) if many else (_MEAN_OUT, _LONGEST)
        tuning = (self._price, *out, _BLINK, self._unevenness)
        _loops.search(
            steps, self._heat, tuning, random, self._problem, self._prizes, self._near, self._thrift,
            self._allowed, self._now, self._old, self._marks, self._tally, self._old_tally, self._queue, self._rows,
            self._room, self._aim, self._energy, self.best_routes, self.best_sizes, self.best_hours, self.best,
            self._pool, self._stands,
        )  # fmt: skip

    def recombine(self, spare_s: float) -> None:
        """Look for a better plan among the routes that were seen; where there is one it is the best."""
        if spare_s < _RECOMBINE_FROM_S:
            return
        chosen = recombined(self._whole, self._pool, float(self.best[0]), _RECOMBINE_SHARE * spare_s)
        if chosen is None:
            return
        routes, sizes = self._now[:2]
        for r, route in enumerate(chosen):
            sizes[r] = len(route)
            routes[r, : len(route)] = route
        driven = self._measured()
        self._taken_up()
        worth = self._worth()[0]
        if (driven >= 0).all() and worth > self.best[0]:
            self.best_routes[:], self.best_sizes[:] = routes, sizes
            self.best[:] = worth, driven @ self._weight

    def routes(self) -> tuple[tuple[int, ...], ...]:
        """Return the best routes."""
        return tuple(
            tuple(int(v) for v in row[:size])
            for row, size in zip(self.best_routes, self.best_sizes, strict=True)
        )

    def found(self, steps: int) -> Found:
        """Return the best routes with their worth."""
        routes = self.routes()
        worth = float(self.best[0])
        if self._aim[2] > 0.0:
            # What it is worth is told without what its loads cost.
            self.restart(1.0, 1.0, 1, fresh=False)
            worth = self._worth()[0]
        return Found(routes, worth, steps, self.best_hours.copy())

    def _measured(self) -> Floats:
        for r in range(len(self._now[1])):
            self._now[4][r] = refresh(r, self._now, self._problem, self._aim[0])
        return self._now[4]

    def _taken_up(self) -> None:
        """Note which visits the routes have."""
        routes, sizes = self._now[:2]
        self._inside[:], self._used[:] = -1, False
        for r, size in enumerate(sizes):
            self._inside[routes[r, :size]] = r
            self._used[self._prizes[2][routes[r, :size]]] = True

    def _worth(self) -> tuple[float, float]:
        """Worth of the routes less what rules and homes that nobody is near to cost, and the price of uneven loads."""
        worth = _worth.worth_of(
            *self._now[:2], self._prizes, self._counts, self._covered, self._problem[3], self._tally, self._rows,
            self._room,
        )  # fmt: skip
        rules, uneven = burden(self._now, self._tally, self._rows, self._room, self._aim)
        stand_anew(self._now, self._problem, self._stands)
        return float(worth - rules - lacks(self._stands)), float(uneven)


def _weights(p: Problem) -> Floats:
    """Weight of each team's travel: a slow mode's minute is worth less than a fast one's."""
    places = p.place if len(p.place) <= _MEASURED else p.place[:: len(p.place) // _MEASURED]
    legs = np.array([np.median(matrix[np.ix_(places, places)]) for matrix in p.travel])
    weight = legs.min() / np.maximum(legs, 1e-300)
    out: Floats = np.where(legs > 0, weight, 1.0)[p.profile]
    return out


def _routes(teams: int, visits: int) -> tuple[Ints, Ints, Floats, Floats, Floats, Floats, Floats]:
    """Room for routes, sizes, earliest and latest starts, travel, dwell and waiting that is too long."""
    wide = teams, visits + 1
    return (
        np.zeros(wide, np.int64),
        np.zeros(teams, np.int64),
        np.zeros(wide),
        np.zeros(wide),
        np.zeros(teams),
        np.zeros(teams),
        np.zeros(teams),
    )


def earned(problem: Problem, found: Found) -> Floats:
    """Prize that each stop earns by the routes, shape (stops,)."""
    visits = np.array([v for route in found.routes for v in route], np.int64)
    stop = problem.stop[visits]
    part = np.ones(len(visits))
    if problem.part is not None:
        opens = problem.opens if found.hours is None else found.hours[0]
        part = problem.part[stop, problem.pieces_at(stop, opens[visits])]
    out = np.zeros(len(problem.value))
    counts = np.zeros(len(problem.value), np.int64)
    # The best hour of a stop has its first prize.
    for k in np.lexsort((visits, -part)):
        s = stop[k]
        out[s] += problem.value[s, counts[s]] * part[k]
        counts[s] += 1
    return out


def worth_of(problem: Problem, found: Found) -> float:
    """Return what is maximised, of given routes; of a part of them where they cannot be driven."""
    return _State(problem, found, None).best[0] if len(problem.place) and len(problem.teams) else 0.0
