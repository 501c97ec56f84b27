"""Where a row says that it lies."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from gridmap import crs
from gridmap.ingest.model import Notice
from gridmap.ingest.rows.likely_systems import likely_notices, likely_systems
from gridmap.ingest.rows.refused import Refusals
from gridmap.ingest.rows.values import read_numbers

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Places:
    """Coordinates of a table.

    Attributes
    ----------
    lon, lat : ndarray of float64, shape (n,)
        EPSG:4326; not a number where there is none.
    raw_x, raw_y : ndarray of float64, shape (n,)
        As given.
    placed : ndarray of bool, shape (n,)
        Whether the row has a coordinate.
    """

    lon: Floats
    lat: Floats
    raw_x: Floats
    raw_y: Floats
    placed: NDArray[np.bool_]


def none_placed(n: int) -> Places:
    """Places of a table without coordinates."""
    nan = np.full(n, np.nan)
    return Places(nan, nan, nan, nan, np.zeros(n, dtype=bool))


def read_places(
    columns: tuple[pa.ChunkedArray, pa.ChunkedArray],
    labels: tuple[str, str],
    source_crs: str,
    bounds: crs.BBox | None,
    refusals: Refusals,
) -> tuple[Places, list[Notice]]:
    """Read, check and convert a pair of coordinate columns.

    Parameters
    ----------
    columns : pair of pyarrow.ChunkedArray of string, length n
        x and y as written.
    labels : pair of str
        Their headings.
    source_crs : str
        Canonical name of the coordinate system.
    bounds : tuple of float, optional
        Where points are expected (EPSG:4326); only a hint.
    refusals : Refusals
        Receives what is wrong.

    Returns
    -------
    Places
    list of Notice
        About swapped columns and places far away.
    """
    empty = [pc.is_null(c).to_numpy(zero_copy_only=False) for c in columns]
    raw = []
    readable = np.ones(empty[0].size, dtype=bool)
    for column, heading in zip(columns, labels, strict=True):
        numbers = read_numbers(column)
        raw.append(numbers.values)
        refusals.add(
            numbers.unreadable,
            heading,
            column,
            code="coordinate-unreadable",
            zh="坐标不是数字。请写成 120.415 的样子。",
            en="the coordinate is not a number. Write it like 120.415.",
        )
        readable[numbers.unreadable] = False
    for here, other in ((0, 1), (1, 0)):
        refusals.add(
            empty[here] & ~empty[other] & ~refusals.of(labels[here]),
            labels[here],
            None,
            code="coordinate-half",
            zh="只有一个坐标。请补上另一个，或把两个都留空。",
            en="only one of two coordinates is given. Fill in the other, or leave both empty.",
        )
    given = ~empty[0] & ~empty[1] & readable
    if raw[0].size == 0:
        return none_placed(0), []
    return _convert(given, raw, columns, labels, source_crs, bounds, refusals)


def _convert(
    given: NDArray[np.bool_],
    raw: list[Floats],
    columns: tuple[pa.ChunkedArray, pa.ChunkedArray],
    labels: tuple[str, str],
    source_crs: str,
    bounds: crs.BBox | None,
    refusals: Refusals,
) -> tuple[Places, list[Notice]]:
    x, y = raw
    heading = f"{labels[0]}, {labels[1]}"

    def pair(where: NDArray[np.bool_]) -> tuple[NDArray[np.int64], list[str]]:
        rows = np.flatnonzero(where).astype(np.int64)
        index = pa.array(rows)
        texts = zip(columns[0].take(index).to_pylist(), columns[1].take(index).to_pylist(), strict=True)
        return rows, [f"{a}, {b}" for a, b in texts]

    def refuse(where: NDArray[np.bool_], code: str, zh: str, en: str) -> None:
        rows, values = pair(where)
        shown = dict(zip(rows.tolist(), values, strict=True))
        refusals.add(rows, heading, _ByRow(shown), code=code, zh=zh, en=en)

    finite = np.isfinite(x) & np.isfinite(y)
    refuse(
        given & ~finite,
        "coordinate-not-finite",
        "坐标是空值（NaN）或无穷大。",
        "the coordinate is not a number or infinite.",
    )
    ok = given & finite
    swapped = np.zeros(ok.size, dtype=bool)
    told: list[Notice] = []
    if crs.is_geographic(source_crs):
        swapped = ok & crs.looks_swapped(np.where(ok, x, 0.0), np.where(ok, y, 0.0), bounds)
        refuse(
            swapped,
            "coordinate-swapped",
            "经度和纬度写反了。请对调这两个值。",
            "longitude and latitude are swapped. Exchange the two values.",
        )
        outside = ok & ~swapped & ((np.abs(x) > 180.0) | (np.abs(y) > 90.0))
        refuse(
            outside,
            "coordinate-out-of-range",
            "坐标超出范围（经度 -180 到 180，纬度 -90 到 90）。请检查坐标和坐标系。",
            "the coordinate is out of range (longitude -180 to 180, latitude -90 to 90). Check the CRS.",
        )
        if bounds is not None and outside.any():
            systems, northing_first = likely_systems(x[outside], y[outside], bounds)
            told = likely_notices(systems, exchanged=northing_first)
        nowhere = ok & (x == 0.0) & (y == 0.0)
        refuse(
            nowhere,
            "coordinate-zero",
            "坐标为 0, 0，通常表示没有定位。请填写真实坐标，或留空并填写网格编码或村名。",
            "0, 0 usually means that nothing was measured. Give the place, or a grid code instead.",
        )
        mirrored = ok & ~swapped & ~outside & crs.looks_mirrored(x, y, bounds)
        refuse(
            mirrored,
            "coordinate-sign",
            "正负号（或东经西经、北纬南纬）写反了：改过来正好落在本工作区。请改正。",
            "the sign (or E and W, N and S) is wrong: with the other one the place lies in the workspace. Correct it.",
        )
        ok &= ~(swapped | outside | nowhere | mirrored)
    if bounds is not None and not crs.is_geographic(source_crs):
        exchanged = ok & _exchanged(np.where(ok, x, np.nan), np.where(ok, y, np.nan), source_crs, bounds)
        refuse(
            exchanged,
            "coordinate-axes-exchanged",
            "X 和 Y 写反了（测绘表常把北坐标写在前）：对调后正好落在本工作区。请对调两列的表头。",
            "X and Y are exchanged (surveyors write the northing first): the other way round the place lies in the "
            "workspace. Exchange the two headings.",
        )
        ok &= ~exchanged
    lon, lat = crs.to_wgs84(np.where(ok, x, np.nan), np.where(ok, y, np.nan), source_crs)
    failed = ok & ~(np.isfinite(lon) & np.isfinite(lat) & (np.abs(lon) <= 180.0) & (np.abs(lat) <= 90.0))
    refuse(
        failed,
        "coordinate-not-in-system",
        f"坐标在坐标系 {source_crs[:20]} 中不存在。请检查导入时选的坐标系。",
        f"there is no such place in the system {source_crs[:20]}. Check which coordinate system was chosen.",
    )
    ok &= ~failed
    lon, lat = np.where(ok, lon, np.nan), np.where(ok, lat, np.nan)
    notices = told + _notices(swapped, given, ok, lon, lat, bounds)
    raw_x, raw_y = np.where(given, x, np.nan), np.where(given, y, np.nan)
    return Places(lon, lat, raw_x, raw_y, ok), notices


def _exchanged(x: Floats, y: Floats, source_crs: str, bounds: crs.BBox) -> NDArray[np.bool_]:
    """Tell which projected points lie in the workspace only with x and y exchanged."""

    def inside(first: Floats, second: Floats) -> NDArray[np.bool_]:
        lon, lat = crs.to_wgs84(first, second, source_crs)
        margin = max(0.05, bounds[2] - bounds[0], bounds[3] - bounds[1])
        with np.errstate(invalid="ignore"):
            here: NDArray[np.bool_] = (
                (lon >= bounds[0] - margin)
                & (lon <= bounds[2] + margin)
                & (lat >= bounds[1] - margin)
                & (lat <= bounds[3] + margin)
            )
        return here

    return ~inside(x, y) & inside(y, x)


class _ByRow:
    """Looks like a column to the collector, but holds only the rows that are wrong."""

    def __init__(self, values: dict[int, str]) -> None:
        self._values = values

    def __getitem__(self, row: int) -> str:
        return self._values[row]


def _notices(
    swapped: NDArray[np.bool_],
    given: NDArray[np.bool_],
    ok: NDArray[np.bool_],
    lon: Floats,
    lat: Floats,
    bounds: crs.BBox | None,
) -> list[Notice]:
    notices = []
    wrong, total = int(swapped.sum()), int(given.sum())
    if wrong and wrong * 2 > total:
        notices.append(
            Notice(
                "columns-swapped",
                f"{total} 个坐标中有 {wrong} 个经纬度颠倒：两列的表头可能写反了，对调表头即可。",
                f"{wrong} of {total} coordinates are swapped: swap the two headings.",
            )
        )
    if bounds is not None and ok.any():
        with np.errstate(invalid="ignore"):
            inside = (lon >= bounds[0]) & (lon <= bounds[2]) & (lat >= bounds[1]) & (lat <= bounds[3])
        away = int((ok & ~inside).sum())
        if away:
            notices.append(
                Notice(
                    "places-outside",
                    f"有 {away} 行的坐标在本工作区范围之外，会照样导入，但不属于任何网格。",
                    f"{away} rows lie outside the workspace; they are imported but belong to no grid.",
                )
            )
    return notices
