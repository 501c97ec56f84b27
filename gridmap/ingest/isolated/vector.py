"""GeoPackage, zipped Shapefile and KML by GDAL, after a look at what GDAL would trust.

Runs only in the reading process, where every driver but the wanted one is switched off.
"""

from __future__ import annotations

import sqlite3
import struct
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyogrio
from defusedxml import DefusedXmlException, ElementTree
from numpy.typing import NDArray
from pyogrio.errors import DataLayerError, DataSourceError, FieldError

from gridmap.ingest.isolated.frame import Refused, as_text, settle_geometries
from gridmap.ingest.isolated.zipped import choose_layer, open_zip, shapefiles, unpack_shapefile

Read = tuple[pa.Table, NDArray[np.object_] | None, str | None, list[list[str]]]
_KML_NOISE = frozenset(
    "timestamp|begin|end|altitudeMode|tessellate|extrude|visibility|drawOrder|icon|snippet".split("|")  # noqa: SIM905
)


def read_vector(
    path: Path, kind: str, driver: str, layer: str | None, *, limits: dict[str, int], layers_only: bool
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
    if set(pyogrio.list_drivers()) != {driver}:
        raise Refused(
            "driver-missing", "缺少读取该格式的组件。", "the component that reads this format is missing."
        )
    encoding = None
    if kind == "shapefile":
        if layers_only:
            with open_zip(path) as archive:
                return pa.table({"layer": sorted(shapefiles(archive, limits))}), None, None, []
        path = unpack_shapefile(path, path.parent, layer, limits)
        encoding = _dbf_encoding(path)
        layer = None
    elif kind == "gpkg":
        _check_gpkg(path)
    else:
        _check_kml(path)
    try:
        names = [str(n) for n in pyogrio.list_layers(str(path))[:, 0]]
        if layers_only:
            return pa.table({"layer": names}), None, None, []
        if not names:
            raise Refused("no-rows", "没有任何图层。", "it has no layers.")
        if layer is None and len(names) > 1:
            raise choose_layer(names)
        if layer is not None and layer not in names:
            raise choose_layer(names)
        return _read_layer(path, layer or names[0], kind, encoding, limits)
    except (DataSourceError, DataLayerError, FieldError, UnicodeDecodeError, ValueError, pa.ArrowInvalid):
        raise Refused(
            "file-broken", "文件损坏，无法读取。请重新导出。", "the file is damaged. Export it again."
        ) from None


def _read_layer(path: Path, layer: str, kind: str, encoding: str | None, limits: dict[str, int]) -> Read:
    most = limits["features"]
    info = pyogrio.read_info(str(path), layer=layer)
    if len(info["fields"]) > limits["columns"]:
        raise Refused(
            "too-many-columns",
            f"有 {len(info['fields'])} 个字段，上限 {limits['columns']} 个。请只保留需要的字段。",
            f"it has {len(info['fields'])} fields, the limit is {limits['columns']}. Keep those needed.",
        )
    meta, table = pyogrio.read_arrow(str(path), layer=layer, encoding=encoding, max_features=most + 1)
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
        geometry, notices = settle_geometries(table[name].to_pylist(), limits)
        table = table.drop_columns([name])
    if kind == "kml":
        table = table.drop_columns([c for c in table.column_names if c in _KML_NOISE])
    crs = "EPSG:4326" if kind == "kml" else meta["crs"]
    return _texts(table), geometry, crs, notices


def _texts(table: pa.Table) -> pa.Table:
    columns = {}
    for name, column in zip(table.column_names, table.columns, strict=True):
        if pa.types.is_binary(column.type) or pa.types.is_large_binary(column.type):
            continue
        columns[name] = pa.array([as_text(v) for v in column.to_pylist()], pa.string())
    if not columns:
        return pa.table({"fid": pa.array([str(i) for i in range(1, table.num_rows + 1)], pa.string())})
    return pa.table(columns)


def _check_gpkg(path: Path) -> None:
    """Refuse what is no SQLite file, is cut short, or shows its layers through views.

    A view may call functions that reach other files; a layer that is a plain table cannot.
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
    try:
        database = sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)
        try:
            database.execute("PRAGMA trusted_schema = OFF")
            rows = database.execute(
                "SELECT c.table_name, m.type, m.sql FROM gpkg_contents c "
                "LEFT JOIN sqlite_master m ON lower(m.name) = lower(c.table_name)"
            ).fetchall()
        finally:
            database.close()
    except sqlite3.Error:
        raise broken from None
    for table, kind, sql in rows:
        if kind != "table" or "virtual" in str(sql)[:40].lower():
            raise Refused(
                "gpkg-view",
                f"图层“{str(table)[:40]}”不是普通数据表，拒绝读取。请重新导出。",
                f'the layer "{str(table)[:40]}" is not a plain table and is not read. Export it again.',
            )


def _check_kml(path: Path) -> None:
    """Refuse entities and document types, what is not KML, and links to other files."""
    refused = Refused(
        "not-kml",
        "内容不是 KML（可能只是改了扩展名）。请重新导出为 KML。",
        "its content is not KML (perhaps only its name was changed). Export it as KML.",
    )
    root = None
    try:
        for event, element in ElementTree.iterparse(path, events=("start", "end"), forbid_dtd=True):
            name = str(element.tag).rpartition("}")[2]
            if root is None:
                root = name
                if root != "kml":
                    raise refused
            if event == "end":
                if name == "NetworkLink":
                    raise Refused(
                        "kml-link",
                        "KML 引用了网络链接（NetworkLink），拒绝读取。请导出实际的图形。",
                        "it refers to a network link and is not read. Export the shapes themselves.",
                    )
                element.clear()
    except DefusedXmlException:
        raise Refused(
            "xml-entities",
            "XML 中含有文档类型或实体声明，可能是攻击，拒绝读取。请重新导出。",
            "it declares a document type or entities (perhaps an attack) and is not read. Export it again.",
        ) from None
    except ElementTree.ParseError:
        raise refused from None


def _dbf_encoding(shp: Path) -> str | None:
    """Return the encoding of the attributes: what the file says, else UTF-8 or GB18030, whichever fits."""
    if shp.with_suffix(".cpg").is_file():
        name = shp.with_suffix(".cpg").read_bytes()[:40].decode("ascii", "replace").strip().lower()
        if name in {"utf-8", "utf8", "65001"}:
            return "UTF-8"
        if name in {"gbk", "gb2312", "gb18030", "936", "cp936", "ansi 936"}:
            return "GB18030"
    data = shp.with_suffix(".dbf").read_bytes()
    start = struct.unpack("<H", data[8:10])[0] if len(data) > 32 else 0
    try:
        data[start:].decode("utf-8")
    except UnicodeDecodeError:
        return "GB18030"
    return "UTF-8"
