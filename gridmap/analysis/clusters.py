"""Clusters of points by density, weighted by how many people or events a point stands for."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial import cKDTree

from gridmap.analysis._points import distinct, points_of, positive, weights_of
from gridmap.errors import InvalidInput

Floats = NDArray[np.float64]
NOISE = -1
_UNITS_MAX = 10_000


@dataclass(frozen=True, slots=True, eq=False)
class Clusters:
    """Clusters of points.

    Attributes
    ----------
    labels : ndarray of int64, shape (n,)
        Cluster of each point from 0, the heaviest first; -1 for noise.
    sizes : ndarray of float, shape (c,)
        Sum of weights of each cluster (points, where there are no weights).
    n_points : ndarray of int64, shape (c,)
    centres : ndarray of float, shape (c, 2)
        Weighted middle of each cluster.
    conventions : dict of str to str
    """

    labels: NDArray[np.int64]
    sizes: Floats
    n_points: NDArray[np.int64]
    centres: Floats
    conventions: dict[str, str]


def dbscan(xy: ArrayLike, radius_m: float, min_points: float, weights: ArrayLike | None = None) -> Clusters:
    """Find clusters of one density.

    Parameters
    ----------
    xy : array_like of float, shape (n, 2)
        Points in planar coordinates.
    radius_m : float
        Reach of a point, in the unit of the coordinates.
    min_points : float
        A point is a core where the weights within reach, its own included, sum to this or more.
    weights : array_like of float, shape (n,), optional
        People or events that a point stands for; one each without it.

    Returns
    -------
    Clusters
        A point in reach of cores of several clusters belongs to that of the nearest core, and of equally near
        ones to that with the least x, then y.

    Raises
    ------
    InvalidInput
        When a shape is wrong, a number is not finite or not positive, or a weight is negative.

    References
    ----------
    M. Ester, H.-P. Kriegel, J. Sander and X. Xu, *A density-based algorithm for discovering clusters*, KDD 1996.
    """
    points = points_of(xy)
    size = weights_of(weights, len(points))
    reach = positive(radius_m, "radius-not-positive", "半径", "radius")
    least = positive(min_points, "min-points-not-positive", "最少点数", "least number of points")
    conventions = {
        "method": "DBSCAN",
        "radius": repr(reach),
        "core": f"weights within the radius, its own included, at least {least:g}",
        "border": "nearest core, then least x, then least y",
        "order": "heaviest first",
        "weights": "given" if size is not None else "one each",
    }
    places, heads, place = distinct(points, size)
    labels = np.full(len(places), NOISE, np.int64)
    if heads.any():
        # The library takes a whole number of samples, so weights are measured in parts of the least sum.
        parts = heads / least * (1 + 1e-12)
        from sklearn.cluster import DBSCAN

        fitted = DBSCAN(eps=reach, min_samples=1, algorithm="kd_tree").fit(places, sample_weight=parts)
        core = fitted.core_sample_indices_
        labels[core] = fitted.labels_[core]
        edge = np.flatnonzero((labels == NOISE) & (fitted.labels_ != NOISE))
        if len(edge):
            labels[edge] = labels[core[_nearest(places[core], places[edge], reach)]]
    return _ordered(labels[place], points, size, places, conventions)


def hdbscan(xy: ArrayLike, min_size: float, weights: ArrayLike | None = None) -> Clusters:
    """Find clusters of differing densities.

    Parameters
    ----------
    xy : array_like of float, shape (n, 2)
        Points in planar coordinates.
    min_size : float
        Least sum of weights of a cluster, at least 2; a point's neighbourhood counts as many.
    weights : array_like of float, shape (n,), optional
        People or events that a point stands for; one each without it.

    Returns
    -------
    Clusters

    Raises
    ------
    InvalidInput
        When a shape is wrong, a number is not finite, a weight is negative or `min_size` is below 2.

    Notes
    -----
    A point of weight w is w points at one place. Where that makes more than 10,000, weights are counted in
    larger units, which the conventions name; a place never counts less than one unit.

    References
    ----------
    R. J. G. B. Campello, D. Moulavi and J. Sander, *Density-based clustering based on hierarchical density
    estimates*, PAKDD 2013.
    """
    points = points_of(xy)
    size = weights_of(weights, len(points))
    least = positive(min_size, "min-size-not-positive", "最小规模", "least size")
    if least < 2:
        raise InvalidInput("min-size-small", "簇的最小规模至少为 2。", "The least size of a cluster is 2.")
    places, heads, place = distinct(points, size)
    counted = heads > 0
    unit = 1.0 if size is None else max(1.0, float(heads.sum()) / _UNITS_MAX)
    smallest = max(2, math.ceil(least / unit - 1e-9))
    copies = np.where(counted, np.maximum(np.rint(heads / unit), 1), 0).astype(np.int64)
    labels = np.full(len(places), NOISE, np.int64)
    if copies.sum() >= smallest:
        from sklearn.cluster import HDBSCAN

        fitted = HDBSCAN(min_cluster_size=smallest, allow_single_cluster=False, copy=True).fit(
            np.repeat(places, copies, axis=0)
        )
        first = np.cumsum(copies) - copies
        labels[counted] = fitted.labels_[first[counted]]
    conventions = {
        "method": "HDBSCAN",
        "min_size": f"{least:g}",
        "unit_of_weight": f"{unit:g}",
        "selection": "excess of mass",
        "order": "heaviest first",
        "weights": "given" if size is not None else "one each",
    }
    return _ordered(labels[place], points, size, places, conventions)


def _nearest(cores: Floats, points: Floats, reach: float) -> NDArray[np.intp]:
    """Nearest core of each point, the first of equally near ones; cores ascend by x, then y."""
    tree = cKDTree(cores)
    out = np.empty(len(points), np.intp)
    for row, near in enumerate(tree.query_ball_point(points, reach * (1 + 1e-12), return_sorted=True)):
        squared = np.square(cores[near] - points[row]).sum(axis=1)
        out[row] = near[int(np.argmin(squared))]
    return out


def _ordered(
    labels: NDArray[np.int64],
    points: Floats,
    size: Floats | None,
    places: Floats,
    conventions: dict[str, str],
) -> Clusters:
    """Order clusters from the heaviest, then by their middle, and number them so."""
    n = int(labels.max(initial=NOISE)) + 1
    weight = np.ones(len(points)) if size is None else size
    member = np.flatnonzero(labels != NOISE)
    # Sums in canonical order, from the middle of the extent so that large coordinates lose no digits.
    member = member[np.lexsort((weight[member], points[member, 1], points[member, 0]))]
    origin = places.mean(axis=0) if len(places) else np.zeros(2)
    of = labels[member]
    total = np.bincount(of, weight[member], minlength=n).astype(np.float64)
    moved = points[member] - origin
    divisor = np.where(total > 0, total, 1.0)
    centres = np.column_stack(
        [
            np.bincount(of, weight[member] * moved[:, axis], minlength=n) / divisor + origin[axis]
            for axis in (0, 1)
        ]
    )
    order = np.lexsort((centres[:, 1], centres[:, 0], -total))
    rank = np.empty(n, np.int64)
    rank[order] = np.arange(n)
    named = np.full(len(labels), NOISE, np.int64)
    kept = labels != NOISE
    named[kept] = rank[labels[kept]]
    return Clusters(
        labels=named,
        sizes=total[order],
        n_points=np.bincount(of, minlength=n)[order].astype(np.int64),
        centres=centres[order],
        conventions=conventions,
    )
