"""The best plan that is made of routes seen before: a set packing."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, linprog, milp
from scipy.sparse import coo_array, csr_array, hstack, vstack

from gridmap.analysis.patrol._pool import Pool
from gridmap.analysis.patrol.problem import Floats, Ints, Problem

_COLUMNS, _FEW, _NODES = 1_000, 600, 200


def kinds_of(problem: Problem) -> Ints:
    """Give teams that can drive the same routes for the same worth the same number, from 0.

    Parameters
    ----------
    problem : Problem

    Returns
    -------
    ndarray of int64, shape (teams,)
    """
    p = problem
    rows = np.column_stack([p.profile, p.teams, p.allowed, p.liked])
    found: Ints = np.unique(rows, axis=0, return_inverse=True)[1].reshape(-1).astype(np.int64)
    return found


def recombined(
    problem: Problem, pool: Pool, least: float, most_s: float
) -> tuple[tuple[int, ...], ...] | None:
    """Choose routes of the pool, one for each team at most, that are worth more than a plan at hand.

    Parameters
    ----------
    problem : Problem
    pool : Pool
    least : float
        Worth of the plan at hand.
    most_s : float
        Seconds that the choice may take; infinite for a choice that is the same every time.

    Returns
    -------
    tuple of tuple of int or None
        Visits of each team; none where nothing better was found.

    Notes
    -----
    An integer program: each slot is in one route at most, each team drives one route at most, a stop's k-th visit earns
    its k-th prize, a village pays for what it lacks. Routes whose reduced cost in the relaxation shows that no better
    plan has them are left out first.
    """
    keys, seen, _, kind, size, rows, _, kinds = pool
    kept = np.flatnonzero(seen > -np.inf)
    kept = kept[np.lexsort((keys[kept], -seen[kept]))][:_COLUMNS]
    if len(kept) == 0:
        return None
    cost, limits, top = _program(problem, kind[kept], [rows[c, : size[c]] for c in kept], kinds)
    # What is constant: the prices of stops that are left out and of villages that get nothing are in the cost's terms.
    bar = least + float(problem.must.sum()) + 1e-7 * (1.0 + abs(least))
    ceiling = np.concatenate([np.ones(len(kept)), _ceilings(problem)])
    relaxed = linprog(cost, A_ub=limits, b_ub=top, bounds=np.column_stack([np.zeros(len(cost)), ceiling]))
    if relaxed.status != 0 or -relaxed.fun <= bar:
        return None
    reduced = relaxed.lower.marginals[: len(kept)]
    useful = np.flatnonzero(relaxed.fun + reduced <= -bar)
    useful = np.sort(useful[np.lexsort((useful, reduced[useful]))][:_FEW])
    columns = np.concatenate([useful, np.arange(len(kept), len(cost))])
    options: dict[str, float] = {"node_limit": _NODES, "mip_rel_gap": 1e-9}
    if np.isfinite(most_s):
        options["time_limit"] = most_s
    found = milp(
        cost[columns],
        constraints=LinearConstraint(limits[:, columns], ub=top),
        integrality=np.concatenate([np.ones(len(useful)), np.zeros(len(columns) - len(useful))]),
        bounds=Bounds(0.0, ceiling[columns]),
        options=options,
    )
    if found.x is None or -found.fun <= bar:
        return None
    chosen = kept[useful[found.x[: len(useful)] > 0.5]]
    return _dealt(chosen, kind, [tuple(int(v) for v in rows[c, : size[c]]) for c in chosen], kinds)


def _dealt(
    chosen: Ints, kind: Ints, routes: list[tuple[int, ...]], kinds: Ints
) -> tuple[tuple[int, ...], ...]:
    waiting: dict[int, list[tuple[int, ...]]] = {}
    for column, route in zip(chosen, routes, strict=True):
        waiting.setdefault(int(kind[column]), []).append(route)
    return tuple(waiting[int(k)].pop(0) if waiting.get(int(k)) else () for k in kinds)


def _ceilings(p: Problem) -> Floats:
    """Most of each variable besides the routes: visits of each stop that earn, and what each village lacks."""
    return np.concatenate([np.ones(p.value.size), p.need])


def _program(
    p: Problem, kind: Ints, routes: list[NDArray[np.int32]], kinds: Ints
) -> tuple[Floats, csr_array, Floats]:
    """Costs, rows and right-hand sides over routes, earning visits, and what villages lack."""
    n, (n_stops, depth), n_slots = len(routes), p.value.shape, int(p.slot.max()) + 1
    visit = np.concatenate(routes).astype(np.int64)
    column = np.repeat(np.arange(n), [len(route) for route in routes])
    once = np.ones(len(visit))
    n_kinds = int(kinds.max()) + 1
    a_kind = coo_array((np.ones(n), (kind, np.arange(n))), shape=(n_kinds, n))
    a_slot = coo_array((once, (p.slot[visit], column)), shape=(n_slots, n))
    a_stop = coo_array((-once, (p.stop[visit], column)), shape=(n_stops, n))
    earn = coo_array(
        (np.ones(p.value.size), (np.repeat(np.arange(n_stops), depth), np.arange(p.value.size))),
        shape=(n_stops, p.value.size),
    )
    gain = p.value.copy()
    gain[:, 0] += p.must
    worth = np.zeros(n)
    first = np.array([np.flatnonzero(kinds == k)[0] for k in range(n_kinds)])
    np.add.at(worth, column, p.liked[first[kind[column]], visit])
    n_villages = len(p.need)
    got = coo_array(
        (-p.value.reshape(-1), (np.repeat(p.village, depth), np.arange(p.value.size))),
        shape=(n_villages, p.value.size),
    )
    lack = coo_array((-np.ones(n_villages), (np.arange(n_villages), np.arange(n_villages))))
    empty = coo_array((n_kinds + n_slots, p.value.size + n_villages))
    limits = vstack(
        [
            hstack([vstack([a_kind, a_slot]), empty]),
            hstack([a_stop, earn, coo_array((n_stops, n_villages))]),
            hstack([coo_array((n_villages, n)), got, lack]),
        ]
    )
    top = np.concatenate([np.bincount(kinds).astype(float), np.ones(n_slots), np.zeros(n_stops), -p.need])
    return np.concatenate([-worth, -gain.reshape(-1), p.shortfall]), csr_array(limits), top
