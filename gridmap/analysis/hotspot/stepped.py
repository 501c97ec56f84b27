"""Gi* of counts whose null does not hold the hotspots' own counts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from gridmap.analysis import fdr as correction
from gridmap.analysis._given import Rng, real_of
from gridmap.analysis.hotspot import _draws, _loops
from gridmap.analysis.hotspot.field import Field, checked, checked_choice, seed_of
from gridmap.analysis.hotspot.gi import standardised
from gridmap.analysis.hotspot.null import TIES, Uniforms, affords_exact
from gridmap.analysis.hotspot.results import Floats, LocalResult
from gridmap.errors import InvalidInput

_MOST_ROUNDS = 20
_LEAST_LEFT = 0.5
"""Share of the cells that the null is made of at least."""


@dataclass(frozen=True, slots=True, eq=False)
class SteppedResult(LocalResult):
    """A statistic of each cell, with the chances of both sides under the null of the last step.

    Attributes
    ----------
    low, high : ndarray of float64, shape (n,)
        Chance of so low a sum, and of so high a one.
    """

    low: Floats
    high: Floats


def can_step(values: ArrayLike, weights: sparse.csr_array) -> bool:
    """Tell whether `stepped_gi` takes these values: counts with equal weights in a row, and not too large."""
    field = checked(values, weights, diagonal=True)
    return field.whole and not field.constant and field.counted(star=True) and affords_exact(field)


def stepped_gi(
    values: ArrayLike,
    weights: sparse.csr_array,
    rng: Rng = None,
    *,
    alpha: float = 0.05,
    ties: str = "randomised",
    fdr: str = "bh",
    keys: ArrayLike | None = None,
) -> SteppedResult:
    """Find where counts gather, under the null that the cells outside the hotspots fell on the map at random.

    Parameters
    ----------
    values : array_like of int, shape (n,)
        Counts.
    weights : csr_array, shape (n, n)
        Binary: who is whose neighbour.
    rng : numpy.random.Generator or int, optional
        As for `local_gi`.
    alpha : float
        Hot cells with a q of at most this are left out of the null.
    ties : {"randomised", "mid", "conservative"}
        As for `local_gi`.
    fdr : {"bh", "by"}
        Correction, by itself for high and for low sums.
    keys : array_like of int, shape (n,), optional
        As for `local_gi`.

    Returns
    -------
    SteppedResult
        `statistic`, moments and z are those of `local_gi`. p is two-sided, under the null of the last step. q is of the
        side that z tells: of the hot cells with q at most alpha, at most alpha are false on average, and of
        the cold ones as many.

    Raises
    ------
    InvalidInput
        When the values are not counts, weights differ within a row, or the exact null would take too long.

    Notes
    -----
    The exact null of `local_gi` is a sum of so many of all counts. A hotspot's own counts are among them: they make
    hotspots look usual, and all the rest look low. So the cells found hot are taken out and the null is made anew,
    until no further one is found. Where nothing is found nothing is taken out, and p is that of `local_gi`.

    References
    ----------
    Y. Benjamini, A. M. Krieger, D. Yekutieli, *Adaptive linear step-up procedures that control the false discovery
    rate*, Biometrika 93, 2006, on estimating the null from what is not found.
    """
    checked_choice("ties", ties, TIES)
    if not 0 < real_of(alpha, "错误发现率", "The false discovery rate") < 1:
        raise InvalidInput(
            "alpha-range", "错误发现率应在 0 与 1 之间。", "The false discovery rate lies between 0 and 1."
        )
    field = checked(values, weights, diagonal=True)
    if not can_step(values, weights):
        raise InvalidInput(
            "step-needs-counts",
            "逐步重估零分布只适用于不太大的计数和等权邻居，请改用 local_gi。",
            "Stepping needs counts that are not too large, and neighbours of equal weight; choose local_gi.",
        )
    statistic, expected, spread, z = standardised(field, star=True, variance="n")
    draw = Uniforms(field, seed_of(rng), keys, ties)
    left = np.ones(field.n, dtype=np.bool_)
    rounds = 0
    while True:
        rounds += 1
        below, at, above = _tails(field, left)
        share = _split(draw, ties)
        low, high = below + (share[0] * at), above + (share[1] * at)
        hot = correction.adjusted(np.minimum(high, 1.0), fdr)
        found = left & (hot <= alpha)
        if not found.any() or rounds == _MOST_ROUNDS or (left & ~found).mean() < _LEAST_LEFT:
            break
        left &= ~found
    cold = correction.adjusted(np.minimum(low, 1.0), fdr)
    return SteppedResult(
        statistic,
        expected,
        spread,
        z,
        np.minimum(2.0 * np.minimum(low, high), 1.0),
        np.where(z > 0, hot, cold),
        {
            "statistic": "Gi*",
            "null": "permutation-exact, without the cells found hot",
            "steps": str(rounds),
            "left out of the null": str(int((~left).sum())),
            "ties": ties,
            "fdr": f"{fdr}, by itself for hot and cold",
            "sides": "two",
            "seed": str(draw.seed),
        },
        np.minimum(low, 1.0),
        np.minimum(high, 1.0),
    )


def _split(draw: Uniforms, ties: str) -> tuple[Floats | float, Floats | float]:
    if ties == "conservative":
        return 1.0, 1.0
    if ties == "mid":
        return 0.5, 0.5
    u = draw.ties_of_cells()
    return u, 1.0 - u


def _tails(field: Field, left: NDArray[np.bool_]) -> tuple[Floats, Floats, Floats]:
    """Probabilities of less than, exactly, and more than each sum, under draws from the cells that are left."""
    whole = field.values.astype(np.int64)
    count_of = np.bincount(whole[left])
    value = np.flatnonzero(count_of)
    size = field.degree + 1
    table = _draws.sums_of_draws(value, count_of[value], int(size.max()))
    width = table.shape[1]
    observed = _loops.whole_lag(field.indptr, field.indices, field.data, whole) + whole
    beyond = observed >= width
    place = size, np.minimum(observed, width - 1)
    under = np.maximum(np.cumsum(table, axis=1) - table, 0.0)[place]
    over = np.maximum(np.cumsum(table[:, ::-1], axis=1)[:, ::-1] - table, 0.0)[place]
    return np.where(beyond, 1.0, under), np.where(beyond, 0.0, table[place]), np.where(beyond, 0.0, over)
