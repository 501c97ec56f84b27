"""When in the day and the week: shares of the hours, smoothed around the clock, with their uncertainty."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gridmap.errors import InvalidInput

Floats = NDArray[np.float64]

HOURS = 24
DAYS = 7
_BANDWIDTHS_H = (0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, np.inf)
_POOLED = (1.0, 0.75, 0.5, 0.25, 0.0)
_DRAWS = 2_000
_PRIOR = 1.0 / HOURS


@dataclass(frozen=True, slots=True, eq=False)
class HourlyProfile:
    """Shares of the hours of the day.

    Attributes
    ----------
    count : int
        Incidents.
    share : (24,) float64
        Of each hour, from midnight; their sum is 1.
    low, high : (24,) float64
        Ends of the interval that holds the smoothed share with the level asked for.
    bandwidth_h : float
        Standard deviation of the kernel in hours; infinite where all hours are taken as equal.
    """

    count: int
    share: Floats
    low: Floats
    high: Floats
    bandwidth_h: float


def hourly_profile(counts: ArrayLike, *, seed: int, level: float = 0.9) -> HourlyProfile:
    """Smooth counts by hour around the clock: midnight follows upon eleven at night.

    A wrapped normal kernel, its width that under which each incident is likeliest given the others (cross-validation
    by leaving one out); uncertainty by the Bayesian bootstrap of the counts under that kernel.

    Parameters
    ----------
    counts : (24,) array_like of int
        Incidents of each hour, from midnight.
    seed : int
    level : float
        Of the intervals, between 0 and 1.

    Returns
    -------
    HourlyProfile
        Turned around the clock as the counts are.

    Raises
    ------
    InvalidInput
        When there are not 24 counts, one is negative, or the level is none.

    References
    ----------
    Hall, Watson and Cabrera (1987), Kernel density estimation with spherical data, Biometrika 74; Rubin (1981), The
    Bayesian bootstrap, Annals of Statistics 9.
    """
    n = np.asarray(counts, dtype=np.float64)
    if n.shape != (HOURS,) or not np.isfinite(n).all() or (n < 0).any() or not 0 < level < 1:
        raise InvalidInput(
            "hourly-counts",
            "分时统计需要 24 个不小于 0 的数，置信水平应在 0 与 1 之间。",
            "A profile of the day needs 24 counts that are not negative, and a level between 0 and 1.",
        )
    total = float(n.sum())
    fits = [_fit(n, width) for width in _BANDWIDTHS_H]
    width = _BANDWIDTHS_H[int(np.argmax(fits))] if total > 1 else np.inf
    kernel = _kernel(width)
    share = kernel @ n / total if total else np.full(HOURS, 1.0 / HOURS)
    draws = np.random.default_rng(seed).dirichlet(n + _PRIOR, _DRAWS) @ kernel
    tail = 100 * (1 - level) / 2
    low, high = np.percentile(draws, [tail, 100 - tail], axis=0)
    return HourlyProfile(int(total), share, np.minimum(low, share), np.maximum(high, share), float(width))


@dataclass(frozen=True, slots=True, eq=False)
class WeeklyProfile:
    """Shares of the hours of the week.

    Attributes
    ----------
    count : int
        Incidents.
    share : (7, 24) float64
        Of each hour, from Monday's first; their sum is 1.
    bandwidth_h : float
        Standard deviation of the kernel along the day; infinite where all hours are taken as equal.
    pooled : float
        1 where all days share one course, 0 where each has its own, shares between.
    """

    count: int
    share: Floats
    bandwidth_h: float
    pooled: float


def weekly_profile(counts: ArrayLike) -> WeeklyProfile:
    """Smooth counts by weekday and hour: around the clock, and each day towards the mean of all days.

    A product of a wrapped normal kernel along the day and one that gives `pooled` of an incident to all days alike.
    Both widths are those under which each incident is likeliest given the others.

    Parameters
    ----------
    counts : (7, 24) array_like of int
        Incidents of each hour, from Monday's first.

    Raises
    ------
    InvalidInput
        When the counts have another shape, or one is negative.
    """
    n = np.asarray(counts, dtype=np.float64)
    if n.shape != (DAYS, HOURS) or not np.isfinite(n).all() or (n < 0).any():
        raise InvalidInput(
            "weekly-counts",
            "一周分时统计需要 7×24 个不小于 0 的数。",
            "A profile of the week needs 7 by 24 counts that are not negative.",
        )
    total = float(n.sum())
    if total < 2:
        return WeeklyProfile(int(total), np.full((DAYS, HOURS), 1.0 / (DAYS * HOURS)), float("inf"), 1.0)
    best = (-np.inf, 1.0, np.inf)
    for pooled in _POOLED:
        for width in reversed(_BANDWIDTHS_H):
            hours, days = _kernel(width), _days(pooled)
            others = np.maximum((days @ n @ hours - days[0, 0] * hours[0, 0]) / (total - 1.0), 1e-12)
            best = max(best, (float((n * np.log(others)).sum()), pooled, width), key=lambda fit: fit[0])
    _, pooled, width = best
    share = _days(pooled) @ n @ _kernel(width) / total
    return WeeklyProfile(int(total), share, float(width), pooled)


def _days(pooled: float) -> Floats:
    out: Floats = (1.0 - pooled) * np.eye(DAYS) + pooled / DAYS
    return out


def _kernel(width_h: float) -> Floats:
    """Weights of each hour on each, shape (24, 24); rows and columns sum to 1."""
    if np.isinf(width_h):
        return np.full((HOURS, HOURS), 1.0 / HOURS)
    apart = np.arange(HOURS)[:, None] - np.arange(HOURS)[None, :]
    turns = HOURS * np.arange(-3, 4)[:, None, None]
    weights = np.exp(-0.5 * ((apart[None] + turns) / width_h) ** 2).sum(axis=0)
    out: Floats = weights / weights.sum(axis=1, keepdims=True)
    return out


def _fit(n: Floats, width_h: float) -> float:
    """Log-likelihood of each incident given the others."""
    kernel = _kernel(width_h)
    others = np.maximum((kernel @ n - kernel[0, 0]) / max(float(n.sum()) - 1.0, 1.0), 1e-12)
    return float((n * np.log(others)).sum())
