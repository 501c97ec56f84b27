"""Coverage: households by the minutes to the nearest team; where another base helps most."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag

from gridmap.services.response.coverage import CoverageRequest, coverage, site
from web.api.response.coverage_schemas import Coverage, CoverageQuery, SiteQuery, Sites
from web.api.schemas import Problem
from web.context import database, scope

bp = APIBlueprint(
    "coverage",
    __name__,
    url_prefix="/api/v1",
    abp_tags=[Tag(name="coverage", description="覆盖: how long the nearest team takes to where people live")],
    abp_responses={404: Problem, 422: Problem, 503: Problem},
)


@bp.get("/coverage", responses={200: Coverage})
def get_coverage(query: CoverageQuery) -> dict[str, Any]:
    """Tell for each micro-grid the seconds of the nearest team, to be joined with the grids by key."""
    asked = CoverageRequest(query.clock, query.limits, query.live, query.plan, query.domain)
    return coverage(database(), scope(), asked, now=dt.datetime.now(dt.UTC))


@bp.get("/coverage/sites", responses={200: Sites})
def get_sites(query: SiteQuery) -> dict[str, Any]:
    """Find where new bases or service points help most, beside those that there are."""
    return site(
        database(),
        scope(),
        add=query.add,
        objective=query.objective,
        minutes=query.minutes,
        mode=query.mode,
        existing=query.existing,
        time_limit_s=query.seconds,
    )
