"""Bulk loading: rows go through a staging table by COPY, then into their table in one statement.

COPY may not write to a table with row-level security; the staging table is temporary, the policies check the merge.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.csv
from sqlalchemy import text
from sqlalchemy.orm import Session

from gridmap.storage.imports.loads import Load

_BATCH_ROWS = 50_000

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Merged:
    """What became of the rows of a bulk load."""

    inserted: int
    updated: int
    unchanged: int


def merge(
    session: Session,
    load: Load,
    rows: pa.Table,
    run_id: int | None = None,
    *,
    kept: Collection[str] = (),
    on_progress: Progress | None = None,
) -> Merged:
    """Insert new rows, update changed ones, leave equal ones alone.

    Parameters
    ----------
    session : Session
        A scoped session that may write.
    load : Load
        Which table, from which staging columns.
    rows : pyarrow.Table
        Columns as `load.staging` names them; instants as timestamps, keys as int64.
    run_id : int, optional
        Import run that changed rows point to.
    kept : collection of str
        Columns that the rows give a default and not a value: a row that is there keeps its own.
    on_progress : callable, optional
        Called with ``(done, total)`` rows copied.

    Returns
    -------
    Merged

    Raises
    ------
    GridmapError
        From the session's translation, e.g. Forbidden for a row outside the scope.
    """
    stage(session, load, rows, on_progress=on_progress)
    return merge_staged(session, load, rows.num_rows, run_id, kept=kept)


def stored_keys(session: Session, load: Load, wanted: pa.Array) -> pa.Array:
    """Return which of some identifiers are stored, for a table with one column of them."""
    query = text(f"select {load.key[0]} from {load.table} where {load.key[0]} = any(:wanted)")  # noqa: S608 - own names
    return pa.array(session.scalars(query, {"wanted": wanted.to_pylist()}).all(), pa.string())


def complete_staged(session: Session, load: Load) -> None:
    """Give staged rows of a few fields what is stored of them, so that they update and take nothing away."""
    session.execute(text(load.complete_sql))


def merge_staged(
    session: Session, load: Load, rows: int, run_id: int | None = None, *, kept: Collection[str] = ()
) -> Merged:
    """Merge what :func:`stage` has staged; see :func:`merge`."""
    # Looking for the row that each one might clash with takes a quarter of the time of a first import.
    known = session.scalar(text(load.known_sql))
    counts = session.execute(text(load.merge_sql(kept) if known else load.insert_sql), {"run": run_id}).one()
    inserted, touched = int(counts[0]), int(counts[1])
    return Merged(inserted, touched - inserted, rows - touched)


def clear(
    session: Session, load: Load, fields: Mapping[str, Collection[str]], run_id: int | None = None
) -> frozenset[str]:
    """Empty fields of stored rows; return the keys of those that were not empty there.

    Parameters
    ----------
    session : Session
    load : Load
    fields : mapping
        Field to the keys of the rows in which it is emptied.
    run_id : int, optional
        Import run that changed rows point to.
    """
    touched: set[str] = set()
    for field, keys in fields.items():
        columns = sorted(load.columns_of({field}) - set(load.key))
        if not columns:
            continue
        emptied = ", ".join(f"{c} = null" for c in columns) + (
            ", import_run_id = coalesce(cast(:run as bigint), import_run_id)" if load.has_run else ""
        )
        filled = " or ".join(f"{c} is not null" for c in columns)
        done = session.scalars(
            text(
                f"update {load.table} set {emptied} where {load.key[0]} = any(:keys) and ({filled})"  # noqa: S608 - own names
                f" returning {load.key[0]}"
            ),
            {"keys": list(keys), "run": run_id},
        )
        touched |= set(done)
    return frozenset(touched)


def written_by(session: Session, load: Load, run_id: int) -> int | None:
    """Count the staged rows that an import has written; None where the table does not remember the import."""
    return int(session.scalar(text(load.written_sql), {"run": run_id}) or 0) if load.has_run else None


def withdrawn_keys(session: Session, load: Load, wanted: pa.Array) -> frozenset[str]:
    """Return which of some identifiers are those of withdrawn rows."""
    show_withdrawn(session)
    query = text(
        f"select {load.key[0]} from {load.table} where withdrawn_at is not null and {load.key[0]} = any(:wanted)"  # noqa: S608 - own names
    )
    found = frozenset(session.scalars(query, {"wanted": wanted.to_pylist()}))
    hide_withdrawn(session)
    return found


def show_withdrawn(session: Session) -> None:
    """Let this transaction see what is withdrawn."""
    session.execute(text("select set_config('gridmap.withdrawn', 'shown', true)"))


def hide_withdrawn(session: Session) -> None:
    """Hide what is withdrawn from this transaction, as it is from every other."""
    session.execute(text("select set_config('gridmap.withdrawn', '', true)"))


def stage(session: Session, load: Load, rows: pa.Table, *, on_progress: Progress | None = None) -> None:
    """Copy rows into the load's temporary staging table, made anew."""
    session.execute(text(load.staging_sql))
    cursor = session.connection().connection.cursor()
    rows = _for_copy(rows.select([name for name, _ in load.staging]))
    columns = ", ".join(f'"{name}"' for name, _ in load.staging)
    options = pyarrow.csv.WriteOptions(include_header=False, quoting_style="needed")
    with cursor.copy(f"copy {load.staging_table} ({columns}) from stdin (format csv)") as copy:
        for start in range(0, rows.num_rows, _BATCH_ROWS):
            sink = pa.BufferOutputStream()
            pyarrow.csv.write_csv(rows.slice(start, _BATCH_ROWS), sink, options)
            copy.write(memoryview(sink.getvalue()))
            if on_progress:
                on_progress(min(start + _BATCH_ROWS, rows.num_rows), rows.num_rows)


def _for_copy(rows: pa.Table) -> pa.Table:
    """Spell what PostgreSQL would misread: empty strings and values that are not a number."""
    for i, field in enumerate(rows.schema):
        column = rows.column(i)
        if pa.types.is_timestamp(field.type):
            # Naive UTC: the session's time zone is UTC, and Arrow would write an offset of "Z" on every row.
            rows = rows.set_column(i, field.name, column.cast(pa.timestamp("us")))
        elif pa.types.is_floating(field.type):
            values = column.to_numpy(zero_copy_only=False)
            rows = rows.set_column(
                i, field.name, pa.array(values, from_pandas=True, mask=~np.isfinite(values))
            )
    return rows
