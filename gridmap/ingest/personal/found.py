"""What a search of a text for personal data gives."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Found:
    """A part of a text that points at a person.

    Attributes
    ----------
    kind : str
        ``identity``, ``phone``, or one of :data:`gridmap.ingest.personal.marks.KINDS`.
    start, end : int
        ``text[start:end]`` is the part.
    """

    kind: str
    start: int
    end: int
