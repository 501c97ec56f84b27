"""Emerging hotspots: where clustering is new, growing, lasting or gone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array, issparse

from gridmap.analysis import fdr as multiple
from gridmap.analysis._given import Rng, generator_of, numbers_of, real_of, whole_of
from gridmap.analysis.emerging._classes import MOST, labelled
from gridmap.analysis.emerging._rates import RatesInTime
from gridmap.analysis.emerging._space_time import Bins, Compare, SpaceTime, Ties, identities, with_self
from gridmap.analysis.hotspot.counts import checked_exposure
from gridmap.analysis.hotspot.surroundings import surroundings, weights_around
from gridmap.analysis.trend import mann_kendall
from gridmap.errors import InvalidInput

Floats = NDArray[np.float64]
Fdr = Literal["bh", "by", "weighted"]
_COMPARED = {
    "neighbours": "mean and variance of the bin's own period; chance: values move within their period",
    "all": "mean and variance of the whole cube; chance: values move over the whole cube",
    "before": "mean and variance of the cube up to the bin's period; chance: values move within that part",
}
_BY_RATE = (
    "the people present times all events of the bin's own periods; hot bins have no part in what is usual"
)
_WEIGHTED = (
    "bh over all bins, weighted by the cells three to five steps away in the same period, in cells that stand out by "
    "all their periods (Simes, bh)"
)


@dataclass(frozen=True, slots=True, eq=False)
class Emerging:
    """Classes of emerging hotspots.

    Attributes
    ----------
    labels : ndarray of str, shape (n,)
        Code of each cell's class; see `CLASSES`.
    tau, p : ndarray of float, shape (n,)
        Kendall's tau-b with time of z (of observed over expected against the people present), and the two-sided p of
        Mann and Kendall's test.
    z : ndarray of float, shape (n, T)
        Gi* of each bin in space and time.
    p_gi, q_gi : ndarray of float, shape (n, T)
        Two-sided p of each bin, and its q-value over all bins (p itself without a correction).
    side : ndarray of int8, shape (n, T)
        1 where a bin is a significant hot spot, -1 where a cold one, 0 elsewhere.
    stability : ndarray of float, shape (n,)
        Share of bootstrap replications that give the same label; not-a-number without a bootstrap.
    conventions : dict of str to str
    """

    labels: NDArray[np.str_]
    tau: Floats
    p: Floats
    z: Floats
    p_gi: Floats
    q_gi: Floats
    side: NDArray[np.int8]
    stability: Floats
    conventions: dict[str, str]


def classify(
    cube: ArrayLike,
    weights: csr_array,
    k: int = 1,
    compare: Compare = "neighbours",
    *,
    permutations: int = 0,
    alpha: float = 0.05,
    fdr: Fdr | None = "bh",
    bootstrap: int = 0,
    rng: Rng = None,
    ties: Ties = "randomised",
    sporadic: Literal["any", "last"] = "any",
    keys: ArrayLike | None = None,
    exposure: ArrayLike | None = None,
) -> Emerging:
    """Classify the cells of a space-time cube.

    Parameters
    ----------
    cube : array_like of float, shape (n, T)
        Counts (or values) of each cell by period, in the order of time; at least two periods, better ten.
    weights : csr_array, shape (n, n)
        Spatial neighbours; not negative. A cell is in its own neighbourhood with its weight on the diagonal,
        else with the greatest weight of its row, else with one.
    k : int, default 1
        Periods before a bin's own that its neighbourhood reaches into: the same cells at t, t - 1, ... t - k.
    compare : {"neighbours", "all", "before"}, default "neighbours"
        What a bin's neighbourhood is measured against: its own period, the whole cube, or the cube up to its period.
        ``"neighbours"`` finds where events gather whatever the level of the period; ``"all"`` also sees a rise
        everywhere; ``"before"`` never looks ahead, so that a past period's result does not change with new ones.
    permutations : int, default 0
        Permutations for the p-values of bins. 0 takes the exact distribution of counts under permutation where
        the weights within each row are equal, else the normal one.
    alpha : float, default 0.05
        Level for bins (of q with a correction) and for the trend (of p).
    fdr : {"bh", "by", "weighted"} or None, default "bh"
        Correction of the bins' p-values, over all bins of the cube; "weighted" by what the cells three to five steps
        away say in the same period, and in such cells only as stand out by all their periods (`fdr.in_families`), so
        that few of the cells with a class are false.
    bootstrap : int, default 0
        Replications in which each bin's count is drawn anew from the Poisson distribution with its mean; counts only.
    rng : numpy.random.Generator or int, optional
        Draws ties, permutations and replications. Without it a fixed seed 0.
    ties : {"randomised", "mid", "conservative"}, default "randomised"
        What share of the chance of exactly the observed sum counts as beyond it; "randomised" is exact in level.
    sporadic : {"any", "last"}, default "any"
        Whether a sporadic spot may have ended, or must be significant in the last period.
    keys : array_like of int, shape (n,), optional
        Identity of each cell, by which chances are drawn. Without it identity is the cell's counts and
        surroundings, never its row.
    exposure : array_like of float, shape (n,), optional
        People present. Each bin's neighbourhood is then measured against its share of them times all events of the same
        periods, by the null of `gridmap.analysis.hotspot.local_counts` without the hot bins, with one dispersion for
        the whole cube; `compare` is "neighbours" then, weights above 0 count alike, and counts are needed.

    Returns
    -------
    Emerging

    Raises
    ------
    InvalidInput
        When shapes differ, a value is missing or negative weights are given, a bootstrap or rates are asked for values
        that are no counts, or events happened where nobody is.

    References
    ----------
    J. K. Ord and A. Getis, *Local spatial autocorrelation statistics*, Geographical Analysis 27, 1995.
    M. G. Kendall, *Rank Correlation Methods*, 4th ed., 1970.
    J. D. Habiger and E. A. Pena, *Randomised P-values and nonparametric procedures in multiple testing*,
    Journal of Nonparametric Statistics 23, 2011.
    """
    k = whole_of(k, "时间滞后 k", "k")
    permutations = whole_of(permutations, "置换次数", "The number of permutations")
    bootstrap = whole_of(bootstrap, "自助次数", "The number of bootstrap replications")
    alpha = real_of(alpha, "显著性水平", "The level")
    values, structure = _checked(cube, weights, k, compare)
    _check_options(values, alpha, permutations, bootstrap, ties, by_rate=exposure is not None)
    chance = generator_of(rng)
    seed = int(chance.integers(0, 2**62))
    named = _named(keys, len(values))
    around = surroundings(structure.weights) if fdr == "weighted" else None
    by_rate = None
    if exposure is not None:
        _check_rates(compare, permutations)
        people = checked_exposure(exposure, values.sum(axis=1))
        by_rate = RatesInTime(structure.weights, people, k, alpha)

    usual = None

    def judged(of: Floats, identity: NDArray[np.uint64], permuted: int) -> tuple[Bins, Floats]:
        nonlocal usual
        if by_rate is not None:
            # What is drawn anew spreads wider than what happened: that is no part of how the places' rates differ.
            bins, usual = by_rate.bins(of, identity, ties, usual)
        else:
            bins = structure.bins(of, identity, ties, permuted, chance)
        return bins, _corrected(bins.p, fdr, around)

    identity = identities(values, structure.weights, seed, named)
    found, q = judged(values, identity, permutations)
    side = np.where(q <= alpha, found.side, 0).astype(np.int8)
    tau, p = _trend(found)
    ends = sporadic == "last"
    labels = labelled(side, tau, p, alpha, sporadic_at_end=ends)
    stability = np.full(len(values), np.nan)
    if bootstrap:
        same = np.zeros(len(values))
        for replication in range(bootstrap):
            again = _drawn_again(values, identity, chance)
            lots = identities(again, structure.weights, seed + replication + 1, named)
            part, q_again = judged(again, lots, 0)
            side_again = np.where(q_again <= alpha, part.side, 0).astype(np.int8)
            same += labels == labelled(side_again, *_trend(part), alpha, sporadic_at_end=ends)
        stability = same / bootstrap
    return Emerging(
        labels=labels,
        tau=tau,
        p=p,
        z=found.z,
        p_gi=found.p,
        q_gi=q,
        side=side,
        stability=stability,
        conventions={
            "neighbourhood": f"cell and its neighbours at t to t - {k}",
            "compare": compare,
            "compared_with": _COMPARED[compare] if by_rate is None else _BY_RATE,
            "exposure": "none" if by_rate is None else "given",
            "variance": "n" if by_rate is None else "of the null",
            "islands": "kept",
            "null": found.null,
            "ties": ties,
            "p": "two-sided",
            "fdr": _WEIGHTED if fdr == "weighted" else fdr or "none",
            "alpha": repr(alpha),
            "trend": f"Mann-Kendall of {'z' if by_rate is None else 'observed over expected'}, tau-b, "
            "corrected for ties and continuity",
            "most": f"{MOST:.0%} of the periods",
            "sporadic": sporadic,
            "bootstrap": f"{bootstrap} Poisson replications" if bootstrap else "none",
        }
        | found.more,
    )


def _trend(found: Bins) -> tuple[Floats, Floats]:
    # Equal sums that were divided differently differ in their last digits; that is no rise.
    trend = mann_kendall(np.round(found.level, 12))
    return np.asarray(trend.tau), np.asarray(trend.p)


def _corrected(p: Floats, fdr: Fdr | None, around: csr_array | None) -> Floats:
    """Correct the p of all bins, shape (n, T)."""
    if fdr is None:
        return p
    if around is None:
        return np.asarray(multiple.adjusted(p, fdr))
    heavy = np.column_stack([weights_around(of_period, around) for of_period in p.T])
    return multiple.in_families(p, heavy)


def _check_rates(compare: str, permutations: int) -> None:
    if compare != "neighbours":
        raise InvalidInput(
            "compare-by-rate",
            "按在场人口比较时，每一格只与同一时段相比，compare 应为 neighbours。",
            "Against the people present a bin is measured within its own period: compare is neighbours.",
        )
    if permutations:
        raise InvalidInput(
            "permutations-by-rate",
            "按在场人口比较时用精确分布，permutations 应为 0。",
            "Against the people present the null is exact: permutations is 0.",
        )


def _drawn_again(values: Floats, identity: NDArray[np.uint64], chance: np.random.Generator) -> Floats:
    """Draw counts anew, in the order of the cells' identities; cells that nothing tells apart get the same."""
    _, first, group = np.unique(identity, return_index=True, return_inverse=True)
    return chance.poisson(values[first]).astype(np.float64)[group.reshape(-1)]


def _checked(cube: ArrayLike, weights: csr_array, k: int, compare: Compare) -> tuple[Floats, SpaceTime]:
    values = np.ascontiguousarray(numbers_of(cube, "时空立方体", "The cube"))
    if values.ndim != 2 or values.shape[0] == 0 or values.shape[1] < 2:
        raise InvalidInput(
            "cube-shape",
            "时空立方体的形状应为（单元，时段），至少一个单元、两个时段。",
            "A cube has the shape (cells, periods) with one cell and two periods at least.",
        )
    if not np.isfinite(values).all():
        raise InvalidInput(
            "cube-not-finite",
            "时空立方体含有空值或无穷大，请先补全或去掉这些单元。",
            "The cube holds a missing or infinite value; fill it in or leave the cell out.",
        )
    n = len(values)
    if not issparse(weights) or weights.shape != (n, n):
        raise InvalidInput(
            "weights-shape",
            f"空间权重应为 {n} × {n} 的稀疏矩阵。",
            f"Spatial weights must be a sparse matrix of {n} x {n}.",
        )
    if weights.nnz and (not np.isfinite(weights.data).all() or weights.data.min() < 0):
        raise InvalidInput(
            "weights-negative", "空间权重不能为负或空值。", "Spatial weights must be finite and not negative."
        )
    if not 0 <= k < values.shape[1]:
        raise InvalidInput(
            "lags-range", "时间滞后 k 应为 0 到时段数减一。", "k must be 0 to the number of periods less one."
        )
    if compare not in tuple(_COMPARED):
        raise InvalidInput(
            "compare-unknown",
            "compare 应为 neighbours、all 或 before。",
            "compare is neighbours, all or before.",
        )
    return values, SpaceTime(with_self(weights), k, compare)


def _check_options(
    values: Floats, alpha: float, permutations: int, bootstrap: int, ties: str, *, by_rate: bool
) -> None:
    if not 0 < alpha < 1:
        raise InvalidInput(
            "alpha-range", "显著性水平应在 0 和 1 之间。", "The level must be between 0 and 1."
        )
    if permutations < 0 or bootstrap < 0:
        raise InvalidInput(
            "repetitions-negative", "置换或自助次数不能为负。", "Numbers of repetitions cannot be negative."
        )
    if ties not in {"randomised", "mid", "conservative"}:
        raise InvalidInput(
            "ties-unknown",
            "ties 应为 randomised、mid 或 conservative。",
            "ties is randomised, mid or conservative.",
        )
    counts = (values >= 0).all() and (values == np.floor(values)).all()
    if by_rate and not counts:
        raise InvalidInput(
            "events-not-counts", "事件数应为非负整数。", "Events must be whole numbers that are not negative."
        )
    if bootstrap and not counts:
        raise InvalidInput(
            "bootstrap-needs-counts",
            "标签稳定性只能用计数计算，请给出事件数，或令 bootstrap=0。",
            "The stability of labels needs counts; give numbers of events, or bootstrap=0.",
        )


def _named(keys: ArrayLike | None, n: int) -> NDArray[np.int64] | None:
    if keys is None:
        return None
    named = np.asarray(keys)
    if named.shape != (n,) or named.dtype.kind not in "iu":
        raise InvalidInput(
            "keys-shape", "每个单元应有一个整数编码。", "There must be one whole-number key for each cell."
        )
    return named.astype(np.int64)
