"""Sites that are chosen are the best of all choices, and the bound holds."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from gridmap.analysis.reach.coverage import maximal_covering, p_median
from gridmap.errors import InvalidInput

LIMIT = 30.0


def drawn(seed: int, m: int = 12, n: int = 25) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    sites, places = rng.uniform(0, 100, (m, 2)), rng.uniform(0, 100, (n, 2))
    cost = np.hypot(*(sites[:, None] - places[None]).transpose(2, 0, 1))
    there = rng.uniform(0, 100, (2, 2))
    existing = np.hypot(*(there[:, None] - places[None]).transpose(2, 0, 1)).min(axis=0)
    return cost, rng.integers(0, 40, n).astype(float), existing


def best(cost: np.ndarray, weight: np.ndarray, existing: np.ndarray, add: int, *, covering: bool) -> float:
    worths = []
    for chosen in combinations(range(len(cost)), add):
        least = np.minimum(existing, cost[list(chosen)].min(axis=0))
        worths.append(float(weight[least <= LIMIT].sum()) if covering else -float(weight @ least))
    return max(worths) if covering else -max(worths)


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("add", [1, 2, 3])
def test_covering_is_the_best_of_all_subsets(seed: int, add: int) -> None:
    given = drawn(seed)
    found = maximal_covering(*given[:2], given[2], LIMIT, add)
    assert found.value == best(*given, add, covering=True)
    assert found.optimal
    assert found.bound == found.value
    assert len(set(found.sites.tolist())) == add


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("add", [1, 2, 3])
def test_the_median_is_the_best_of_all_subsets(seed: int, add: int) -> None:
    given = drawn(seed)
    found = p_median(*given, add)
    assert found.value == pytest.approx(best(*given, add, covering=False))
    assert found.optimal
    assert len(set(found.sites.tolist())) == add


@pytest.mark.parametrize("seed", range(4))
def test_more_sites_are_never_worse_and_nothing_is_better_than_the_bound(seed: int) -> None:
    cost, weight, existing = drawn(seed, 60, 120)
    covered = [maximal_covering(cost, weight, existing, 12.0, add) for add in (1, 2, 4)]
    median = [p_median(cost, weight, existing, add) for add in (1, 2, 4)]
    assert [f.value for f in covered] == sorted(f.value for f in covered)
    assert [f.value for f in median] == sorted((f.value for f in median), reverse=True)
    for found in covered:
        assert found.before <= found.value <= found.bound
    for found in median:
        assert found.bound <= found.value * (1 + 1e-9)
        assert found.value <= found.before


@pytest.mark.parametrize("seed", range(3))
def test_without_time_the_bound_still_holds_and_the_gap_is_told(seed: int) -> None:
    cost, weight, existing = drawn(seed, 50, 80)
    hasty, patient = (
        p_median(cost, weight, existing, 5, time_limit_s=0.0),
        p_median(cost, weight, existing, 5),
    )
    assert patient.optimal
    assert hasty.bound <= patient.value * (1 + 1e-9)
    assert hasty.value >= patient.value * (1 - 1e-9)
    if not hasty.optimal:
        assert hasty.gap > 0


def test_the_order_of_candidates_and_places_does_not_matter() -> None:
    cost, weight, existing = drawn(5, 40, 70)
    rng = np.random.default_rng(1)
    rows, columns = rng.permutation(40), rng.permutation(70)
    turned = cost[rows][:, columns], weight[columns], existing[columns]
    one, other = p_median(cost, weight, existing, 3), p_median(*turned, 3)
    assert set(one.sites.tolist()) == set(rows[other.sites].tolist())
    first, second = maximal_covering(cost, weight, existing, 15.0, 3), maximal_covering(*turned, 15.0, 3)
    assert first.value == second.value


def test_places_without_a_way_are_never_covered() -> None:
    cost = np.array([[1.0, np.inf], [2.0, np.inf]])
    found = maximal_covering(cost, [3.0, 4.0], [np.inf, np.inf], 5.0, 1)
    assert (found.value, found.before, found.optimal) == (3.0, 0.0, True)


def test_where_all_is_covered_a_site_adds_nothing() -> None:
    cost, weight, existing = drawn(2)
    found = maximal_covering(cost, weight, existing * 0, LIMIT, 2)
    assert (found.value, found.optimal, len(found.sites)) == (weight.sum(), True, 2)
    assert p_median(cost, weight, existing * 0, 2).value == 0.0


def test_nonsense_is_refused() -> None:
    cost, weight, existing = drawn(1)
    for bad in (
        (cost * np.nan, weight, existing),
        (cost, -weight - 1, existing),
        (cost, weight[:3], existing),
        (cost[:0], weight, existing),
    ):
        with pytest.raises(InvalidInput):
            p_median(*bad, 1)
    for add in (0, 13):
        with pytest.raises(InvalidInput):
            maximal_covering(cost, weight, existing, LIMIT, add)
    with pytest.raises(InvalidInput):
        p_median(cost, weight, existing * np.inf, 1)
