"""Emerging hotspots: classes by their published definitions, calibrated bins, honest stability."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.stats import hypergeom

from gridmap.analysis import emerging
from gridmap.analysis.emerging._classes import labelled
from gridmap.analysis.weights import lattice
from gridmap.errors import InvalidInput


def defined(signs: NDArray[np.int8], rising: int) -> str:
    """The class of one cell from the words of its definition, one question after the other."""
    for heat, sign in (("hot", 1), ("cold", -1)):
        hot = [s == sign for s in signs]
        cold = [s == -sign for s in signs]
        share = sum(hot) / len(hot)
        if hot[-1] and share < 0.9:
            if any(cold):
                return f"oscillating_{heat}"
            if sum(hot) == 1:
                return f"new_{heat}"
            return f"consecutive_{heat}" if all(hot[-sum(hot) :]) else f"sporadic_{heat}"
        if hot[-1]:
            return f"{ {0: 'persistent', sign: 'intensifying', -sign: 'diminishing'}[rising] }_{heat}"
        if share >= 0.9 and not cold[-1]:
            return f"historical_{heat}"
    for heat, sign in (("hot", 1), ("cold", -1)):
        if signs[-1] == 0 and sign in signs and -sign not in signs:
            return f"sporadic_{heat}"
    return "none"


def test_every_label_is_that_of_its_definition() -> None:
    rng = np.random.default_rng(1)
    mixes = (
        [0, 0, 1],
        [1],
        [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0],
        [-1],
        [0, -1],
        [-1, 0, 1],
        [0] * 9 + [1],
        [0] * 9 + [-1],
    )
    rows = np.array([rng.choice(mixes[i % len(mixes)], 10) for i in range(4000)], dtype=np.int8)
    for fixed in (
        [0] * 8 + [1, 1],
        [1] * 9 + [0],
        [-1] * 9 + [0],
        [-1] * 9 + [1],
        [1] * 9 + [-1],
        [0] * 7 + [-1] * 3,
    ):
        rows = np.vstack([rows, np.array(fixed, dtype=np.int8)])
    tau, p = rng.uniform(-1, 1, len(rows)), rng.uniform(0, 0.1, len(rows))
    labels = labelled(rows, tau, p, 0.05, sporadic_at_end=False)
    for row, label, t, q in zip(rows, labels, tau, p, strict=True):
        assert label == defined(row, int(np.sign(t)) if q <= 0.05 else 0), row
    assert set(labels) == {c.code for c in emerging.CLASSES}


def test_there_are_seventeen_classes_with_names_and_definitions_in_both_languages() -> None:
    assert len({c.code for c in emerging.CLASSES}) == 17
    for c in emerging.CLASSES:
        assert c.zh
        assert c.en
        assert "{" not in c.definition_zh + c.definition_en


def test_a_sporadic_spot_may_be_asked_to_last() -> None:
    rows = np.array([[1, 0, 1, 0], [1, 0, 0, 1]], dtype=np.int8)
    none, p = np.zeros(2), np.ones(2)
    assert labelled(rows, none, p, 0.05, sporadic_at_end=True).tolist() == ["none", "sporadic_hot"]
    assert labelled(rows, none, p, 0.05, sporadic_at_end=False).tolist() == ["sporadic_hot"] * 2


def by_definition(
    cube: NDArray[np.float64], w: NDArray[np.float64], k: int, compare: str
) -> NDArray[np.float64]:
    n, n_times = cube.shape
    z = np.empty((n, n_times))
    for t in range(n_times):
        pool = {"neighbours": cube[:, t], "all": cube.ravel(), "before": cube[:, : t + 1].ravel()}[compare]
        window = range(max(0, t - k), t + 1)
        for i in range(n):
            weight = np.tile(w[i], len(window))
            value = np.concatenate([cube[:, s] for s in window])
            spread = pool.std() * np.sqrt(
                (len(pool) * (weight**2).sum() - weight.sum() ** 2) / (len(pool) - 1)
            )
            z[i, t] = (weight @ value - pool.mean() * weight.sum()) / spread
    return z


@pytest.mark.parametrize("compare", ["neighbours", "all", "before"])
@pytest.mark.parametrize("k", [0, 1, 2])
@pytest.mark.parametrize("standardised", [False, True])
def test_z_is_gi_star_by_its_definition(compare: str, k: int, standardised: bool) -> None:
    rng = np.random.default_rng(2)
    cube = rng.poisson(2.0, (64, 7)).astype(float)
    w = lattice(8, 8)
    dense = w.toarray() + np.eye(64)
    if standardised:
        w = csr_array(w.multiply(1 / w.sum(axis=1)[:, None]))
    found = emerging.classify(cube, w, k, compare)
    assert np.allclose(found.z, by_definition(cube, dense, k, compare), atol=1e-10)


def test_the_exact_p_of_zeros_and_ones_is_hypergeometric() -> None:
    rng = np.random.default_rng(3)
    cube = (rng.random((49, 4)) < 0.3).astype(float)
    w = lattice(7, 7)
    found = emerging.classify(cube, w, 0, ties="conservative")
    member = w.toarray() + np.eye(49)
    seen = member @ cube
    for t in range(4):
        chance = hypergeom(49, int(cube[:, t].sum()), member.sum(axis=1))
        up, down = chance.sf(seen[:, t] - 1), chance.cdf(seen[:, t])
        assert np.allclose(found.p_gi[:, t], np.minimum(2 * np.minimum(up, down), 1), atol=1e-10)


@pytest.mark.parametrize("compare", ["neighbours", "all", "before"])
def test_the_exact_p_is_that_of_many_permutations(compare: str) -> None:
    cube = np.random.default_rng(4).poisson(1.5, (36, 5)).astype(float)
    exact = emerging.classify(cube, lattice(6, 6), 1, compare, ties="mid")
    drawn = emerging.classify(cube, lattice(6, 6), 1, compare, ties="mid", permutations=4000)
    assert exact.conventions["null"] == "permutation-exact"
    assert np.abs(exact.p_gi - drawn.p_gi).max() < 0.06
    assert np.abs(exact.p_gi - drawn.p_gi).mean() < 0.015


@pytest.mark.parametrize("compare", ["neighbours", "all", "before"])
@pytest.mark.parametrize("noise", ["normal", "poisson 3", "poisson 0.3"])
def test_one_bin_of_twenty_is_flagged_in_noise(compare: str, noise: str) -> None:
    rng = np.random.default_rng(5)
    shares = []
    for _ in range(6):
        cube = (
            rng.normal(0, 1, (2500, 12)) if noise == "normal" else rng.poisson(float(noise[8:]), (2500, 12))
        )
        shares.append((emerging.classify(cube, lattice(50, 50), 1, compare, rng=rng).p_gi < 0.05).mean())
    assert 0.045 < np.mean(shares) < 0.055


@pytest.mark.parametrize("compare", ["neighbours", "all", "before"])
def test_permutations_flag_one_bin_of_twenty_too(compare: str) -> None:
    rng = np.random.default_rng(6)
    shares = [
        (
            emerging.classify(
                rng.poisson(0.3, (900, 8)), lattice(30, 30), 1, compare, permutations=199, rng=rng
            ).p_gi
            < 0.05
        ).mean()
        for _ in range(5)
    ]
    assert 0.045 < np.mean(shares) < 0.055


def test_noise_has_no_pattern() -> None:
    rng = np.random.default_rng(7)
    wrong = [
        (emerging.classify(rng.poisson(2.0, (400, 12)), lattice(20, 20)).labels != "none").mean()
        for _ in range(20)
    ]
    assert np.mean(wrong) < 0.002


def planted(rng: np.random.Generator, course: NDArray[np.float64]) -> NDArray[np.int64]:
    """Counts of mean 2, and of another course in a block of sixteen cells."""
    rate = np.full((900, 20), 2.0)
    rate[np.arange(900).reshape(30, 30)[12:16, 12:16].ravel()] = course
    return rng.poisson(rate)


LASTING = np.full(20, 12.0)
COURSES = {
    "consecutive_hot": np.r_[np.full(16, 2.0), np.full(4, 12.0)],
    "new_hot": np.r_[np.full(19, 2.0), 12.0],
    "persistent_hot": LASTING,
    "intensifying_hot": np.linspace(8, 30, 20),
    "diminishing_hot": np.linspace(30, 8, 20),
    "historical_hot": np.r_[np.full(19, 12.0), 2.0],
    "sporadic_hot": np.tile([12.0, 2.0, 12.0, 12.0], 5),
    "oscillating_hot": np.r_[np.full(10, 0.0), np.full(10, 12.0)],
    "persistent_cold": np.full(20, 0.0),
}


@pytest.mark.parametrize("label", COURSES)
def test_a_planted_pattern_gets_its_label(label: str) -> None:
    found = emerging.classify(planted(np.random.default_rng(8), COURSES[label]), lattice(30, 30), k=0)
    grid = found.labels.reshape(30, 30)
    assert (grid[13:15, 13:15] == label).all()
    assert (grid[:10] == "none").mean() > 0.95


def test_at_most_one_flagged_bin_in_twenty_is_false() -> None:
    near = np.zeros((30, 30), bool)
    near[11:17, 11:17] = True
    shares = []
    for seed in range(12):
        found = emerging.classify(planted(np.random.default_rng(seed), LASTING), lattice(30, 30), k=0)
        flagged = found.side != 0
        assert flagged.reshape(30, 30, -1)[12:16, 12:16].mean() > 0.9
        shares.append(flagged[~near.ravel()].sum() / flagged.sum())
    assert np.mean(shares) <= 0.05


def test_stable_labels_are_told_from_chance_ones() -> None:
    found = emerging.classify(planted(np.random.default_rng(9), LASTING), lattice(30, 30), k=0, bootstrap=20)
    grid = found.stability.reshape(30, 30)
    assert ((found.stability >= 0) & (found.stability <= 1)).all()
    assert grid[13:15, 13:15].mean() > 0.8
    assert np.isnan(emerging.classify(np.ones((9, 3)), lattice(3, 3)).stability).all()


def test_a_cube_without_variation_has_no_hot_bin() -> None:
    found = emerging.classify(np.full((9, 5), 4), lattice(3, 3))
    assert (found.z == 0).all()
    assert (found.labels == "none").all()
    assert (emerging.classify(np.zeros((9, 5)), lattice(3, 3), permutations=19).labels == "none").all()


def test_a_neighbourhood_as_large_as_the_area_is_never_hot() -> None:
    w = csr_array(np.ones((6, 6)) - np.eye(6))
    found = emerging.classify(np.random.default_rng(10).poisson(4, (6, 5)), w, k=0)
    assert (found.z == 0).all()
    assert (found.side == 0).all()


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"cube": np.zeros(9)}, "cube-shape"),
        ({"cube": np.zeros((9, 1))}, "cube-shape"),
        ({"cube": np.full((9, 3), np.nan)}, "cube-not-finite"),
        ({"cube": np.zeros((4, 3))}, "weights-shape"),
        ({"weights": -lattice(3, 3)}, "weights-negative"),
        ({"k": 3}, "lags-range"),
        ({"compare": "future"}, "compare-unknown"),
        ({"alpha": 0.0}, "alpha-range"),
        ({"ties": "never"}, "ties-unknown"),
        ({"permutations": -1}, "repetitions-negative"),
        ({"fdr": "holm"}, "fdr-unknown"),
        ({"keys": [1.5] * 9}, "keys-shape"),
        ({"cube": np.full((9, 3), 0.5), "bootstrap": 5}, "bootstrap-needs-counts"),
    ],
)
def test_what_cannot_be_classified_is_refused(arguments: dict[str, object], code: str) -> None:
    given = {"cube": np.ones((9, 3)), "weights": lattice(3, 3)} | arguments
    with pytest.raises(InvalidInput) as refused:
        emerging.classify(**given)  # type: ignore[arg-type]
    assert refused.value.code == code
