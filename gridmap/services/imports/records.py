"""Import of records: a file in, rows in the database, or nothing at all and a spreadsheet of what to mend."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy.orm import Session

from gridmap.domain.accounts import Actor
from gridmap.domain.gridkey import Scope
from gridmap.domain.records import NOUNS
from gridmap.errors import Conflict
from gridmap.ingest.model import Notice, ParsedTable
from gridmap.ingest.rows import KnownGrids, parse_table, write_refused
from gridmap.ingest.rows.refused import RowRefused, refuse_more
from gridmap.services.imports.history import rows_of
from gridmap.services.imports.kinds import Ground, ImportKind, RowChange
from gridmap.services.imports.mappings import mapping_of, save_mapping
from gridmap.services.imports.writing import write_rows
from gridmap.storage.database import Database
from gridmap.storage.imports import bulk, runs
from gridmap.storage.workspace import settings as workspace

Progress = Callable[[str, int, int], None]
Reshape = Callable[[ParsedTable, Any], ParsedTable]
"""Accepted rows to the rows that are stored, which may be more or fewer."""

_WRITE_TIMEOUT_S = 1800
MOST_COMPARED = 200
"""Rows that a dry run shows one by one."""


@dataclass(frozen=True)
class ImportResult:
    """What an import did.

    Attributes
    ----------
    noun, file_name : str
    committed : bool
        False for a dry run, a refusal, or a file that was imported before.
    same_as_run : int or None
        Number of the earlier import of the same file, when there is one.
    total, inserted, updated, unchanged, refused : int
        Rows.
    outside : int
        Accepted rows that lie in no grid; they are kept.
    to_confirm : int
        Accepted rows whose accuracy circle crosses an edge between villages.
    parsed : ParsedTable or None
    refused_file : Path or None
        Spreadsheet of the refused rows.
    warnings : tuple of Notice
    rows : tuple of RowChange
        Of a dry run: what would be new and which fields would change, before and after; at most `MOST_COMPARED`.
    run_id : int or None
        Number of the import, where one was made.
    asked : frozenset of int
        Numbers of refused rows that may mean another record than they say: a person who is sure has them imported.
    """

    noun: str
    file_name: str
    committed: bool
    same_as_run: int | None = None
    total: int = 0
    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    refused: int = 0
    outside: int = 0
    to_confirm: int = 0
    parsed: ParsedTable | None = None
    refused_file: Path | None = None
    warnings: tuple[Notice, ...] = ()
    rows: tuple[RowChange, ...] = ()
    run_id: int | None = None
    asked: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """How a file is to be read.

    Attributes
    ----------
    mapping : dict or None
        Heading to field, see docs/import.md.
    mapping_name : str or None
        Name of a remembered mapping; with `mapping` it is remembered under that name.
    crs, sheet, layer, encoding, dayfirst
        As :func:`gridmap.ingest.rows.parse_table` takes them.
    accept_valid : bool
        Import the valid rows although others are refused.
    accept_doubtful : bool
        Import rows although they may mean another record than they say.
    dry_run : bool
        Check, compare with what is stored, and write nothing.
    clear_blank : bool
        Empty stored fields where the file has a column and a row's cell in it is blank.
    refused_file : Path or None
        Where the spreadsheet of refused rows goes.
    """

    mapping: dict[str, str] | None = None
    mapping_name: str | None = None
    crs: str | None = None
    sheet: str | None = None
    layer: str | None = None
    encoding: str | None = None
    dayfirst: bool | None = None
    accept_valid: bool = False
    accept_doubtful: bool = False
    dry_run: bool = False
    clear_blank: bool = False
    refused_file: Path | None = None


def import_records(
    database: Database,
    scope: Scope,
    kind: ImportKind,
    path: Path,
    options: ImportOptions,
    *,
    now: dt.datetime | None = None,
    reshape: Reshape | None = None,
    tidy: Callable[[Session], int] | None = None,
    remember: Mapping[str, Any] | None = None,
    actor: Actor | None = None,
    on_progress: Progress | None = None,
) -> ImportResult:
    """Import a file of records of one kind.

    Parameters
    ----------
    database : Database
    scope : Scope
        Rows outside it are refused by the database.
    kind : ImportKind
    path : Path
    options : ImportOptions
    now : datetime, optional
        Aware; dates after it are refused.
    reshape : callable, optional
        Makes the rows that are stored from the accepted ones.
    tidy : callable, optional
        Called in the transaction that wrote the rows; returns how many others it removed.
    remember : mapping, optional
        Further parameters that make an import of the same file another one.
    actor : Actor, optional
        Whoever imports: a mapping that it saves is its own, and another's is left alone.
    on_progress : callable, optional
        Called with ``(step, done, total)``; steps are ``check``, ``assign``, ``copy`` and ``commit``.

    Returns
    -------
    ImportResult

    Raises
    ------
    InvalidInput
        When the file as a whole cannot be used.
    NotFound
        When the named mapping is not known.
    Conflict
        When the workspace has no grids yet.
    Forbidden
        When a row lies outside the scope.
    """
    say = on_progress or (lambda _step, _done, _total: None)
    noun = kind.noun
    # A file brings sealed cases in and puts them right; what is told of it names none of them.
    scope = scope.for_upkeep()
    with database.scoped_session(scope) as session:
        mapping = mapping_of(session, noun, options.mapping, options.mapping_name)
    ground: Ground = kind.ground(database, scope)
    if ground.is_empty and kind.needs_grids:
        raise Conflict(
            "no-grids",
            "工作区还没有网格。请先运行：gridmap grids import 文件",
            "The workspace has no grids yet. First run: gridmap grids import FILE",
        )
    parsed = parse_table(
        path,
        noun,
        mapping=mapping,
        crs=options.crs,
        sheet=options.sheet,
        layer=options.layer,
        encoding=options.encoding,
        bounds=ground.bounds,
        zone=database.settings.timezone,
        dayfirst=options.dayfirst,
        now=now,
        known=known_to(database, scope, kind, ground),
        clear_blank=options.clear_blank,
        on_progress=lambda done, total: say("check", done, total),
    )
    return import_parsed(
        database,
        scope,
        kind,
        parsed,
        ground,
        options,
        parameters=_parameters(options, mapping) | dict(remember or {}),
        mapping=mapping,
        reshape=reshape,
        tidy=tidy,
        actor=actor,
        say=say,
    )


def import_parsed(
    database: Database,
    scope: Scope,
    kind: ImportKind,
    parsed: ParsedTable,
    ground: Ground,
    options: ImportOptions,
    *,
    parameters: dict[str, Any],
    mapping: dict[str, str] | None = None,
    reshape: Reshape | None = None,
    tidy: Callable[[Session], int] | None = None,
    actor: Actor | None = None,
    guard: Callable[[Session], None] | None = None,
    say: Progress = lambda _step, _done, _total: None,
) -> ImportResult:
    """Import rows that have been read: examine them, ask about doubtful ones, and write them or nothing.

    Parameters
    ----------
    database, scope, kind, options, reshape, tidy, actor
        As of :func:`import_records`; the scope is one for upkeep.
    parsed : ParsedTable
    ground : Ground
    parameters : dict
        How the rows came about; kept with the import.
    mapping : dict or None
    guard : callable, optional
        Called in the transaction that writes, before it does: what it raises stops the import. An import with one that
        changes nothing is not entered.
    say : callable
    """
    noun = kind.noun
    if kind.load.marked:
        parsed = _not_withdrawn(database, scope, kind, parsed)
    if kind.examine is not None:
        with database.scoped_session(scope) as session:
            parsed = kind.examine(session, parsed, ground, database.settings.timezone)
    in_doubt: frozenset[int] = frozenset()
    if kind.doubts is not None:
        with database.scoped_session(scope) as session:
            asked = kind.doubts(session, parsed)
        told = replace(parsed, warnings=(*parsed.warnings, *asked.notices))
        parsed = told if options.accept_doubtful else refuse_more(told, asked.rows)
        in_doubt = frozenset() if options.accept_doubtful else frozenset(row.row for row in asked.rows)
    stored = parsed if reshape is None else reshape(parsed, ground)
    with database.scoped_session(scope) as session:
        earlier = runs.same_import(session, noun, parsed.file_sha256, parameters)
    if earlier is not None and not parsed.refused_rows:
        return ImportResult(
            noun,
            parsed.file_name,
            committed=False,
            same_as_run=earlier.import_run_id,
            total=parsed.total_rows,
            parsed=parsed,
        )
    refused_file = None
    if parsed.refused_rows and options.refused_file is not None:
        write_refused(options.refused_file, parsed)
        refused_file = options.refused_file
    say("assign", 0, 1)
    placed = kind.place(stored, ground)
    say("assign", 1, 1)
    result = ImportResult(
        noun,
        parsed.file_name,
        committed=False,
        total=parsed.total_rows,
        refused=parsed.refused_rows,
        outside=placed.outside,
        to_confirm=placed.to_confirm,
        parsed=parsed,
        refused_file=refused_file,
        warnings=parsed.warnings,
        asked=in_doubt,
    )
    if parsed.refused_rows and not (options.accept_valid or options.dry_run):
        return result
    with database.scoped_session(scope, write=True, timeout_s=_WRITE_TIMEOUT_S) as session:
        zone = database.settings.timezone
        rows = _ready(session, kind, placed.rows, zone, guard)
        post = None if actor is None else actor.post
        run_id, done = write_rows(
            session, kind, parsed, rows, parameters, post, zone, lambda n, total: say("copy", n, total)
        )
        result = replace(
            result, inserted=done.inserted, updated=done.updated, unchanged=done.unchanged, run_id=run_id
        )
        if guard is not None and not (done.inserted or done.updated):
            session.rollback()
            return replace(result, run_id=None)
        if options.dry_run:
            # What the import would do is what it does: all of it is done, looked at, and taken back.
            result = replace(result, rows=rows_of(session, kind, run_id, MOST_COMPARED), run_id=None)
            session.rollback()
            return result
        _finish(session, tidy, options, noun, mapping, actor)
        say("commit", 0, 1)
    say("commit", 1, 1)
    database.recount(kind.load.table, done.inserted)
    return replace(result, committed=True)


def _ready(
    session: Session, kind: ImportKind, rows: pa.Table, zone: str, guard: Callable[[Session], None] | None
) -> pa.Table:
    if guard is not None:
        guard(session)
    return rows if kind.prepare is None else kind.prepare(session, rows, zone)


def _finish(
    session: Session,
    tidy: Callable[[Session], int] | None,
    options: ImportOptions,
    noun: str,
    mapping: dict[str, str] | None,
    actor: Actor | None,
) -> None:
    if tidy is not None and tidy(session):
        workspace.touch(session)
    if options.mapping_name and mapping:
        save_mapping(session, noun, options.mapping_name, mapping, actor or Actor.at_the_machine())


def _not_withdrawn(database: Database, scope: Scope, kind: ImportKind, parsed: ParsedTable) -> ParsedTable:
    """Refuse rows whose record is withdrawn: whoever means it puts it back into force first."""
    key = NOUNS[kind.noun].unique[0]
    with database.scoped_session(scope) as session:
        gone = bulk.withdrawn_keys(session, kind.load, pc.unique(parsed.table[key]).drop_null())
    if not gone:
        return parsed
    zh, name = NOUNS[kind.noun].zh, kind.noun.replace("_", "-")
    wrong = [
        RowRefused(
            line["row"],
            key,
            "record-withdrawn",
            f"这条{zh}已经撤销。如仍有效，请先恢复：gridmap {name} restore {line[key]}。",
            f"this record is withdrawn. If it stands, put it back first: gridmap {name} restore {line[key]}.",
        )
        for line in parsed.table.select(["row", key]).to_pylist()
        if line[key] in gone
    ]
    return refuse_more(parsed, wrong)


def known_to(database: Database, scope: Scope, kind: ImportKind, ground: Ground) -> KnownGrids:
    """Return what the workspace knows; only what a file names is looked up."""

    def asked(read: Callable[[Session, pa.Array], pa.Array]) -> Callable[[pa.Array], pa.Array]:
        def there(wanted: pa.Array) -> pa.Array:
            with database.scoped_session(scope) as session:
                return read(session, wanted)

        return there

    return KnownGrids(
        ground.known_codes,
        ground.names,
        ground.shared_names,
        {} if kind.refers is None else {kind.refers[0]: asked(kind.refers[1])},
        asked(lambda session, wanted: bulk.stored_keys(session, kind.load, wanted)),
    )


def _parameters(options: ImportOptions, mapping: dict[str, str] | None) -> dict[str, Any]:
    return {
        "mapping": mapping,
        "crs": options.crs,
        "sheet": options.sheet,
        "layer": options.layer,
        "dayfirst": options.dayfirst,
        "accept_valid": options.accept_valid,
        **({"encoding": options.encoding} if options.encoding else {}),
        **({"clear_blank": True} if options.clear_blank else {}),
    }
