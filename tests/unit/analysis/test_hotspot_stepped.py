"""Gi* in steps: no null holds the hotspots' own counts, and noise is flagged as often as it should be."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from gridmap.analysis import weights
from gridmap.analysis.hotspot import can_step, local_gi, stepped_gi
from gridmap.errors import InvalidInput

SIDE = 30
NEAR = weights.lattice(SIDE, SIDE)
AROUND = sparse.csr_array(NEAR) + sparse.eye_array(SIDE * SIDE)


def planted(seed: int, mean: float, risk: float) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    hot = np.zeros((SIDE, SIDE), dtype=bool)
    hot[8:14, 10:16] = True
    return rng.poisson(mean * np.where(hot.ravel(), risk, 1.0)), hot.ravel()


@pytest.mark.parametrize("mean", [3.0, 0.3, 0.05])
def test_one_cell_in_twenty_is_flagged_on_noise_and_few_maps_have_a_hot_one(mean: float) -> None:
    found = [stepped_gi(np.random.default_rng(s).poisson(mean, SIDE**2), NEAR, rng=s) for s in range(80)]
    assert np.mean([(one.p <= 0.05).mean() for one in found]) == pytest.approx(0.05, abs=0.006)
    # Two standard errors above one in twenty.
    assert np.mean([((one.q <= 0.05) & (one.z > 0)).any() for one in found]) <= 0.05 + 2 * np.sqrt(
        0.0475 / 80
    )


@pytest.mark.parametrize(
    ("mean", "risk", "more"), [(3.0, 2.0, 0.08), (0.05, 20.0, 0.15), (1.0, 3.0, 0.08), (0.3, 5.0, 0.1)]
)
def test_more_of_a_hotspot_is_found_in_steps_and_few_of_the_finds_are_false(
    mean: float, risk: float, more: float
) -> None:
    once, steps, false = [], [], []
    for seed in range(40):
        values, hot = planted(seed, mean, risk)
        near = AROUND @ hot > 0
        plain = local_gi(values, NEAR, rng=seed)
        once.append((plain.q[hot] <= 0.05).mean())
        found = stepped_gi(values, NEAR, rng=seed).q <= 0.05
        steps.append(found[hot].mean())
        false.append((found & ~near).sum() / max(found.sum(), 1))
    assert np.mean(steps) >= np.mean(once) + more
    assert np.mean(false) <= 0.06 + 2 * np.std(false) / np.sqrt(len(false))


def test_where_nothing_is_found_it_is_the_plain_statistic() -> None:
    values = np.random.default_rng(3).poisson(2.0, SIDE**2)
    plain, steps = local_gi(values, NEAR, rng=1), stepped_gi(values, NEAR, rng=1)
    assert steps.conventions["left out of the null"] == "0"
    np.testing.assert_array_equal(plain.z, steps.z)
    np.testing.assert_allclose(plain.p, steps.p)
    np.testing.assert_allclose(np.minimum(1.0, 2.0 * np.minimum(steps.low, steps.high)), steps.p)


def test_a_sum_that_no_draw_from_the_rest_gives_is_no_error() -> None:
    values = np.zeros(SIDE**2, dtype=int)
    values[::7] = 1
    values[400:404] = 60
    found = stepped_gi(values, NEAR, rng=0)
    assert (found.q[400:404] <= 0.05).all()
    assert np.isfinite(found.p).all()


def test_the_order_of_the_cells_changes_nothing() -> None:
    values, _ = planted(5, 1.0, 3.0)
    mixed = np.random.default_rng(0).permutation(SIDE**2)
    first = stepped_gi(values, NEAR, rng=4, keys=np.arange(SIDE**2))
    other = stepped_gi(
        values[mixed], sparse.csr_array(sparse.csr_array(NEAR)[mixed][:, mixed]), rng=4, keys=mixed
    )
    np.testing.assert_allclose(first.q[mixed], other.q)


def test_what_are_no_counts_is_refused() -> None:
    numbers = np.random.default_rng(1).normal(size=SIDE**2)
    assert not can_step(numbers, NEAR)
    with pytest.raises(InvalidInput) as refused:
        stepped_gi(numbers, NEAR)
    assert refused.value.code == "step-needs-counts"
    with pytest.raises(InvalidInput):
        stepped_gi(np.arange(SIDE**2) % 3, NEAR, alpha=0.0)
