"""A report's file as somebody hands it in: what it says it was made of, and every line that it shows."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

from gridmap.ingest.isolated.pdf import CARRIED_PAGE
from gridmap.ingest.model import MIB, Limits
from gridmap.ingest.reading.files import copy_and_hash, open_regular, refuse
from gridmap.ingest.reading.sandbox import read_isolated

_LIMITS = Limits(vector_bytes=64 * MIB)
_ROWS = frozenset({"tr", "p", "li", "h1", "h2", "h3", "dt", "dd", "title"})
_UNSEEN = frozenset({"style", "script", "svg", "noscript", "nav"})


@dataclass(frozen=True, slots=True)
class ReportFile:
    """What a report's file says.

    Attributes
    ----------
    sha256 : str
        Of its bytes.
    carried : mapping of str to object
        What it says it was made of, and its figures; not to be believed.
    lines : tuple of str
        What it shows; in HTML a row of a table is one line.
    is_pdf : bool
        By what it holds, whatever its name says.
    """

    sha256: str
    carried: Mapping[str, object]
    lines: tuple[str, ...]
    is_pdf: bool


def read_report_file(path: Path, *, attachment: str) -> ReportFile:
    """Read a report's file, HTML or PDF, which may come from anybody.

    Parameters
    ----------
    path : Path
    attachment : str
        Name of the attachment of a PDF that holds what it was made of.

    Raises
    ------
    InvalidInput
        Naming the file, when it is no report of gridmap's.
    """
    with open_regular(path) as source:
        if source.seek(0, 2) > _LIMITS.vector_bytes:
            raise refuse(
                "report-file-large",
                path,
                "文件太大，不是本程序的报告。",
                "it is too large for a report of gridmap.",
            )
        source.seek(0)
        if source.read(5) == b"%PDF-":
            source.seek(0)
            raw = read_isolated(path, source, "pdf", attachment, limits=_LIMITS)
            pages, texts = (raw.table[name].to_pylist() for name in ("page", "text"))
            carried = "".join(t for p, t in zip(pages, texts, strict=True) if p == CARRIED_PAGE)
            lines = tuple(
                f"{p}: {t.strip()}" for p, t in zip(pages, texts, strict=True) if t and p != CARRIED_PAGE
            )
            return ReportFile(raw.file_sha256, _read(path, carried), lines, is_pdf=True)
        sha256 = copy_and_hash(source, None)
        page = _Page()
        page.feed(source.read().decode("utf-8", "replace"))
    return ReportFile(sha256, _read(path, page.carried), tuple(page.lines), is_pdf=False)


def _read(path: Path, text: str) -> Mapping[str, object]:
    try:
        carried: object = json.loads(text)
    except (ValueError, RecursionError):
        carried = None
    if not isinstance(carried, dict) or not isinstance(carried.get("figures"), dict):
        raise refuse(
            "report-file-foreign",
            path,
            "不是本程序的报告，或其中的复核数据已被删去。请使用原始的 .html 或 .pdf 文件。",
            "it is no report of gridmap's, or what it is checked by was taken out. Use the original file.",
        )
    return carried


class _Page(HTMLParser):
    """Collects the carried data and the lines of a page, in one language after the other as they stand."""

    def __init__(self) -> None:
        super().__init__()
        self.carried = ""
        self.lines: list[str] = []
        self._unseen = 0
        self._carrying = False
        self._parts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _UNSEEN:
            self._unseen += 1
            self._carrying = dict(attrs).get("id") == "carried"
        elif tag in _ROWS:
            self._end()

    def handle_endtag(self, tag: str) -> None:
        if tag in _UNSEEN:
            self._unseen -= 1
            self._carrying = False
        elif tag in _ROWS:
            self._end()
        elif tag in {"td", "th"}:
            self._parts.append(" | ")

    def handle_data(self, data: str) -> None:
        if self._carrying:
            self.carried += data
        elif not self._unseen:
            self._parts.append(data)

    def _end(self) -> None:
        line = " ".join("".join(self._parts).split())
        self._parts.clear()
        if line:
            self.lines.append(line)
