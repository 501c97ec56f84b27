"""Tasks that are owed: visits, household visits, decisions; given, done, and what a visit changed."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping
from urllib.parse import urlencode

from flask import Blueprint, Response, redirect, request, url_for

from gridmap.domain.cases.lists import codes_of
from gridmap.domain.cases.model import TaskRow
from gridmap.domain.gridkey import level_of
from gridmap.domain.roles import Action
from gridmap.errors import Conflict, Forbidden, GridmapError, InvalidInput, NotFound
from gridmap.services.cases import bodies, grid_posts, tasks
from gridmap.services.cases.overview import workspace_info
from gridmap.services.hotspots.effects import Effect, effect_of_visit
from gridmap.services.hotspots.runs import hotspot_run
from gridmap.services.hotspots.spec import HotspotSpec
from web import context
from web.access import may_now
from web.desk import forms, shown
from web.desk.shown import page

bp = Blueprint("task", __name__)

STATES = ("open", "late", "done", "due", "made", "all")
"""Which tasks a list has; ``due``, ``made`` and ``late`` with ``days`` are what a grid's page counts."""
GIVEN = ("visit", "household_visit")
"""Kinds that a desk gives by hand."""
_USUAL_DAYS = 7
_MOST = 300
_MOST_DAYS = 400
_REFUSED = (InvalidInput, NotFound, Forbidden, Conflict)


@bp.get("/tasks")
def listed() -> Response:
    """Answer the tasks of the scope, those due first before others."""
    given = request.args
    state = given.get("state", "open") if given.get("state", "open") in STATES else "open"
    kinds = tuple(k for k in given.get("kind", "").split(",") if k in codes_of("task_kind"))
    days = given.get("days", type=int)
    today = shown.today()
    counted = days is not None and 0 < days <= _MOST_DAYS
    until = today if state in {"due", "made"} or counted else None
    if state == "late":
        until = today - dt.timedelta(days=1)
    found = tasks.list_tasks(
        context.database(),
        context.scope(),
        kinds=kinds,
        grid_key=_grid(given.get("grid", "")),
        since=today - dt.timedelta(days=days) if counted and days is not None else None,
        until=until,
        reason=given.get("reason") or None,
        is_open={"open": True, "late": True, "done": False, "made": False}.get(state),
        limit=_MOST + 1,
    )
    kept = {name: given[name] for name in ("kind", "grid", "days", "reason") if given.get(name)}
    return page(
        "desk/tasks.html",
        "tasks",
        found=found[:_MOST],
        more=len(found) > _MOST,
        state=state,
        kinds=kinds,
        kept=kept,
        today=today,
        address=lambda **changes: (
            f"{url_for('task.listed')}?{urlencode({'state': state, **kept, **changes})}"
        ),
        may_give=may_now(Action.ACT_ON_CASE),
    )


def _grid(given: str) -> int | None:
    try:
        key = int(given) if given else None
        if key is not None:
            level_of(key)
    except ValueError:
        raise InvalidInput(
            "task-grid",
            "地址中的网格无效，请从列表中选择。",
            "The address names no grid. Choose one of the list.",
        ) from None
    return key


@bp.get("/tasks/new")
def new() -> Response:
    """Answer the form by which a visit is given."""
    return _form(request.args)


def _form(written: Mapping[str, str], problem: GridmapError | None = None) -> Response:
    grid_key = _grid(written.get("grid", "")) if problem is None else None
    posts = []
    if grid_key is not None and grid_key in context.scope():
        try:
            posts = list(
                grid_posts.served(context.database(), context.scope(), grid_key, shown.today()).posts
            )
        except _REFUSED as error:
            problem = error
    return page(
        "desk/task_new.html",
        "tasks",
        status=problem.status if problem else 200,
        problem=problem.as_dict() if problem else None,
        written=written,
        posts=posts,
        given=GIVEN,
        directory=bodies.directory(context.database()),
        places=shown.places(),
        today=shown.today(),
        usual=shown.today() + dt.timedelta(days=_USUAL_DAYS),
        origin_of=origin_of,
        # Of what was refused nothing was given: what is sent next is another act.
        key=str(uuid.uuid4()),
    )


@bp.post("/tasks/new")
def give() -> Response:
    """Give a visit to a grid, with a post and a day."""
    form = forms.own_form()
    try:
        grid_key = _grid(form.get("grid", ""))
        due_on = forms.read(form, "due_on", dt.date.fromisoformat, "task_by")
        if grid_key is None or due_on is None:
            raise InvalidInput("task-no-day", "请选择网格和日期。", "Choose the grid and the day.")
        if due_on < shown.today():
            raise InvalidInput(
                "task-past", "日期已过，请选择今天或以后。", "The day is past. Choose today or a later one."
            )
        kind = form.get("kind", "")
        made = tasks.make(
            context.database(),
            context.actor(),
            kind if kind in GIVEN else "",
            grid_key,
            due_on,
            form.get("text", ""),
            number=forms.text(form, "number"),
            post=forms.text(form, "post"),
            body_code=forms.text(form, "body_code"),
            origin=forms.text(form, "origin"),
            reason=forms.text(form, "reason") if kind == "household_visit" else None,
            key=forms.text(form, "key"),
        )
    except _REFUSED as error:
        return _form(form, error)
    return redirect(url_for("task.show", task_id=made.task_id, told="kept"), 303)  # type: ignore[return-value]


@bp.get("/tasks/<int:task_id>")
def show(task_id: int) -> Response:
    """Answer one task; with ``effect`` what its visit changed, or why that is not stated."""
    return _task(task_id)


def _task(task_id: int, problem: GridmapError | None = None, written: str = "") -> Response:
    task = tasks.find(context.database(), context.scope(), task_id)
    measured: Effect | None = None
    unstated: GridmapError | None = None
    measurable = task.kind in GIVEN and task.incident_id is None and may_now(Action.SEE_HOTSPOTS)
    if measurable and task.done_at is not None and "effect" in request.args:
        try:
            measured = _effect(task)
        except _REFUSED as error:
            unstated = error
    return page(
        "desk/task.html",
        "tasks",
        status=problem.status if problem else 200,
        problem=problem.as_dict() if problem else None,
        task=task,
        written=written,
        directory=bodies.directory(context.database()),
        origin_of=origin_of,
        measurable=measurable,
        measured=measured,
        unstated=unstated.as_dict() if unstated else None,
        by_step=task.done_at is None and task.number is not None and tasks.is_by_step(task),
        may_finish=may_now(Action.ACT_ON_CASE)
        and task.done_at is None
        and task.grid_key in context.scope()
        and not tasks.is_by_step(task)
        and not task.sealed,
    )


@bp.post("/tasks/<int:task_id>/done")
def done(task_id: int) -> Response:
    """Mark a task as done, with its result."""
    form = forms.own_form()
    try:
        tasks.finish(context.database(), context.actor(), task_id, form.get("result", ""))
    except (*_REFUSED, Conflict) as error:
        return _task(task_id, error, form.get("result", ""))
    return redirect(url_for("task.show", task_id=task_id, told="kept"), 303)  # type: ignore[return-value]


def _effect(task: TaskRow) -> Effect:
    database, scope = context.database(), context.scope()
    on = shown.local(task.done_at).date() if task.done_at else task.due_on
    domain = kind = None
    found = tasks.HOTSPOT.fullmatch(str(task.details.get("origin", "")))
    if found is not None:
        try:
            run = hotspot_run(database, scope, int(found[1]), context.counts())
            domain, kind = run.domain, run.kind
        except NotFound:
            domain = None
    levels = workspace_info(database, scope).levels
    level = min(max(levels or [1]), max(level_of(task.grid_key), 1) + 1) if levels else 1
    return effect_of_visit(
        database, scope, HotspotSpec("gi", on, on, level=level, domain=domain, kind=kind), task.grid_key, on
    )


def origin_of(origin: str | None) -> tuple[str, str, str] | None:
    """Return what a task came from: its address, the key of its words, its number; None where there is nothing."""
    if found := tasks.HOTSPOT.fullmatch(origin or ""):
        address = f"{url_for('pages.map_page')}?hot={found[1]}&sel=hotspot:{found[2]}"
        return address, "origin_hotspot", f"{found[1]}/{found[2]}"
    if found := tasks.SCREENING.fullmatch(origin or ""):
        return url_for("screening.board", number=int(found[1])), "origin_screening", found[1]
    return None
