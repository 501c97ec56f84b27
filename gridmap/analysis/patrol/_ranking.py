"""Which visits a step of the search tries to put into routes, and in what order, compiled."""

from __future__ import annotations

from typing import Any

import numpy as np

from gridmap.analysis._compiled import compiled_in_place as compiled
from gridmap.analysis.patrol._moves import best_position
from gridmap.analysis.patrol._timing import draw

_AROUND, _BESIDE, _ANYWHERE = 20, 3, 4
"""Stops that a step looks at where there are many: around where it begins, beside each that it took out, anywhere."""


@compiled
def choose(seed: int, prizes: Any, log: Any, near: Any, rows: Any, queue: Any, state: Any) -> int:
    """Choose the stops that a step looks at where there are many: around it, what was taken out, some at random."""
    stop, first = prizes[1], rows[0]
    chosen, seen = queue[2], queue[3]
    m = _chosen(stop[seed], 0, chosen, seen)
    for j in range(near.shape[1]):
        if m > _AROUND:
            break
        m = _chosen(stop[near[seed, j]], m, chosen, seen)
    for k in range(1, log[0] + 1):
        s = log[k]
        m = _chosen(s, m, chosen, seen)
        top = m + _BESIDE
        for j in range(near.shape[1]):
            if m >= top:
                break
            m = _chosen(stop[near[first[s], j]], m, chosen, seen)
    for _ in range(_ANYWHERE):
        m = _chosen(int(draw(state) * len(seen)), m, chosen, seen)
    for k in range(m):
        seen[chosen[k]] = False
    return int(m)


@compiled
def _chosen(s: int, m: int, chosen: Any, seen: Any) -> int:
    if seen[s]:
        return m
    seen[s] = True
    chosen[m] = s
    return m + 1


@compiled
def rank(  # noqa: PLR0915 - one flat loop is what compiles fast
    seed: int, forced: bool, how: int, most: int, prizes: Any, tally: Any, thrift: Any, queue: Any, state: Any,
    now: Any, problem: Any, touched: Any, allowed: Any, rows: Any,
) -> int:  # fmt: skip
    """Queue the visits that may be made: by chance, by prize, by nearness or detour for it; how many there are."""
    value, stop, slot, village, need, shortfall, _, must = prizes
    inside, used, counts, covered, _ = tally
    waiting, keys, chosen = queue[0], queue[1], queue[2]
    fastest, place, opens, closes = problem[0][0], problem[2], problem[3], problem[4]
    same, detour = -1, np.inf
    n, before, last, ahead = 0, -1, -1, 0
    at, visit, end = -1, 0, 0
    while True:
        visit += 1
        while visit >= end:
            at += 1
            if at >= most:
                return n
            visit, end = rows[0][chosen[at]], rows[0][chosen[at] + 1]
        s = stop[visit]
        if inside[visit] >= 0 or used[slot[visit]]:
            continue
        # The next visit of a stop that waits for two earns what the second one does.
        if s != before:
            before, last, ahead = s, slot[visit], 0
        elif slot[visit] != last:
            last, ahead = slot[visit], ahead + 1
        number = counts[s] + ahead
        gain = value[s, number] + (must[s] if number == 0 else 0.0)
        if gain <= 0.0:
            continue
        if covered[village[s]] < need[village[s]]:
            gain *= 1.0 + shortfall[village[s]]
        if forced and visit == seed:
            key = -np.inf
        elif how == 0:
            key = draw(state)
        elif how == 1:
            key = -gain * (0.7 + 0.6 * draw(state))
        elif how == 2:
            key = -gain * draw(state)
        elif how == 4:
            # Visits to a stop in the same hours go the same ways.
            if (
                same < 0
                or stop[same] != s
                or place[same] != place[visit]
                or opens[same] != opens[visit]
                or closes[same] != closes[visit]
            ):
                same, detour = visit, np.inf
                for r in range(len(touched)):
                    if touched[r] and allowed[r, visit]:
                        more, i = best_position(
                            visit, r, now[0], now[1], problem, now[2], now[3], 0.0, state, 0
                        )
                        more *= problem[6][r, 7]
                        if i >= 0 and more < detour:
                            detour = more
            if detour == np.inf:
                continue
            key = detour * (0.5 + draw(state)) * thrift[s]
        else:
            key = fastest[place[seed], place[visit]] * (0.5 + draw(state)) * thrift[s]
        i = n
        while i > 0 and keys[i - 1] > key:
            keys[i], waiting[i] = keys[i - 1], waiting[i - 1]
            i -= 1
        keys[i], waiting[i] = key, visit
        n += 1
