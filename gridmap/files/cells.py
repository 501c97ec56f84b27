"""Cells that a spreadsheet program would run: escaped on the way out, restored on the way in."""

from __future__ import annotations

import re
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
# Quotes in front of a formula are taken away by a program that splits there.
_RUNS = r"""(?=['"]*[=+\-@＝＋－＠])"""
_PARTS = r"(?<=[;,|\t\r\n；，])"
"""A list separator, a tab or a line end begins a cell of its own for such a program."""
_WHOLE = r"""\A(?=['"]*[=+\-@＝＋－＠\t\r\n])"""
_DANGEROUS = re.compile(f"{_WHOLE}|{_PARTS}{_RUNS}")
_ESCAPED = re.compile(f"\\A'{_WHOLE[2:]}|{_PARTS}'{_RUNS}")


def escape_cell(text: str) -> str:
    """Text that no spreadsheet program takes for a formula, at whatever separator it splits.

    Where a cell, or a part of it after ``;``, ``,``, ``|``, tab or line end, begins with ``= + - @``, tab or line end,
    also in full width and behind quotes, it gets an apostrophe in front; plain numbers stay as they are, and NUL is
    dropped. :func:`restore_cells` takes it back exactly.

    Parameters
    ----------
    text : str

    Returns
    -------
    str
    """
    # Letters and digits alone: most names and codes.
    if text.isalnum():
        return text
    text = text.replace("\0", "")
    return text if _NUMBER.fullmatch(text) else _DANGEROUS.sub("'", text)


def restore_cells(column: Any) -> Any:
    """Column without the apostrophes that :func:`escape_cell` put in.

    Parameters
    ----------
    column : pyarrow.ChunkedArray of string
    """
    if column.null_count == len(column) or not pc.any(pc.match_substring(column, "'")).as_py():
        return column
    told = [None if text is None else _ESCAPED.sub("", text) for text in column.to_pylist()]
    return pa.chunked_array([pa.array(told, column.type)])
