"""Lines that a cell holds: well-known text, or the places that a line goes through."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pyarrow as pa
import shapely
from numpy.typing import NDArray

from gridmap import crs
from gridmap.domain.terms import LINE_M, LINE_POINTS
from gridmap.ingest.rows.places import Places
from gridmap.ingest.rows.refused import Refusals

_NUMBER = re.compile(r"[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?")
_ONLY_NUMBERS = re.compile(r"[-+\d.eE\s,;，；、()（）|/]+")
_TAGGED = re.compile(r"\s*(?:SRID=4326;)?\s*[A-Za-z]")
_WKT, _PAIRS = "LINESTRING (120.41 29.79, 120.42 29.79)", "120.41,29.79; 120.42,29.79"
_DECIMALS = 7
"""A centimetre: what is kept of a line is what is written of it."""
_POINT_DECIMALS = 8
"""Of a point in place of a line, as two columns have it: so an export comes back as it was."""
_POINT, _LINE = shapely.GeometryType.POINT.value, shapely.GeometryType.LINESTRING.value
_MULTI = shapely.GeometryType.MULTILINESTRING.value


def line_column(raw: pa.ChunkedArray, heading: str, refusals: Refusals, *, source_crs: str) -> pa.Array:
    """Read a column of lines.

    Parameters
    ----------
    raw : pyarrow.ChunkedArray of string, length n
        ``LINESTRING (120.41 29.79, 120.42 29.79)``, or places as ``120.41,29.79; 120.42,29.79``. A ``POINT`` is no
        line and no mistake: :func:`placed_by_lines` takes it for the place.
    heading : str
        What the person calls the column.
    refusals : Refusals
    source_crs : str
        System of the coordinates.

    Returns
    -------
    pyarrow array of string, length n
        Extended well-known text in EPSG:4326; null where empty or refused.
    """
    found = [_read(text) for text in raw.to_pylist()]
    shapes = np.array([shape for shape, _ in found], dtype=object)
    unread = np.array([wrong for _, wrong in found], np.bool_)
    kinds = shapely.get_type_id(shapes)
    pieces = kinds == _MULTI
    many = shapely.get_num_coordinates(shapes) > LINE_POINTS
    unread |= (kinds >= 0) & ~np.isin(kinds, [_POINT, _LINE, _MULTI])
    shapes[unread | pieces | many] = None
    shapes = _moved(shapes, source_crs)
    bounds = shapely.bounds(shapes)
    with np.errstate(invalid="ignore"):
        astray = (np.abs(bounds[:, [0, 2]]) > 180).any(axis=1) | (np.abs(bounds[:, [1, 3]]) > 90).any(axis=1)
    unread |= astray | (~shapely.is_missing(shapes) & ~np.isfinite(bounds).all(axis=1))
    shapes[unread] = None
    lengths = np.array([_metres(shape) for shape in shapes])
    off = np.isfinite(lengths) & ((lengths < LINE_M.low) | (lengths > LINE_M.high))
    for rows, code, zh, en in (
        (
            unread,
            "line-unreadable",
            f"看不懂这条路线。请写成 {_WKT}，或依次写各点：{_PAIRS}（先经度后纬度）。",
            f"this line cannot be read. Write {_WKT}, or its places in order: {_PAIRS} (longitude first).",
        ),
        (
            pieces,
            "line-in-pieces",
            "这条路线不相连。请画成一条线，或分成几个路段。",
            "the line is in several pieces. Draw it as one, or make a segment of each.",
        ),
        (
            many,
            "line-too-detailed",
            f"路线的点超过 {LINE_POINTS} 个。请简化后再导入。",
            f"the line has more than {LINE_POINTS} points. Simplify it.",
        ),
        (
            off,
            "line-length",
            f"路线长度应在 {LINE_M.low:.0f} 米到 {LINE_M.high / 1000:.0f} 公里之间。请核对坐标，或分成几段。",
            f"a line is {LINE_M.low:.0f} m to {LINE_M.high / 1000:.0f} km long. Check the coordinates, or divide it.",
        ),
    ):
        refusals.add(rows, heading, raw, code=code, zh=zh, en=en)
    shapes[off] = None
    points = shapely.get_type_id(shapes) == _POINT
    return pa.array(
        [
            None if shape is None else f"SRID=4326;{shapely.to_wkt(shape, rounding_precision=precision)}"
            for shape, precision in zip(shapes, np.where(points, _POINT_DECIMALS, _DECIMALS), strict=True)
        ],
        pa.string(),
    )


def placed_by_lines(places: Places, lines: pa.Array) -> tuple[Places, pa.Array, NDArray[np.bool_]]:
    """Give rows with a line its middle for their place, and rows with a point in its stead that.

    Parameters
    ----------
    places : Places
    lines : pyarrow array of string
        As :func:`line_column` gives them.

    Returns
    -------
    places : Places
    lines : pyarrow array of string
        Points are gone.
    points : ndarray of bool, shape (n,)
        Whether a point stood there: such a row has no line, also where one is stored.
    """
    told = [None if text is None else shapely.from_wkt(text.split(";", 1)[1]) for text in lines.to_pylist()]
    shapes = np.array(told, dtype=object)
    have = ~shapely.is_missing(shapes) & ~shapely.is_empty(shapes)
    if not have.any():
        return places, pa.nulls(len(lines), pa.string()), np.zeros(len(lines), np.bool_)
    middles = shapes.copy()
    bent = have & (shapely.get_type_id(shapes) == _LINE)
    middles[bent] = shapely.line_interpolate_point(shapes[bent], 0.5, normalized=True)
    lon, lat = (np.where(have, np.round(of(middles), _POINT_DECIMALS), was) for of, was in (
        (shapely.get_x, places.lon), (shapely.get_y, places.lat)
    ))  # fmt: skip
    raw = [np.where(have, new, was) for new, was in ((lon, places.raw_x), (lat, places.raw_y))]
    kept = pa.array([text if line else None for text, line in zip(lines.to_pylist(), bent, strict=True)])
    return Places(lon, lat, raw[0], raw[1], places.placed | have), kept.cast(pa.string()), have & ~bent


def _read(text: str | None) -> tuple[Any, bool]:
    """Read one cell: its shape, and whether it cannot be read."""
    written = (text or "").strip()
    if not written:
        return None, False
    if _TAGGED.match(written):
        shape: Any = shapely.force_2d(
            shapely.from_wkt(written.split(";", 1)[-1].strip(), on_invalid="ignore")
        )
        if shape is None:
            return None, True
        if shape.is_empty:
            return None, False
        return (shapely.line_merge(shape) if shape.geom_type == "MultiLineString" else shape), False
    numbers = [float(n) for n in _NUMBER.findall(written)]
    if not _ONLY_NUMBERS.fullmatch(written) or len(numbers) < 4 or len(numbers) % 2:
        return None, True
    return shapely.LineString(np.reshape(numbers, (-1, 2))), False


def _moved(shapes: NDArray[np.object_], source_crs: str) -> NDArray[np.object_]:
    there = ~shapely.is_missing(shapes) & ~shapely.is_empty(shapes)
    if source_crs != crs.WGS84 and there.any():
        shapes[there] = crs.geometries_to_wgs84(shapes[there], source_crs)
    return shapes


def _metres(shape: Any) -> float:
    """Length of a line in EPSG:4326; not a number of anything else."""
    if shape is None or shape.geom_type != "LineString":
        return float("nan")
    at = shapely.get_coordinates(shape)
    return float(crs.distance_m(at[:-1, 0], at[:-1, 1], at[1:, 0], at[1:, 1]).sum())
