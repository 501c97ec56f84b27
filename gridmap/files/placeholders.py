"""A town's own form files: workbooks and documents whose places ``{{name}}`` are filled, all else left as it is."""

from __future__ import annotations

import copy
import difflib
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from gridmap.errors import InvalidInput
from gridmap.files.cells import escape_cell
from gridmap.files.xml_text import writable

Value = str | int | float | None
_CELL = re.compile(r"(\$?[A-Za-z]{1,3}\$?)([0-9]+)")
_PLACE = re.compile(r"\{\{\s*([^{}]+?)\s*\}\}")
_ROW = "row."
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_SPACE = "{http://www.w3.org/XML/1998/namespace}space"
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


def _check_whole(text: str, where: str) -> None:
    """Refuse a place that is begun and not ended, or the other way round: it would stay in the file as it is."""
    rest = _PLACE.sub("", text)
    found = next((sign for sign in ("{{", "}}", "｛｛", "｝｝") if sign in rest), None)
    if found is not None:
        raise InvalidInput(
            "form-place-open",
            f"{where}：“{found}”没有成对，或不是半角的 {{{{ }}}}。请写成 {{{{名称}}}}。",
            f"{where}: {found!r} stands alone, or is not of plain braces. Write {{{{name}}}}.",
        )


def _said(value: Value) -> str:
    return "" if value is None else f"{value:.2f}" if isinstance(value, float) else str(value)


def _value(name: str, values: Mapping[str, Value], where: str) -> Value:
    try:
        return values[name]
    except KeyError:
        alike = difflib.get_close_matches(name, values, n=6, cutoff=0.4)
        near = "、".join(alike or sorted(values, key=lambda known: (known.count("."), known))[:12])
        raise InvalidInput(
            "form-place-unknown",
            f"{where}：没有“{name}”这个填写项。可用的如：{near}…（gridmap forms places 或 projects places 列出全部）",
            f"{where}: there is no value {name!r}. There are {near} and more (gridmap forms places or projects places "
            "lists all).",
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
    if isinstance(cell.value, str):
        _check_whole(cell.value, where)
    if isinstance(cell.value, str) and "{{" in cell.value:
        value = _filled(cell.value, values, where)
        cell.value = escape_cell(writable(value)) if isinstance(value, str) else value


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
        _move_references(sheet, at, len(rows) - 1)
    for offset, row in enumerate(rows):
        told = _with_row(values, row)
        sheet.row_dimensions[at + offset].height = height
        for column, text, style in pattern:
            cell = sheet.cell(at + offset, column)
            cell.value, cell._style = text, copy.copy(style)  # noqa: SLF001 - its only way
            _fill_cell(cell, told, f"{name} {sheet.title}!{cell.coordinate}")
    return len(rows)


def _move_references(sheet: Any, at: int, by: int) -> None:
    """Let formulas of the workbook name the rows below `at` where they stand now; a sum over row `at` is over all."""
    from openpyxl.formula import Tokenizer

    own = {sheet.title, f"'{sheet.title}'"}
    for other in sheet.parent.worksheets:
        for cell in (c for line in other.iter_rows() for c in line if c.data_type == "f"):
            if not isinstance(cell.value, str):
                continue
            tokens = Tokenizer(cell.value)
            for token in tokens.items:
                told, sign, cells = token.value.rpartition("!")
                if token.subtype == "RANGE" and (told in own if sign else other is sheet):
                    token.value = told + sign + _moved(cells, at, by)
            cell.value = tokens.render()


def _moved(cells: str, at: int, by: int) -> str:
    ends = [_CELL.fullmatch(end) for end in cells.split(":")]
    if any(end is None for end in ends):
        return cells
    out = []
    for n, end in enumerate(end for end in ends if end is not None):
        row = int(end[2])
        # The last row of a span over the row that was repeated is the last of its repetitions.
        is_below = row > at or (n == 1 and row == at)
        out.append(f"{end[1]}{max(row + by, 1) if is_below else row}")
    return ":".join(out)


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
    parts = [document.element.body]
    for section in document.sections:
        for name in ("header", "first_page_header", "even_page_header"):
            both = (getattr(section, name), getattr(section, name.replace("header", "footer")))
            # To ask for the element of a header that there is not would make one.
            parts += [p._element for p in both if not p.is_linked_to_previous]  # noqa: SLF001 - its only way
    for part in parts:
        for line in list(part.iter(_W + "tr")):
            _repeat_line(line, values, rows, f"{template.name} 表格 / table")
        for n, paragraph in enumerate(part.iter(_W + "p"), 1):
            _fill_paragraph(paragraph, values, f"{template.name} 第 {n} 段 / paragraph {n}")
    document.save(str(target))


def _texts(paragraph: Any) -> list[Any]:
    """Texts of a paragraph, in order; not those of paragraphs within it, as a drawn box has them."""
    return [t for t in paragraph.iter(_W + "t") if next(t.iterancestors(_W + "p")) is paragraph]


def _repeat_line(
    line: Any, values: Mapping[str, Value], rows: Sequence[Mapping[str, Value]], where: str
) -> None:
    own = [p for p in line.iter(_W + "p") if next(p.iterancestors(_W + "tr")) is line]
    if not _is_row("".join(t.text or "" for t in _texts(p)) for p in own):
        return
    for row in rows:
        made = copy.deepcopy(line)
        line.addprevious(made)
        for paragraph in made.iter(_W + "p"):
            _fill_paragraph(paragraph, _with_row(values, row), where)
    line.getparent().remove(line)


def _fill_paragraph(paragraph: Any, values: Mapping[str, Value], where: str) -> None:
    # A place may be cut into pieces by the program that wrote it: the first takes the value, in its look.
    texts = _texts(paragraph)
    whole = "".join(t.text or "" for t in texts)
    _check_whole(whole, where)
    for found in reversed(list(_PLACE.finditer(whole))):
        told, at = _said(_value(found[1], values, where)), 0
        for t in texts:
            text = t.text or ""
            first, last = max(found.start() - at, 0), min(found.end() - at, len(text))
            if first < last:
                t.text = text[:first] + writable(told) + text[last:]
                t.set(_SPACE, "preserve")
                told = ""
            at += len(text)
