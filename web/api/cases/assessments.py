"""Projects with their risk assessment, and questions with their rulings."""

from __future__ import annotations

import datetime as dt
import json
from typing import Annotated, Any

from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from pydantic import BaseModel, Field

from gridmap.domain.roles import Action, may
from gridmap.domain.terms import LONGEST
from gridmap.services.cases import project_acts, projects
from gridmap.services.cases.projects import ShownProject, Window
from web.api.schemas import Nothing, Problem, Strict
from web.context import actor, database, scope

bp = APIBlueprint(
    "assessments",
    __name__,
    url_prefix="/api/v1",
    abp_tags=[Tag(name="assessments", description="项目、稳评、问题答复: projects, assessments, rulings")],
    abp_responses={403: Problem, 404: Problem, 409: Problem, 422: Problem, 503: Problem},
)

Told = Annotated[
    dict[
        Annotated[str, Field(max_length=LONGEST["code"])], Annotated[str, Field(max_length=LONGEST["note"])]
    ],
    Field(
        max_length=LONGEST["code"],
        description="Field to text as a person writes it; an empty one empties the field.",
    ),
]


class CodePath(BaseModel):
    """A project or ruling by its code."""

    code: str = Field(max_length=LONGEST["code"])


class MakeRequest(Strict):
    """A new record."""

    code: str = Field(min_length=1, max_length=LONGEST["code"])
    fields: Told
    geometry: dict[str, object] | None = Field(None, description="GeoJSON of a polygon (a project's).")
    reason: str = Field("登记", max_length=LONGEST["reason"])


class ChangeRequest(Strict):
    """What is put right, and why."""

    fields: Told = Field(default_factory=dict)
    geometry: dict[str, object] | None = None
    reason: str = Field(min_length=1, max_length=LONGEST["reason"])


class ReasonRequest(Strict):
    """Why."""

    reason: str = Field(min_length=1, max_length=LONGEST["reason"])


class WeekQuery(Strict):
    """Which days; all without."""

    since: dt.date | None = Field(None, alias="from")
    until: dt.date | None = Field(None, alias="to")


class CodeMade(BaseModel):
    """The code of a record."""

    code: str


class Listed(BaseModel):
    """Records with their fields; days as ISO text, grid keys as text."""

    records: list[dict[str, object]]


class WindowAnswer(BaseModel):
    """Cases on the land in a span of days."""

    since: dt.date
    until: dt.date
    total: int
    by_domain: dict[str, int]


class WarningAnswer(BaseModel):
    """What a person should look at; it refuses nothing."""

    zh: str
    en: str


class ProjectAnswer(BaseModel):
    """A project with what it touches."""

    fields: dict[str, object]
    geometry: dict[str, object]
    before: WindowAnswer
    after: WindowAnswer
    households: int | None
    grids: list[dict[str, object]]
    sites: list[dict[str, object]] | None
    history: list[dict[str, object]]
    warning: WarningAnswer | None


def _plain(row: Any, *left_out: str) -> dict[str, object]:
    out: dict[str, object] = {}
    for name, value in row.items():
        if name in left_out:
            continue
        if name.endswith("_key"):
            out[name] = str(value)
        else:
            out[name] = value.isoformat() if isinstance(value, dt.date) else value
    return out


def _window(window: Window) -> dict[str, object]:
    return {
        "since": window.since.isoformat(),
        "until": window.until.isoformat(),
        "total": window.total,
        "by_domain": dict(window.by_domain),
    }


def _told(shown: ShownProject) -> dict[str, object]:
    return {
        "fields": _plain(shown.row, "shape", "history"),
        "geometry": json.loads(shown.row["shape"]),
        "before": _window(shown.before),
        "after": _window(shown.after),
        "households": shown.households,
        "grids": [_plain(g) for g in shown.grids],
        "sites": [dict(s) for s in shown.sites or ()] if may(actor().role, Action.SEE_SERVICES) else None,
        "history": [
            {k: v for k, v in e.items() if k not in {"before", "after"}} for e in shown.row["history"]
        ],
        "warning": shown.warning and shown.warning._asdict(),
    }


def _shape(geometry: dict[str, object] | None) -> Any:
    return None if geometry is None else project_acts.read_shape(json.dumps(geometry))


@bp.get("/projects", responses={200: Listed})
def list_projects(query: Nothing) -> dict[str, object]:  # noqa: ARG001 - refuses parameters
    """List the projects of the scope."""
    found = projects.list_projects(database(), scope())
    return {"records": [_plain(row, "shape") | {"geometry": json.loads(row["shape"])} for row in found]}


@bp.post("/projects", responses={201: CodeMade})
def make_project(body: MakeRequest) -> tuple[dict[str, str], int]:
    """Enter a project with its outline."""
    told = {"code": body.code, **body.fields}
    code = project_acts.save(
        database(), actor(), "projects", told, body.reason, shape=_shape(body.geometry), new=True
    )
    return {"code": code}, 201


@bp.get("/projects/<string:code>", responses={200: ProjectAnswer})
def get_project(path: CodePath, query: Nothing) -> dict[str, object]:  # noqa: ARG001 - refuses parameters
    """Return a project: its steps, answers, cases before and after, households, sites, history."""
    return _told(projects.seen(database(), scope(), path.code))


@bp.post("/projects/<string:code>/change", responses={200: ProjectAnswer})
def change_project(path: CodePath, body: ChangeRequest) -> dict[str, object]:
    """Put a project right."""
    told = {"code": path.code, **body.fields}
    project_acts.save(database(), actor(), "projects", told, body.reason, shape=_shape(body.geometry))
    return _told(projects.seen(database(), scope(), path.code))


@bp.post("/projects/<string:code>/withdraw", responses={204: None})
def withdraw_project(path: CodePath, body: ReasonRequest) -> tuple[str, int]:
    """Withdraw a project: kept and marked."""
    project_acts.withdraw(database(), actor(), "projects", path.code, body.reason)
    return "", 204


@bp.post("/projects/<string:code>/undo", responses={200: ProjectAnswer})
def undo_project(path: CodePath, body: ReasonRequest) -> dict[str, object]:
    """Take the newest change of a project back."""
    project_acts.take_back(database(), actor(), "projects", path.code, body.reason)
    return _told(projects.seen(database(), scope(), path.code))


@bp.get("/rulings", responses={200: Listed})
def list_rulings(query: WeekQuery) -> dict[str, object]:
    """List questions with their rulings, the newest first, each with the cases like it."""
    found = projects.list_rulings(database(), scope(), query.since, query.until)
    return {"records": [_plain(row) for row in found]}


@bp.post("/rulings", responses={201: CodeMade})
def make_ruling(body: MakeRequest) -> tuple[dict[str, str], int]:
    """Enter a question, with its ruling or still without."""
    told = {"code": body.code, **body.fields}
    return {"code": project_acts.save(database(), actor(), "rulings", told, body.reason, new=True)}, 201


@bp.post("/rulings/<string:code>/change", responses={200: CodeMade})
def change_ruling(path: CodePath, body: ChangeRequest) -> dict[str, str]:
    """Rule, or put a question or ruling right."""
    told = {"code": path.code, **body.fields}
    return {"code": project_acts.save(database(), actor(), "rulings", told, body.reason)}


@bp.post("/rulings/<string:code>/withdraw", responses={204: None})
def withdraw_ruling(path: CodePath, body: ReasonRequest) -> tuple[str, int]:
    """Withdraw a question with its ruling."""
    project_acts.withdraw(database(), actor(), "rulings", path.code, body.reason)
    return "", 204


@bp.post("/rulings/<string:code>/undo", responses={200: CodeMade})
def undo_ruling(path: CodePath, body: ReasonRequest) -> dict[str, str]:
    """Take the newest change of a ruling back."""
    project_acts.take_back(database(), actor(), "rulings", path.code, body.reason)
    return {"code": path.code}
