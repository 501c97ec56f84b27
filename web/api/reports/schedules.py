"""Hotspot reports that are made by themselves each week, month or quarter."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict
from typing import Any, Literal

from flask import Response, jsonify
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from pydantic import BaseModel, Field

from gridmap.domain import terms
from gridmap.domain.schedules import Every, Schedule
from gridmap.services.reports import schedules
from gridmap.services.reports.request import PURPOSE
from web.api.schemas import Key, Nothing, Problem, Strict
from web.context import actor, database

bp = APIBlueprint(
    "schedules",
    __name__,
    url_prefix="/api/v1",
    abp_tags=[Tag(name="reports", description="报告: documents of a period, with perturbed numbers")],
    abp_responses={403: Problem, 404: Problem, 409: Problem, 422: Problem, 503: Problem},
)


class SchedulePath(BaseModel):
    """A schedule."""

    number: int = Field(ge=1, le=2**31 - 1)


class ScheduleRequest(Strict):
    """What is to be made, and how often."""

    every: Every = Field(description="week: of the four weeks that have ended; month; quarter.")
    within: Key | None = Field(None, description="Only this grid and what lies below it.")
    languages: Literal["zh", "en", "both"] = "both"
    purpose: str = Field(
        PURPOSE, max_length=terms.LONGEST["purpose"], description="Printed on the report, and registered."
    )


class ScheduleShown(BaseModel):
    """A report that is made by itself."""

    number: int
    every: Every
    within: str | None
    languages: Literal["zh", "en", "both"]
    purpose: str
    post: str
    made_until: dt.date = Field(
        description="Last day of the newest span that is made, or was over before it began."
    )


class Schedules(BaseModel):
    """Reports that are made by themselves."""

    schedules: list[ScheduleShown]


@bp.get("/reports/schedules", responses={200: Schedules})
def list_schedules(query: Nothing) -> dict[str, list[dict[str, Any]]]:  # noqa: ARG001 - refuses parameters
    """List the schedules of whoever asks; an administrator's are all."""
    return {"schedules": [_shown(one) for one in schedules.list_schedules(database(), actor())]}


@bp.post("/reports/schedules", responses={201: ScheduleShown})
def add_schedule(body: ScheduleRequest) -> tuple[Response, int]:
    """Have a hotspot report made each week, month or quarter; the first when the present one has ended."""
    made = schedules.add_schedule(
        database(),
        actor(),
        body.every,
        within=body.within,
        languages=body.languages,
        purpose=body.purpose.strip(),
    )
    return jsonify(_shown(made)), 201


@bp.delete("/reports/schedules/<int:number>", responses={200: SchedulePath})
def delete_schedule(path: SchedulePath, query: Nothing) -> dict[str, int]:  # noqa: ARG001 - refuses parameters
    """End a schedule; reports that it made stay."""
    schedules.remove_schedule(database(), actor(), path.number)
    return {"number": path.number}


def _shown(one: Schedule) -> dict[str, Any]:
    within = None if one.within is None else str(one.within)
    return asdict(one) | {"within": within, "made_until": one.made_until.isoformat()}
