"""XLSX by calamine: values only, nothing is computed and no link is followed."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from python_calamine import CalamineError, CalamineWorkbook

from gridmap.ingest.isolated.frame import Refused, as_text
from gridmap.ingest.isolated.zipped import checked_members, choose_layer, open_zip, too_big

_BLOCK = 1 << 20


def read_xlsx(
    path: Path, sheet: str | None, limits: dict[str, int]
) -> tuple[pa.Table, NDArray[np.int64], list[list[str]]]:
    """Read one worksheet; the first row has the headings.

    Returns
    -------
    table : pyarrow.Table of string
    rows : ndarray of int64
        Spreadsheet row of each record.
    notices : list of (code, zh, en)

    Raises
    ------
    Refused
    """
    notices = _look_over(path, limits)
    try:
        book = CalamineWorkbook.from_path(str(path))
        names = book.sheet_names
        if sheet is not None and sheet not in names:
            raise choose_layer(names)
        if not names:
            raise Refused("no-rows", "没有工作表。", "it has no worksheet.")
        values = book.get_sheet_by_name(sheet or names[0])
        if values.total_height * max(values.total_width, 1) > 40 * limits["rows"]:
            raise too_big()
        if values.total_width > limits["columns"]:
            raise Refused(
                "too-many-columns",
                f"有 {values.total_width} 列，上限 {limits['columns']} 列。请只保留需要的列。",
                f"it has {values.total_width} columns, the limit is {limits['columns']}. Keep those needed.",
            )
        lines = values.to_python(skip_empty_area=False)
    except CalamineError:
        raise Refused(
            "xlsx-broken",
            "工作簿损坏，无法读取。请在电子表格软件中另存一次。",
            "the workbook is damaged. Save it again from a spreadsheet program.",
        ) from None
    return (*_table(lines), notices)


def _look_over(path: Path, limits: dict[str, int]) -> list[list[str]]:
    with open_zip(path) as archive:
        members = checked_members(archive, limits)
        names = {m.filename for m in members}
        if "[Content_Types].xml" not in names or not any(n.startswith("xl/") for n in names):
            raise Refused(
                "not-xlsx",
                "内容不是 XLSX 工作簿（可能只是改了扩展名）。请另存为 .xlsx。",
                "its content is not an XLSX workbook (perhaps only its name was changed). Save it as .xlsx.",
            )
        notices = []
        if any(n.startswith("xl/externalLinks/") for n in names):
            notices.append(
                [
                    "links-not-followed",
                    "工作簿引用了其他文件，引用不会被打开，只读取保存时的值。",
                    "The workbook refers to other files; they are not opened, only saved values are read.",
                ]
            )
        if any(
            _has_formula(archive, m, limits) for m in members if m.filename.startswith("xl/worksheets/sheet")
        ):
            notices.append(
                [
                    "formulas-not-computed",
                    "表中有公式，只读取保存时的值，不重新计算。",
                    "The sheet holds formulas; their saved values are read, nothing is computed.",
                ]
            )
    return notices


def _has_formula(archive: zipfile.ZipFile, member: zipfile.ZipInfo, limits: dict[str, int]) -> bool:
    tail = b""
    size = 0
    try:
        with archive.open(member) as source:
            while block := source.read(_BLOCK):
                size += len(block)
                if size > limits["unpacked_bytes"]:
                    raise too_big()
                tail += block
                if b"<f>" in tail or b"<f " in tail or b"<f/>" in tail:
                    return True
                tail = tail[-4:]
    # zipfile says NotImplementedError of a file whose compression or version it does not know.
    except (zipfile.BadZipFile, EOFError, OSError, NotImplementedError, ValueError):
        raise Refused(
            "xlsx-broken",
            "工作簿损坏，无法读取。请在电子表格软件中另存一次。",
            "the workbook is damaged. Save it again from a spreadsheet program.",
        ) from None
    return False


def _table(lines: list[list[Any]]) -> tuple[pa.Table, NDArray[np.int64]]:
    head = [as_text(v) or "" for v in lines[0]] if lines else []
    body = lines[1:]
    if not any(h.strip() for h in head):
        raise Refused(
            "headings-missing",
            "第一行没有表头。请在第一行写明各列名称。",
            "the first row has no headings. Name the columns in the first row.",
        )
    columns: dict[str, pa.Array] = {}
    filled = np.zeros(len(body), dtype=bool)
    for i, heading in enumerate(head):
        texts = pa.array([as_text(line[i]) for line in body], pa.string())
        if not heading.strip() and texts.null_count == len(texts):
            continue
        name = heading.strip() or f"column {i + 1}"
        if name in columns:
            raise Refused(
                "heading-twice",
                f"表头“{name[:40]}”出现了不止一次。请改名或删除重复的列。",
                f'the heading "{name[:40]}" stands more than once. Rename or delete one.',
            )
        columns[name] = texts
        filled |= texts.is_valid().to_numpy(zero_copy_only=False)
    rows = np.arange(2, len(body) + 2, dtype=np.int64)
    if not filled.any():
        raise Refused("no-rows", "只有表头，没有数据行。", "it has headings but no rows.")
    table = pa.table(columns)
    return (table, rows) if filled.all() else (table.filter(pa.array(filled)), rows[filled])
