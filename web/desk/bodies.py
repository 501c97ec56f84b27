"""The directory of bodies with their hours, and the clinics of the next weeks: announced and called off."""

from __future__ import annotations

import datetime as dt

from flask import Blueprint, Response, redirect, request, url_for

from gridmap.domain.cases.directory import is_open, week_of
from gridmap.domain.roles import Action
from gridmap.errors import Conflict, Forbidden, GridmapError, InvalidInput, NotFound
from gridmap.services.cases import bodies
from gridmap.services.cases.bodies import ClinicAsked
from web import context
from web.access import may_now
from web.desk import forms, shown
from web.desk.shown import page

bp = Blueprint("bodies", __name__)

AHEAD_DAYS = 28
_REFUSED = (InvalidInput, NotFound, Forbidden, Conflict)


@bp.get("/bodies")
def show() -> Response:
    """Answer the directory and the clinics."""
    return _page()


def _page(problem: GridmapError | None = None, written: forms.Form | None = None) -> Response:
    database, now, today = context.database(), shown.now(), shown.today()
    zone = database.settings.timezone
    kind = request.args.get("kind", "")
    every = bodies.directory(database)
    open_now = {
        body["code"]
        for body in every
        if is_open(week_of(body["hours"], body["opens"]), frozenset(body["closed_days"]), now, zone)
    }
    return page(
        "desk/bodies.html",
        "bodies",
        status=problem.status if problem else 200,
        problem=problem.as_dict() if problem else None,
        every=every,
        listed=[body for body in every if not kind or body["kind"] == kind],
        kinds=sorted({body["kind"] for body in every}),
        kind=kind,
        open_now=open_now,
        clinics=bodies.clinics(database, today, today + dt.timedelta(days=AHEAD_DAYS)),
        ahead_days=AHEAD_DAYS,
        today=today,
        may_write=may_now(Action.ACT_ON_CASE),
        written=written or {},
    )


@bp.post("/bodies/clinics")
def announce() -> Response:
    """Announce a clinic."""
    form = forms.own_form()
    try:
        bodies.announce(context.database(), context.actor(), _asked(form))
    except _REFUSED as error:
        return _page(error, form)
    return _back()


@bp.post("/bodies/clinics/<int:clinic_id>/off")
def call_off(clinic_id: int) -> Response:
    """Call a clinic off."""
    forms.own_form()
    try:
        bodies.call_off(context.database(), context.actor(), clinic_id)
    except _REFUSED as error:
        return _page(error)
    return _back()


def _asked(form: forms.Form) -> ClinicAsked:
    day = forms.read(form, "on_day", dt.date.fromisoformat, "clinic_day")
    opens, closes = (
        forms.read(form, name, dt.time.fromisoformat, f"clinic_{name}") for name in ("opens", "closes")
    )
    if day is None or opens is None or closes is None:
        raise InvalidInput(
            "clinic-no-time", "请填写日期和起止时间。", "Say the day, when it opens and when it closes."
        )
    return ClinicAsked(
        form.get("body_code", ""),
        form.get("kind", ""),
        day,
        opens,
        closes,
        grid_key=forms.read(form, "grid_key", int, "clinic_grid"),
        place=forms.text(form, "place"),
        text=forms.text(form, "text"),
    )


def _back() -> Response:
    return redirect(url_for("bodies.show", told="kept"), 303)  # type: ignore[return-value]
