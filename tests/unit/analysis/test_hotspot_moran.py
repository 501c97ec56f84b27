"""Moran, Geary and the general G: the numbers of esda on random input."""

from __future__ import annotations

import esda
import libpysal
import numpy as np
import pytest
from scipy import sparse

from gridmap.analysis import weights
from gridmap.analysis.hotspot import eb_moran, global_g, global_geary, global_moran, local_gi, local_moran
from gridmap.errors import InvalidInput


def pysal(w: sparse.csr_array) -> libpysal.weights.W:
    return libpysal.weights.WSP(sparse.csr_matrix(w)).to_W(silence_warnings=True)


def example(seed: int) -> tuple[np.ndarray, sparse.csr_array]:
    rng = np.random.default_rng(seed)
    x = rng.gamma(2.0, 1.0, 60)
    return x, weights.row_standardised(weights.knn(rng.uniform(size=(60, 2)), 4))


@pytest.mark.parametrize("seed", range(4))
def test_global_statistics_are_those_of_esda(seed: int) -> None:
    x, w = example(seed)
    theirs = esda.Moran(x, pysal(w), transformation="O", permutations=0)
    rand, norm = global_moran(x, w), global_moran(x, w, moments="normality")
    assert rand.statistic == pytest.approx(theirs.I)
    assert rand.variance == pytest.approx(theirs.VI_rand)
    assert norm.variance == pytest.approx(theirs.VI_norm)
    assert rand.z == pytest.approx(theirs.z_rand)
    assert norm.z == pytest.approx(theirs.z_norm)
    assert rand.p == pytest.approx(2 * min(theirs.p_rand, 1 - theirs.p_rand)) or rand.p == pytest.approx(
        theirs.p_rand
    )
    geary = esda.Geary(x, pysal(w), transformation="O", permutations=0)
    assert global_geary(x, w).statistic == pytest.approx(geary.C)
    assert global_geary(x, w).variance == pytest.approx(geary.VC_rand)
    assert global_geary(x, w, moments="normality").variance == pytest.approx(geary.VC_norm)


@pytest.mark.parametrize("seed", range(4))
def test_the_general_g_is_that_of_esda(seed: int) -> None:
    rng = np.random.default_rng(seed)
    x, w = rng.gamma(2.0, 1.0, 60), weights.distance_band(rng.uniform(size=(60, 2)), 0.25)
    ours, theirs = global_g(x, w), esda.G(x, pysal(w), permutations=0)
    assert ours.statistic == pytest.approx(theirs.G)
    assert ours.expected == pytest.approx(theirs.EG)
    assert ours.z == pytest.approx(theirs.z_norm)


@pytest.mark.parametrize("seed", range(3))
def test_local_moran_is_that_of_esda_in_both_scales_and_moments(seed: int) -> None:
    x, w = example(seed)
    theirs = esda.Moran_Local(x, pysal(w), transformation="O", permutations=0, geoda_quads=False)
    ours = local_moran(x, w, scale="n-1")
    np.testing.assert_allclose(ours.statistic, theirs.Is, rtol=1e-9)
    np.testing.assert_allclose(local_moran(x, w).statistic, ours.statistic * 60 / 59, rtol=1e-9)
    np.testing.assert_array_equal(ours.z, local_moran(x, w).z)
    by_n = local_moran(x, w, scale="n")
    np.testing.assert_allclose(by_n.expected, theirs.EIc, rtol=1e-9)
    np.testing.assert_allclose(by_n.variance, theirs.VIc, rtol=1e-6)
    total = local_moran(x, w, moments="randomisation")
    np.testing.assert_allclose(total.expected, theirs.EI, rtol=1e-9)
    np.testing.assert_allclose(total.variance, theirs.VI, rtol=1e-6)
    named = np.array(["", "HH", "LH", "LL", "HL"])[theirs.q]
    np.testing.assert_array_equal(ours.quadrant, named)


def test_local_moran_and_gi_give_a_cell_the_same_p() -> None:
    x, w = example(7)
    for permutations in (0, 199):
        moran, gi = local_moran(x, w, permutations), local_gi(x, w, star=False, permutations=permutations)
        np.testing.assert_allclose(moran.p, gi.p, rtol=1e-12)
        np.testing.assert_allclose(np.abs(moran.z), np.abs(gi.z), rtol=1e-9)


def test_permutations_of_the_map_agree_with_the_moments() -> None:
    x, w = np.random.default_rng(11).normal(size=60), example(11)[1]
    for statistic in (global_moran, global_geary):
        normal, permuted = statistic(x, w), statistic(x, w, 1999, np.random.default_rng(1))
        assert permuted.p == pytest.approx(normal.p, abs=0.05)
        assert permuted.p_one_sided == pytest.approx(normal.p_one_sided, abs=0.05)
        assert permuted.conventions["null"] == "permutation, 1999"


def test_clustering_is_found_by_all_three() -> None:
    w = weights.lattice(10, 10)
    x = np.add.outer(np.arange(10.0), np.arange(10.0)).ravel()
    assert global_moran(x, w).z > 10
    assert global_geary(x, w).z < -10
    assert global_geary(x, w).p_one_sided < 1e-12
    hot = np.zeros(100)
    hot[[0, 1, 10, 11]] = 10.0
    assert global_g(hot + 1, w).z > 3


def test_constant_values_have_no_clustering() -> None:
    w = weights.lattice(4, 4)
    for statistic in (global_moran, global_geary, global_g):
        for permutations in (0, 99):
            assert statistic(np.full(16, 3.0), w, permutations).p == 1.0
    local = local_moran(np.full(16, 3.0), w)
    assert (local.p == 1).all()
    assert (local.z == 0).all()


def test_dropped_islands_change_n_alone() -> None:
    w = weights.from_pairs(7, [(i, j) for i in range(6) for j in (i - 1, i + 1) if 0 <= j < 6])
    x = np.array([1.0, 2.0, 4.0, 4.0, 7.0, 5.0, 3.0])
    kept, dropped = global_moran(x, w), global_moran(x, w, islands="drop")
    assert dropped.statistic == pytest.approx(kept.statistic * 6 / 7)
    assert local_moran(x, w).quadrant[6] == ""
    assert np.isnan(local_moran(x, w).p[6])


def test_rates_of_small_places_do_not_make_clustering() -> None:
    rng = np.random.default_rng(3)
    people = np.where(np.arange(400) % 20 < 10, 20, 20_000)
    events = rng.poisson(0.01 * people)
    assert eb_moran(events, people, weights.lattice(20, 20)).p > 0.01


def test_local_moran_marks_what_stands_out() -> None:
    x = np.ones(81) + np.random.default_rng(1).normal(0, 0.01, 81)
    x[40] = 9.0
    found = local_moran(x, weights.row_standardised(weights.lattice(9, 9)))
    assert found.quadrant[40] == "HL"
    assert found.statistic[40] < 0


@pytest.mark.parametrize("statistic", [global_moran, global_geary, global_g])
def test_a_map_without_neighbours_is_refused(statistic: object) -> None:
    with pytest.raises(InvalidInput) as refused:
        statistic(np.arange(5.0), weights.from_pairs(5, []))  # type: ignore[operator]
    assert refused.value.code == "too-few-neighbours"


def test_negative_values_have_no_general_g() -> None:
    with pytest.raises(InvalidInput):
        global_g(np.arange(-1.0, 15.0), weights.lattice(4, 4))
