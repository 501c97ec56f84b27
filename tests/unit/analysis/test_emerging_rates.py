"""Emerging hotspots by rate: noise stays noise whoever lives where, what was planted gets its class."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import shapely
from numpy.typing import NDArray
from scipy.stats import betabinom, binom, kendalltau

from gridmap.analysis import emerging, weights
from gridmap.analysis.hotspot import local_counts
from gridmap.errors import InvalidInput

DATA = Path(__file__).resolve().parents[3] / "data" / "boundaries"
SIDE = 24
N = SIDE**2
NEAR = weights.lattice(SIDE, SIDE)
PEOPLE = np.random.default_rng(0).lognormal(4.0, 1.0, N)
MOST_OF_40 = binom.ppf(1 - 1e-6, 40, 0.05)


def by_rate(
    cube: NDArray[np.int64], people: NDArray[np.float64] = PEOPLE, **given: object
) -> emerging.Emerging:
    asked = {"weights": NEAR, "exposure": people, "fdr": "weighted", "rng": 1} | given
    return emerging.classify(cube, **asked)  # type: ignore[arg-type]


def town(seed: int, course: object = 1.0, *, mean: float = 2.0, own: float = 0.0) -> NDArray[np.int64]:
    """Counts of twelve periods, `mean` a cell, by its people; rates of its own; and a course in a block of cells."""
    rng = np.random.default_rng([seed, 5])
    rate = np.outer(mean * PEOPLE / PEOPLE.mean(), np.ones(12))
    if own:
        rate *= rng.gamma(1.0 / own, own, (N, 1))
    block = np.zeros((SIDE, SIDE), dtype=bool)
    block[9:14, 9:14] = True
    rate[block.ravel()] *= np.broadcast_to(course, 12)
    return rng.poisson(rate)


@pytest.mark.parametrize("own", [0.0, 0.4])
def test_places_of_very_different_people_and_of_rates_of_their_own_are_no_hotspots(own: float) -> None:
    found = [by_rate(town(seed, mean=0.3, own=own), rng=seed) for seed in range(40)]
    assert np.mean([(one.p_gi <= 0.05).mean() for one in found]) == pytest.approx(0.05, abs=0.005)
    assert sum((one.labels != "none").any() for one in found) <= MOST_OF_40


def test_equal_risk_on_the_demonstrations_people_is_quiet_by_rate_and_not_by_count() -> None:
    features = json.loads((DATA / "micro_grids.geojson").read_text("utf-8"))["features"]
    near = weights.queen([shapely.from_geojson(json.dumps(one["geometry"])) for one in features])
    people = np.array([float(one["properties"]["population"]) for one in features])
    share = np.repeat(people / people.sum() / 12, 12)
    rates, counts = 0, 0
    for seed in range(40):
        cube = np.random.default_rng([seed, 6]).multinomial(10_000, share).reshape(-1, 12)
        rates += bool((by_rate(cube, people, weights=near, rng=seed).labels != "none").any())
        counts += bool((emerging.classify(cube, near, 1, "all", rng=seed).labels != "none").any())
    assert rates <= MOST_OF_40
    assert counts >= 30, "which places with many people bring about"


def test_without_lags_each_period_is_judged_as_a_run_by_rate_is() -> None:
    cube = town(3, 6.0)[:, :1].repeat(2, axis=1)
    found = by_rate(cube, k=0, ties="mid", fdr="bh")
    for null, column in (("auto", 0), ("auto", 1)):
        one = local_counts(cube[:, column], PEOPLE, NEAR, ties="mid", null=null, without_hot=0.05)
        np.testing.assert_allclose(found.p_gi[:, column], one.p, rtol=1e-9)
        np.testing.assert_allclose(found.z[:, column], one.z, rtol=1e-9)
    assert found.conventions["left out of the null"] != "0 bins"


def test_the_p_of_a_bin_is_that_of_the_beta_binomial_distribution() -> None:
    cube = town(4, mean=1.0, own=0.4)
    found = by_rate(cube, ties="conservative")
    assert found.conventions["null"] == "beta-binomial (gamma-Poisson)"
    assert found.conventions["left out of the null"] == "0 bins"
    inside = np.asarray(NEAR.todense())[300] + (np.arange(N) == 300)
    share, t = PEOPLE / PEOPLE.sum(), 7
    seen, total, pi = (
        inside @ cube[:, t - 1 : t + 1].sum(axis=1),
        cube[:, t - 1 : t + 1].sum(),
        inside @ share,
    )
    phi, squares = float(found.conventions["dispersion"]), share**2
    rho = phi * ((1 - pi) ** 2 * (inside @ squares) + pi**2 * ((1 - inside) @ squares)) / (pi * (1 - pi))
    rho /= 1 + phi * squares.sum()
    chance = betabinom(total, pi * (1 / rho - 1), (1 - pi) * (1 / rho - 1))
    two = 2 * min(chance.sf(seen - 1), chance.cdf(seen))
    assert found.p_gi[300, t] == pytest.approx(min(two, 1.0), rel=1e-4)


def test_the_trend_is_of_what_was_reported_over_what_was_expected() -> None:
    cube = town(5, np.linspace(3, 12, 12))
    found = by_rate(cube)
    member = np.asarray(NEAR.todense()) + np.eye(N)
    spans = np.column_stack([cube[:, max(t - 1, 0) : t + 1].sum(axis=1) for t in range(12)])
    ratio = (member @ spans)[300] / spans.sum(axis=0)
    tau, p = kendalltau(np.arange(12), ratio, method="asymptotic")
    assert found.tau[300] == pytest.approx(tau, abs=0.05)
    assert p < 0.05


@pytest.mark.parametrize(
    ("label", "course"),
    [
        ("new_hot", np.r_[np.ones(11), 8.0]),
        ("consecutive_hot", np.r_[np.ones(9), np.full(3, 6.0)]),
        ("persistent_hot", np.full(12, 5.0)),
        ("intensifying_hot", np.linspace(3, 12, 12)),
        ("diminishing_hot", np.linspace(12, 3, 12)),
        ("historical_hot", np.r_[np.full(11, 5.0), 1.0]),
    ],
)
def test_a_planted_course_gets_its_class(label: str, course: NDArray[np.float64]) -> None:
    grid = by_rate(town(8, course, mean=4.0), k=0).labels.reshape(SIDE, SIDE)
    assert (grid[10:13, 10:13] == label).mean() > 0.8
    assert (grid[:6] == "none").mean() > 0.98


def test_few_of_the_cells_with_a_class_are_false_beside_a_hotspot_that_is_hot_all_along() -> None:
    block = np.zeros((SIDE, SIDE), dtype=bool)
    block[9:14, 9:14] = True
    away = (NEAR @ block.ravel() + block.ravel()) == 0
    false, found = [], []
    for seed in range(12):
        hot = np.char.endswith(by_rate(town(seed, 3.0), rng=seed).labels, "_hot")
        false.append((hot & away).sum() / hot.sum())
        found.append(hot[block.ravel()].mean())
    assert np.mean(false) <= 0.06
    assert np.mean(found) > 0.8


def test_what_rises_everywhere_stands_out_nowhere_and_strengthens_nothing() -> None:
    rising = np.linspace(1, 6, 12)
    cubes = [
        np.random.default_rng([s, 7]).poisson(np.outer(PEOPLE / PEOPLE.mean(), rising)) for s in range(10)
    ]
    assert not any((by_rate(cube, rng=n).labels != "none").any() for n, cube in enumerate(cubes[:8]))
    rate = np.outer(2 * PEOPLE / PEOPLE.mean(), rising)
    rate.reshape(SIDE, SIDE, 12)[9:14, 9:14] *= 5
    grid = by_rate(np.random.default_rng(9).poisson(rate), k=0).labels.reshape(SIDE, SIDE)
    assert (grid[10:13, 10:13] == "persistent_hot").mean() > 0.8


def test_replications_are_judged_by_what_is_usual_and_not_by_how_widely_they_spread() -> None:
    held = []
    for seed in range(4):
        found = by_rate(town(seed, np.linspace(1, 6, 12), mean=0.3, own=0.3), bootstrap=20)
        held += [*found.stability[np.char.endswith(found.labels.astype(str), "hot")]]
    assert np.mean(held) > 0.5


def test_the_order_of_the_cells_changes_nothing() -> None:
    cube, turn = town(5, 4.0, mean=0.5), np.random.default_rng(0).permutation(N)
    turned = weights.from_pairs(N, np.argsort(turn)[np.column_stack(NEAR.nonzero())])
    for keys in (None, np.arange(N)):
        given = [{"keys": None if keys is None else of, "bootstrap": 3} for of in (np.arange(N), turn)]
        one = by_rate(cube, **given[0])
        other = by_rate(cube[turn], PEOPLE[turn], weights=turned, **given[1])
        for name in ("labels", "p_gi", "q_gi", "z", "stability"):
            np.testing.assert_array_equal(getattr(one, name)[turn], getattr(other, name))


def test_a_period_without_anything_and_a_cell_that_holds_all_are_judged() -> None:
    cube = np.zeros((N, 5), dtype=int)
    cube[300, 4] = 40
    found = by_rate(cube)
    assert (found.side[:, :4] == 0).all()
    assert found.labels[300] == "new_hot"
    assert (by_rate(np.zeros((N, 5))).labels == "none").all()


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"compare": "all"}, "compare-by-rate"),
        ({"permutations": 99}, "permutations-by-rate"),
        ({"exposure": np.zeros(N)}, "exposure-invalid"),
        ({"exposure": np.ones(3)}, "exposure-invalid"),
        ({"exposure": np.r_[0.0, np.ones(N - 1)]}, "exposure-zero"),
        ({"cube": np.full((N, 3), 0.5)}, "events-not-counts"),
    ],
)
def test_what_has_no_rate_is_refused(given: dict[str, object], code: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        by_rate(**{"cube": np.ones((N, 3), dtype=int)} | given)  # type: ignore[arg-type]
    assert refused.value.code == code
