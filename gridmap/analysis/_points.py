"""Checks of points and weights, and their canonical order."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gridmap.analysis._given import numbers_of, real_of
from gridmap.errors import InvalidInput


def points_of(xy: ArrayLike, *, finite: bool = True) -> NDArray[np.float64]:
    """Points as floats, shape (n, 2).

    Raises InvalidInput for another shape, and, where `finite` is asked for, for a coordinate that is not.
    """
    points = numbers_of(xy, "点坐标", "Coordinates")
    if points.ndim != 2 or points.shape[1] != 2:
        raise InvalidInput(
            "points-shape",
            f"点坐标应为 n 行 2 列，实际为 {points.shape}。",
            f"Points need the shape (n, 2), not {points.shape}.",
        )
    if finite and not np.isfinite(points).all():
        raise InvalidInput("coordinate-not-finite", "坐标含有空值或无穷大。", "A coordinate is not finite.")
    return points


def weights_of(weights: ArrayLike | None, n: int) -> NDArray[np.float64] | None:
    """Weights as floats, shape (n,); raises InvalidInput where one is negative, missing or too many."""
    if weights is None:
        return None
    values = numbers_of(weights, "权重", "Weights")
    if values.shape != (n,):
        raise InvalidInput(
            "weights-shape",
            f"权重应有 {n} 个，实际形状为 {values.shape}。",
            f"{n} weights are needed, not {values.shape}.",
        )
    if not np.isfinite(values).all() or (values < 0).any():
        raise InvalidInput(
            "weights-not-positive",
            "权重不能为负数、空值或无穷大。",
            "Weights must be finite and not negative.",
        )
    return values


def positive(value: float, code: str, zh: str, en: str) -> float:
    """Return the number as a float; raises InvalidInput unless it is finite and above zero."""
    number = real_of(value, zh, f"The {en}")
    if not np.isfinite(number) or number <= 0:
        raise InvalidInput(code, f"{zh}必须大于零。", f"The {en} must be above zero.")
    return number


def distinct(
    points: NDArray[np.float64], weights: NDArray[np.float64] | None
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.intp]]:
    """Distinct places in the order of x, then y.

    Returns
    -------
    places : ndarray of float, shape (m, 2)
    size : ndarray of float, shape (m,)
        Sum of weights at each place (events, where there are no weights).
    place : ndarray of int, shape (n,)
        Place of each point.
    """
    ascending = np.lexsort((points[:, 1], points[:, 0]))
    placed = points[ascending]
    begins = np.ones(len(points), np.bool_)
    begins[1:] = (placed[1:] != placed[:-1]).any(axis=1)
    places = placed[begins]
    place = np.empty(len(points), np.intp)
    place[ascending] = np.cumsum(begins) - 1
    if weights is None:
        return places, np.bincount(place, minlength=len(places)).astype(np.float64), place
    # Added in the order of their size, so that the order of rows changes no bit.
    order = np.lexsort((weights, place))
    size = np.bincount(place[order], weights[order], minlength=len(places)).astype(np.float64)
    return places, size, place
