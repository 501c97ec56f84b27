"""What a team drops when it is held up: for each position of its route and several delays, found ahead."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gridmap.analysis.patrol.model import Plan, Route, Stop, Team
from gridmap.analysis.patrol.problem import NEVER
from gridmap.analysis.patrol.schedule import arrival

DELAYS_S = (600.0, 1_200.0, 2_400.0, 3_600.0)
_LABELS = 6
_SLACK_S = 1e-6


@dataclass(frozen=True, slots=True)
class Onward:
    """How a team goes on after a delay.

    Attributes
    ----------
    after : int
        Visits that it had left when it was held up.
    delay_s : float
    dropped : tuple of int
        Visits of its route that it leaves out.
    moved : tuple of (int, float, float, float)
        Visits that it makes at other times than planned: which, arrival, start and leave.
    end_s : float
        Home.
    """

    after: int
    delay_s: float
    dropped: tuple[int, ...]
    moved: tuple[tuple[int, float, float, float], ...]
    end_s: float


@dataclass(frozen=True, slots=True)
class _Label:
    """A way to go on so far: kept fixed points and prize, after which visit and when the team is free, its visits."""

    worth: tuple[int, float]
    at: int
    free_s: float
    visits: tuple[tuple[int, float, float, float], ...]


def interruptions(
    plan: Plan, team: Team, travel_s: ArrayLike, *, delays_s: Sequence[float] = DELAYS_S
) -> tuple[Onward, ...]:
    """Find how a team goes on after each of its visits and each delay.

    Parameters
    ----------
    plan : Plan
    team : Team
        One of the plan's.
    travel_s : array_like of float, shape (places, places)
        Of the team's mode.
    delays_s : sequence of float
        From when the team ought to have left to when it is free, where it was.

    Returns
    -------
    tuple of Onward
        By position and delay. The rest of the route keeps hours, windows, breaks, gaps and the longest wait; visits
        stay in order. What it leaves out is what costs least: stops that must be visited last, then the least prize.
        Where it has caught up the rest is as planned. Intervals may be exceeded.

    Notes
    -----
    Labels that no other one beats in worth and in time are carried from visit to visit, the best six at each; other
    teams' visits to the same stop bound the time of a visit, so that no gap is broken whatever is left out.
    """
    route = next(r for r in plan.routes if r.team == team.id)
    matrix = np.asarray(travel_s, dtype=np.float64) / team.speed
    search = _Search(plan, route, team, matrix)
    return tuple(search.onward(after, delay) for after in range(len(route.visits) + 1) for delay in delays_s)


class _Search:
    """A team's route with all that bounds its visits."""

    def __init__(self, plan: Plan, route: Route, team: Team, matrix: NDArray[np.float64]) -> None:
        self._route, self._team = route, team
        left = np.array([team.start_place, *(v.onward for v in route.visits)])
        ahead = np.array([*(v.place for v in route.visits), team.end_place])
        legs = np.where(left[:, None] == ahead, 0.0, matrix[np.ix_(left, ahead)])
        # Lists are read faster than an array where single numbers are asked for.
        self._to_visit, self._to_home = legs[:, :-1].tolist(), legs[:, -1].tolist()
        self._lasts_s = [v.leave_s - v.start_s for v in route.visits]
        self._most_wait = plan.objective.max_wait_s
        self._pause, self._resume = route.rest_s or (NEVER, NEVER)
        self._end = min(team.end_s, plan.shift.end_s)
        stops = {stop.id: stop for stop in plan.stops}
        self._stops = [stops[v.stop] for v in route.visits]
        self._spans = [self._bounds(plan, stops, i) for i in range(len(route.visits))]
        self._worths = [(int(s.must), v.prize) for s, v in zip(self._stops, route.visits, strict=True)]
        self._ahead = [(0, 0.0)]
        for must, prize in reversed(self._worths):
            self._ahead.append((self._ahead[-1][0] + must, self._ahead[-1][1] + prize))
        self._ahead.reverse()

    def onward(self, after: int, delay_s: float) -> Onward:
        """Find how the team goes on when it is held up after so many visits."""
        visits = self._route.visits
        free = (visits[after - 1].leave_s if after else self._route.begin_s) + delay_s
        free = self._resume if self._pause < free < self._resume else free
        live = [_Label((0, 0.0), after, free, ())]
        # What is left out on the straight way back to the plan bounds what any other way may leave out.
        best = next(
            ((self._ahead[j], live[0], j) for j in range(after, len(visits)) if self._rejoins(live[0], j)),
            None,
        )
        for j in range(after, len(visits)):
            live = [label for label in live if best is None or self._worth(label, j) > best[0]]
            here = []
            for label in live:
                if (best is None or self._worth(label, j) > best[0]) and self._rejoins(label, j):
                    best = self._worth(label, j), label, j
                made = self._visited(label, j)
                if made is not None:
                    here.append(made)
            live += _undominated(here)
        for label in live:
            if (best is None or label.worth > best[0]) and self._home(label) <= self._end:
                best = label.worth, label, len(visits)
        if best is None:
            # Even the way home takes too long: it goes home at once.
            best = (0, 0.0), _Label((0, 0.0), after, free, ()), len(visits)
        _, label, joined = best
        told = [*label.visits, *([self._met(label, joined)] if joined < len(visits) else [])]
        kept = {i for i, *_ in told}
        moved = tuple(row for row in told if row[1:3] != (visits[row[0]].arrive_s, visits[row[0]].start_s))
        return Onward(
            after,
            delay_s,
            tuple(i for i in range(after, joined) if i not in kept),
            moved,
            self._route.end_s if joined < len(visits) else self._home(label),
        )

    def _met(self, label: _Label, j: int) -> tuple[int, float, float, float]:
        """Return the visit from which on a team goes as planned: it comes from elsewhere."""
        visit = self._route.visits[j]
        reached = arrival(label.free_s, self._to_visit[label.at][j], self._pause, self._resume)
        return j, min(reached, visit.start_s), visit.start_s, visit.leave_s

    def _worth(self, label: _Label, j: int) -> tuple[int, float]:
        """Return what a way is worth with all visits from one on as planned."""
        return label.worth[0] + self._ahead[j][0], label.worth[1] + self._ahead[j][1]

    def _rejoins(self, label: _Label, j: int) -> bool:
        """Whether a team can be at a visit when it is planned, and so make it and the rest as planned."""
        visit = self._route.visits[j]
        leg = self._to_visit[label.at][j]
        reached = arrival(label.free_s, leg, self._pause, self._resume)
        wait = self._wait(label.free_s, leg, visit.start_s)
        return reached <= visit.start_s + _SLACK_S and wait <= self._most_wait + _SLACK_S

    def _visited(self, label: _Label, j: int) -> _Label | None:
        """Go on to a visit as soon as that can be; None where it breaks something."""
        visit, stop = self._route.visits[j], self._stops[j]
        leg = self._to_visit[label.at][j]
        reached = arrival(label.free_s, leg, self._pause, self._resume)
        for low, high in self._spans[j]:
            start = max(reached, low)
            if start < self._resume and start + self._lasts_s[j] > self._pause:
                start = self._resume
            if start > high:
                continue
            if self._wait(label.free_s, leg, start) > self._most_wait:
                return None
            leave = start + self._lasts_s[j]
            before = stop.prize_at(visit.start_s)
            prize = visit.prize * stop.prize_at(start) / before if before > 0 else 0.0
            made = _Label(
                (label.worth[0] + int(stop.must), label.worth[1] + prize),
                j + 1,
                leave,
                (*label.visits, (j, reached, start, leave)),
            )
            return made if self._home(made) <= self._end else None
        return None

    def _wait(self, free_s: float, leg: float, start_s: float) -> float:
        rest = max(0.0, min(start_s, self._resume) - max(free_s, self._pause))
        return start_s - free_s - leg - rest

    def _home(self, label: _Label) -> float:
        leg = self._to_home[label.at]
        return arrival(label.free_s, leg, self._pause, self._resume)

    def _bounds(self, plan: Plan, stops: Mapping[str, Stop], i: int) -> list[tuple[float, float]]:
        """From when to when a visit may start: open, and the gap away from the stop's other visits as planned."""
        visit = self._route.visits[i]
        stop = stops[visit.stop]
        others = sorted(v.start_s for r in plan.routes for v in r.visits if v.stop == visit.stop)
        later = [at for at in others if at > visit.start_s]
        low = visit.start_s if others[0] < visit.start_s else -inf
        high = later[0] - stop.min_gap_s if later else inf
        return [
            (max(opens, low), min(closes - self._lasts_s[i], high))
            for opens, closes in sorted(stop.windows or ((-inf, inf),))
        ]


def _undominated(labels: list[_Label]) -> list[_Label]:
    """Keep the best labels of those that no other one beats in worth and in time."""
    kept: list[_Label] = []
    for label in sorted(labels, key=lambda x: (-x.worth[0], -x.worth[1], x.free_s)):
        if all(label.free_s < other.free_s for other in kept):
            kept.append(label)
    return kept[:_LABELS]
