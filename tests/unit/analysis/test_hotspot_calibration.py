"""P-values are what they say: one cell in twenty on noise, and few false cells among those flagged."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from gridmap.analysis import weights
from gridmap.analysis.hotspot import local_counts, local_gi, local_moran

SIDE = 120
QUEEN = weights.lattice(SIDE, SIDE)
NOISE: dict[str, Callable[[np.random.Generator], np.ndarray]] = {
    "normal": lambda rng: rng.normal(size=SIDE**2),
    "Poisson 3": lambda rng: rng.poisson(3, SIDE**2),
    "Poisson 0.3": lambda rng: rng.poisson(0.3, SIDE**2),
    "exponential": lambda rng: rng.exponential(size=SIDE**2),
    "Poisson 0.02": lambda rng: rng.poisson(0.02, SIDE**2),
}
TIED: dict[str, Callable[[np.random.Generator], np.ndarray]] = {
    "mean weekly counts": lambda rng: rng.poisson(3, SIDE**2) / 52,
    "half counts": lambda rng: rng.poisson(1, SIDE**2) / 2,
    "differences of counts": lambda rng: rng.poisson(2, SIDE**2) - rng.poisson(2, SIDE**2),
    "amounts of money": lambda rng: rng.poisson(1, SIDE**2) * 10.0**9,
    "percentages with one digit": lambda rng: np.round(rng.normal(50, 2, SIDE**2), 1),
    "rates, most of them zero": lambda rng: rng.poisson(0.3, SIDE**2) / rng.integers(50, 500, SIDE**2),
    "rates, nearly all zero": lambda rng: rng.poisson(0.05, SIDE**2) / rng.integers(50, 500, SIDE**2),
    "amounts or nothing": lambda rng: np.where(rng.random(SIDE**2) < 0.7, 0, rng.exponential(size=SIDE**2)),
    "capped amounts": lambda rng: np.minimum(rng.exponential(size=SIDE**2), 1.0),
    "roots of counts": lambda rng: np.sqrt(rng.poisson(1, SIDE**2) + 0.375),
    "logarithms of counts": lambda rng: np.log1p(rng.poisson(1, SIDE**2)),
    "counts with one far outlier": lambda rng: np.where(
        np.arange(SIDE**2) == 5, 10**7, rng.poisson(1, SIDE**2)
    ),
}
NOISE |= TIED
RUNS = 12


def flagged(test: Callable[[np.ndarray, np.random.Generator], np.ndarray], noise: str) -> float:
    shares = []
    for seed in range(RUNS):
        rng = np.random.default_rng([seed, 7])
        shares.append(np.mean(test(NOISE[noise](rng), rng) < 0.05))
    return float(np.mean(shares))


@pytest.mark.parametrize("noise", NOISE)
@pytest.mark.parametrize("permutations", [0, 999])
def test_gi_star_flags_one_cell_in_twenty_on_noise(noise: str, permutations: int) -> None:
    share = flagged(lambda x, rng: local_gi(x, QUEEN, permutations=permutations, rng=rng).p, noise)
    assert 0.045 <= share <= 0.055


@pytest.mark.parametrize("noise", NOISE)
@pytest.mark.parametrize("permutations", [0, 999])
def test_local_moran_flags_one_cell_in_twenty_on_noise(noise: str, permutations: int) -> None:
    share = flagged(lambda x, rng: local_moran(x, QUEEN, permutations, rng).p, noise)
    assert 0.045 <= share <= 0.055


@pytest.mark.parametrize("noise", ["Poisson 3", "Poisson 0.3", "Poisson 0.02"])
def test_counts_flag_one_cell_in_twenty_on_noise(noise: str) -> None:
    assert 0.045 <= flagged(lambda x, rng: local_counts(x, None, QUEEN, rng=rng).p, noise) <= 0.055


def test_counts_of_uneven_exposure_and_uneven_rates_flag_one_cell_in_twenty() -> None:
    shares = []
    for seed in range(RUNS):
        rng = np.random.default_rng([seed, 8])
        people = rng.gamma(2.0, 50.0, SIDE**2)
        events = rng.poisson(0.02 * people * rng.gamma(2.0, 0.5, SIDE**2))
        shares.append(np.mean(local_counts(events, people, QUEEN, rng=rng).p < 0.05))
    assert 0.045 <= np.mean(shares) <= 0.055


@pytest.mark.parametrize("noise", TIED)
def test_numbers_that_tie_give_no_false_discovery_in_bulk(noise: str) -> None:
    found = 0
    for seed in range(RUNS):
        rng = np.random.default_rng([seed, 11])
        found += int((local_gi(NOISE[noise](rng), QUEEN, rng=rng).q <= 0.05).any())
    assert found <= 4


@pytest.mark.parametrize("star", [True, False])
def test_numbers_in_equal_steps_are_judged_as_the_counts_of_their_steps(star: bool) -> None:
    counts = np.random.default_rng(12).poisson(2, SIDE**2)
    plain = local_gi(counts, QUEEN, star, ties="mid")
    for scaled in (counts / 52, counts * 0.1 - 7.0, counts * 1e9):
        other = local_gi(scaled, QUEEN, star, ties="mid")
        assert other.conventions["null"] == "permutation-exact"
        np.testing.assert_allclose(other.p, plain.p, rtol=1e-9)


def test_one_large_map_flags_one_cell_in_twenty_with_permutations() -> None:
    w = weights.lattice(320, 320)
    rng = np.random.default_rng(3)
    for x in (rng.normal(size=320**2), rng.poisson(3, 320**2), rng.poisson(0.3, 320**2)):
        assert 0.045 <= np.mean(local_gi(x, w, permutations=999).p < 0.05) <= 0.055


def planted(seed: int, mean: float, hot: float) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng([seed, 9])
    rate = np.full((SIDE, SIDE), mean)
    for row, column in rng.integers(2, SIDE - 5, (12, 2)):
        rate[row : row + 4, column : column + 4] = hot
    return rng.poisson(rate.ravel()), rate.ravel() > mean


@pytest.mark.parametrize(("mean", "hot"), [(3.0, 9.0), (0.3, 2.5)])
@pytest.mark.parametrize("method", ["gi", "moran", "counts"])
def test_few_of_the_flagged_cells_are_false(mean: float, hot: float, method: str) -> None:
    false, power = [], []
    for seed in range(8):
        events, is_hot = planted(seed, mean, hot)
        found: Any = {
            "gi": lambda x: local_gi(x, QUEEN),
            "moran": lambda x: local_moran(x, QUEEN),
            "counts": lambda x: local_counts(x, None, QUEEN),
        }[method](events)
        near_hot = (QUEEN @ is_hot) + is_hot > 0
        seen = found.q < 0.05
        false.append(np.mean(~near_hot[seen]) if seen.any() else 0.0)
        power.append(np.mean(seen[is_hot]))
    assert np.mean(false) <= 0.05
    assert np.mean(power) > 0.5
