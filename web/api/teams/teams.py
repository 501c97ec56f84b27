"""Teams, migrant clusters and organisations."""

from __future__ import annotations

from flask import Response
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag

from gridmap.services.teams import features as field
from web.api.schemas import Feature, FeatureCollection, NearestQuery, Nothing, Problem, TeamPath, WithinQuery
from web.context import database, scope
from web.geojson import geojson

bp = APIBlueprint(
    "field",
    __name__,
    url_prefix="/api/v1",
    abp_tags=[Tag(name="field", description="队伍、流动人口聚居点、机构")],
    abp_responses={404: Problem, 422: Problem, 503: Problem},
)


@bp.get("/teams", responses={200: FeatureCollection})
def list_teams(query: Nothing) -> Response:  # noqa: ARG001 - refuses parameters
    """List teams at their newest position, or at their base."""
    return geojson(field.team_features(database(), scope()))


@bp.get("/teams/nearest", responses={200: FeatureCollection})
def list_nearest(query: NearestQuery) -> Response:
    """List the teams nearest to a place as the crow flies."""
    return geojson(field.nearest_teams(database(), scope(), query.lon, query.lat, k=query.k))


@bp.get("/teams/<path:code>/track", responses={200: Feature})
def get_track(path: TeamPath, query: Nothing) -> Response:  # noqa: ARG001 - refuses parameters
    """Return a team's positions as a line with times."""
    return geojson(field.team_track(database(), scope(), path.code))


@bp.get("/migrant-clusters", responses={200: FeatureCollection})
def list_migrant_clusters(query: WithinQuery) -> Response:
    """List migrant clusters with head-counts, for services and as population only."""
    return geojson(field.migrant_features(database(), scope(), query.grid))


@bp.get("/organisations", responses={200: FeatureCollection})
def list_organisations(query: WithinQuery) -> Response:
    """List centres, committees, mediation bodies and service points."""
    return geojson(field.organisation_features(database(), scope(), query.grid))
