"""The texts of a shapefile's table: in the encoding that they are in, whatever the file says of it."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

_NAMES = {"utf-8": "utf-8", "utf8": "utf-8", "65001": "utf-8"} | dict.fromkeys(
    ("gbk", "gb2312", "gb18030", "936", "cp936", "ansi 936"), "gb18030"
)
BYTES = "ISO-8859-1"
"""In this encoding GDAL hands each byte over as one character, and cuts nothing."""


def encoding_of(shp: Path) -> tuple[str, list[list[str]]]:
    """Tell the encoding of the attributes: what the file says where that is true, else what fits.

    Returns
    -------
    encoding : str
        ``utf-8`` or ``gb18030``.
    notices : list of (code, zh, en)
    """
    data = shp.with_suffix(".dbf").read_bytes()
    start = struct.unpack("<H", data[8:10])[0] if len(data) > 32 else 0
    said = None
    if shp.with_suffix(".cpg").is_file():
        name = shp.with_suffix(".cpg").read_bytes()[:40].decode("ascii", "replace").strip().lower()
        said = _NAMES.get(name)
    fits = [name for name in ("utf-8", "gb18030") if _decodes(data[start:], name)]
    found = said if said in fits else (fits or ["gb18030"])[0]
    if said is None or said == found:
        return found, []
    return found, [
        [
            "cpg-wrong",
            f".cpg 写的编码是 {said}，但文字只能按 {found} 读出，已按 {found} 读取。",
            f"The .cpg says {said}, but the texts can only be read as {found}, and were.",
        ]
    ]


def _decodes(data: bytes, encoding: str) -> bool:
    try:
        data.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def decoder(encoding: str) -> Callable[[str], str]:
    """Return what turns a text that GDAL read as :data:`BYTES` into what it says.

    A heading has room for ten bytes, and writers cut it in the middle of a character: what is left of that is dropped.
    """

    def decode(text: str) -> str:
        return text.encode(BYTES, "replace").decode(encoding, "ignore")

    return decode
