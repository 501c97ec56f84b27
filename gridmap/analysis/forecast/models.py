"""Models of next week's counts: plain counts, a decayed kernel, a regularised regression, and a blend of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse
from scipy.spatial import cKDTree
from threadpoolctl import threadpool_limits

from gridmap.analysis._given import numbers_of
from gridmap.analysis._points import positive
from gridmap.errors import InvalidInput

Floats = NDArray[np.float64]

COUNT = "count"
BLEND = "blend"
RECENT_WEEKS = 8
HALF_LIFE_WEEKS = 13.0
FEWEST_WEEKS = 12
_VALIDATED_WEEKS = 8
_FLOOR = 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class Forecast:
    """What is expected next week.

    Attributes
    ----------
    expected : (n,) float array
        Expected incidents of each cell in the week after the last one.
    model : str
        One of `MODELS`, or ``blend``.
    shares : dict
        Share of each model in a blend; 1 for the model itself otherwise.
    """

    expected: Floats
    model: str
    shares: dict[str, float]


def plain_count(cube: Floats, spread: sparse.csr_array) -> Floats:  # noqa: ARG001 - one signature for all models
    """Mean weekly count of all weeks there are; shape (n, T) in, (n,) out."""
    return np.asarray(cube.mean(axis=1), dtype=np.float64)


def recent_count(cube: Floats, spread: sparse.csr_array) -> Floats:  # noqa: ARG001 - one signature for all models
    """Mean weekly count of the last eight weeks."""
    return np.asarray(cube[:, -RECENT_WEEKS:].mean(axis=1), dtype=np.float64)


def decayed_kernel(cube: Floats, spread: sparse.csr_array) -> Floats:
    """Mean weekly count with weights that halve every thirteen weeks, spread over nearby cells by a Gaussian kernel.

    The separable form of the prospective kernel of Bowers, Johnson and Pease (2004).
    """
    age = np.arange(cube.shape[1] - 1, -1, -1, dtype=np.float64)
    weight = 0.5 ** (age / HALF_LIFE_WEEKS)
    return np.asarray(spread @ (cube @ (weight / weight.sum())), dtype=np.float64)


def regression(cube: Floats, spread: sparse.csr_array) -> Floats:
    """Predict by a ridge-penalised Poisson regression on what was known a week before.

    Features of a cell: logarithms of its all-history, recent and last counts, and of the same around it. The weeks of
    the second half teach it, each told only by what came before.
    """
    weeks = cube.shape[1]
    begin = max(weeks // 2, RECENT_WEEKS)
    if begin >= weeks:
        # A series this short has no week to learn from.
        return plain_count(cube, spread)
    known = [_features(cube[:, :week], spread) for week in range(begin, weeks)]
    x, y = np.vstack(known), cube[:, begin:].T.ravel()
    if y.sum() == 0:
        return plain_count(cube, spread)
    centre, scale = x.mean(axis=0), np.maximum(x.std(axis=0), 1e-9)
    from sklearn.linear_model import PoissonRegressor

    model = PoissonRegressor(alpha=1e-3, solver="newton-cholesky")
    # Six features need no second thread, and threads that wait for each other on a busy machine cost seconds.
    with threadpool_limits(1):
        model.fit((x - centre) / scale, y)
        return np.asarray(model.predict((_features(cube, spread) - centre) / scale), dtype=np.float64)


def _features(cube: Floats, spread: sparse.csr_array) -> Floats:
    means = [cube.mean(axis=1), cube[:, -RECENT_WEEKS:].mean(axis=1), cube[:, -2:].mean(axis=1)]
    around = [spread @ mean for mean in means]
    # A cell that never had an incident is not impossible: half an incident in all the time there is.
    return np.asarray(np.log(np.column_stack(means + around) + 0.5 / cube.shape[1]), dtype=np.float64)


Model = Callable[[Floats, sparse.csr_array], Floats]
MODELS: dict[str, Model] = {
    COUNT: plain_count,
    "recent": recent_count,
    "kernel": decayed_kernel,
    "regression": regression,
}


def predict(
    cube: ArrayLike, xy: ArrayLike, *, model: str = BLEND, bandwidth_m: float | None = None
) -> Forecast:
    """Predict the incidents of each cell in the week after the last one.

    Parameters
    ----------
    cube : (n, T) array_like
        Weekly counts, oldest first.
    xy : (n, 2) array_like
        Centres of the cells, planar.
    model : str
        ``count``, ``recent``, ``kernel``, ``regression``, or ``blend``: a weighted mean of the four, whose shares
        maximise the Poisson likelihood of the last eight weeks, each predicted from the weeks before it.
    bandwidth_m : float, optional
        Of the kernel around a cell, in the unit of `xy`; the median distance to the nearest centre by default.

    Raises
    ------
    InvalidInput
        When there are fewer than twelve weeks, a count is negative, or the model is not known.

    References
    ----------
    Bowers, Johnson and Pease (2004), Prospective hot-spotting, British Journal of Criminology 44.
    """
    counts, spread = checked(cube, xy, bandwidth_m)
    if model != BLEND and model not in MODELS:
        names = ", ".join([*MODELS, BLEND])
        raise InvalidInput(
            "forecast-model", f"没有模型 {model}，可用：{names}。", f"There is no model {model}: {names}."
        )
    if model != BLEND:
        return Forecast(MODELS[model](counts, spread), model, {model: 1.0})
    shares = blend_shares(validation(counts, spread, _VALIDATED_WEEKS), counts[:, -_VALIDATED_WEEKS:])
    expected = sum(share * MODELS[name](counts, spread) for name, share in shares.items() if share > 0)
    return Forecast(np.asarray(expected), BLEND, shares)


def validation(counts: Floats, spread: sparse.csr_array, weeks: int) -> dict[str, Floats]:
    """Predict each of the last weeks by every model from the weeks before it; arrays of shape (n, weeks)."""
    last = counts.shape[1]
    return {
        name: np.column_stack([model(counts[:, :week], spread) for week in range(last - weeks, last)])
        for name, model in MODELS.items()
    }


def blend_shares(predicted: dict[str, Floats], actual: Floats, rounds: int = 200) -> dict[str, float]:
    """Shares of the models that maximise the Poisson likelihood of what happened.

    The likelihood is concave in the shares; the multiplicative update is that of expectation maximisation for a mixture
    of intensities (Shepp and Vardi 1982).
    """
    names = list(predicted)
    means = np.stack([np.maximum(predicted[name], _FLOOR).ravel() for name in names])
    y, total = actual.ravel(), means.sum(axis=1)
    share = np.full(len(names), 1.0 / len(names))
    if y.sum() == 0:
        return dict(zip(names, share.tolist(), strict=True))
    hit = y > 0
    for _ in range(rounds):
        mixture = share @ means[:, hit]
        share = share * (means[:, hit] @ (y[hit] / mixture)) / total
    share /= share.sum()
    return dict(zip(names, np.round(share, 6).tolist(), strict=True))


def checked(cube: ArrayLike, xy: ArrayLike, bandwidth_m: float | None) -> tuple[Floats, sparse.csr_array]:
    """Check a cube of weekly counts, and make the matrix that spreads a cell's counts over its surroundings.

    Raises
    ------
    InvalidInput
        When there are fewer than twelve weeks, shapes differ, or a count is negative or not finite.
    """
    counts = numbers_of(cube, "周计数", "Weekly counts")
    centres = numbers_of(xy, "坐标", "Centres")
    if counts.ndim != 2 or centres.shape != (len(counts), 2) or not np.isfinite(centres).all():
        raise InvalidInput(
            "forecast-shape",
            "周计数应为 单元×周 的数组，坐标应为 单元×2。",
            "Weekly counts must have the shape (cells, weeks), and centres (cells, 2).",
        )
    if not np.isfinite(counts).all() or (counts < 0).any():
        raise InvalidInput(
            "count-negative", "周计数含有负数或空值。", "A weekly count is negative or missing."
        )
    if counts.shape[1] < FEWEST_WEEKS:
        raise InvalidInput(
            "forecast-weeks",
            f"只有 {counts.shape[1]} 周的数据，至少需要 {FEWEST_WEEKS} 周。请放宽时段。",
            f"There are only {counts.shape[1]} weeks; {FEWEST_WEEKS} are needed. Widen the period.",
        )
    return counts, _spreading(centres, bandwidth_m)


def _spreading(xy: Floats, bandwidth_m: float | None) -> sparse.csr_array:
    n = len(xy)
    if n == 1:
        return sparse.csr_array(np.ones((1, 1)))
    tree = cKDTree(xy)
    if bandwidth_m is not None:
        bandwidth_m = positive(bandwidth_m, "bandwidth-not-positive", "带宽", "bandwidth")
    else:
        nearest, _ = tree.query(xy, k=2)
        bandwidth_m = float(np.median(nearest[:, 1])) or 1.0
    pairs = tree.query_pairs(3.0 * bandwidth_m, output_type="ndarray")
    i, j = np.concatenate([pairs, pairs[:, ::-1]]).T if len(pairs) else np.empty((2, 0), dtype=np.int64)
    distance = np.linalg.norm(xy[i] - xy[j], axis=1)
    values = np.concatenate([np.exp(-0.5 * (distance / bandwidth_m) ** 2), np.ones(n)])
    rows, columns = np.concatenate([i, np.arange(n)]), np.concatenate([j, np.arange(n)])
    kernel = sparse.csr_array((values, (rows, columns)), shape=(n, n))
    # Each column adds up to 1: an incident is spread, not multiplied.
    return sparse.csr_array(kernel @ sparse.diags_array(1.0 / np.asarray(kernel.sum(axis=0)).ravel()))
