"""Reading in a process of its own, with limits on memory, time and files, and no way to anything else.

The file is copied into a private folder first, so that the reader never sees its surroundings. The process
gets an environment of its own, in which every driver but the one for the promised format is off. What
comes back is an Arrow file and a line of JSON: nothing that could run.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Collection
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa
import shapely

import gridmap
from gridmap.errors import InvalidInput
from gridmap.ingest.isolated.frame import ROW, WKB
from gridmap.ingest.model import Limits, Notice, RawTable
from gridmap.ingest.reading.files import copy_and_hash, refuse

_DRIVERS = {
    "gpkg": ("GPKG",),
    "shapefile": ("ESRI Shapefile", "MapInfo File", "OpenFileGDB"),
    "kml": ("LIBKML",),
    "kmz": ("LIBKML",),
    "fgb": ("FlatGeobuf",),
}
"""Drivers that a kind of file may need; a zip archive holds layers of either kind."""
_SHAPES_AT_ONCE = 1_000
_ROOT = str(Path(gridmap.__file__).resolve().parent.parent)
_BOOT = (
    "import sys; sys.path.insert(0, {root!r}); "
    "from gridmap.files import limits; limits.apply({memory}, {cpu}, {size}); "
    "from gridmap.ingest.isolated.worker import main; main()"
)


def read_isolated(
    path: Path,
    source: BinaryIO,
    kind: str,
    layer: str | None,
    *,
    limits: Limits,
    layers_only: bool = False,
    known: Collection[str] = (),
    bounds: tuple[float, float, float, float] | None = None,
) -> RawTable:
    """Read a file of any format but CSV; see :func:`gridmap.ingest.reading.read_raw`.

    Parameters
    ----------
    path : Path
        For messages.
    source : binary file
        Open regular file.
    kind : str
        Format that the name promises.
    layer : str, optional
    limits : Limits
    layers_only : bool
        Return a table of the names of layers instead.
    known : collection of str
        Headings by which a worksheet and its row of headings are recognised.
    bounds : tuple of float, optional
        West, south, east, north: of an OpenStreetMap extract only what is there is read.

    Raises
    ------
    InvalidInput
        When the file is refused, or its reading needs more than the limits allow.
    """
    with tempfile.TemporaryDirectory(prefix="gridmap-read-") as folder:
        copy = Path(folder) / f"input.{'zip' if kind == 'shapefile' else kind}"
        sha256 = copy_and_hash(source, copy)
        request = {
            "path": str(copy),
            "kind": kind,
            "layer": layer,
            "drivers": _DRIVERS.get(kind, ()),
            "layers_only": layers_only,
            "known": sorted(known),
            "bounds": bounds,
            "limits": asdict(limits),
        }
        answer = _run(path, Path(folder), request, limits)
        if "code" in answer:
            raise refuse(answer["code"], path, answer["zh"], answer["en"])
        with pa.OSFile(str(Path(folder) / "out.arrow")) as file, pa.ipc.open_file(file) as reader:
            table = reader.read_all()
    return _raw(path, sha256, kind, table, answer)


def _raw(path: Path, sha256: str, kind: str, table: pa.Table, answer: dict[str, Any]) -> RawTable:
    rows = table[ROW].to_numpy()
    geometry = None
    if WKB in table.column_names:
        geometry = np.empty(table.num_rows, dtype=object)
        for first in range(0, table.num_rows, _SHAPES_AT_ONCE):
            some = table[WKB].slice(first, _SHAPES_AT_ONCE)
            geometry[first : first + _SHAPES_AT_ONCE] = shapely.from_wkb(some.to_numpy(zero_copy_only=False))
    return RawTable(
        path,
        sha256,
        kind,
        table.drop_columns([c for c in (ROW, WKB) if c in table.column_names]),
        np.asarray(rows, dtype=np.int64),
        geometry,
        answer.get("crs"),
        tuple(Notice(*n) for n in answer.get("notices", [])),
        since_1904=bool(answer.get("since_1904")),
        alike=tuple(answer.get("alike", ())),
    )


def _run(path: Path, folder: Path, request: dict[str, Any], limits: Limits) -> dict[str, Any]:
    boot = _BOOT.format(
        root=_ROOT,
        memory=limits.memory_bytes,
        cpu=limits.cpu_s,
        size=limits.unpacked_bytes + limits.vector_bytes,
    )
    with subprocess.Popen(
        [sys.executable, "-I", "-c", boot],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=folder,
        env=_environment(folder, request["drivers"]),
        start_new_session=True,
        close_fds=True,
    ) as process:
        try:
            process.communicate(json.dumps(request).encode(), timeout=limits.wall_s)
        except subprocess.TimeoutExpired:
            raise _too_much(path) from None
        finally:
            if process.poll() is None:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
        code = process.returncode
    answer = folder / "answer.json"
    if code == 0 and answer.is_file():
        read: dict[str, Any] = json.loads(answer.read_text("utf-8"))
        return read
    raise _too_much(path) if code < 0 else _broken(path)


def _too_much(path: Path) -> InvalidInput:
    return refuse(
        "file-needs-too-much",
        path,
        "读取这个文件需要的内存或时间超过限制，文件可能已损坏或被做了手脚。请重新导出，或分成几个小文件。",
        "reading it takes more memory or time than allowed; it may be damaged or forged. "
        "Export it again, or split it into smaller files.",
    )


def _broken(path: Path) -> InvalidInput:
    return refuse(
        "file-broken",
        path,
        "文件损坏，无法读取。请重新导出。",
        "the file is damaged and cannot be read. Export it again.",
    )


@cache
def _all_drivers() -> tuple[str, ...]:
    import pyogrio

    return tuple(pyogrio.list_drivers())


def _environment(folder: Path, drivers: Collection[str]) -> dict[str, str]:
    """Environment of the reader: the drivers of one kind of file, one thread, no network, nothing of ours."""
    skipped = ",".join(d for d in _all_drivers() if d not in drivers)
    return {
        "PATH": "/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "HOME": str(folder),
        "TMPDIR": str(folder),
        "PYTHONDONTWRITEBYTECODE": "1",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "MALLOC_ARENA_MAX": "1",
        "ARROW_DEFAULT_MEMORY_POOL": "system",
        "GDAL_SKIP": skipped,
        "GDAL_NUM_THREADS": "1",
        "GDAL_CACHEMAX": "32",
        "GDAL_DISABLE_READDIR_ON_OPEN": "TRUE",
        "GDAL_DRIVER_PATH": "disable",
        "GDAL_PYTHON_DRIVER_PATH": "",
        "GDAL_VRT_ENABLE_PYTHON": "NO",
        "GDAL_HTTP_TIMEOUT": "1",
        "CPL_VSIL_CURL_ALLOWED_EXTENSIONS": "{none}",
        "CPL_TMPDIR": str(folder),
        "http_proxy": "http://127.0.0.1:9",
        "https_proxy": "http://127.0.0.1:9",
        "PROJ_NETWORK": "OFF",
        "OGR_SQLITE_LOAD_EXTENSIONS": "",
        "OGR_ENABLE_PARTIAL_REPROJECTION": "NO",
        "LIBKML_RESOLVE_STYLE": "NO",
    }
