"""Patrols: plans for a shift, made, listed, shown, exported, deleted."""

from __future__ import annotations

import datetime as dt
import tempfile
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from flask import Response, jsonify
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from shapely.geometry import mapping

from gridmap.services.patrols import plans
from gridmap.services.patrols.files import export_plan
from gridmap.services.patrols.request import PatrolRequest
from web.api.hotspot_schemas import HotspotJob
from web.api.hotspots import jobs
from web.api.patrol_schemas import (
    PatrolExportQuery,
    PatrolFeatures,
    PatrolGone,
    PatrolPlanPath,
    PatrolPlanRequest,
    PatrolPlans,
    PatrolPlansQuery,
)
from web.api.schemas import Nothing, Problem
from web.api.workspace import FILE, TYPES
from web.context import database, scope
from web.geojson import geojson
from web.guard import check_write

bp = APIBlueprint(
    "patrols",
    __name__,
    url_prefix="/api/v1",
    abp_tags=[Tag(name="patrols", description="巡防: routes for tonight's teams, on the roads")],
    abp_responses={403: Problem, 404: Problem, 409: Problem, 422: Problem, 503: Problem},
)
bp.before_request(check_write)

_GPX = "application/gpx+xml"


@bp.get("/patrol-plans", responses={200: PatrolPlans})
def list_patrol_plans(query: PatrolPlansQuery) -> dict[str, Any]:
    """List the plans that are kept, newest first, without their routes."""
    return {"plans": plans.list_plans(database(), scope(), query.limit)}


@bp.post("/patrol-plans", responses={202: HotspotJob})
def start_patrol_plan(body: PatrolPlanRequest) -> tuple[Response, int]:
    """Start a plan, which takes the seconds that it is given; ask its job how far it is."""
    data, mine = database(), scope()
    given = body.model_dump(exclude={"on", "teams"})
    asked = PatrolRequest(
        on=body.on or dt.datetime.now(ZoneInfo(data.settings.timezone)).date(),
        teams=tuple(body.teams) if body.teams is not None else None,
        **given,
    )
    job = jobs().start(
        lambda tell: int(plans.plan_patrols(data, mine, asked, on_progress=tell)["patrol_id"]),
    )
    answer = jsonify(job)
    answer.headers["Location"] = f"/api/v1/hotspot-runs/jobs/{job['job_id']}"
    return answer, 202


@bp.get("/patrol-plans/<int:patrol_id>", responses={200: PatrolFeatures})
def get_patrol_plan(path: PatrolPlanPath, query: Nothing) -> Response:  # noqa: ARG001 - refuses parameters
    """Return a plan with its routes as GeoJSON."""
    found = plans.patrol_plan(database(), scope(), path.patrol_id)
    features = [
        {
            "type": "Feature",
            "id": number,
            "geometry": None if route["geometry"] is None else mapping(route["geometry"]),
            "properties": {k: v for k, v in route.items() if k != "geometry"},
        }
        for number, route in enumerate(found.pop("routes"), 1)
    ]
    return geojson({"type": "FeatureCollection", "features": features, "plan": found})


@bp.delete("/patrol-plans/<int:patrol_id>", responses={200: PatrolGone})
def delete_patrol_plan(path: PatrolPlanPath, query: Nothing) -> dict[str, Any]:  # noqa: ARG001 - refuses parameters
    """Delete a plan."""
    plans.delete_plan(database(), scope(), path.patrol_id)
    return {"patrol_id": path.patrol_id}


@bp.get("/patrol-plans/<int:patrol_id>/export", responses={200: FILE})
def export_patrol_plan(path: PatrolPlanPath, query: PatrolExportQuery) -> Response:
    """Return a plan as a file: GPX for a phone, lines, or the table of times."""
    found = plans.patrol_plan(database(), scope(), path.patrol_id)
    with tempfile.TemporaryDirectory(prefix="gridmap-export-") as folder:
        file = Path(folder) / f"gridmap-patrol-{path.patrol_id}.{query.format}"
        export_plan(found, file, database().settings.timezone, team=query.team)
        answer = Response(file.read_bytes(), content_type=TYPES.get(query.format, _GPX))
    answer.headers["Content-Disposition"] = f"attachment; filename={file.name}"
    return answer
