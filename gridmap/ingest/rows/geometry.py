"""Geometries of rows: points become coordinate columns, lines are checked and converted."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
import shapely
from numpy.typing import NDArray

from gridmap import crs
from gridmap.domain.fields import Noun
from gridmap.ingest.model import Notice, RawTable
from gridmap.ingest.rows.headers import Headings
from gridmap.ingest.rows.refused import Refusals

_LINES = {shapely.GeometryType.LINESTRING.value, shapely.GeometryType.MULTILINESTRING.value}
_POLYGONS = {shapely.GeometryType.POLYGON.value, shapely.GeometryType.MULTIPOLYGON.value}
_POINT = shapely.GeometryType.POINT.value
SHAPED = frozenset({"line", "polygon"})
"""Places of nouns whose rows have a shape of their own."""


def coordinate_columns(raw: RawTable, noun: Noun) -> RawTable:
    """Turn the point geometries of a vector file into the coordinate columns of the noun.

    A geometry wins over columns of the same meaning: it is what a map program shows. Geometries other than
    points give a point inside them, which is said.
    """
    axes = [f.name for f in noun.fields if f.kind in {"x", "y"}]
    ways = [f.name for f in noun.fields if f.kind == "line"]
    shaped = noun.place in SHAPED
    if raw.geometry is None or shaped or len(axes) < 2:
        return raw if shaped else replace(raw, geometry=None)
    geometry = raw.geometry
    present = ~shapely.is_missing(geometry) & ~shapely.is_empty(geometry)
    other = present & (shapely.get_type_id(geometry) != _POINT)
    drawn = other & np.isin(shapely.get_type_id(geometry), list(_LINES)) & bool(ways)
    other &= ~drawn
    notices = list(raw.notices)
    points = geometry.copy()
    if other.any():
        points[other] = shapely.point_on_surface(geometry[other])
        notices.append(
            Notice(
                "geometry-not-point",
                f"有 {int(other.sum())} 个要素不是点，取其内部一点作为位置。",
                f"{int(other.sum())} features are not points; a point inside each is taken as its place.",
            )
        )
    table = raw.table
    if drawn.any():
        texts = [shapely.to_wkt(g, -1) if way else None for g, way in zip(geometry, drawn, strict=True)]
        table = _with_column(table, ways[0], pa.array(texts, pa.string()))
        points[drawn] = shapely.line_interpolate_point(
            shapely.line_merge(geometry[drawn]), 0.5, normalized=True
        )
    for axis, values in zip(axes, (shapely.get_x(points), shapely.get_y(points)), strict=True):
        texts = pa.array(
            [repr(float(v)) if p else None for v, p in zip(values, present, strict=True)], pa.string()
        )
        table = _with_column(table, axis, texts)
    return replace(raw, table=table, geometry=None, notices=tuple(notices))


def _with_column(table: pa.Table, name: str, values: pa.Array) -> pa.Table:
    if name in table.column_names:
        return table.set_column(table.column_names.index(name), name, values)
    return table.append_column(name, values)


def read_shapes(
    raw: RawTable, noun: Noun, headings: Headings, source_crs: str, refusals: Refusals
) -> NDArray[np.object_]:
    """Check the lines of roads or the polygons of projects and convert them to EPSG:4326.

    Returns
    -------
    ndarray of shapely geometries, shape (n,)
        Lines and multi-lines, or polygons and multi-polygons; None where refused, and where a polygon is untold.
    """
    n = raw.table.num_rows
    heading = headings.wkt or "geometry"
    if raw.geometry is not None:
        geometry = raw.geometry
    elif headings.wkt is not None:
        texts = np.array(raw.table[headings.wkt].to_pylist(), dtype=object)
        geometry = shapely.force_2d(shapely.from_wkt(texts, on_invalid="ignore"))
    else:
        geometry = np.full(n, None, dtype=object)
    kinds = shapely.get_type_id(geometry)
    shown = raw.table[headings.wkt] if headings.wkt else None
    if noun.place == "polygon":
        geometry, wrong = _polygons(geometry, kinds, heading, shown, refusals)
    else:
        wrong = ~np.isin(kinds, list(_LINES)) | shapely.is_empty(geometry)
        refusals.add(
            wrong,
            heading,
            shown,
            code="geometry-not-line",
            zh="道路应是一条线。请改为折线，或删除该行。",
            en="a road must be a line. Make it one, or delete the row.",
        )
    lines = _without(geometry, wrong)
    box = shapely.bounds(lines)
    there = ~shapely.is_missing(lines)
    broken = there & ~np.isfinite(box).all(axis=1)
    refusals.add(
        broken,
        heading,
        shown,
        code="coordinate-not-finite",
        zh="坐标是空值（NaN）或无穷大。",
        en="the coordinate is not a number or infinite.",
    )
    lines = _without(lines, broken)
    if crs.is_geographic(source_crs):
        with np.errstate(invalid="ignore"):
            swapped = crs.looks_swapped(box[:, 0], box[:, 1]) | crs.looks_swapped(box[:, 2], box[:, 3])
            outside = (np.abs(box[:, (0, 2)]) > 180).any(axis=1) | (np.abs(box[:, (1, 3)]) > 90).any(axis=1)
        refusals.add(
            swapped & ~wrong,
            heading,
            shown,
            code="coordinate-swapped",
            zh="经度和纬度写反了。请对调这两个值。",
            en="longitude and latitude are swapped. Exchange the two values.",
        )
        refusals.add(
            outside & ~swapped & ~wrong,
            heading,
            shown,
            code="coordinate-out-of-range",
            zh="坐标超出范围（经度 -180 到 180，纬度 -90 到 90）。",
            en="the coordinate is out of range (longitude -180 to 180, latitude -90 to 90).",
        )
        lines = _without(lines, outside | swapped)
    lines = crs.geometries_to_wgs84(lines, source_crs)
    lost = ~shapely.is_missing(lines) & ~np.isfinite(shapely.bounds(lines)).all(axis=1)
    refusals.add(
        lost,
        heading,
        shown,
        code="coordinate-not-in-system",
        zh=f"坐标在坐标系 {source_crs[:20]} 中不存在。请检查导入时选的坐标系。",
        en=f"there is no such place in the system {source_crs[:20]}. Check the chosen system.",
    )
    return _without(lines, lost)


def _polygons(
    geometry: NDArray[np.object_],
    kinds: NDArray[np.integer[Any]],
    heading: str,
    shown: pa.ChunkedArray | None,
    refusals: Refusals,
) -> tuple[NDArray[np.object_], NDArray[np.bool_]]:
    """Refuse what is no land; a row without a shape leaves a stored record's as it is, and makes no new one."""
    untold = shapely.is_missing(geometry)
    wrong = ~untold & (~np.isin(kinds, list(_POLYGONS)) | shapely.is_empty(geometry))
    refusals.add(
        wrong,
        heading,
        shown,
        code="geometry-not-polygon",
        zh="这里应是一块面。请改为多边形，或删除该行。",
        en="this must be a polygon. Make it one, or delete the row.",
    )
    crossing = ~untold & ~wrong & ~shapely.is_valid(geometry) & np.isfinite(shapely.area(geometry))
    refusals.add(
        crossing,
        heading,
        shown,
        code="geometry-crosses-itself",
        zh="边线自相交。请改正图形。",
        en="the outline crosses itself. Correct the shape.",
    )
    return geometry, wrong | crossing | untold


def _without(geometry: NDArray[np.object_], where: NDArray[np.bool_]) -> NDArray[np.object_]:
    kept = geometry.copy()
    kept[where] = None
    return kept
