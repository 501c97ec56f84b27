"""Space-time cubes: events counted by cell and period."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import h3.api.numpy_int as h3
import numpy as np
import pandas as pd
import shapely
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array

from gridmap.analysis._given import numbers_of, whole_of
from gridmap.analysis._points import points_of
from gridmap.errors import InvalidInput

_CELLS_MAX = 1_000_000


@dataclass(frozen=True, slots=True, eq=False)
class Hexagons:
    """Hexagonal cells over an area.

    Attributes
    ----------
    cells : ndarray of uint64, shape (n,)
        H3 cells, ascending.
    of_point : ndarray of int64, shape (m,)
        Row of each point's cell; -1 outside the area.
    weights : csr_array, shape (n, n)
        Ones between cells that share an edge.
    resolution : int
    """

    cells: NDArray[np.uint64]
    of_point: NDArray[np.int64]
    weights: csr_array
    resolution: int

    def polygons(self) -> NDArray[np.object_]:
        """Outlines in EPSG:4326, lon and lat, shape (n,)."""
        rings = [[(lon, lat) for lat, lon in h3.cell_to_boundary(cell)] for cell in self.cells]
        return np.array([shapely.Polygon(ring) for ring in rings], dtype=object)

    def parents(self) -> NDArray[np.int64]:
        """H3 cells of the three coarser resolutions that hold each cell, finest first, shape (n, 3)."""
        above = [max(self.resolution - up, 0) for up in (1, 2, 3)]
        rows = [[int(h3.cell_to_parent(cell, resolution)) for resolution in above] for cell in self.cells]
        return np.array(rows, dtype=np.int64).reshape(-1, 3)


def build(cell: ArrayLike, t: ArrayLike, n_cells: int, edges: ArrayLike) -> NDArray[np.int64]:
    """Count events by cell and period.

    Parameters
    ----------
    cell : array_like of int, shape (m,)
        Row of each event's cell; a negative one is in no cell and does not count.
    t : array_like of float or datetime64, shape (m,)
        When each event happened.
    n_cells : int
        Number of cells.
    edges : array_like, shape (T + 1,)
        Where periods begin and end, ascending, of the kind of `t`. A period holds its begin and not its end;
        events before the first or at and after the last edge do not count.

    Returns
    -------
    ndarray of int64, shape (n_cells, T)

    Raises
    ------
    InvalidInput
        When shapes differ, a cell is out of range, a time is missing or edges do not ascend.
    """
    cells, times, marks = np.asarray(cell), np.asarray(t), np.asarray(edges)
    if cells.ndim != 1 or cells.shape != times.shape or marks.ndim != 1 or len(marks) < 2:
        raise InvalidInput(
            "cube-shape",
            "每个事件需要一个单元和一个时间，时段至少两条边界。",
            "Each event needs a cell and a time, and periods need two edges at least.",
        )
    if not np.issubdtype(cells.dtype, np.integer) and len(cells):
        raise InvalidInput("cube-cell-kind", "单元序号必须是整数。", "Rows of cells must be whole numbers.")
    if any(of.dtype.kind not in "iufM" for of in (times, marks) if len(of)) or (
        _is_date(times) != _is_date(marks) and len(times)
    ):
        raise InvalidInput(
            "cube-time-kind",
            "事件时间与时段边界必须同为日期或同为数字。",
            "Times and edges must both be dates or both be numbers.",
        )
    if _missing(times) or _missing(marks):
        raise InvalidInput("cube-time-missing", "时间含有空值。", "A time is missing.")
    if not (marks[1:] > marks[:-1]).all():
        raise InvalidInput("cube-edges-order", "时段边界必须递增。", "Edges of periods must ascend.")
    n_cells = whole_of(n_cells, "单元数", "The number of cells")
    if n_cells < 1 or (len(cells) and int(cells.max()) >= n_cells):
        raise InvalidInput(
            "cube-cell-range",
            f"单元序号超出范围（共 {n_cells} 个）。",
            f"A row of a cell is out of range (there are {n_cells}).",
        )
    n_periods = len(marks) - 1
    period = np.searchsorted(marks, times, side="right") - 1
    counted = (cells >= 0) & (period >= 0) & (period < n_periods)
    flat = cells[counted].astype(np.int64) * n_periods + period[counted]
    return np.bincount(flat, minlength=n_cells * n_periods).reshape(n_cells, n_periods).astype(np.int64)


def whole_periods(begin: Any, end: Any, length: Any) -> NDArray[Any]:
    """Edges of the whole periods that end with the last one; what is left over at the beginning is no period.

    Parameters
    ----------
    begin, end : float or datetime64
        What the records cover; `end` is exclusive.
    length : float or timedelta64
        Length of a period, in the unit of the times.

    Returns
    -------
    ndarray, shape (T + 1,)
        The last edge is `end`.

    Raises
    ------
    InvalidInput
        When not one whole period fits.
    """
    first, last, step = np.asarray(_dated(begin)), np.asarray(_dated(end)), np.asarray(_dated(length))
    kinds = "".join("n" if of.dtype.kind in "iuf" else of.dtype.kind for of in (first, last, step))
    if kinds not in {"nnn", "MMm"}:
        raise InvalidInput(
            "periods-kind",
            "起止时间与时段长度应同为数字，或为日期与时长（datetime64、timedelta64）。",
            "Begin, end and length must all be numbers, or two datetime64 and a timedelta64.",
        )
    if _missing(first) or _missing(last) or _missing(step):
        raise InvalidInput("cube-time-missing", "时间含有空值。", "A time is missing.")
    zero = np.zeros((), step.dtype)
    n = int(np.floor((last - first) / step + 1e-9)) if step > zero else 0
    if n < 1:
        raise InvalidInput(
            "periods-none",
            "记录的时间范围不足一个完整时段，请缩短时段。",
            "The records do not cover one whole period; choose shorter periods.",
        )
    return np.asarray(last - step * np.arange(n, -1, -1))


def hexagons(
    lon: ArrayLike, lat: ArrayLike, resolution: int, area: shapely.Geometry | None = None
) -> Hexagons:
    """Lay H3 cells over an area and find each point's cell.

    Parameters
    ----------
    lon, lat : array_like of float, shape (m,)
        Points in EPSG:4326.
    resolution : int
        H3 resolution, 0 to 15; at 8 a cell has about 0.74 km2, at 9 about 0.11 km2.
    area : shapely polygon, optional
        The study area in EPSG:4326. Cells whose middle lies in it; points in other cells are outside. By
        default the convex hull of the points, and every cell that holds a point: a cell without events is a
        zero, not a gap.

    Returns
    -------
    Hexagons

    Raises
    ------
    InvalidInput
        When coordinates are not longitudes and latitudes, the resolution is out of range or there would be more
        than a million cells.

    References
    ----------
    The H3 library, version 4.
    """
    points = points_of(
        np.column_stack([numbers_of(lon, "经度", "Longitudes"), numbers_of(lat, "纬度", "Latitudes")])
    )
    if (np.abs(points) > [180, 90]).any():
        raise InvalidInput(
            "not-longitude-latitude",
            "六边形需要经纬度坐标（EPSG:4326）。",
            "Hexagons need longitudes and latitudes (EPSG:4326).",
        )
    resolution = whole_of(resolution, "H3 级别", "An H3 resolution")
    if not 0 <= resolution <= 15:
        raise InvalidInput("h3-resolution", "H3 级别应为 0 到 15。", "An H3 resolution is 0 to 15.")
    found = np.array([h3.latlng_to_cell(y, x, resolution) for x, y in points], dtype=np.uint64)
    filled = _filled(area if area is not None else _hull(points), resolution)
    cells = np.unique(filled if area is not None else np.concatenate([filled, found]))
    if len(cells) == 0:
        raise InvalidInput(
            "hexagons-none",
            "研究区内没有六边形，请提高 H3 级别。",
            "No hexagon lies in the area; choose a finer resolution.",
        )
    row = np.searchsorted(cells, found).clip(max=len(cells) - 1)
    of_point = np.where(cells[row] == found, row, -1).astype(np.int64)
    return Hexagons(cells, of_point, _adjacency(cells), resolution)


def _hull(points: NDArray[np.float64]) -> shapely.Geometry:
    return shapely.MultiPoint(points).convex_hull if len(points) else shapely.Polygon()


def _filled(area: shapely.Geometry, resolution: int) -> NDArray[np.uint64]:
    if not isinstance(area, shapely.Geometry):
        raise InvalidInput("area-kind", "研究区应为一个多边形。", "The study area must be a polygon.")
    parts = [part for part in shapely.get_parts([area]) if part.geom_type == "Polygon" and not part.is_empty]
    most = sum(part.area for part in parts) * 111.2**2 / h3.average_hexagon_area(resolution, unit="km^2")
    if most > _CELLS_MAX:
        raise InvalidInput(
            "hexagons-too-many",
            "六边形超过一百万个，请降低 H3 级别。",
            "There would be more than a million hexagons; choose a coarser resolution.",
        )
    cells = [np.asarray(h3.geo_to_cells(part, resolution), dtype=np.uint64) for part in parts]
    return np.concatenate([*cells, np.empty(0, np.uint64)])


def _adjacency(cells: NDArray[np.uint64]) -> csr_array:
    near = [np.asarray(h3.grid_disk(cell, 1), dtype=np.uint64) for cell in cells]
    owner = np.repeat(np.arange(len(cells)), [len(n) for n in near])
    other = np.concatenate(near)
    row = np.searchsorted(cells, other).clip(max=len(cells) - 1)
    kept = (cells[row] == other) & (row != owner)
    return csr_array(
        (np.ones(int(kept.sum())), (owner[kept], row[kept])), shape=(len(cells), len(cells)), dtype=np.float64
    )


def _dated(given: Any) -> Any:
    """Dates and lengths of time of Python and pandas, without a time zone, as numpy's."""
    if isinstance(given, dt.timedelta):
        return pd.Timedelta(given).to_timedelta64()
    if isinstance(given, dt.datetime) and given.tzinfo is None:
        return pd.Timestamp(given).to_datetime64()
    return given


def _is_date(values: NDArray[Any]) -> bool:
    return bool(np.issubdtype(values.dtype, np.datetime64))


def _missing(values: NDArray[Any]) -> bool:
    if values.dtype.kind in "Mm":
        return bool(np.isnat(values).any())
    return not np.isfinite(values.astype(np.float64)).all()
