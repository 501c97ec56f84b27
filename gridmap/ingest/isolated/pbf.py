"""How much an OpenStreetMap extract unpacks to, told from its frames before anything is unpacked.

The layout is that of the PBF format: a length of four bytes, a ``BlobHeader`` (type 1, datasize 3), a ``Blob`` (raw 1,
raw_size 2, packed data 3 to 7).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from gridmap.ingest.isolated.frame import Refused

_HEADER_MOST = 64 * 1024
_BLOB_MOST = 32 * 1024 * 1024
_RAW_SIZE = 2
_RAW = 1
_DATASIZE = 3
# Real extracts unpack to two or three times their size; what is mostly zeros unpacks to a thousand times.
_RATIO_MOST = 30


def check_pbf(path: Path, limits: dict[str, int]) -> None:
    """Refuse an extract that unpacks to more than the limits allow, or whose frames make no sense.

    Raises
    ------
    Refused
    """
    packed = raw = 0
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(0)
        while (at := file.tell()) < size:
            blob_size, unpacked = _blob(file, size - at)
            packed += blob_size
            raw += unpacked
            if raw > limits["unpacked_bytes"] * 2 or (raw > 1024 * 1024 and raw > packed * _RATIO_MOST):
                raise Refused(
                    "pbf-too-big",
                    "解压后过大，文件可能被做了手脚。请重新截取本镇范围的 OpenStreetMap 数据。",
                    "it unpacks to more than is read and may be forged. Cut out the town's surroundings of "
                    "OpenStreetMap again.",
                )


def _blob(file: BinaryIO, left: int) -> tuple[int, int]:
    """Size of the next blob as it stands and unpacked; the file is then behind it."""
    begin = file.tell()
    head = file.read(4)
    if len(head) < 4:
        raise _broken()
    (length,) = struct.unpack(">I", head)
    if not 0 < length <= min(_HEADER_MOST, left):
        raise _broken()
    header = dict(_fields(file.read(length)))
    size = header.get(_DATASIZE)
    if not isinstance(size, int) or not 0 < size <= min(_BLOB_MOST * 2, left):
        raise _broken()
    end = file.tell() + size
    if end - begin > left:
        raise _broken()
    # The declared size stands in front of the data with every writer; a blob that hides it is counted as it stands.
    blob = dict(_fields(file.read(min(size, 64)), cut=True))
    file.seek(end)
    raw = blob.get(_RAW_SIZE)
    if raw is None:
        raw = size if _RAW in blob else _BLOB_MOST
    return size, int(raw)


def _fields(data: bytes, *, cut: bool = False) -> Iterator[tuple[int, int]]:
    """Yield fields of a message: number, and its value or the length of its bytes."""
    at = 0
    try:
        while at < len(data):
            key, at = _varint(data, at)
            value, at = _varint(data, at)
            kind = key & 7
            if kind == 2:
                yield key >> 3, value
                at += value
            elif kind == 0:
                yield key >> 3, value
            else:
                raise _broken()
    except IndexError:
        if not cut:
            raise _broken() from None


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return value, at
        if shift > 63:
            raise _broken()


def _broken() -> Refused:
    return Refused(
        "file-broken",
        "文件损坏，或不是 OpenStreetMap 数据（可能只是改了扩展名）。请重新导出 .osm.pbf 或 .osm。",
        "it is damaged or no OpenStreetMap data (perhaps only its name was changed). Export .osm.pbf or .osm again.",
    )
