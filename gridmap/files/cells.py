"""Cells that a spreadsheet program would run: escaped on the way out, restored on the way in."""

from __future__ import annotations

import re
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

_DANGEROUS = re.compile(r"[=+\-@\t\r\n＝＋－＠]")
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
# A program that is told another separator than ours begins a cell behind it.
_SEPARATORS = re.compile(r"([;,|\t\r\n])")
_PART = re.compile(r"[=+\-@＝＋－＠]")
_ESCAPED = r"^'([=+\-@\t\r\n＝＋－＠'])"
_ESCAPED_PART = r"([;,|\t\r\n])'([=+\-@＝＋－＠'])"


def escape_cell(text: str) -> str:
    """Text that no spreadsheet program takes for a formula.

    Cells that begin with ``= + - @``, tab or line end get an apostrophe in front, and so do parts of a cell behind a
    semicolon, comma, bar, tab or line end, where a program with another separator begins a new cell; plain numbers
    stay as they are, and NUL is dropped.

    Parameters
    ----------
    text : str

    Returns
    -------
    str
    """
    text = text.replace("\0", "")
    if _SEPARATORS.search(text):
        first, *rest = _SEPARATORS.split(text)
        text = first + "".join(p if _SEPARATORS.fullmatch(p) else _escape_part(p) for p in rest)
    if _DANGEROUS.match(text) and not _NUMBER.fullmatch(text):
        return "'" + text
    # An apostrophe of the text itself must not be taken for ours when it comes back.
    if text.startswith("'") and len(text) > 1 and (_DANGEROUS.match(text, 1) or text[1] == "'"):
        return "'" + text
    return text


def _escape_part(part: str) -> str:
    escaped = _PART.match(part) and not _NUMBER.fullmatch(part)
    ours = part.startswith("'") and len(part) > 1 and (_PART.match(part, 1) or part[1] == "'")
    return "'" + part if escaped or ours else part


def restore_cells(column: Any) -> Any:
    """Column without the apostrophes that :func:`escape_cell` put in front.

    Parameters
    ----------
    column : pyarrow.ChunkedArray of string
    """
    if column.null_count == len(column) or not pc.any(pc.match_substring(column, "'")).as_py():
        return column
    restored: pa.ChunkedArray = pc.replace_substring_regex(column, _ESCAPED, r"\1")
    return pc.replace_substring_regex(restored, _ESCAPED_PART, r"\1\2")
