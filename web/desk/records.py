"""Single records of teams, bodies, sites, fixed points and grids: looked up, put right, moved, merged, withdrawn."""

from __future__ import annotations

from flask import Blueprint, Response, redirect, request, url_for

from gridmap.domain.fields import Field, Noun
from gridmap.domain.records import GRIDS, NOUNS
from gridmap.errors import Conflict, GridmapError, InvalidInput, NotFound
from gridmap.services.ground import corrections
from gridmap.services.house import IMPORT_KINDS
from gridmap.services.imports import acts
from gridmap.services.imports.kinds import ImportKind
from web import context
from web.desk import forms, shown
from web.desk.shown import page

bp = Blueprint("records", __name__)

RECORDS = ("teams", "organisations", "migrants", "fixed_points", "grids")
"""Kinds of record that are put right here, in the order in which the page offers them."""
_REFUSED = (InvalidInput, NotFound, Conflict)
_MOST_GRIDS = 500


def _kind(noun: str) -> ImportKind:
    if noun not in RECORDS or noun == "grids":
        raise NotFound("record-kind", "没有这类记录。", "There is no such kind of record.")
    return IMPORT_KINDS[noun]


def _noun(noun: str) -> Noun:
    return GRIDS if noun == "grids" else NOUNS[_kind(noun).noun]


def _fields(noun: str) -> list[Field]:
    if noun == "grids":
        return [GRIDS.field(name) for name in corrections.CORRECTED]
    return [f for f in NOUNS[noun].fields if f.name not in NOUNS[noun].unique and f.name != "village_name"]


@bp.get("/records")
@bp.get("/records/<noun>")
def show(noun: str = "teams") -> Response:
    """Answer the records of a kind that are in force, and those that are withdrawn."""
    return _list(noun)


def _list(noun: str, problem: GridmapError | None = None) -> Response:
    words = request.args.get("q", "").strip()
    database, actor = context.database(), context.actor()
    if noun == "grids":
        rows = [
            {"code": str(g.grid_key), "name_zh": g.name_zh, "grid_key": g.grid_key}
            for g in shown.places().grids
            if not words or words in g.name_zh or words in str(g.grid_key)
        ][:_MOST_GRIDS]
        gone = []
    else:
        rows = acts.list_records(database, actor, _kind(noun), words)
        gone = acts.list_withdrawn(database, actor, _kind(noun))
    return page(
        "desk/records.html",
        "imports",
        status=problem.status if problem else 200,
        problem=problem.as_dict() if problem else None,
        noun=_noun(noun),
        nouns=[_noun(name) for name in RECORDS],
        rows=rows,
        gone=gone,
        words=words,
    )


@bp.get("/records/<noun>/<path:key>")
def one(noun: str, key: str) -> Response:
    """Answer one record with the forms that change it."""
    return _one(noun, key)


def _one(
    noun: str, key: str, problem: GridmapError | None = None, written: forms.Form | None = None
) -> Response:
    database, actor = context.database(), context.actor()
    if noun == "grids":
        found = next((g for g in shown.places().grids if str(g.grid_key) == key), None)
        if found is None:
            raise NotFound("grid-not-found", "没有这个网格。", "There is no such grid.")
        row = corrections.told_of(database, actor.scope, found.grid_key)
        version = acts.version_of(row)
    else:
        row = acts.find_record(database, actor, _kind(noun), key)
        version = acts.version_of(row)
        axes = [f.name for f in NOUNS[noun].fields if f.kind in {"x", "y"}]
        row |= dict(zip(axes, (row.get("lon"), row.get("lat")), strict=True))
    return page(
        "desk/record.html",
        "imports",
        status=problem.status if problem else 200,
        problem=problem.as_dict() if problem else None,
        noun=_noun(noun),
        key=key,
        version=version,
        row=row,
        fields=_fields(noun),
        written=written or {},
        spelled={f.name: _offered(f) for f in _fields(noun) if f.codes},
    )


def _offered(field: Field) -> list[tuple[str, str]]:
    from gridmap.domain.spellings import labels

    return [(code, label) for label, code in labels(field.codes or {}).items()]


@bp.post("/records/<noun>/<path:key>/change")
def change(noun: str, key: str) -> Response:
    """Put fields of a record right, or move it."""
    form = forms.own_form()
    database, actor, reason = context.database(), context.actor(), form.get("reason", "")
    seen = form.get("seen") or None
    try:
        told = {f.name: form.get(f.name, "").strip() for f in _fields(noun) if f.name in form}
        if noun == "grids":
            if not key.isdecimal():
                raise NotFound("grid-not-found", "没有这个网格。", "There is no such grid.")
            corrections.correct_grid(database, actor, int(key), told, reason, seen=seen)
        else:
            # What says nothing of the place leaves it; a grid that is only named moves no point.
            told = {n: v for n, v in told.items() if v or n != "grid_code"}
            acts.change(database, actor, _kind(noun), key, told, reason, seen=seen)
    except _REFUSED as error:
        return _one(noun, key, error, form)
    return redirect(url_for("records.one", noun=noun, key=key, told="kept"), 303)  # type: ignore[return-value]


@bp.post("/records/<noun>/<path:key>/merge")
def merge(noun: str, key: str) -> Response:
    """Merge another record into this one."""
    form = forms.own_form()
    try:
        acts.merge(
            context.database(),
            context.actor(),
            _kind(noun),
            key,
            form.get("other", "").strip(),
            form.get("reason", ""),
        )
    except _REFUSED as error:
        return _one(noun, key, error)
    return redirect(url_for("records.one", noun=noun, key=key, told="kept"), 303)  # type: ignore[return-value]


@bp.post("/records/<noun>/<path:key>/withdraw")
def withdraw(noun: str, key: str) -> Response:
    """Withdraw a record: it is kept and marked."""
    form = forms.own_form()
    try:
        acts.withdraw(context.database(), context.actor(), _kind(noun), key, form.get("reason", ""))
    except _REFUSED as error:
        return _one(noun, key, error)
    return redirect(url_for("records.show", noun=noun, told="kept"), 303)  # type: ignore[return-value]


@bp.post("/records/<noun>/<path:key>/restore")
def restore(noun: str, key: str) -> Response:
    """Put a withdrawn record back into force."""
    form = forms.own_form()
    try:
        acts.restore(context.database(), context.actor(), _kind(noun), key, form.get("reason", ""))
    except _REFUSED as error:
        return _list(noun, error)
    return redirect(url_for("records.one", noun=noun, key=key, told="kept"), 303)  # type: ignore[return-value]
