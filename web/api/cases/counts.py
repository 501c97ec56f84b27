"""How many incidents there are: by grid, and in one grid's story."""

from __future__ import annotations

from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag

from gridmap.services.cases import counts
from gridmap.services.cases.protected import GridCount
from web import context
from web.api.schemas import Counts, CountsQuery, GridPath, Problem, QueryFields, Summary
from web.context import database, scope

bp = APIBlueprint(
    "counts",
    __name__,
    url_prefix="/api/v1",
    abp_tags=[Tag(name="grids", description="网格: polygons of the four levels")],
    abp_responses={404: Problem, 422: Problem, 503: Problem},
)


@bp.get("/grids/<int:grid_key>/summary", responses={200: Summary})
def get_summary(path: GridPath, query: QueryFields) -> counts.GridSummary:
    """Return a grid's story: incidents by domain, stage and kind, what is due, who is there."""
    return counts.grid_summary(database(), scope(), query.asked(path.grid_key), counts=context.counts())


@bp.get("/counts", responses={200: Counts})
def get_counts(query: CountsQuery) -> GridCount:
    """Count reported incidents by grid. A count says what was reported, not how dangerous a place is."""
    return counts.count_by_grid(
        database(), scope(), query.asked(), level=query.level, counts=context.counts()
    )
