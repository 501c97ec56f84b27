"""A week's roster: who has which shift, made, changed by hand, taken back; and the town's named shifts."""

from __future__ import annotations

import datetime as dt

from flask import Blueprint, Response, redirect, request, url_for

from gridmap.domain import terms
from gridmap.domain.jobs import Job
from gridmap.domain.roles import Action
from gridmap.domain.rosters import DAYS, MOST_SHIFTS, RosterRules, first_day_of
from gridmap.errors import Conflict, Forbidden, GridmapError, InvalidInput, NotFound
from gridmap.services.jobs import desk as jobs
from gridmap.services.patrols.ask.rosters import set_shifts, town_shifts
from gridmap.services.patrols.keep.rosters import delete_roster, set_duty, show_week, undo_duty
from gridmap.services.patrols.make.jobs import ROSTER
from gridmap.services.patrols.make.rosters import RosterRequest, teams_to_roster
from web import context
from web.access import may_now
from web.desk import forms, shown
from web.desk.shown import page

bp = Blueprint("roster", __name__)

_REFUSED = (InvalidInput, NotFound, Conflict, Forbidden)
_AGAIN_S = "2"
_WEEK = dt.timedelta(days=DAYS)
_TERMS = (terms.REST_HOURS, terms.NIGHTS_IN_ROW, terms.SHIFTS_A_WEEK, terms.LEAST_TEAMS)


@bp.get("/patrols/roster")
def show() -> Response:
    """Answer a week's roster."""
    return _page(_week(request.args.get("week")))


def _page(week: dt.date, problem: GridmapError | None = None) -> Response:
    database, scope = context.database(), context.scope()
    job = _job(request.args.get("job"))
    shifts = town_shifts(database, scope)
    answer = page(
        "desk/roster.html",
        "",
        status=problem.status if problem else 200,
        problem=problem.as_dict() if problem else None,
        roster=show_week(database, scope, week),
        week=week,
        before=week - _WEEK,
        after=week + _WEEK,
        on_days=[(week + dt.timedelta(days=n)).isoformat() for n in range(DAYS)],
        last=week + dt.timedelta(days=DAYS - 1),
        shifts=shifts,
        most_shifts=MOST_SHIFTS,
        terms=_TERMS,
        crew=teams_to_roster(database, scope) if may_now(Action.PLAN_PATROLS) else [],
        job=job,
        may_plan=may_now(Action.PLAN_PATROLS),
        chosen=request.args,
        names={shift.code: shift for shift in shifts},
    )
    if job is not None and not job.is_over:
        answer.headers["Refresh"] = _AGAIN_S
    return answer


def _job(number: str | None) -> Job | None:
    if not number or not number.isalnum():
        return None
    actor = context.actor()
    return jobs.find_job(context.database(), context.scope(), number, owner=actor.post)


def _week(text: str | None) -> dt.date:
    try:
        week = first_day_of(dt.date.fromisoformat(text) if text else shown.today())
    except (ValueError, OverflowError):
        raise _no_week() from None
    # The page leads to the weeks beside it.
    if not dt.date.min + _WEEK <= week <= dt.date.max - _WEEK:
        raise _no_week()
    return week


def _no_week() -> InvalidInput:
    return InvalidInput("week-day", "日期应写成 2026-11-23 的样子。", "A day is written like 2026-11-23.")


def _back(week: dt.date, *, job: str | None = None) -> Response:
    told = None if job else "kept"
    return redirect(url_for("roster.show", week=week.isoformat(), job=job, told=told), 303)  # type: ignore[return-value]


@bp.post("/patrols/roster")
def make() -> Response:
    """Have a week's roster made."""
    form = forms.own_form()
    week = _week(form.get("week"))
    try:
        rest = forms.read(form, terms.REST_HOURS.name, float, (terms.REST_HOURS.zh, terms.REST_HOURS.en))
        nights, most, least = (forms.read(form, term.name, int, (term.zh, term.en)) for term in _TERMS[1:])
        rules = RosterRules(
            terms.ROSTER_REST_H if rest is None else rest,
            terms.ROSTER_NIGHTS if nights is None else nights,
            terms.ROSTER_MOST if most is None else most,
            terms.ROSTER_LEAST if least is None else least,
        )
        wanted = RosterRequest(
            week, tuple(form.getlist("who")) or None, rules, _days_off(form), forms.text(form, "domain")
        )
        job = jobs.submit(context.database(), context.scope(), ROSTER, wanted, owner=context.actor().post)
    except _REFUSED as error:
        return _page(week, error)
    return _back(week, job=job.job_id)


def _days_off(form: forms.Form) -> tuple[tuple[str, dt.date], ...]:
    """Read a team's days off, each T02=2026-12-03; those of a team that is not to be rostered fall away."""
    chosen = set(form.getlist("who"))
    out = []
    for text in form.getlist("off"):
        team, _, day = text.rpartition("=")
        if not chosen or team in chosen:
            try:
                out.append((team, dt.date.fromisoformat(day)))
            except ValueError:
                raise _no_week() from None
    return tuple(out)


@bp.post("/patrols/roster/<int:roster_id>/set")
def change(roster_id: int) -> Response:
    """Give a team another shift on a day, or the day off."""
    form = forms.own_form()
    week = _week(form.get("on"))
    on = forms.read(form, "on", dt.date.fromisoformat, "roster_day") or week
    team = forms.text(form, "team") or ""
    try:
        set_duty(context.database(), context.actor(), roster_id, team, on, forms.text(form, "shift"))
    except _REFUSED as error:
        return _page(week, error)
    return _back(week)


@bp.post("/patrols/roster/<int:roster_id>/undo")
def undo(roster_id: int) -> Response:
    """Take the last change by hand back."""
    week = _week(forms.own_form().get("week"))
    try:
        undo_duty(context.database(), context.actor(), roster_id)
    except _REFUSED as error:
        return _page(week, error)
    return _back(week)


@bp.post("/patrols/roster/<int:roster_id>/delete")
def remove(roster_id: int) -> Response:
    """Delete a roster; an older one of the week holds again."""
    week = _week(forms.own_form().get("week"))
    delete_roster(context.database(), context.actor(), roster_id)
    return _back(week)


@bp.post("/patrols/shifts")
def name_shifts() -> Response:
    """Name the town's shifts anew."""
    form = forms.own_form()
    week = _week(form.get("week"))
    rows = [
        {name: form.get(f"{name}-{n}", "").strip() for name in ("code", "zh", "en", "begin", "end")}
        | {"night": form.get(f"night-{n}") == "1"}
        for n in range(MOST_SHIFTS)
    ]
    try:
        set_shifts(context.database(), context.actor(), [row for row in rows if any(row.values())])
    except _REFUSED as error:
        return _page(week, error)
    return _back(week)
