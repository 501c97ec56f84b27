"""Quotes of a CSV file that nobody closed: the row in which the first one stands."""

from __future__ import annotations

import re
from pathlib import Path
from typing import BinaryIO

from gridmap.errors import InvalidInput
from gridmap.ingest.reading.files import refuse

_LOOKED_THROUGH_BYTES = 64 << 20


def broken_table(path: Path, source: BinaryIO, encoding: str, delimiter: str) -> InvalidInput:
    """Return the refusal of a table that cannot be parted into rows.

    Parameters
    ----------
    path : Path
        For the message.
    source : binary file
        What could not be read; it is read again.
    encoding : str
    delimiter : str
        One character.

    Returns
    -------
    InvalidInput
        It names the row of the first quote that is not closed, where there is one.
    """
    source.seek(0)
    raw = source.read(_LOOKED_THROUGH_BYTES)
    if len(raw) == _LOOKED_THROUGH_BYTES:
        # A row that is cut off here has no quote that closes.
        raw = raw[: raw.rfind(b"\n") + 1]
    text = raw.decode(encoding, "replace")
    row = row_of_open_quote(text, delimiter)
    if row is not None:
        return refuse(
            "csv-quote-open",
            path,
            f'第 {row} 行有一个引号没有成对。请补上另一个，或删去；内容里的引号要写两遍（""）。',
            f'row {row} has a quote that is not closed. Close or remove it; within a text write it twice: "".',
        )
    return refuse(
        "csv-broken",
        path,
        "表格结构损坏（行过长或列数不一致）。请在电子表格软件中另存为 CSV 后再导入。",
        "the table is broken (an endless row or uneven columns). Save it as CSV again from a spreadsheet program.",
    )


def row_of_open_quote(text: str, delimiter: str) -> int | None:
    """Find the row of the first quoted cell that does not end as one (RFC 4180, section 2).

    Parameters
    ----------
    text : str
    delimiter : str
        One character.

    Returns
    -------
    int or None
        Row, as a spreadsheet counts them: from 1, however many lines one has. None where every quoted cell
        ends before a separator or a line's end.
    """
    text = text.replace("\r\n", "\n")
    ends = re.escape(delimiter) + r"\r\n"
    # Possessive: what an open quote has swallowed, to the file's end, is not kept to be given back.
    cell = re.compile(f'(?:"(?:[^"]++|"")*+"|[^"{ends}][^{ends}]*)?(?=[{ends}]|\\Z)')
    # A mark at the file's begin is no part of its first cell.
    at = int(text.startswith("\ufeff"))
    row = 1
    while at < len(text):
        found = cell.match(text, at)
        if found is None:
            return row
        at = found.end() + 1
        row += text[found.end() : at] in {"\r", "\n"}
    return None
