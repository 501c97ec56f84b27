"""Layers to files: GeoJSON, GeoPackage, CSV and XLSX, in any coordinate system that import reads."""

from __future__ import annotations

import csv
import datetime as dt
import json
import math
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely
from numpy.typing import NDArray

from gridmap import crs
from gridmap.errors import InvalidInput
from gridmap.files.atomic import replacing
from gridmap.files.cells import escape_cell
from gridmap.files.workbook import CELL_CHARS, open_workbook, put_text

FORMATS = (".geojson", ".gpkg", ".csv", ".xlsx")
_SHEET_ROWS = 1_048_575
_EXACT = 2**53
# The same layer gives the same bytes: containers hold this instant where others write the clock's.
_NO_CLOCK = dt.datetime(2000, 1, 1)  # noqa: DTZ001 - spreadsheets know no time zone
NO_CLOCK = f"{_NO_CLOCK:%Y-%m-%dT%H:%M:%S.000Z}"
"""The same instant as GeoPackages write it."""
_UNDEFINED = (
    'GEOGCS["Undefined geographic SRS",DATUM["unknown",SPHEROID["unknown",6378137,298.257223563]],'
    'PRIMEM["Greenwich",0],UNIT["degree",0.0174532925199433]]'
)


def write_layer(
    frame: pd.DataFrame,
    path: str | Path,
    *,
    target_crs: str | int = crs.WGS84,
    layer: str = "layer",
    zone: str = "Asia/Shanghai",
) -> int:
    """Write a layer to a file, which appears complete or not at all.

    Parameters
    ----------
    frame : DataFrame or GeoDataFrame
        Geometries in EPSG:4326; a table without geometry may have columns lon and lat.
    path : str or Path
        Its ending says the format: ``.geojson``, ``.gpkg``, ``.csv`` or ``.xlsx``.
    target_crs : str or int
        ``"EPSG:4490"``, ``"GCJ-02"``, ``"BD-09"`` or any EPSG code.
    layer : str
        Name of the layer or worksheet.
    zone : str
        Time zone in which CSV and XLSX give instants, with their offset.

    Returns
    -------
    int
        Rows written.

    Raises
    ------
    InvalidInput
        When the format or system is not known, or a worksheet would be too long.
    """
    path = Path(path)
    target = crs.normalise(target_crs)
    frame = _in_system(frame, target)
    writers: dict[str, Callable[[pd.DataFrame, Path], None]] = {
        ".geojson": lambda f, p: _write_geojson(f, p, target, layer),
        ".gpkg": lambda f, p: _write_gpkg(f, p, target, layer),
        ".csv": lambda f, p: _write_csv(_flat(f, target), p, ZoneInfo(zone)),
        ".xlsx": lambda f, p: _write_xlsx(_flat(f, target), p, layer, ZoneInfo(zone)),
    }
    writer = writers.get(path.suffix.lower())
    if writer is None:
        raise InvalidInput(
            "format-unknown",
            f"不能导出为“{path.suffix}”。可用：{'、'.join(FORMATS)}。",
            f'"{path.suffix}" is not written; these are: {", ".join(FORMATS)}.',
        )
    if path.suffix.lower() == ".xlsx" and len(frame) > _SHEET_ROWS:
        raise InvalidInput(
            "sheet-too-long",
            f"有 {len(frame)} 行，工作表最多 {_SHEET_ROWS} 行。请导出为 CSV。",
            f"There are {len(frame)} rows and a worksheet has at most {_SHEET_ROWS}. Export as CSV.",
        )
    with replacing(path) as temporary:
        writer(frame, temporary)
    return len(frame)


def _in_system(frame: pd.DataFrame, target: str) -> pd.DataFrame:
    """Copy of the frame with its geometries, or its columns lon and lat, in the target system."""
    if isinstance(frame, gpd.GeoDataFrame):
        moved = crs.geometries_from_wgs84(frame.geometry.to_numpy(), target)
        plain = pd.DataFrame(frame.drop(columns=frame.geometry.name))
        placed: pd.DataFrame = gpd.GeoDataFrame(plain, geometry=moved)
        return placed
    frame = frame.copy()
    if target != crs.WGS84 and {"lon", "lat"} <= set(frame.columns):
        x, y = crs.from_wgs84(
            frame["lon"].to_numpy(dtype=np.float64, na_value=np.nan),
            frame["lat"].to_numpy(dtype=np.float64, na_value=np.nan),
            target,
        )
        frame["lon"], frame["lat"] = x, y
        if not crs.is_geographic(target):
            frame = frame.rename(columns={"lon": "x", "lat": "y"})
    return frame


def _flat(frame: pd.DataFrame, target: str) -> pd.DataFrame:
    """Table without geometry: points as two columns, other shapes as text."""
    if not isinstance(frame, gpd.GeoDataFrame):
        return frame
    geometry = frame.geometry.to_numpy()
    table = pd.DataFrame(frame.drop(columns=frame.geometry.name))
    kinds = shapely.get_type_id(geometry)
    if len(kinds) and not (kinds >= 0).any():
        return table
    if np.isin(kinds, (-1, shapely.GeometryType.POINT.value)).all() and (kinds >= 0).any():
        names = ("lon", "lat") if crs.is_geographic(target) else ("x", "y")
        table = table.drop(columns=[n for n in ("lon", "lat") if n in table.columns])
        decimals = 8 if crs.is_geographic(target) else 4
        table[names[0]] = np.round(shapely.get_x(geometry), decimals)
        table[names[1]] = np.round(shapely.get_y(geometry), decimals)
    else:
        precision = 9 if crs.is_geographic(target) else 4
        table["wkt"] = [
            None if g is None else shapely.to_wkt(g, rounding_precision=precision) for g in geometry
        ]
    return table


def _plain(value: Any, zone: ZoneInfo | None) -> Any:
    """Value as JSON and spreadsheets hold it: None, bool, int, float or str."""
    # Most cells are text, and a year of incidents has a million cells.
    if type(value) is str:
        return value
    if value is None or value is pd.NA or value is pd.NaT:
        return None
    if isinstance(value, bool | np.bool_):
        return bool(value)
    if isinstance(value, int | np.integer):
        # Longer whole numbers, such as grid keys, would lose digits in JavaScript and in a spreadsheet.
        return int(value) if abs(int(value)) < _EXACT else str(int(value))
    if isinstance(value, float | np.floating):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, dt.datetime):
        local = value.astimezone(zone) if zone is not None and value.tzinfo is not None else value
        return local.isoformat(sep="T" if zone is None else " ")
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, list | tuple | np.ndarray):
        return json.dumps([_plain(v, zone) for v in value], ensure_ascii=False)
    return str(value)


def _column(values: list[Any], zone: ZoneInfo | None) -> list[Any]:
    """Values of a column as :func:`_plain` gives them; those that most columns have are not looked at one by one."""
    kinds = set(map(type, values))
    if kinds <= {str, bool, type(None)}:
        return values
    if kinds <= {str, bool, type(None), float}:
        return [None if type(v) is float and not math.isfinite(v) else v for v in values]
    return [_plain(v, zone) for v in values]


def _moments(column: pd.Series, zone: ZoneInfo | None) -> list[Any] | None:
    """Instants of a whole column as :func:`_plain` gives them; None where they are of another kind."""
    if not isinstance(column.dtype, pd.DatetimeTZDtype) or column.dtype.unit == "ns":
        return None
    local = column if zone is None else column.dt.tz_convert(zone)
    between = "T" if zone is None else " "
    return [None if v is pd.NaT else v.isoformat(sep=between) for v in local.array.to_pydatetime()]


def _records(
    frame: pd.DataFrame, zone: ZoneInfo | None, *, escaped: bool = False
) -> Iterator[tuple[Any, ...]]:
    """Rows of plain values; with ``escaped`` no text is one that a spreadsheet program would run."""
    columns = [
        _moments(frame[c], zone) or _column(frame[c].astype(object).tolist(), zone) for c in frame.columns
    ]
    if escaped:
        columns = [_escaped(values) for values in columns]
    return zip(*columns, strict=True)


def _escaped(values: list[Any]) -> list[Any]:
    # Codes, names and days come again and again.
    texts = {v: escape_cell(v) for v in set(values) if type(v) is str}
    return [texts.get(v, v) for v in values] if texts else values


def _write_geojson(frame: pd.DataFrame, path: Path, target: str, layer: str) -> None:
    geometry: NDArray[np.object_]
    if isinstance(frame, gpd.GeoDataFrame):
        geometry = frame.geometry.to_numpy()
        table = pd.DataFrame(frame.drop(columns=frame.geometry.name))
    else:
        x, y = ("lon", "lat") if "lon" in frame.columns else ("x", "y")
        placed = {x, y} <= set(frame.columns)
        geometry = points_of(frame[x], frame[y]) if placed else np.full(len(frame), None, dtype=object)
        table = frame
    head: dict[str, Any] = {"type": "FeatureCollection", "name": layer}
    if target != crs.WGS84:
        head["crs"] = {"type": "name", "properties": {"name": _member(target)}}
    names = [str(c) for c in table.columns]
    rows = _records(table, None) if names else iter([()] * len(table))
    with path.open("x", encoding="utf-8") as out:
        out.write(json.dumps(head, ensure_ascii=False)[:-1] + ', "features": [')
        for i, (cells, shape) in enumerate(zip(rows, geometry, strict=True)):
            properties = json.dumps(dict(zip(names, cells, strict=True)), ensure_ascii=False, allow_nan=False)
            drawn = "null" if shape is None else shapely.to_geojson(shape)
            out.write(",\n" if i else "\n")
            out.write(f'{{"type": "Feature", "properties": {properties}, "geometry": {drawn}}}')
        out.write("\n]}\n")


def points_of(x: pd.Series, y: pd.Series) -> NDArray[np.object_]:
    """Return the points of two columns; None where there is no coordinate.

    Parameters
    ----------
    x, y : Series
        In any coordinate system; what is missing is None, NA or NaN.
    """
    xy = np.column_stack([c.to_numpy(dtype=np.float64, na_value=np.nan) for c in (x, y)])
    points = np.full(len(xy), None, dtype=np.object_)
    placed = np.isfinite(xy).all(axis=1)
    points[placed] = shapely.points(xy[placed])
    return points


def _member(target: str) -> str:
    return f"urn:ogc:def:crs:EPSG::{target[5:]}" if target.startswith("EPSG:") else target


def _write_gpkg(frame: pd.DataFrame, path: Path, target: str, layer: str) -> None:
    if isinstance(frame, gpd.GeoDataFrame):
        shapes = frame
    elif {"lon", "lat"} <= set(frame.columns) or {"x", "y"} <= set(frame.columns):
        x, y = ("lon", "lat") if "lon" in frame.columns else ("x", "y")
        shapes = gpd.GeoDataFrame(frame, geometry=points_of(frame[x], frame[y]))
    else:
        raise InvalidInput(
            "geometry-none",
            "这个图层没有位置，请导出为 CSV 或 XLSX。",
            "This layer has no places. Export it as CSV or XLSX.",
        )
    # A GeoPackage cannot name the shifted systems, so a column says what the coordinates are.
    if crs.is_shifted(target):
        shapes = shapes.assign(crs=target)
    shapes = shapes.set_crs(None if crs.is_shifted(target) else target, allow_override=True)
    for name in [c for c in shapes.columns if shapes[c].dtype.kind == "O"]:
        if name != shapes.geometry.name:
            shapes = shapes.assign(**{name: _column(shapes[name].tolist(), None)})
    if shapes.crs is None:
        shapes = shapes.set_crs(_UNDEFINED)
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": NO_CLOCK})
    shapes.to_file(path, layer=layer, driver="GPKG")


def _write_csv(table: pd.DataFrame, path: Path, zone: ZoneInfo) -> None:
    # The byte order mark is what makes spreadsheet programs read the file as UTF-8.
    with path.open("x", encoding="utf-8-sig", newline="") as out:
        writer = csv.writer(out, lineterminator="\r\n")
        writer.writerow([escape_cell(str(c)) for c in table.columns])
        for cells in _records(table, zone, escaped=True):
            writer.writerow([v if type(v) is str else "" if v is None else _number(v) for v in cells])


def _number(value: bool | float) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return repr(value)


def write_sheets(tables: Mapping[str, pd.DataFrame], path: Path, *, zone: str = "Asia/Shanghai") -> None:
    """Write tables as worksheets of one workbook, which appears complete or not at all.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        By the name of the worksheet.
    path : Path
        Ends in ``.xlsx``.
    zone : str
        Time zone in which instants are given.
    """
    with replacing(path) as temporary, open_workbook(temporary) as book:
        book.set_properties({"created": _NO_CLOCK})
        for name, table in tables.items():
            _fill_sheet(book, table, name, ZoneInfo(zone))


def _write_xlsx(table: pd.DataFrame, path: Path, layer: str, zone: ZoneInfo) -> None:
    with open_workbook(path) as book:
        book.set_properties({"created": _NO_CLOCK})
        _fill_sheet(book, table, layer, zone)


def _fill_sheet(book: Any, table: pd.DataFrame, name: str, zone: ZoneInfo) -> None:
    sheet = book.add_worksheet("".join(c for c in name if c not in "[]:*?/\\'")[:31] or None)
    bold = book.add_format({"bold": True})
    sheet.freeze_panes(1, 0)
    for column, heading in enumerate(table.columns):
        put_text(sheet, 0, column, str(heading), bold)
    for row, cells in enumerate(_records(table, zone, escaped=True), 1):
        for column, value in enumerate(cells):
            if isinstance(value, str):
                sheet.write_string(row, column, value[:CELL_CHARS])
            elif isinstance(value, bool):
                sheet.write_boolean(row, column, value)
            elif value is not None:
                sheet.write_number(row, column, value)
