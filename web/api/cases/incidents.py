"""Incidents: lists, one story, a row of days."""

from __future__ import annotations

from flask import Response
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag

from gridmap.services.cases import incidents
from gridmap.services.cases.protected import Course
from web import context
from web.api.schemas import (
    Feature,
    FeatureCollection,
    IncidentPath,
    IncidentsQuery,
    Nothing,
    Problem,
    Timeline,
    TimelineQuery,
)
from web.context import database, scope
from web.geojson import geojson

bp = APIBlueprint(
    "incidents",
    __name__,
    url_prefix="/api/v1",
    abp_tags=[Tag(name="incidents", description="事件: disputes and other incidents")],
    abp_responses={404: Problem, 422: Problem, 503: Problem},
)


@bp.get("/incidents", responses={200: FeatureCollection})
def list_incidents(query: IncidentsQuery) -> Response:
    """List incidents, newest first, with `next` for the following page and `total`."""
    return geojson(
        incidents.incident_features(
            database(), scope(), query.asked(), limit=query.limit, cursor=query.cursor
        )
    )


@bp.get("/incidents/<int:incident_id>", responses={200: Feature})
def get_incident(path: IncidentPath, query: Nothing) -> Response:  # noqa: ARG001 - refuses parameters
    """Return one incident with the steps of its handling."""
    return geojson(incidents.incident_story(database(), scope(), path.incident_id))


@bp.get("/timeline", responses={200: Timeline})
def get_timeline(query: TimelineQuery) -> Course:
    """Count incidents a local day or week."""
    return incidents.timeline(database(), scope(), query.asked(), step=query.step, counts=context.counts())
