"""Tests of interaction between space and time other than the table; :mod:`gridmap.analysis.near_repeat` offers them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial import cKDTree

from gridmap.analysis._given import Rng, generator_of, real_of, whole_of
from gridmap.analysis.near_repeat._input import METRICS, Events, checked_permutations, refuse, shuffled
from gridmap.analysis.near_repeat._kernels import (
    LANES,
    count_before,
    degrees_before,
    mantel_moments,
    mantel_products,
    shared_neighbours,
)

_MANTEL_MOST = 5000
_TIED = 1e-9
SHUFFLE = "times shuffled among the events; p = (r + 1) / (m + 1), greater"


@dataclass(frozen=True, slots=True, eq=False)
class Interaction:
    """Result of a test of interaction between space and time.

    Attributes
    ----------
    statistic, p : float
        p is of the permutations, greater; NaN without them.
    permutations : int
    conventions : dict of str to str
    """

    statistic: float
    p: float
    permutations: int
    conventions: dict[str, str]


def modified_knox(
    xy: ArrayLike,
    t: ArrayLike,
    delta: float,
    tau: float,
    metric: str = "euclidean",
    permutations: int = 999,
    rng: Rng = None,
) -> Interaction:
    """Knox statistic less its expectation given how many close events each event has (Baker 2004).

    Parameters, errors
        As for :func:`knox`.

    Returns
    -------
    Interaction

    References
    ----------
    R. D. Baker, *Identifying space-time disease clusters*, Acta Tropica 91, 2004.
    """
    events = Events.of(xy, t, metric)
    near, soon = closed(delta, tau)
    pairs = events.close_pairs(near)
    n = len(events)
    in_space = np.bincount(pairs.first, minlength=n) + np.bincount(pairs.second, minlength=n)
    times, limits = events.timed(soon)
    in_order = np.argsort(times, kind="stable")
    ordered = times[in_order]
    in_time = degrees_before(ordered, limits[1])
    place = np.empty(n, np.int64)
    place[in_order] = np.arange(n)

    def statistic(slots: NDArray[np.generic]) -> NDArray[np.float64]:
        both = count_before(pairs.first, pairs.second, pairs.begins, ordered[slots], limits[1:])[0, 0]
        return np.asarray(both - in_space @ in_time[slots] / (2.0 * (n - 1)))

    return _interaction(
        statistic,
        place,
        permutations,
        rng,
        {"close": "both limits included", "metric": metric, "null": SHUFFLE},
    )


def jacquez(
    xy: ArrayLike,
    t: ArrayLike,
    k: int,
    metric: str = "euclidean",
    permutations: int = 999,
    rng: Rng = None,
) -> Interaction:
    """Count the pairs in which one is among the other's k nearest in space and in time too (Jacquez 1996).

    Parameters
    ----------
    xy : array_like of float, shape (n, 2)
    t : array_like of float, shape (n,)
    k : int
        Nearest neighbours, from 1 to n - 1. Of equally near events the first by x, y and time is taken in space, the
        earlier one in time.
    metric, permutations, rng
        As for :func:`table`.

    Returns
    -------
    Interaction

    Raises
    ------
    InvalidInput
        As for :func:`table`, and when there are not more than k events.

    References
    ----------
    G. M. Jacquez, *A k nearest neighbour test for space-time interaction*, Statistics in Medicine 15, 1996.
    """
    events = Events.of(xy, t, metric)
    n, k = len(events), whole_of(k, "近邻个数", "The number of neighbours")
    if not 1 <= k < n:
        raise refuse("k", f"近邻个数须在 1 到 {n - 1} 之间。", f"The number of neighbours is 1 to {n - 1}.")
    in_order = np.argsort(events.t, kind="stable")
    place = np.empty(n, np.int64)
    place[in_order] = np.arange(n)
    near_space = _nearest(events.xy, k, METRICS[metric])
    near_time = _nearest(events.t[in_order][:, None], k, 1.0)

    def statistic(slots: NDArray[np.generic]) -> NDArray[np.float64]:
        return np.asarray(shared_neighbours(near_space, near_time, slots), np.float64)

    return _interaction(
        statistic,
        place,
        permutations,
        rng,
        {"ties": "first by x, y and time; the earlier in time", "metric": metric, "null": SHUFFLE},
    )


def mantel(
    xy: ArrayLike,
    t: ArrayLike,
    permutations: int = 999,
    rng: Rng = None,
    *,
    space_constant: float = 1.0,
    space_power: float = -1.0,
    time_constant: float = 1.0,
    time_power: float = -1.0,
    metric: str = "euclidean",
) -> Interaction:
    """Correlate the distances in space and in time of all pairs, each as (d + constant) ** power (Mantel 1967).

    Parameters
    ----------
    xy : array_like of float, shape (n, 2)
    t : array_like of float, shape (n,)
    permutations, rng, metric
        As for :func:`table`.
    space_constant, space_power, time_constant, time_power : float

    Returns
    -------
    Interaction

    Raises
    ------
    InvalidInput
        As for :func:`table`; with more than 5,000 events, because all pairs are compared; and when all distances or all
        times apart are equal.

    References
    ----------
    N. Mantel, *The detection of disease clustering and a generalized regression approach*, Cancer Research 27, 1967.
    """
    events = Events.of(xy, t, metric)
    if len(events) > _MANTEL_MOST:
        raise refuse(
            "mantel-too-many",
            f"Mantel 检验比较所有事件对，最多 {_MANTEL_MOST} 起；请缩短时段，或改用 near_repeat.table。",
            f"Mantel's test compares all pairs, of {_MANTEL_MOST} events at most; shorten the period or use a table.",
        )
    given = (space_constant, space_power, time_constant, time_power)
    space_c, space_p, time_c, time_p = (real_of(of, "常数与指数", "Constants and powers") for of in given)
    space, time = (space_c, space_p), (time_c, time_p)
    manhattan = metric == "manhattan"
    x, y = np.ascontiguousarray(events.xy[:, 0]), np.ascontiguousarray(events.xy[:, 1])
    if not all(np.isfinite((*space, *time))) or (space[0] <= 0 > space[1]) or (time[0] <= 0 > time[1]):
        raise refuse(
            "mantel-transform",
            "指数为负时常数须大于零。",
            "A negative power needs a constant above zero.",
        )
    mean_space, mean_time, square_space, square_time = mantel_moments(x, y, events.t, space, time, manhattan)
    scale = float(np.sqrt(square_space * square_time))
    if scale == 0.0:
        raise refuse(
            "mantel-constant",
            "所有距离或所有时间间隔都相同，无法检验。",
            "All distances or all times apart are equal; there is nothing to correlate.",
        )

    def statistic(times: NDArray[np.generic]) -> NDArray[np.float64]:
        products = mantel_products(x, y, times, (mean_space, mean_time), space, time, manhattan)
        return np.asarray(products / scale)

    return _interaction(
        statistic,
        events.t,
        permutations,
        rng,
        {
            "space": f"(d + {space[0]:g}) ** {space[1]:g}",
            "time": f"(d + {time[0]:g}) ** {time[1]:g}",
            "metric": metric,
            "null": SHUFFLE,
        },
    )


def closed(delta: float, tau: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the breaks of one band that holds its upper limit, or raise InvalidInput."""
    delta, tau = real_of(delta, "距离上限", "The distance"), real_of(tau, "时间上限", "The time")
    if not (np.isfinite(delta) and np.isfinite(tau) and delta >= 0 and tau >= 0):
        raise refuse(
            "limits",
            "距离与时间上限须为非负数。",
            "The largest distance and time must be numbers of at least 0.",
        )
    return np.array([0.0, np.nextafter(delta, np.inf)]), np.array([0.0, np.nextafter(tau, np.inf)])


def _nearest(at: NDArray[np.float64], k: int, p: float) -> NDArray[np.int64]:
    """Find the k nearest of each point, of equally near ones the first; shape (n, k)."""
    n = len(at)
    tree = cKDTree(at)
    farthest = tree.query(at, k + 1, p=p)[0][:, -1]
    out = np.empty((n, k), np.int64)
    for row in range(n):
        inside = np.array(tree.query_ball_point(at[row], farthest[row] * (1.0 + _TIED), p=p))
        inside = np.sort(inside[inside != row])
        apart = np.abs(at[inside] - at[row])
        away = apart.sum(axis=1) if p == 1.0 else np.sqrt((apart**2).sum(axis=1))
        out[row] = inside[np.argsort(away, kind="stable")[:k]]
    return out


def _interaction(
    statistic: Callable[[NDArray[np.generic]], NDArray[np.float64]],
    values: NDArray[np.generic],
    permutations: int,
    rng: Rng,
    conventions: dict[str, str],
) -> Interaction:
    observed = float(statistic(np.repeat(values[:, None], LANES, axis=1))[0])
    asked = checked_permutations(permutations)
    reached = 0
    for lanes, drawn in shuffled(values, asked, generator(rng)):
        reached += int((statistic(drawn)[:lanes] >= observed - _TIED * (1.0 + abs(observed))).sum())
    p = (reached + 1) / (asked + 1) if asked else float("nan")
    return Interaction(observed, p, asked, conventions)


def generator(rng: Rng) -> np.random.Generator:
    """Return the generator asked for, or one seeded with 0."""
    return generator_of(rng)
