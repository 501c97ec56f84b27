"""Texts as a whole: what they hold of persons, and the same with that starred out."""

from __future__ import annotations

import re
from collections.abc import Iterable

from gridmap.ingest.personal.found import Found
from gridmap.ingest.personal.marks import find_cards, find_marks
from gridmap.ingest.personal.numbers import find_numbers
from gridmap.ingest.personal.plain import plain

REFUSED = ("identity", "phone")
"""Kinds that no record holds, wherever they stand."""


def find_in(text: str, *, identifier: bool = False) -> list[Found]:
    """Return what a text holds of persons, by place.

    Parameters
    ----------
    text : str
    identifier : bool
        Whether the text is a code or number of a record; see :func:`gridmap.ingest.personal.numbers.find_numbers`.
    """
    copy = plain(text)
    found = {*find_numbers(copy, identifier=identifier)}
    if not identifier:
        found |= {*find_cards(copy), *find_marks(copy)}
    return _in_order(found)


def _in_order(found: Iterable[Found]) -> list[Found]:
    return sorted(found, key=lambda f: (f.start, -f.end, f.kind))


def personal_in(text: str, *, identifier: bool = False) -> str | None:
    """Kind of personal number that a text holds: ``"identity"``, ``"phone"`` or None.

    Parameters
    ----------
    text : str
    identifier : bool
        See :func:`find_in`.
    """
    kinds = {f.kind for f in find_numbers(plain(text), identifier=identifier)}
    return next((kind for kind in REFUSED if kind in kinds), None)


def starred(text: str, found: Iterable[Found]) -> str:
    """Return a text with parts of it starred out, one star a character."""
    characters = list(text)
    for part in found:
        for place in range(part.start, part.end):
            if not characters[place].isspace():
                characters[place] = "*"
    return "".join(characters)


def mask(text: str) -> str:
    """Text with every long run of digits starred out, so that a report never repeats what it refuses."""
    shown = starred(text, find_in(text))
    return re.sub(
        r"[0-9０-９][0-9０-９ \-]{5,}[0-9０-９Xx]", lambda m: m[0][:2] + "*" * (len(m[0]) - 2), shown
    )
