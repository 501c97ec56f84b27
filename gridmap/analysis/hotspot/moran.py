"""Moran's I, of each cell and of the whole map."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from gridmap.analysis import fdr as correction
from gridmap.analysis._given import Rng
from gridmap.analysis.hotspot.field import Field, checked, checked_choice, seed_of
from gridmap.analysis.hotspot.gi import ISLANDS, standardised
from gridmap.analysis.hotspot.null import Uniforms, analytic_p, permuted_p
from gridmap.analysis.hotspot.results import Floats, GlobalResult, LocalMoran
from gridmap.analysis.hotspot.world import MOMENTS, Totals, concluded, totals
from gridmap.analysis.rates import standardised_rates


def local_moran(
    values: ArrayLike,
    weights: sparse.csr_array,
    permutations: int = 0,
    rng: Rng = None,
    *,
    scale: str = "n",
    moments: str = "conditional",
    null: str = "auto",
    ties: str = "randomised",
    fdr: str = "bh",
    keys: ArrayLike | None = None,
) -> LocalMoran:
    """Local Moran: where a cell resembles its neighbours, or stands out among them.

    Parameters
    ----------
    values : array_like of float, shape (n,)
        Finite; counts are recognised.
    weights : csr_array, shape (n, n)
        Finite, not negative, zero diagonal; usually row-standardised.
    permutations : int
        0 for the distribution named by `null`; else that many conditional permutations.
    rng : numpy.random.Generator or int, optional
        One seed is drawn from it; 0 without it.
    scale : {"n", "n-1"}
        Divisor of the second moment (n: Anselin 1995; n - 1: PySAL). It changes the statistic, not z or p.
    moments : {"conditional", "randomisation"}
        Moments given the cell's own value (Sokal and others 1998), or over all permutations (Anselin 1995); the second
        ones' z is far from normal, so that p then comes from the conditional null all the same.
    null, ties, fdr, keys
        As for `local_gi`.

    Returns
    -------
    LocalMoran
        Given its own value, a cell's statistic varies with its neighbours' sum alone, so p is that of `local_gi`
        without `star`. Islands get not-a-number; p is 1 where the cell's own value is the mean.

    Raises
    ------
    InvalidInput
        When the input has the wrong shape, is not finite, or an option is unknown.

    References
    ----------
    L. Anselin, *Local indicators of spatial association*, Geographical Analysis 27, 1995; R. R. Sokal, N. L. Oden and
    B. A. Thomson, *Local spatial autocorrelation in a biological model*, Geographical Analysis 30, 1998.
    """
    checked_choice("scale", scale, ("n", "n-1"))
    checked_choice("moments", moments, ("conditional", "randomisation"))
    field = checked(values, weights, diagonal=False)
    n = field.n
    mean, second = field.moments
    second *= n / (n - 1) if scale == "n-1" and n > 1 else 1.0
    off = field.values - mean
    lag_off = field.lag - field.total * mean
    steep = off / second if second > 0 else np.zeros(n)
    sign = np.sign(off)
    *_, z_lag = standardised(field, star=False, variance="n")
    draw = Uniforms(field, seed_of(rng), keys, ties)
    if field.constant:
        p, name = np.ones(n), "none"
    elif permutations:
        p, name = permuted_p(field, draw, permutations), f"conditional permutation, {permutations}"
    else:
        p, name = analytic_p(field, z_lag, draw, null, star=False)
    p = np.where((sign == 0) | (z_lag == 0), 1.0, p)
    expected, variance = _local_moments(field, off, steep, second, moments)
    z = sign * z_lag
    if moments == "randomisation":
        z = np.divide(steep * lag_off - expected, np.sqrt(variance), out=np.zeros(n), where=variance > 0)
    z = np.where(field.degree > 0, z, np.nan)
    p[np.isnan(z)] = np.nan
    conventions = {
        "statistic": "local Moran",
        "scale": scale,
        "moments": moments,
        "islands": "kept",
        "ties": ties,
        "fdr": fdr,
        "sides": "two",
        "null": name,
        "seed": str(draw.seed),
    }
    statistic = np.where(field.degree > 0, steep * lag_off, np.nan)
    return LocalMoran(
        statistic,
        expected,
        variance,
        z,
        p,
        correction.adjusted(p, fdr),
        _quadrant(off, lag_off, field.degree),
        conventions,
    )


def _local_moments(
    field: Field, off: Floats, steep: Floats, second: float, moments: str
) -> tuple[Floats, Floats]:
    n = field.n
    if n < 3:
        return np.full(n, np.nan), np.full(n, np.nan)
    population = float(np.mean((field.ordered - field.moments[0]) ** 2))
    if moments == "conditional":
        expected = -steep * off * field.total / (n - 1)
        others = np.maximum(n * population - off * off * n / (n - 1), 0.0) / (n - 1)
        of_sum = others * np.maximum((n - 1) * field.squares - field.total**2, 0.0) / (n - 2)
        return expected, steep * steep * of_sum
    if population == 0:
        return np.zeros(n), np.zeros(n)
    ratio = population / second
    kurtosis = float(np.mean((field.ordered - field.moments[0]) ** 4)) / population**2
    square_of_sum = field.total**2
    variance = field.squares * (n - kurtosis) / (n - 1)
    variance += (square_of_sum - field.squares) * (2 * kurtosis - n) / ((n - 1) * (n - 2))
    variance -= square_of_sum / (n - 1) ** 2
    return -ratio * field.total / (n - 1), ratio**2 * np.maximum(variance, 0.0)


def _quadrant(off: Floats, lag_off: Floats, degree: NDArray[np.int64]) -> NDArray[np.str_]:
    code = np.where(off > 0, 0, 2) + np.where(lag_off > 0, 0, 1)
    named = np.array(["HH", "HL", "LH", "LL"])[code]
    return np.where(degree > 0, named, "")


def global_moran(
    values: ArrayLike,
    weights: sparse.csr_array,
    permutations: int = 0,
    rng: Rng = None,
    *,
    islands: str = "keep",
    moments: str = "randomisation",
    keys: ArrayLike | None = None,
) -> GlobalResult:
    """Moran's I: whether neighbours resemble each other more than chance would have it.

    Parameters
    ----------
    values : array_like of float, shape (n,)
        Finite.
    weights : csr_array, shape (n, n)
        Finite, not negative, zero diagonal.
    permutations : int
        0 for the normal approximation; else p comes from that many permutations of the values.
    rng : numpy.random.Generator or int, optional
        One seed is drawn from it; 0 without it.
    islands : {"keep", "drop"}
        Whether cells without neighbours count in n (PySAL), or not (spdep); their values count in the mean either way.
    moments : {"randomisation", "normality"}
        Variance over all permutations of the values, or for normal values.
    keys : array_like of int, shape (n,), optional
        As for `local_gi`.

    Returns
    -------
    GlobalResult

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
    statistic = _moran_of(field, weights, sums)
    expected = -1.0 / (sums.n - 1)
    variance = _moran_variance(field, sums, moments) - expected**2
    conventions = {"statistic": "Moran I", "islands": islands, "moments": moments}
    return concluded(
        field, statistic, (expected, variance), permutations, seed_of(rng), keys, conventions, side="high"
    )


def _moran_of(field: Field, weights: sparse.csr_array, sums: Totals) -> Any:
    off = field.ordered - field.moments[0]
    scale = sums.n / sums.s0 / float(np.sum(off**2)) if not field.constant else 0.0

    def statistic(x: Floats) -> Floats:
        deviation = x - field.moments[0]
        out: Floats = scale * np.einsum("i...,i...->...", deviation, weights @ deviation)
        return out

    return statistic


def _moran_variance(field: Field, sums: Totals, moments: str) -> float:
    n, s0, s1, s2 = sums.n, sums.s0, sums.s1, sums.s2
    if moments == "normality":
        return (n * n * s1 - n * s2 + 3 * s0**2) / (s0**2 * (n * n - 1))
    k = sums.kurtosis(field)
    top = n * ((n * n - 3 * n + 3) * s1 - n * s2 + 3 * s0**2) - k * (
        (n * n - n) * s1 - 2 * n * s2 + 6 * s0**2
    )
    return top / ((n - 1) * (n - 2) * (n - 3) * s0**2)


def eb_moran(
    events: ArrayLike,
    population: ArrayLike,
    weights: sparse.csr_array,
    permutations: int = 0,
    rng: Rng = None,
    *,
    islands: str = "keep",
    keys: ArrayLike | None = None,
) -> GlobalResult:
    """Moran's I of rates whose variance differs with the population.

    Parameters
    ----------
    events : array_like of float, shape (n,)
        Counts.
    population : array_like of float, shape (n,)
        People present; positive.
    weights : csr_array, shape (n, n)
        Finite, not negative, zero diagonal.
    permutations, rng, islands, keys
        As for `global_moran`.

    Returns
    -------
    GlobalResult

    Raises
    ------
    InvalidInput
        When the input has the wrong shape, is not finite, or a population is not positive.

    References
    ----------
    R. M. Assuncao and E. A. Reis, *A new proposal to adjust Moran's I for population density*, Statistics in Medicine
    18, 1999.
    """
    rates = standardised_rates(events, population)
    plain = global_moran(rates, weights, permutations, rng, islands=islands, keys=keys)
    conventions = plain.conventions | {"statistic": "EB Moran I"}
    return GlobalResult(
        plain.statistic, plain.expected, plain.variance, plain.z, plain.p, plain.p_one_sided, conventions
    )
