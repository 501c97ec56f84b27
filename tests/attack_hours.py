"""The attacker of a board that tells a figure each hour: what came in in an hour, from all hours together, exactly.

The figure is what is new since the morning: it begins at none, which everybody knows, and only grows. The attacker
knows how many come in in an hour on average, and weighs every course that the day may have had by what was shown.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.stats import poisson

from gridmap.analysis.cell_key import PerturbationTable
from gridmap.analysis.suppress import NOT_SHOWN
from tests.attack import SMALL

Floats = NDArray[np.float64]
Numbers = NDArray[np.int64]
_MOST = 90
_MOST_AN_HOUR = 15


def drawn_day(rate: float, hours: int, rng: np.random.Generator) -> Numbers:
    """Draw how many come in in each hour."""
    return np.minimum(rng.poisson(rate, hours), _MOST_AN_HOUR - 1)


def shown(
    table: PerturbationTable, came: Numbers, rng: np.random.Generator, *, fixed: bool, least: tuple[int, int]
) -> Numbers:
    """What the board shows at the end of each hour; `fixed` where the same records have the same noise at any hour."""
    counts = np.cumsum(came)
    keys = rng.random(len(counts))
    if fixed:
        keys = keys[np.maximum.accumulate(np.where(came > 0, np.arange(len(came)), 0))]
    told = table.look_up(counts, keys)
    return np.where((counts >= least[0]) & (told >= least[1]), told, NOT_SHOWN)


def raised_by_hours(
    table: PerturbationTable, numbers: Numbers, rate: float, *, fixed: bool, least: tuple[int, int]
) -> Floats:
    """By how much the chance that few came in rises at most, for each hour; exact, over all courses of the day."""
    counts = np.arange(_MOST)
    told = np.array([table.chance(counts, n) for n in range(_MOST + table.bound)])
    told[: least[1]] = 0.0
    told[:, counts < least[0]] = 0.0
    hides = 1.0 - told.sum(axis=0)
    likely = np.array([hides if n == NOT_SHOWN else told[n] for n in numbers])
    came = poisson.pmf(np.arange(_MOST_AN_HOUR), rate)
    came /= came.sum()
    hours = len(numbers)

    def step(n: int, d: int) -> Floats:
        """Chance of what hour n shows, of each count before it, where d came in."""
        out = np.zeros(_MOST)
        out[: _MOST - d] = likely[n][d:]
        if fixed and n > 0:
            same = numbers[n] == numbers[n - 1]
            # Without a new record the noise is the same: the number says nothing more, or is impossible.
            out = np.full(_MOST, float(same)) if d == 0 else out
        return out

    before = np.zeros((hours + 1, _MOST))
    before[0, 0] = 1.0
    for n in range(hours):
        for d in range(_MOST_AN_HOUR):
            moved = before[n] * step(n, d) * came[d]
            before[n + 1, d:] += moved[: _MOST - d]
        before[n + 1] /= before[n + 1].sum()
    after = np.ones(_MOST)
    raises = np.zeros(hours)
    for n in reversed(range(hours)):
        ways = np.zeros((_MOST_AN_HOUR, _MOST))
        for d in range(_MOST_AN_HOUR):
            ways[d, : _MOST - d] = step(n, d)[: _MOST - d] * came[d] * after[d:]
        posterior = (ways * before[n]).sum(axis=1)
        posterior /= posterior.sum()
        raises[n] = max(float(posterior[v] - came[v]) for v in SMALL)
        after = ways.sum(axis=0)
        after /= after.max()
    return raises
