"""Models of next week's counts: three kinds of counting, a regularised regression, and a blend of them."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import sparse
from scipy.spatial import cKDTree
from threadpoolctl import ThreadpoolController

from gridmap.analysis._given import numbers_of
from gridmap.analysis._points import positive
from gridmap.analysis.forecast.history import Floats, History
from gridmap.errors import InvalidInput

COUNT, RECENT, KERNEL = "count", "recent", "kernel"
REGRESSION, BLEND = "regression", "blend"
COMPARATORS = (COUNT, RECENT, KERNEL)
"""Kinds of counting, the plainest first."""

HALF_LIFE_WEEKS = 26.0
HALF_LIVES_WEEKS = (26.0, 13.0, 52.0, 4.0)
MULTIPLES = (1.0, 2.0, 0.5, 4.0)
FEWEST_WEEKS = 12
_LATELY_WEEKS = 8


@dataclass(frozen=True, slots=True)
class Widths:
    """How far back counting looks, and how far around.

    Attributes
    ----------
    half_life : float
        Weeks after which an incident counts half, in recency-weighted counting.
    kernel_half_life, multiple : float
        The same of kernel counts, and their bandwidth in multiples of that of the town.
    """

    half_life: float = HALF_LIFE_WEEKS
    kernel_half_life: float = HALF_LIFE_WEEKS
    multiple: float = 1.0


class Town:
    """A history with the surroundings of its cells; remembers what models of several weeks share.

    Parameters
    ----------
    history : History
    xy : (n, 2) array
    bandwidth_m : float or None
        Of the kernel around a cell; the median distance to the nearest centre where None.
    """

    def __init__(self, history: History, xy: Floats, bandwidth_m: float | None) -> None:
        self.history = history
        self._xy = xy
        self._bandwidth_m = bandwidth_m if bandwidth_m is not None else _usual_bandwidth(xy)
        self._spreads: dict[float, sparse.csr_array] = {}
        self._features: dict[int, Floats] = {}
        self._means: dict[tuple[int, float, int | None], Floats] = {}

    def spread(self, counts: Floats, multiple: float = 1.0) -> Floats:
        """Spread counts of shape (n,) over nearby cells; none is lost."""
        if multiple not in self._spreads:
            self._spreads[multiple] = _spreading(self._xy, self._bandwidth_m * multiple)
        return np.asarray(self._spreads[multiple] @ counts, dtype=np.float64)

    def mean(self, week: int, *, half_life: float = np.inf, last: int | None = None) -> Floats:
        """Mean weekly count of what was known when a week began, weights halving with age; shape (n,)."""
        if (week, half_life, last) not in self._means:
            age = np.arange(week - 1, -1, -1, dtype=np.float64)
            weights = 0.5 ** (age / half_life) * (age < (week if last is None else last))
            self._means[week, half_life, last] = self.history.weighted(week, weights / weights.sum())
        return self._means[week, half_life, last]

    def features(self, week: int) -> Floats:
        """Return what the regression knows when a week begins: logarithms of counts in and around a cell, (n, 6)."""
        if week not in self._features:
            means = [self.mean(week), self.mean(week, last=_LATELY_WEEKS), self.mean(week, last=2)]
            around = [self.spread(mean) for mean in means]
            # A cell that never had an incident is not impossible: half an incident in all the time there is.
            self._features[week] = np.log(np.column_stack(means + around) + 0.5 / week)
        return self._features[week]


def plain_count(town: Town, week: int, widths: Widths) -> Floats:  # noqa: ARG001 - one signature for all models
    """Mean weekly count of all weeks before one."""
    return town.mean(week)


def recent_count(town: Town, week: int, widths: Widths) -> Floats:
    """Mean weekly count with weights that halve with age."""
    return town.mean(week, half_life=widths.half_life)


def kernel_count(town: Town, week: int, widths: Widths) -> Floats:
    """Mean weekly count with weights that halve with age, spread over nearby cells by a Gaussian kernel.

    The separable form of the prospective kernel of Bowers, Johnson and Pease (2004).
    """
    return town.spread(town.mean(week, half_life=widths.kernel_half_life), widths.multiple)


@functools.cache
def _libraries() -> ThreadpoolController:
    """Find the libraries that compute in threads, once: looking for them takes as long as a fit."""
    return ThreadpoolController()


def regression(town: Town, week: int, widths: Widths) -> Floats:
    """Predict by a ridge-penalised Poisson regression on what was known when a week began.

    The weeks of the second half teach it, each told only by what had been reported before it.
    """
    begin = max(week // 2, _LATELY_WEEKS)
    if begin >= week:
        # A series this short has no week to learn from.
        return plain_count(town, week, widths)
    taught = range(begin, week)
    y = town.history.known(week)[:, begin:].T.ravel()
    if y.sum() == 0:
        return plain_count(town, week, widths)
    x = np.vstack([town.features(past) for past in taught])
    centre, scale = x.mean(axis=0), np.maximum(x.std(axis=0), 1e-9)
    from sklearn.linear_model import PoissonRegressor

    model = PoissonRegressor(alpha=1e-3, solver="newton-cholesky")
    # Six features need no second thread, and threads that wait for each other on a busy machine cost seconds.
    with _libraries().limit(limits=1):
        model.fit((x - centre) / scale, y)
        return np.asarray(model.predict((town.features(week) - centre) / scale), dtype=np.float64)


Model = Callable[[Town, int, Widths], Floats]
MODELS: dict[str, Model] = {
    COUNT: plain_count,
    RECENT: recent_count,
    KERNEL: kernel_count,
    REGRESSION: regression,
}


def town_of(cube: ArrayLike | History, xy: ArrayLike, bandwidth_m: float | None = None) -> Town:
    """Check a history, or a cube of weekly counts, and the centres of its cells.

    Parameters
    ----------
    cube : (n, T) array_like or History
    xy : (n, 2) array_like
        Centres of the cells, planar.
    bandwidth_m : float, optional
        Of the kernel around a cell, in the unit of `xy`; the median distance to the nearest centre by default.

    Raises
    ------
    InvalidInput
        When there are fewer than twelve weeks, shapes differ, or a count is negative or not finite.
    """
    history = cube if isinstance(cube, History) else History.of_cube(cube)
    centres = numbers_of(xy, "坐标", "Centres")
    if centres.shape != (history.cells, 2) or not np.isfinite(centres).all():
        raise InvalidInput(
            "forecast-shape",
            "周计数应为 单元×周 的数组，坐标应为 单元×2。",
            "Weekly counts must have the shape (cells, weeks), and centres (cells, 2).",
        )
    if history.weeks < FEWEST_WEEKS:
        raise InvalidInput(
            "forecast-weeks",
            f"只有 {history.weeks} 周的数据，至少需要 {FEWEST_WEEKS} 周。请放宽时段。",
            f"There are only {history.weeks} weeks; {FEWEST_WEEKS} are needed. Widen the period.",
        )
    if bandwidth_m is not None:
        bandwidth_m = positive(bandwidth_m, "bandwidth-not-positive", "带宽", "bandwidth")
    return Town(history, centres, bandwidth_m)


def _usual_bandwidth(xy: Floats) -> float:
    if len(xy) == 1:
        return 1.0
    nearest, _ = cKDTree(xy).query(xy, k=2)
    return float(np.median(nearest[:, 1])) or 1.0


def _spreading(xy: Floats, bandwidth_m: float) -> sparse.csr_array:
    n = len(xy)
    pairs = cKDTree(xy).query_pairs(3.0 * bandwidth_m, output_type="ndarray")
    i, j = np.concatenate([pairs, pairs[:, ::-1]]).T if len(pairs) else np.empty((2, 0), dtype=np.int64)
    distance = np.linalg.norm(xy[i] - xy[j], axis=1)
    values = np.concatenate([np.exp(-0.5 * (distance / bandwidth_m) ** 2), np.ones(n)])
    rows, columns = np.concatenate([i, np.arange(n)]), np.concatenate([j, np.arange(n)])
    kernel = sparse.csr_array((values, (rows, columns)), shape=(n, n))
    # Each column adds up to 1: an incident is spread, not multiplied.
    return sparse.csr_array(kernel @ sparse.diags_array(1.0 / np.asarray(kernel.sum(axis=0)).ravel()))
