"""Accepted rows into their table, with the journal of what they change."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from typing import Any

import pyarrow as pa
from sqlalchemy.orm import Session

from gridmap.domain.records import NOUNS
from gridmap.ingest.model import ParsedTable
from gridmap.ingest.rows.cleared import COLUMN as CLEARED
from gridmap.services.imports.kinds import ImportKind
from gridmap.storage.imports import bulk, journal
from gridmap.storage.models import ImportRun
from gridmap.storage.workspace import settings as workspace


def defaulted_of(kind: ImportKind, parsed: ParsedTable) -> frozenset[str]:
    """Return the columns that a file does not have and that new rows get a default for."""
    given = {*parsed.headers.values(), *parsed.constants}
    absent = {f.name for f in NOUNS[parsed.noun].fields if f.default is not None and f.name not in given}
    return frozenset(kind.load.columns_of(absent))


def write_rows(
    session: Session,
    kind: ImportKind,
    parsed: ParsedTable,
    rows: pa.Table,
    parameters: dict[str, Any],
    post: str | None,
    zone: str,
    on_progress: bulk.Progress,
) -> tuple[int, bulk.Merged]:
    """Write accepted rows in an open session, and enter the import with everything that it changed.

    Parameters
    ----------
    session : Session
        May write.
    kind : ImportKind
    parsed : ParsedTable
    rows : pyarrow.Table
        As the staging table wants them.
    parameters : dict
        How the file was read.
    post : str or None
    zone : str
        IANA name.
    on_progress : callable

    Returns
    -------
    int
        Number of the import.
    Merged
    """
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
    kept = defaulted_of(kind, parsed)
    bulk.stage(session, kind.load, rows, on_progress=on_progress)
    if kind.undoable:
        journal.snapshot(session, kind.load)
    # First what a row empties: of a segment without its line, the place is the one that the same row tells.
    emptied = bulk.clear(session, kind.load, emptied_of(kind, rows), run.import_run_id)
    if parsed.partial:
        bulk.complete_staged(session, kind.load)
    done = bulk.merge_staged(session, kind.load, rows.num_rows, run.import_run_id, kept=kept)
    if emptied:
        # A row in which one field is told and another emptied counts once.
        both = bulk.written_by(session, kind.load, run.import_run_id)
        updated = done.updated + len(emptied) if both is None else both - done.inserted
        done = bulk.Merged(done.inserted, updated, rows.num_rows - done.inserted - updated)
    run.rows_inserted, run.rows_updated, run.rows_unchanged = done.inserted, done.updated, done.unchanged
    if kind.settle is not None:
        kind.settle(session, run.import_run_id, zone)
    if kind.undoable:
        journal.keep(session, kind.load, run.import_run_id)
    run.finished_at = dt.datetime.now(dt.UTC)
    session.flush()
    if done.inserted or done.updated:
        workspace.touch(session)
    return run.import_run_id, done


def emptied_of(kind: ImportKind, rows: pa.Table) -> dict[str, list[str]]:
    """Return the fields that rows empty, with the keys of the rows."""
    out: dict[str, list[str]] = defaultdict(list)
    if CLEARED in rows.column_names:
        key = NOUNS[kind.noun].unique[0]
        for line in rows.select([key, CLEARED]).to_pylist():
            for field in (line[CLEARED] or "").split():
                out[field].append(line[key])
    return dict(out)
