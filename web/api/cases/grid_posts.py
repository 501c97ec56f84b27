"""Who serves a grid, and clinics of bodies."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import TypedDict
from zoneinfo import ZoneInfo

from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from pydantic import BaseModel, Field

from gridmap.domain.terms import LONGEST
from gridmap.services.cases import bodies, grid_posts
from gridmap.services.cases.bodies import ClinicAsked
from gridmap.services.cases.grid_posts import GridPost, Served
from web.api.cases.place_schemas import KeyText, Short
from web.api.schemas import GridPath, Nothing, Problem, Strict
from web.context import actor, database, scope

bp = APIBlueprint(
    "grid_posts",
    __name__,
    url_prefix="/api/v1",
    abp_tags=[Tag(name="grid posts", description="网格岗位: posts, volunteers and visits of a grid")],
    abp_responses={403: Problem, 404: Problem, 409: Problem, 422: Problem, 503: Problem},
)
clinics_bp = APIBlueprint(
    "clinics",
    __name__,
    url_prefix="/api/v1",
    abp_tags=[Tag(name="clinics", description="门诊、出诊、会诊")],
    abp_responses={403: Problem, 404: Problem, 409: Problem, 422: Problem, 503: Problem},
)

Hours = dict[str, list[list[str]]]


class PostRequest(Strict):
    """A post of a grid; never a person's name."""

    title: str = Field(min_length=1, max_length=LONGEST["title"])
    duty: Short
    phone: str | None = Field(None, max_length=LONGEST["phone"], description="Of an office.")
    hours: Hours | None = Field(None, description='ISO weekday to spans: {"1": [["08:30", "17:00"]]}.')


class TitleRequest(Strict):
    """Which post."""

    title: str = Field(min_length=1, max_length=LONGEST["title"])


class VolunteersRequest(Strict):
    """Head-counts by role."""

    volunteers: dict[Short, int] = Field(max_length=20)


class PostLine(BaseModel):
    """A post as it is kept."""

    grid_key: KeyText
    duty: str
    title: str
    phone: str | None
    hours: Hours | None


class VisitLine(BaseModel):
    """Visits of a kind, and of household visits of a reason."""

    kind: str
    reason: str | None
    due: int
    made: int
    late: int


class ServiceTeamLine(BaseModel):
    """A team that calls on households."""

    code: str
    name_zh: str
    name_en: str | None
    grid_key: KeyText
    size: int | None


class ServedAnswer(BaseModel):
    """Who serves a grid and the grids below it; visits are of the last 90 days."""

    grid_key: KeyText
    posts: list[PostLine]
    posts_below: int
    volunteers: dict[str, int]
    visits_due: int
    visits_made: int
    visits_late: int
    visits: list[VisitLine]
    service_teams: list[ServiceTeamLine]


class ClinicRequest(Strict):
    """A dated clinic of a body."""

    body_code: Short
    kind: Short
    on_day: dt.date
    opens: dt.time
    closes: dt.time
    grid_key: KeyText | None = None
    place: str | None = Field(None, max_length=LONGEST["venue"])
    text: str | None = Field(None, max_length=LONGEST["clinic_text"])


class ClinicPath(BaseModel):
    """A clinic."""

    clinic_id: int = Field(ge=1, le=2**62)


class ClinicsQuery(Strict):
    """Of which days."""

    since: dt.date
    until: dt.date


class ClinicMade(BaseModel):
    """The number of a clinic."""

    clinic_id: int


class ClinicShown(TypedDict):
    """A dated clinic of a body."""

    clinic_id: int
    body_code: str
    grid_key: str
    kind: str
    on_day: str
    opens: str
    closes: str
    place: str | None
    text: str | None


class Clinics(BaseModel):
    """Clinics, in order of day and time."""

    clinics: list[Mapping[str, object]]


def _served(grid_key: int) -> Served:
    today = dt.datetime.now(ZoneInfo(database().settings.timezone)).date()
    return grid_posts.served(database(), scope(), grid_key, today)


@bp.get("/grids/<int:grid_key>/posts", responses={200: ServedAnswer})
def get_posts(path: GridPath, query: Nothing) -> Served:  # noqa: ARG001 - refuses parameters
    """Return a grid's posts with office telephone and hours, its volunteers, and its visits due and made."""
    return _served(path.grid_key)


@bp.post("/grids/<int:grid_key>/posts", responses={200: ServedAnswer})
def put_post(path: GridPath, body: PostRequest) -> Served:
    """Keep a post of a grid; one of the same title there is written over."""
    post = GridPost(path.grid_key, body.duty, body.title, body.phone, body.hours)
    grid_posts.put(database(), actor(), post)
    return _served(path.grid_key)


@bp.post("/grids/<int:grid_key>/posts/removed", responses={200: ServedAnswer})
def remove_post(path: GridPath, body: TitleRequest) -> Served:
    """Remove a post of a grid."""
    grid_posts.remove(database(), actor(), path.grid_key, body.title)
    return _served(path.grid_key)


@bp.post("/grids/<int:grid_key>/volunteers", responses={200: ServedAnswer})
def put_volunteers(path: GridPath, body: VolunteersRequest) -> Served:
    """Keep a grid's head-counts of volunteers in place of those before."""
    grid_posts.count_volunteers(database(), actor(), path.grid_key, body.volunteers)
    return _served(path.grid_key)


@clinics_bp.get("/clinics", responses={200: Clinics})
def list_clinics(query: ClinicsQuery) -> dict[str, list[ClinicShown]]:
    """List the clinics of some days."""
    found = bodies.clinics(database(), query.since, query.until)
    return {
        "clinics": [
            {
                "clinic_id": row["clinic_id"],
                "body_code": row["body_code"],
                "grid_key": str(row["grid_key"]),
                "kind": row["kind"],
                "on_day": row["on_day"].isoformat(),
                "opens": f"{row['opens']:%H:%M}",
                "closes": f"{row['closes']:%H:%M}",
                "place": row["place"],
                "text": row["text"],
            }
            for row in found
        ]
    }


@clinics_bp.post("/clinics", responses={201: ClinicMade})
def announce_clinic(body: ClinicRequest) -> tuple[dict[str, int], int]:
    """Announce a clinic."""
    given = body.model_dump() | {"grid_key": None if body.grid_key is None else int(body.grid_key)}
    return {"clinic_id": bodies.announce(database(), actor(), ClinicAsked(**given))}, 201


@clinics_bp.post("/clinics/<int:clinic_id>/off", responses={204: None})
def call_clinic_off(path: ClinicPath, body: Nothing) -> tuple[str, int]:  # noqa: ARG001 - refuses fields
    """Call a clinic off."""
    bodies.call_off(database(), actor(), path.clinic_id)
    return "", 204
