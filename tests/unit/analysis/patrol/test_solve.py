"""Routes of limited length: what is found, what is refused, and what never changes."""

from __future__ import annotations

from itertools import combinations, pairwise, permutations

import numpy as np
import pytest
from numpy.typing import NDArray

from gridmap.analysis.patrol import Iterations, OrienteeringResult, Seconds, solve_orienteering
from gridmap.errors import InvalidInput


def _drawn(n: int, seed: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    rng = np.random.default_rng(seed)
    xy = rng.random((n, 2)) * 10
    return rng.integers(1, 20, n).astype(float), np.hypot(*(xy[:, None] - xy[None]).transpose(2, 0, 1))


def _solve(
    prizes: NDArray[np.float64], travel: NDArray[np.float64], limit: object, **options: int
) -> OrienteeringResult:
    given = {"routes": 2, "start": 0, "end": 1, "seed": 5} | options
    steps = given.pop("iterations", 1500)
    return solve_orienteering(prizes, travel, limit=limit, stop=Iterations(steps), **given)  # type: ignore[arg-type]


def _shortest(travel: NDArray[np.float64], nodes: tuple[int, ...]) -> float:
    return min(sum(travel[a, b] for a, b in pairwise((0, *order, 1))) for order in permutations(nodes))


@pytest.mark.parametrize("seed", range(6))
def test_small_cases_are_solved_to_the_optimum(seed: int) -> None:
    prizes, travel = _drawn(9, seed)
    limit = travel[0, 1] + 4.0
    subsets = [s for k in range(8) for s in combinations(range(2, 9), k) if _shortest(travel, s) <= limit]
    best = max(prizes[list(a + b)].sum() for a in subsets for b in subsets if not set(a) & set(b))
    found = _solve(prizes, travel, limit)
    assert found.prize == best
    assert found.bound >= best


def test_no_route_is_longer_than_its_limit_and_no_node_is_visited_twice() -> None:
    prizes, travel = _drawn(60, 1)
    limits = [12.0, 20.0, 9.5]
    found = _solve(prizes, travel, limits, routes=3)
    for route, length, limit in zip(found.routes, found.lengths, limits, strict=True):
        legs = [travel[a, b] for a, b in pairwise((0, *route, 1))]
        assert length == (pytest.approx(sum(legs)) if route else 0.0)
        assert length <= limit
    visited = [node for route in found.routes for node in route]
    assert len(visited) == len(set(visited))
    assert not {0, 1} & set(visited)
    assert found.prize == prizes[visited].sum()


def test_the_same_seed_and_iterations_give_the_same_routes() -> None:
    prizes, travel = _drawn(40, 2)
    first, second = (_solve(prizes, travel, 14.0) for _ in range(2))
    assert first.routes == second.routes
    assert first.iterations == 1500


def test_a_limit_of_exactly_the_length_is_enough() -> None:
    prizes, travel = _drawn(3, 3)
    exact = float(travel[0, 2] + travel[2, 1])
    assert _solve(prizes, travel, exact).routes[0] in {(), (2,)}
    assert _solve(prizes, travel, exact).prize == prizes[2]
    assert _solve(prizes, travel, np.nextafter(exact, 0)).prize == 0


def test_a_route_may_end_where_it_starts() -> None:
    prizes, travel = _drawn(20, 4)
    found = _solve(prizes, travel, 10.0, end=0)
    assert found.prize > 0
    assert all(0 not in route for route in found.routes)


def test_nodes_without_a_way_are_left_out() -> None:
    prizes, travel = _drawn(12, 5)
    travel[:, 7] = travel[7, :] = np.inf
    found = _solve(prizes, travel, 1000.0)
    assert sorted(n for r in found.routes for n in r) == [n for n in range(2, 12) if n != 7]


def test_one_way_travel_that_breaks_the_triangle_rule_is_respected() -> None:
    rng = np.random.default_rng(8)
    travel = rng.integers(1, 30, (25, 25)).astype(float)
    found = _solve(rng.random(25) + 1, travel, 40.0)
    for route in found.routes:
        assert sum(travel[a, b] for a, b in pairwise((0, *route, 1))) <= 40.0 or not route
    assert found.prize > 0


@pytest.mark.parametrize("what", ["no routes", "no prizes", "too far", "only ends"])
def test_where_nothing_can_be_visited_the_plan_is_empty(what: str) -> None:
    prizes, travel = _drawn(2 if what == "only ends" else 10, 6)
    routes = 0 if what == "no routes" else 2
    prizes = prizes * (what != "no prizes")
    found = _solve(prizes, travel, 0.0 if what == "too far" else 50.0, routes=routes)
    assert found.prize == 0
    assert found.bound == 0
    assert found.routes == ((),) * routes


def test_a_time_limit_ends_the_search() -> None:
    ticks = iter(range(10_000))
    prizes, travel = _drawn(40, 7)
    found = solve_orienteering(
        prizes, travel, routes=2, limit=14.0, start=0, end=1, seed=1, stop=Seconds(5, lambda: next(ticks))
    )
    assert found.prize > 0
    assert next(ticks) < 20


def test_progress_counts_up_to_the_iterations() -> None:
    prizes, travel = _drawn(40, 7)
    seen: list[tuple[int, int]] = []
    solve_orienteering(
        prizes, travel, routes=2, limit=14.0, start=0, end=1, seed=1, stop=Iterations(5000),
        on_progress=lambda done, total: seen.append((done, total)),
    )  # fmt: skip
    assert seen[-1] == (5000, 5000)
    assert seen == sorted(seen)


@pytest.mark.parametrize(
    ("code", "change"),
    [
        ("orienteering-shape", {"travel": np.zeros((3, 4))}),
        ("orienteering-shape", {"prizes": np.zeros((3, 1))}),
        ("prize-not-valid", {"prizes": [0.0, 1.0, np.nan]}),
        ("prize-not-valid", {"prizes": [0.0, 1.0, -1.0]}),
        ("travel-not-valid", {"travel": -np.ones((3, 3))}),
        ("travel-not-valid", {"travel": np.full((3, 3), np.nan)}),
        ("routes-negative", {"routes": -1}),
        ("limit-not-valid", {"limit": np.nan}),
        ("limit-not-valid", {"limit": [1.0, 2.0, 3.0]}),
        ("endpoint-unknown", {"end": 3}),
        ("seed-negative", {"seed": -1}),
        ("number-expected", {"prizes": ["a", "b", "c"]}),
    ],
)
def test_what_cannot_be_solved_is_refused_with_a_reason(code: str, change: dict[str, object]) -> None:
    given: dict[str, object] = {
        "prizes": np.ones(3), "travel": np.ones((3, 3)), "routes": 2, "limit": 5.0, "start": 0, "end": 1, "seed": 0,
        "stop": Iterations(1),
    }  # fmt: skip
    with pytest.raises(InvalidInput) as refused:
        solve_orienteering(**(given | change))  # type: ignore[arg-type]
    assert refused.value.code == code


def test_stop_rules_refuse_nothing_to_do() -> None:
    with pytest.raises(InvalidInput):
        Iterations(0)
    with pytest.raises(InvalidInput):
        Seconds(float("nan"))
