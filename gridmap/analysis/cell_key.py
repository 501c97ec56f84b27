"""The cell-key method: noise that is fixed by the very records that are counted, so that differences tell nothing.

Each record has a random key. The key of a cell is the sum of the keys of its records modulo one, so the same records
have the same cell key, whoever asks and however. A perturbation table says with what chance a count becomes another;
the cell key is the place in it. Nothing is drawn when a question is asked, so asking again tells nothing.

References
----------
B. Fraser, J. Wooton, *A proposed method for confidentialising tabular output to protect against differencing*, Joint
UNECE/Eurostat work session on statistical data confidentiality, 2005. J. Marley, V. Leaver, *A method for
confidentialising user-defined tables: statistical properties and a risk-utility analysis*, ISI, 2011 (maximum entropy).
S. Giessing, *Computational issues in the design of transition probabilities and disclosure risk estimation for
additive noise*, PSD 2016. T. Enderle, *ptable*, R package 1.0.0, 2023.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import logsumexp, softmax

from gridmap.analysis.suppress import NOT_SHOWN
from gridmap.errors import InvalidInput

Floats: TypeAlias = NDArray[np.float64]
Counts: TypeAlias = NDArray[np.int64]

_EXACT = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class PerturbationTable:
    """With what chance a count becomes another.

    Attributes
    ----------
    bound : int
        No count changes by more.
    variance : float
        Of the change, where the count allows it; zero stays zero.
    none_up_to : int
        No count becomes 1 to this.
    chances : (n + 1, n + bound + 1) float64
        Chance that count `i` becomes `j`; counts above `n` change as `n` does.
    """

    bound: int
    variance: float
    none_up_to: int
    chances: Floats

    @property
    def last(self) -> int:
        """The count from which on the change no longer depends on the count."""
        return len(self.chances) - 1

    def look_up(self, counts: Counts, keys: Floats) -> Counts:
        """Perturb counts by the keys of their cells.

        Parameters
        ----------
        counts : (n,) int array
        keys : (n,) float array
            From 0 up to 1, 1 not included.

        Returns
        -------
        (n,) int64 array
        """
        rows = np.minimum(counts, self.last)
        # The running sums end at one but for rounding, and no key reaches that.
        sums = np.cumsum(self.chances, axis=1)
        sums[:, -1] = 1.0
        found = (sums[rows] <= keys[:, None]).sum(axis=1)
        return np.asarray(counts + found - rows, dtype=np.int64)

    def chance(self, count: Counts, told: int) -> Floats:
        """Chance that each count is told as `told`; shape (n,)."""
        rows = np.minimum(count, self.last)
        column = told - count + rows
        inside = (column >= 0) & (column < self.chances.shape[1])
        return np.where(inside, self.chances[rows, np.where(inside, column, 0)], 0.0)


@lru_cache(maxsize=16)
def perturbation_table(bound: int, variance: float, none_up_to: int = 0) -> PerturbationTable:
    """Make the table of greatest entropy that keeps the mean and has the variance.

    Parameters
    ----------
    bound : int
        Greatest change, at least 1.
    variance : float
        Of the change. For small counts no variance below a least one keeps the mean where 1 to `none_up_to` may not
        come out: there it is the nearest that can be had.
    none_up_to : int
        No count becomes 1 to this.

    Returns
    -------
    PerturbationTable

    Raises
    ------
    InvalidInput
        When no table can have the variance within the bound, or the bound is too small for `none_up_to`.
    """
    if bound < 1 or not 0 < variance < bound**2 or none_up_to < 0 or bound < none_up_to:
        raise InvalidInput(
            "perturbation-table",
            f"扰动表参数不可行：上限 {bound}，方差 {variance}，不出现 1 至 {none_up_to}。请提高上限或降低方差。",
            f"No perturbation table has bound {bound}, variance {variance} and no result of 1 to {none_up_to}. Raise "
            "the bound or lower the variance.",
        )
    last = bound + none_up_to
    chances = np.zeros((last + 1, last + bound + 1))
    chances[0, 0] = 1.0
    for count in range(1, last + 1):
        results = np.arange(max(count - bound, 0), count + bound + 1)
        results = results[(results == 0) | (results > none_up_to)]
        chances[count, results] = _most_entropy((results - count).astype(np.float64), variance)
    chances.setflags(write=False)
    return PerturbationTable(bound, variance, none_up_to, chances)


def _most_entropy(changes: Floats, variance: float) -> Floats:
    """Chances of changes with mean 0 and the variance, or the nearest variance that a mean of 0 allows."""
    below, above = changes[changes <= 0].max(), changes[changes >= 0].min()
    # Two neighbours of zero have the least variance with mean 0, the two ends the greatest.
    least, most = -below * above, -changes.min() * changes.max()
    asked = float(np.clip(variance, least, most))
    if asked <= least + _EXACT or asked >= most - _EXACT:
        low, high = (below, above) if asked <= least + _EXACT else (changes.min(), changes.max())
        out = np.zeros(len(changes))
        if high == low:
            out[changes == low] = 1.0
        else:
            out[changes == low], out[changes == high] = high / (high - low), -low / (high - low)
        return out
    # The chances of greatest entropy are exp(a d + b d^2) up to a factor; a and b minimise the convex dual.
    scale = float(np.abs(changes).max())
    features = np.vstack([changes / scale, (changes / scale) ** 2])
    target = np.array([0.0, asked / scale**2])

    def dual(at: Floats) -> tuple[float, Floats]:
        chances = softmax(at @ features)
        return float(logsumexp(at @ features) - at @ target), features @ chances - target

    def curvature(at: Floats) -> Floats:
        chances = softmax(at @ features)
        mean = features @ chances
        return np.asarray((features * chances) @ features.T - np.outer(mean, mean))

    found = minimize(
        dual, np.zeros(2), jac=True, hess=curvature, method="trust-exact", options={"gtol": 1e-12}
    )
    return np.asarray(softmax(found.x @ features), dtype=np.float64)


def protect(
    counts: Counts, keys: Floats, table: PerturbationTable, *, least_held: int, least_told: int
) -> Counts:
    """Perturb counts; keep back those that hold or would tell too few.

    Parameters
    ----------
    counts : (n,) int array
    keys : (n,) float array
        Of the cells, from 0 up to 1.
    table : PerturbationTable
    least_held : int
        Fewest records of a cell that is told.
    least_told : int
        Smallest number that is told. What is not told speaks of no class of counts alone: zero is among it, and so are
        counts up to `least_told` plus the table's bound.

    Returns
    -------
    (n,) int64 array
        `NOT_SHOWN` where nothing is told.
    """
    told = table.look_up(counts, keys)
    return np.where((counts >= least_held) & (told >= least_told), told, NOT_SHOWN)
