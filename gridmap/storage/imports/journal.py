"""What an import changed, kept row by row, and what it takes to put it back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from gridmap.storage.imports.loads import Load
from gridmap.storage.models import ImportChange

# Well-known binary in hexadecimal: as JSON, a point would lose its last digits.
_ROW = "to_jsonb({t}){geom}"
_GEOM = " || jsonb_build_object('geom', {t}.geom::text)"
# Lines are written with a fixed number of decimals, which text keeps and a person can read.
_LINE = " || jsonb_build_object('line', ST_AsEWKT({t}.line))"
# What moves without an import: the desk's steps, and counters.
_VOLATILE = "revision"
_OF_CASES = frozenset({"incidents", "incident_steps"})


@dataclass(frozen=True, slots=True)
class Change:
    """A row that an import changed, or that its undoing took out.

    Attributes
    ----------
    kind : str
        ``changed`` or ``removed``.
    before, after : dict or None
        The row's columns; geometry as hexadecimal EWKB.
    """

    kind: str
    before: dict[str, Any]
    after: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """A row that is kept and no longer in force: its key and name, when that was, and why."""

    key: str
    name: str | None
    at: dt.datetime
    why: str | None


def _row(load: Load, alias: str) -> str:
    geom = _GEOM.format(t=alias) if "geom" in load.values else ""
    geom += _LINE.format(t=alias) if "line" in load.values else ""
    # Minus binds tighter than ||.
    return f"(({_ROW.format(t=alias, geom=geom)}) - '{_VOLATILE}')"


def _same(load: Load, left: str, right: str) -> str:
    return " and ".join(f"{left}.{c} = {right}.{c}" for c in load.key)


def snapshot(session: Session, load: Load) -> None:
    """Keep the rows that the staged ones will meet as they stand, until the transaction ends."""
    met = " and ".join(f"old.{c} = {load.values[c]}" for c in load.key)
    session.execute(
        text(
            f"create temporary table before_{load.table} on commit drop as"  # noqa: S608 - own names
            f" select distinct old.* from {load.source or f'{load.staging_table} s'} join {load.table} old on {met}"
        )
    )


def keep(session: Session, load: Load, run_id: int) -> None:
    """Keep what became of the rows of :func:`snapshot` by an import; those that stayed as they were are left out."""
    before, after = _row(load, "b"), _row(load, "t")
    session.execute(
        text(
            "insert into import_changes (import_run_id, before, after)"  # noqa: S608 - own names
            f" select :run, {before}, {after} from before_{load.table} b join {load.table} t"
            f" on {_same(load, 't', 'b')} where t.import_run_id = :run and {before} is distinct from {after}"
        ),
        {"run": run_id},
    )
    session.execute(text(f"drop table before_{load.table}"))


def changes(session: Session, run_id: int, limit: int | None = None) -> Sequence[Change]:
    """Return what an import changed, and what its undoing took out, in order."""
    query = (
        select(ImportChange.kind, ImportChange.before, ImportChange.after)
        .where(ImportChange.import_run_id == run_id)
        .order_by(ImportChange.change_id)
        .limit(limit)
    )
    return [Change(*row) for row in session.execute(query)]


def without_sealed(session: Session, load: Load, rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return rows of a journal with ``sealed`` where the case that they are, or hang on, is sealed by now.

    A journal keeps a row as it stood, and a case may be sealed later; a step says nothing of its case's seal.
    """
    if load.table not in _OF_CASES:
        return [*rows]
    ids = sorted({int(row["incident_id"]) for row in rows})
    open_ones = set(
        session.scalars(
            text("select incident_id from incidents where incident_id = any(:ids) and not sealed"),
            {"ids": ids},
        )
    )
    return [row if int(row["incident_id"]) in open_ones else row | {"sealed": True} for row in rows]


def _brought(load: Load, alias: str) -> str:
    """Return the SQL condition that a row came with the import itself and was not there before it."""
    known = _same(load, "c", alias)
    by_desk = f" and not ({load.by_desk.format(t=alias)})" if load.by_desk else ""
    return (
        f"{alias}.import_run_id = :run and not exists (select from import_changes j,"
        f" jsonb_populate_record(null::{load.table}, j.before) c where j.import_run_id = :run"
        f" and j.kind = 'changed' and {known}){by_desk}"
    )


def brought(session: Session, load: Load, run_id: int, limit: int | None = None) -> list[dict[str, Any]]:
    """Return the rows that came with an import and that no later import has changed."""
    most = "" if limit is None else f" limit {int(limit)}"
    rows = session.execute(
        text(
            f"select {_row(load, 't')} from {load.table} t where {_brought(load, 't')}"  # noqa: S608 - own names
            f" order by {', '.join(f't.{c}' for c in load.key)}{most}"
        ),
        {"run": run_id},
    )
    return [row[0] for row in rows]


def overtaken(session: Session, noun: str, load: Load, run_id: int) -> list[dict[str, Any]]:
    """Return rows that came with an import and that a later one, or a person, has changed: that is taken back first."""
    names = [f"c.before->>'{key}'" for key in load.key]
    rows = session.execute(
        text(
            f"select distinct on ({', '.join(names)}) c.before"  # noqa: S608 - own names
            " from import_changes c join import_runs r using (import_run_id)"
            " where c.kind = 'changed' and r.undone_at is null and r.noun = :noun"
            " and (c.before->>'import_run_id')::bigint = :run"
        ),
        {"run": run_id, "noun": noun},
    )
    found = [row[0] for row in rows]
    if load.by_desk:
        at_desk = session.execute(
            text(
                f"select {_row(load, 't')} from {load.table} t"  # noqa: S608 - own names
                f" where t.import_run_id = :run and {load.by_desk.format(t='t')}"
            ),
            {"run": run_id},
        )
        found += [row[0] for row in at_desk]
    return found


def mark(
    session: Session, load: Load, run_id: int, key: str, at: dt.datetime | None, why: str | None
) -> bool:
    """Withdraw a row, or put it back into force where there is no time, and keep that in a run; False for no such row.

    Parameters
    ----------
    session : Session
        Sees what is withdrawn.
    load : Load
    run_id : int
    key : str
    at : datetime or None
    why : str or None
    """
    before = session.scalar(
        text(f"select {_row(load, 't')} from {load.table} t where t.{load.key[0]} = :key for update"),  # noqa: S608 - own names
        {"key": key},
    )
    if before is None or (before["withdrawn_at"] is None) == (at is None):
        return False
    after = session.scalar(
        text(
            f"update {load.table} t set withdrawn_at = :at, withdrawn_why = :why, import_run_id = :run"  # noqa: S608 - own names
            f" where t.{load.key[0]} = :key returning {_row(load, 't')}"
        ),
        {"key": key, "at": at, "why": why, "run": run_id},
    )
    session.add(ImportChange(import_run_id=run_id, before=before, after=after))
    session.flush()
    return True


def put_back(session: Session, load: Load, run_id: int) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Give changed rows the columns that they had before an import.

    Returns
    -------
    restored, left : list of dict
        Rows that are as before, and rows that have changed since and stay as they are.
    """
    marks = ["withdrawn_at", "withdrawn_why"] if load.marked else []
    columns = [c for c in load.values if c not in load.key] + ["import_run_id", *marks]
    listed = ", ".join(f'"{c}"' for c in columns)
    values = ", ".join(f'b."{c}"' for c in columns)
    restored = session.execute(
        text(
            f"update {load.table} t set ({listed}) = row({values}) from import_changes j,"  # noqa: S608 - own names
            f" jsonb_populate_record(null::{load.table}, j.before) b where j.import_run_id = :run"
            f" and j.kind = 'changed' and {_same(load, 't', 'b')} and jsonb_strip_nulls({_row(load, 't')} - 'history')"
            f" = jsonb_strip_nulls(j.after - '{_VOLATILE}' - 'history') returning j.before"
        ),
        {"run": run_id},
    ).all()
    done = [row[0] for row in restored]
    named = {_name(load, row) for row in done}
    every = [c.before for c in changes(session, run_id) if c.kind == "changed"]
    return done, [row for row in every if _name(load, row) not in named]


def _name(load: Load, row: dict[str, Any]) -> tuple[str, ...]:
    return tuple(str(row[c]) for c in load.key)


def take_out(session: Session, load: Load, run_id: int) -> list[dict[str, Any]]:
    """Remove the rows that came with an import, and keep them in its journal.

    Raises
    ------
    Conflict
        From the session's translation, when others refer to a row.
    """
    rows = session.execute(
        text(
            f"with gone as (delete from {load.table} t where {_brought(load, 't')} returning {_row(load, 't')} as row),"  # noqa: S608 - own names
            " noted as (insert into import_changes (import_run_id, kind, before)"
            " select :run, 'removed', row from gone)"
            " select row from gone"
        ),
        {"run": run_id},
    )
    return [row[0] for row in rows]


def fill_from(session: Session, load: Load, run_id: int, stays: str, goes: str) -> None:
    """Give a row what it lacks of another row, a place as a whole where it has none at all, and keep that in a run."""
    key = load.key[0]
    before = session.scalar(
        text(f"select {_row(load, 't')} from {load.table} t where t.{key} = :key for update"),  # noqa: S608 - own names
        {"key": stays},
    )
    placed = next((c for c in ("geom", "base") if c in load.values), None)
    nowhere = f't."{placed}" is null'
    if placed == "geom" and "grid_key" in load.values:
        # A record that only names its grid has a place all the same.
        nowhere += " and coalesce(t.grid_key, 0) = 0"
    filled = [
        f'"{c}" = case when {nowhere} then o."{c}" else t."{c}" end'
        if c in load.place
        else f'"{c}" = coalesce(t."{c}", o."{c}")'
        for c in load.values
        if c not in load.key
    ]
    after = session.scalar(
        text(
            f"update {load.table} t set {', '.join(filled)}, import_run_id = :run from {load.table} o"  # noqa: S608 - own names
            f" where t.{key} = :stays and o.{key} = :goes returning {_row(load, 't')}"
        ),
        {"stays": stays, "goes": goes, "run": run_id},
    )
    session.add(ImportChange(import_run_id=run_id, before=before, after=after))
    session.flush()


def lock(session: Session, load: Load, key: str) -> None:
    """Keep others from a row until the transaction ends."""
    session.execute(
        text(f"select from {load.table} where {load.key[0]} = :key for update"),
        {"key": key},
    )


def find(session: Session, load: Load, key: str) -> dict[str, Any] | None:
    """Return a row in force with its coordinates as ``lon`` and ``lat`` where it has a point."""
    rows = _rows(session, load, f"t.{load.key[0]} = :key", {"key": key}, 1)
    return rows[0] if rows else None


def in_force(session: Session, load: Load, words: str, most: int = 500) -> list[dict[str, Any]]:
    """Return rows in force whose key or name holds some words, by key."""
    named = (
        " or position(lower(:words) in lower(coalesce(t.name_zh, ''))) > 0"
        if "name_zh" in load.values
        else ""
    )
    condition = f":words = '' or position(lower(:words) in lower(t.{load.key[0]})) > 0{named}"
    return _rows(session, load, condition, {"words": words}, most)


def withdrawn(session: Session, load: Load, most: int = 500) -> list[Withdrawn]:
    """Return withdrawn rows, the newest first."""
    session.execute(text("select set_config('gridmap.withdrawn', 'shown', true)"))
    name = "name_zh" if "name_zh" in load.values else "null"
    rows = session.execute(
        text(
            f'select {load.key[0]} as key, {name} as name, withdrawn_at as "at", withdrawn_why as why'  # noqa: S608 - own names
            f" from {load.table} where withdrawn_at is not null order by withdrawn_at desc limit {int(most)}"
        )
    )
    return [Withdrawn(**row) for row in rows.mappings()]


def _rows(
    session: Session, load: Load, condition: str, given: dict[str, Any], most: int
) -> list[dict[str, Any]]:
    placed = next((c for c in ("geom", "base") if c in load.place), None)
    point = "" if placed is None else f", ST_X(t.{placed}) as lon, ST_Y(t.{placed}) as lat"
    columns = ", ".join(
        'ST_AsText(t.line) as "line"' if c == "line" else f't."{c}"'
        for c in load.values
        if c not in {"geom", "base", "tile_key"}
    )
    rows = session.execute(
        text(
            f"select {columns}{point} from {load.table} t where {condition}"  # noqa: S608 - own names
            f" order by t.{load.key[0]} limit {int(most)}"
        ),
        given,
    )
    return [dict(row) for row in rows.mappings()]
