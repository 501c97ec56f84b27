"""Routes that were seen before, put together anew."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from numpy.typing import NDArray

from gridmap.analysis.patrol._pool import Pool, empty_pool, keep
from gridmap.analysis.patrol.problem import NEVER, Problem
from gridmap.analysis.patrol.recombine import kinds_of, recombined


def _problem(values: NDArray[np.float64], ends: list[float]) -> Problem:
    n, teams = len(values), len(ends)
    table = np.zeros((teams, 6))
    table[:, 1], table[:, 2], table[:, 3] = ends, NEVER, NEVER
    table[:, 4], table[:, 5] = n, n
    return Problem(
        travel=np.zeros((1, n + 1, n + 1)),
        profile=np.zeros(teams, np.int64),
        place=np.arange(n),
        opens=np.zeros(n),
        closes=np.full(n, 100.0),
        dwell=np.zeros(n),
        teams=table,
        value=np.stack([values, np.zeros(n)], axis=1),
        stop=np.arange(n),
        slot=np.arange(n),
        village=np.zeros(n, np.int64),
        need=np.zeros(1),
        shortfall=np.zeros(1),
        liked=np.zeros((teams, n)),
        must=np.zeros(n),
        allowed=np.ones((teams, n), np.bool_),
    )


def _pool(problem: Problem, routes: list[tuple[int, tuple[int, ...]]], worth: list[float]) -> Pool:
    teams, visits = problem.allowed.shape
    pool = empty_pool(visits, kinds_of(problem))
    for (team, route), seen in zip(routes, worth, strict=True):
        rows, sizes = np.zeros((teams, visits + 1), np.int64), np.zeros(teams, np.int64)
        rows[team, : len(route)], sizes[team] = route, len(route)
        keep(team, seen, rows, sizes, np.ones(teams), pool)
    return pool


@pytest.mark.parametrize("seed", range(8))
def test_the_best_disjoint_routes_are_chosen(seed: int) -> None:
    rng = np.random.default_rng(seed)
    values = rng.integers(1, 30, 14).astype(float)
    problem = _problem(values, [10.0, 10.0])
    routes = [tuple(int(v) for v in rng.choice(14, 5, replace=False)) for _ in range(30)]
    pairs = [values[list(a + b)].sum() for a, b in combinations(routes, 2) if not set(a) & set(b)]
    best = max([*pairs, *(values[list(route)].sum() for route in routes)])
    pool = _pool(problem, [(0, route) for route in routes], [1.0] * 30)
    chosen = recombined(problem, pool, best - 0.5, np.inf)
    assert chosen is not None
    visited = [v for route in chosen for v in route]
    assert len(visited) == len(set(visited))
    assert values[visited].sum() == best
    assert all(route == () or set(route) in [set(r) for r in routes] for route in chosen)
    assert recombined(problem, pool, best, np.inf) is None


def test_a_route_stays_with_the_team_that_can_drive_it() -> None:
    problem = _problem(np.array([1.0, 2.0, 4.0, 8.0]), [10.0, 20.0])
    pool = _pool(problem, [(1, (0, 1)), (1, (2, 3)), (0, (1,))], [1.0, 1.0, 1.0])
    assert recombined(problem, pool, 0.0, np.inf) == ((1,), (2, 3))


def test_a_village_in_need_outweighs_a_prize() -> None:
    problem = _problem(np.array([5.0, 4.0]), [10.0])
    fair = replace(
        problem, village=np.array([0, 1]), need=np.array([0.0, 4.0]), shortfall=np.array([1.0, 3.0])
    )
    pool = _pool(fair, [(0, (0,)), (0, (1,))], [1.0, 1.0])
    assert recombined(problem, pool, 0.0, np.inf) == ((0,),)
    assert recombined(fair, pool, -12.0, np.inf) == ((1,),)


def test_of_routes_with_the_same_visits_the_shortest_is_kept() -> None:
    problem = _problem(np.array([1.0, 2.0, 3.0]), [10.0])
    pool = empty_pool(3, kinds_of(problem))
    for route, length in (((0, 1, 2), 9.0), ((2, 0, 1), 7.0), ((1, 0, 2), 8.0)):
        keep(0, 1.0, np.array([[*route, 0]]), np.array([3]), np.array([length]), pool)
    assert recombined(problem, pool, 0.0, np.inf) == ((2, 0, 1),)


def test_a_full_pool_keeps_the_routes_of_the_best_plans() -> None:
    problem = _problem(np.ones(40), [10.0])
    pool = empty_pool(40, kinds_of(problem))
    rng = np.random.default_rng(3)
    for worth in range(20_000):
        route = rng.choice(40, 6, replace=False)
        keep(0, float(worth), np.append(route, 0)[None], np.array([6]), np.array([1.0]), pool)
    assert pool[1].min() > 5_000
    assert pool[1].max() == 19_999
