"""The pack of a joint meeting (联席会议): how things stand, what needs a word, what became of the last decisions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from markupsafe import Markup

from gridmap.reporting.markup import in_languages
from gridmap.reporting.model import Text
from gridmap.reporting.page import Languages, wanted_languages
from gridmap.reporting.templating import page_templates
from gridmap.reporting.words import CAPTION


@dataclass(frozen=True, slots=True)
class Measure:
    """A figure of the period and of the one before.

    Attributes
    ----------
    name : Text
    now, before : str
        As they are written.
    change : str
        Empty where nothing can be said.
    """

    name: Text
    now: str
    before: str
    change: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A row of a table of the pack."""

    cells: tuple[Text, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """A table of the pack.

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
class MeetingPack:
    """Everything that the pack tells; true numbers, for those who meet.

    Attributes
    ----------
    place, period : Text
    as_of : str
        Local time at which things stand so.
    measures : tuple of Measure
    parts : tuple of Part
        Overdue, passed up, repeats, places, decisions.
    agenda : tuple of Text
    """

    place: Text
    period: Text
    before: Text
    as_of: str
    measures: tuple[Measure, ...]
    parts: tuple[Part, ...]
    agenda: tuple[Text, ...]


def render_meeting(pack: MeetingPack, languages: Literal["zh", "en", "both"]) -> str:
    """Write the pack.

    Parameters
    ----------
    pack : MeetingPack
    languages : {'zh', 'en', 'both'}

    Returns
    -------
    str
        HTML that stands alone; also for :func:`gridmap.reporting.paper.to_pdf`.
    """
    given: Languages = languages
    wanted = wanted_languages(given)
    environment = page_templates()

    def told(text: Text) -> Markup:
        return in_languages(text, wanted)

    environment.filters["told"] = told
    environment.globals |= {"t": lambda zh, en: told(Text(zh, en))}
    page = environment.get_template("meeting.html.j2").render(pack=pack, languages=wanted, caption=CAPTION)
    return "\n".join(line.rstrip() for line in page.splitlines() if line.strip()) + "\n"
