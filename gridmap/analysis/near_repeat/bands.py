"""Near repeats: whether events follow each other in space and time more often than chance has it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import pdtrc

from gridmap.analysis import fdr
from gridmap.analysis._given import Rng
from gridmap.analysis.near_repeat._input import (
    Events,
    checked_breaks,
    checked_permutations,
    season_cuts,
    shuffled,
)
from gridmap.analysis.near_repeat._interaction import (
    SHUFFLE,
    closed,
    generator,
)
from gridmap.analysis.near_repeat._kernels import LANES, count_before, pairs_before


@dataclass(frozen=True, slots=True, eq=False)
class NearRepeat:
    """Pairs of events by distance and by time apart, against shuffled times.

    Attributes
    ----------
    observed : ndarray of int64, shape (S, T)
        Pairs in each band of space (row) and of time (column); the last of both is all beyond the last break.
    expected : ndarray of float64, shape (S, T)
        Mean of the permutations; the product of the margins over all pairs when there are none.
    ratio : ndarray of float64, shape (S, T)
        Observed over expected (the Knox ratio); NaN where none is expected.
    p : ndarray of float64, shape (S, T)
        (r + 1) / (m + 1), r of the m permutations having at least as many pairs; NaN without permutations.
    p_less : ndarray of float64, shape (S, T)
        The same for at most as many pairs.
    p_family : ndarray of float64, shape (S, T)
        The same as `p`, corrected for all bands within the last breaks (Westfall and Young 1993, single-step min-p): on
        noise the chance that any of them is at most alpha is at most alpha. NaN beyond the last breaks.
    q : ndarray of float64, shape (S, T)
        Benjamini-Hochberg over `p` of all bands within the last breaks: of those with q at most alpha, a share of alpha
        at most is false on average. NaN beyond the last breaks.
    z : ndarray of float64, shape (S, T)
        Observed less expected over the standard deviation of the permutations; NaN where that is 0.
    space_breaks, time_breaks : ndarray of float64, shape (S + 1,), (T + 1,)
        Edges of the bands [a, b); the last is infinite.
    pairs : int
        All pairs of events.
    permutations : int
    conventions : dict of str to str
    """

    observed: NDArray[np.int64]
    expected: NDArray[np.float64]
    ratio: NDArray[np.float64]
    p: NDArray[np.float64]
    p_less: NDArray[np.float64]
    p_family: NDArray[np.float64]
    q: NDArray[np.float64]
    z: NDArray[np.float64]
    space_breaks: NDArray[np.float64]
    time_breaks: NDArray[np.float64]
    pairs: int
    permutations: int
    conventions: dict[str, str]


@dataclass(frozen=True, slots=True, eq=False)
class Knox:
    """Knox test of one distance and one time.

    Attributes
    ----------
    statistic : int
        Pairs that are close in both.
    observed, expected : ndarray, shape (2, 2)
        Pairs close and not close in space (rows) and in time (columns); expected from the margins.
    p : float
        Of the permutations, greater; NaN without them.
    p_poisson : float
        Chance of more than the observed pairs under a Poisson distribution, as published for the reference case.
    p_poisson_inclusive : float
        Chance of at least the observed pairs, which is the proper p-value.
    permutations : int
    conventions : dict of str to str
    """

    statistic: int
    observed: NDArray[np.int64]
    expected: NDArray[np.float64]
    p: float
    p_poisson: float
    p_poisson_inclusive: float
    permutations: int
    conventions: dict[str, str]


def table(
    xy: ArrayLike,
    t: ArrayLike,
    space_breaks: ArrayLike,
    time_breaks: ArrayLike,
    metric: str = "euclidean",
    permutations: int = 999,
    rng: Rng = None,
    *,
    season: float | None = None,
) -> NearRepeat:
    """Count pairs of events in bands of space and time (Knox 1964; Ratcliffe and Rengert 2008).

    Parameters
    ----------
    xy : array_like of float, shape (n, 2)
        Planar coordinates in any unit.
    t : array_like of float, shape (n,)
        Times in any unit, such as days.
    space_breaks, time_breaks : array_like of float
        Rising edges of right-open bands [a, b), in the units of `xy` and `t`. A band beyond the last is added to both.
        A first break of 0 and a second close to it hold repeats at one place.
    metric : {"euclidean", "manhattan"}
    permutations : int
    rng : numpy.random.Generator or int, optional
        Without one, a generator seeded with 0.
    season : float, optional
        Times are shuffled within seasons of this length, in the unit of `t`: each place keeps how much it has in each
        season, so that a quarter that is busy for some months makes no near repeats. Seasons are cut twice, from the
        first event on and half a season beside; of both the more cautious value is given for each band (the greater p
        and expected count, the lesser z), so that a quarter that moves in the middle of a season makes none either.
        Over the whole period where None.

    Returns
    -------
    NearRepeat

    Raises
    ------
    InvalidInput
        When an array has the wrong shape or a value is not finite, when breaks do not rise, or when more than 30
        million pairs are closer than the last break.

    References
    ----------
    E. G. Knox, *The detection of space-time interactions*, Applied Statistics 13, 1964.
    J. H. Ratcliffe, G. F. Rengert, *Near-repeat patterns in Philadelphia shootings*, Security Journal 21, 2008.
    P. H. Westfall, S. S. Young, *Resampling-Based Multiple Testing*, Wiley 1993.
    """
    events = Events.of(xy, t, metric)
    space = checked_breaks(space_breaks, "空间", "space")
    time = checked_breaks(time_breaks, "时间", "time")
    count = _Counter(events, space, time)
    cuts = [None] if season is None else season_cuts(events.t, season)
    observed = count.counted(count.repeated, 1)[0]
    asked = checked_permutations(permutations)
    drawn = generator(rng)
    against = [_against(count, observed, asked, drawn, seasons) for seasons in cuts]
    expected, p, p_less, p_family = (
        np.max([getattr(one, name) for one in against], axis=0)
        for name in ("expected", "p", "p_less", "p_family")
    )
    nothing = np.full(observed.shape, np.nan)
    return NearRepeat(
        observed=observed,
        expected=expected,
        ratio=np.divide(observed, expected, out=nothing, where=expected > 0),
        p=p,
        p_less=p_less,
        p_family=p_family,
        q=_found_falsely(p, asked),
        z=np.min([one.z for one in against], axis=0),
        space_breaks=np.append(space, np.inf),
        time_breaks=np.append(time, np.inf),
        pairs=count.pairs,
        permutations=asked,
        conventions={"bands": "[a, b), and one beyond the last", "metric": metric, "null": _null(season)},
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Against:
    """What shuffles bring under one cut of the seasons; each of shape (S, T)."""

    expected: NDArray[np.float64]
    z: NDArray[np.float64]
    p: NDArray[np.float64]
    p_less: NDArray[np.float64]
    p_family: NDArray[np.float64]


def _against(
    count: _Counter,
    observed: NDArray[np.int64],
    asked: int,
    rng: np.random.Generator,
    seasons: NDArray[np.int64] | None,
) -> _Against:
    nothing = np.full(observed.shape, np.nan)
    if not asked:
        expected = np.outer(count.space_margin, count.time_margin) / max(1, count.pairs)
        return _Against(expected, nothing, nothing, nothing, nothing)
    total, square = np.zeros(observed.shape), np.zeros(observed.shape)
    reached, within = np.zeros(observed.shape, np.int64), np.zeros(observed.shape, np.int64)
    near = np.empty((asked, observed.shape[0] - 1, observed.shape[1] - 1), np.int64)
    done = 0
    for lanes, times in shuffled(count.times, asked, rng, seasons):
        tables = count.counted(times, lanes)
        near[done : done + lanes] = tables[:, :-1, :-1]
        done += lanes
        reached += (tables >= observed).sum(axis=0)
        within += (tables <= observed).sum(axis=0)
        total += tables.sum(axis=0)
        square += ((tables - observed).astype(np.float64) ** 2).sum(axis=0)
    expected = total / asked
    shift = expected - observed
    deviation = np.sqrt(np.maximum(square / asked - shift**2, 0.0) * (asked / max(1, asked - 1)))
    z = np.divide(observed - expected, deviation, out=nothing, where=deviation > 1e-9)
    return _Against(
        expected, z, (reached + 1) / (asked + 1), (within + 1) / (asked + 1), _for_all(observed, near)
    )


def _null(season: float | None) -> str:
    if season is None:
        return SHUFFLE
    return SHUFFLE.replace(
        "the events", f"the events of each season of {season:g}, cut twice, the more cautious of both"
    )


def _found_falsely(p: NDArray[np.float64], permutations: int) -> NDArray[np.float64]:
    out = np.full(p.shape, np.nan)
    if permutations:
        near = p[:-1, :-1]
        out[:-1, :-1] = fdr.benjamini_hochberg(near)
    return out


def _for_all(observed: NDArray[np.int64], near: NDArray[np.int64]) -> NDArray[np.float64]:
    """Correct the p-values of the near bands for their number, by the least p of each permutation.

    Parameters
    ----------
    observed : ndarray of int64, shape (S, T)
    near : ndarray of int64, shape (m, S - 1, T - 1)
        Pairs of each permutation.
    """
    out = np.full(observed.shape, np.nan)
    if not len(near):
        return out
    every = np.concatenate([observed[None, :-1, :-1], near]).reshape(len(near) + 1, -1)
    # Of m + 1 tables, how many have at least as many pairs as each: itself is one of them.
    # Its package is a seventh of what a server would load at its start.
    from scipy.stats import rankdata

    p = (len(every) + 1 - rankdata(every, method="min", axis=0)) / len(every)
    least = np.sort(p.min(axis=1))
    corrected = np.searchsorted(least, p[0] + 1e-12, side="right") / len(least)
    out[:-1, :-1] = corrected.reshape(observed.shape[0] - 1, observed.shape[1] - 1)
    return out


def knox(
    xy: ArrayLike,
    t: ArrayLike,
    delta: float,
    tau: float,
    metric: str = "euclidean",
    permutations: int = 999,
    rng: Rng = None,
) -> Knox:
    """Test whether pairs within `delta` and within `tau`, both included, are more than chance has it (Knox 1964).

    Parameters
    ----------
    xy : array_like of float, shape (n, 2)
    t : array_like of float, shape (n,)
    delta, tau : float
        Largest distance and time of a close pair, in the units of `xy` and `t`.
    metric, permutations, rng
        As for :func:`table`.

    Returns
    -------
    Knox

    Raises
    ------
    InvalidInput
        As for :func:`table`.
    """
    near, soon = closed(delta, tau)
    bands = table(xy, t, near, soon, metric, permutations, rng)
    expected = np.outer(bands.observed.sum(axis=1), bands.observed.sum(axis=0)) / bands.pairs
    both = int(bands.observed[0, 0])
    return Knox(
        statistic=both,
        observed=bands.observed,
        expected=expected,
        p=float(bands.p[0, 0]),
        p_poisson=float(pdtrc(both, expected[0, 0])),
        p_poisson_inclusive=float(pdtrc(both - 1, expected[0, 0])) if both else 1.0,
        permutations=bands.permutations,
        conventions={
            "close": "both limits included",
            "metric": metric,
            "null": SHUFFLE,
            "p_poisson": "more than observed; p_poisson_inclusive: at least as many",
        },
    )


class _Counter:
    """Counts pairs in bands for any assignment of the times to the events."""

    def __init__(self, events: Events, space: NDArray[np.float64], time: NDArray[np.float64]) -> None:
        self._below = space[0] > 0
        self._close = events.close_pairs(np.append(0.0, space) if self._below else space)
        self.times, limits = events.timed(time)
        # No pair is less than nothing apart.
        self._limits = limits[1:] if time[0] == 0 else limits
        self._from_zero = bool(time[0] == 0)
        ordered = np.sort(self.times)
        n = len(events)
        self.pairs = n * (n - 1) // 2
        before = [pairs_before(ordered, limit) for limit in self._limits]
        # Shuffled times leave the numbers of pairs in the bands of time as they are.
        self.time_margin = self._bands(np.array(before, np.int64), np.array(self.pairs))
        self._in_band = np.diff(self._close.begins)
        drawn = self._in_band[1:] if self._below else self._in_band
        self.space_margin = np.append(drawn, self.pairs - self._in_band.sum())

    @property
    def repeated(self) -> NDArray[np.generic]:
        """Times as they are, in every lane."""
        return np.repeat(self.times[:, None], LANES, axis=1)

    def counted(self, times: NDArray[np.generic], lanes: int) -> NDArray[np.int64]:
        """Tables (lanes, S, T) of the first lanes of times (n, LANES)."""
        close = self._close
        before = count_before(close.first, close.second, close.begins, times, self._limits)
        near = self._bands(before.transpose(2, 0, 1)[:lanes].astype(np.int64), self._in_band)
        beyond = self.time_margin - near.sum(axis=1, keepdims=True)
        return np.concatenate([near[:, 1:] if self._below else near, beyond], axis=1)

    def _bands(self, before: NDArray[np.int64], total: NDArray[np.int64]) -> NDArray[np.int64]:
        ends = [np.broadcast_to(total, before.shape[:-1])[..., None]]
        starts = [np.zeros((*before.shape[:-1], 1), np.int64)] if self._from_zero else []
        return np.diff(np.concatenate([*starts, before, *ends], axis=-1), axis=-1)
