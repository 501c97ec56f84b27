"""Single records of teams, bodies, sites, fixed points and grids: looked up, put right, moved, merged, withdrawn."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, Response, redirect, request, url_for

from gridmap.domain.fields import Field
from gridmap.domain.terms import LINE_POINTS
from gridmap.errors import Conflict, GridmapError, InvalidInput, NotFound
from gridmap.services import single_records
from gridmap.services.imports import acts
from web import context
from web.desk import forms, shown, small_map
from web.desk.shown import page

bp = Blueprint("records", __name__)

_REFUSED = (InvalidInput, NotFound, Conflict)
_LON, _LAT = 180.0, 90.0


@bp.get("/records")
@bp.get("/records/<noun>")
def show(noun: str = "teams") -> Response:
    """Answer the records of a kind that are in force, and those that are withdrawn.

    A new one may be begun by the map: ``lon`` and ``lat`` of a click, ``line`` of several, or ``body`` at whose place
    it is to be.
    """
    if noun not in single_records.ADDED:
        return _list(noun)
    body = request.args.get("body", "").strip()
    try:
        if body:
            if _is_there(noun, body):
                return redirect(url_for("records.one", noun=noun, key=body), 303)  # type: ignore[return-value]
            return _list(
                noun, written=single_records.point_at_body(context.database(), context.actor(), body)
            )
        return _list(noun, written=_clicked())
    except _REFUSED as error:
        return _list(noun, error)


def _is_there(noun: str, key: str) -> bool:
    try:
        single_records.find(context.database(), context.actor(), noun, key)
    except NotFound:
        return False
    return True


def _clicked() -> dict[str, str]:
    """Read a place that was clicked on the map; nothing where none is told."""
    line = request.args.get("line", "").strip()
    if line:
        return {"line": _drawn(line)}
    told = {axis: request.args.get(axis, "").strip() for axis in ("lon", "lat")}
    if not any(told.values()):
        return {}
    try:
        at = {axis: float(text) for axis, text in told.items()}
    except ValueError:
        at = {}
    if not at or not (abs(at["lon"]) <= _LON and abs(at["lat"]) <= _LAT):
        raise InvalidInput(
            "record-place",
            "地址中的 lon、lat 不是经纬度。请在地图上重新点一处。",
            "The address's lon and lat are no place. Click a place on the map again.",
        )
    return {axis: f"{value:.6f}" for axis, value in at.items()}


def _drawn(line: str) -> str:
    """Read a line that was drawn on the map: places, longitude first, parted by semicolons."""
    try:
        places = [[float(part) for part in place.split(",")] for place in line.split(";")]
    except ValueError:
        places = []
    fits = all(len(at) == 2 and abs(at[0]) <= _LON and abs(at[1]) <= _LAT for at in places)
    if not (fits and 2 <= len(places) <= LINE_POINTS):
        raise InvalidInput(
            "record-line",
            f"地址中的 line 不是一条线（2 至 {LINE_POINTS} 处，先经度后纬度）。请在地图上重新画。",
            f"The address's line is no line of 2 to {LINE_POINTS} places, longitude first. Draw it on the map again.",
        )
    return "; ".join(f"{lon:.6f},{lat:.6f}" for lon, lat in places)


def _list(
    noun: str, problem: GridmapError | None = None, written: Mapping[str, str] | None = None
) -> Response:
    words = request.args.get("q", "").strip()
    # None is asked for where no record is entered here.
    fields = single_records.fields_of(noun) if noun in single_records.ADDED else []
    rows, gone = single_records.listed(context.database(), context.actor(), noun, words)
    return page(
        "desk/records.html",
        "imports",
        status=problem.status if problem else 200,
        problem=problem.as_dict() if problem else None,
        noun=single_records.noun_of(noun),
        nouns=[single_records.noun_of(name) for name in single_records.SINGLE],
        rows=rows,
        gone=gone,
        words=words,
        written=written or {},
        fields=fields,
        spelled={f.name: _offered(f) for f in fields if f.codes},
        ground=small_map.ground(shown.places()) if fields else None,
    )


@bp.post("/records/<noun>")
def add(noun: str) -> Response:
    """Enter a new record."""
    form = forms.own_form()
    told = {f.name: form[f.name].strip() for f in single_records.fields_of(noun) if f.name in form}
    key = form.get("code", "").strip()
    try:
        single_records.add(context.database(), context.actor(), noun, key, told, form.get("reason", ""))
    except _REFUSED as error:
        return _list(noun, error, form)
    return redirect(url_for("records.one", noun=noun, key=key, told="kept"), 303)  # type: ignore[return-value]


@bp.get("/records/<noun>/<path:key>")
def one(noun: str, key: str) -> Response:
    """Answer one record with the forms that change it."""
    return _one(noun, key)


def _one(
    noun: str, key: str, problem: GridmapError | None = None, written: forms.Form | None = None
) -> Response:
    found = single_records.find(context.database(), context.actor(), noun, key)
    wrote = {} if written is None else forms.written(written)
    fields = single_records.fields_of(noun)
    return page(
        "desk/record.html",
        "imports",
        status=problem.status if problem else 200,
        problem=problem.as_dict() if problem else None,
        noun=single_records.noun_of(noun),
        key=key,
        version=found.version,
        row=found.row,
        fields=fields,
        written=wrote,
        spelled={f.name: _offered(f) for f in fields if f.codes},
    )


def _offered(field: Field) -> list[tuple[str, str]]:
    from gridmap.domain.spellings import labels

    return [(code, label) for label, code in labels(field.codes or {}).items()]


def _told(form: forms.Form, noun: str) -> dict[str, str]:
    """Return what somebody wrote: a field that was left alone says nothing, but both halves of a place go together."""
    wrote = forms.written(form)
    axes = single_records.axes_of(noun)
    if set(axes) & set(wrote):
        wrote |= {axis: form[axis] for axis in axes if axis in form}
    return {f.name: wrote[f.name].strip() for f in single_records.fields_of(noun) if f.name in wrote}


@bp.post("/records/<noun>/<path:key>/change")
def change(noun: str, key: str) -> Response:
    """Put fields of a record right, or move it."""
    form = forms.own_form()
    try:
        single_records.change(
            context.database(),
            context.actor(),
            noun,
            key,
            _told(form, noun),
            form.get("reason", ""),
            seen=form.get("seen") or None,
        )
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
            single_records.kind_of(noun),
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
        acts.withdraw(
            context.database(), context.actor(), single_records.kind_of(noun), key, form.get("reason", "")
        )
    except _REFUSED as error:
        return _one(noun, key, error)
    return redirect(url_for("records.show", noun=noun, told="kept"), 303)  # type: ignore[return-value]


@bp.post("/records/<noun>/<path:key>/restore")
def restore(noun: str, key: str) -> Response:
    """Put a withdrawn record back into force."""
    form = forms.own_form()
    try:
        acts.restore(
            context.database(), context.actor(), single_records.kind_of(noun), key, form.get("reason", "")
        )
    except _REFUSED as error:
        return _list(noun, error)
    return redirect(url_for("records.one", noun=noun, key=key, told="kept"), 303)  # type: ignore[return-value]
