"""Local G statistics of Getis and Ord."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from gridmap.analysis import fdr as correction
from gridmap.analysis._given import Rng
from gridmap.analysis.hotspot.field import (
    Field,
    checked,
    checked_choice,
    checked_values,
    checked_weights,
    seed_of,
)
from gridmap.analysis.hotspot.null import Uniforms, analytic_p, permuted_p
from gridmap.analysis.hotspot.results import Floats, LocalResult

VARIANCES = ("n", "n-1")
ISLANDS = ("keep", "drop")


def local_gi(
    values: ArrayLike,
    weights: sparse.csr_array,
    star: bool = True,
    permutations: int = 0,
    rng: Rng = None,
    *,
    null: str = "auto",
    ties: str = "randomised",
    variance: str = "n",
    islands: str = "keep",
    fdr: str = "bh",
    keys: ArrayLike | None = None,
) -> LocalResult:
    """Local G: where high or low values gather.

    Parameters
    ----------
    values : array_like of float, shape (n,)
        Finite; counts are recognised.
    weights : csr_array, shape (n, n)
        Finite, not negative.
    star : bool
        Whether a cell belongs to its own neighbourhood (Gi*): with its weight on the diagonal, else with the greatest
        weight of its row, which is 1 for binary weights.
    permutations : int
        0 for the distribution named by `null`; else that many conditional permutations: the cell's own value stays, its
        neighbours' are drawn from all others without replacement.
    rng : numpy.random.Generator or int, optional
        One seed is drawn from it; without it the seed is 0, so that a result can be made again.
    null : {"auto", "normal", "exact", "convolution"}
        Without permutations: the normal distribution; for counts, the exact distribution of a sum of so many of the
        observed counts drawn without replacement; or the same by convolution, with replacement and brought to the exact
        mean and variance. ``"auto"`` takes the exact one for counts (the convolution when that would be long), the
        convolution for skewed numbers, and the normal one else and whenever weights differ within a row.
    ties : {"randomised", "mid", "conservative"}
        Share of the probability of exactly what was observed that counts as more extreme.
    variance : {"n", "n-1"}
        Divisor of the sample variance (n: Ord and Getis 1995, equation 14.2 of 1996).
    islands : {"keep", "drop"}
        Whether cells without neighbours count in the mean and the variance; dropped ones get not-a-number.
    fdr : {"bh", "by"}
        Correction for the number of cells.
    keys : array_like of int, shape (n,), optional
        Identity of each cell, which with the seed and the data decides its random numbers. Without it they follow from
        the cell's value and surroundings. Never from the order of the rows.

    Returns
    -------
    LocalResult
        `statistic` is the share of the total in the neighbourhood. Without `star`, islands get not-a-number. Where
        nothing can vary (constant values, everyone a neighbour), z is 0 and p is 1.

    Raises
    ------
    InvalidInput
        When the input has the wrong shape, is not finite, or an option is unknown.

    Notes
    -----
    A randomised p-value is exactly uniform under the null, so cells of the same count can differ in p. Choose
    ``ties="mid"`` for one answer a count, at the price of a test that is a little off its level.

    References
    ----------
    J. K. Ord and A. Getis, *Local spatial autocorrelation statistics*, Geographical Analysis 27, 1995; A. Getis and
    J. K. Ord in *Spatial Analysis: Modelling in a GIS Environment*, 1996; J. D. Habiger and E. A. Pena, *Randomised
    P-values and nonparametric procedures in multiple testing*, J. Nonparametric Statistics 23, 2011.
    """
    checked_choice("variance", variance, VARIANCES)
    checked_choice("islands", islands, ISLANDS)
    conventions = {
        "statistic": "Gi*" if star else "Gi",
        "variance": variance,
        "islands": "kept" if islands == "keep" else "dropped",
        "ties": ties,
        "fdr": fdr,
        "sides": "two",
    }
    if islands == "drop":
        x = checked_values(values)
        w = checked_weights(weights, len(x))
        inside = np.asarray((w - sparse.diags_array(w.diagonal())).sum(axis=1)).ravel() > 0
        if not inside.all():
            part = local_gi(
                x[inside],
                sparse.csr_array(sparse.csr_array(w)[inside][:, inside]),
                star,
                permutations,
                rng,
                null=null,
                ties=ties,
                variance=variance,
                fdr=fdr,
                keys=None if keys is None else np.asarray(keys)[inside],
            )
            return _spread(part, inside, part.conventions | conventions)
    field = checked(values, weights, diagonal=star)
    statistic, expected, spread, z = standardised(field, star=star, variance=variance)
    draw = Uniforms(field, seed_of(rng), keys, ties)
    if field.constant:
        p, name = np.ones(field.n), "none"
    elif permutations:
        p, name = permuted_p(field, draw, permutations), f"conditional permutation, {permutations}"
    else:
        p, name = analytic_p(field, z, draw, null, star=star)
    p = np.where(spread > 0, p, 1.0)
    p[np.isnan(z)] = np.nan
    conventions |= {"null": name, "seed": str(draw.seed)}
    return LocalResult(statistic, expected, spread, z, p, correction.adjusted(p, fdr), conventions)


def standardised(field: Field, *, star: bool, variance: str) -> tuple[Floats, Floats, Floats, Floats]:
    """Statistic, expectation, variance and z of the local G."""
    n, x = field.n, field.values
    mean, spread = field.moments
    own = field.own_weight(star=star)
    lag, total, squares = field.lag + own * x, field.total + own, field.squares + own * own
    if star:
        m: int = n
        mean_of, spread_of = np.full(n, mean), np.full(n, spread)
        everything = np.full(n, n * mean)
    else:
        m = n - 1
        if m == 0:
            return (np.full(1, np.nan),) * 4
        # Leaving one value out moves the mean and the variance by these amounts.
        off = x - mean
        mean_of = mean - off / m
        spread_of = np.maximum((n * spread - off * off * n / m) / m, 0.0)
        everything = n * mean - x
    if variance == "n-1":
        spread_of = spread_of * (m / max(m - 1, 1))
    # Constant values leave only rounding errors.
    spread_of = np.where(spread_of > 1e-24 * (mean * mean + spread), spread_of, 0.0)
    of_sum = spread_of * np.maximum(m * squares - total * total, 0.0) / max(m - 1, 1)
    of_sum = np.where(of_sum > 1e-12 * spread_of * squares, of_sum, 0.0)
    expected = total * mean_of
    z = np.divide(lag - expected, np.sqrt(of_sum), out=np.zeros(n), where=of_sum > 0)
    z[total == 0] = np.nan

    def shared(amount: Floats, by: Floats) -> Floats:
        out: Floats = np.divide(amount, by, out=np.full(n, np.nan), where=(by != 0) & (total > 0))
        return out

    return shared(lag, everything), total / m, shared(of_sum, everything * everything), z


def _spread(part: LocalResult, inside: NDArray[np.bool_], conventions: dict[str, str]) -> LocalResult:
    def full(of: Floats) -> Floats:
        out = np.full(len(inside), np.nan)
        out[inside] = of
        return out

    return LocalResult(
        full(part.statistic),
        full(part.expected),
        full(part.variance),
        full(part.z),
        full(part.p),
        full(part.q),
        conventions,
    )
