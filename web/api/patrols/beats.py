"""Beats: the town's grids divided among teams."""

from __future__ import annotations

from typing import Annotated

from flask import Response
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from pydantic import BaseModel, Field

from gridmap.domain import terms
from gridmap.services.cases.limits import require_whole
from gridmap.services.patrols.make.beats import BeatsRequest, beat_features, undo_beats
from gridmap.services.patrols.make.jobs import BEATS
from web.api.jobs import JobAnswer, start
from web.api.schemas import FeatureCollection, Nothing, Problem, Strict, asked
from web.context import actor, database, scope
from web.geojson import geojson

bp = APIBlueprint(
    "beats",
    __name__,
    url_prefix="/api/v1",
    abp_tags=[Tag(name="beats", description="巡区: grids divided among teams")],
    abp_responses={403: Problem, 404: Problem, 409: Problem, 422: Problem, 503: Problem},
)

_Code = Annotated[str, Field(min_length=1, max_length=terms.LONGEST["code"])]


class BeatsWanted(Strict):
    """Parameters of a division."""

    teams: list[_Code] | None = Field(
        None, max_length=500, description="Codes; every professional team with a base where absent."
    )
    level: int = Field(3, ge=2, le=4, description="Level of the grids that are handed out.")
    domain: str | None = Field(
        "policing", max_length=terms.LONGEST["code"], description="Null for all incidents."
    )
    case_min: float = asked(terms.EACH_CASE)
    km_min: float = asked(terms.EACH_KM)
    seconds: float = asked(terms.DIVIDING)


class BeatsLeft(BaseModel):
    """How many beats are in force now."""

    beats: int


@bp.get("/beats", responses={200: FeatureCollection})
def list_beats(query: Nothing) -> Response:  # noqa: ARG001 - refuses parameters
    """Give each team's beat as one area, with its grids and its work in a week; none where none are in force."""
    return geojson(beat_features(database(), scope()))


@bp.post("/beats", responses={202: JobAnswer})
def start_beats(body: BeatsWanted) -> tuple[Response, int]:
    """Start a division, which is in force when its job is done."""
    require_whole(actor())
    teams = None if body.teams is None else tuple(body.teams)
    return start(
        BEATS, BeatsRequest(teams, body.level, body.domain, body.case_min, body.km_min, body.seconds)
    )


@bp.post("/beats/undo", responses={200: BeatsLeft})
def undo_last_beats() -> dict[str, int]:
    """Put the beats back that were in force before."""
    found = undo_beats(database(), actor())
    return {"beats": 0 if found is None else len(found["beats"])}
