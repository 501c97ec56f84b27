"""The reading process: one request on standard input, one Arrow file and one line of JSON in its folder."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import shapely

from gridmap.ingest.isolated.frame import ROW, WKB, Refused


class _Without:
    """Finds some libraries nowhere.

    pyarrow and pyogrio take them up where they are; a reader, which hands everything on as Arrow, would wait for them
    longer than for anything else that it loads.
    """

    _NAMES = frozenset({"pandas", "geopandas", "pyproj"})

    @classmethod
    def find_spec(cls, name: str, *_: object) -> None:
        if name in cls._NAMES:
            raise ModuleNotFoundError(name, name=name)


def main() -> None:
    """Answer one request."""
    request = json.loads(sys.stdin.buffer.read())
    # Roads are measured while they are read, by what the coordinates' systems need.
    if request["kind"] not in {"osm", "osm.pbf"}:
        sys.meta_path.insert(0, _Without)
    try:
        answer = _answer(request)
    except Refused as refused:
        answer = {"code": refused.code, "zh": refused.zh, "en": refused.en}
    except (MemoryError, pa.ArrowMemoryError, RecursionError):
        answer = {
            "code": "file-needs-too-much",
            "zh": "读取这个文件需要的内存超过限制，文件可能已损坏或被做了手脚。请重新导出，或分成几个文件。",
            "en": "reading it takes more memory than allowed; it may be damaged or forged. "
            "Export it again, or split it into smaller files.",
        }
    Path("answer.json").write_text(json.dumps(answer, ensure_ascii=False), "utf-8")


def _answer(request: dict[str, Any]) -> dict[str, Any]:
    path, kind, limits = Path(request["path"]), request["kind"], request["limits"]
    geometry = None
    crs = None
    since_1904 = False
    alike: list[str] = []
    if kind == "xlsx":
        from gridmap.ingest.isolated.xlsx import read_xlsx

        table, rows, notices, since_1904, alike = read_xlsx(
            path, request["layer"], limits, frozenset(request["known"])
        )
    elif kind in {"geojson", "geojsonl"}:
        from gridmap.ingest.isolated.geojson import read_geojson

        table, geometry, crs, notices = read_geojson(path, limits, one_a_line=kind == "geojsonl")
        rows = np.arange(1, table.num_rows + 1)
    elif kind == "parquet":
        from gridmap.ingest.isolated.geoparquet import read_geoparquet

        table, geometry, crs, notices = read_geoparquet(path, limits)
        rows = np.arange(1, table.num_rows + 1)
    elif kind == "pdf":
        from gridmap.ingest.isolated.pdf import read_pdf

        table, notices = read_pdf(path, request["layer"]), []
        rows = np.arange(1, table.num_rows + 1)
    elif kind == "photo":
        from gridmap.ingest.isolated.photo import read_photo

        table, rows, notices = read_photo(path, int(request["layer"])), np.ones(1, np.int64), []
    elif kind in {"osm", "osm.pbf"}:
        from gridmap.ingest.osm import read_osm

        table, geometry, crs, notices = read_osm(path, limits, request["bounds"])
        rows = np.arange(1, table.num_rows + 1)
    else:
        from gridmap.ingest.isolated.vector import read_vector

        table, geometry, crs, notices = read_vector(
            path,
            kind,
            request["drivers"],
            request["layer"],
            limits=limits,
            layers_only=request["layers_only"],
        )
        rows = np.arange(1, table.num_rows + 1)
    table = table.append_column(ROW, pa.array(rows, pa.int64()))
    if geometry is not None:
        wkb = shapely.to_wkb(geometry, byte_order=1)
        table = table.append_column(WKB, pa.array(wkb.tolist(), pa.large_binary()))
    with pa.OSFile("out.arrow", "wb") as file, pa.ipc.new_file(file, table.schema) as writer:
        writer.write_table(table)
    return {"crs": crs, "notices": notices, "since_1904": since_1904, "alike": alike}
