"""Handover of the shift."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from pydantic import BaseModel, Field

from gridmap.domain.terms import LONGEST
from gridmap.services.cases import handover
from gridmap.services.cases.handover import Handover
from web.api.cases.case_schemas import KeyHeader
from web.api.schemas import Nothing, Problem, Strict
from web.context import actor, database, scope

bp = APIBlueprint(
    "handovers",
    __name__,
    url_prefix="/api/v1",
    abp_tags=[Tag(name="handovers", description="交接班: given by one desk, read and taken by the next")],
    abp_responses={403: Problem, 409: Problem, 422: Problem, 503: Problem},
)


class HandoverPath(BaseModel):
    """A handover of one's own desk."""

    number: int = Field(ge=1, le=2**31)


class HandoverRequest(Strict):
    """What is left to the next desk."""

    note: str = Field("", max_length=LONGEST["note"])


class HandoverAnswer(BaseModel):
    """A handover, with how things stood when it was given."""

    number: int
    given_at: dt.datetime
    given_by: str = Field(description="Post.")
    note: str
    open: int
    due_today: int
    overdue: int
    taken_at: dt.datetime | None
    taken_by: str | None


class HandoversAnswer(BaseModel):
    """Handovers, the newest first."""

    handovers: list[HandoverAnswer]


@dataclass(frozen=True)
class Handovers:
    """What the list is made of."""

    handovers: list[Handover]


@bp.get("/handovers", responses={200: HandoversAnswer})
def list_handovers(query: Nothing) -> Handovers:  # noqa: ARG001 - refuses parameters
    """List the handovers of one's own desk, the newest first."""
    return Handovers(handover.handovers(database(), scope()))


@bp.post("/handovers", responses={200: HandoverAnswer})
def give_shift(header: KeyHeader, body: HandoverRequest) -> Handover:
    """Leave the shift to the next desk."""
    return handover.give(database(), actor(), body.note, key=header.key)


@bp.post("/handovers/<int:number>/taken", responses={200: HandoverAnswer})
def take_shift(path: HandoverPath, header: KeyHeader, body: Nothing) -> Handover:  # noqa: ARG001 - refuses fields
    """Take the shift over, having read the note."""
    return handover.take(database(), actor(), path.number, key=header.key)
