"""The attacker on places that overlap: the same records on grounds that differ by empty grids, each with its own noise.

Every such ground is a place with a number of its own, so who has many of them takes them together, of a place without
a grid and of the same with it, and concludes what the grid holds. The prior is base rates alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import nbinom

from gridmap.analysis.cell_key import PerturbationTable
from gridmap.domain.protection import place_band
from tests.attack import SMALL

Floats = NDArray[np.float64]
_SMALL_MOST = 12


@dataclass(frozen=True, slots=True)
class Overlaps:
    """A place and a grid beside it, which only the referee knows, and what the attacker takes for likely.

    Attributes
    ----------
    place, grid : int
        How many records each holds.
    place_mean, grid_mean : float
        Base rates of both.
    beside : float
        How far a count lies beside its base rate: standard deviation as a share of it, besides chance.
    """

    place: int
    grid: int
    place_mean: float
    grid_mean: float
    beside: float = 0.4

    def prior(self, mean: float, most: int) -> Floats:
        """Chances of each count up to `most`."""
        size = 1.0 / self.beside**2
        out = np.asarray(nbinom.pmf(np.arange(most), size, size / (size + mean)))
        return out / out.sum()


def drawn_numbers(
    table: PerturbationTable, count: int, k: int, rng: np.random.Generator
) -> NDArray[np.int64]:
    """Draw what k places of the same count show."""
    chances = np.array([float(table.chance(np.array([count]), n)[0]) for n in range(count + table.bound + 1)])
    return rng.choice(len(chances), size=k, p=chances / chances.sum())


def log_likelihood(
    table: PerturbationTable, numbers: NDArray[np.int64], most: int, *, bands: bool = False
) -> Floats:
    """Logarithm of the chance of numbers, or of their bands, for each count of the records that all of them are of."""
    counts = np.arange(most)
    out = np.zeros(most)
    with np.errstate(divide="ignore"):
        for number, times in zip(*np.unique(numbers, return_counts=True), strict=True):
            low, below = place_band(int(number)) if bands else (int(number), int(number) + 1)
            # Nothing is told beyond what the greatest count may become.
            chances = sum(table.chance(counts, n) for n in range(low, min(below, most + table.bound)))
            out += times * np.log(chances)
    return out


def posterior_of_place(about: Overlaps, table: PerturbationTable, numbers: NDArray[np.int64]) -> Floats:
    """Chances of each count of the place, after k numbers of it."""
    most = about.place + 4 * table.bound
    with np.errstate(divide="ignore"):
        log = np.log(about.prior(about.place_mean, most)) + log_likelihood(table, numbers, most)
    after = np.exp(log - log.max())
    return np.asarray(after / after.sum())


def raised_by_overlaps(
    about: Overlaps,
    table: PerturbationTable,
    without: NDArray[np.int64],
    joined: NDArray[np.int64],
    *,
    bands: bool = False,
) -> float:
    """By how much the chance of a small count in the grid rises at most, after k numbers of either ground."""
    most = about.place + 4 * table.bound
    prior = about.prior(about.grid_mean, _SMALL_MOST)
    with np.errstate(divide="ignore"):
        place = np.log(about.prior(about.place_mean, most)) + log_likelihood(
            table, without, most, bands=bands
        )
    whole = log_likelihood(table, joined, most + _SMALL_MOST, bands=bands)
    log = np.array([np.logaddexp.reduce(place + whole[d : d + most]) for d in range(_SMALL_MOST)])
    after = prior * np.exp(log - log.max())
    after /= after.sum()
    return max(float(after[d] - prior[d]) for d in SMALL)


def attack_overlaps(
    about: Overlaps, table: PerturbationTable, k: int, times: int, seed: int
) -> tuple[float, Floats]:
    """Attack k overlapping places of either ground, time and again.

    Returns
    -------
    deviation : float
        Standard deviation of the posterior of the place's count, on average.
    raises : (times,) ndarray
        Greatest raise of the chance of a small count in the grid.
    """
    rng = np.random.default_rng(seed)
    deviations, raises = [], []
    for _ in range(times):
        without = drawn_numbers(table, about.place, k, rng)
        joined = drawn_numbers(table, about.place + about.grid, k, rng)
        after = posterior_of_place(about, table, without)
        counts = np.arange(len(after))
        mean = float(after @ counts)
        deviations.append(float(np.sqrt(after @ (counts - mean) ** 2)))
        raises.append(raised_by_overlaps(about, table, without, joined))
    return float(np.mean(deviations)), np.array(raises)


def attack_banded_overlaps(table: PerturbationTable, k: int, times: int, seed: int) -> Floats:
    """Attack the bands of k overlapping places of either ground, of 10 to 135 records and 3 more in the grid.

    Returns
    -------
    (n,) ndarray
        Greatest raise of the chance of a small count in the grid, of each place and time.
    """
    rng = np.random.default_rng(seed)
    out = []
    for place in range(10, 140, 5):
        about = Overlaps(place=place, grid=3, place_mean=0.75 * place, grid_mean=2.0)
        for _ in range(times):
            without = drawn_numbers(table, place, k, rng)
            joined = drawn_numbers(table, place + about.grid, k, rng)
            out.append(raised_by_overlaps(about, table, without, joined, bands=True))
    return np.array(out)
