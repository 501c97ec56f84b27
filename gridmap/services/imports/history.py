"""Imports that were made: what each did, row by row, and the way back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import shapely
import shapely.geometry
from sqlalchemy.orm import Session

from gridmap.crs import distance_m
from gridmap.domain.accounts import Actor
from gridmap.domain.gridkey import Scope
from gridmap.domain.records import NOUNS
from gridmap.errors import Conflict, InvalidInput, NotFound
from gridmap.ingest.free_text import checked_text
from gridmap.services.imports.kinds import FieldChange, ImportKind, OtherKind, RowChange, TakenBack, Undone
from gridmap.storage.database import Database
from gridmap.storage.imports import bulk, journal, runs
from gridmap.storage.imports.runs import KeptRun
from gridmap.storage.workspace import settings as workspace

_TIMEOUT_S = 1800
_DERIVED = frozenset({"told_stage", "told_due_at", "told_closed_at"})
"""Columns that keep what a source told of what is derived: shown under its name."""
_SHAPES = ("geom", "base")
_UNTOLD = frozenset({*_SHAPES, "tile_key", "import_run_id", "raw_x", "raw_y", "source_crs"})
_SHOWN_BENDS = 3
"""Vertices of a line that are shown."""


@dataclass(frozen=True, slots=True)
class ShownImport:
    """An import with its rows.

    Attributes
    ----------
    run : KeptRun
    rows : tuple of RowChange
        At most as many as were asked for.
    can_be_undone : bool
    """

    run: KeptRun
    rows: tuple[RowChange, ...]
    can_be_undone: bool


def list_imports(database: Database, scope: Scope, *, limit: int = 50) -> list[KeptRun]:
    """List the imports of the workspace, the newest first; a scope that is not the whole workspace's sees none."""
    with database.scoped_session(scope) as session:
        return runs.list_runs(session, limit)


def show_import(
    database: Database,
    scope: Scope,
    kinds: Mapping[str, ImportKind | OtherKind],
    run_id: int,
    *,
    limit: int | None = 200,
) -> ShownImport:
    """Show an import row by row: what was new, and which fields of which rows it changed.

    Raises
    ------
    NotFound
        When there is no such import in the scope.
    """
    with database.scoped_session(scope) as session:
        run = _require(session, run_id)
        kind = kinds.get(run.noun)
        if kind is None:
            return ShownImport(run, (), can_be_undone=False)
        if isinstance(kind, OtherKind):
            open_yet = run.undone_at is None and kind.able(session, run_id)
            return ShownImport(run, kind.shown(session, run_id, limit), can_be_undone=open_yet)
        rows = rows_of(session, kind, run_id, limit)
    able = kind.undoable and run.undone_at is None
    return ShownImport(run, rows, can_be_undone=able)


def rows_of(session: Session, kind: ImportKind, run_id: int, limit: int | None) -> tuple[RowChange, ...]:
    """Return what an import did, row by row, at most so many rows."""
    if kind.load.marked:
        bulk.show_withdrawn(session)
    changes = journal.changes(session, run_id, limit)
    before = journal.without_sealed(session, kind.load, [c.before for c in changes])
    rows = [_change(kind, replace(c, before=was)) for c, was in zip(changes, before, strict=True)]
    if kind.load.has_run and (limit is None or len(rows) < limit):
        more = None if limit is None else limit - len(rows)
        brought = journal.brought(session, kind.load, run_id, more)
        rows += [
            RowChange("new", _name(kind, row)) for row in journal.without_sealed(session, kind.load, brought)
        ]
    return tuple(rows)


def undo_import(
    database: Database,
    actor: Actor,
    kinds: Mapping[str, ImportKind | OtherKind],
    run_id: int,
    why: str,
    *,
    now: dt.datetime | None = None,
) -> Undone:
    """Take an import back, also later: changed rows are as before, new ones are withdrawn and kept in its journal.

    Rows that have changed since, by a later import or at the desk, stay as they are and are named.

    Parameters
    ----------
    database : Database
    actor : Actor
        Has to answer for the whole workspace.
    kinds : mapping
        Kinds of import by noun.
    run_id : int
    why : str
        Is kept with the import.
    now : datetime, optional
        Aware.

    Raises
    ------
    NotFound
        When there is no such import in the scope.
    Conflict
        When it is undone already, or is of a kind that is not undone.
    InvalidInput
        When no reason is given, or it points at a person.
    """
    if not why.strip():
        raise InvalidInput("withdraw-no-note", "请写明撤销的原因。", "Say why the import is withdrawn.")
    checked_text(why)
    at = now or dt.datetime.now(dt.UTC)
    # Sealed cases go back with the others; none is named.
    with database.scoped_session(actor.scope.for_upkeep(), write=True, timeout_s=_TIMEOUT_S) as session:
        run = _require(session, run_id)
        kind = kinds.get(run.noun)
        if run.undone_at is not None:
            raise Conflict(
                "import-undone",
                f"第 {run_id} 次导入已经撤销。",
                f"Import {run_id} has been taken back already.",
            )
        if isinstance(kind, OtherKind):
            return kind.undo(database, actor, run_id, why)
        if kind is None or not kind.undoable:
            raise Conflict(
                "import-not-undoable",
                f"这类记录（{run.noun}）的导入不能撤销。请改正文件后再导入一次。",
                f"An import of {run.noun} is not taken back. Correct the file and import it again.",
            )
        if kind.load.marked:
            bulk.show_withdrawn(session)
        found = journal.overtaken(session, kind.noun, kind.load, run_id)
        restored, changed = journal.put_back(session, kind.load, run_id)
        # What a desk has written of a record earlier is no change since: the record is as before the import.
        back = {_key(kind, row) for row in restored}
        left_out = [row for row in found if _key(kind, row) not in back]
        later = {_name(kind, row) for row in journal.without_sealed(session, kind.load, left_out)}
        done = _take_back(session, kind, run_id, actor.post, why, at)
        if kind.put_back is not None:
            kind.put_back(session, restored)
        runs.mark_undone(session, run_id, at, actor.post, why)
        workspace.touch(session)
        later |= {_name(kind, row) for row in journal.without_sealed(session, kind.load, changed)}
    left = [
        (name, "之后又有改动，保留现状", "has changed since, and stays as it is") for name in sorted(later)
    ]
    return Undone(len(restored), len(done.removed), tuple(left) + done.left)


def _take_back(
    session: Session, kind: ImportKind, run_id: int, post: str, why: str, at: dt.datetime
) -> TakenBack:
    if kind.take_back is not None:
        rows = journal.brought(session, kind.load, run_id)
        return kind.take_back(session, rows, post, why, at)
    gone = journal.take_out(session, kind.load, run_id)
    return TakenBack(tuple(_name(kind, row) for row in gone))


def _require(session: Session, run_id: int) -> KeptRun:
    run = runs.find_run(session, run_id)
    if run is None:
        raise NotFound(
            "import-not-found",
            f"没有第 {run_id} 次导入。可用 gridmap imports list 查看。",
            f"There is no import {run_id}. See gridmap imports list.",
        )
    return run


def _key(kind: ImportKind, row: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(str(row[name]) for name in kind.load.key)


def _name(kind: ImportKind, row: Mapping[str, Any]) -> str:
    if row.get("sealed"):
        return "保密 / sealed"
    fields = [f for f in NOUNS[kind.noun].unique if f in row] or list(kind.load.key)
    return " ".join(str(row[f]) for f in fields)


def _change(kind: ImportKind, change: journal.Change) -> RowChange:
    after = change.after or {}
    hidden = bool(change.before.get("sealed") or after.get("sealed"))
    name = _name(kind, {"sealed": True} if hidden else change.before)
    if change.kind == "removed":
        return RowChange("removed", name)
    if (change.before.get("withdrawn_at") is None) != (after.get("withdrawn_at") is None):
        what = "withdrawn" if after.get("withdrawn_at") else "restored"
        why = after.get("withdrawn_why") or change.before.get("withdrawn_why")
        if hidden:
            return RowChange(what, name)
        return RowChange(what, name, (FieldChange("withdrawn_why", None, _text(why)),))
    if hidden:
        # Whoever imports writes sealed cases and reads none: that it changed is told, and not what.
        return RowChange("changed", name)
    names = [n for n in kind.load.values if n not in _UNTOLD]
    fields = [
        FieldChange(
            n.removeprefix("told_") if n in _DERIVED else n, _text(change.before.get(n)), _text(after.get(n))
        )
        for n in names
        if change.before.get(n) != after.get(n)
    ]
    fields += [
        FieldChange(n, _place(before), _place(now), _moved_m(before, now))
        for n in _SHAPES
        for before, now in ((change.before.get(n), after.get(n)),)
        if before != now
    ]
    return RowChange("changed", name, tuple(fields), after.get("domain") or change.before.get("domain"))


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _shape(value: Any) -> shapely.Geometry:
    return shapely.geometry.shape(value) if isinstance(value, dict) else shapely.from_wkb(value)


def _moved_m(before: Any, after: Any) -> float | None:
    """Return how far a point has moved, m; None for lines, and where there was none or is none."""
    shapes = [_shape(value) for value in (before, after) if value is not None]
    if len(shapes) < 2 or any(shapely.get_type_id(shape) != shapely.GeometryType.POINT for shape in shapes):
        return None
    (was_lon, was_lat), (lon, lat) = (shapely.get_coordinates(shape)[0] for shape in shapes)
    return float(distance_m(was_lon, was_lat, lon, lat).item())


def _place(value: Any) -> str | None:
    """Return a shape as a person reads it: longitude and latitude of a point, else how long the drawing is."""
    if value is None:
        return None
    shape = _shape(value)
    bends = shapely.get_coordinates(shape)
    told = "; ".join(f"{x:.6f}, {y:.6f}" for x, y in bends[:_SHOWN_BENDS])
    return f"{told} … (+{len(bends) - _SHOWN_BENDS})" if len(bends) > _SHOWN_BENDS else told
