"""What routes are worth, and what a step of the search changes of it, compiled.

Before a step changes a stop, what it was is noted: so that its part of the worth is reckoned anew alone, and put back.
"""

from __future__ import annotations

from typing import Any

from gridmap.analysis._compiled import compiled_in_place as compiled
from gridmap.analysis.patrol._moves import prize_of


@compiled
def note(s: int, problem: Any, prizes: Any, tally: Any, old_tally: Any, rows: Any, found: Any) -> None:
    """Keep what a stop is before a step changes it: its visits, their hours, and what it earns."""
    log, noted = old_tally[4], old_tally[5]
    if noted[s]:
        return
    noted[s] = True
    log[0] += 1
    log[log[0]] = s
    old_tally[0][s] = tally[2][s]
    for v in range(rows[0][s], rows[0][s + 1]):
        old_tally[2][v], old_tally[3][v] = problem[3][v], problem[4][v]
    old_tally[6][s] = gain_of(s, problem[3], prizes, tally, rows, found)


@compiled
def gain_of(s: int, opens: Any, prizes: Any, tally: Any, rows: Any, found: Any) -> float:
    """Sum what the visits to a stop earn; less than nothing where it must be visited and is not."""
    n = tally[2][s]
    if n == 0:
        return float(-prizes[7][s])
    if rows[8].shape[1] > 1:
        return float(prize_of(s, opens, prizes, tally, rows, found))
    gain = 0.0
    for k in range(n):
        gain += prizes[0][s, k]
    return gain


@compiled
def sum_of(now: Any, opens: Any, prizes: Any, tally: Any, rows: Any, found: Any) -> float:
    """Sum what all stops earn and what keeping visits is worth, without what villages lack."""
    whole = 0.0
    for s in range(len(tally[2])):
        whole += gain_of(s, opens, prizes, tally, rows, found)
    for r in range(len(now[1])):
        whole += liking(r, now, prizes)
    return whole


@compiled
def liking(r: int, now: Any, prizes: Any) -> float:
    """Sum what it is worth that a team makes the visits of its route, besides their prizes."""
    worth = 0.0
    for i in range(now[1][r]):
        worth += prizes[6][r, now[0][r, i]]
    return worth


@compiled
def changed(now: Any, old: Any, saved: Any, opens: Any, prizes: Any, tally: Any, old_tally: Any, rows: Any,
            found: Any) -> float:  # fmt: skip
    """By how much what all stops earn was changed since they were noted; villages are told of hours."""
    log, more = old_tally[4], 0.0
    hours = rows[8].shape[1]
    covered, village = tally[3], prizes[3]
    if hours > 1:
        for v in range(len(covered)):
            covered[v] = old_tally[1][v]
    for k in range(1, log[0] + 1):
        s = log[k]
        gain = gain_of(s, opens, prizes, tally, rows, found)
        more += gain - old_tally[6][s]
        if hours > 1:
            # What must be visited and is not has a price, and brings its village nothing.
            covered[village[s]] += (gain if tally[2][s] > 0 else 0.0) - (
                old_tally[6][s] if old_tally[0][s] > 0 else 0.0
            )
    for r in range(len(saved)):
        if saved[r]:
            more += liking(r, now, prizes) - liking(r, old, prizes)
    return more


@compiled
def lacking(prizes: Any, covered: Any) -> float:
    """Price of what villages lack of their share."""
    need, shortfall = prizes[4], prizes[5]
    price = 0.0
    for v in range(len(need)):
        if covered[v] < need[v]:
            price += shortfall[v] * (need[v] - covered[v])
    return price


@compiled
def worth_of(
    routes: Any,
    sizes: Any,
    prizes: Any,
    counts: Any,
    covered: Any,
    opens: Any,
    tally: Any,
    rows: Any,
    found: Any,
) -> float:
    """Prize of all visits, less what villages lack of their share, plus what keeping visits is worth."""
    value, stop, _, village, _, _, liked, must = prizes
    for s in range(len(counts)):
        counts[s] = 0
    for v in range(len(covered)):
        covered[v] = 0.0
    worth = 0.0
    hours = rows[8].shape[1]
    for r in range(len(sizes)):
        for i in range(sizes[r]):
            visit = routes[r, i]
            s = stop[visit]
            gain = value[s, counts[s]] if hours == 1 else 0.0
            counts[s] += 1
            worth += gain + liked[r, visit]
            covered[village[s]] += gain
    for s in range(len(counts)):
        if counts[s] == 0:
            worth -= must[s]
        elif hours > 1:
            gain = prize_of(s, opens, prizes, tally, rows, found)
            worth += gain
            covered[village[s]] += gain
    return float(worth - lacking(prizes, covered))
