"""Grids."""

from __future__ import annotations

from flask import Response
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag

from gridmap.services.ground import grids
from web.api.schemas import (
    Feature,
    FeatureCollection,
    GridPath,
    GridsQuery,
    OnQuery,
    Problem,
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
    """List grids as GeoJSON, ordered by key, with `next` where there are more than are given at once."""
    return geojson(
        grids.grid_features(
            database(),
            scope(),
            level=query.level,
            parent_key=query.parent,
            on=query.on,
            geometry=query.geometry,
            words=query.q,
            after=query.after,
            limit=query.limit,
        )
    )


@bp.get("/grids/<int:grid_key>", responses={200: Feature})
def get_grid(path: GridPath, query: OnQuery) -> Response:
    """Return one grid, or a county or city by its code, with its ancestors."""
    return geojson(grids.grid_feature(database(), scope(), path.grid_key, query.on))
