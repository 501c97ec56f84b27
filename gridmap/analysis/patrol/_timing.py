"""Times along a route, and random numbers, compiled.

For each position of a route the earliest start of the visit going forward and the latest start going backward are kept,
so whether a visit fits between two others is known without walking the route.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gridmap.analysis._compiled import compiled_in_place as compiled


@compiled
def draw(state: Any) -> float:
    """Next number in [0, 1) of a xorshift64* generator."""
    x = state[0]
    x ^= x >> np.uint64(12)
    x ^= x << np.uint64(25)
    x ^= x >> np.uint64(27)
    state[0] = x
    return float((x * np.uint64(2685821657736338717)) >> np.uint64(11)) * (1.0 / 9007199254740992.0)


@compiled
def arrive(leave: float, travel: float, pause: float, resume: float) -> float:
    """Arrival of a leg, which is not under way during the break."""
    if leave + travel <= pause or leave >= resume:
        return leave + travel
    return resume + travel


@compiled
def leave_by(arrive: float, travel: float, pause: float, resume: float) -> float:
    """Latest departure that arrives in time."""
    if arrive - travel >= resume:
        return arrive - travel
    return min(arrive, pause) - travel


@compiled
def start_from(at: float, dwell: float, pause: float, resume: float) -> float:
    """Earliest start of a visit that does not run into the break."""
    if at < resume and at + dwell > pause:
        return resume
    return at


@compiled
def start_by(at: float, dwell: float, pause: float, resume: float) -> float:
    """Latest start of a visit that does not run into the break."""
    if at < resume and at + dwell > pause:
        return pause - dwell
    return at


@compiled
def refresh(r: int, now: Any, problem: Any, most_wait: float) -> float:
    """Recompute a route's times; its travel, or -1 where it cannot be driven.

    `now` holds routes, sizes, earliest and latest starts, travel, dwell, and waiting beyond `most_wait`: what is left
    of it when each visit starts as late as the one after it allows.
    """
    routes, sizes, start, latest, _, busy, over = now
    travel, profile, place, opens, closes, dwell, teams, fixed = problem
    matrix = travel[profile[r]]
    begin, end, pause, resume = teams[r, 0], teams[r, 1], teams[r, 2], teams[r, 3]
    base, home = int(teams[r, 4]), int(teams[r, 5])
    n = sizes[r]
    busy[r], over[r] = 0.0, 0.0
    if n == 0:
        latest[r, 0] = end
        return 0.0
    free, at, driven = begin, base, 0.0
    fits, idle = True, 0.0
    for i in range(n):
        visit = routes[r, i]
        leg = matrix[at, place[visit]]
        driven += leg
        left = free
        reached = arrive(free, leg, pause, resume)
        free = start_from(max(reached, opens[visit]), dwell[visit], pause, resume)
        # At most so long, the break with it: whether it is worth a closer look.
        idle += free - left - leg
        if free > closes[visit]:
            fits = False
        start[r, i] = free
        free += dwell[visit]
        busy[r] += dwell[visit]
        at = place[visit]
    leg = matrix[at, home]
    if not fits or arrive(free, leg, pause, resume) > end:
        return -1.0
    latest[r, n] = end
    by, then = end, home
    for i in range(n - 1, -1, -1):
        visit = routes[r, i]
        by = leave_by(by, matrix[place[visit], then], pause, resume) - dwell[visit]
        by = start_by(min(by, closes[visit]), dwell[visit], pause, resume)
        latest[r, i] = by
        then = place[visit]
    if idle > most_wait:
        by = start[r, n - 1]
        for i in range(n - 2, -1, -1):
            visit, then = routes[r, i], place[routes[r, i + 1]]
            here = leave_by(by, matrix[place[visit], then], pause, resume) - dwell[visit]
            here = start_by(min(here, closes[visit]), dwell[visit], pause, resume)
            # Never before it can begin: what ends at the very end of a break may seem to lie a hair within it.
            here = start[r, i] if fixed[visit] else max(start[r, i], here)
            # A team that cannot get there before its break waits for that, too.
            left = here + dwell[visit]
            idle = by - left - matrix[place[visit], then] - shared(left, by, pause, resume)
            over[r] += max(0.0, idle - most_wait)
            by = here
        # It sets out so that it need not wait; but before its break where the way and the break do not both fit after.
        first = matrix[base, place[routes[r, 0]]]
        left = max(begin, leave_by(by, first, pause, resume))
        over[r] += max(0.0, by - left - first - shared(left, by, pause, resume) - most_wait)
    total: float = driven + leg
    return total


@compiled
def shared(begin: float, end: float, pause: float, resume: float) -> float:
    """How much of a stretch lies within the break."""
    return max(0.0, min(end, resume) - max(begin, pause))
