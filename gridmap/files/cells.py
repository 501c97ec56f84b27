"""Cells that a spreadsheet program would run: escaped on the way out, restored on the way in."""

from __future__ import annotations

import re
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

_DANGEROUS = re.compile(r"[=+\-@\t\r\n＝＋－＠]")
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
_ESCAPED = r"^'([=+\-@\t\r\n＝＋－＠'])"


def escape_cell(text: str) -> str:
    """Text that no spreadsheet program takes for a formula.

    Cells that begin with ``= + - @``, tab or line end get an apostrophe in front; plain numbers stay as they
    are, and NUL is dropped.

    Parameters
    ----------
    text : str

    Returns
    -------
    str
    """
    text = text.replace("\0", "")
    if _DANGEROUS.match(text) and not _NUMBER.fullmatch(text):
        return "'" + text
    # An apostrophe of the text itself must not be taken for ours when it comes back.
    if text.startswith("'") and len(text) > 1 and (_DANGEROUS.match(text, 1) or text[1] == "'"):
        return "'" + text
    return text


def restore_cells(column: Any) -> Any:
    """Column without the apostrophes that :func:`escape_cell` put in front.

    Parameters
    ----------
    column : pyarrow.ChunkedArray of string
    """
    if column.null_count == len(column) or not pc.any(pc.starts_with(column, "'")).as_py():
        return column
    restored: pa.ChunkedArray = pc.replace_substring_regex(column, _ESCAPED, r"\1")
    return restored
