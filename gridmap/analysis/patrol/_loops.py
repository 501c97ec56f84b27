"""Ruin and recreate over routes with time windows, compiled.

Routes are rows of an array of visits, with the times of `_timing` at each position.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from gridmap.analysis._compiled import compiled_in_place as compiled
from gridmap.analysis.patrol._moves import burden, copy_route, place_visit, save_route, separate
from gridmap.analysis.patrol._pool import keep
from gridmap.analysis.patrol._ranking import choose, rank
from gridmap.analysis.patrol._standing import lacks, move, move_back
from gridmap.analysis.patrol._timing import draw, refresh
from gridmap.analysis.patrol._worth import changed, lacking, note, worth_of


@compiled
def _remove_string(
    r: int, position: int, longest: float, routes: Any, sizes: Any, prizes: Any, tally: Any, state: Any,
    old_tally: Any, rows: Any, problem: Any, found: Any,
) -> None:  # fmt: skip
    """Take a run of visits around a position out of a route, at times leaving a piece in its middle."""
    value, stop, slot, village = prizes[0], prizes[1], prizes[2], prizes[3]
    inside, used, counts, covered, dirty = tally
    n = sizes[r]
    out = min(n, int(draw(state) * min(longest, float(n)) + 1.0))
    keep = 0
    if 1 < out < n and draw(state) < 0.5:
        keep = 1
        while out + keep < n and draw(state) > 0.5:
            keep += 1
    total = out + keep
    low, high = max(0, position - total + 1), min(position, n - total)
    first = low + int(draw(state) * (high - low + 1))
    kept = first + int(draw(state) * out) if keep > 0 else first + total
    write = first
    for i in range(first, n):
        visit = routes[r, i]
        if i >= first + total or kept <= i < kept + keep:
            routes[r, write] = visit
            write += 1
        else:
            s = stop[visit]
            note(s, problem, prizes, tally, old_tally, rows, found)
            inside[visit] = -1
            used[slot[visit]] = False
            counts[s] -= 1
            dirty[s] = True
            covered[village[s]] -= value[s, counts[s]]
    sizes[r] = write


@compiled
def search(  # noqa: PLR0915 - one flat loop is what compiles fast
    steps: int, heat: Any, tuning: Any, state: Any, problem: Any, prizes: Any, near: Any, thrift: Any,
    allowed: Any, now: Any, old: Any, marks: Any, tally: Any, old_tally: Any, queue: Any, rows: Any, found: Any,
    aim: Any, current: Any, best_routes: Any, best_sizes: Any, best_hours: Any, best: Any, pool: Any, stands: Any,
) -> None:  # fmt: skip
    """Take steps of one cooling cycle; what it finds is changed in place.

    Parameters
    ----------
    steps : int
    heat : ndarray of float64, shape (2,)
        Temperature in units of prize, and its factor from step to step.
    tuning : (float, float, float, float, float)
        Price of travel, mean number of visits taken out, longest run, share of positions overlooked, and how unevenly
        the time of teams is weighed from step to step.
    state : ndarray of uint64, shape (1,)
    problem : tuple of ndarray
        Travel (profiles, places, places), profile of each team, place, opening, closing and dwell of each visit, for
        each team begin, end, break's begin and end, base, home, and what its time weighs, always and in a step, and
        which visits begin as early as they can. Opening and closing are narrowed where a stop has several visits.
    prizes : tuple of ndarray
        Value of a stop's k-th visit, stop, slot and village of visits and stops, need of villages, price of what they
        lack, worth of having a visit with a team, and price of leaving a stop out.
    near : ndarray of int64, shape (visits, k)
        Nearest visits; where they are not all others, a step looks at some stops only.
    thrift : ndarray of float64, shape (stops,)
        One over what a first visit is worth.
    allowed : ndarray of bool, shape (teams, visits)
    now, old : tuple of ndarray
        Routes, their sizes, earliest and latest starts, travel, dwell and excessive waiting: where the search is, and
        room for a copy.
    marks : tuple of ndarray of bool, shape (teams,)
        Routes that are open to a step, and those that are copied.
    tally, old_tally : tuple of ndarray
        Team of each visit or -1, slots in use, visits of each stop, prize of each village, and stops whose visits are
        to be separated; `old_tally` visits of stops, prize of villages, hours of visits, the stops that a step changes
        with their number first, marks of them, and what they earned.
    queue : tuple of ndarray
        Room for visits and their keys; the stops that a step looks at, all of them to begin with, room for marks, and
        for the opening of a visit that found no room.
    rows : tuple of ndarray
        First visit of each stop, its gap and most interval, hours of visits as they are asked for, hours of teams,
        stops with an interval, and the spans in which it holds; when the pieces of each stop's hours begin and end, and
        what part of the prize each earns.
    found : tuple of ndarray
        Room for the visits of one stop and their starts.
    aim : ndarray of float64, shape (11,)
        Most waiting; prices of travel and of uneven loads, with the squares and the largest of loads that they are
        measured by; least worth without it; prices of excessive waiting and of intervals; the largest load now; number
        of teams that can visit some stop; travel that the mean prize is worth.
    current, best : ndarray of float64, shape (2,)
        Energy of where it is, and what its stops earn; worth and travel of the best.
    best_routes, best_sizes : ndarray of int64
    best_hours : ndarray of float64, shape (2, visits)
    pool : tuple of ndarray
        Good routes that were seen.
    stands : tuple of ndarray
        Where teams stand, as `standing` gives it; no moments where nobody asks for it.
    """
    routes, sizes, driven = now[0], now[1], now[4]
    value, stop, slot, village = prizes[0], prizes[1], prizes[2], prizes[3]
    inside, used, counts, covered, dirty = tally
    price, mean_out, longest, blink, unevenness = tuning
    teams_table, opens, closes = problem[6], problem[3], problem[4]
    teams, visits = allowed.shape
    touched, saved = marks
    near_asked = len(stands[0]) > 0
    waiting, shut, log, noted = queue[0], queue[4], old_tally[4], old_tally[5]
    several = value.shape[1] > 2 or rows[8].shape[1] > 1
    wide = near.shape[1] < visits - 1
    for _ in range(steps):
        heat[0] *= heat[1]
        whole = 0
        for r in range(teams):
            touched[r], saved[r] = False, False
            whole += sizes[r]
            teams_table[r, 7] = teams_table[r, 6] * (1.0 + unevenness * draw(state))
        if aim[2] > 0.0:
            aim[8] = 1e-9
            for r in range(teams):
                aim[8] = max(aim[8], (driven[r] + now[5][r]) / rows[5][r])
        for k in range(1, log[0] + 1):
            dirty[log[k]], noted[log[k]] = False, False
        log[0] = 0
        for v in range(len(covered)):
            old_tally[1][v] = covered[v]
        spread = draw(state)
        longest_now = min(1.0 + (longest - 1.0) * spread, max(1.0, float(whole) / teams))
        some = mean_out * (0.1 + 0.9 * draw(state))
        strings = int(draw(state) * (4.0 * some / (1.0 + longest_now) - 1.0) + 1.0)
        seed = int(draw(state) * visits)
        cut = 0
        drivable = True
        forced = inside[seed] < 0
        for j in range(-1, near.shape[1]):
            if cut >= strings:
                break
            visit = seed if j < 0 else near[seed, j]
            r = inside[visit]
            if r < 0 or touched[r]:
                continue
            touched[r] = True
            cut += 1
            save_route(r, now, old, saved)
            position = 0
            while routes[r, position] != visit:
                position += 1
            _remove_string(
                r, position, longest_now, routes, sizes, prizes, tally, state, old_tally, rows, problem, found
            )  # fmt: skip
            driven[r] = refresh(r, now, problem, aim[0])
            drivable = drivable and driven[r] >= 0.0
        # A team that stays at home has no visit that could be taken out; it is open to every step.
        for r in range(teams):
            if not touched[r] and ((cut == 0 and not wide) or sizes[r] == 0):
                touched[r] = True
                save_route(r, now, old, saved)
        if several and drivable:
            for k in range(log[0] if wide else len(counts)):
                s = log[k + 1] if wide else k
                if dirty[s] and counts[s] > 0:
                    drivable = (
                        separate(s, problem, tally, now, old, saved, rows, found, state, aim[0]) and drivable
                    )
                if dirty[s]:
                    for v in range(rows[0][s], rows[0][s + 1]):
                        if inside[v] < 0:
                            opens[v], closes[v] = rows[3][v], rows[4][v]

        accepted = False
        stands[14][3] = 0.0
        if drivable:
            how = int(draw(state) * 5.0)
            most = choose(seed, prizes, log, near, rows, queue, state) if wide else len(counts)
            for k in range(most if wide else 0):
                shut[queue[2][k]] = np.inf
            n = rank(
                seed, forced, how, most, prizes, tally, thrift, queue, state, now, problem, touched, allowed, rows
            )  # fmt: skip
            for o in range(n):
                visit = waiting[o]
                s = stop[visit]
                if used[slot[visit]] or (counts[s] > 0 and value[s, counts[s]] <= 0.0):
                    continue
                # Where one visit to a stop found no room, another in the same hours finds none.
                if wide and shut[s] == rows[3][visit]:
                    continue
                note(s, problem, prizes, tally, old_tally, rows, found)
                team, position = place_visit(
                    visit, problem, prizes, tally, now, rows, found, touched, allowed, blink, state, aim
                )
                if team >= 0:
                    for i in range(sizes[team], position, -1):
                        routes[team, i] = routes[team, i - 1]
                    routes[team, position] = visit
                    sizes[team] += 1
                    inside[visit] = team
                    used[slot[visit]] = True
                    covered[village[s]] += value[s, counts[s]]
                    counts[s] += 1
                    driven[team] = refresh(team, now, problem, aim[0])
                    shut[s] = np.inf
                    if counts[s] > 1:
                        drivable = (
                            separate(s, problem, tally, now, old, saved, rows, found, state, aim[0])
                            and drivable
                        )
                        if not drivable:
                            break
                else:
                    shut[s] = rows[3][visit]
        if drivable:
            if wide:
                earns = current[1] + changed(now, old, saved, opens, prizes, tally, old_tally, rows, found)
                worth = earns - lacking(prizes, covered)
            else:
                earns = worth = worth_of(routes, sizes, prizes, counts, covered, opens, tally, rows, found)
            rules, uneven = burden(now, tally, rows, found, aim)
            worth -= rules
            if near_asked:
                move(saved, now, problem, stands)
                worth -= lacks(stands)
            length = 0.0
            for r in range(teams):
                length += driven[r] * teams_table[r, 6]
            short = max(0.0, aim[5] - worth)
            energy = price * length - worth + uneven + 3.0 * short
            if energy < current[0] - heat[0] * math.log(draw(state) + 1e-300):
                accepted = True
                current[0], current[1] = energy, earns
                for r in range(teams):
                    if touched[r]:
                        keep(r, worth, routes, sizes, driven, pool)
                slack = 1e-9 * (1.0 + abs(best[0]))
                worth -= uneven
                if short <= slack and (
                    worth > best[0] + slack
                    or (worth >= best[0] - slack and length < best[1] - 1e-9 * (1.0 + best[1]))
                ):
                    # Kept from sinking by many ties that are each a hair worse.
                    best[0], best[1] = max(worth, best[0]), length
                    if several:
                        for v in range(visits):
                            best_hours[0, v], best_hours[1, v] = opens[v], closes[v]
                    for r in range(teams):
                        best_sizes[r] = sizes[r]
                        for i in range(sizes[r]):
                            best_routes[r, i] = routes[r, i]
        if not accepted:
            if near_asked:
                move_back(saved, stands)
            for r in range(teams):
                if saved[r]:
                    for i in range(sizes[r]):
                        inside[routes[r, i]] = -1
                        used[slot[routes[r, i]]] = False
            for r in range(teams):
                if saved[r]:
                    copy_route(r, old, now)
                    for i in range(sizes[r]):
                        inside[routes[r, i]] = r
                        used[slot[routes[r, i]]] = True
            for k in range(1, log[0] + 1):
                s = log[k]
                counts[s] = old_tally[0][s]
                for v in range(rows[0][s], rows[0][s + 1]):
                    opens[v], closes[v] = old_tally[2][v], old_tally[3][v]
            for v in range(len(covered)):
                covered[v] = old_tally[1][v]
