"""From the cells of a worksheet to a table: headings below titles, merged cells, two rows of headings."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import zip_longest
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from gridmap.ingest.headings import heading_key, heading_row, known_headings
from gridmap.ingest.isolated.frame import Refused, as_text

Merged = Sequence[tuple[tuple[int, int], tuple[int, int]]]
"""Corners (row, column) of merged cells, counted from the sheet's first cell, both included."""


def texts_of(lines: list[list[Any]]) -> list[list[str | None]]:
    """Cells as a person would have typed them."""
    return [[as_text(cell) for cell in line] for line in lines]


def sheet_table(
    cells: list[list[str | None]], merged: Merged, known: Collection[str]
) -> tuple[pa.Table, NDArray[np.int64], list[list[str]]]:
    """Make a table of a worksheet.

    Parameters
    ----------
    cells : list of list of str or None
        All rows from the first of the sheet.
    merged : sequence of pairs of (row, column)
    known : collection of str
        Headings that are expected; see :func:`gridmap.ingest.headings.heading_row`.

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
    filled = _fill(cells, merged)
    at = heading_row(cells, known)
    head = cells[at] if cells else []
    below = at + 1
    notices: list[list[str]] = []
    for upper in (at, at - 1):
        joined = _two_rows(cells, upper, known)
        if joined is not None and known_headings(joined, known) > known_headings(head, known):
            head, below = joined, upper + 2
    if below > at + 1 or head is not cells[at]:
        notices.append(
            [
                "headings-two-rows",
                f"第 {below - 1}、{below} 行合起来是表头。",
                f"Rows {below - 1} and {below} together are the headings.",
            ]
        )
    elif at:
        notices.append(
            [
                "headings-below-titles",
                f"表头在第 {at + 1} 行，上面是标题，未读取。",
                f"The headings stand in row {at + 1}; what is above them is a title and is not read.",
            ]
        )
    inside = sorted({row for row, _ in filled if row >= below})
    if inside:
        notices.append(
            [
                "merged-filled",
                f"第 {inside[0] + 1} 至 {inside[-1] + 1} 行有合并单元格，已按合并的内容填入每一行。",
                f"Rows {inside[0] + 1} to {inside[-1] + 1} have merged cells; each row was given what they hold.",
            ]
        )
    return (*_table(head, cells[below:], below), notices)


def _fill(cells: list[list[str | None]], merged: Merged) -> set[tuple[int, int]]:
    """Give every cell of a merged block what its first one holds; a title over many columns stays where it is."""
    filled = set()
    for (top, left), (bottom, right) in merged:
        if bottom >= len(cells) or right >= len(cells[top]):
            continue
        value = cells[top][left]
        for row in range(top, bottom + 1):
            for column in range(left, right + 1):
                # Across columns only in headings that span others below them: see _two_rows.
                if (row, column) != (top, left) and column == left and value is not None:
                    cells[row][column] = value
                    filled.add((row, column))
    return filled


def _two_rows(cells: list[list[str | None]], at: int, known: Collection[str]) -> list[str | None] | None:
    """Join a row of headings with the one below it, where that tells more columns than either alone."""
    if at < 0 or at + 1 >= len(cells):
        return None
    upper, lower = cells[at], cells[at + 1]
    spanning: str | None = None
    out: list[str | None] = []
    for above, below in zip_longest(upper, lower):
        spanning = above or spanning
        if below is None or below == above:
            out.append(above)
        elif heading_key(below) in known or above is None:
            out.append(below)
        else:
            out.append(f"{spanning or ''}{below}")
    told = known_headings(upper, known), known_headings(lower, known)
    return out if min(told) >= 1 and known_headings(out, known) > told[0] else None


def _table(
    head: Sequence[str | None], body: list[list[str | None]], first: int
) -> tuple[pa.Table, NDArray[np.int64]]:
    names = [(h or "").strip() for h in head]
    if not any(names):
        raise Refused(
            "headings-missing",
            "没有找到表头。请用一行写明各列名称。",
            "it has no headings. Name the columns in one row.",
        )
    columns: dict[str, pa.Array] = {}
    filled = np.zeros(len(body), dtype=bool)
    for i, heading in enumerate(names):
        texts = pa.array([line[i] if i < len(line) else None for line in body], pa.string())
        if not heading and texts.null_count == len(texts):
            continue
        name = heading or f"column {i + 1}"
        if name in columns:
            raise Refused(
                "heading-twice",
                f"表头“{name[:40]}”出现了不止一次。请改名或删除重复的列。",
                f'the heading "{name[:40]}" stands more than once. Rename or delete one.',
            )
        columns[name] = texts
        filled |= texts.is_valid().to_numpy(zero_copy_only=False)
    if not filled.any():
        raise Refused("no-rows", "只有表头，没有数据行。", "it has headings but no rows.")
    rows = np.arange(first + 1, first + 1 + len(body), dtype=np.int64)
    table = pa.table(columns)
    return (table, rows) if filled.all() else (table.filter(pa.array(filled)), rows[filled])
