"""Tests weighted by what lies around, nulls without the hotspots: noise stays noise, more of a hotspot is found."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import shapely
from scipy import sparse
from scipy.stats import binom

from gridmap.analysis import fdr, weights
from gridmap.analysis.hotspot import local_counts, local_gi, surroundings, weights_around
from gridmap.errors import InvalidInput
from scripts.bench.gi_power import AROUND, GROUNDS, NEAR, SETTINGS, SIDE, by_rate, ground, planted, rates

DATA = Path(__file__).resolve().parents[3] / "data" / "boundaries"


def test_the_surroundings_of_a_cell_begin_where_no_neighbourhood_has_a_cell_of_its_own() -> None:
    row, column = np.divmod(np.arange(SIDE**2), SIDE)
    steps = np.maximum(np.abs(row[:, None] - row), np.abs(column[:, None] - column))
    np.testing.assert_array_equal(AROUND.toarray() > 0, (steps >= 3) & (steps <= 5))


def test_a_cells_own_p_and_those_that_share_its_cells_change_nothing_in_its_weight() -> None:
    rng = np.random.default_rng(1)
    p = rng.random(SIDE**2)
    middle = 20 * SIDE + 20
    hood = sparse.csr_array(NEAR) + sparse.eye_array(SIDE**2)
    changed = np.where(np.asarray((hood @ hood)[[middle]].todense()).ravel() > 0, 1e-9, p)
    before, after = weights_around(p, AROUND), weights_around(changed, AROUND)
    assert before[middle] == after[middle]
    assert (before != after).any()


def test_a_weight_is_the_odds_of_the_share_that_is_missing_among_the_high_p_around() -> None:
    p = np.where(np.arange(SIDE**2) // SIDE < 20, 1e-3, 0.9)
    got = weights_around(p, AROUND)
    assert got[:SIDE] == pytest.approx(0.8 / 0.2)
    assert got[-SIDE:] == pytest.approx(0.005 / 0.995)
    p = np.full(SIDE**2, 0.9)
    p[::2] = np.where(np.arange(SIDE**2 // 2) % 2, 0.1, 0.9)
    share = 1 - (AROUND @ (p > 0.2)) / AROUND.sum(axis=1) / 0.8
    np.testing.assert_allclose(
        weights_around(p, AROUND), np.clip(share, 0.005, 0.8) / (1 - np.clip(share, 0.005, 0.8))
    )


def test_equal_weights_are_benjamini_and_hochberg_and_what_has_no_p_is_no_test() -> None:
    p = np.random.default_rng(0).random(200) ** 3
    np.testing.assert_allclose(fdr.weighted(p, np.full(200, 7.0)), fdr.benjamini_hochberg(p))
    # By hand: weights 1.5 and 0.5 of two tests.
    np.testing.assert_allclose(fdr.weighted([0.03, np.nan, 0.02], [3.0, 9.0, 1.0]), [0.04, np.nan, 0.04])
    for bad in ([1.0], [1.0, 0.0], [1.0, -1.0]):
        with pytest.raises(InvalidInput) as refused:
            fdr.weighted([0.1, 0.2], bad)
        assert refused.value.code == "test-weights"


def test_maps_too_small_to_have_surroundings_are_judged_without_weights() -> None:
    near = weights.lattice(3, 3)
    p = np.linspace(0.01, 0.9, 9)
    np.testing.assert_allclose(
        fdr.weighted(p, weights_around(p, surroundings(near))), fdr.benjamini_hochberg(p)
    )


@pytest.mark.parametrize("setting", SETTINGS)
def test_more_of_a_hotspot_is_found_and_few_of_the_finds_are_false(setting: tuple[float, float]) -> None:
    drawn = [planted(seed, *setting) for seed in range(24)]
    hots = [hot for _, hot in drawn]
    power, false = rates([by_rate(v, None, n)[1] <= 0.05 for n, (v, _) in enumerate(drawn)], hots)
    plain, _ = rates([local_counts(v, None, NEAR, rng=n).q <= 0.05 for n, (v, _) in enumerate(drawn)], hots)
    assert power >= plain + 0.08
    assert false <= 0.06 + 0.03


@pytest.mark.parametrize("setting", GROUNDS)
def test_places_with_rates_of_their_own_are_no_hotspots(
    setting: tuple[float, float, float, bool],
) -> None:
    mean, variance, _, uneven = setting
    found = [by_rate(v, e, n) for n, (v, e, _) in enumerate(_noise(mean, variance, uneven=uneven, maps=40))]
    assert np.mean([(p <= 0.05).mean() for p, _ in found]) == pytest.approx(0.05, abs=0.006)
    assert sum((q <= 0.05).any() for _, q in found) <= binom.ppf(1 - 1e-6, len(found), 0.05)


def _noise(mean: float, variance: float, *, uneven: bool, maps: int) -> list[tuple[np.ndarray, ...]]:
    return [ground(seed, mean, variance, 1.0, uneven=uneven) for seed in range(maps)]


def test_two_hundred_maps_of_equal_risk_on_the_demonstrations_people_have_as_many_finds_as_they_should() -> (
    None
):
    features = json.loads((DATA / "micro_grids.geojson").read_text("utf-8"))["features"]
    near = weights.queen([shapely.from_geojson(json.dumps(one["geometry"])) for one in features])
    people = np.array([float(one["properties"]["population"]) for one in features])
    around = surroundings(near)
    flagged, maps = [], 0
    for seed in range(200):
        events = np.random.default_rng([seed, 3]).multinomial(3500, people / people.sum())
        p = local_counts(events, people, near, rng=seed, without_hot=0.05).p
        flagged.append((p <= 0.05).mean())
        maps += bool((fdr.weighted(p, weights_around(p, around)) <= 0.05).any())
    assert 0.045 <= np.mean(flagged) <= 0.055
    assert maps <= binom.ppf(1 - 1e-6, 200, 0.05)


def test_what_was_found_is_left_out_of_the_null_and_the_rest_no_longer_looks_low() -> None:
    values, hot = planted(5, 3.0, 4.0)
    plain, rest = (
        local_counts(values, None, NEAR, rng=1),
        local_counts(values, None, NEAR, rng=1, without_hot=0.05),
    )
    assert int(rest.conventions["left out of the null"]) >= 36
    assert rest.conventions["null"] == "binomial (Poisson)"
    assert plain.conventions["null"] == "beta-binomial (gamma-Poisson)"
    far = np.asarray((AROUND @ hot == 0) & ~hot)
    assert plain.z[far].mean() < rest.z[far].mean() - 0.1
    assert rest.expected.sum() < plain.expected.sum()


def test_where_nothing_is_found_and_where_all_lies_in_one_cell_the_null_keeps_everything() -> None:
    noise = np.random.default_rng(3).poisson(2.0, SIDE**2)
    plain, rest = (
        local_counts(noise, None, NEAR, rng=1),
        local_counts(noise, None, NEAR, rng=1, without_hot=1e-6),
    )
    assert rest.conventions["left out of the null"] == "0"
    np.testing.assert_array_equal(plain.p, rest.p)
    alone = np.zeros(SIDE**2, dtype=int)
    alone[820] = 50
    found = local_counts(alone, None, NEAR, rng=0, without_hot=0.05)
    assert found.conventions["left out of the null"] == "0"
    assert found.q[820] <= 0.05


def test_the_order_of_the_cells_changes_nothing() -> None:
    values, _ = planted(5, 1.0, 3.0)
    turn = np.random.default_rng(0).permutation(SIDE**2)
    turned = sparse.csr_array(sparse.csr_array(NEAR)[turn][:, turn])
    keys = np.arange(SIDE**2)
    one = local_counts(values, None, NEAR, rng=4, keys=keys, without_hot=0.05).p
    other = local_counts(values[turn], None, turned, rng=4, keys=turn, without_hot=0.05).p
    np.testing.assert_array_equal(one[turn], other)
    np.testing.assert_array_equal(
        fdr.weighted(one, weights_around(one, AROUND))[turn],
        fdr.weighted(other, weights_around(other, surroundings(turned))),
    )


def test_counts_that_are_exact_take_weights_as_well() -> None:
    drawn = [planted(seed, 3.0, 2.0) for seed in range(12)]
    found = [local_gi(v, NEAR, rng=n) for n, (v, _) in enumerate(drawn)]
    hots = [hot for _, hot in drawn]
    power, _ = rates([fdr.weighted(f.p, weights_around(f.p, AROUND)) <= 0.05 for f in found], hots)
    assert power >= rates([f.q <= 0.05 for f in found], hots)[0] + 0.05
