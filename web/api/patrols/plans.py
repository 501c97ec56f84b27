"""Patrols: plans for a shift, made, listed, shown, exported, deleted."""

from __future__ import annotations

import datetime as dt
import tempfile
from pathlib import Path
from zoneinfo import ZoneInfo

from flask import Response
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from shapely.geometry import mapping

from gridmap.domain import terms
from gridmap.domain.shown_plans import ShownPlan
from gridmap.services.patrols.ask.fixed_points import point_features
from gridmap.services.patrols.ask.request import PatrolRequest
from gridmap.services.patrols.keep import plans as kept_plans
from gridmap.services.patrols.keep.compare import PlanComparison, compare_plans
from gridmap.services.patrols.keep.files import export_kept
from gridmap.services.patrols.make.changed import Added, Changed, Taken
from gridmap.services.patrols.make.jobs import (
    PATROL_AGAIN,
    PATROL_CHANGE,
    PATROL_PLAN,
    PlanAgain,
    PlanChanged,
)
from web.api.files import TYPES_OF_PLAN, file_of
from web.api.jobs import JobAnswer, start
from web.api.patrols.schemas import (
    PatrolCompareQuery,
    PatrolComparison,
    PatrolExportQuery,
    PatrolFeatures,
    PatrolGone,
    PatrolPlanPath,
    PatrolPlanRequest,
    PatrolPlans,
    PatrolPlansQuery,
    PatrolReplanRequest,
)
from web.api.schemas import FeatureCollection, Nothing, Problem, WithinQuery
from web.context import actor, database, scope
from web.geojson import geojson

bp = APIBlueprint(
    "patrols",
    __name__,
    url_prefix="/api/v1",
    abp_tags=[Tag(name="patrols", description="巡防: routes for tonight's teams, on the roads")],
    abp_responses={403: Problem, 404: Problem, 409: Problem, 422: Problem, 503: Problem},
)


@bp.get("/fixed-points", responses={200: FeatureCollection})
def list_fixed_points(query: WithinQuery) -> Response:
    """List the places that patrols must come to, with times a night, hours and minutes."""
    return geojson(point_features(database(), scope(), query.grid))


@bp.get("/patrol-plans", responses={200: PatrolPlans})
def list_patrol_plans(query: PatrolPlansQuery) -> dict[str, list[ShownPlan]]:
    """List the plans that are kept, newest first, without their routes."""
    return {"plans": kept_plans.list_plans(database(), scope(), query.limit)}


@bp.post("/patrol-plans", responses={202: JobAnswer})
def start_patrol_plan(body: PatrolPlanRequest) -> tuple[Response, int]:
    """Start a plan, which takes the seconds that it is given; ask its job how far it is."""
    given = body.model_dump(exclude={"on", "teams", "rest", "rules", "locks", "leave_out"})
    asked = PatrolRequest(
        on=body.on or dt.datetime.now(ZoneInfo(database().settings.timezone)).date(),
        teams=tuple(body.teams) if body.teams is not None else None,
        rest=None if body.rest is None else f"{body.rest.earliest}-{body.rest.latest}/{body.rest.minutes}",
        rules=body.rules,
        locks=tuple(body.locks.items()),
        leave_out=tuple(body.leave_out),
        **given | ({"seconds": terms.SEARCH_S} if body.seconds is None and body.iterations is None else {}),
    )
    return start(PATROL_PLAN, asked)


@bp.post("/patrol-plans/<int:patrol_id>/replan", responses={202: JobAnswer})
def start_patrol_replan(path: PatrolPlanPath, body: PatrolReplanRequest) -> tuple[Response, int]:
    """Start to solve a plan again, with wishes or from a time on; the job's run is the new plan, the old one stays."""
    number = path.patrol_id
    kept_plans.patrol_plan(database(), scope(), number)
    if body.at is None:
        leave_out = None if body.leave_out is None else tuple(body.leave_out)
        return start(
            PATROL_AGAIN, PlanAgain(number, body.locks, leave_out, body.seed, body.seconds, body.iterations)
        )
    changed = Changed(
        body.at,
        tuple(body.teams_out),
        tuple(Taken(**taken.model_dump()) for taken in body.taken),
        tuple(Added(**added.model_dump()) for added in body.added),
        body.locks,
        tuple(body.leave_out or ()),
    )
    return start(PATROL_CHANGE, PlanChanged(number, changed, body.seed, body.seconds, body.iterations))


@bp.get("/patrol-plans/compare", responses={200: PatrolComparison})
def compare_patrol_plans(query: PatrolCompareQuery) -> PlanComparison:
    """Lay two plans side by side: stops, teams, villages."""
    return compare_plans(database(), scope(), query.a, query.b)


@bp.get("/patrol-plans/<int:patrol_id>", responses={200: PatrolFeatures})
def get_patrol_plan(path: PatrolPlanPath, query: Nothing) -> Response:  # noqa: ARG001 - refuses parameters
    """Return a plan with its routes as GeoJSON."""
    found = kept_plans.patrol_plan(database(), scope(), path.patrol_id)
    features = [
        {
            "type": "Feature",
            "id": number,
            "geometry": None if route["geometry"] is None else mapping(route["geometry"]),
            "properties": {k: v for k, v in route.items() if k != "geometry"},
        }
        for number, route in enumerate(found["routes"], 1)
    ]
    plan = {k: v for k, v in found.items() if k != "routes"}
    return geojson({"type": "FeatureCollection", "features": features, "plan": plan})


@bp.delete("/patrol-plans/<int:patrol_id>", responses={200: PatrolGone})
def delete_patrol_plan(path: PatrolPlanPath, query: Nothing) -> dict[str, int]:  # noqa: ARG001 - refuses parameters
    """Delete a plan."""
    kept_plans.delete_plan(database(), actor(), path.patrol_id)
    return {"patrol_id": path.patrol_id}


@bp.get(
    "/patrol-plans/<int:patrol_id>/export", responses={200: file_of(TYPES_OF_PLAN, "The plan as a file.")}
)
def export_patrol_plan(path: PatrolPlanPath, query: PatrolExportQuery) -> Response:
    """Return a plan as a file: GPX for a phone, a sheet for print, lines, or the table of times."""
    with tempfile.TemporaryDirectory(prefix="gridmap-export-") as folder:
        file = Path(folder) / f"gridmap-patrol-{path.patrol_id}.{query.format}"
        export_kept(database(), scope(), path.patrol_id, file, team=query.team, url=query.url)
        answer = Response(file.read_bytes(), content_type=TYPES_OF_PLAN[query.format])
    answer.headers["Content-Disposition"] = f"attachment; filename={file.name}"
    return answer
