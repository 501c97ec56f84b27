"""Times of a route whose visits are known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import inf, isfinite

from gridmap.analysis.patrol.problem import NEVER, Problem


@dataclass(frozen=True, slots=True)
class Timed:
    """Times of a route.

    Attributes
    ----------
    arrive, start, legs : tuple of float
        Of each visit; `legs` has the way home as well.
    begin, end : float
        Departure, and arrival home.
    """

    arrive: tuple[float, ...]
    start: tuple[float, ...]
    legs: tuple[float, ...]
    begin: float
    end: float


def walk(problem: Problem, r: int, visits: Sequence[int]) -> Timed | None:
    """Time a team's route; None where it cannot be driven.

    It ends as early as it can, and the last visit begins as early as it can. Every other one begins as late as the next
    one allows, and so does the way from the base: a team that would have to wait sets out later. Visits of stops that
    have an interval begin as early as they can.

    Parameters
    ----------
    problem : Problem
    r : int
        The team's row.
    visits : sequence of int

    Returns
    -------
    Timed or None
    """
    begin, end, pause, resume, base, home = (float(x) for x in problem.teams[r])
    matrix = problem.travel[problem.profile[r]]
    now, at = begin, int(base)
    arrive, start, legs = [], [], []
    for visit in visits:
        place, dwell = int(problem.place[visit]), float(problem.dwell[visit])
        legs.append(float(matrix[at, place]))
        now = arrival(now, legs[-1], pause, resume)
        arrive.append(now)
        now = max(now, float(problem.opens[visit]))
        now = resume if now < resume and now + dwell > pause else now
        if now > problem.closes[visit]:
            return None
        start.append(now)
        now += dwell
        at = place
    if visits:
        legs.append(float(matrix[at, int(home)]))
        now = arrival(now, legs[-1], pause, resume)
    if now > end:
        return None
    for i in range(len(visits) - 2, -1, -1):
        dwell, closes = float(problem.dwell[visits[i]]), float(problem.closes[visits[i]])
        by = departure(start[i + 1], legs[i + 1], pause, resume) - dwell
        by = min(by, closes)
        by = pause - dwell if by < resume and by + dwell > pause else by
        if not isfinite(_interval(problem, visits[i])):
            start[i] = max(start[i], by)
    left = begin
    for i, leg in enumerate(legs[: len(visits)]):
        if i == 0:
            left = max(begin, departure(start[0], leg, pause, resume))
        free = left if i == 0 else start[i - 1] + float(problem.dwell[visits[i - 1]])
        arrive[i] = min(arrival(free, leg, pause, resume), start[i])
    return Timed(tuple(arrive), tuple(start), tuple(legs), left, now)


def _interval(problem: Problem, visit: int) -> float:
    return inf if problem.interval is None else float(problem.interval[problem.stop[visit]])


def with_rest(problem: Problem, r: int, pause: float) -> Problem:
    """Return the problem with another beginning of a team's break."""
    teams = problem.teams.copy()
    length = teams[r, 3] - teams[r, 2]
    teams[r, 2:4] = pause, pause + length
    return replace(problem, teams=teams)


def has_rest(problem: Problem, r: int) -> bool:
    """Whether a team takes a break."""
    return bool(problem.teams[r, 2] < NEVER)


def arrival(leave: float, leg: float, pause: float, resume: float) -> float:
    """Arrival of a leg that is not under way during a break."""
    return leave + leg if leave + leg <= pause or leave >= resume else resume + leg


def departure(arrive: float, leg: float, pause: float, resume: float) -> float:
    """Latest departure that arrives in time, with a leg that is not under way during a break."""
    return arrive - leg if arrive - leg >= resume else min(arrive, pause) - leg
