"""Projects and rulings kept by a person: entered, put right, withdrawn, and the newest change taken back."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pyarrow as pa
import shapely
from sqlalchemy.orm import Session

from gridmap.domain.accounts import Actor
from gridmap.domain.cases import projects as rules
from gridmap.domain.gridkey import level_of
from gridmap.domain.records import NOUNS
from gridmap.errors import Conflict, Forbidden, InvalidInput
from gridmap.ingest.model import ParsedTable
from gridmap.ingest.rows.cleared import COLUMN as CLEARED
from gridmap.services.cases.projects import KINDS, absent_record
from gridmap.services.ground.gridbook import GridBook
from gridmap.services.ground.lands import grid_of_land
from gridmap.services.imports.acts import checked_reason, overtaken, version_of
from gridmap.services.imports.kinds import ImportKind
from gridmap.services.imports.one_row import read_one
from gridmap.services.imports.writing import defaulted_of, emptied_of
from gridmap.storage.cases import desk
from gridmap.storage.cases import projects as stored
from gridmap.storage.cases.projects import Kept
from gridmap.storage.database import Database
from gridmap.storage.ground import grids
from gridmap.storage.imports import bulk
from gridmap.storage.workspace import settings as workspace

State = dict[str, Any]
"""A record's columns as its history keeps them."""

_WRITTEN_DEG = 2e-6
"""How far an outline that is written with six decimals may lie off the stored one."""


def read_shape(text: str) -> Any:
    """Read a drawn outline: ``lon,lat lon,lat lon,lat`` (EPSG:4326), or GeoJSON of a polygon.

    Raises
    ------
    InvalidInput
        When it is none.
    """
    given = text.strip()
    try:
        if given.startswith("{"):
            told = json.loads(given)
            told = told["geometry"] if told.get("type") == "Feature" else told
            shape = shapely.from_geojson(json.dumps(told))
        else:
            pairs = [
                tuple(float(v) for v in pair.replace("，", ",").split(","))
                for pair in given.replace(";", " ").split()
            ]
            shape = shapely.Polygon(pairs)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, shapely.errors.ShapelyError):
        shape = None
    if (
        shape is None
        or shape.is_empty
        or shape.geom_type not in {"Polygon", "MultiPolygon"}
        or not shape.is_valid
    ):
        raise InvalidInput(
            "project-shape",
            "图形应为至少三个角的面，写成“经度,纬度 经度,纬度 …”，边线不能相交；也可以导入文件。",
            "The outline is a polygon of at least three corners, written as “lon,lat lon,lat …”, that does not cross "
            "itself; or import a file.",
        )
    return shape


def save(
    database: Database,
    actor: Actor,
    noun: str,
    told: Mapping[str, str | None],
    reason: str,
    *,
    shape: Any = None,
    new: bool = False,
    seen: str | None = None,
    was: Mapping[str, str] | None = None,
) -> str:
    """Keep a project or a ruling: a new one, or what is put right of one.

    Parameters
    ----------
    database : Database
    actor : Actor
    noun : str
        ``projects`` or ``rulings``.
    told : mapping
        Field to text as a person writes it, with ``code``; an empty one empties the field.
    reason : str
        Kept in its history.
    shape : shapely.Geometry, optional
        EPSG:4326; a new project needs one.
    new : bool
        Whether it is meant to be a new one.
    seen : str, optional
        What :func:`version` told when the person began to write; another is a conflict.
    was : mapping, optional
        What the fields said when the person began to write, and the outline as ``shape``: a field that still says so
        is left as it is stored.

    Returns
    -------
    str
        Its code.

    Raises
    ------
    InvalidInput
        When a field is wrong, or nothing changes.
    Conflict
        When a new one has a code that is taken, or somebody else has changed it since it was `seen`.
    Forbidden
        When its grid lies outside the actor's scope.
    NotFound
        When there is no such record to change.
    """
    why = checked_reason(reason)
    kind = KINDS[noun]
    said, form = was or {}, told
    told = {n: v for n, v in form.items() if n == "code" or n not in said or (v or "") != said[n].strip()}
    if noun == "projects" and new and shape is None:
        raise InvalidInput(
            "project-no-shape",
            "新项目要有图形：在地图上点出各角，或导入文件。",
            "A new project has an outline: click its corners on the map, or import a file.",
        )
    if not new:
        told = _readable(database, actor, noun, told, shape)
    parsed, book = read_one(database, actor, kind, told, shape)
    code = str(parsed.table["code"][0].as_py())
    placed = kind.place(parsed, book).rows
    with _codes_beyond(code, new=new), database.scoped_session(actor.scope, write=True) as session:
        rows = placed
        if kind.prepare is not None:
            rows = kind.prepare(session, placed, database.settings.timezone)
        _may_write(session, actor, kind, code, rows, new=new)
        before = None if new else stored.state(session, noun, code)
        if before is not None and seen is not None and seen != version_of(before):
            raise overtaken(NOUNS[noun], before, form, _moved(session, before, form, said, shape))
        _check(session, noun, parsed)
        bulk.stage(session, kind.load, rows)
        if parsed.partial:
            bulk.complete_staged(session, kind.load)
        done = bulk.merge_staged(session, kind.load, 1, kept=defaulted_of(kind, parsed))
        if new and not done.inserted:
            # Somebody entered the same code between the look and the writing.
            raise _taken(code)
        emptied = bulk.clear(session, kind.load, emptied_of(kind, rows))
        if not (done.inserted or done.updated or emptied):
            raise _unchanged()
        _remember(session, noun, code, actor, "new" if new else "change", why, before)
        _touch(session)
    return code


def _readable(
    database: Database, actor: Actor, noun: str, told: Mapping[str, str | None], shape: Any
) -> Mapping[str, str | None]:
    """Return what is told of a known record so that it makes a row."""
    with database.scoped_session(actor.scope) as session:
        row = stored.find(session, noun, str(told.get("code")))
    if row is None:
        raise absent_record(noun, str(told.get("code")))
    if set(told) != {"code"}:
        return told
    if shape is None:
        raise _unchanged()
    # A row of nothing but its key is no row to the reader.
    return {**told, "name_zh": row["name_zh"]}


def _unchanged() -> InvalidInput:
    return InvalidInput("edit-nothing", "没有更改任何内容。", "Nothing was changed.")


def _moved(
    session: Session, now: State, form: Mapping[str, str | None], said: Mapping[str, str], shape: Any
) -> list[tuple[str, str]]:
    """Say where a record lies now, or holds, when that is not what a form says."""
    found = []
    if "geom" in now and (shape is not None or said.get("shape")):
        drawn = _drawn(said["shape"]) if said.get("shape") else shape
        lies = shapely.from_wkb(now["geom"])
        if drawn is None or shapely.hausdorff_distance(drawn, lies) > _WRITTEN_DEG:
            found.append(("图形：与您打开时不同", "the outline: another than when you began"))
    elif "geom" not in now and "grid_code" in form:
        key = int(now["grid_key"])
        told = form["grid_code"] or ""
        if told != str(key) and (told or level_of(key) > 1):
            grid = grids.find_grid(session, key)
            zh, en = (grid.name_zh, grid.name_en) if grid else (str(key), str(key))
            found.append((f"适用网格：{zh}", f"where it holds: {en}"))
    return found


def _drawn(text: str) -> Any:
    try:
        return read_shape(text)
    except InvalidInput:
        return None


@contextmanager
def _codes_beyond(code: str, *, new: bool) -> Iterator[None]:
    """Say that a code is taken where it is another scope's: the database refuses that row without saying why."""
    try:
        yield
    except (Conflict, Forbidden) as refused:
        if new and refused.code not in {"place-outside-grid", "record-code-taken"}:
            raise _taken(code) from None
        raise


def _taken(code: str) -> Conflict:
    return Conflict(
        "record-code-taken",
        f"编号 {code} 已有（含已撤销的、其他辖区的）。请换一个编号。",
        f"The code {code} is taken, perhaps by a withdrawn record or in another area. Take another.",
    )


def version(database: Database, actor: Actor, noun: str, code: str) -> str:
    """Return what changes with every change of a record in force; empty where the scope has none."""
    with database.scoped_session(actor.scope) as session:
        found = stored.state(session, noun, code)
    return "" if found is None else version_of(found)


def versions(database: Database, actor: Actor, noun: str) -> dict[str, str]:
    """Return what changes with every change of a record, for all in force in the scope, by code."""
    with database.scoped_session(actor.scope) as session:
        return {told["code"]: version_of(told) for told in stored.states(session, noun)}


def _check(session: Session, noun: str, parsed: ParsedTable) -> None:
    """Refuse what does not agree with what is stored of the fields that are not told."""
    line = parsed.table.to_pylist()[0]
    emptied = (line.get(CLEARED) or "").split()
    old = stored.find(session, noun, line["code"]) or {}
    told = {**old, **{k: v for k, v in line.items() if v is not None}, **dict.fromkeys(emptied)}
    (rules.check_project if noun == "projects" else rules.check_ruling)(told)


def _may_write(
    session: Session, actor: Actor, kind: ImportKind, code: str, rows: pa.Table, *, new: bool
) -> None:
    key = int(rows["grid_key"][0].as_py() or 0)
    known = stored.find(session, kind.noun, code, withdrawn=True)
    if new and known is not None:
        raise _taken(code)
    if not new:
        if known is None or known["withdrawn_at"] is not None:
            raise absent_record(kind.noun, code)
        stored.lock(session, kind.noun, code)
    for where in {key, int(known["grid_key"]) if known else key}:
        if (where or new) and where not in actor.scope:
            raise Forbidden(
                "place-outside-grid",
                "这块地（或适用范围）不在您的管辖范围内。",
                "This land, or where it is to hold, lies outside your scope.",
            )


def withdraw(database: Database, actor: Actor, noun: str, code: str, reason: str) -> None:
    """Withdraw a project or a ruling: it is kept and marked.

    Raises
    ------
    NotFound
        When the scope has none in force.
    Forbidden
        When its grid lies outside the actor's scope.
    InvalidInput
        When no reason is given.
    """
    why = checked_reason(reason)
    with database.scoped_session(actor.scope, write=True) as session:
        before = _mine(session, actor, noun, code)
        if before["withdrawn_at"] is not None:
            raise absent_record(noun, code)
        told = before | {"withdrawn_at": dt.datetime.now(dt.UTC).isoformat(), "withdrawn_why": why}
        stored.put(session, noun, code, told)
        _remember(session, noun, code, actor, "withdraw", why, before)
        _touch(session)


def take_back(database: Database, actor: Actor, noun: str, code: str, reason: str) -> None:
    """Take the newest change of a project or ruling back: it is as before; a withdrawn one is in force again.

    Raises
    ------
    NotFound
        When the scope has none.
    Conflict
        When there is nothing to take back: it is as it was made or imported; or it has changed since, by an import.
    """
    why = checked_reason(reason)
    with database.scoped_session(actor.scope, write=True) as session:
        now_row = _mine(session, actor, noun, code)
        row = stored.find(session, noun, code, withdrawn=True)
        entries = list(row["history"]) if row else []
        newest = next((n for n in range(len(entries) - 1, -1, -1) if not entries[n].get("undone_at")), None)
        if newest is None or entries[newest]["before"] is None:
            raise Conflict(
                "record-no-change",
                "没有可以撤回的更改；整条不要时请撤销。",
                "There is no change to take back; withdraw it as a whole instead.",
            )
        wanted, was = entries[newest]["before"], entries[newest].get("after")
        if noun == "rulings":
            # As a version of the boundaries does: where a ruling held, it holds at the grid that took over.
            wanted = wanted | {"grid_key": _stands_for(session, actor, wanted)}
            was = was and was | {"grid_key": _stands_for(session, actor, was)}
        if was is not None and _content(noun, was) != _content(noun, now_row):
            raise Conflict(
                "record-changed-since",
                "这次更改之后又有导入改动了这条记录，撤回会丢失那些改动。请先撤销那次导入，或直接更改。",
                "An import has changed this record since, and taking the change back would lose that. Take the import "
                "back first, or change the record.",
            )
        if noun == "projects":
            # The boundaries may have changed since: its land lies in today's grids.
            land = shapely.from_wkb(wanted["geom"])
            wanted = wanted | {"grid_key": grid_of_land(land, GridBook.within(session))}
        at = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
        stored.put(session, noun, code, wanted)
        entries[newest] |= {"undone_at": at, "undone_by": actor.post, "undone_why": why, "after": now_row}
        stored.remember(session, noun, code, entries)
        _touch(session)


def _stands_for(session: Session, actor: Actor, told: State) -> int:
    key = int(told["grid_key"])
    return grids.heir_of(session, key) if key in actor.scope else key


def _content(noun: str, told: State) -> State:
    """Return the columns that a person or a file tells: a project's grid follows from its land."""
    left_out = {"history", "import_run_id"} | ({"grid_key"} if noun == "projects" else set())
    return {name: value for name, value in told.items() if name not in left_out}


def _touch(session: Session) -> None:
    # That something changed is written for the whole workspace, whoever did it.
    desk.widen(session)
    workspace.touch(session)


def _mine(session: Session, actor: Actor, noun: str, code: str) -> State:
    bulk.show_withdrawn(session)
    stored.lock(session, noun, code)
    found = stored.state(session, noun, code)
    if found is None:
        raise absent_record(noun, code)
    if int(found["grid_key"]) not in actor.scope:
        raise Forbidden(
            "place-outside-grid",
            "这块地（或适用范围）不在您的管辖范围内。",
            "This land, or where it is to hold, lies outside your scope.",
        )
    return found


def _remember(
    session: Session, noun: str, code: str, actor: Actor, act: str, why: str, before: State | None
) -> None:
    row = stored.find(session, noun, code, withdrawn=True)
    entry: Kept = {
        "at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "post": actor.post,
        "act": act,
        "why": why,
        "before": before,
    }
    if (after := stored.state(session, noun, code)) is not None:
        entry["after"] = after
    stored.remember(session, noun, code, [*(row["history"] if row else ()), entry])
