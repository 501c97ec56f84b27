"""Coverage: households by the minutes to the nearest team; where another base helps most."""

from __future__ import annotations

import datetime as dt

from flask import Response
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag

from gridmap.services.response import coverage
from gridmap.services.response.coverage import CoverageRequest
from gridmap.services.response.jobs import SITING, SitingRequest
from gridmap.services.response.near import Near, staying_near
from web.api.jobs import JobAnswer, start
from web.api.patrols.schemas import PatrolPlanPath
from web.api.response.coverage_schemas import Coverage, CoverageQuery, NearTold, SiteRequest
from web.api.schemas import Nothing, Problem
from web.context import database, scope

bp = APIBlueprint(
    "coverage",
    __name__,
    url_prefix="/api/v1",
    abp_tags=[Tag(name="coverage", description="覆盖: how long the nearest team takes to where people live")],
    abp_responses={403: Problem, 404: Problem, 409: Problem, 422: Problem, 503: Problem},
)


@bp.get("/coverage", responses={200: Coverage})
def get_coverage(query: CoverageQuery) -> coverage.Coverage:
    """Tell for each micro-grid the seconds of the nearest team, to be joined with the grids by key."""
    asked = CoverageRequest(query.clock, query.limits, query.live, query.plan, query.domain)
    return coverage.coverage(database(), scope(), asked, now=dt.datetime.now(dt.UTC))


@bp.get("/patrol-plans/<int:patrol_id>/near", responses={200: NearTold})
def get_near(path: PatrolPlanPath, query: Nothing) -> Near:  # noqa: ARG001 - refuses parameters
    """Tell by quarter of an hour which share of households some team of a plan is near to."""
    return staying_near(database(), scope(), path.patrol_id)


@bp.post("/coverage/sites", responses={202: JobAnswer})
def start_siting(body: SiteRequest) -> tuple[Response, int]:
    """Start to find where new bases or service points help most; the job's result has the form of `Sites`."""
    return start(SITING, SitingRequest(**body.model_dump()))
