"""Statistics of the whole map: Geary's C, the general G, and what they share with Moran's I."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import sparse, special

from gridmap.analysis._given import Rng, whole_of
from gridmap.analysis.hotspot.field import Field, checked, checked_choice, seed_of
from gridmap.analysis.hotspot.gi import ISLANDS
from gridmap.analysis.hotspot.results import Floats, GlobalResult
from gridmap.errors import InvalidInput

MOMENTS = ("randomisation", "normality")

_BLOCK = 16
Statistic = Callable[[Floats], Floats]


@dataclass(frozen=True, slots=True)
class Totals:
    """Number of cells that count, and the sums of the weights that moments are made of."""

    n: int
    s0: float
    s1: float
    s2: float

    def kurtosis(self, field: Field) -> float:
        """Fourth moment over the square of the second; 3 where nothing varies."""
        off = field.ordered - field.moments[0]
        second = float(np.sum(off**2))
        return self.n * float(np.sum(off**4)) / second**2 if second > 0 else 3.0


def totals(field: Field, weights: sparse.csr_array, islands: str) -> Totals:
    """Add up the weights: s0 all, s1 half the squares of both directions, s2 squares of rows plus columns."""
    both = weights + weights.T
    n = field.n if islands == "keep" else int(np.count_nonzero(field.total))
    s0 = float(np.sum(field.total))
    if s0 == 0 or n < 4:
        raise InvalidInput(
            "too-few-neighbours",
            "至少需要 4 个单元并有相邻关系，请检查权重。",
            "At least 4 cells and some neighbours are needed; check the weights.",
        )
    rows = np.asarray(weights.sum(axis=1)).ravel() + np.asarray(weights.sum(axis=0)).ravel()
    return Totals(n, s0, float(np.sum(both.data**2)) / 2, float(np.sum(rows**2)))


def concluded(
    field: Field,
    statistic: Statistic,
    moments: tuple[float, float],
    permutations: int,
    seed: int,
    keys: ArrayLike | None,
    conventions: dict[str, str],
    *,
    side: str,
) -> GlobalResult:
    """Standardise a statistic and find its p-values.

    Parameters
    ----------
    field : Field
        Values and weights.
    statistic : callable
        From values of shape (n,) or (n, m) to one number or m.
    moments : tuple of float
        Expectation and variance.
    permutations : int
        0 for the normal approximation.
    seed : int
        Of the permutations.
    keys : array_like of int, optional
        Identity of each cell.
    conventions : dict
        To be completed.
    side : {"high", "low"}
        Which values mean clustering.

    Returns
    -------
    GlobalResult
    """
    value = float(statistic(field.values))
    expected, variance = moments
    varies = variance > 0 and not field.constant
    z = (value - expected) / np.sqrt(variance) if varies else 0.0
    if not varies:
        one, two, null = 1.0, 1.0, "none"
    elif permutations := _checked_permutations(permutations):
        drawn = _permuted(field, statistic, permutations, seed, keys)
        slack = 1e-10 * max(abs(value), float(np.abs(drawn).max()))
        high = (1 + int(np.count_nonzero(drawn >= value - slack))) / (permutations + 1)
        low = (1 + int(np.count_nonzero(drawn <= value + slack))) / (permutations + 1)
        one, two, null = (
            high if side == "high" else low,
            min(1.0, 2 * min(high, low)),
            f"permutation, {permutations}",
        )
    else:
        one = float(special.ndtr(-z if side == "high" else z))
        two, null = 2 * float(special.ndtr(-abs(z))), "normal"
    conventions = conventions | {"null": null, "seed": str(seed)}
    return GlobalResult(value, expected, variance, float(z), two, one, conventions)


def _checked_permutations(permutations: int) -> int:
    asked = whole_of(permutations, "置换次数", "The number of permutations")
    if asked < 0:
        raise InvalidInput(
            "permutations-negative", "置换次数不能为负。", "The number of permutations cannot be negative."
        )
    return asked


def _permuted(
    field: Field, statistic: Statistic, permutations: int, seed: int, keys: ArrayLike | None
) -> Floats:
    # Cells take the shuffled values in the order of their hashes, not of their rows.
    place = np.argsort(field.identity(seed, keys), kind="stable")
    rng = np.random.default_rng(seed)
    out = np.empty(permutations)
    for first in range(0, permutations, _BLOCK):
        size = min(_BLOCK, permutations - first)
        block = np.empty((field.n, size))
        for i in range(size):
            block[place, i] = rng.permutation(field.ordered)
        out[first : first + size] = statistic(block)
    return out


def global_geary(
    values: ArrayLike,
    weights: sparse.csr_array,
    permutations: int = 0,
    rng: Rng = None,
    *,
    islands: str = "keep",
    moments: str = "randomisation",
    keys: ArrayLike | None = None,
) -> GlobalResult:
    """Geary's C: differences between neighbours against those between any two cells; below 1 means clustering.

    Parameters
    ----------
    values : array_like of float, shape (n,)
        Finite.
    weights : csr_array, shape (n, n)
        Finite, not negative, zero diagonal.
    permutations, rng, islands, moments, keys
        As for `global_moran`.

    Returns
    -------
    GlobalResult
        z is negative where there is clustering.

    Raises
    ------
    InvalidInput
        When the input has the wrong shape, is not finite, has no neighbours at all, or an option is unknown.

    References
    ----------
    A. D. Cliff and J. K. Ord, *Spatial Processes*, 1981.
    """
    checked_choice("islands", islands, ISLANDS)
    checked_choice("moments", moments, MOMENTS)
    field = checked(values, weights, diagonal=False)
    sums = totals(field, weights, islands)
    n, s0, s1, s2 = sums.n, sums.s0, sums.s1, sums.s2
    mean, second = field.moments
    into = np.asarray(weights.sum(axis=0)).ravel()
    scale = (n - 1) / (2 * s0 * second * field.n) if second > 0 else 0.0

    def statistic(x: Floats) -> Floats:
        off = x - mean
        squares = np.tensordot(field.total + into, off * off, axes=1)
        out: Floats = scale * (squares - 2 * np.einsum("i...,i...->...", off, weights @ off))
        return out

    if moments == "normality":
        variance = ((2 * s1 + s2) * (n - 1) - 4 * s0**2) / (2 * (n + 1) * s0**2)
    else:
        k = sums.kurtosis(field)
        top = (n - 1) * s1 * (n * n - 3 * n + 3 - (n - 1) * k)
        top -= (n - 1) * s2 * (n * n + 3 * n - 6 - (n * n - n + 2) * k) / 4
        top += s0**2 * (n * n - 3 - (n - 1) ** 2 * k)
        variance = top / (n * (n - 2) * (n - 3) * s0**2)
    conventions = {"statistic": "Geary C", "islands": islands, "moments": moments}
    return concluded(
        field, statistic, (1.0, variance), permutations, seed_of(rng), keys, conventions, side="low"
    )


def global_g(
    values: ArrayLike,
    weights: sparse.csr_array,
    permutations: int = 0,
    rng: Rng = None,
    *,
    islands: str = "keep",
    keys: ArrayLike | None = None,
) -> GlobalResult:
    """General G: whether high values (z above 0) or low ones (below) are near each other.

    Parameters
    ----------
    values : array_like of float, shape (n,)
        Finite, not negative.
    weights : csr_array, shape (n, n)
        Finite, not negative, zero diagonal; binary ones as a rule.
    permutations, rng, islands, keys
        As for `global_moran`.

    Returns
    -------
    GlobalResult

    Raises
    ------
    InvalidInput
        When the input has the wrong shape, is not finite, is negative, or has no neighbours at all.

    References
    ----------
    A. Getis and J. K. Ord, *The analysis of spatial association by use of distance statistics*, Geographical Analysis
    24, 1992.
    """
    checked_choice("islands", islands, ISLANDS)
    field = checked(values, weights, diagonal=False)
    if field.ordered[0] < 0:
        raise InvalidInput(
            "values-negative", "该统计量要求非负数值。", "This statistic needs values that are not negative."
        )
    sums = totals(field, weights, islands)
    n, s0, s1, s2 = sums.n, sums.s0, sums.s1, sums.s2
    m1, m2, m3, m4 = (float(np.sum(field.ordered**power)) for power in (1, 2, 3, 4))
    pairs = m1 * m1 - m2

    def statistic(x: Floats) -> Floats:
        out: Floats = np.einsum("i...,i...->...", x, weights @ x) / (pairs if pairs > 0 else np.nan)
        return out

    expected = s0 / (n * (n - 1))
    b0 = (n * n - 3 * n + 3) * s1 - n * s2 + 3 * s0**2
    b1 = -((n * n - n) * s1 - 2 * n * s2 + 6 * s0**2)
    b2 = -(2 * n * s1 - (n + 3) * s2 + 6 * s0**2)
    b3 = 4 * (n - 1) * s1 - 2 * (n + 1) * s2 + 8 * s0**2
    b4 = s1 - s2 + s0**2
    top = b0 * m2 * m2 + b1 * m4 + b2 * m1 * m1 * m2 + b3 * m1 * m3 + b4 * m1**4
    below = pairs**2 * n * (n - 1) * (n - 2) * (n - 3)
    variance = top / below - expected**2 if below > 0 else 0.0
    conventions = {"statistic": "general G", "islands": islands, "moments": "randomisation"}
    return concluded(
        field, statistic, (expected, variance), permutations, seed_of(rng), keys, conventions, side="high"
    )
