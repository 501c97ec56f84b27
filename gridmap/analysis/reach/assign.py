"""Assignment of points to grids: exactly one grid for each point at each level.

The edge rule: a point on an edge that grids share goes to the lowest key. Keys are hierarchical, so the rule gives the
same answer at every level. Points in no grid are returned, never dropped.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import ModuleType

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from gridmap.domain.gridkey import LEVELS, UNASSIGNED, ancestors
from gridmap.errors import InvalidInput

_CELLS_MIN, _CELLS_MAX = 1 << 14, 1 << 21
_RASTER = 1024
_CACHE_BYTES = 1 << 22
_MANY_POINTS = 10_000
_OUTSIDE = -1


def _kernels() -> ModuleType:
    # The compiler takes half a second to load: commands that place nothing do without.
    from gridmap.analysis.reach import _locate

    return _locate


@dataclass(frozen=True, slots=True)
class Assignment:
    """Which grid each point belongs to.

    Attributes
    ----------
    grid_key : ndarray of int64, shape (n,)
        Key of the deepest grid that holds the point; 0 where none does.
    level : ndarray of int8, shape (n,)
        Level of that grid; 0 where there is none.
    """

    grid_key: NDArray[np.int64]
    level: NDArray[np.int8]

    def at_level(self, level: int) -> NDArray[np.int64]:
        """Key of each point's grid at a level, shape (n,); 0 where no grid of that level or deeper holds it."""
        keys = ancestors(self.grid_key, level)
        return np.where(self.level >= level, keys, UNASSIGNED)

    @property
    def unmatched(self) -> NDArray[np.intp]:
        """Row numbers of the points that lie in no grid."""
        return np.flatnonzero(self.grid_key == UNASSIGNED)


class PolygonLocator:
    """Finds for each point the first polygon that holds it, edges included.

    Parameters
    ----------
    polygons : array_like of shapely Polygon or MultiPolygon, shape (m,)
        Valid, in order of precedence, in any planar coordinates.

    Raises
    ------
    InvalidInput
        When a geometry is missing, empty, invalid or not polygonal.

    Notes
    -----
    Exact: what ray casting in floating point cannot decide (Shewchuk's error bound) is decided by GEOS.

    References
    ----------
    J. R. Shewchuk, *Adaptive precision floating-point arithmetic and fast robust geometric predicates*, Discrete &
    Computational Geometry 18, 1997.
    """

    def __init__(self, polygons: ArrayLike) -> None:
        self._polygons: NDArray[np.object_] = np.asarray(polygons, dtype=object)
        edges, owner = _checked_rings(self._polygons).edges()
        if len(edges) == 0:
            self._index = None
            return
        low, high = np.split(shapely.total_bounds(self._polygons), 2)
        span = high - low
        n_cells = float(np.clip(4 * len(edges), _CELLS_MIN, _CELLS_MAX))
        columns = int(np.clip(round(np.sqrt(n_cells * span[0] / span[1])), 1, _CELLS_MAX))
        rows = int(np.clip(round(n_cells / columns), 1, _CELLS_MAX))
        # A margin keeps points on the upper and right edges inside the lattice.
        span = span * (1 + 1e-9)
        self._bounds = (float(low[0]), float(low[1]), float(columns / span[0]), float(rows / span[1]))
        self._shape = (columns, rows)
        self._index = _kernels().build(edges, owner, len(self._polygons), self._bounds, self._shape)

    def locate(self, x: ArrayLike, y: ArrayLike) -> NDArray[np.int32]:
        """Position of the first polygon that holds each point, or -1.

        Parameters
        ----------
        x, y : array_like of float, shape (n,)
            In the polygons' coordinates.

        Returns
        -------
        ndarray of int32, shape (n,)
        """
        xs = np.ascontiguousarray(x, dtype=np.float64)
        ys = np.ascontiguousarray(y, dtype=np.float64)
        if self._index is None:
            return np.full(len(xs), _OUTSIDE, np.int32)
        kernels = _kernels()
        # An index that outgrows the processor's caches is walked block by block, not in the points' own order.
        blocked = self._index[-1].nbytes > _CACHE_BYTES and len(xs) > _MANY_POINTS
        order = kernels.by_block(xs, ys, self._bounds, self._shape) if blocked else np.arange(len(xs))
        found: NDArray[np.int32] = kernels.locate(xs, ys, order, self._bounds, self._shape, self._index)
        open_questions = np.flatnonzero(found == kernels.UNDECIDED)
        if len(open_questions):
            found[open_questions] = self._decide(xs[open_questions], ys[open_questions])
        return found

    def _decide(self, x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.int32]:
        tree = shapely.STRtree(self._polygons)
        point, polygon = tree.query(shapely.points(x, y), predicate="intersects")
        best = np.full(len(x), np.iinfo(np.int32).max, np.int32)
        np.minimum.at(best, point, polygon.astype(np.int32))
        return np.where(best == np.iinfo(np.int32).max, _OUTSIDE, best).astype(np.int32)


def assign_to_grids(
    points: gpd.GeoDataFrame | gpd.GeoSeries | ArrayLike, grids: gpd.GeoDataFrame
) -> Assignment:
    """Assign each point to one grid at every level.

    Parameters
    ----------
    points : GeoDataFrame, GeoSeries or array_like of float, shape (n, 2)
        Points, or x and y (lon, lat) in the coordinates of `grids`. With a CRS it must be that of `grids`.
    grids : GeoDataFrame
        Polygons with the columns ``grid_key`` (int64) and ``level`` (1 to 4), of one or several levels.

    Returns
    -------
    Assignment
        Deepest level first: a point is looked for in the micro-grids, then in the levels above.

    Raises
    ------
    InvalidInput
        When a coordinate is not finite, a geometry is not a point, the systems differ, or a grid is not a valid
        polygon.
    """
    x, y = _coordinates(points, grids)
    keys = np.zeros(len(x), np.int64)
    levels = np.zeros(len(x), np.int8)
    table_level = grids["level"].to_numpy()
    table_key = grids["grid_key"].to_numpy(dtype=np.int64)
    geometry = grids.geometry.to_numpy()
    left = np.arange(len(x))
    for level in reversed(LEVELS):
        rows = np.flatnonzero(table_level == level)
        if len(rows) == 0 or len(left) == 0:
            continue
        rows = rows[np.argsort(table_key[rows], kind="stable")]
        everything = len(left) == len(x)
        found = PolygonLocator(geometry[rows]).locate(
            x if everything else x[left], y if everything else y[left]
        )
        hit = found >= 0
        keys[left[hit]] = table_key[rows[found[hit]]]
        levels[left[hit]] = level
        left = left[~hit]
    return Assignment(keys, levels)


def crosses_edge(
    xy_m: NDArray[np.float64], radius_m: NDArray[np.float64], polygons_m: NDArray[np.object_]
) -> NDArray[np.bool_]:
    """Tell whether the accuracy circle of each point crosses an edge of a grid.

    Parameters
    ----------
    xy_m : ndarray of float64, shape (n, 2)
        Projected coordinates in metres.
    radius_m : ndarray of float64, shape (n,)
        Accuracy; not a number where it is unknown, which never crosses.
    polygons_m : ndarray of shapely polygons, shape (m,)
        The grids of one level, in the same system.

    Returns
    -------
    ndarray of bool, shape (n,)
    """
    out = np.zeros(len(xy_m), np.bool_)
    radius = np.nan_to_num(radius_m, nan=-1.0)
    if len(polygons_m) == 0 or not (radius > 0).any():
        return out
    lines = shapely.get_parts(shapely.node(shapely.union_all(shapely.boundary(polygons_m))))
    ask = np.flatnonzero(_may_reach(xy_m, radius, lines))
    if len(ask) == 0:
        return out
    tree = shapely.STRtree(_short_pieces(lines))
    near = tree.query(shapely.points(xy_m[ask]), predicate="dwithin", distance=radius[ask])[0]
    out[ask[np.unique(near)]] = True
    return out


def _may_reach(
    xy: NDArray[np.float64], radius: NDArray[np.float64], lines: NDArray[np.object_]
) -> NDArray[np.bool_]:
    """Rule out most points by a raster of lower bounds of the distance to the nearest edge."""
    # Half a second to import, and only imports of records come here.
    from scipy import ndimage

    x0, y0, x1, y1 = shapely.total_bounds(lines)
    cell = max(x1 - x0, y1 - y0, 1.0) / _RASTER
    touched = np.zeros((_RASTER + 2, _RASTER + 2), np.bool_)
    at = shapely.get_coordinates(shapely.segmentize(lines, cell / 2))
    touched[((at[:, 1] - y0) / cell).astype(int) + 1, ((at[:, 0] - x0) / cell).astype(int) + 1] = True
    away = ndimage.distance_transform_edt(~touched)
    column = np.clip(((xy[:, 0] - x0) / cell).astype(int) + 1, 0, _RASTER + 1)
    row = np.clip(((xy[:, 1] - y0) / cell).astype(int) + 1, 0, _RASTER + 1)
    # Two cells' diagonals and the sampling step are the most that the raster can overstate.
    lower_bound = (away[row, column] - 4.0) * cell
    possible: NDArray[np.bool_] = (radius > 0) & (lower_bound <= radius)
    return possible


def _short_pieces(lines: NDArray[np.object_]) -> NDArray[np.object_]:
    at, line = shapely.get_coordinates(lines, return_index=True)
    joined = np.flatnonzero(line[1:] == line[:-1])
    return np.asarray(shapely.linestrings(np.stack([at[joined], at[joined + 1]], axis=1)))


def _coordinates(
    points: gpd.GeoDataFrame | gpd.GeoSeries | ArrayLike, grids: gpd.GeoDataFrame
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    if isinstance(points, gpd.GeoDataFrame | gpd.GeoSeries):
        if points.crs is not None and grids.crs is not None and points.crs != grids.crs:
            raise InvalidInput(
                "crs-differs",
                f"点的坐标系（{points.crs.to_string()}）与网格（{grids.crs.to_string()}）不同，请先转换。",
                f"Points are in {points.crs.to_string()} but grids in {grids.crs.to_string()}; convert them first.",
            )
        geometry = points.geometry.to_numpy()
        if len(geometry) and (shapely.get_type_id(geometry) != shapely.GeometryType.POINT).any():
            raise InvalidInput("not-a-point", "存在不是点的几何。", "A geometry is not a point.")
        xy = shapely.get_coordinates(geometry)
        if len(xy) != len(geometry):
            raise InvalidInput("point-empty", "存在空的点。", "A point is empty.")
    else:
        xy = np.asarray(points, dtype=np.float64)
        if xy.size == 0:
            xy = xy.reshape(0, 2)
        if xy.ndim != 2 or xy.shape[1] != 2:
            raise InvalidInput(
                "points-shape", "坐标数组应为 n×2。", "Coordinates must have the shape (n, 2)."
            )
    if not np.isfinite(xy).all():
        raise InvalidInput("coordinate-not-finite", "坐标含有空值或无穷大。", "A coordinate is not finite.")
    return np.ascontiguousarray(xy[:, 0]), np.ascontiguousarray(xy[:, 1])


@dataclass(frozen=True, slots=True)
class _Rings:
    """Corners of all rings, where each ring begins, and which ring each polygon begins with."""

    at: NDArray[np.float64]
    begin: NDArray[np.int64]
    of_polygon: NDArray[np.int64]

    @classmethod
    def of(cls, polygons: NDArray[np.object_]) -> _Rings:
        if len(polygons) == 0:
            return cls(np.empty((0, 2)), np.zeros(1, np.int64), np.zeros(1, np.int64))
        kind, at, offsets = shapely.to_ragged_array(polygons, include_z=False)
        of_polygon = offsets[1][offsets[2]] if kind == shapely.GeometryType.MULTIPOLYGON else offsets[1]
        return cls(at, offsets[0].astype(np.int64), of_polygon.astype(np.int64))

    def edges(self) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Ring segments (m, 4) of all polygons, and the polygon of each."""
        n_rings = np.diff(self.of_polygon)
        n_edges = np.diff(self.begin[self.of_polygon]) - n_rings
        edges: NDArray[np.float64] = _kernels().edges_of_rings(self.at, self.begin)
        return edges, np.repeat(np.arange(len(n_rings), dtype=np.int64), n_edges)


def _checked_rings(polygons: NDArray[np.object_]) -> _Rings:
    """Rings of valid polygons."""
    kinds = shapely.get_type_id(polygons)
    polygonal = np.isin(kinds, (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON))
    _refuse(~polygonal | shapely.is_empty(polygons))
    _refuse(~shapely.is_valid(polygons))
    return _Rings.of(polygons)


def _refuse(wrong: NDArray[np.bool_]) -> None:
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        raise InvalidInput(
            "grid-geometry-invalid",
            f"第 {row + 1} 个网格不是有效的多边形，请先运行 gridmap grids import --dry-run 检查。",
            f"Grid number {row + 1} is not a valid polygon; check with gridmap grids import --dry-run.",
        )
