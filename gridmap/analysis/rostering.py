"""A week's roster by mixed-integer programming: first as many as are wanted, then nights and weekends shared out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, OptimizeResult, milp
from scipy.sparse import coo_array

from gridmap.errors import Unavailable

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_LEAST_WEIGHT = 1e-3
_SLACK = 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class Beside:
    """A duty of the week before or after, which the roster has to go with.

    Attributes
    ----------
    team : int
    day : int
        From the week's first: negative before it, 7 and more after it.
    begin_s, end_s : float
        Seconds on the clock of `RosterProblem.begin_s`.
    night : bool
    """

    team: int
    day: int
    begin_s: float
    end_s: float
    night: bool


@dataclass(frozen=True, slots=True, eq=False)
class RosterProblem:
    """What a roster is made from.

    Attributes
    ----------
    teams : int
    begin_s, end_s : (d, s) float64
        Of each shift of each day, on one clock.
    night : (s,) bool
    weekend : (d,) bool
    wanted : (d, s) int64
        Teams, at most.
    weight : (d, s) float64
        What one missing team costs.
    off : (teams, d) bool
        Days on which a team has none.
    rest_s : float
    nights_in_row, most : int
    beside : tuple of Beside
    """

    teams: int
    begin_s: Floats
    end_s: Floats
    night: NDArray[np.bool_]
    weekend: NDArray[np.bool_]
    wanted: Ints
    weight: Floats
    off: NDArray[np.bool_]
    rest_s: float
    nights_in_row: int
    most: int
    beside: tuple[Beside, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Rostered:
    """A roster.

    Attributes
    ----------
    shift : (teams, d) int64
        -1 on a day off.
    short : float
        Weight of the teams that are missing.
    short_bound : float
        No roster that keeps the rules has less.
    spread : float
        Largest number of nights less the least, the same of weekend days and of shifts, added.
    spread_bound : float
        Of rosters that are short of no more.
    """

    shift: Ints
    short: float
    short_bound: float
    spread: float
    spread_bound: float

    @property
    def gap(self) -> float:
        """Part of `short` that is not proven to be needed, 0 where the roster is proven best."""
        return max(0.0, self.short - self.short_bound) / max(self.short, 1e-9) if self.short > _SLACK else 0.0


def wanted_teams(expected: Floats, *, teams: int, most: int, least: int) -> Ints:
    """Share out the shifts that teams have in a week, by what is expected of each.

    Every shift gets `least` first, while there are teams. Each further one goes where most is expected for each team
    that is there and half a one (Sainte-Laguë's divisors), until the week's shifts or the day's teams are used up.

    Parameters
    ----------
    expected : (d, s) float64
        Incidents.
    teams, most, least : int
        How many teams there are, how many shifts one has, how many teams every shift has.
    """
    days, shifts = expected.shape
    wanted = np.zeros((days, shifts), dtype=np.int64)
    left = teams * min(most, days)
    order = sorted(np.ndindex(days, shifts), key=lambda at: (-float(expected[at]), at))
    for _ in range(least):
        for at in order:
            if left > 0 and wanted[at[0]].sum() < teams:
                wanted[at] += 1
                left -= 1
    while left > 0:
        open_ = [at for at in order if wanted[at[0]].sum() < teams]
        if not open_:
            break
        best = max(open_, key=lambda at: (float(expected[at]) / (wanted[at] + 0.5), [-n for n in at]))
        if float(expected[best]) <= 0.0:
            break
        wanted[best] += 1
        left -= 1
    return wanted


def make_roster(problem: RosterProblem, *, seconds: float) -> Rostered:
    """Make a week's roster that keeps the rules of rest.

    Parameters
    ----------
    problem : RosterProblem
    seconds : float
        For both searches together.

    Raises
    ------
    Unavailable
        When no roster was found in the time.

    Notes
    -----
    Two mixed-integer programs, solved by HiGHS: the weight of missing teams, then, with no more of it, the spread of
    nights, weekend days and shifts over teams. A pair of shifts between which a team could not rest is never both
    its own; nights are counted over every run of days that is one longer than allowed, the days beside the week among
    them (Ernst, Jiang, Krishnamoorthy and Sier 2004, Staff scheduling and rostering: a review, EJOR 153).
    """
    rows = _Rows(problem)
    rows.one_a_day()
    rows.as_wanted()
    rows.rests()
    rows.nights()
    rows.in_all()
    cover = np.zeros(rows.size)
    cover[: rows.cells] = -np.tile(np.maximum(problem.weight, _LEAST_WEIGHT).ravel(), problem.teams)
    first = rows.solve(cover, seconds / 2)
    need = float(
        (np.maximum(problem.weight, _LEAST_WEIGHT) * problem.wanted).sum()
    )  # what is missing where nobody is there
    even = np.zeros(rows.size)
    even[rows.cells :] = rows.spread_costs()
    if first.x is None:
        raise Unavailable(
            "roster-time",
            "在给定时间内没有排出班表，请延长 --time 再试。",
            "No roster was found in the time; give it more, with --time.",
        )
    rows.add([(n, float(c)) for n, c in enumerate(cover) if c], -np.inf, float(first.fun) + _SLACK)
    second = rows.solve(even, seconds / 2)
    best = second if second.x is not None else first
    x = np.round(best.x[: rows.cells]).reshape(problem.teams, *problem.wanted.shape).astype(np.int64)
    shift = np.where(x.sum(axis=2) > 0, x.argmax(axis=2), -1)
    told = _spread(problem, shift)
    return Rostered(
        shift=shift,
        short=max(0.0, need + float(cover[: rows.cells] @ np.round(best.x[: rows.cells]))),
        short_bound=max(0.0, need + float(_bound(first))),
        spread=told,
        spread_bound=min(told, max(0.0, float(np.ceil(_bound(second) - _SLACK))))
        if second.x is not None
        else 0.0,
    )


def _bound(found: OptimizeResult) -> float:
    bound = found.mip_dual_bound
    return float(found.fun) if bound is None else float(bound)


def _spread(problem: RosterProblem, shift: Ints) -> float:
    there = shift >= 0
    night = there & problem.night[np.maximum(shift, 0)]
    counts = (night.sum(axis=1), there[:, problem.weekend].sum(axis=1), there.sum(axis=1))
    return float(sum(c.max() - c.min() for c in counts)) if problem.teams else 0.0


class _Rows:
    """Rows of the program: variables are x[team, day, shift], then least and most of nights, weekend days, shifts."""

    def __init__(self, problem: RosterProblem) -> None:
        self.problem = problem
        self.days, self.shifts = (int(n) for n in problem.wanted.shape)
        self.cells = problem.teams * self.days * self.shifts
        self.size = self.cells + 6
        self._slots = [(day, s) for day in range(self.days) for s in range(self.shifts)]
        self._at: list[tuple[int, int, float]] = []
        self._low: list[float] = []
        self._high: list[float] = []

    def x(self, team: int, day: int, shift: int) -> int:
        return (team * self.days + day) * self.shifts + shift

    def add(self, parts: Sequence[tuple[int, float]], low: float, high: float) -> None:
        row = len(self._low)
        self._at += [(row, column, value) for column, value in parts]
        self._low.append(low)
        self._high.append(high)

    def spread_costs(self) -> Floats:
        return np.array([-1.0, 1.0] * 3)

    def one_a_day(self) -> None:
        for team in range(self.problem.teams):
            for day in range(self.days):
                own = [(self.x(team, day, s), 1.0) for s in range(self.shifts)]
                self.add(own, 0.0, 0.0 if self.problem.off[team, day] else 1.0)

    def as_wanted(self) -> None:
        for day in range(self.days):
            for s in range(self.shifts):
                there = [(self.x(team, day, s), 1.0) for team in range(self.problem.teams)]
                self.add(there, 0.0, float(self.problem.wanted[day, s]))

    def rests(self) -> None:
        p = self.problem
        slots = self._slots
        close = [
            (a, b)
            for a in slots
            for b in slots
            if a[0] < b[0] and not _apart(p.begin_s[a], p.end_s[a], p.begin_s[b], p.end_s[b], p.rest_s)
        ]
        for team in range(p.teams):
            for a, b in close:
                self.add([(self.x(team, *a), 1.0), (self.x(team, *b), 1.0)], 0.0, 1.0)
        for duty in p.beside:
            for a in slots:
                if not _apart(p.begin_s[a], p.end_s[a], duty.begin_s, duty.end_s, p.rest_s):
                    self.add([(self.x(duty.team, *a), 1.0)], 0.0, 0.0)

    def nights(self) -> None:
        p = self.problem
        nights = [s for s in range(self.shifts) if p.night[s]]
        run = p.nights_in_row + 1
        for team in range(p.teams):
            had = {duty.day for duty in p.beside if duty.team == team and duty.night}
            for first in range(1 - run, self.days):
                days = range(first, first + run)
                inside = [day for day in days if 0 <= day < self.days]
                free = p.nights_in_row - len(had.intersection(days))
                # What is broken beside the week is not mended in it.
                if inside and free < len(inside):
                    parts = [(self.x(team, day, s), 1.0) for day in inside for s in nights]
                    self.add(parts, 0.0, float(max(free, 0)))

    def in_all(self) -> None:
        p = self.problem
        kinds: list[list[tuple[int, int]]] = [
            [at for at in self._slots if p.night[at[1]]],
            [at for at in self._slots if p.weekend[at[0]]],
            self._slots,
        ]
        for team in range(p.teams):
            for n, slots in enumerate(kinds):
                parts = [(self.x(team, *at), 1.0) for at in slots]
                low, high = self.cells + 2 * n, self.cells + 2 * n + 1
                self.add([*parts, (low, -1.0)], 0.0, np.inf)
                self.add([*parts, (high, -1.0)], -np.inf, 0.0)
            self.add([(self.x(team, *at), 1.0) for at in kinds[2]], 0.0, float(p.most))

    def solve(self, cost: Floats, seconds: float) -> OptimizeResult:
        rows, columns, values = zip(*self._at, strict=True)
        matrix = coo_array((values, (rows, columns)), shape=(len(self._low), self.size)).tocsr()
        high = np.concatenate([np.ones(self.cells), np.full(6, float(self.days))])
        return milp(
            cost,
            constraints=LinearConstraint(matrix, self._low, self._high),
            bounds=Bounds(np.zeros(self.size), high),
            integrality=np.ones(self.size),
            options={"time_limit": seconds, "mip_rel_gap": 0.0},
        )


def _apart(begin: float, end: float, other_begin: float, other_end: float, rest_s: float) -> bool:
    """Tell whether a team can rest between two duties."""
    return begin - other_end >= rest_s - _SLACK or other_begin - end >= rest_s - _SLACK
