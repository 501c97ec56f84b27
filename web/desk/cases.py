"""A case: shown whole, taken in, its steps made and taken back, its tasks done."""

from __future__ import annotations

import uuid

from flask import Blueprint, Response, redirect, request, url_for
from werkzeug.datastructures import MultiDict

from gridmap.domain.cases.actions import Action, read_action
from gridmap.domain.cases.model import Case
from gridmap.domain.roles import Action as Right
from gridmap.errors import Conflict, Forbidden, GridmapError, InvalidInput, NotFound
from gridmap.reporting.sheet import is_reachable
from gridmap.services.cases import bodies, desk, edits, intake, projects, satisfaction, tasks, where
from gridmap.services.cases.refusals import CaseMovedOn
from web import context
from web.access import may_now
from web.desk import forms, shown, small_map
from web.desk.phone_code import code_of
from web.desk.photos import photos_of
from web.desk.shown import page

bp = Blueprint("case", __name__)

_TAKEN_BACK = (InvalidInput, Conflict, Forbidden, NotFound)
"""Errors that a form shows with what was written still in it."""
FIRST_STEPS = (
    Action.SIGN,
    Action.RETURN,
    Action.RESUME,
    Action.ROUTE,
    Action.MEDIATE,
    Action.HANDLE,
    Action.CONFER,
    Action.TRANSFER,
    Action.RESOLVE,
    Action.END_UNSOLVED,
    Action.FOLLOW_UP,
    Action.ARCHIVE,
    Action.REOPEN,
)
"""Steps that move a case on, in the order in which the page offers them; the others follow."""


@bp.get("/cases/<path:number>")
def show(number: str) -> Response:
    """Answer a case whole."""
    case = desk.find(context.database(), context.actor(), number, now=shown.now())
    return _case_page(case, asked=request.args.get("step"))


@bp.post("/cases/<path:number>/open")
def open_case(number: str) -> Response:
    """Open a sealed case; the row in the audit is written before anything of it is shown."""
    forms.own_form()
    return _case_page(desk.open_sealed(context.database(), context.actor(), number, now=shown.now()))


@bp.get("/cases/<path:number>/open")
def back_to_case(number: str) -> Response:
    """Lead to the case as it is when it is not opened: an opened page that is loaded again is another opening."""
    return redirect(url_for("case.show", number=number), 303)  # type: ignore[return-value]


def _case_page(
    case: Case,
    *,
    asked: str | None = None,
    problem: GridmapError | None = None,
    written: forms.Form | None = None,
) -> Response:
    order = {action: n for n, action in enumerate(FIRST_STEPS)}
    lawful = sorted(case.lawful, key=lambda s: order.get(s.action, len(order)))
    if case.row.domain != "dispute":
        lawful = [s for s in lawful if s.action is not Action.MEDIATE]
    elif any(s.action is Action.MEDIATE for s in lawful):
        lawful = [s for s in lawful if s.action is not Action.HANDLE]
    ground = small_map.ground(shown.places())
    moved = problem if isinstance(problem, CaseMovedOn) else None
    return page(
        "desk/closed.html" if case.closed else "desk/case.html",
        "desk",
        status=200 if problem is None else problem.status,
        case=case,
        row=case.row,
        lawful=lawful,
        open_step=read_action(asked or ""),
        key=str(uuid.uuid4()),
        directory=bodies.directory(context.database()),
        photos=None if case.closed else photos_of(case),
        places=shown.places(),
        ground=ground,
        marks=small_map.marks(ground, [case.row], shown.now()),
        problem=problem.as_dict() if problem else None,
        moved=moved,
        written=written or {},
        first_steps=FIRST_STEPS,
        asking=satisfaction.standing(case.tasks, case.steps, context.actor().post),
        satisfied=satisfaction.answer(case.steps),
        may_give=may_now(Right.ACT_ON_CASE) and case.row.grid_key in context.scope() and not case.row.sealed,
        may_edit=may_now(Right.ACT_ON_CASE)
        and case.row.handler_key in context.scope()
        and not case.row.sealed
        and case.state.withdrawn_at is None,
        rulings=()
        if case.closed
        else projects.rulings_for(
            context.database(), context.scope(), case.row.grid_key, case.row.domain, case.row.kind
        ),
        by_step=tasks.is_by_step,
        merge_key=str(uuid.uuid4()),
        decisions=range(forms.DECISIONS),
        # On paper the code leads to the server; no telephone comes to an address of this machine alone.
        opens_elsewhere=is_reachable(request.host_url),
    )


@bp.post("/cases/<path:number>/steps")
def act(number: str) -> Response:
    """Make a step; what is not lawful comes back with what was written."""
    form = forms.own_form()
    database, actor = context.database(), context.actor()
    try:
        asked = forms.step(form)
        revision = forms.read(form, "revision", int)
        desk.act(
            database, actor, number, asked, revision if revision is not None else -1, form.get("key", "")
        )
    except _TAKEN_BACK as error:
        return _case_page(_as_written_in(number), asked=form.get("action"), problem=error, written=form)
    try:
        desk.find(database, actor, number)
    except NotFound:
        # Passed on to where this post does not see it: the queue goes on.
        return redirect(url_for("desk.show", told="step_made"), 303)  # type: ignore[return-value]
    return redirect(url_for("case.show", number=number, told="step_made"), 303)  # type: ignore[return-value]


def _as_written_in(number: str) -> Case:
    """Return the case whose form was sent: a sealed one is opened again, since the form is on its opened page."""
    case = desk.find(context.database(), context.actor(), number, now=shown.now())
    return (
        desk.open_sealed(context.database(), context.actor(), number, now=shown.now())
        if case.closed
        else case
    )


@bp.post("/cases/<path:number>/undo")
def undo(number: str) -> Response:
    """Take the newest step back, within the minute."""
    form = forms.own_form()
    database, actor = context.database(), context.actor()
    try:
        revision = forms.read(form, "revision", int)
        desk.undo(database, actor, number, revision if revision is not None else -1)
    except _TAKEN_BACK as error:
        return _case_page(_as_written_in(number), problem=error)
    return redirect(url_for("case.show", number=number, told="step_taken_back"), 303)  # type: ignore[return-value]


@bp.post("/cases/<path:number>/tasks/<int:task_id>")
def finish_task(number: str, task_id: int) -> Response:
    """Mark a task of a case as done, with its result."""
    form = forms.own_form()
    database, actor = context.database(), context.actor()
    try:
        tasks.finish(database, actor, task_id, form.get("result", ""))
    except _TAKEN_BACK as error:
        return _case_page(_as_written_in(number), problem=error)
    return redirect(url_for("case.show", number=number), 303)  # type: ignore[return-value]


@bp.get("/cases/<path:number>/qr.svg")
def qr(number: str) -> Response:
    """Answer the code that opens the case on a phone."""
    desk.find(context.database(), context.actor(), number)
    return code_of("case.show", number=number)


@bp.get("/cases/new")
def new() -> Response:
    """Answer the form by which a case is taken in."""
    return _intake_page({})


def _intake_page(
    written: forms.Form | dict[str, str],
    *,
    problem: GridmapError | None = None,
    alike: list[object] | None = None,
    key: str | None = None,
) -> Response:
    places = shown.places()
    return page(
        "desk/new.html",
        "new",
        status=200 if problem is None else problem.status,
        written=written,
        problem=problem.as_dict() if problem else None,
        alike=alike or [],
        key=key or str(uuid.uuid4()),
        places=places,
        kinds=shown.kinds_by_domain(places.kinds),
        ground=small_map.ground(places),
        local_now=shown.local(shown.now()),
        case=None,
    )


@bp.get("/cases/<path:number>/edit")
def edit(number: str) -> Response:
    """Answer the form by which what was told of a case is put right."""
    case = desk.find(context.database(), context.actor(), number, now=shown.now())
    return _edit_page(case, _as_written(case))


def _as_written(case: Case) -> dict[str, str]:
    told = case.told
    values = {
        "summary": told.summary,
        "kind": f"{told.domain}:{told.kind or ''}",
        "occurred_at": f"{shown.local(told.occurred_at):%Y-%m-%dT%H:%M}",
        "place": told.place,
        "lon": told.lon,
        "lat": told.lat,
        "crs": {"GCJ-02": "gcj02", "BD-09": "bd09"}.get(told.crs or "", ""),
        "accuracy_m": told.accuracy_m,
        "grid_key": None if told.lon is not None else told.grid_key,
        "channel": told.channel,
        "found_by": told.found_by,
        "people_count": told.people_count,
        "sum_band": told.sum_band,
        "scale": told.scale,
        "committee_is_party": "on" if told.committee_is_party else None,
    }
    return {name: str(value) for name, value in values.items() if value is not None}


def _edit_page(
    case: Case, written: forms.Form | dict[str, str], problem: GridmapError | None = None
) -> Response:
    places = shown.places()
    return page(
        "desk/new.html",
        "desk",
        status=200 if problem is None else problem.status,
        case=case,
        written=written,
        problem=problem.as_dict() if problem else None,
        alike=[],
        key=str(uuid.uuid4()),
        places=places,
        kinds=shown.kinds_by_domain(places.kinds),
        ground=small_map.ground(places),
        local_now=shown.local(shown.now()),
    )


@bp.post("/cases/<path:number>/edit")
def change(number: str) -> Response:
    """Put right what was told of a case."""
    form = forms.own_form()
    database, actor = context.database(), context.actor()
    try:
        revision = forms.read(form, "revision", int)
        edits.change(
            database,
            actor,
            number,
            forms.new_case(form),
            revision if revision is not None else -1,
            form.get("reason", ""),
            form.get("key", ""),
            now=shown.now(),
        )
    except _TAKEN_BACK as error:
        return _edit_page(desk.find(database, actor, number, now=shown.now()), form, error)
    return redirect(url_for("case.show", number=number, told="kept"), 303)  # type: ignore[return-value]


@bp.post("/cases/<path:number>/merge")
def merge(number: str) -> Response:
    """Merge another case, which is the same matter, into this one."""
    form = forms.own_form()
    database, actor = context.database(), context.actor()
    try:
        other = form.get("other", "").strip()
        edits.merge(
            database, actor, number, other, form.get("reason", ""), form.get("key", ""), now=shown.now()
        )
    except _TAKEN_BACK as error:
        return _case_page(_as_written_in(number), problem=error)
    return redirect(url_for("case.show", number=number, told="kept"), 303)  # type: ignore[return-value]


@bp.post("/cases/new")
def record() -> Response:
    """Take a case in; likely duplicates are shown once before it is kept."""
    form = forms.own_form()
    database, actor = context.database(), context.actor()
    key = form.get("key", "")
    try:
        asked = forms.new_case(form)
        if "seen" not in form:
            alike = intake.duplicates(database, actor.scope, asked)
            if alike:
                return _intake_page(form, alike=list(alike), key=key)
        case = intake.record(database, actor, asked, key)
    except _TAKEN_BACK as error:
        return _intake_page(form, problem=error, key=key)
    try:
        desk.find(database, actor, case.row.number)
    except NotFound:
        # Its committee is a party, or it is sealed from this post: others have it now.
        return redirect(url_for("desk.show", told="case_recorded"), 303)  # type: ignore[return-value]
    return redirect(url_for("case.show", number=case.row.number, told="case_recorded"), 303)  # type: ignore[return-value]


@bp.get("/cases/grids")
def grids() -> Response:
    """Answer the grids of a coordinate at every level, for the form."""
    given = MultiDict(request.args)
    lon, lat = forms.read(given, "lon", float), forms.read(given, "lat", float)
    proposed = None
    if lon is not None and lat is not None:
        proposed = where.propose(
            context.database(),
            lon,
            lat,
            source_crs=forms.text(given, "crs") or "EPSG:4326",
            accuracy_m=forms.read(given, "accuracy_m", float) or 0.0,
        )
    return page("desk/_grids.html", "", proposed=proposed, written={}, places=shown.places())


@bp.get("/cases/places")
def named_places() -> Response:
    """Answer places that words may mean, for the form."""
    found = where.by_words(context.database(), context.scope(), request.args.get("place", "")[:100])
    return page("desk/_places.html", "", found=found)
