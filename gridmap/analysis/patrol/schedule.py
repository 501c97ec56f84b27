"""Times of a route whose visits are known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from gridmap.analysis.patrol.problem import NEVER, Problem


@dataclass(frozen=True, slots=True)
class Timed:
    """Times of a route.

    Attributes
    ----------
    arrive, start, legs : tuple of float
        Of each visit; `legs` has the way home as well.
    end : float
        Arrival home.
    """

    arrive: tuple[float, ...]
    start: tuple[float, ...]
    legs: tuple[float, ...]
    end: float


def walk(problem: Problem, r: int, visits: Sequence[int]) -> Timed | None:
    """Earliest times of a team's route, or None where it cannot be driven.

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
    return Timed(tuple(arrive), tuple(start), tuple(legs), now) if now <= end else None


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
