"""Projects with their assessment, and the book of questions and rulings: lists, single ones, forms, documents."""

from __future__ import annotations

import datetime as dt
import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlencode

import shapely
from flask import Blueprint, Response, redirect, request, url_for

from gridmap.domain.accounts import Actor
from gridmap.domain.cases.projects import PROJECTS, RULINGS, STEPS
from gridmap.domain.fields import Field
from gridmap.domain.roles import Action
from gridmap.errors import Conflict, Forbidden, GridmapError, InvalidInput, NotFound
from gridmap.reporting.map_drawing import path_of
from gridmap.services.cases import project_acts, projects
from gridmap.services.reports import form_files, project_files
from gridmap.storage.database import Database
from web import context
from web.access import may_now
from web.desk import forms, shown, small_map
from web.desk.shown import page

bp = Blueprint("projects", __name__)

_REFUSED = (InvalidInput, NotFound, Forbidden, Conflict)
_OWN = "projects"
"""Folder of the town's own files for assessments, in that of its form files."""
_TOLD = [f for f in PROJECTS.fields if f.name != "code"]
_ASKED = [f for f in RULINGS.fields if f.name not in {"code", "village_name"}]


def _may_write() -> bool:
    return may_now(Action.ACT_ON_CASE)


def _paths(ground: small_map.Ground | None, told: str | None) -> list[str]:
    """Outline of a project as paths of the small map."""
    if ground is None or told is None:
        return []
    shape = shapely.from_geojson(told)
    rings = [ring for part in shapely.get_parts(shape) for ring in (part.exterior, *part.interiors)]
    return [path_of((ground.point(x, y) for x, y in ring.coords), closed=True, digits=1) for ring in rings]


@bp.get("/projects")
def show() -> Response:
    """Answer the projects of the scope with the form of a new one."""
    return _list()


def _list(problem: GridmapError | None = None, written: forms.Form | None = None) -> Response:
    found = projects.list_projects(context.database(), context.scope())
    ground = small_map.ground(shown.places())
    return page(
        "desk/projects.html",
        "projects",
        status=problem.status if problem else 200,
        problem=problem.as_dict() if problem else None,
        rows=found,
        steps=STEPS,
        ground=ground,
        shapes=[path for row in found for path in _paths(ground, row["shape"])],
        fields=_TOLD,
        written=written or {},
        may_write=_may_write(),
    )


@bp.post("/projects")
def make() -> Response:
    """Keep a new project with its drawn outline."""
    form = forms.own_form()
    try:
        outline = form.get("shape", "").strip()
        code = project_acts.save(
            context.database(),
            context.actor(),
            "projects",
            {"code": form.get("code", "").strip(), **_told(form, _TOLD)},
            form.get("reason", "").strip() or "登记",
            shape=project_acts.read_shape(outline) if outline else None,
            new=True,
        )
    except _REFUSED as error:
        return _list(error, form)
    return redirect(url_for("projects.one", code=code, told="kept"), 303)  # type: ignore[return-value]


def _told(form: forms.Form, fields: list[Field]) -> dict[str, str | None]:
    return {f.name: form.get(f.name, "").strip() for f in fields if f.name in form}


@bp.get("/projects/<path:code>")
def one(code: str) -> Response:
    """Answer a project: its steps, answers, cases before and after, households and sites."""
    return _one(code)


def _one(code: str, problem: GridmapError | None = None, written: forms.Form | None = None) -> Response:
    # Before the rest is read: what is saved in between is found when the form comes back.
    version = project_acts.version(context.database(), context.actor(), "projects", code)
    wrote = {} if written is None else forms.written(written)
    seen = projects.seen(context.database(), context.scope(), code, now=shown.now())
    ground = small_map.ground(shown.places())
    return page(
        "desk/project.html",
        "projects",
        status=problem.status if problem else 200,
        problem=problem.as_dict() if problem else None,
        version=version,
        seen=seen,
        row=seen.row,
        steps=STEPS,
        ground=ground,
        shapes=_paths(ground, seen.row["shape"]),
        corners=_corners(seen.row["shape"]),
        fields=_TOLD,
        written=wrote,
        may_write=_may_write()
        and seen.row["withdrawn_at"] is None
        and int(seen.row["grid_key"]) in context.scope(),
        may_undo=_may_write() and any(not e.get("undone_at") and e["before"] for e in seen.row["history"]),
        may_papers=may_now(Action.MAKE_FORMS) and may_now(Action.SEE_CASES),
        may_sites=may_now(Action.SEE_SERVICES),
        templates=[path.name for path in form_files.own_templates(context.database(), _OWN)],
    )


def _corners(told: str) -> str:
    """One polygon without holes as the form writes it; GeoJSON of anything else."""
    shape = shapely.from_geojson(told)
    parts = shapely.get_parts(shape)
    if len(parts) == 1 and not parts[0].interiors:
        return " ".join(f"{x:.6f},{y:.6f}" for x, y in list(parts[0].exterior.coords)[:-1])
    return json.dumps(json.loads(told))


@bp.post("/projects/<path:code>/change")
def change(code: str) -> Response:
    """Put a project right: its steps, answers, decision, follow-up, outline."""
    form = forms.own_form()
    try:
        outline = form.get("shape", "").strip()
        stored = projects.find(context.database(), context.scope(), "projects", code)
        was = forms.was(form)
        same = not outline or outline == was.get("shape", _corners(stored["shape"]))
        project_acts.save(
            context.database(),
            context.actor(),
            "projects",
            {"code": code, **_told(form, _TOLD)},
            form.get("reason", ""),
            shape=None if same else project_acts.read_shape(outline),
            seen=form.get("seen") or None,
            was=was,
        )
    except _REFUSED as error:
        return _one(code, error, form)
    return redirect(url_for("projects.one", code=code, told="kept"), 303)  # type: ignore[return-value]


@bp.post("/projects/<path:code>/withdraw")
def withdraw(code: str) -> Response:
    """Withdraw a project: it is kept and marked."""
    return _act("projects", code, project_acts.withdraw)


@bp.post("/projects/<path:code>/undo")
def undo(code: str) -> Response:
    """Take the newest change of a project back."""
    return _act("projects", code, project_acts.take_back)


def _act(noun: str, code: str, act: Callable[[Database, Actor, str, str, str], None]) -> Response:
    form = forms.own_form()
    try:
        act(context.database(), context.actor(), noun, code, form.get("reason", ""))
    except _REFUSED as error:
        return _one(code, error) if noun == "projects" else _book(error)
    if noun == "projects":
        return redirect(url_for("projects.one", code=code, told="kept"), 303)  # type: ignore[return-value]
    return redirect(url_for("projects.book", told="kept"), 303)  # type: ignore[return-value]


@bp.get("/projects/<path:code>/cases")
def cases(code: str) -> Response:
    """Answer the cases behind one of a project's two numbers."""
    which = request.args.get("which", "before")
    start = max(0, request.args.get("start", 0, int))
    found = projects.cases_of(context.database(), context.scope(), code, which, start=start, now=shown.now())
    seen = projects.seen(context.database(), context.scope(), code, now=shown.now())
    return page(
        "desk/project_cases.html",
        "projects",
        seen=seen,
        row=seen.row,
        which=which,
        found=found,
        start=start,
        part=lambda at: url_for("projects.cases", code=code, which=which, start=at),
    )


@bp.get("/projects/<path:code>/papers.docx")
def papers(code: str) -> Response:
    """Answer the file of a project's assessment, or a form file of the town's own for it."""
    database, wanted = context.database(), request.args.get("template")
    template = form_files.own_template(database, wanted, _OWN) if wanted else None
    ending = template.suffix.lower() if template else ".docx"
    with tempfile.TemporaryDirectory(prefix="gridmap-form-") as folder:
        target = Path(folder) / f"papers{ending}"
        project_files.write_assessment(database, context.actor(), code, target, template=template)
        return shown.download(
            target.read_bytes(), f"{template.stem if template else '稳评档案'}-{code}{ending}"
        )


def _week() -> tuple[dt.date, dt.date]:
    given = request.args.get("week", "")
    try:
        day = dt.date.fromisoformat(given) if given else shown.today()
        first = day - dt.timedelta(days=day.weekday())
        return first, first + dt.timedelta(days=6)
    except (ValueError, OverflowError):
        raise InvalidInput(
            "week-unreadable", "请写周内的一天，如 2026-10-05。", "Say a day of the week, such as 2026-10-05."
        ) from None


@bp.get("/rulings")
def book() -> Response:
    """Answer the week's book of questions and rulings."""
    return _book()


def _book(problem: GridmapError | None = None, written: forms.Form | None = None) -> Response:
    first, last = _week()
    # What is being changed may be of another week, and its form is to come back with what was typed.
    every = request.args.get("every") == "1" or (written is not None and "new" not in written)
    versions = project_acts.versions(context.database(), context.actor(), "rulings")
    found = projects.list_rulings(
        context.database(), context.scope(), None if every else first, None if every else last
    )
    return page(
        "desk/rulings.html",
        "projects",
        status=problem.status if problem else 200,
        problem=problem.as_dict() if problem else None,
        rows=found,
        versions=versions,
        first=first,
        last=last,
        every=every,
        before=(first - dt.timedelta(days=7)).isoformat() if first.toordinal() > 7 else None,
        after=(first + dt.timedelta(days=7)).isoformat() if first.year < dt.MAXYEAR else None,
        fields=_ASKED,
        written={} if written is None else forms.written(written),
        today=shown.today(),
        like=_like,
        may_write=_may_write(),
        may_papers=may_now(Action.MAKE_FORMS),
    )


def _like(row: dict[str, object]) -> str:
    asked = {
        "list": "all",
        "grid": row["grid_key"],
        "domain": row["domain"] or ("dispute" if row["kind"] else None),
    }
    asked |= {"kind": row["kind"], "q": row["words"]}
    return f"{url_for('desk.show')}?{urlencode({k: str(v) for k, v in asked.items() if v})}"


@bp.post("/rulings")
def ask() -> Response:
    """Keep a question, with its ruling or still without."""
    form = forms.own_form()
    code = form.get("code", "").strip()
    try:
        project_acts.save(
            context.database(),
            context.actor(),
            "rulings",
            {"code": code, **_told(form, _ASKED)},
            form.get("reason", "").strip() or "登记",
            new="new" in form,
            seen=form.get("seen") or None,
            was=forms.was(form),
        )
    except _REFUSED as error:
        return _book(error, form)
    return redirect(url_for("projects.book", week=form.get("on_day", ""), told="kept"), 303)  # type: ignore[return-value]


@bp.post("/rulings/<path:code>/withdraw")
def withdraw_ruling(code: str) -> Response:
    """Withdraw a question with its ruling."""
    return _act("rulings", code, project_acts.withdraw)


@bp.post("/rulings/<path:code>/undo")
def undo_ruling(code: str) -> Response:
    """Take the newest change of a ruling back."""
    return _act("rulings", code, project_acts.take_back)


@bp.get("/rulings/book.docx")
def book_file() -> Response:
    """Answer the week's book as a document."""
    first, last = _week()
    with tempfile.TemporaryDirectory(prefix="gridmap-form-") as folder:
        target = Path(folder) / "book.docx"
        project_files.write_book(context.database(), context.actor(), first, last, target)
        return shown.download(target.read_bytes(), f"疑难问题答复-{first}.docx")
