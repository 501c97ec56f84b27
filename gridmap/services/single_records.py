"""Single records of teams, bodies, sites, fixed points and grids: found, put right, moved, merged, withdrawn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gridmap.domain.accounts import Actor
from gridmap.domain.fields import Field, Noun
from gridmap.domain.records import GRIDS, NOUNS
from gridmap.errors import InvalidInput, NotFound
from gridmap.services.ground import corrections
from gridmap.services.house import IMPORT_KINDS
from gridmap.services.imports import acts, adding
from gridmap.services.imports.kinds import ImportKind
from gridmap.storage.database import Database
from gridmap.storage.imports.journal import Withdrawn

SINGLE = ("teams", "organisations", "migrants", "fixed_points", "grids")
"""Kinds of record that are put right one by one, in the order in which the page offers them."""

ADDED = ("fixed_points",)
"""Kinds of record that are entered one by one, too."""

_OF_BODY = {"hospital": "hospital"}
"""Kind of the fixed point at a body of a kind; of the others it is for who enters it to say."""
_UNTOLD = "village_name"
"""Field that says in words what the grid's code says."""


def kind_of(name: str) -> ImportKind:
    """Return the kind of import of a kind of record; grids have none.

    Raises
    ------
    NotFound
    """
    if name not in SINGLE or name == GRIDS.name:
        raise NotFound("record-kind", "没有这类记录。", "There is no such kind of record.")
    return IMPORT_KINDS[name]


def noun_of(name: str) -> Noun:
    """Return the noun of a kind of record.

    Raises
    ------
    NotFound
    """
    return GRIDS if name == GRIDS.name else NOUNS[kind_of(name).noun]


def fields_of(name: str) -> list[Field]:
    """List the fields that are put right here.

    Raises
    ------
    NotFound
    """
    noun = noun_of(name)
    if noun is GRIDS:
        return [GRIDS.field(field) for field in corrections.CORRECTED]
    return [f for f in noun.fields if f.name not in noun.unique and f.name != _UNTOLD]


def axes_of(name: str) -> list[str]:
    """List the fields of a place, longitude first; none of grids."""
    return [f.name for f in noun_of(name).fields if f.kind in {"x", "y"}]


@dataclass(frozen=True, slots=True)
class Found:
    """A record in force.

    Attributes
    ----------
    row : dict
        Its fields, the place under the names of its fields and as ``lon`` and ``lat``.
    version : str
        Another one as soon as any field is.
    """

    row: dict[str, object]
    version: str


def listed(
    database: Database, actor: Actor, name: str, words: str = ""
) -> tuple[list[dict[str, object]], list[Withdrawn]]:
    """List records in force whose code or name holds some words, at most 500, and those that are withdrawn.

    Raises
    ------
    NotFound
    """
    if name != GRIDS.name:
        kind = kind_of(name)
        return acts.list_records(database, actor, kind, words), acts.list_withdrawn(database, actor, kind)
    return corrections.listed(database, actor.scope, words), []


def find(database: Database, actor: Actor, name: str, key: str) -> Found:
    """Return a record in force.

    Raises
    ------
    NotFound
    """
    if name == GRIDS.name:
        row = corrections.told_of(database, actor.scope, _grid(key))
        return Found(row, acts.version_of(row))
    row = acts.find_record(database, actor, kind_of(name), key)
    placed = dict(zip(axes_of(name), (row.get("lon"), row.get("lat")), strict=True))
    return Found(row | placed, acts.version_of(row))


def point_at_body(database: Database, actor: Actor, code: str) -> dict[str, str]:
    """Write what is known of a fixed point at a body: the body's code, names and place, and its kind where that tells.

    Raises
    ------
    NotFound
        When there is no such body.
    InvalidInput
        When it has no place.
    """
    row = find(database, actor, "organisations", code).row
    if row.get("lon") is None or row.get("lat") is None:
        raise InvalidInput(
            "body-placeless",
            f"机构 {code} 没有坐标，不能设为必到点。请先在机构记录中补上经纬度。",
            f"Body {code} has no coordinates and cannot become a fixed point. Add them to its record first.",
        )
    told = {"code": code, **{name: row.get(name) for name in ("name_zh", "name_en", "lon", "lat")}}
    told["kind"] = _OF_BODY.get(str(row.get("kind")))
    return {name: str(value) for name, value in told.items() if value is not None}


def change(
    database: Database,
    actor: Actor,
    name: str,
    key: str,
    told: Mapping[str, str | None],
    reason: str,
    *,
    seen: str | None = None,
) -> int:
    """Put fields of a record right, or move it; return the number of the act, by which it is taken back.

    Parameters
    ----------
    database : Database
    actor : Actor
        Answers for the whole workspace.
    name, key : str
        Kind of record, and its key.
    told : mapping
        Field to text as a person writes it; an empty one empties the field, but for a grid's.
    reason : str
    seen : str, optional
        Version of what was `Found` when the person began to write.

    Raises
    ------
    NotFound
    InvalidInput
        When there is no such field, one is wrong, half of a place is missing, or nothing changes.
    Conflict
        When somebody else has changed it since it was `seen`.
    """
    _refuse_strange(name, told)
    if name == GRIDS.name:
        fields = {field: text or "" for field, text in told.items()}
        done = corrections.correct_grid(database, actor, _grid(key), fields, reason, seen=seen)
        return done.run_id or 0
    # What says nothing of the grid leaves it; a grid that is only named moves no point.
    fields_told = {field: text for field, text in told.items() if text or field != "grid_code"}
    if not fields_told:
        raise InvalidInput("edit-nothing", "没有更改任何内容。", "Nothing was changed.")
    return acts.change(database, actor, kind_of(name), key, fields_told, reason, seen=seen).run_id or 0


def add(
    database: Database, actor: Actor, name: str, key: str, told: Mapping[str, str | None], reason: str
) -> int:
    """Enter a new record; return the number of the act, by which it is taken back.

    Parameters
    ----------
    database : Database
    actor : Actor
        Answers for the whole workspace.
    name, key : str
        Kind of record, and its key.
    told : mapping
        Field to text as a person writes it; an empty one has its usual value.
    reason : str

    Raises
    ------
    NotFound
        When there is no such kind, or its records are not entered here.
    InvalidInput
        When there is no such field, one is wrong or lacks, or half of a place is missing.
    Conflict
        When the key is taken.
    """
    kind = kind_of(name)
    if name not in ADDED:
        raise NotFound(
            "record-not-added",
            f"{noun_of(name).zh}不在这里逐条登记，请导入文件。",
            f"A {noun_of(name).en} is not entered here: import a file.",
        )
    given = {field: text for field, text in told.items() if (text or "").strip()}
    _refuse_strange(name, given)
    return adding.add(database, actor, kind, {noun_of(name).unique[0]: key, **given}, reason).run_id or 0


def _refuse_strange(name: str, told: Mapping[str, str | None]) -> None:
    known = [field.name for field in fields_of(name)]
    strange = [field for field in told if field not in known]
    if strange:
        raise InvalidInput(
            "record-field-unknown",
            f"这里没有字段 {'、'.join(strange)}，可更改：{'、'.join(known)}。",
            f"There is no field {', '.join(strange)} here; these are changed: {', '.join(known)}.",
        )
    axes = axes_of(name)
    if len(set(axes) & set(told)) == 1:
        raise InvalidInput(
            "record-half-place",
            f"位置要写全：{'、'.join(axes)}。",
            f"A place takes both: {', '.join(axes)}.",
        )


def _grid(key: str) -> int:
    if not (key.isascii() and key.isdecimal()):
        raise NotFound("grid-not-found", "没有这个网格。", "There is no such grid.")
    return int(key)
