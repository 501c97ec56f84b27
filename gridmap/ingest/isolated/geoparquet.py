"""GeoParquet (and Parquet without shapes) by Arrow."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from gridmap.ingest.isolated.frame import Refused, settle_geometries, text_table

_MAGIC = b"PAR1"


def read_geoparquet(
    path: Path, limits: dict[str, int]
) -> tuple[pa.Table, NDArray[np.object_] | None, str | None, list[list[str]]]:
    """Read a Parquet file with the shapes of its primary geometry column, where it has one.

    Returns
    -------
    table : pyarrow.Table of string
    geometry : ndarray of shapely geometries or None
    crs : str or None
        ``EPSG:4326`` where the file names none: the format's default is longitude and latitude.
    notices : list of (code, zh, en)

    Raises
    ------
    Refused
    """
    with path.open("rb") as file:
        if file.read(4) != _MAGIC:
            raise _broken()
    try:
        with pq.ParquetFile(path) as file:
            _within(file, limits)
            about = _about(file.schema_arrow)
            table = file.read()
    except (pa.ArrowException, OSError, ValueError):
        raise _broken() from None
    if table.num_rows == 0:
        raise Refused("no-rows", "没有任何要素。", "it has no features.")
    if about is None:
        return _texts(table), None, None, []
    name, column = about
    if name not in table.column_names or column.get("encoding") != "WKB":
        raise Refused(
            "geoparquet-encoding",
            "图形不是按 WKB 保存的。请在 GIS 软件中另存为 GeoPackage。",
            "its shapes are not kept as WKB. Save it as GeoPackage in a GIS program.",
        )
    geometry, notices = settle_geometries(table[name].to_pylist(), limits)
    return _texts(table.drop_columns([name])), geometry, _system(column), notices


def _broken() -> Refused:
    return Refused(
        "not-parquet",
        "内容不是 Parquet，或已损坏。请重新导出。",
        "its content is no Parquet, or damaged. Export it again.",
    )


def _within(file: pq.ParquetFile, limits: dict[str, int]) -> None:
    if file.metadata.num_rows > limits["features"]:
        raise Refused(
            "too-many-features",
            f"有 {file.metadata.num_rows} 个要素，上限 {limits['features']} 个。请分成几个文件。",
            f"it has {file.metadata.num_rows} features, the limit is {limits['features']}. Split it.",
        )
    if len(file.schema_arrow) > limits["columns"]:
        raise Refused(
            "too-many-columns",
            f"有 {len(file.schema_arrow)} 列，上限 {limits['columns']} 列。请只保留需要的列。",
            f"it has {len(file.schema_arrow)} columns, the limit is {limits['columns']}. Keep those needed.",
        )


def _about(schema: pa.Schema) -> tuple[str, dict[str, Any]] | None:
    told = (schema.metadata or {}).get(b"geo")
    if told is None:
        return None
    about = json.loads(told)
    name = about["primary_column"] if isinstance(about, dict) and "primary_column" in about else None
    column = about.get("columns", {}).get(name) if name else None
    if isinstance(name, str) and isinstance(column, dict):
        return name, column
    raise ValueError


def _system(column: dict[str, Any]) -> str | None:
    crs = column.get("crs", "absent")
    if crs == "absent":
        return "EPSG:4326"
    named = crs.get("id") if isinstance(crs, dict) else None
    if not isinstance(named, dict):
        return json.dumps(crs) if isinstance(crs, dict) else None
    code = f"{named.get('authority')}:{named.get('code')}"
    return "EPSG:4326" if code == "OGC:CRS84" else code


def _texts(table: pa.Table) -> pa.Table:
    kept = {
        name: column.to_pylist()
        for name, column in zip(table.column_names, table.columns, strict=True)
        if not (pa.types.is_binary(column.type) or pa.types.is_large_binary(column.type))
        and not pa.types.is_nested(column.type)
    }
    if not kept:
        kept = {"fid": [str(n) for n in range(1, table.num_rows + 1)]}
    return text_table(kept, table.num_rows)
