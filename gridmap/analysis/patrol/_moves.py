"""Where a visit fits, what it costs there, and how visits to one stop are kept apart, compiled.

A visit that is put into a route has hours of its own, narrower than those that were asked for where its stop has
others: within them it may be moved without coming nearer to them than the gap, so that a route is checked by itself.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gridmap.analysis._compiled import compiled_in_place as compiled
from gridmap.analysis.patrol._timing import arrive, draw, refresh, start_from

EVEN_ENOUGH = 1.45
"""Largest load to the mean that costs nothing by itself; 1.5 is what is promised where it can be had."""


@compiled
def best_position(
    visit: int,
    r: int,
    routes: Any,
    sizes: Any,
    problem: Any,
    start: Any,
    latest: Any,
    blink: float,
    state: Any,
    first: int,
) -> Any:
    """Least additional travel of a visit in a route, and where; infinite where it fits nowhere from `first` on."""
    travel, profile, place, opens, closes, dwell, teams, _ = problem
    matrix = travel[profile[r]]
    begin, pause, resume = teams[r, 0], teams[r, 2], teams[r, 3]
    at, home = int(teams[r, 4]), int(teams[r, 5])
    leave, here, stay = begin, place[visit], dwell[visit]
    n = sizes[r]
    best, where = np.inf, -1
    for i in range(n + 1):
        if leave > closes[visit]:
            break
        then = place[routes[r, i]] if i < n else home
        leg, onward = matrix[at, here], matrix[here, then]
        more = leg + onward - (matrix[at, then] if n > 0 else 0.0)
        if more < best:
            reached = arrive(leave, leg, pause, resume)
            s = start_from(max(reached, opens[visit]), stay, pause, resume)
            more += 0.5 * (s - reached)
            if (
                more < best
                and i >= first
                and s <= closes[visit]
                and arrive(s + stay, onward, pause, resume) <= latest[r, i]
                and (blink == 0.0 or draw(state) >= blink)
            ):
                best, where = more, i
        if i < n:
            leave = start[r, i] + dwell[routes[r, i]]
            at = then
    return best, where


@compiled
def piece_at(s: int, at: float, begins: Any) -> int:
    """Piece of a stop's hours in which a moment lies."""
    k = 0
    while k + 1 < begins.shape[1] and begins[s, k + 1] <= at:
        k += 1
    return k


@compiled
def prize_of(s: int, opens: Any, prizes: Any, tally: Any, rows: Any, found: Any) -> float:
    """Prize of the visits that are made to a stop: the k-th best of their hours has the k-th prize."""
    first, begins, part, parts = rows[0], rows[8], rows[10], found[1]
    n = 0
    for visit in range(first[s], first[s + 1]):
        if tally[0][visit] < 0:
            continue
        # Hours of a visit that is made lie within one piece.
        share = part[s, piece_at(s, opens[visit], begins)]
        j = n
        while j > 0 and parts[j - 1] < share:
            parts[j] = parts[j - 1]
            j -= 1
        parts[j] = share
        n += 1
    prize = 0.0
    for k in range(n):
        prize += prizes[0][s, k] * parts[k]
    return prize


@compiled
def copy_route(r: int, source: Any, target: Any) -> None:
    """Copy a route with its times."""
    target[1][r] = source[1][r]
    target[4][r] = source[4][r]
    target[5][r] = source[5][r]
    target[6][r] = source[6][r]
    for i in range(source[1][r]):
        target[0][r, i] = source[0][r, i]
        target[2][r, i] = source[2][r, i]
        target[3][r, i] = source[3][r, i]
    target[3][r, source[1][r]] = source[3][r, source[1][r]]


@compiled
def save_route(r: int, now: Any, old: Any, saved: Any) -> None:
    """Copy a route before it is changed, once a step."""
    if not saved[r]:
        saved[r] = True
        copy_route(r, now, old)


@compiled
def times_of(s: int, tally: Any, now: Any, rows: Any, found: Any) -> int:
    """Sort the visits that are made to a stop by their start; how many there are."""
    first, ids, starts = rows[0], found[0], found[1]
    inside = tally[0]
    n = 0
    for visit in range(first[s], first[s + 1]):
        r = inside[visit]
        if r < 0:
            continue
        i = 0
        while now[0][r, i] != visit:
            i += 1
        at = now[2][r, i]
        j = n
        while j > 0 and starts[j - 1] > at:
            ids[j], starts[j] = ids[j - 1], starts[j - 1]
            j -= 1
        ids[j], starts[j] = visit, at
        n += 1
    return n


@compiled
def separate(
    s: int, problem: Any, tally: Any, now: Any, old: Any, saved: Any, rows: Any, found: Any, state: Any,
    most_wait: float,
) -> bool:  # fmt: skip
    """Divide the time between visits to a stop, so that each may be moved without coming nearer than the gap.

    The time between two visits is cut at random: what is long enough for both sides is tried in the course of steps.
    """
    opens, closes, gap = problem[3], problem[4], rows[1][s]
    inside, ids, starts = tally[0], found[0], found[1]
    n = times_of(s, tally, now, rows, found)
    floor = -np.inf
    for i in range(n):
        visit = ids[i]
        piece = piece_at(s, starts[i], rows[8])
        low = max(rows[3][visit], floor, rows[8][s, piece])
        high = min(rows[4][visit], rows[9][s, piece])
        if i + 1 < n:
            cut = starts[i] + draw(state) * max(0.0, starts[i + 1] - gap - starts[i])
            high, floor = min(high, cut), cut + gap
        opens[visit], closes[visit] = low, high
    drivable = True
    for i in range(n):
        r = inside[ids[i]]
        save_route(r, now, old, saved)
        now[4][r] = refresh(r, now, problem, most_wait)
        drivable = drivable and now[4][r] >= 0.0
    return drivable


@compiled
def place_visit(
    visit: int, problem: Any, prizes: Any, tally: Any, now: Any, rows: Any, found: Any, touched: Any, allowed: Any,
    blink: float, state: Any, aim: Any,
) -> Any:  # fmt: skip
    """Cheapest route and position of a visit that keeps its gap to the others of its stop, and its hours there.

    Where the hour decides what it earns, the prize counts against the way: by as much as chance will have it.
    """
    routes, sizes, start, latest, driven, busy, _ = now
    opens, closes, dwell, teams = problem[3], problem[4], problem[5], problem[6]
    stop, ids, starts = prizes[1], found[0], found[1]
    s = stop[visit]
    n = times_of(s, tally, now, rows, found) if tally[2][s] > 0 else 0
    gap = rows[1][s]
    least, team, position, low, high = np.inf, -1, 0, rows[3][visit], rows[4][visit]
    begins, ends = rows[8], rows[9]
    hours = begins.shape[1]
    keen = 2.0 * aim[10] * draw(state) * prizes[0][s, tally[2][s]] if hours > 1 else 0.0
    for k in range((n + 1) * hours):
        piece, hour = k // hours, k % hours
        after = starts[piece - 1] + gap if piece > 0 else -np.inf
        before = starts[piece] - gap if piece < n else np.inf
        opens[visit] = max(rows[3][visit], after, begins[s, hour])
        closes[visit] = min(rows[4][visit], before, ends[s, hour])
        if opens[visit] > closes[visit]:
            continue
        gain = keen * rows[10][s, hour]
        for r in range(len(touched)):
            if not (touched[r] and allowed[r, visit]):
                continue
            if closes[visit] < teams[r, 0] or opens[visit] > teams[r, 1]:
                continue
            first = 0
            for j in range(piece):
                # Before a visit that is to come first there is no room, whatever its times.
                if tally[0][ids[j]] == r:
                    i = 0
                    while routes[r, i] != ids[j]:
                        i += 1
                    first = max(first, i + 1)
            more, i = best_position(visit, r, routes, sizes, problem, start, latest, blink, state, first)
            if i < 0:
                continue
            # A visit that is liked here is put back here where that costs less way than it is worth.
            cost = more * teams[r, 7] - gain - prizes[6][r, visit] / aim[1]
            if aim[2] > 0.0:
                was = (driven[r] + busy[r]) / rows[5][r]
                then = was + (more + dwell[visit]) / rows[5][r]
                squares = (then * then - was * was) / aim[3]
                # A high power stands for the largest load: who has most already gets no more.
                top = ((then / aim[8]) ** 6 - (was / aim[8]) ** 6) * aim[8] / aim[4]
                idle = 1.0 / aim[9] if sizes[r] == 0 else 0.0
                cost = aim[1] * cost + aim[2] * (0.25 * (squares + top) - 2.0 * idle)
            if cost < least:
                least, team, position = cost, r, i
                low, high = opens[visit], closes[visit]
    opens[visit], closes[visit] = low, high
    return team, position


@compiled
def burden(now: Any, tally: Any, rows: Any, found: Any, aim: Any) -> Any:
    """Price what breaks the rules of waiting and of intervals, and uneven loads."""
    rules = 0.0
    most, squares, whole_load, idle = 0.0, 0.0, 0.0, aim[9]
    for r in range(len(now[1])):
        if now[6][r] > 0.0:
            rules += aim[6] * (1.0 + now[6][r] / 60.0)
        if aim[2] > 0.0 and now[1][r] > 0:
            load = (now[4][r] + now[5][r]) / rows[5][r]
            squares += load * load
            whole_load += load
            most = max(most, load)
            idle -= 1.0
    for k in range(len(rows[6])):
        s = rows[6][k]
        n = times_of(s, tally, now, rows, found)
        late, whole = 0.0, 0.0
        for w in range(rows[7].shape[1]):
            begin, end = rows[7][k, w, 0], rows[7][k, w, 1]
            if end <= begin:
                continue
            last = begin
            for i in range(n):
                if begin <= found[1][i] <= end:
                    late += max(0.0, found[1][i] - last - rows[2][s])
                    last = found[1][i]
            late += max(0.0, end - last - rows[2][s])
            whole += end - begin
        if whole > 0.0:
            rules += aim[7] * late / whole
    uneven = 0.0
    if aim[2] > 0.0:
        beyond = max(0.0, most * aim[9] / whole_load - EVEN_ENOUGH) if whole_load > 0.0 else 0.0
        uneven = aim[2] * (0.25 * (squares / aim[3] + most / aim[4]) + 2.0 * idle / aim[9] + beyond)
    return rules, uneven
