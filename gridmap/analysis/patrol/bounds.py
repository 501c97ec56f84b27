"""An upper bound on the prize that any plan can collect."""

from __future__ import annotations

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import coo_array

from gridmap.analysis.patrol.problem import FAR, Floats, Ints, Problem

_PAIRS = 6_000


def upper_bound(problem: Problem) -> float:
    """Prize that no plan exceeds, whatever its villages need.

    Parameters
    ----------
    problem : Problem

    Returns
    -------
    float

    Notes
    -----
    A linear relaxation. Each visit takes of a team's time its dwell and half of the shortest leg into it and half of
    the shortest leg out of it; a route takes besides half of the shortest leg out of its base and half of the shortest
    leg home. Each team has its shift less the break; a slot is used once; a stop's k-th visit earns its k-th prize.
    The half legs of every route sum to its travel, so each plan is a solution of the relaxation. Of more than 6,000
    pairs of team and visit the teams' times are one sum, and a stop's visits take what they take of the team that needs
    least: the fractional knapsack, never below the other.
    """
    p = problem
    if not p.allowed.any():
        return 0.0
    time, spans = _times(p)
    team, visit = np.nonzero(p.allowed & (time <= spans[:, None]))
    n_pairs, n_stops, depth = len(team), *p.value.shape
    if n_pairs == 0:
        return 0.0
    if n_pairs > _PAIRS:
        return _as_one(p, team, visit, time, spans)
    prize_column = n_pairs + np.arange(n_stops * depth)
    n = n_pairs + n_stops * depth
    n_teams, n_slots = len(p.teams), int(p.slot.max()) + 1
    pairs = np.arange(n_pairs)
    rows = np.concatenate([team, n_teams + p.slot[visit]])
    columns = np.concatenate([pairs, pairs])
    scale = np.maximum(spans, 1e-300)
    entries = np.concatenate([time[team, visit] / scale[team], np.ones(n_pairs)])
    limits = coo_array((entries, (rows, columns)), shape=(n_teams + n_slots, n)).tocsr()
    links = coo_array(
        (
            np.concatenate([np.ones(n_pairs), -np.ones(n_stops * depth)]),
            (
                np.concatenate([p.stop[visit], np.repeat(np.arange(n_stops), depth)]),
                np.concatenate([pairs, prize_column]),
            ),
        ),
        shape=(n_stops, n),
    ).tocsr()
    cost = np.zeros(n)
    cost[n_pairs:] = -p.value.reshape(-1)
    found = linprog(
        cost,
        A_ub=limits,
        b_ub=np.ones(n_teams + n_slots),
        A_eq=links,
        b_eq=np.zeros(n_stops),
        bounds=(0.0, 1.0),
    )
    ceiling = float(p.value[np.unique(p.stop[visit])].sum())
    if found.status != 0:
        return ceiling
    # The solver's tolerance is given to the bound, never taken from it.
    return min(ceiling, float(-found.fun) * (1.0 + 1e-6) + 1e-9)


def _as_one(p: Problem, team: Ints, visit: Ints, time: Floats, spans: Floats) -> float:
    """Bound of the teams as if they were one: prizes by what they earn for the time, the last one in part."""
    least = np.full(len(p.value), np.inf)
    np.minimum.at(least, p.stop[visit], time[team, visit])
    worth = p.value.reshape(-1)
    takes = np.repeat(least, p.value.shape[1])
    worth, takes = worth[np.isfinite(takes) & (worth > 0)], takes[np.isfinite(takes) & (worth > 0)]
    order = np.argsort(-worth / np.maximum(takes, 1e-300))
    room = float(np.maximum(spans, 0.0).sum()) - np.concatenate([[0.0], np.cumsum(takes[order])[:-1]])
    part = np.clip(room / np.maximum(takes[order], 1e-300), 0.0, 1.0)
    return float(worth[order] @ part) * (1.0 + 1e-6) + 1e-9


def _times(p: Problem) -> tuple[Floats, Floats]:
    """Least time that each visit takes of each team (teams, visits), and each team's time (teams,)."""
    time = np.zeros(p.allowed.shape)
    spans = np.zeros(len(p.teams))
    known: dict[tuple[int, bytes], tuple[Floats, Floats]] = {}
    for r, (begin, end, pause, resume, base, home) in enumerate(p.teams):
        matrix = p.travel[p.profile[r]]
        mine = np.flatnonzero(p.allowed[r])
        rest = max(0.0, min(end, resume) - max(begin, pause)) if pause < resume else 0.0
        spans[r] = end - begin - rest
        if len(mine) == 0:
            continue
        at = p.place[mine]
        key = int(p.profile[r]), p.allowed[r].tobytes()
        if key not in known:
            known[key] = _least_legs(matrix, at)
        out, homeward = matrix[int(base), at], matrix[at, int(home)]
        into, away = np.minimum(known[key][0], out), np.minimum(known[key][1], homeward)
        time[r, mine] = p.dwell[mine] + 0.5 * (into + away)
        spans[r] = spans[r] - 0.5 * (out.min() + homeward.min())
    return time, spans


def _least_legs(matrix: Floats, at: Ints) -> tuple[Floats, Floats]:
    """Shortest leg into and out of each visit from and to another one."""
    places, row, times = np.unique(at, return_inverse=True, return_counts=True)
    legs = matrix[np.ix_(places, places)]
    # Another visit to the same place is no leg at all.
    np.fill_diagonal(legs, np.where(times > 1, 0.0, FAR))
    return legs.min(axis=0)[row], legs.min(axis=1)[row]
