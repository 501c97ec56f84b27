"""Workbooks by calamine (XLSX, XLSB, XLS, ODS): values only, nothing is computed and no link is followed."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetVisibleEnum

from gridmap.ingest.headings import HEADINGS_WITHIN, heading_row, known_headings
from gridmap.ingest.isolated import xlsx_facts
from gridmap.ingest.isolated.frame import Refused
from gridmap.ingest.isolated.sheet import sheet_table, texts_of
from gridmap.ingest.isolated.zipped import too_big

_MOST_SHEETS = 60
_OLE = b"\xd0\xcf\x11\xe0"


def read_xlsx(
    path: Path, sheet: str | None, limits: dict[str, int], known: Collection[str]
) -> tuple[pa.Table, NDArray[np.int64], list[list[str]], bool, list[str]]:
    """Read one worksheet of a workbook: the one named, or the one whose headings are best known.

    Returns
    -------
    table : pyarrow.Table of string
    rows : ndarray of int64
        Spreadsheet row of each record.
    notices : list of (code, zh, en)
    since_1904 : bool
        Whether numbers that are dates count from 1904.
    alike : list of str
        Worksheets that have such records, in the workbook's order.

    Raises
    ------
    Refused
    """
    path = _by_content(path)
    facts = xlsx_facts.look_over(path, limits) if path.suffix == ".xlsx" else xlsx_facts.Facts()
    notices = list(facts.notices)
    try:
        book = CalamineWorkbook.from_path(str(path))
        if not book.sheet_names:
            raise Refused("no-rows", "没有工作表。", "it has no worksheet.")
        if sheet is not None and sheet not in book.sheet_names:
            raise _unknown_sheet(book.sheet_names)
        chosen, more, alike = _choose(book, sheet, limits, known)
        notices += more
        cells = _cells(chosen, limits)
        merged = chosen.merged_cell_ranges or []
    except CalamineError:
        raise _broken() from None
    for (row, column), value in facts.errors(chosen.name).items():
        if row < len(cells) and column < len(cells[row]):
            cells[row][column] = value
    table, rows, told = sheet_table(cells, merged, known)
    hidden = len(set(rows.tolist()) & facts.hidden(chosen.name))
    if hidden:
        notices.append(
            [
                "rows-hidden",
                f"有 {hidden} 行在表中是隐藏的（筛选或手工隐藏），也读取了。",
                f"{hidden} rows are hidden in the sheet (filtered or by hand); they are read, too.",
            ]
        )
    return table, rows, notices + told, facts.since_1904, alike


def _unknown_sheet(names: list[str]) -> Refused:
    return Refused(
        "sheet-unknown",
        f"没有这个工作表。文件里有：{'、'.join(names[:20])}。请用 --sheet 指明其中一个，或用 --all-sheets 全部导入。",
        f"it has no such sheet, but {', '.join(names[:20])}. Name one with --sheet, or take all with --all-sheets.",
    )


def _broken() -> Refused:
    return Refused(
        "xlsx-broken",
        "工作簿损坏，无法读取。请在电子表格软件中另存一次。",
        "the workbook is damaged. Save it again from a spreadsheet program.",
    )


def _by_content(path: Path) -> Path:
    """Give the copy the ending of what it is: people rename files."""
    with path.open("rb") as file:
        head = file.read(512)
    if head.startswith(_OLE):
        kind = ".xls"
    elif head.startswith(b"PK"):
        kind = xlsx_facts.kind_of_zip(path)
    elif head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        raise Refused(
            "xlsx-web-page",
            "这是改了扩展名的网页（或 XML），不是工作簿。请用电子表格软件打开，另存为 .xlsx。",
            "it is a web page (or XML) under another name. Open it in a spreadsheet program and save it as .xlsx.",
        )
    else:
        raise Refused(
            "not-xlsx",
            "内容不是工作簿（可能只是改了扩展名）。请在电子表格软件中另存为 .xlsx。",
            "its content is no workbook (perhaps only its name was changed). Save it as .xlsx.",
        )
    return path.rename(path.with_suffix(kind))


def _cells(sheet: CalamineSheet, limits: dict[str, int]) -> list[list[str | None]]:
    if sheet.total_height * max(sheet.total_width, 1) > 40 * limits["rows"]:
        raise too_big()
    if sheet.total_width > limits["columns"]:
        raise Refused(
            "too-many-columns",
            f"有 {sheet.total_width} 列，上限 {limits['columns']} 列。请只保留需要的列。",
            f"it has {sheet.total_width} columns, the limit is {limits['columns']}. Keep those needed.",
        )
    return texts_of(sheet.to_python(skip_empty_area=False))


def _choose(
    book: CalamineWorkbook, wanted: str | None, limits: dict[str, int], known: Collection[str]
) -> tuple[CalamineSheet, list[list[str]], list[str]]:
    """Choose a worksheet, tell which others there are, and name those with such records."""
    shown = {m.name for m in book.sheets_metadata if m.visible == SheetVisibleEnum.Visible} or {
        *book.sheet_names
    }
    looked: dict[str, tuple[CalamineSheet, int, int]] = {}
    for name in (
        book.sheet_names if len(book.sheet_names) <= _MOST_SHEETS else [wanted or book.sheet_names[0]]
    ):
        sheet = book.get_sheet_by_name(name)
        if sheet.total_height * max(sheet.total_width, 1) > 40 * limits["rows"]:
            raise too_big()
        head = texts_of(sheet.to_python(skip_empty_area=False, nrows=HEADINGS_WITHIN))
        at = heading_row(head, known)
        score = known_headings(head[at], known) if head else 0
        height = sheet.end[0] + 1 if sheet.end else 0
        looked[name] = (sheet, score * (name in shown), height - at - 1 if score else height)
    chosen = wanted or max(looked, key=lambda name: (looked[name][1], looked[name][2] > 0))
    best = max(score for _, score, _ in looked.values())
    alike = [name for name, (_, score, rows) in looked.items() if rows and 2 <= score >= best / 2]
    others = [name for name in looked if name != chosen and looked[name][2]]
    if not others:
        return looked[chosen][0], [], alike
    way_zh, way_en = (
        ("，或用 --all-sheets 全部导入", ", or all with --all-sheets") if len(alike) > 1 else ("", "")
    )
    zh = "、".join(f"“{name}”{looked[name][2]} 行" for name in others[:20])
    en = ", ".join(f'"{name}" {looked[name][2]} rows' for name in others[:20])
    return (
        looked[chosen][0],
        [
            [
                "sheet-chosen",
                f"读取了工作表“{chosen}”；没有读取：{zh}。用 --sheet 名称 逐个导入{way_zh}。",
                f'The sheet "{chosen}" was read; not read: {en}. Import each with --sheet NAME{way_en}.',
            ]
        ],
        alike,
    )
