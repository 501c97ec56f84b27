"""Contiguity of polygons."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy import sparse

from gridmap.analysis._given import real_of
from gridmap.analysis.weights import _hash
from gridmap.analysis.weights._sparse import from_rows, ones
from gridmap.errors import InvalidInput

TOUCH = 1e-12


def contiguity(polygons: Any, tolerance: float | None, *, rook: bool) -> sparse.csr_array:
    """Neighbours by shared corners or edges; see `gridmap.analysis.weights.queen`."""
    geometry = np.atleast_1d(np.asarray(getattr(polygons, "geometry", polygons), dtype=object))
    n = len(geometry)
    if tolerance is not None and not (0 <= real_of(tolerance, "容差", "The tolerance") < np.inf):
        raise InvalidInput(
            "tolerance-range", "容差应为非负数。", "The tolerance must be a number of at least 0."
        )
    if n == 0:
        return sparse.csr_array((0, 0), dtype=np.float64)
    if geometry.ndim != 1 or not (shapely.is_geometry(geometry) | (geometry == None)).all():  # noqa: E711
        raise InvalidInput(
            "geometry-not-polygon",
            "应给出多边形（GeoDataFrame、GeoSeries 或 shapely 几何的列表）。",
            "Give polygons: a GeoDataFrame, a GeoSeries or a list of shapely geometries.",
        )
    kinds = shapely.get_type_id(geometry)
    wrong = ~np.isin(kinds, (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON))
    wrong |= shapely.is_empty(geometry)
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        raise InvalidInput(
            "geometry-not-polygon",
            f"第 {row + 1} 行不是多边形或为空，请修正或删去。",
            f"Row {row + 1} is not a polygon or is empty; correct or remove it.",
        )
    kind, at, offsets = shapely.to_ragged_array(geometry, include_z=False)
    of_polygon = offsets[1][offsets[2]] if kind == shapely.GeometryType.MULTIPOLYGON else offsets[1]
    begin = offsets[0].astype(np.int64)
    position, owner = _hash.corners(begin, of_polygon.astype(np.int64))
    # Adding zero turns -0.0 into 0.0, which has other bits.
    corner = np.ascontiguousarray(at[position] + 0.0)
    if not np.isfinite(corner).all():
        raise InvalidInput("coordinate-not-finite", "坐标含有空值或无穷大。", "A coordinate is not finite.")
    bits = corner.view(np.uint64)
    number, n_corners = _hash.numbered(np.ascontiguousarray(bits[:, 0]), np.ascontiguousarray(bits[:, 1]))
    after = _hash.following(begin, number)
    low, high = np.minimum(number, after), np.maximum(number, after)
    edge, n_edges = _hash.numbered(low.astype(np.uint64), high.astype(np.uint64))
    item, n_items = (edge, n_edges) if rook else (number, n_corners)
    indptr, indices = _hash.adjacency(item, owner, n_items, n)
    w = ones(n, indptr, indices)
    single = np.flatnonzero(np.bincount(edge, minlength=n_edges)[edge] == 1)
    if tolerance is None:
        tolerance = TOUCH * float(np.abs(corner).max())
    where = np.empty((n_corners, 2))
    where[number] = corner
    touching = _touching(where, number[single], after[single], owner[single], tolerance, rook=rook)
    if not rook:
        touching = _with_all_holders(touching, number, owner, n_corners)
    if len(touching) == 0:
        return w
    rows = np.concatenate([np.repeat(np.arange(n), np.diff(indptr)), touching[:, 0], touching[:, 1]])
    cols = np.concatenate([indices, touching[:, 1], touching[:, 0]])
    return from_rows(n, rows, cols)


def _touching(
    where: NDArray[np.float64],
    a: NDArray[np.int32],
    b: NDArray[np.int32],
    owner: NDArray[np.int32],
    tolerance: float,
    *,
    rook: bool,
) -> NDArray[np.int64]:
    """Pairs across unmatched edges: (polygon, polygon) for rook, (polygon of the edge, corner number) for queen."""
    if len(a) == 0:
        return np.empty((0, 2), np.int64)
    tree = shapely.STRtree(np.asarray(shapely.linestrings(np.stack([where[a], where[b]], axis=1))))
    ends = np.unique(np.concatenate([a, b]))
    which, edge = tree.query(shapely.points(where[ends]), predicate="dwithin", distance=tolerance)
    vertex = ends[which]
    inner = (vertex != a[edge]) & (vertex != b[edge])
    vertex, edge = vertex[inner], edge[inner]
    if not rook:
        return np.unique(np.column_stack([owner[edge], vertex]).astype(np.int64), axis=0)
    # Each unmatched edge that begins or ends at the touching corner may run along the touched edge.
    at_corner = sparse.csr_array(
        (np.ones(2 * len(a)), (np.concatenate([a, b]), np.tile(np.arange(len(a)), 2))),
        shape=(len(where), len(a)),
    )
    count = np.diff(at_corner.indptr)[vertex]
    touched = np.repeat(edge, count)
    begin = np.repeat(at_corner.indptr[:-1][vertex], count)
    step = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    other = at_corner.indices[begin + step]
    keep = owner[touched] != owner[other]
    touched, other = touched[keep], other[keep]
    along = _run_along(where[a[touched]], where[b[touched]], where[a[other]], where[b[other]], tolerance)
    pairs = np.column_stack([owner[touched[along]], owner[other[along]]]).astype(np.int64)
    return np.unique(pairs, axis=0)


def _run_along(
    a: NDArray[np.float64],
    b: NDArray[np.float64],
    c: NDArray[np.float64],
    d: NDArray[np.float64],
    tolerance: float,
) -> NDArray[np.bool_]:
    """Whether the segments ab and cd share more than a point."""
    ab, cd = b - a, d - c
    length, other = np.hypot(*ab.T), np.hypot(*cd.T)

    def away(origin: Any, along: Any, size: Any, point: Any) -> Any:
        off = point - origin
        return np.abs(along[:, 0] * off[:, 1] - along[:, 1] * off[:, 0]) / size

    straight = np.maximum(away(a, ab, length, c), away(a, ab, length, d)) <= tolerance
    straight |= np.maximum(away(c, cd, other, a), away(c, cd, other, b)) <= tolerance
    from_c = np.einsum("ij,ij->i", c - a, ab) / length
    from_d = np.einsum("ij,ij->i", d - a, ab) / length
    overlap = np.minimum(np.maximum(from_c, from_d), length) - np.maximum(np.minimum(from_c, from_d), 0.0)
    shared: NDArray[np.bool_] = straight & (overlap > tolerance)
    return shared


def _with_all_holders(
    touching: NDArray[np.int64], number: NDArray[np.int32], owner: NDArray[np.int32], n_corners: int
) -> NDArray[np.int64]:
    """Replace (polygon, corner) by (polygon, each polygon that has the corner)."""
    if len(touching) == 0:
        return touching
    holders = sparse.csr_array(
        (np.ones(len(number)), (number, owner)), shape=(n_corners, int(owner.max()) + 1)
    )
    count = np.diff(holders.indptr)[touching[:, 1]]
    begin = np.repeat(holders.indptr[:-1][touching[:, 1]], count)
    step = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    pairs = np.column_stack([np.repeat(touching[:, 0], count), holders.indices[begin + step]])
    others: NDArray[np.int64] = pairs[pairs[:, 0] != pairs[:, 1]]
    return others
