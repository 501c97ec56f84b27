"""What became of plans: visits, check-ins, teams against plan, before and after."""

from __future__ import annotations

import datetime as dt

from flask import Response
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from shapely.geometry import mapping

from gridmap.errors import InvalidInput
from gridmap.services.patrols.follow import shown_visits as evidence_shown_visits
from gridmap.services.patrols.follow import visits as evidence
from gridmap.services.patrols.follow.effects import VisitsEffect, effect_of_visits
from gridmap.services.patrols.follow.live import LivePlan, live_teams
from web.api.patrols.schemas import PatrolPlanPath
from web.api.patrols.visit_schemas import (
    CheckIn,
    CheckInBody,
    CheckInGone,
    CheckInPath,
    EffectQuery,
    LiveQuery,
    LiveTeams,
    PlanEffect,
)
from web.api.schemas import FeatureCollection, Nothing, Problem
from web.context import database, scope
from web.geojson import geojson

bp = APIBlueprint(
    "patrol-evidence",
    __name__,
    url_prefix="/api/v1",
    abp_tags=[Tag(name="patrol evidence", description="到访与效果: plan against done")],
    abp_responses={403: Problem, 404: Problem, 422: Problem, 503: Problem},
)


@bp.get("/patrol-plans/<int:patrol_id>/visits", responses={200: FeatureCollection})
def get_patrol_visits(path: PatrolPlanPath, query: Nothing) -> Response:  # noqa: ARG001 - refuses parameters
    """Return plan against done; the features are the stretches that were driven."""
    found = evidence.plan_against_done(database(), scope(), path.patrol_id)
    features = [
        {
            "type": "Feature",
            "geometry": mapping(segment["geometry"]),
            "properties": {k: v for k, v in segment.items() if k != "geometry"},
        }
        for segment in found["segments"]
    ]
    done = {k: v for k, v in found.items() if k != "segments"}
    return geojson({"type": "FeatureCollection", "features": features, "done": done})


@bp.post("/patrol-plans/<int:patrol_id>/check-ins", responses={200: CheckIn})
def add_check_in(path: PatrolPlanPath, body: CheckInBody) -> evidence_shown_visits.CheckInKept:
    """Keep that a team is at a stop."""
    return evidence.check_in(
        database(), scope(), path.patrol_id, body.stop, body.team, _aware(body.at) or _now(), body.note,
        left_at=_aware(body.left_at), on_spot=body.on_spot,
    )  # fmt: skip


@bp.delete("/patrol-plans/<int:patrol_id>/check-ins/<int:visit_id>", responses={200: CheckInGone})
def delete_check_in(path: CheckInPath, query: Nothing) -> dict[str, int]:  # noqa: ARG001 - refuses parameters
    """Take a check-in back."""
    evidence.undo_check_in(database(), scope(), path.patrol_id, path.visit_id)
    return {"visit_id": path.visit_id}


@bp.get("/patrol-plans/<int:patrol_id>/live", responses={200: LiveTeams})
def get_live(path: PatrolPlanPath, query: LiveQuery) -> LivePlan:
    """Tell where the teams are, and where the plan has them."""
    return live_teams(database(), scope(), path.patrol_id, _aware(query.at))


@bp.get("/patrol-plans/<int:patrol_id>/effect", responses={200: PlanEffect})
def get_effect(path: PatrolPlanPath, query: EffectQuery) -> VisitsEffect:
    """Compare the weeks before and after in the grids that were visited."""
    return effect_of_visits(
        database(), scope(), [path.patrol_id], domain=query.domain, weeks=query.weeks, seed=query.seed
    )


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def _aware(at: dt.datetime | None) -> dt.datetime | None:
    if at is not None and at.tzinfo is None:
        raise InvalidInput(
            "time-without-zone",
            "时间须带时区，如 2026-11-01T21:30:00+08:00。",
            "The time needs its zone, as 2026-11-01T21:30:00+08:00.",
        )
    return at
