"""Profiles of source systems (来源配置): how one system's files are read, and what becomes of unknown values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

Unknown = Literal["ask", "refuse", "other"]
UNKNOWN: tuple[Unknown, ...] = get_args(Unknown)
UNKNOWN_WORDS: Mapping[str, tuple[str, str]] = {
    "ask": ("先问", "ask first"),
    "refuse": ("退回该行", "refuse the row"),
    "other": ("记为“其他”", "take it as “other”"),
}
"""What becomes of a value that no code list has."""


@dataclass(frozen=True, slots=True)
class Profile:
    """How one source system's files are read.

    Attributes
    ----------
    name : str
    noun : str
        What its rows are; key of :data:`gridmap.domain.records.NOUNS`.
    mapping : mapping
        Heading to field, field to ``=value``, and ``field=value`` to code, as docs/import.md has it.
    unknown : {'ask', 'refuse', 'other'}
        With ``ask`` nothing of a file with unknown values is written; ``refuse`` refuses these rows alone; ``other``
        takes them as the list's code for others, where it has one.
    crs, sheet, layer, encoding : str or None
    dayfirst : bool or None
    automatic : bool
        Whether what is dropped into its folder is imported by itself; until then a sample lies there to be looked at.
    owner : str or None
        Post that made it.
    headings : tuple of str
        Of the source's own files, in their order; empty until one was seen.
    """

    name: str
    noun: str = "incidents"
    mapping: Mapping[str, str] = field(default_factory=dict)
    unknown: Unknown = "ask"
    crs: str | None = None
    sheet: str | None = None
    layer: str | None = None
    encoding: str | None = None
    dayfirst: bool | None = None
    automatic: bool = False
    owner: str | None = None
    headings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ColumnFound:
    """A column of a file.

    Attributes
    ----------
    heading : str
    field : str or None
        What it is read as.
    filled, total : int
        Cells with something in them, and rows.
    unknown : tuple of (str, int)
        Values that no code list has, with the number of their rows.
    """

    heading: str
    field: str | None
    filled: int
    total: int
    unknown: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a file looks like under a profile.

    Attributes
    ----------
    columns : tuple of ColumnFound
        In the file's order.
    total, valid, refused : int
        Rows.
    missing : str or None
        What stops the file as a whole, as a person is told it in Chinese.
    missing_en : str or None
    reasons : tuple of (str, str, int)
        Why rows are refused, in both languages, with their number; the most frequent first.
    likely : mapping
        Headings that the profile says nothing of, and the fields that they are taken for in the proposal alone.
    """

    columns: tuple[ColumnFound, ...]
    total: int
    valid: int
    refused: int
    missing: str | None = None
    missing_en: str | None = None
    reasons: tuple[tuple[str, str, int], ...] = ()
    likely: Mapping[str, str] = field(default_factory=dict)
