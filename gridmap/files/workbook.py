"""Workbooks in which every text is a text: no formula, no link, no number is made of what a record holds."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import xlsxwriter

from gridmap.files.cells import escape_cell

CELL_CHARS = 32_767
"""As many as a cell holds."""


@contextmanager
def open_workbook(path: Path) -> Iterator[Any]:
    """Give a new workbook, which is written when the block ends."""
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(str(path), options) as book:
        yield book


def put_text(sheet: Any, row: int, column: int, text: str, look: Any = None) -> None:
    """Write a text to a cell, escaped as in CSV: a workbook is saved as that, too."""
    sheet.write_string(row, column, escape_cell(text)[:CELL_CHARS], look)
