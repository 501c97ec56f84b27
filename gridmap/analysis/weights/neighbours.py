"""Spatial weights: who is whose neighbour, as sparse matrices of ones without a diagonal.

Contiguity counts every shared point (queen) or every shared piece of boundary (rook), also where a corner of one
polygon touches the inside of another's edge. All functions are independent of the order of the rows: the same polygons
in another order give the same matrix in that order.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import geopandas as gpd
import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse
from scipy.spatial import cKDTree

from gridmap.analysis._given import numbers_of, real_of, whole_of
from gridmap.analysis.weights import _hash
from gridmap.analysis.weights._contiguity import contiguity
from gridmap.analysis.weights._sparse import compressed, from_rows, ones, pattern
from gridmap.errors import InvalidInput


def queen(
    gdf: gpd.GeoDataFrame | gpd.GeoSeries | ArrayLike, *, tolerance: float | None = None
) -> sparse.csr_array:
    """Polygons that share at least a point.

    Parameters
    ----------
    gdf : GeoDataFrame, GeoSeries or array_like of shapely Polygon or MultiPolygon, shape (n,)
        In any planar coordinates, not overlapping.
    tolerance : float, optional
        How far a corner may lie from another polygon's edge and still touch it, in units of the coordinates. By
        default 1e-12 times the greatest coordinate: what rounding does, a few micrometres.

    Returns
    -------
    csr_array of float64, shape (n, n)
        Ones, symmetric, zero diagonal, sorted indices.

    Raises
    ------
    InvalidInput
        When a geometry is missing, empty or not polygonal.

    Notes
    -----
    Equal corners are found by hashing. A corner inside another polygon's edge makes that edge and an edge at the corner
    unmatched (no other polygon has the same edge), so only unmatched edges are searched.
    """
    return contiguity(gdf, tolerance, rook=False)


def rook(
    gdf: gpd.GeoDataFrame | gpd.GeoSeries | ArrayLike, *, tolerance: float | None = None
) -> sparse.csr_array:
    """Polygons that share a piece of boundary of positive length.

    Parameters
    ----------
    gdf : GeoDataFrame, GeoSeries or array_like of shapely Polygon or MultiPolygon, shape (n,)
        In any planar coordinates, not overlapping.
    tolerance : float, optional
        As for `queen`.

    Returns
    -------
    csr_array of float64, shape (n, n)
        Ones, symmetric, zero diagonal, sorted indices.

    Raises
    ------
    InvalidInput
        When a geometry is missing, empty or not polygonal.
    """
    return contiguity(gdf, tolerance, rook=True)


def knn(xy: ArrayLike, k: int) -> sparse.csr_array:
    """Nearest k others of each point; not symmetric.

    Parameters
    ----------
    xy : array_like of float, shape (n, 2)
        Planar coordinates.
    k : int
        Neighbours of each point, at least 1 and less than n.

    Returns
    -------
    csr_array of float64, shape (n, n)
        Exactly k ones a row. Of points at the same distance the one with the smaller x, then y, is nearer; only points
        at one and the same place are told apart by their row number.

    Raises
    ------
    InvalidInput
        When the coordinates are not finite, or k is out of range.
    """
    at = _checked_xy(xy)
    n, k = len(at), whole_of(k, "邻居数 k", "The number of neighbours k")
    if not 1 <= k < n:
        raise InvalidInput(
            "k-out-of-range",
            f"邻居数 k 应在 1 到 {n - 1} 之间，现为 {k}。",
            f"The number of neighbours k must lie between 1 and {n - 1}, not {k}.",
        )
    order = np.lexsort((at[:, 1], at[:, 0]))
    canonical = at[order]
    tree = cKDTree(canonical)
    ask = min(k + 8, n)
    distance, near = tree.query(canonical, k=ask)
    itself = np.arange(n)[:, None]
    distance = np.where(near == itself, -1.0, distance)
    chosen = np.empty((n, k), np.intp)
    # A tie that reaches beyond what was asked for needs the whole circle; so does a point that lost itself in a crowd.
    open_end = np.zeros(n, np.bool_) if ask == n else distance.max(axis=1) <= _kth(distance, k)
    sure = np.flatnonzero(~open_end & (near == itself).any(axis=1))
    by = np.argsort(near[sure], axis=1, kind="stable")
    ranked = np.take_along_axis(near[sure], by, axis=1)
    away = np.take_along_axis(distance[sure], by, axis=1)
    best = np.argsort(away, axis=1, kind="stable")[:, 1 : k + 1]
    chosen[sure] = np.take_along_axis(ranked, best, axis=1)
    for i in np.setdiff1d(np.arange(n), sure, assume_unique=True):
        reach = max(_kth(distance[i : i + 1], k)[0], 0.0)
        inside = np.array(
            sorted(tree.query_ball_point(canonical[i], np.nextafter(reach * (1 + 1e-12), np.inf)))
        )
        inside = inside[inside != i]
        d = np.hypot(*(canonical[inside] - canonical[i]).T)
        chosen[i] = inside[np.lexsort((inside, d))[:k]]
    rows = np.repeat(order, k)
    return from_rows(n, rows, order[chosen].ravel())


def distance_band(xy: ArrayLike, radius_m: float) -> sparse.csr_array:
    """Points at most a radius apart.

    Parameters
    ----------
    xy : array_like of float, shape (n, 2)
        Planar coordinates.
    radius_m : float
        In units of the coordinates; a distance equal to it counts.

    Returns
    -------
    csr_array of float64, shape (n, n)
        Ones, symmetric, zero diagonal, sorted indices.

    Raises
    ------
    InvalidInput
        When the coordinates are not finite, or the radius is not positive.
    """
    at = _checked_xy(xy)
    radius_m = real_of(radius_m, "距离", "The radius")
    if not (np.isfinite(radius_m) and radius_m > 0):
        raise InvalidInput("radius-not-positive", "距离应为正数。", "The radius must be a positive number.")
    pairs = cKDTree(at).query_pairs(radius_m, output_type="ndarray")
    return from_rows(
        len(at), np.concatenate([pairs[:, 0], pairs[:, 1]]), np.concatenate([pairs[:, 1], pairs[:, 0]])
    )


def lattice(rows: int, cols: int, queen: bool = True) -> sparse.csr_array:
    """Cells of a regular lattice, numbered row by row.

    Parameters
    ----------
    rows, cols : int
        At least 1.
    queen : bool
        Whether cells that meet in a corner are neighbours.

    Returns
    -------
    csr_array of float64, shape (rows * cols, rows * cols)

    Raises
    ------
    InvalidInput
        When a side is not positive.
    """
    rows, cols = whole_of(rows, "行数", "The number of rows"), whole_of(cols, "列数", "The number of columns")
    if rows < 1 or cols < 1:
        raise InvalidInput("lattice-empty", "行数和列数应至少为 1。", "A lattice needs a row and a column.")
    indptr, indices = _hash.lattice(rows, cols, queen)
    return ones(rows * cols, indptr, indices)


def from_pairs(n: int, pairs: ArrayLike) -> sparse.csr_array:
    """Weights from a list of neighbours.

    Parameters
    ----------
    n : int
        Number of cells.
    pairs : array_like of int, shape (m, 2)
        Zero-based (from, to); each counts once, in the direction given.

    Returns
    -------
    csr_array of float64, shape (n, n)

    Raises
    ------
    InvalidInput
        When a number is out of range or a pair names a cell as its own neighbour.
    """
    n = whole_of(n, "单元数", "The number of cells")
    if n < 0:
        raise InvalidInput("cells-negative", "单元数不能为负。", "The number of cells cannot be negative.")
    listed: Any = list(pairs) if isinstance(pairs, Iterable) and not hasattr(pairs, "__array__") else pairs
    given = numbers_of(listed, "邻居表", "Pairs of neighbours")
    if not (given == np.rint(given)).all():
        raise InvalidInput("pairs-not-whole", "邻居编号应为整数。", "Numbers of cells must be whole numbers.")
    pair = given.astype(np.int64)
    if pair.size == 0:
        pair = pair.reshape(0, 2)
    if pair.ndim != 2 or pair.shape[1] != 2:
        raise InvalidInput(
            "pairs-shape", "邻居表应为 m×2。", "Pairs of neighbours must have the shape (m, 2)."
        )
    if len(pair) and (pair.min() < 0 or pair.max() >= n):
        raise InvalidInput(
            "pairs-range",
            f"邻居编号应在 0 到 {n - 1} 之间。",
            f"Numbers of cells must lie between 0 and {n - 1}.",
        )
    if (pair[:, 0] == pair[:, 1]).any():
        raise InvalidInput(
            "pairs-diagonal",
            "单元不能是自己的邻居，请删去这些行。",
            "A cell is its own neighbour; remove the row.",
        )
    return from_rows(n, pair[:, 0], pair[:, 1])


def row_standardised(w: sparse.csr_array) -> sparse.csr_array:
    """Weights divided by their row's sum; rows without neighbours stay empty.

    Parameters
    ----------
    w : csr_array of float, shape (n, n)

    Returns
    -------
    csr_array of float64, shape (n, n)
    """
    w = compressed(w)
    total = np.asarray(w.sum(axis=1)).ravel()
    scale = np.divide(1.0, total, out=np.zeros(len(total)), where=total != 0)
    return sparse.csr_array(
        (w.data * np.repeat(scale, np.diff(w.indptr)), w.indices, w.indptr), shape=w.shape
    )


def higher_order(w: sparse.csr_array, order: int) -> sparse.csr_array:
    """Cells that are exactly so many steps away.

    Parameters
    ----------
    w : csr_array, shape (n, n)
        Neighbours at one step.
    order : int
        Steps, at least 1.

    Returns
    -------
    csr_array of float64, shape (n, n)
        Ones where the shortest chain of neighbours has `order` steps.

    Raises
    ------
    InvalidInput
        When the order is less than 1.
    """
    if whole_of(order, "阶数", "The order") < 1:
        raise InvalidInput("order-not-positive", "阶数应至少为 1。", "The order must be at least 1.")
    n = w.shape[0]
    step = pattern(w)
    reached = sparse.csr_array(step + sparse.eye_array(n, format="csr"))
    frontier = step
    for _ in range(order - 1):
        further = pattern(sparse.csr_array(frontier @ step))
        frontier = pattern(sparse.csr_array(further - further.multiply(reached)))
        reached = pattern(sparse.csr_array(reached + frontier))
    frontier.sort_indices()
    return frontier


def islands(w: sparse.csr_array) -> NDArray[np.intp]:
    """Row numbers of the cells without a neighbour.

    Parameters
    ----------
    w : csr_array, shape (n, n)

    Returns
    -------
    ndarray of intp
    """
    return np.flatnonzero(np.diff(pattern(w).indptr) == 0)


def _checked_xy(xy: ArrayLike) -> NDArray[np.float64]:
    at = numbers_of(xy, "坐标", "Coordinates")
    if at.ndim != 2 or at.shape[1] != 2:
        raise InvalidInput("points-shape", "坐标数组应为 n×2。", "Coordinates must have the shape (n, 2).")
    if not np.isfinite(at).all():
        raise InvalidInput("coordinate-not-finite", "坐标含有空值或无穷大。", "A coordinate is not finite.")
    return at


def _kth(distance: NDArray[np.float64], k: int) -> NDArray[np.float64]:
    # The point itself stands first with -1.
    kth: NDArray[np.float64] = np.partition(distance, k, axis=1)[:, k]
    return kth
