"""The trend test of Mann and Kendall."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr

from gridmap.analysis._given import numbers_of
from gridmap.errors import InvalidInput

Floats = NDArray[np.float64]
_CONVENTIONS = {
    "tau": "tau-b",
    "variance": "corrected for ties",
    "continuity": "corrected by one",
    "p": "two-sided, normal",
}


@dataclass(frozen=True, slots=True, eq=False)
class MannKendall:
    """Monotone trend of one series (numbers) or of many (arrays of shape (n,)).

    Attributes
    ----------
    tau : float or ndarray
        Kendall's tau-b with time; 0 for a series that never changes.
    s : int or ndarray of int64
        Rises less falls over all pairs of times.
    var : float or ndarray
        Variance of `s` without a trend.
    z : float or ndarray
    p : float or ndarray
        Two-sided.
    conventions : dict of str to str
    """

    tau: float | Floats
    s: int | NDArray[np.int64]
    var: float | Floats
    z: float | Floats
    p: float | Floats
    conventions: dict[str, str] = field(default_factory=lambda: dict(_CONVENTIONS))


def mann_kendall(series: ArrayLike) -> MannKendall:
    """Test series for a monotone trend.

    Parameters
    ----------
    series : array_like of float, shape (T,) or (n, T)
        Values in the order of time; one series, or one a row.

    Returns
    -------
    MannKendall
        Numbers for one series, arrays of shape (n,) for many.

    Raises
    ------
    InvalidInput
        When a value is missing, or there are fewer than two times.

    Notes
    -----
    Memory is that of the series; time grows with n T ** 2.

    References
    ----------
    H. B. Mann, *Nonparametric tests against trend*, Econometrica 13, 1945.
    M. G. Kendall, *Rank Correlation Methods*, 4th ed., 1970.
    """
    values = numbers_of(series, "序列", "The series")
    if values.ndim not in {1, 2} or values.shape[-1] < 2:
        raise InvalidInput(
            "series-shape",
            "趋势检验需要至少两个时段，形状为 (T,) 或 (n, T)。",
            "A trend needs two periods at least, in the shape (T,) or (n, T).",
        )
    if not np.isfinite(values).all():
        raise InvalidInput(
            "series-not-finite", "序列含有空值或无穷大。", "The series holds a missing or infinite value."
        )
    rows = np.atleast_2d(values)
    n_times = rows.shape[1]
    s = np.zeros(len(rows), np.int64)
    for lag in range(1, n_times):
        later, earlier = rows[:, lag:], rows[:, :-lag]
        s += (later > earlier).sum(axis=1) - (later < earlier).sum(axis=1)
    tied_pairs, tied_variance = _ties(np.sort(rows, axis=1))
    pairs = n_times * (n_times - 1) / 2
    var = (n_times * (n_times - 1) * (2 * n_times + 5) - tied_variance) / 18
    untied = np.sqrt((pairs - tied_pairs) * pairs)
    tau = np.divide(s, untied, out=np.zeros(len(rows)), where=untied > 0)
    z = np.divide(s - np.sign(s), np.sqrt(var), out=np.zeros(len(rows)), where=var > 0)
    p = np.minimum(2 * ndtr(-np.abs(z)), 1.0)
    if values.ndim == 1:
        return MannKendall(float(tau[0]), int(s[0]), float(var[0]), float(z[0]), float(p[0]))
    return MannKendall(tau, s, var, z, p)


def _ties(ordered: Floats) -> tuple[Floats, Floats]:
    """Tied pairs of each row, and what they take from the variance times 18; rows ascend."""
    n, n_times = ordered.shape
    pairs, variance = np.zeros(n), np.zeros(n)
    run = np.ones(n)
    for t in range(1, n_times + 1):
        same = ordered[:, t] == ordered[:, t - 1] if t < n_times else np.zeros(n, np.bool_)
        pairs += np.where(same, 0.0, run * (run - 1) / 2)
        variance += np.where(same, 0.0, run * (run - 1) * (2 * run + 5))
        run = np.where(same, run + 1, 1.0)
    return pairs, variance
