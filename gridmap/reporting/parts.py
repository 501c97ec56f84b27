"""Documents that are made of tables: each a title, headings, lines, and what is said where there is none."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from gridmap.reporting import class_map
from gridmap.reporting.class_map import ClassMap
from gridmap.reporting.model import Text
from gridmap.reporting.page import Languages, wanted_languages
from gridmap.reporting.templating import fill
from gridmap.reporting.words import CAPTION

_NUMBER = re.compile(r"[<>≤+−–-]?[\d,.]*%?( ?\([^()]*%\))?")


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

    @property
    def numeric(self) -> tuple[bool, ...]:
        """Tell which columns hold numbers, to stand at the right; the first names the line."""
        return tuple(
            column > 0 and all(_NUMBER.fullmatch(line.cells[column].zh) for line in self.lines)
            for column in range(len(self.headings))
        )


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
    maps : tuple of ClassMap
        Come before the tables.
    """

    title: Text
    place: Text
    under: Text
    first: tuple[Text, ...]
    parts: tuple[Part, ...]
    says_not: Text
    maps: tuple[ClassMap, ...] = ()


def render_tables(tables: Tables, languages: Literal["zh", "en", "both"], own: Path | None = None) -> str:
    """Write a document of tables; HTML that stands alone, also for :func:`gridmap.reporting.paper.to_pdf`.

    Parameters
    ----------
    tables : Tables
    languages : {'zh', 'en', 'both'}
    own : Path, optional
        Folder with templates of the town's own.
    """
    given: Languages = languages
    wanted = wanted_languages(given)
    maps = [
        (
            shown,
            class_map.drawn(shown, wanted, paper=True, name=str(n)),
            class_map.keys(shown, wanted, name=str(n)),
        )
        for n, shown in enumerate(tables.maps)
    ]
    return render("tables.html.j2", languages, own, tables=tables, maps=maps)


def render(
    template: str, languages: Literal["zh", "en", "both"], own: Path | None = None, **values: Any
) -> str:
    """Fill a template of a document in one language or two; HTML that stands alone.

    Raises
    ------
    InvalidInput
        When a template of the town's own cannot be filled: it names the file, the line and what is wrong there.
    """
    given: Languages = languages
    return fill(template, wanted_languages(given), own, values | {"caption": CAPTION})
