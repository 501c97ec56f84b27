"""Where teams stand at each quarter of an hour, and the households that are near to one of them, compiled."""

from __future__ import annotations

from typing import Any

import numpy as np

from gridmap.analysis._compiled import compiled_in_place as compiled
from gridmap.analysis.patrol._timing import arrive, leave_by, start_by
from gridmap.analysis.patrol.problem import Problem


def standing(problem: Problem) -> tuple[Any, ...]:
    """Return what the search keeps of the households near to teams; without any, where nobody asks for them.

    Returns
    -------
    tuple of ndarray
        Moments; first home of each place, homes and their seconds; group of teams; places where visits begin and end;
        households; place and way left of each team at each moment, now and before a step; teams near to each home at
        each moment; households that are near at each moment; needed, price of each household that lacks, limit and
        whether the last step was counted; room for starts.
    """
    homes, teams = problem.homes, len(problem.teams)
    if homes is None:
        none, nothing = np.zeros(0), np.zeros(0, np.int64)
        return (
            none, np.zeros((1, 1), np.int64), nothing, none, np.zeros(teams, np.int64), nothing, nothing, none,
            np.zeros((teams, 0), np.int64), np.zeros((teams, 0)), np.zeros((teams, 0), np.int64), np.zeros((teams, 0)),
            np.zeros((0, 0), np.int64), none, np.zeros(4), np.zeros(1),
        )  # fmt: skip
    quarters, whole = len(homes.moments), float(homes.count.sum())
    wide = teams, quarters
    return (
        homes.moments, homes.first, homes.home, homes.seconds, homes.group, homes.enters, homes.leaves, homes.count,
        np.full(wide, -1, np.int64), np.zeros(wide), np.full(wide, -1, np.int64), np.zeros(wide),
        np.zeros((quarters, len(homes.count)), np.int64), np.zeros(quarters),
        np.array([homes.level * whole, homes.price / whole, homes.limit_s, 0.0]), np.zeros(len(problem.place) + 1),
    )  # fmt: skip


def most_lacking(problem: Problem) -> float:
    """Return the price of no household near to any team throughout the shift."""
    homes = problem.homes
    return 0.0 if homes is None else homes.price * homes.level * len(homes.moments)


@compiled
def count_at(r: int, q: int, place: int, left_s: float, more: int, stands: Any) -> None:
    """Count a team at a place, or on its way there, in one quarter of an hour; or take it out."""
    first, home, seconds, count, near, covered = (
        stands[1],
        stands[2],
        stands[3],
        stands[7],
        stands[12],
        stands[13],
    )
    if place < 0:
        return
    g, most = stands[4][r], stands[14][2] - left_s
    for k in range(first[g, place], first[g, place + 1]):
        if seconds[k] > most:
            break
        h = home[k]
        if more > 0 and near[q, h] == 0:
            covered[q] += count[h]
        near[q, h] += more
        if more < 0 and near[q, h] == 0:
            covered[q] -= count[h]


@compiled
def posts_of(r: int, now: Any, problem: Any, stands: Any) -> None:
    """Write where a team stands in each quarter of an hour, with the times that a plan will have."""
    routes, sizes, start = now[0], now[1], now[2]
    travel, profile, place, _, closes, dwell, teams, fixed = problem
    moments, enters, leaves, posts, left = stands[0], stands[5], stands[6], stands[8], stands[9]
    matrix, begins = travel[profile[r]], stands[15]
    begin, end, pause, resume = teams[r, 0], teams[r, 1], teams[r, 2], teams[r, 3]
    base, home, n = int(teams[r, 4]), int(teams[r, 5]), sizes[r]
    for i in range(n - 1, -1, -1):
        visit = routes[r, i]
        begins[i] = start[r, i]
        if i < n - 1 and not fixed[visit]:
            by = (
                leave_by(begins[i + 1], matrix[place[visit], place[routes[r, i + 1]]], pause, resume)
                - dwell[visit]
            )
            begins[i] = max(start[r, i], start_by(min(by, closes[visit]), dwell[visit], pause, resume))
    free, at, i = begin, base, 0
    leg = matrix[base, place[routes[r, 0]]] if n > 0 else 0.0
    if n > 0:
        free = max(begin, leave_by(begins[0], leg, pause, resume))
    due = arrive(free, leg, pause, resume)
    for q in range(len(moments)):
        t = moments[q]
        posts[r, q], left[r, q] = -1, 0.0
        if t < begin or t >= end:
            continue
        while i < n and t >= begins[i] + dwell[routes[r, i]]:
            free = begins[i] + dwell[routes[r, i]]
            at = place[routes[r, i]]
            i += 1
            leg = matrix[at, place[routes[r, i]] if i < n else home]
            due = arrive(free, leg, pause, resume)
        if i == n:
            if n == 0 or t < due - leg:
                posts[r, q] = leaves[at]
            else:
                posts[r, q], left[r, q] = enters[home], max(0.0, due - t)
            continue
        visit = routes[r, i]
        reached = min(due, begins[i])
        if t < reached - leg:
            posts[r, q] = leaves[at]
        elif t < reached:
            posts[r, q], left[r, q] = enters[place[visit]], reached - t
        elif 2.0 * t < 2.0 * begins[i] + dwell[visit]:
            posts[r, q] = enters[place[visit]]
        else:
            posts[r, q] = leaves[place[visit]]


@compiled
def stand_anew(now: Any, problem: Any, stands: Any) -> None:
    """Count all teams from nothing."""
    stands[14][3] = 0.0
    if len(stands[0]) == 0:
        return
    for q in range(len(stands[13])):
        stands[13][q] = 0.0
        for h in range(stands[12].shape[1]):
            stands[12][q, h] = 0
    for r in range(len(now[1])):
        posts_of(r, now, problem, stands)
        for q in range(len(stands[0])):
            count_at(r, q, stands[8][r, q], stands[9][r, q], 1, stands)


@compiled
def move(saved: Any, now: Any, problem: Any, stands: Any) -> None:
    """Count the teams whose routes a step changes where they are now."""
    posts, left, old_posts, old_left = stands[8], stands[9], stands[10], stands[11]
    stands[14][3] = 1.0
    for r in range(len(saved)):
        if not saved[r]:
            continue
        for q in range(len(stands[0])):
            old_posts[r, q], old_left[r, q] = posts[r, q], left[r, q]
        posts_of(r, now, problem, stands)
        for q in range(len(stands[0])):
            if posts[r, q] != old_posts[r, q] or left[r, q] != old_left[r, q]:
                count_at(r, q, old_posts[r, q], old_left[r, q], -1, stands)
                count_at(r, q, posts[r, q], left[r, q], 1, stands)


@compiled
def move_back(saved: Any, stands: Any) -> None:
    """Take back what the last step moved."""
    posts, left, old_posts, old_left = stands[8], stands[9], stands[10], stands[11]
    if stands[14][3] == 0.0:
        return
    for r in range(len(saved)):
        if not saved[r]:
            continue
        for q in range(len(stands[0])):
            if posts[r, q] != old_posts[r, q] or left[r, q] != old_left[r, q]:
                count_at(r, q, posts[r, q], left[r, q], -1, stands)
                count_at(r, q, old_posts[r, q], old_left[r, q], 1, stands)
                posts[r, q], left[r, q] = old_posts[r, q], old_left[r, q]


@compiled
def lacks(stands: Any) -> float:
    """Price of the households that lack to the level that is asked for, summed over the quarters of an hour."""
    price = 0.0
    for q in range(len(stands[13])):
        price += stands[14][1] * max(0.0, stands[14][0] - stands[13][q])
    return price
