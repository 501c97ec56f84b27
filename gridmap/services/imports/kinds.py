"""What can be imported: each wing describes its own kinds, and one import serves them all."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Container, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import pyarrow as pa
from sqlalchemy.orm import Session

from gridmap.crs import BBox
from gridmap.domain.accounts import Actor
from gridmap.domain.gridkey import Scope
from gridmap.ingest.model import Notice, ParsedTable
from gridmap.ingest.rows.refused import RowRefused
from gridmap.storage.database import Database
from gridmap.storage.imports.loads import Load


class Ground(Protocol):
    """What an import asks of the workspace's grids."""

    @property
    def is_empty(self) -> bool:
        """Whether the workspace has no grids."""

    def known_codes(self, codes: Collection[str]) -> dict[str, int]:
        """Those of some official, former and own codes that name a grid, to its key."""

    @property
    def names(self) -> Container[str]:
        """Names of villages and paths to grids, as people write them."""

    @property
    def shared_names(self) -> Container[str]:
        """Names that several villages have."""

    @property
    def bounds(self) -> BBox | None:
        """West, south, east, north of where records may lie, in degrees."""


@dataclass(frozen=True)
class Placed:
    """Accepted rows as the staging table wants them.

    Attributes
    ----------
    rows : pyarrow.Table
    outside : int
        Rows that lie in no grid.
    to_confirm : int
        Rows whose accuracy circle crosses an edge between villages.
    """

    rows: pa.Table
    outside: int = 0
    to_confirm: int = 0


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field of one row, before an import and after it; of a place also how far it moved, in metres."""

    name: str
    before: str | None
    after: str | None
    moved_m: float | None = None


@dataclass(frozen=True, slots=True)
class RowChange:
    """What an import did to one row.

    Attributes
    ----------
    what : str
        ``new``, ``changed``, ``withdrawn``, ``restored``, ``ended`` (a grid), or ``removed`` by taking the import back.
    name : str
        Identifier of the record.
    fields : tuple of FieldChange
    domain : str, optional
        Of a case: what its codes of kinds mean.
    """

    what: str
    name: str
    fields: tuple[FieldChange, ...] = ()
    domain: str | None = None


@dataclass(frozen=True, slots=True)
class Undone:
    """What became of an import's rows when it was taken back.

    Attributes
    ----------
    restored, removed : int
        Rows that are as before, and rows that the import had brought and that are withdrawn now.
    left : tuple of (str, str, str)
        Rows that stay: identifier, and why in both languages.
    """

    restored: int
    removed: int
    left: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True)
class TakenBack:
    """What became of the rows that an import had brought.

    Attributes
    ----------
    removed : tuple of str
        Identifiers of those that are withdrawn now.
    left : tuple of (str, str, str)
        Those that stay: identifier, and why in both languages.
    """

    removed: tuple[str, ...]
    left: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Doubts:
    """Rows that a person is asked about, and what is told beside them.

    Attributes
    ----------
    rows : tuple of RowRefused
    notices : tuple of Notice
    """

    rows: tuple[RowRefused, ...]
    notices: tuple[Notice, ...] = ()


@dataclass(frozen=True)
class ImportKind:
    """One kind of record that files bring in.

    Attributes
    ----------
    noun : str
        Key of :data:`gridmap.domain.records.NOUNS`.
    load : Load
        How its rows get into their table.
    ground : callable
        Gives the grids of a scope; what a file touches of them is read when it is asked for.
    place : callable
        Gives each accepted row its grid.
    refers : tuple of (str, callable) or None
        Field that names another record, and what reads which of some names there are.
    needs_grids : bool
        Whether a workspace without grids refuses it.
    examine : callable or None
        Refuses rows by what the workspace already holds; asked after the file itself has been checked.
    doubts : callable or None
        Names rows that may mean another record than they say; they are refused unless a person is sure.
    doubt_between : callable or None
        Names the first row of several sheets that may mean another record than it says once those before are stored.
    prepare : callable or None
        Completes the rows in the transaction that writes them; is given the time zone.
    settle : callable or None
        Called in that transaction when the rows are written, with the number of the run and the time zone.
    take_back : callable or None
        Withdraws the rows that an import brought, given with the post, the reason and the time; they are deleted, and
        kept in the import's journal, where it is None.
    put_back : callable or None
        Called with the rows that are as before an import again.
    undoable : bool
        Whether an import of it can be taken back at all.
    """

    noun: str
    load: Load
    ground: Callable[[Database, Scope], Any]
    place: Callable[[ParsedTable, Any], Placed]
    refers: tuple[str, Callable[[Session, pa.Array], pa.Array]] | None = None
    needs_grids: bool = True
    examine: Callable[[Session, ParsedTable, Any, str], ParsedTable] | None = None
    doubts: Callable[[Session, ParsedTable], Doubts] | None = None
    doubt_between: Callable[[Mapping[str, ParsedTable]], tuple[str, str, RowRefused] | None] | None = None
    prepare: Callable[[Session, pa.Table, str], pa.Table] | None = None
    settle: Callable[[Session, int, str], None] | None = None
    take_back: Callable[[Session, list[dict[str, Any]], str, str, dt.datetime], TakenBack] | None = None
    put_back: Callable[[Session, list[dict[str, Any]]], None] | None = None
    undoable: bool = True


@dataclass(frozen=True, slots=True)
class OtherKind:
    """What is listed with the imports and shown and undone in its own way: versions of the boundaries.

    Attributes
    ----------
    noun : str
    shown : callable
        Gives an act row by row, at most so many rows.
    undo : callable
        Takes it back, for a reason.
    able : callable
        Tells whether that can be done.
    """

    noun: str
    shown: Callable[[Session, int, int | None], tuple[RowChange, ...]]
    undo: Callable[[Database, Actor, int, str], Undone]
    able: Callable[[Session, int], bool]
