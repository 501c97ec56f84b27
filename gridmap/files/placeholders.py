"""A town's own form files: workbooks and documents whose places ``{{name}}`` are filled, all else left as it is."""

from __future__ import annotations

import copy
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from gridmap.errors import InvalidInput
from gridmap.files.cells import escape_cell

Value = str | int | float | None
_PLACE = re.compile(r"\{\{\s*([^{}]+?)\s*\}\}")
_ROW = "row."
MOST_BYTES = 20_000_000


def fill_file(
    template: Path, target: Path, values: Mapping[str, Value], rows: Sequence[Mapping[str, Value]] = ()
) -> None:
    """Fill a workbook (.xlsx) or a document (.docx).

    Parameters
    ----------
    template : Path
        ``{{name}}`` stands where a value is to be. A table's row that holds ``{{row.name}}`` is made once for each row.
    target : Path
        Written at the end.
    values : mapping
        Name to value; a number alone in a cell stays a number.
    rows : sequence of mapping
        Names without ``row.``.

    Raises
    ------
    InvalidInput
        When the file is neither, is damaged, holds a program, or names something that there is not: with the place.
    """
    _check(template)
    if template.suffix.lower() == ".xlsx":
        _fill_workbook(template, target, values, rows)
    else:
        _fill_document(template, target, values, rows)


def _check(template: Path) -> None:
    name = template.name
    if template.suffix.lower() not in {".xlsx", ".docx"}:
        raise InvalidInput(
            "form-template-kind",
            f"{name}：表样应为 .xlsx 或 .docx。请在 WPS 或 Office 中另存。",
            f"{name}: a form file is .xlsx or .docx. Save it as one of these.",
        )
    try:
        with zipfile.ZipFile(template) as archive:
            size = sum(entry.file_size for entry in archive.infolist())
            programs = [entry for entry in archive.namelist() if "vbaProject" in entry]
    except (OSError, zipfile.BadZipFile):
        raise InvalidInput(
            "form-template-damaged",
            f"{name}：不是完整的表样文件。请在 WPS 或 Office 中打开后另存为 .xlsx 或 .docx。",
            f"{name}: not a whole workbook or document. Open it and save it anew as .xlsx or .docx.",
        ) from None
    if size > MOST_BYTES or programs:
        raise InvalidInput(
            "form-template-unsafe",
            f"{name}：表样含有宏，或展开后超过 20 MB。请去掉宏和大图再用。",
            f"{name}: the form file holds a macro or unpacks to more than 20 MB. Take these out.",
        )


def _filled(text: str, values: Mapping[str, Value], where: str) -> Value:
    """Return a text with its places filled; the value itself where the text is one place alone."""
    whole = _PLACE.fullmatch(text.strip())
    if whole:
        return _value(whole[1], values, where)
    return _PLACE.sub(lambda found: _said(_value(found[1], values, where)), text)


def _said(value: Value) -> str:
    return "" if value is None else f"{value:.2f}" if isinstance(value, float) else str(value)


def _value(name: str, values: Mapping[str, Value], where: str) -> Value:
    try:
        return values[name]
    except KeyError:
        near = "、".join(sorted(values)[:12])
        raise InvalidInput(
            "form-place-unknown",
            f"{where}：没有“{name}”这个填写项。可用的如：{near}…（gridmap forms places 列出全部）",
            f"{where}: there is no value {name!r}. There are {near} and more (gridmap forms places lists all).",
        ) from None


def _is_row(texts: Iterator[str]) -> bool:
    return any(found[1].startswith(_ROW) for text in texts for found in _PLACE.finditer(text))


def _with_row(values: Mapping[str, Value], row: Mapping[str, Value]) -> dict[str, Value]:
    return {**values, **{_ROW + name: value for name, value in row.items()}}


def _fill_workbook(
    template: Path, target: Path, values: Mapping[str, Value], rows: Sequence[Mapping[str, Value]]
) -> None:
    import openpyxl

    try:
        book = openpyxl.load_workbook(template)
    except Exception as error:
        raise InvalidInput(
            "form-template-damaged",
            f"{template.name}：读不出这个工作簿（{type(error).__name__}）。请另存后再用。",
            f"{template.name}: this workbook cannot be read ({type(error).__name__}). Save it anew.",
        ) from None
    for sheet in book.worksheets:
        at = 1
        while at <= sheet.max_row:
            cells = list(sheet[at])
            texts = (cell.value for cell in cells if isinstance(cell.value, str))
            if _is_row(texts):
                at += _repeat(sheet, at, values, rows, template.name)
            else:
                for cell in cells:
                    _fill_cell(cell, values, f"{template.name} {sheet.title}!{cell.coordinate}")
                at += 1
    book.save(target)


def _fill_cell(cell: Any, values: Mapping[str, Value], where: str) -> None:
    if isinstance(cell.value, str) and "{{" in cell.value:
        value = _filled(cell.value, values, where)
        cell.value = escape_cell(value) if isinstance(value, str) else value


def _repeat(
    sheet: Any, at: int, values: Mapping[str, Value], rows: Sequence[Mapping[str, Value]], name: str
) -> int:
    """Make a row once for each of `rows`; gives how many rows now stand there."""
    pattern = [(cell.column, cell.value, copy.copy(cell._style)) for cell in sheet[at]]  # noqa: SLF001 - its only way
    height = sheet.row_dimensions[at].height
    if len(rows) != 1:
        merged = [str(span) for span in sheet.merged_cells.ranges if span.min_row > at]
        for span in merged:
            sheet.unmerge_cells(span)
        if rows:
            sheet.insert_rows(at + 1, len(rows) - 1)
        else:
            sheet.delete_rows(at)
        for span in merged:
            moved = openpyxl_range(span)
            moved.shift(row_shift=len(rows) - 1)
            sheet.merge_cells(moved.coord)
    for offset, row in enumerate(rows):
        told = _with_row(values, row)
        sheet.row_dimensions[at + offset].height = height
        for column, text, style in pattern:
            cell = sheet.cell(at + offset, column)
            cell.value, cell._style = text, copy.copy(style)  # noqa: SLF001 - its only way
            _fill_cell(cell, told, f"{name} {sheet.title}!{cell.coordinate}")
    return len(rows)


def openpyxl_range(span: str) -> Any:
    """Return a range of a workbook's sheet."""
    from openpyxl.worksheet.cell_range import CellRange

    return CellRange(span)


def _fill_document(
    template: Path, target: Path, values: Mapping[str, Value], rows: Sequence[Mapping[str, Value]]
) -> None:
    import docx

    try:
        document = docx.Document(str(template))
    except Exception as error:
        raise InvalidInput(
            "form-template-damaged",
            f"{template.name}：读不出这个文档（{type(error).__name__}）。请另存后再用。",
            f"{template.name}: this document cannot be read ({type(error).__name__}). Save it anew.",
        ) from None
    parts = [document, *(part for section in document.sections for part in (section.header, section.footer))]
    for part in parts:
        for table in part.tables:
            _fill_table(table, values, rows, template.name)
        for n, paragraph in enumerate(part.paragraphs, 1):
            _fill_paragraph(paragraph, values, f"{template.name} 第 {n} 段 / paragraph {n}")
    document.save(str(target))


def _fill_table(
    table: Any, values: Mapping[str, Value], rows: Sequence[Mapping[str, Value]], name: str
) -> None:
    for n, line in enumerate(list(table.rows), 1):
        where = f"{name} 表格第 {n} 行 / table row {n}"
        if _is_row(p.text for cell in line.cells for p in cell.paragraphs):
            pattern = line._tr  # noqa: SLF001 - its only way
            for row in rows:
                made = copy.deepcopy(pattern)
                pattern.addprevious(made)
                _fill_line(type(line)(made, table), _with_row(values, row), where)
            pattern.getparent().remove(pattern)
        else:
            _fill_line(line, values, where)


def _fill_line(line: Any, values: Mapping[str, Value], where: str) -> None:
    for cell in line.cells:
        for paragraph in cell.paragraphs:
            _fill_paragraph(paragraph, values, where)


def _fill_paragraph(paragraph: Any, values: Mapping[str, Value], where: str) -> None:
    # A place may be cut into runs by the program that wrote it: the first run takes the whole text, in its look.
    if "{{" in paragraph.text:
        text = _said(_filled(paragraph.text, values, where))
        runs = paragraph.runs
        for run in runs[1:]:
            run.text = ""
        if runs:
            runs[0].text = text
