"""Tables of text out of typed values, as the reading process hands them back."""

from __future__ import annotations

import datetime as dt
import json
import math
from typing import Any

import numpy as np
import pyarrow as pa
import shapely
from numpy.typing import NDArray

ROW = "\x01row"
WKB = "\x01wkb"


class Refused(Exception):
    """A file that is refused, before its name is known."""

    def __init__(self, code: str, zh: str, en: str) -> None:
        super().__init__(code)
        self.code, self.zh, self.en = code, zh, en


def declares_entities() -> Refused:
    """Refusal of XML with a document type or entities."""
    return Refused(
        "xml-entities",
        "XML 中含有文档类型或实体声明，可能是攻击，拒绝读取。请重新导出。",
        "it declares a document type or entities (perhaps an attack) and is not read. Export it again.",
    )


def as_text(value: Any) -> str | None:
    """Cell value as a person would have typed it; None where empty."""
    if value is None or value == "":
        return None
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _number_as_text(value)
    if isinstance(value, dt.datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, dt.timedelta):
        seconds = int(value.total_seconds())
        return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False, default=str)
    return str(value)


def _number_as_text(value: float) -> str | None:
    if math.isnan(value):
        return None
    # A spreadsheet has no whole numbers: codes and counts come as floats, of fifteen digits at most. What is longer has
    # lost its last digits, and is written so that this can be seen.
    if value.is_integer():
        return str(int(value)) if abs(value) < 1e15 else f"{value:.15g}"
    return repr(value)


def text_table(columns: dict[str, list[Any]], n: int) -> pa.Table:
    """Table of strings from columns of any values."""
    if not columns:
        return pa.table({ROW: pa.nulls(n, pa.int64())}).drop_columns([ROW])
    return pa.table({k: pa.array([as_text(v) for v in values], pa.string()) for k, values in columns.items()})


def settle_geometries(
    wkb: list[bytes | None], limits: dict[str, int]
) -> tuple[NDArray[np.object_], list[list[str]]]:
    """Decode geometries: close open rings, drop heights and measures, leave out what is broken, and say so.

    Returns
    -------
    geometry : ndarray of shapely geometries
        Two-dimensional; None where missing or broken.
    notices : list of (code, zh, en)
    """
    given = np.array(wkb, dtype=object)
    present = np.array([w is not None for w in wkb], dtype=bool)
    geometry = np.array(shapely.from_wkb(given, on_invalid="ignore"), dtype=object)
    lost = present & shapely.is_missing(geometry)
    notices = []
    if lost.any():
        fixed = np.array(shapely.from_wkb(given[lost], on_invalid="fix"), dtype=object)
        geometry[lost] = fixed
        closed = int((~shapely.is_missing(fixed)).sum())
        if closed:
            notices.append(rings_closed(closed))
        broken = present & shapely.is_missing(geometry)
        if broken.any():
            notices.append(geometries_broken((np.flatnonzero(broken) + 1).tolist()))
    high = shapely.has_z(geometry) | shapely.has_m(geometry)
    if high.any():
        notices.append(heights_dropped(int(high.sum())))
        geometry = np.array(shapely.force_2d(geometry), dtype=object)
    count_vertices(int(shapely.get_num_coordinates(geometry).sum()), limits)
    return geometry, notices


def count_vertices(vertices: int, limits: dict[str, int]) -> None:
    """Refuse more vertices than are read.

    Raises
    ------
    Refused
    """
    if vertices > limits["vertices"]:
        raise Refused(
            "too-many-vertices",
            f"图形共有 {vertices} 个顶点，上限 {limits['vertices']} 个。请简化或分成几个文件。",
            f"its shapes have {vertices} vertices, the limit is {limits['vertices']}. Simplify or split it.",
        )


def rings_closed(count: int) -> list[str]:
    """Notice that open rings were closed."""
    return [
        "rings-closed",
        f"有 {count} 个图形的边界环没有闭合，已自动闭合。",
        f"{count} shapes had rings that were not closed; they were closed.",
    ]


def heights_dropped(count: int) -> list[str]:
    """Notice that heights and measures were dropped."""
    return [
        "heights-dropped",
        f"有 {count} 个图形带高程（Z）或量测值（M），已去掉。",
        f"{count} shapes carried heights (Z) or measures (M); these were dropped.",
    ]


def geometries_broken(rows: list[int]) -> list[str]:
    """Notice of features whose geometry could not be read."""
    shown = ", ".join(str(r) for r in rows[:20])
    more = "…" if len(rows) > 20 else ""
    return [
        "geometries-broken",
        f"第 {shown}{more} 个要素的图形损坏，无法读取。",
        f"The shapes of features {shown}{more} are damaged and cannot be read.",
    ]
