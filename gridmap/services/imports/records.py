"""Import of records: a file in, rows in the database, or nothing at all and a spreadsheet of what to mend."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
from sqlalchemy.orm import Session

from gridmap.domain.accounts import Actor
from gridmap.domain.gridkey import Scope
from gridmap.domain.records import NOUNS
from gridmap.errors import Conflict, NotFound
from gridmap.ingest.model import Notice, ParsedTable
from gridmap.ingest.rows import KnownGrids, parse_table, write_refused
from gridmap.ingest.rows.refused import refuse_more
from gridmap.services.accounts.owners import require_owner
from gridmap.services.imports.kinds import Ground, ImportKind
from gridmap.storage.database import Database
from gridmap.storage.imports import bulk, journal, runs
from gridmap.storage.models import ImportRun
from gridmap.storage.workspace import settings as workspace

Progress = Callable[[str, int, int], None]
Reshape = Callable[[ParsedTable, Any], ParsedTable]
"""Accepted rows to the rows that are stored, which may be more or fewer."""

_WRITE_TIMEOUT_S = 1800


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
        Check and write nothing.
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
        mapping = _mapping(session, noun, options)
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
        known=_known(database, scope, kind, ground),
        on_progress=lambda done, total: say("check", done, total),
    )
    if kind.examine is not None:
        with database.scoped_session(scope) as session:
            parsed = kind.examine(session, parsed, ground)
    if kind.doubts is not None:
        with database.scoped_session(scope) as session:
            asked = kind.doubts(session, parsed)
        told = replace(parsed, warnings=(*parsed.warnings, *asked.notices))
        parsed = told if options.accept_doubtful else refuse_more(told, asked.rows)
    stored = parsed if reshape is None else reshape(parsed, ground)
    parameters = _parameters(options, mapping) | dict(remember or {})
    with database.scoped_session(scope) as session:
        earlier = runs.same_import(session, noun, parsed.file_sha256, parameters)
    if earlier is not None and not parsed.refused_rows:
        return ImportResult(
            noun,
            path.name,
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
        path.name,
        committed=False,
        total=parsed.total_rows,
        refused=parsed.refused_rows,
        outside=placed.outside,
        to_confirm=placed.to_confirm,
        parsed=parsed,
        refused_file=refused_file,
        warnings=parsed.warnings,
    )
    if options.dry_run or (parsed.refused_rows and not options.accept_valid):
        return result
    with database.scoped_session(scope, write=True, timeout_s=_WRITE_TIMEOUT_S) as session:
        rows = placed.rows
        if kind.prepare is not None:
            rows = kind.prepare(session, rows, database.settings.timezone)
        post = None if actor is None else actor.post
        done = _write(session, kind, parsed, rows, parameters, post, lambda n, total: say("copy", n, total))
        if tidy is not None and tidy(session):
            workspace.touch(session)
        if options.mapping_name and mapping:
            _save_mapping(session, noun, options.mapping_name, mapping, actor or Actor.at_the_machine())
        say("commit", 0, 1)
    say("commit", 1, 1)
    return replace(
        result, committed=True, inserted=done.inserted, updated=done.updated, unchanged=done.unchanged
    )


def _save_mapping(session: Session, noun: str, name: str, mapping: dict[str, str], actor: Actor) -> None:
    known, owner = runs.owner_of_mapping(session, noun, name)
    if known and runs.find_mapping(session, noun, name) != mapping:
        require_owner(actor, owner)
    if not known or runs.find_mapping(session, noun, name) != mapping:
        runs.save_mapping(session, noun, name, mapping, actor.post)


def _known(database: Database, scope: Scope, kind: ImportKind, ground: Ground) -> KnownGrids:
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


def _mapping(session: Session, noun: str, options: ImportOptions) -> dict[str, str] | None:
    if options.mapping is not None or options.mapping_name is None:
        return options.mapping
    found = runs.find_mapping(session, noun, options.mapping_name)
    if found is None:
        raise NotFound(
            "mapping-unknown",
            f"没有名为 {options.mapping_name} 的列对应表。请先用 --mapping 文件.json --save-as 名称 建立。",
            f"No mapping is called {options.mapping_name}. Make it with --mapping FILE.json --save-as "
            f"{options.mapping_name}.",
        )
    return found


def _parameters(options: ImportOptions, mapping: dict[str, str] | None) -> dict[str, Any]:
    return {
        "mapping": mapping,
        "crs": options.crs,
        "sheet": options.sheet,
        "layer": options.layer,
        "dayfirst": options.dayfirst,
        "accept_valid": options.accept_valid,
    } | ({"encoding": options.encoding} if options.encoding else {})


def _defaulted(kind: ImportKind, parsed: ParsedTable) -> frozenset[str]:
    """Return the columns that a file does not have and that new rows get a default for."""
    given = {*parsed.headers.values(), *parsed.constants}
    absent = {f.name for f in NOUNS[parsed.noun].fields if f.default is not None and f.name not in given}
    return frozenset(kind.load.columns_of(absent))


def _write(
    session: Session,
    kind: ImportKind,
    parsed: ParsedTable,
    rows: pa.Table,
    parameters: dict[str, Any],
    post: str | None,
    on_progress: bulk.Progress,
) -> bulk.Merged:
    run = ImportRun(
        noun=parsed.noun,
        file_name=parsed.file_name,
        file_sha256=parsed.file_sha256,
        parameters=parameters,
        rows_total=parsed.total_rows,
        rows_inserted=0,
        rows_updated=0,
        rows_unchanged=0,
        rows_refused=parsed.refused_rows,
        post=post,
    )
    session.add(run)
    session.flush()
    kept = _defaulted(kind, parsed)
    bulk.stage(session, kind.load, rows, on_progress=on_progress)
    if parsed.partial:
        bulk.complete_staged(session, kind.load)
    if kind.undoable:
        journal.snapshot(session, kind.load)
    done = bulk.merge_staged(session, kind.load, rows.num_rows, run.import_run_id, kept=kept)
    run.rows_inserted, run.rows_updated, run.rows_unchanged = done.inserted, done.updated, done.unchanged
    if kind.settle is not None:
        kind.settle(session, run.import_run_id)
    if kind.undoable:
        journal.keep(session, kind.load, run.import_run_id)
    run.finished_at = dt.datetime.now(dt.UTC)
    session.flush()
    if done.inserted or done.updated:
        workspace.touch(session)
    return done
