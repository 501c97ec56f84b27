"""What the cells of an XLSX file do not tell: links, formulas, hidden rows, error values, from when dates count."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from defusedxml import ElementTree

from gridmap.ingest.isolated.frame import Refused, declares_entities
from gridmap.ingest.isolated.zipped import checked_members, open_zip, too_big

_BLOCK = 1 << 20
_TAIL = 4096
_ROW = re.compile(rb"<(?:\w+:)?row\b([^>]*)>")
_HIDDEN = re.compile(rb"""\bhidden=["'](?:1|true)["']""")
_NUMBER = re.compile(rb"""\br=["'](\d+)["']""")
# A cell's tag is short: without a bound a forged sheet in which none ends is looked through from each of them.
_ERROR = re.compile(
    rb"""<(?:\w+:)?c\b(?=[^>]{0,300}\bt=["']e["'])[^>]{0,300}\br=["']([A-Z]{1,3})(\d{1,7})["'][^>]{0,300}>(?:(?!</(?:\w+:)?c>).){0,500}?"""
    rb"""<(?:\w+:)?v>([^<]{1,20})</""",
    re.DOTALL,
)
# An empty text that a formula gave is kept with its type; a program that does not compute leaves both out.
_NOT_COMPUTED = re.compile(
    rb"""<(?:\w+:)?c\b(?![^>]{0,300}\bt=)[^>]{0,300}\br=["']([A-Z]{1,3})(\d{1,7})["'][^>]{0,300}>\s*"""
    rb"""<(?:\w+:)?f\b(?:[^>]{0,300}/>|[^>]{0,300}>[^<]{0,2000}</(?:\w+:)?f>)\s*"""
    rb"""(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v>\s*</(?:\w+:)?v>)?\s*</(?:\w+:)?c>"""
)
NOT_COMPUTED = "#NOT-COMPUTED!"
"""What stands for the value of a formula that was never computed."""
_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_RELATED = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_MOST_XML = 4 << 20
# Atomic, so that a prolog of many comments is looked at once.
_DOCUMENT_TYPE = re.compile(
    rb"""(?:[\xef\xbb\xbf\xfe\xff\s]|(?><\?.*?\?>)|(?><!--.*?-->))*+<!(?:DOCTYPE|ENTITY)""", re.DOTALL
)


@dataclass(frozen=True)
class Facts:
    """What was found beside the cells.

    Attributes
    ----------
    notices : list of (code, zh, en)
    since_1904 : bool
    sheets : dict
        Worksheet to its hidden rows (from 1) and its error values by (row, column), both from 0.
    """

    notices: list[list[str]] = field(default_factory=list)
    since_1904: bool = False
    sheets: dict[str, tuple[set[int], dict[tuple[int, int], str]]] = field(default_factory=dict)

    def hidden(self, sheet: str) -> set[int]:
        """Rows of a sheet that are not shown, counted from 1."""
        return self.sheets.get(sheet, (set(), {}))[0]

    def errors(self, sheet: str) -> dict[tuple[int, int], str]:
        """Error values of a sheet by row and column, counted from 0."""
        return self.sheets.get(sheet, (set(), {}))[1]


def kind_of_zip(path: Path) -> str:
    """Return the ending that fits a zip archive's content: ``.xlsx``, ``.xlsb`` or ``.ods``.

    Raises
    ------
    Refused
        When it is no workbook.
    """
    with open_zip(path) as archive:
        names = set(archive.namelist())
    if "xl/workbook.bin" in names:
        return ".xlsb"
    if "[Content_Types].xml" in names and any(n.startswith("xl/") for n in names):
        return ".xlsx"
    if "content.xml" in names:
        return ".ods"
    raise Refused(
        "not-xlsx",
        "内容不是工作簿（可能只是改了扩展名）。请在电子表格软件中另存为 .xlsx。",
        "its content is no workbook (perhaps only its name was changed). Save it as .xlsx.",
    )


def look_over(path: Path, limits: dict[str, int]) -> Facts:
    """Look into an XLSX archive.

    Raises
    ------
    Refused
        When it unpacks to too much, declares entities, or is damaged.
    """
    notices = []
    sheets: dict[str, tuple[set[int], dict[tuple[int, int], str]]] = {}
    formulas = False
    with open_zip(path) as archive:
        members = {m.filename: m for m in checked_members(archive, limits)}
        for member in members.values():
            if member.filename.endswith((".xml", ".rels")):
                _refuse_entities(archive, member)
        since_1904, parts = _workbook(archive, members)
        for name, part in parts.items():
            if part in members:
                hidden, errors, has_formula = _sheet(archive, members[part], limits)
                sheets[name] = (hidden, errors)
                formulas |= has_formula
        if any(n.startswith("xl/externalLinks/") for n in members):
            notices.append(
                [
                    "links-not-followed",
                    "工作簿引用了其他文件，引用不会被打开，只读取保存时的值。",
                    "The workbook refers to other files; they are not opened, only saved values are read.",
                ]
            )
    if formulas:
        notices.append(
            [
                "formulas-not-computed",
                "表中有公式，只读取保存时的值，不重新计算。",
                "The sheet holds formulas; their saved values are read, nothing is computed.",
            ]
        )
    return Facts(notices, since_1904, sheets)


def _damaged() -> Refused:
    return Refused(
        "xlsx-broken",
        "工作簿损坏，无法读取。请在电子表格软件中另存一次。",
        "the workbook is damaged. Save it again from a spreadsheet program.",
    )


def _refuse_entities(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> None:
    try:
        with archive.open(member) as source:
            # A document type stands before all elements; of wide characters every other byte is none.
            head = source.read(_BLOCK).replace(b"\0", b"")
    # zipfile says NotImplementedError of a file whose compression or version it does not know.
    except (zipfile.BadZipFile, EOFError, OSError, NotImplementedError, ValueError):
        raise _damaged() from None
    if _DOCUMENT_TYPE.match(head):
        raise declares_entities()


def _workbook(archive: zipfile.ZipFile, members: dict[str, zipfile.ZipInfo]) -> tuple[bool, dict[str, str]]:
    """Tell whether dates count from 1904, and in which part of the archive each worksheet is."""
    book, related = (members.get(n) for n in ("xl/workbook.xml", "xl/_rels/workbook.xml.rels"))
    if book is None or related is None or max(book.file_size, related.file_size) > _MOST_XML:
        return False, {}
    try:
        root = ElementTree.fromstring(archive.read(book))
        targets = {e.get("Id"): e.get("Target", "") for e in ElementTree.fromstring(archive.read(related))}
    # What defusedxml refuses (entities) is a ValueError; calamine then judges the file.
    except (ElementTree.ParseError, ValueError, zipfile.BadZipFile, EOFError, OSError, NotImplementedError):
        return False, {}
    properties = root.find(f"{_MAIN}workbookPr")
    since_1904 = properties is not None and properties.get("date1904") in {"1", "true"}
    parts = {}
    for sheet in root.iter(f"{_MAIN}sheet"):
        target = targets.get(sheet.get(_RELATED)) or ""
        parts[sheet.get("name") or ""] = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
    return since_1904, parts


def _sheet(
    archive: zipfile.ZipFile, member: zipfile.ZipInfo, limits: dict[str, int]
) -> tuple[set[int], dict[tuple[int, int], str], bool]:
    hidden: set[int] = set()
    errors: dict[tuple[int, int], str] = {}
    has_formula = False
    for text in _windows(archive, member, limits):
        has_formula = has_formula or b"<f>" in text or b"<f " in text or b"<f/>" in text
        for attributes in _ROW.findall(text):
            number = _NUMBER.search(attributes)
            if number and _HIDDEN.search(attributes):
                hidden.add(int(number[1]))
        if b't="e"' in text or b"t='e'" in text:
            for letters, row, value in _ERROR.findall(text):
                errors[int(row) - 1, _column(letters)] = value.decode("utf-8", "replace")
        if has_formula:
            for letters, row in _NOT_COMPUTED.findall(text):
                errors[int(row) - 1, _column(letters)] = NOT_COMPUTED
    return hidden, errors, has_formula


def _windows(archive: zipfile.ZipFile, member: zipfile.ZipInfo, limits: dict[str, int]) -> Iterator[bytes]:
    """Give a member's text in pieces that overlap, so that no tag is cut in all of them."""
    tail = b""
    size = 0
    try:
        with archive.open(member) as source:
            while block := source.read(_BLOCK):
                size += len(block)
                if size > limits["unpacked_bytes"]:
                    raise too_big()
                yield tail + block
                tail = block[-_TAIL:]
    # zipfile says NotImplementedError of a file whose compression or version it does not know.
    except (zipfile.BadZipFile, EOFError, OSError, NotImplementedError, ValueError):
        raise _damaged() from None


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = 26 * number + letter - 64
    return number - 1
