"""Documents that office programs open (.docx): headings, facts, paragraphs to be filled by hand, one page a paper."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gridmap.files.xml_text import writable

FONT = "宋体"


@dataclass(frozen=True, slots=True)
class Paper:
    """One paper of a file.

    Attributes
    ----------
    title : str
    facts : sequence of (str, str)
        Name and value; an empty value is a blank to be filled by hand.
    parts : sequence of (str, str)
        Heading and text; an empty text gives ruled lines.
    signatures : sequence of str
        Whose signature, with its day.
    """

    title: str
    facts: Sequence[tuple[str, str]]
    parts: Sequence[tuple[str, str]] = ()
    signatures: Sequence[str] = ()


def write_papers(papers: Sequence[Paper], target: Path, *, footer: str) -> None:
    """Write papers as one document, each on a page of its own.

    Parameters
    ----------
    papers : sequence of Paper
    target : Path
    footer : str
        On every page.
    """
    import docx
    from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_BREAK
    from docx.oxml.ns import qn
    from docx.shared import Cm, Pt

    document = docx.Document()
    look = document.styles["Normal"]
    look.font.name, look.font.size = FONT, Pt(12)
    look.element.rPr.rFonts.set(qn("w:eastAsia"), FONT)
    section = document.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.left_margin = section.right_margin = Cm(2.6)
    section.footer.paragraphs[0].text = writable(footer)
    for n, paper in enumerate(papers):
        title = document.add_paragraph()
        if n:
            title.add_run().add_break(WD_BREAK.PAGE)
        title.alignment = WD_ALIGN_PARAGRAPH.CENTER
        words = title.add_run(writable(paper.title))
        words.bold, words.font.size = True, Pt(18)
        _facts(document, paper.facts)
        for heading, text in paper.parts:
            document.add_paragraph().add_run(writable(heading)).bold = True
            if text:
                document.add_paragraph(writable(text)).paragraph_format.first_line_indent = Pt(24)
            else:
                for _ in range(4):
                    document.add_paragraph("＿" * 34)
        for who in paper.signatures:
            line = document.add_paragraph(
                f"{writable(who)}（签名、盖章）：＿＿＿＿＿＿＿＿　　＿＿＿＿年＿＿月＿＿日"
            )
            line.paragraph_format.space_before = Pt(14)
    document.save(str(target))


def _facts(document: Any, facts: Sequence[tuple[str, str]]) -> None:
    if not facts:
        return
    table = document.add_table(rows=0, cols=2)
    table.style = "Table Grid"
    for name, value in facts:
        cells = table.add_row().cells
        cells[0].text, cells[1].text = writable(name), writable(value) or "＿＿＿＿＿＿＿＿＿＿＿＿"
    document.add_paragraph()
