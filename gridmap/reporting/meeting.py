"""The pack of a joint meeting (联席会议): how things stand, what needs a word, what became of the last decisions."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from gridmap.reporting.model import Text
from gridmap.reporting.parts import Part, render


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


def render_meeting(pack: MeetingPack, languages: Literal["zh", "en", "both"], own: Path | None = None) -> str:
    """Write the pack.

    Parameters
    ----------
    pack : MeetingPack
    languages : {'zh', 'en', 'both'}
    own : Path, optional
        Folder with templates of the town's own.

    Returns
    -------
    str
        HTML that stands alone; also for :func:`gridmap.reporting.paper.to_pdf`.
    """
    return render("meeting.html.j2", languages, own, pack=pack)
