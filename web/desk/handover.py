"""Handover of the shift: what is open, due, promised and out; given by one desk, read and taken by the next."""

from __future__ import annotations

import datetime as dt

from flask import Blueprint, Response, redirect, url_for

from gridmap.domain.cases.worklists import Wanted
from gridmap.errors import Conflict, GridmapError, InvalidInput
from gridmap.services.cases import handover, tasks, worklists
from gridmap.services.response import dispatch
from web import context
from web.desk import forms, shown, small_map
from web.desk.lists import offered
from web.desk.renewals import once
from web.desk.shown import page

bp = Blueprint("handover", __name__)

_SHOWN = 12
_AHEAD_DAYS = 1


@bp.get("/handover")
def show() -> Response:
    """Answer what the next desk has to know."""
    return _page()


def _page(problem: GridmapError | None = None, note: str = "") -> Response:
    database, scope, now = context.database(), context.scope(), shown.now()
    tomorrow = shown.today() + dt.timedelta(days=_AHEAD_DAYS)
    rows = {
        name: worklists.work_list(database, scope, Wanted(name), limit=_SHOWN, now=now)
        for name in ("due_today", "to_sign", "overdue")
    }
    kept = handover.handovers(database, scope)
    return page(
        "desk/handover.html",
        "handover",
        status=problem.status if problem else 200,
        problem=problem.as_dict() if problem else None,
        counts=once("totals", lambda: worklists.totals(database, scope, Wanted(), now=now), Wanted()),
        rows=rows,
        steps={row.incident_id: offered(row) for found in rows.values() for row in found.rows},
        urgency=small_map.urgency,
        promised=tasks.list_tasks(database, scope, until=tomorrow, limit=40),
        out=[d for d in dispatch.list_dispatches(database, scope) if d["ended_at"] is None],
        kept=kept,
        waiting=kept[0] if kept and kept[0].taken_at is None else None,
        note=note,
    )


@bp.post("/handover")
def give() -> Response:
    """Leave the shift to the next desk."""
    form = forms.own_form()
    note = form.get("note", "")
    try:
        handover.give(context.database(), context.actor(), note, now=shown.now())
    except (InvalidInput, Conflict) as error:
        return _page(error, note)
    return redirect(url_for("handover.show", told="handover_given"), 303)  # type: ignore[return-value]


@bp.post("/handover/<int:number>/taken")
def take(number: int) -> Response:
    """Take the shift over."""
    forms.own_form()
    try:
        handover.take(context.database(), context.actor(), number)
    except Conflict as error:
        return _page(error)
    return redirect(url_for("handover.show", told="handover_taken"), 303)  # type: ignore[return-value]
