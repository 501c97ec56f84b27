"""Grids, their counts and their stories."""

from __future__ import annotations

from typing import Any

from flask import Response
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag

from gridmap.services.ground import grids
from web.api.schemas import (
    Counts,
    CountsQuery,
    Feature,
    FeatureCollection,
    GridPath,
    GridsQuery,
    OnQuery,
    Period,
    Problem,
    Summary,
)
from web.context import database, scope
from web.geojson import geojson

bp = APIBlueprint(
    "grids",
    __name__,
    url_prefix="/api/v1",
    abp_tags=[Tag(name="grids", description="网格: polygons of the four levels")],
    abp_responses={404: Problem, 422: Problem, 503: Problem},
)


@bp.get("/grids", responses={200: FeatureCollection})
def list_grids(query: GridsQuery) -> Response:
    """List grids as GeoJSON, ordered by key."""
    return geojson(
        grids.grid_features(
            database(),
            scope(),
            level=query.level,
            parent_key=query.parent,
            on=query.on,
            geometry=query.geometry,
        )
    )


@bp.get("/grids/<int:grid_key>", responses={200: Feature})
def get_grid(path: GridPath, query: OnQuery) -> Response:
    """Return one grid with its ancestors."""
    return geojson(grids.grid_feature(database(), scope(), path.grid_key, query.on))


@bp.get("/grids/<int:grid_key>/summary", responses={200: Summary})
def get_summary(path: GridPath, query: Period) -> dict[str, Any]:
    """Return a grid's story: incidents by domain, stage and kind, what is due, who is there."""
    return grids.grid_summary(
        database(), scope(), path.grid_key, domain=query.domain, since=query.since, until=query.until
    )


@bp.get("/counts", responses={200: Counts})
def get_counts(query: CountsQuery) -> dict[str, Any]:
    """Count reported incidents by grid. A count says what was reported, not how dangerous a place is."""
    return grids.count_by_grid(
        database(),
        scope(),
        level=query.level,
        parent_key=query.parent,
        domain=query.domain,
        since=query.since,
        until=query.until,
    )
