"""Opening what somebody handed in: a regular file, of a bounded size, of the format that its bytes say."""

from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path
from typing import BinaryIO

from gridmap.errors import InvalidInput
from gridmap.ingest.model import MIB, Limits

FORMATS = {
    ".csv": "csv",
    ".txt": "csv",
    ".tsv": "csv",
    ".xlsx": "xlsx",
    ".xlsm": "xlsx",
    ".xls": "xlsx",
    ".xlsb": "xlsx",
    ".ods": "xlsx",
    ".geojson": "geojson",
    ".json": "geojson",
    ".topojson": "geojson",
    ".geojsonl": "geojsonl",
    ".geojsons": "geojsonl",
    ".geojsonseq": "geojsonl",
    ".ndjson": "geojsonl",
    ".parquet": "parquet",
    ".geoparquet": "parquet",
    ".gpkg": "gpkg",
    ".zip": "shapefile",
    ".kml": "kml",
    ".kmz": "kmz",
    ".fgb": "fgb",
    ".pbf": "osm.pbf",
    ".osm": "osm",
}
_STEPS = {
    ".et": ("请在 WPS 表格中另存为 .xlsx。", "Save it as .xlsx in WPS."),
    ".doc": (
        "请把表格复制到电子表格软件，另存为 .xlsx。",
        "Copy its table into a spreadsheet and save that as .xlsx.",
    ),
    ".docx": (
        "请把表格复制到电子表格软件，另存为 .xlsx。",
        "Copy its table into a spreadsheet and save that as .xlsx.",
    ),
    ".pdf": ("请向提供方索取表格或图层文件。", "Ask for the sheet or the layer that it was printed from."),
    ".shp": (
        "请把同名的 .shp .shx .dbf .prj 一起压缩成 .zip。",
        "Pack .shp, .shx, .dbf and .prj of the same name into one .zip.",
    ),
    ".gdb": (
        "请把整个 .gdb 文件夹压缩成 .zip。",
        "Pack the whole folder .gdb into one .zip.",
    ),
    ".dxf": (
        "请在 GIS 软件中把封闭的线转为面，另存为 GeoPackage。",
        "Make polygons of its closed lines in a GIS program, and save them as GeoPackage.",
    ),
    ".tab": (
        "请把 MapInfo 的 .tab .dat .map .id 一起压缩成 .zip。",
        "Pack MapInfo's .tab, .dat, .map and .id into one .zip.",
    ),
    ".dwg": (
        "请导出为 DXF，再用 GIS 软件转为 GeoPackage。",
        "Export DXF; a GIS program turns that into GeoPackage.",
    ),
    ".rar": ("请解压后重新打包为 .zip。", "Unpack it and pack it again as .zip."),
    ".7z": ("请解压后重新打包为 .zip。", "Unpack it and pack it again as .zip."),
}
"""What to do with a kind of file that is not read."""

OSM = frozenset({"osm", "osm.pbf"})
_COPY_BYTES = 1 << 20


def refuse(code: str, path: Path, zh: str, en: str) -> InvalidInput:
    """Error that names the file."""
    return InvalidInput(code, f"{path.name}：{zh}", f"{path.name}: {en}")


def format_of(path: Path) -> str:
    """Format that a file's name promises.

    Raises
    ------
    InvalidInput
        When the ending is not one that is read.
    """
    found = FORMATS.get(path.suffix.lower())
    if found is None and path.suffix.lower() in _STEPS:
        zh, en = _STEPS[path.suffix.lower()]
        raise refuse(
            "format-unknown",
            path,
            f"不能直接读取 {path.suffix} 文件。{zh}",
            f"{path.suffix} files are not read. {en}",
        )
    if found is None:
        raise refuse(
            "format-unknown",
            path,
            "不支持这种文件。请用 CSV、XLSX（XLS、ODS）、GeoJSON、GeoPackage、KML、KMZ、FlatGeobuf、"
            "GeoParquet、TopoJSON，或 ZIP 打包的 Shapefile、MapInfo、FileGDB（道路还可用 .osm.pbf）。",
            "this kind of file is not read. Use CSV, XLSX (XLS, ODS), GeoJSON, GeoPackage, KML, KMZ, FlatGeobuf, "
            "GeoParquet, TopoJSON, or a zipped Shapefile, MapInfo table or FileGDB (for roads also .osm.pbf).",
        )
    return found


def open_regular(path: Path) -> BinaryIO:
    """Open a file for reading, refusing links, folders, pipes and devices without touching them.

    Raises
    ------
    InvalidInput
        When there is no such file, or it is not a regular file.
    """
    try:
        # Without O_NONBLOCK the opening of a pipe would wait for a writer for ever.
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        raise refuse("file-missing", path, "没有这个文件。", "there is no such file.") from None
    except PermissionError:
        raise refuse(
            "file-unreadable", path, "没有读取权限。", "it may not be read by this account."
        ) from None
    except (OSError, ValueError):
        raise _not_regular(path) from None
    if not stat.S_ISREG(os.fstat(fd).st_mode):
        os.close(fd)
        raise _not_regular(path)
    return os.fdopen(fd, "rb")


def workbook_inside(source: BinaryIO) -> bool:
    """Tell whether an open file begins as a workbook does, whatever its name promises."""
    head = source.read(4)
    source.seek(0)
    return head in {b"PK\x03\x04", b"\xd0\xcf\x11\xe0"}


def text_inside(source: BinaryIO) -> bool:
    """Tell whether an open file that is named as a workbook begins as a plain table of text does."""
    head = source.read(4096)
    source.seek(0)
    if head[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return True
    marked_up = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<"
    packed = head[:4] in {b"PK\x03\x04", b"\xd0\xcf\x11\xe0"} or b"\0" in head
    return not (marked_up or packed) and any(sign in head for sign in (b"\t", b",", b";"))


def _not_regular(path: Path) -> InvalidInput:
    return refuse(
        "file-not-regular",
        path,
        "这不是普通文件（可能是文件夹、链接或管道）。请直接给出文件本身。",
        "this is not a regular file (a folder, link or pipe). Give the file itself.",
    )


def check_size(path: Path, size: int, kind: str, limits: Limits) -> None:
    """Refuse an empty file and one that is too large.

    Raises
    ------
    InvalidInput
    """
    if size == 0:
        raise refuse("file-empty", path, "文件是空的。", "the file is empty.")
    texts = dict.fromkeys(("geojson", "geojsonl", "kml"), limits.text_bytes)
    most = ({"csv": limits.table_bytes} | texts).get(kind, limits.vector_bytes)
    if size > most:
        raise refuse(
            "file-too-large",
            path,
            f"文件有 {size / MIB:.0f} MB，超过上限 {most / MIB:.0f} MB。请分成几个文件导入。",
            f"the file has {size / MIB:.0f} MB, the limit is {most / MIB:.0f} MB. Split it.",
        )


def copy_and_hash(source: BinaryIO, target: Path | None) -> str:
    """Copy an open file to a private place and return the SHA-256 of its bytes.

    Parameters
    ----------
    source : binary file
        Read from its start and left there.
    target : Path or None
        None only hashes.
    """
    digest = hashlib.sha256()
    source.seek(0)
    if target is None:
        while block := source.read(_COPY_BYTES):
            digest.update(block)
    else:
        with target.open("xb") as out:
            while block := source.read(_COPY_BYTES):
                digest.update(block)
                out.write(block)
    source.seek(0)
    return digest.hexdigest()
