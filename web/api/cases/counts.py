"""How many incidents there are: by grid, and in one grid's story."""

from __future__ import annotations

from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag

from gridmap.domain.protection import require_true
from gridmap.services.cases import counts, figures
from gridmap.services.cases.protected import GridCount
from gridmap.services.cases.shares import TOLD, shares
from web import context
from web.api.cases.shares_schemas import Shares, SharesQuery, SharesShown
from web.api.schemas import Counts, CountsQuery, GridPath, Problem, QueryFields, Summary
from web.context import actor, database, scope

bp = APIBlueprint(
    "counts",
    __name__,
    url_prefix="/api/v1",
    abp_tags=[Tag(name="grids", description="网格: polygons of the four levels")],
    abp_responses={403: Problem, 404: Problem, 422: Problem, 503: Problem},
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


@bp.get("/shares", responses={200: Shares})
def get_shares(query: SharesQuery) -> SharesShown:
    """Return a share of the cases of each grid, drawn towards that of all the more the fewer cases a grid has.

    Of true counts, in order of the grids' keys: where intervals overlap none is higher.
    """
    require_true(actor())
    asked = query.asked()
    found = figures.by_grid(database(), scope(), asked, query.level)
    return {
        "of": query.of,
        "level": query.level,
        "from": None if asked.since is None else asked.since.isoformat(),
        "to": None if asked.until is None else asked.until.isoformat(),
        "words_zh": TOLD[query.of][0],
        "words_en": TOLD[query.of][1],
        "method": "beta-binomial empirical Bayes (Kleinman 1973), 95 % interval",
        "shares": [
            {
                "grid_key": str(one.grid_key),
                "part": one.part,
                "whole": one.whole,
                "share": round(one.drawn, 4),
                "low": round(one.low, 4),
                "high": round(one.high, 4),
            }
            for one in shares(found.rows, query.of)
        ],
    }
