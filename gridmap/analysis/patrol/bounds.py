"""An upper bound on the prize that any plan can collect."""

from __future__ import annotations

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import coo_array

from gridmap.analysis.patrol.problem import FAR, Floats, Problem


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
    The half legs of every route sum to its travel, so each plan is a solution of the relaxation.
    """
    p = problem
    if not p.allowed.any():
        return 0.0
    time, spans = _times(p)
    team, visit = np.nonzero(p.allowed & (time <= spans[:, None]))
    n_pairs, n_stops, depth = len(team), *p.value.shape
    if n_pairs == 0:
        return 0.0
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


def _times(p: Problem) -> tuple[Floats, Floats]:
    """Least time that each visit takes of each team (teams, visits), and each team's time (teams,)."""
    time = np.zeros(p.allowed.shape)
    spans = np.zeros(len(p.teams))
    for r, (begin, end, pause, resume, base, home) in enumerate(p.teams):
        matrix = p.travel[p.profile[r]]
        mine = np.flatnonzero(p.allowed[r])
        rest = max(0.0, min(end, resume) - max(begin, pause)) if pause < resume else 0.0
        spans[r] = end - begin - rest
        if len(mine) == 0:
            continue
        at = p.place[mine]
        legs = matrix[np.ix_(at, at)].copy()
        np.fill_diagonal(legs, FAR)
        out, homeward = matrix[int(base), at], matrix[at, int(home)]
        into = np.minimum(legs.min(axis=0), out)
        away = np.minimum(legs.min(axis=1), homeward)
        time[r, mine] = p.dwell[mine] + 0.5 * (into + away)
        spans[r] = spans[r] - 0.5 * (out.min() + homeward.min())
    return time, spans
