"""What the town settles of its cases: its limits, its days off, whether photos are allowed; shown and changed."""

from __future__ import annotations

import datetime as dt
import json
import re

from flask import Blueprint, Response, redirect, url_for

from gridmap.domain.cases.limits import preset, presets
from gridmap.domain.roles import Action
from gridmap.errors import Conflict, Forbidden, GridmapError, InvalidInput, NotFound
from gridmap.services.cases import limits, photos
from web import context
from web.access import may_now
from web.desk import forms
from web.desk.shown import page

bp = Blueprint("rules", __name__)

_REFUSED = (InvalidInput, NotFound, Forbidden, Conflict)
_BETWEEN = re.compile(r"[\s,;，；、]+")


@bp.get("/limits")
def show() -> Response:
    """Answer the limits in force, line by line."""
    return _page()


def _page(problem: GridmapError | None = None, written: forms.Form | None = None) -> Response:
    database = context.database()
    table = limits.show(database)
    return page(
        "desk/limits.html",
        "bodies",
        status=problem.status if problem else 200,
        problem=problem.as_dict() if problem else None,
        table=table,
        presets=[(name, preset(name)) for name in presets()],
        days_off=sorted(table.calendar.holidays),
        days_worked=sorted(table.calendar.working_weekends),
        may_write=may_now(Action.ACT_ON_CASE) and limits.is_whole(context.actor()),
        may_undo=limits.may_take_back(database),
        photos_allowed=photos.are_allowed(database),
        written=written or {},
    )


@bp.get("/limits/file")
def file() -> Response:
    """Answer the limits as a file that another town can load."""
    told = json.dumps(limits.show(context.database()).as_dict(), ensure_ascii=False, indent=1) + "\n"
    headers = {"Content-Disposition": 'attachment; filename="limits.json"'}
    return Response(told, mimetype="application/json", headers=headers)


@bp.post("/limits")
def put() -> Response:
    """Put a table that comes with the program in force, or what a file holds."""
    form = forms.own_form()
    told = form.get("file", "").strip().removeprefix("\ufeff")
    try:
        if told:
            limits.put(
                context.database(),
                context.actor(),
                _read(told),
                form.get("name", "") or "limits.json",
                seen=forms.text(form, "seen"),
            )
        else:
            limits.load(
                context.database(), context.actor(), form.get("preset", ""), seen=forms.text(form, "seen")
            )
    except _REFUSED as error:
        return _page(error, form)
    return _back()


@bp.post("/limits/days")
def put_days() -> Response:
    """Put the town's days off and the weekends that it works in its limits."""
    form = forms.own_form()
    try:
        off, worked = (
            _days(form, name, label) for name, label in (("off", "days_off"), ("worked", "days_worked"))
        )
        limits.put_days(context.database(), context.actor(), off, worked, seen=forms.text(form, "seen"))
    except _REFUSED as error:
        return _page(error, form)
    return _back()


def _days(form: forms.Form, name: str, label: str) -> list[str]:
    written = list(filter(None, _BETWEEN.split(form.get(name, ""))))
    for day in written:
        forms.as_read(day, dt.date.fromisoformat, label)
    return written


@bp.post("/limits/undo")
def undo() -> Response:
    """Put the limits from before the last change in force again."""
    form = forms.own_form()
    try:
        limits.take_back(context.database(), context.actor(), seen=forms.text(form, "seen"))
    except _REFUSED as error:
        return _page(error)
    return _back()


@bp.post("/limits/photos")
def allow_photos() -> Response:
    """Allow photos of cases, or end that."""
    form = forms.own_form()
    try:
        photos.allow(context.database(), context.actor(), allowed=form.get("allowed") == "1")
    except _REFUSED as error:
        return _page(error)
    return _back()


def _read(told: str) -> dict[str, object]:
    try:
        return dict(json.loads(told))
    except (ValueError, TypeError, RecursionError) as wrong:
        raise InvalidInput(
            "limits-text",
            f"这不是期限文件：{wrong}。请先下载现行期限，改好后再粘贴或选择文件。",
            f"This is no file of limits: {wrong}. Download those in force, change them, and choose or paste the file.",
        ) from None


def _back() -> Response:
    return redirect(url_for("rules.show", told="kept"), 303)  # type: ignore[return-value]
