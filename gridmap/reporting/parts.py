"""Documents that are made of tables: each a title, headings, lines, and what is said where there is none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from markupsafe import Markup

from gridmap.reporting.markup import in_languages
from gridmap.reporting.model import Text
from gridmap.reporting.page import Languages, wanted_languages
from gridmap.reporting.templating import page_templates
from gridmap.reporting.words import CAPTION


@dataclass(frozen=True, slots=True)
class Line:
    """A row of a table."""

    cells: tuple[Text, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """A table of a document.

    Attributes
    ----------
    title : Text
    headings : tuple of Text
    lines : tuple of Line
    none : Text
        What is said where there is no line.
    note : Text or None
        What was left out.
    """

    title: Text
    headings: tuple[Text, ...]
    lines: tuple[Line, ...]
    none: Text
    note: Text | None = None


@dataclass(frozen=True, slots=True)
class Tables:
    """A document of tables.

    Attributes
    ----------
    title, place : Text
    under : Text
        What stands under the title: of when it is, and of what.
    first : tuple of Text
        Sentences that come before the tables.
    parts : tuple of Part
    says_not : Text
        What a reader should not infer.
    """

    title: Text
    place: Text
    under: Text
    first: tuple[Text, ...]
    parts: tuple[Part, ...]
    says_not: Text


def render_tables(tables: Tables, languages: Literal["zh", "en", "both"]) -> str:
    """Write a document of tables; HTML that stands alone, also for :func:`gridmap.reporting.paper.to_pdf`."""
    return render("tables.html.j2", languages, tables=tables)


def render(template: str, languages: Literal["zh", "en", "both"], **values: Any) -> str:
    """Fill a template of a document in one language or two; HTML that stands alone."""
    given: Languages = languages
    wanted = wanted_languages(given)
    environment = page_templates()

    def told(text: Text) -> Markup:
        return in_languages(text, wanted)

    environment.filters["told"] = told
    environment.globals |= {"t": lambda zh, en: told(Text(zh, en))}
    page = environment.get_template(template).render(**values, languages=wanted, caption=CAPTION)
    return "\n".join(line.rstrip() for line in page.splitlines() if line.strip()) + "\n"
