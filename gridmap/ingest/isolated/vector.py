"""GeoPackage, zipped Shapefile and MapInfo, KML and FlatGeobuf by GDAL, after a look at what GDAL would trust.

Runs only in the reading process, where every driver but the wanted one is switched off.
"""

from __future__ import annotations

import sqlite3
import struct
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyogrio
import pyogrio.raw
from numpy.typing import NDArray
from pyogrio.errors import DataLayerError, DataSourceError, FieldError

from gridmap.ingest.isolated import dbf, kml
from gridmap.ingest.isolated.frame import Refused, as_text, settle_geometries
from gridmap.ingest.isolated.zipped import (
    choose_layer,
    kind_of,
    open_zip,
    packed_layers,
    unpack_filegdb,
    unpack_layer,
)

Read = tuple[pa.Table, NDArray[np.object_] | None, str | None, list[list[str]]]


def read_vector(
    path: Path,
    kind: str,
    drivers: Collection[str],
    layer: str | None,
    *,
    limits: dict[str, int],
    layers_only: bool,
) -> Read:
    """Read one layer.

    Returns
    -------
    table : pyarrow.Table of string
        Attributes.
    geometry : ndarray of shapely geometries
    crs : str or None
    notices : list of (code, zh, en)

    Raises
    ------
    Refused
    """
    if set(pyogrio.list_drivers()) != set(drivers):
        raise Refused(
            "driver-missing", "缺少读取该格式的组件。", "the component that reads this format is missing."
        )
    if kind == "shapefile":
        with open_zip(path) as archive:
            packed = kind_of(archive)
            if layers_only and packed != "filegdb":
                return pa.table({"layer": sorted(packed_layers(archive, limits, packed))}), None, None, []
        if packed == "filegdb":
            path = unpack_filegdb(path, path.parent, limits)
        else:
            path = unpack_layer(path, path.parent, layer, limits, packed)
            layer = None
    try:
        return _read(layer, _source(path, kind, limits), limits, layers_only=layers_only)
    except UnicodeDecodeError:
        raise Refused(
            "encoding-unknown",
            "文字的编码无法识别。请在 GIS 软件中另存为 GeoPackage（其中的文字总是 UTF-8）。",
            "the encoding of its texts is not known. Save it as GeoPackage, whose texts are always UTF-8.",
        ) from None
    except (DataSourceError, DataLayerError, FieldError, ValueError, pa.ArrowInvalid):
        raise Refused(
            "file-broken", "文件损坏，无法读取。请重新导出。", "the file is damaged. Export it again."
        ) from None


def _source(path: Path, kind: str, limits: dict[str, int]) -> _Source:
    """Look a file over before GDAL reads it."""
    if path.suffix == ".shp":
        encoding, notices = dbf.encoding_of(path)
        # GDAL would decode by it, and fail where it is wrong.
        path.with_suffix(".cpg").unlink(missing_ok=True)
        return _Source(path, encoding, notices)
    if kind == "gpkg":
        return _Source(path, tables=_check_gpkg(path))
    if kind in {"kml", "kmz"}:
        path = kml.unpack_kmz(path, limits) if kind == "kmz" else path
        return _Source(path, placemarks=kml.check_kml(path))
    return _Source(path)


def _read(layer: str | None, source: _Source, limits: dict[str, int], *, layers_only: bool) -> Read:
    listed = {str(name): shape for name, shape in pyogrio.list_layers(str(source.path))}
    if source.tables is not None:
        listed = {name: shape for name, shape in listed.items() if name.lower() in source.tables}
    # Beside what is drawn a GIS keeps tables of its own, of styles for example.
    drawn = [name for name, shape in listed.items() if shape is not None]
    names = drawn if drawn and layer not in set(listed) - set(drawn) else list(listed)
    if layers_only:
        return pa.table({"layer": names}), None, None, []
    if not names:
        raise Refused("no-rows", "没有任何图层。", "it has no layers.")
    if (layer is None and len(names) > 1) or (layer is not None and layer not in names):
        raise choose_layer(names)
    return _read_layer(layer or names[0], source, limits)


@dataclass
class _Source:
    """What is known of a file before GDAL reads it."""

    path: Path
    encoding: str | None = None
    notices: list[list[str]] = field(default_factory=list)
    placemarks: list[dict[str, str]] | None = None
    tables: frozenset[str] | None = None


def _read_layer(layer: str, source: _Source, limits: dict[str, int]) -> Read:
    most = limits["features"]
    as_bytes = dbf.BYTES if source.encoding else None
    info = pyogrio.read_info(str(source.path), layer=layer, encoding=as_bytes)
    if len(info["fields"]) > limits["columns"]:
        raise Refused(
            "too-many-columns",
            f"有 {len(info['fields'])} 个字段，上限 {limits['columns']} 个。请只保留需要的字段。",
            f"it has {len(info['fields'])} fields, the limit is {limits['columns']}. Keep those needed.",
        )
    meta, table = pyogrio.read_arrow(str(source.path), layer=layer, encoding=as_bytes, max_features=most + 1)
    if table.num_rows > most:
        raise Refused(
            "too-many-features",
            f"要素超过 {most} 个。请分成几个文件。",
            f"it has more than {most} features. Split it.",
        )
    if table.num_rows == 0:
        raise Refused("no-rows", "没有任何要素。", "it has no features.")
    name = meta["geometry_name"] or "wkb_geometry"
    geometry: NDArray[np.object_] | None = None
    notices: list[list[str]] = []
    if name in table.column_names:
        try:
            geometry, notices = settle_geometries(table[name].to_pylist(), limits)
        # shapely says so of curves, which GDAL then turns into straight lines.
        except NotImplementedError:
            geometry, notices = _straightened(layer, source, limits)
        table = table.drop_columns([name])
    texts = _texts(table, dbf.decoder(source.encoding) if source.encoding else str)
    if source.placemarks is None:
        return texts, geometry, meta["crs"], source.notices + notices
    return kml.with_untyped(texts, source.placemarks), geometry, "EPSG:4326", source.notices + notices


def _straightened(
    layer: str, source: _Source, limits: dict[str, int]
) -> tuple[NDArray[np.object_], list[list[str]]]:
    """Read shapes with arcs once more: the reader that hands on each feature draws them as lines."""
    _, _, wkb, _ = pyogrio.raw.read(
        str(source.path), layer=layer, columns=[], max_features=limits["features"]
    )
    geometry, notices = settle_geometries(wkb.tolist(), limits)
    told = [
        "curves-straightened",
        "图形中有圆弧，已换成折线。",
        "Some shapes have arcs; they are drawn as lines of short pieces.",
    ]
    return geometry, [told, *notices]


def _texts(table: pa.Table, decode: Callable[[str], str]) -> pa.Table:
    columns: dict[str, pa.Array] = {}
    for name, column in zip(table.column_names, table.columns, strict=True):
        if pa.types.is_binary(column.type) or pa.types.is_large_binary(column.type):
            continue
        heading = decode(name)
        if heading in columns:
            raise Refused(
                "heading-twice",
                f"字段“{heading[:40]}”出现了不止一次（可能是字段名被截断）。请改名后重新导出。",
                f'the field "{heading[:40]}" stands more than once (perhaps it was cut). Rename it and export again.',
            )
        values = (as_text(v) for v in column.to_pylist())
        columns[heading] = pa.array([v if v is None else decode(v) for v in values], pa.string())
    if not columns:
        return pa.table({"fid": pa.array([str(i) for i in range(1, table.num_rows + 1)], pa.string())})
    return pa.table(columns)


_NAMES_OF_VIEWS = frozenset(
    {"st_spatial_ref_sys", "spatial_ref_sys", "st_geometry_columns", "geometry_columns"}
)
"""Views over its own tables that GDAL once wrote into every GeoPackage; never layers."""


def _check_gpkg(path: Path) -> frozenset[str]:
    """Names of the plain tables of a GeoPackage, in lower case; refuse what could show anything else.

    A view may run for ever or call functions that reach other files, whether ``gpkg_contents`` names it or not; a
    layer that is a plain table cannot. What was written last is missing where a write-ahead log was left behind.
    """
    with path.open("rb") as file:
        head = file.read(100)
        size = file.seek(0, 2)
    if not head.startswith(b"SQLite format 3\0") or len(head) < 100:
        raise Refused(
            "not-gpkg",
            "内容不是 GeoPackage（可能只是改了扩展名）。请重新导出为 GeoPackage。",
            "its content is not a GeoPackage (perhaps only its name was changed). Export it as GeoPackage.",
        )
    page = struct.unpack(">H", head[16:18])[0]
    pages = struct.unpack(">I", head[28:32])[0]
    broken = Refused(
        "file-broken",
        "文件不完整或已损坏。请重新导出。",
        "the file is incomplete or damaged. Export it again.",
    )
    if pages * (65536 if page == 1 else page) > size:
        raise broken
    if 2 in head[18:20]:
        raise Refused(
            "gpkg-open",
            "复制时文件还在 GIS 软件中打开，最后的修改不在其中（预写日志 -wal 没有一起复制）。"
            "请在软件中关闭该文件（或移除图层），再复制一次。",
            "it was copied while a program had it open: what was changed last stands in its log (-wal) and is "
            "missing here. Close it in the program (or remove the layer) and copy it again.",
        )
    try:
        database = sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)
        try:
            database.execute("PRAGMA trusted_schema = OFF")
            listed = database.execute("SELECT table_name FROM gpkg_contents").fetchall()
            objects = database.execute(
                "SELECT lower(name), type, sql FROM sqlite_master WHERE type IN ('table', 'view')"
            ).fetchall()
        finally:
            database.close()
    except sqlite3.Error:
        raise broken from None
    plain = {n for n, kind, sql in objects if kind == "table" and "virtual" not in str(sql)[:40].lower()}
    views = {n for n, kind, _ in objects if kind == "view"} - _NAMES_OF_VIEWS
    hidden = sorted(views) or [str(n) for (n,) in listed if str(n).lower() not in plain]
    if hidden:
        raise Refused(
            "gpkg-view",
            f"“{hidden[0][:40]}”不是普通数据表（是视图），拒绝读取。请把图层另存为新的 GeoPackage。",
            f'"{hidden[0][:40]}" is not a plain table but a view and is not read. '
            "Save the layer as a new GeoPackage.",
        )
    return frozenset(plain)
