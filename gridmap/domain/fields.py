"""What a field table is made of: one column of a record, and the table of one noun."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Kind = Literal[
    "text", "key", "code", "instant", "day", "clock", "number", "integer", "boolean", "x", "y", "line"
]
"""What a field holds: ``key`` an identifier, ``x`` and ``y`` a coordinate, ``clock`` a time of day, ``line`` a way."""


@dataclass(frozen=True, slots=True)
class Field:
    """One column of a record.

    Attributes
    ----------
    name : str
        Column name, also the heading of exports.
    kind : str
        What it holds; see :data:`Kind`.
    zh : str
        Chinese heading.
    aliases : tuple of str
        Further headings in either language.
    required : bool
        Whether a row without it is refused.
    codes : mapping, optional
        Every accepted spelling (lower case) and its code.
    low, high : float, optional
        Smallest and largest accepted number.
    max_chars : int
        Longest accepted text.
    default : str, optional
        What an empty cell means.
    persons : str
        What happens to words that point at a person (names, plates, illness): the row is ``refused`` in names of teams
        and places, the words are ``starred`` out in free text, and nobody looks for them (``unasked``) in names of
        roads and the like. Identity and telephone numbers refuse the row everywhere.
    """

    name: str
    kind: Kind
    zh: str
    aliases: tuple[str, ...] = ()
    required: bool = False
    codes: Mapping[str, str] | None = None
    low: float | None = None
    high: float | None = None
    max_chars: int = 200
    default: str | None = None
    persons: Literal["refused", "starred", "unasked"] = "unasked"


@dataclass(frozen=True, slots=True)
class Noun:
    """The field table of one noun.

    Attributes
    ----------
    name, zh, en : str
        Plural name, and what one is called in a sentence.
    fields : tuple of Field
    place : str
        ``"point"``: a coordinate, a grid code or a village name is needed; ``"optional"``: it may have one;
        ``"line"``, ``"polygon"``: it has such a geometry; ``"none"``.
    unique : tuple of str
        Fields that together name a record.
    """

    name: str
    zh: str
    en: str
    fields: tuple[Field, ...]
    place: Literal["point", "optional", "line", "polygon", "none"]
    unique: tuple[str, ...]

    def field(self, name: str) -> Field:
        """Return the field of that name.

        Raises
        ------
        KeyError
            When the noun has no such field.
        """
        for f in self.fields:
            if f.name == name:
                return f
        raise KeyError(name)
