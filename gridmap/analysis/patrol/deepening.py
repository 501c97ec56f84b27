"""Searches for a plan one after the other: with one visit a stop, with two, and by place before they go by hour."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from gridmap.analysis.patrol.bounds import upper_bound
from gridmap.analysis.patrol.build import Built
from gridmap.analysis.patrol.engine import Better, Found, Progress, earned, worth_of
from gridmap.analysis.patrol.problem import Floats
from gridmap.analysis.patrol.schedule import walk
from gridmap.analysis.patrol.searching import evened, search
from gridmap.analysis.patrol.stop import Iterations, StopRule, Trial

OnBetter = Callable[[float, dict[str, tuple[str, ...]]], None]

_HOURLY_COST = 3


class Turns:
    """The rules that end the searches of a plan, one after the other.

    Each takes as many steps as the first took, not as much time: then their number alone gives the same plan again, and
    a plan with more visits goes through the very searches of the one with fewer.
    """

    def __init__(self, stop: StopRule, count: int, before: int, on_progress: Progress | None) -> None:
        self._stop, self._count, self._tell = stop, count + before, on_progress
        # Where hours matter a step takes longer than one of the searches before that know of none.
        self._share = 1.0 / (before + _HOURLY_COST * count if before else count)
        self._turn, self.steps = -1, 0

    def next(self, *, even: bool = False) -> StopRule:
        """Return the rule of the next search."""
        self._turn += 1
        if isinstance(self._stop, Trial):
            return self._stop.part(0.5 if even else 1.0)
        if isinstance(self._stop, Iterations):
            steps = self._stop.iterations
        elif self._turn == 0:
            return self._stop.part(self._share)
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


class Deepening:
    """Searches with one visit a stop, then with two from what that found, and so on.

    Attributes
    ----------
    built : Built
        The problem of the last search, with the breaks as they are taken.
    best, level : Found
        The best routes, and the even ones.
    """

    def __init__(self, turns: Turns, seed: int, balance: float | None, on_better: OnBetter | None) -> None:
        self._turns, self._seed, self._balance, self._tell = turns, seed, balance, on_better
        self.built: Built
        self.best: Found
        self.level: Found
        self._begun = False

    def go_on(self, stage: Built, beside: Deepening | None = None) -> None:
        """Search a problem that allows more, from the routes so far or better ones of a plan by place only."""
        seed, turns = self._seed, self._turns
        begins = [] if not self._begun else [(self.built, _carried(self.built, self.best, stage))]
        floor = self.level.worth if self._begun else -np.inf
        if beside is not None:
            begins += [
                (beside.built, _in_hours(beside.built, made, stage)) for made in (beside.best, beside.level)
            ]
        begin: Found | None = None
        if begins:
            # Breaks stay where they were put: the routes go on from there.
            rests = [replace(stage.problem, teams=_rested(stage, built)) for built, _ in begins]
            worths = [worth_of(p, made) for p, (_, made) in zip(rests, begins, strict=True)]
            chosen = int(np.argmax(worths))
            begin = begins[chosen][1]
            stage = replace(stage, problem=rests[chosen])
            if beside is not None:
                floor = max(floor, worths[-1])
        free = not stage.problem.need.any() and not stage.problem.liked.any()
        most = upper_bound(stage.problem) if free else np.inf
        tell = _told(stage, self._tell)
        self.built, self.best = search(
            stage,
            turns.next(),
            seed,
            begin=begin,
            most=most,
            on_progress=turns.progress(),
            on_better=tell,
        )
        turns.took(self.best.steps)
        self.level = self.best
        self._begun = True
        if self._balance is not None:
            self.level = evened(
                self.built,
                self.best,
                turns.next(even=True),
                seed,
                share=self._balance,
                floor=floor,
                on_progress=turns.progress(),
                on_better=tell,
            )
            self.best = max(self.best, self.level, key=lambda found: found.worth)

    def prize(self) -> float:
        """Prize of the best routes."""
        return float(earned(self.built.problem, self.best).sum())


def _rested(stage: Built, as_in: Built) -> Floats:
    """Return the table of teams with the breaks of another problem."""
    teams = stage.problem.teams.copy()
    teams[:, 2:4] = as_in.problem.teams[:, 2:4]
    return teams


def _in_hours(old: Built, found: Found, new: Built) -> Found:
    """Write routes that know of no hours as visits of the hours in which they are made."""
    carried = _carried(old, found, new)
    # In the new problem's numbers: what a route lost is not waited for.
    settled = replace(carried.settled(new.problem), teams=_rested(new, old))
    starts: dict[int, float] = {}
    for r, visits in enumerate(carried.routes):
        timed = walk(settled, r, visits)
        if timed is not None:
            starts.update(zip(visits, timed.start, strict=True))
    hours = carried.hours
    return carried if hours is None else replace(carried, hours=new.problem.in_pieces(hours, starts))


def _carried(old: Built, found: Found, new: Built) -> Found:
    """Write routes as visits of a problem that allows more of them; what is worth nothing there is left out."""
    p, q = old.problem, new.problem
    number = {stop.id: s for s, stop in enumerate(new.stops)}
    rows = {key: v for v, key in enumerate(_keys(new))}
    keys = [
        (number.get(old.stops[s].id, -1), k, opens, closes, way) for s, k, opens, closes, way in _keys(old)
    ]
    row = {v: rows[key] for v, key in enumerate(keys) if key in rows}
    hours = np.stack([q.opens, q.closes])
    narrowed = found.hours if found.hours is not None else np.stack([p.opens, p.closes])
    hours[:, list(row.values())] = narrowed[:, list(row)]
    routes = tuple(tuple(row[v] for v in route if v in row) for route in found.routes)
    return Found(routes, found.worth, 0, hours)


def _keys(built: Built) -> list[tuple[int, int, float, float, int]]:
    """Name visits by stop, number, hours and way."""
    p = built.problem
    first = {int(s): int(p.slot[p.stop == s].min()) for s in np.unique(p.stop)}
    ways = np.full(len(p.stop), -1) if p.way is None else p.way
    return [
        (int(s), int(k) - first[int(s)], float(a), float(b), int(w))
        for s, k, a, b, w in zip(p.stop, p.slot, p.opens, p.closes, ways, strict=True)
    ]


def _told(built: Built, on_better: OnBetter | None) -> Better | None:
    """Return what tells better routes by the names of teams and stops."""
    if on_better is None:
        return None
    p = built.problem

    def tell(found: Found) -> None:
        on_better(
            float(earned(p, found).sum()),
            {
                team.id: tuple(built.stops[int(p.stop[v])].id for v in route)
                for team, route in zip(built.teams, found.routes, strict=True)
            },
        )

    return tell
