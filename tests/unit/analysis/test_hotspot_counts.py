"""Counts against exposure: exact binomial and Dirichlet-multinomial tails, and the null that fits."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from gridmap.analysis import weights
from gridmap.analysis.hotspot import local_counts
from gridmap.errors import InvalidInput

W = weights.lattice(10, 10)


def folded(below: np.ndarray, at: np.ndarray, above: np.ndarray, share: float) -> np.ndarray:
    return np.minimum(1, 2 * np.minimum(below + share * at, above + share * at))


@pytest.mark.parametrize("ties", ["mid", "conservative"])
@pytest.mark.parametrize("mean", [0.2, 3.0, 400.0])
def test_the_poisson_null_is_binomial_given_the_total(ties: str, mean: float) -> None:
    rng = np.random.default_rng(1)
    exposure = rng.gamma(2.0, 50.0, 100)
    events = rng.poisson(mean * exposure / exposure.mean())
    found = local_counts(events, exposure, W, null="poisson", ties=ties)
    near = W.toarray() + np.eye(100)
    law = stats.binom(events.sum(), near @ exposure / exposure.sum())
    seen = near @ events
    expected = folded(law.cdf(seen - 1), law.pmf(seen), law.sf(seen), 0.5 if ties == "mid" else 1.0)
    np.testing.assert_allclose(found.p, expected, rtol=1e-7)
    np.testing.assert_allclose(found.observed, seen)
    np.testing.assert_allclose(found.expected, law.mean())
    np.testing.assert_allclose(found.ratio, seen / law.mean())
    np.testing.assert_allclose(found.z, (seen - law.mean()) / law.std())


def test_the_gamma_null_is_beta_binomial_for_equal_exposure() -> None:
    events = np.random.default_rng(2).negative_binomial(1.0, 0.3, 100)
    found = local_counts(events, None, W, null="gamma-poisson", ties="mid")
    shape = 1.0 / float(found.conventions["dispersion"])
    near = W.toarray() + np.eye(100)
    size, seen = near.sum(axis=1), near @ events
    law = stats.betabinom(events.sum(), size * shape, (100 - size) * shape)
    np.testing.assert_allclose(
        found.p, folded(law.cdf(seen - 1), law.pmf(seen), law.sf(seen), 0.5), rtol=1e-4, atol=1e-9
    )
    np.testing.assert_allclose(found.z, (seen - law.mean()) / law.std(), rtol=1e-4)


def test_auto_takes_the_null_that_the_counts_allow() -> None:
    rng = np.random.default_rng(3)
    assert "Poisson)" in local_counts(rng.poisson(3, 100), None, W).conventions["null"]
    assert local_counts(rng.poisson(3, 100), None, W).conventions["null"] == "binomial (Poisson)"
    uneven = local_counts(rng.negative_binomial(1, 0.2, 100), None, W)
    assert uneven.conventions["null"] == "beta-binomial (gamma-Poisson)"
    assert float(uneven.conventions["dispersion"]) == pytest.approx(1.0, abs=0.6)


def test_everybody_present_changes_what_is_a_hotspot() -> None:
    events = np.full(100, 2)
    events[[44, 45, 54, 55]] = 12
    exposure = np.full(100, 100.0)
    assert local_counts(events, exposure, W, null="poisson").q[44] < 0.01
    exposure[[44, 45, 54, 55]] = 600.0
    assert local_counts(events, exposure, W, null="poisson").q[44] > 0.2


def test_no_events_and_whole_maps_are_no_surprise() -> None:
    nothing = local_counts(np.zeros(100), None, W)
    assert (nothing.p == 1).all()
    assert (nothing.z == 0).all()
    everything = local_counts([1, 2, 3], None, weights.knn(np.array([[0, 0], [1, 0], [2, 0]]), 2))
    assert (everything.p == 1).all()


def test_islands_without_themselves_have_no_answer() -> None:
    found = local_counts(
        [3, 4, 5, 6], None, weights.from_pairs(4, [(0, 1), (1, 0), (1, 2), (2, 1)]), star=False
    )
    assert np.isnan(found.p[3])
    assert np.isfinite(found.p[:3]).all()


def test_sizes_of_weights_do_not_matter() -> None:
    events = np.random.default_rng(5).poisson(2, 100)
    a, b = local_counts(events, None, W), local_counts(events, None, weights.row_standardised(W))
    np.testing.assert_array_equal(a.observed, b.observed)
    np.testing.assert_allclose(a.z, b.z)


@pytest.mark.parametrize(
    ("events", "exposure", "code"),
    [
        (np.full(100, 0.5), None, "events-not-counts"),
        (np.full(100, -1), None, "events-not-counts"),
        (np.ones(100), np.zeros(100), "exposure-invalid"),
        (np.ones(100), np.full(100, -1.0), "exposure-invalid"),
        (np.ones(100), np.ones(99), "exposure-invalid"),
        (np.ones(100), np.arange(100), "exposure-zero"),
    ],
)
def test_counts_without_people_are_refused(
    events: np.ndarray, exposure: np.ndarray | None, code: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        local_counts(events, exposure, W)
    assert refused.value.code == code
