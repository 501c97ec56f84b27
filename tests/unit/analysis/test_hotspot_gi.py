"""Local G: the z of esda, exact nulls against enumeration, and clear answers where there is nothing to test."""

from __future__ import annotations

from itertools import combinations

import esda
import libpysal
import numpy as np
import pytest
from scipy import sparse, special

from gridmap.analysis import weights
from gridmap.analysis.hotspot import local_gi
from gridmap.errors import InvalidInput

LATTICE = weights.lattice(8, 9)


def pysal(w: sparse.csr_array) -> libpysal.weights.W:
    return libpysal.weights.WSP(sparse.csr_matrix(w)).to_W(silence_warnings=True)


@pytest.mark.parametrize("star", [True, False])
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("kind", ["normal", "counts", "skewed"])
def test_z_is_that_of_esda(star: bool, seed: int, kind: str) -> None:
    rng = np.random.default_rng(seed)
    x = {"normal": rng.normal(10, 1, 72), "counts": rng.poisson(2, 72), "skewed": rng.exponential(size=72)}[
        kind
    ]
    w = weights.knn(rng.uniform(size=(72, 2)), 5)
    ours = local_gi(x, w, star)
    theirs = esda.G_Local(x, pysal(w), transform="B", star=star, permutations=0)
    np.testing.assert_allclose(ours.z, theirs.Zs, rtol=1e-9)
    np.testing.assert_allclose(ours.statistic, theirs.Gs, rtol=1e-9)
    np.testing.assert_allclose(ours.expected, theirs.EGs, rtol=1e-9)
    np.testing.assert_allclose(ours.variance, theirs.VGs, rtol=1e-9)


def test_weights_that_differ_by_a_factor_a_row_give_the_same_answer() -> None:
    x = np.random.default_rng(4).poisson(1, 72)
    plain, scaled = local_gi(x, LATTICE), local_gi(x, 0.25 * LATTICE)
    np.testing.assert_allclose(plain.z, scaled.z, rtol=1e-12)
    np.testing.assert_allclose(
        local_gi(x, LATTICE, star=False).z,
        local_gi(x, weights.row_standardised(LATTICE), star=False).z,
        rtol=1e-9,
    )


def test_a_diagonal_that_is_given_is_kept() -> None:
    x = np.random.default_rng(5).normal(size=72)
    filled = sparse.csr_array(LATTICE + sparse.eye_array(72))
    np.testing.assert_array_equal(local_gi(x, filled).z, local_gi(x, LATTICE).z)
    with pytest.raises(InvalidInput, match="diagonal"):
        local_gi(x, filled, star=False)


def by_enumeration(x: np.ndarray, k: int, own: int | None, seen: float) -> tuple[float, float, float]:
    others = np.delete(x, own) if own is not None else x
    sums = np.array([sum(chosen) for chosen in combinations(others.tolist(), k)])
    return float((sums < seen).mean()), float((sums == seen).mean()), float((sums > seen).mean())


@pytest.mark.parametrize("star", [True, False])
@pytest.mark.parametrize("side", [(3, 4), (2, 3)])
@pytest.mark.parametrize("ties", ["mid", "conservative"])
def test_the_exact_null_is_that_of_all_draws(star: bool, side: tuple[int, int], ties: str) -> None:
    n = side[0] * side[1]
    w = weights.lattice(*side, queen=False)
    judged = 0
    for seed in range(5):
        x = np.random.default_rng(seed).poisson(1.5, n).astype(float)
        found = local_gi(x, w, star, ties=ties, null="exact")
        for i in range(n):
            near = w.indices[w.indptr[i] : w.indptr[i + 1]]
            seen = x[near].sum() + (x[i] if star else 0.0)
            below, at, above = by_enumeration(x, len(near) + star, None if star else i, seen)
            share = 1.0 if ties == "conservative" else 0.5
            expected = min(1.0, 2 * min(below + share * at, above + share * at))
            if found.variance[i] > 0:
                judged += 1
                assert found.p[i] == pytest.approx(expected, abs=1e-12)
    assert judged > 4 * n


def test_the_null_without_one_s_own_value_is_the_same_both_ways() -> None:
    # A large map leaves one item out of a common table, a small one counts the others.
    x = np.random.default_rng(1).poisson(2, 72)
    w = weights.knn(np.random.default_rng(2).uniform(size=(72, 2)), 6)
    some = local_gi(x, w, star=False, ties="mid").p
    k_over_quarter = weights.knn(np.random.default_rng(2).uniform(size=(72, 2)), 20)
    assert np.isfinite(local_gi(x, k_over_quarter, star=False, ties="mid").p).all()
    drawn = np.random.default_rng(3)
    for i in (0, 10, 50):
        others = np.delete(x, i)
        sums = np.array([drawn.choice(others, 6, replace=False).sum() for _ in range(20_000)])
        seen = x[w.indices[w.indptr[i] : w.indptr[i + 1]]].sum()
        half = 0.5 * (sums == seen).mean()
        expected = 2 * min((sums < seen).mean() + half, (sums > seen).mean() + half)
        assert some[i] == pytest.approx(expected, abs=0.03)


def test_the_convolution_agrees_with_the_exact_null_on_a_large_map() -> None:
    w = weights.lattice(60, 60)
    x = np.random.default_rng(6).poisson(1, 3600)
    for star in (True, False):
        for ties in ("mid", "conservative", "randomised"):
            exact = local_gi(x, w, star, null="exact", ties=ties).p
            near = local_gi(x, w, star, null="convolution", ties=ties).p
            assert np.abs(exact - near).max() < 0.02


def test_p_without_permutations_is_that_of_z_for_normal_values() -> None:
    x = np.random.default_rng(8).normal(size=72)
    found = local_gi(x, LATTICE)
    assert found.conventions["null"] == "normal"
    np.testing.assert_allclose(found.p, 2 * special.ndtr(-np.abs(found.z)), rtol=1e-12)


@pytest.mark.parametrize("kind", ["normal", "counts"])
@pytest.mark.parametrize("ties", ["conservative", "mid"])
def test_permutation_p_is_twice_the_smaller_tail_of_the_others_values(kind: str, ties: str) -> None:
    rng = np.random.default_rng(9)
    x = rng.normal(size=72) if kind == "normal" else rng.poisson(3, 72).astype(float)
    found = local_gi(x, LATTICE, permutations=9999, ties=ties).p
    share = 1.0 if ties == "conservative" else 0.5
    for i in range(0, 72, 5):
        near = LATTICE.indices[LATTICE.indptr[i] : LATTICE.indptr[i + 1]]
        others = np.delete(x, i)
        sums = rng.permuted(np.tile(others, (20_000, 1)), axis=1)[:, : len(near)].sum(axis=1)
        off = np.round(sums - x[near].sum(), 9)
        tail = min((off < 0).mean(), (off > 0).mean()) + share * (off == 0).mean()
        assert found[i] == pytest.approx(min(1.0, 2 * tail), abs=0.04)


def test_a_permutation_never_draws_the_cell_s_own_value() -> None:
    # One value of 1000 among ten zeros and ten ones: were it drawn for its own cell, one sum in 21 would exceed all.
    x = np.array([1000.0, *[0.0] * 10, *[1.0] * 10])
    w = weights.from_pairs(21, [(0, 11), (1, 2), (2, 1)])
    found = local_gi(x, w, star=False, permutations=9999, ties="conservative")
    # Its neighbour holds a 1: at most as high is then certain, at least as high has probability 10 of 20.
    assert found.p[0] == pytest.approx(1.0, abs=0.03)
    assert found.z[0] == pytest.approx(1.0)
    mid = local_gi(x, w, star=False, permutations=9999, ties="mid").p[0]
    assert mid == pytest.approx(0.5, abs=0.02)


def test_permutations_with_unequal_weights_follow_those_weights() -> None:
    rng = np.random.default_rng(10)
    x = rng.normal(size=72)
    w = LATTICE.copy()
    w.data = rng.uniform(0.1, 1.0, len(w.data))
    for star in (True, False):
        found = local_gi(x, w, star, permutations=4999)
        for i in (3, 30):
            row = slice(w.indptr[i], w.indptr[i + 1])
            others = np.delete(x, i)
            sums = np.array(
                [rng.choice(others, row.stop - row.start, replace=False) @ w.data[row] for _ in range(5000)]
            )
            seen = x[w.indices[row]] @ w.data[row]
            expected = 2 * min((sums <= seen).mean(), (sums >= seen).mean())
            assert found.p[i] == pytest.approx(expected, abs=0.04)


def test_constant_values_have_no_hotspots() -> None:
    for permutations in (0, 99):
        found = local_gi(np.full(72, 0.1), LATTICE, permutations=permutations)
        assert (found.z == 0).all()
        assert (found.p == 1).all()
        assert (found.q == 1).all()


def test_islands_are_kept_or_dropped_as_asked() -> None:
    x = np.array([1.0, 5.0, 2.0, 7.0, 3.0, 99.0])
    w = weights.from_pairs(6, [(i, j) for i in range(5) for j in (i - 1, i + 1) if 0 <= j < 5])
    kept = local_gi(x, w)
    assert kept.z[5] > 0
    assert kept.conventions["islands"] == "kept"
    assert np.isnan(local_gi(x, w, star=False).p[5])
    dropped = local_gi(x, w, islands="drop", keys=np.arange(6))
    np.testing.assert_allclose(dropped.z[:5], local_gi(x[:5], sparse.csr_array(w[:5][:, :5])).z)
    assert np.isnan(dropped.z[5])
    assert np.isnan(dropped.q[5])
    assert dropped.conventions["islands"] == "dropped"


def test_one_seed_gives_the_same_bytes_and_another_other_draws() -> None:
    x = np.random.default_rng(1).poisson(0.5, 72)
    for permutations in (0, 99):
        runs = [
            local_gi(x, LATTICE, permutations=permutations, rng=np.random.default_rng(seed))
            for seed in (3, 3, 4)
        ]
        assert runs[0].p.tobytes() == runs[1].p.tobytes()
        assert runs[0].p.tobytes() != runs[2].p.tobytes()


def test_far_outlying_counts_fall_back_to_a_bounded_null() -> None:
    x = np.random.default_rng(1).poisson(3, 72).astype(float)
    x[7] = 3_000_000
    found = local_gi(x, LATTICE)
    assert found.conventions["null"] == "convolution"
    assert np.isfinite(found.p).all()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"values": np.full(72, np.nan)}, "values-not-finite"),
        ({"values": np.ones((72, 1))}, "values-shape"),
        ({"values": []}, "values-shape"),
        ({"values": np.ones(71)}, "weights-shape"),
        ({"weights": np.ones((72, 72))}, "weights-shape"),
        ({"weights": -LATTICE}, "weights-value"),
        ({"null": "lucky"}, "option-unknown"),
        ({"ties": "lucky"}, "option-unknown"),
        ({"variance": "lucky"}, "option-unknown"),
        ({"islands": "lucky"}, "option-unknown"),
        ({"fdr": "lucky"}, "fdr-unknown"),
        ({"permutations": 5}, "permutations-few"),
        ({"keys": np.arange(3)}, "keys-shape"),
        ({"null": "exact"}, "exact-needs-counts"),
    ],
)
def test_what_cannot_be_tested_is_refused(change: dict[str, object], code: str) -> None:
    x = np.random.default_rng(0).normal(size=72)
    given: dict[str, object] = {"values": x, "weights": LATTICE} | change
    if "keys" in change:
        given["permutations"] = 99
    with pytest.raises(InvalidInput) as refused:
        local_gi(**given)  # type: ignore[arg-type]
    assert refused.value.code == code


def test_more_draws_than_memory_should_hold_are_refused() -> None:
    with pytest.raises(InvalidInput) as refused:
        local_gi(np.arange(72.0), LATTICE, permutations=10_000_000)
    assert refused.value.code == "permutations-too-large"
