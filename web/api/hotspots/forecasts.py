"""Forecasts that are made each week, and what came."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict
from typing import Any

from flask import Response, jsonify
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from pydantic import BaseModel, Field

from gridmap.domain import terms
from gridmap.domain.forecasts import Standing
from gridmap.domain.jobs import JobState
from gridmap.domain.terms import MINIMUM
from gridmap.services.cases.overview import period_and_level
from gridmap.services.hotspots import standing
from gridmap.services.hotspots.kept_forecasts import Track, TrackWeek
from web.api.schemas import Key, Level, Nothing, Problem, Strict
from web.context import actor, database

bp = APIBlueprint(
    "forecasts",
    __name__,
    url_prefix="/api/v1",
    abp_tags=[Tag(name="forecasts", description="预测: what was said of each week, and what came")],
    abp_responses={403: Problem, 404: Problem, 409: Problem, 422: Problem, 503: Problem},
)


class ForecastPath(BaseModel):
    """A weekly forecast."""

    number: int = Field(ge=1, le=2**31 - 1)


class ForecastRequest(Strict):
    """What is to be foretold each week."""

    domain: str | None = Field(
        None, max_length=terms.LONGEST["code"], description="Code of a domain; all where absent."
    )
    level: Level | None = Field(None, description="Level of the grids; the finest there is where absent.")
    within: Key | None = Field(None, description="Only this grid and what lies below it.")


class TrackQuery(Strict):
    """How it is scored."""

    area: float = Field(0.05, gt=0, lt=1, description="Share of the area that is flagged.")


class ForecastShown(BaseModel):
    """A forecast that is made each Monday."""

    number: int
    domain: str | None
    level: int
    within: str | None
    post: str
    made_for: dt.date | None
    state: JobState | None = Field(
        description="Of the job that makes the newest week; null where there is none any more."
    )
    problem: Problem | None = Field(description="Why it failed.")


class Forecasts(BaseModel):
    """Forecasts that are made each week."""

    forecasts: list[ForecastShown]


class WeekShown(BaseModel):
    """A week: what was said, and what came of it; null while it is not over."""

    first_day: dt.date
    made_at: dt.datetime
    model: str
    comparator: str
    expected: float
    came: int | None
    hits: float | None
    counted: float | None


class Difference(BaseModel):
    """Hit rate of the forecast less that of the comparator, with a 95 % interval."""

    gain: float
    low: float
    high: float
    p: float | None
    verdict: str


class CellShown(BaseModel):
    """What a grid is expected to have in the newest week."""

    grid_key: str
    expected: float


class TrackShown(BaseModel):
    """What was said since the start, and what came; the newest week first."""

    forecast: ForecastShown
    area_share: float
    weeks: list[WeekShown]
    over: int
    came: int
    hits: float
    counted: float
    difference: Difference | None
    cells: list[CellShown] = Field(description="Grids with five or more incidents, the densest first.")
    hours: list[list[float]] = Field(
        description="Shares of the hours of the newest week, from Monday's first."
    )


@bp.get("/forecasts", responses={200: Forecasts})
def list_forecasts(query: Nothing) -> dict[str, list[dict[str, Any]]]:  # noqa: ARG001 - refuses parameters
    """List the forecasts that are made each week."""
    return {"forecasts": [_shown(one) for one in standing.list_standing(database(), actor())]}


@bp.post("/forecasts", responses={201: ForecastShown})
def add_forecast(body: ForecastRequest) -> tuple[Response, int]:
    """Have a forecast made each Monday; that of the present week at once."""
    level = body.level or period_and_level(database(), actor().scope)[2]
    made = standing.add_standing(database(), actor(), level=level, domain=body.domain, within=body.within)
    return jsonify(_shown(made)), 201


@bp.delete("/forecasts/<int:number>", responses={200: ForecastPath})
def delete_forecast(path: ForecastPath, query: Nothing) -> dict[str, int]:  # noqa: ARG001 - refuses parameters
    """End a weekly forecast; what it said stays."""
    standing.remove_standing(database(), actor(), path.number)
    return {"number": path.number}


@bp.post("/forecasts/<int:number>/again", responses={200: ForecastShown})
def ask_again(path: ForecastPath, body: Nothing) -> dict[str, Any]:  # noqa: ARG001 - refuses members
    """Ask once more for the present week, where what was asked for failed or was called off."""
    return _shown(standing.ask_again(database(), actor(), path.number))


@bp.get("/forecasts/<int:number>", responses={200: TrackShown})
def get_forecast(path: ForecastPath, query: TrackQuery) -> dict[str, Any]:
    """Tell what was said since the start beside what came, and what is said of the newest week."""
    one = standing.find_standing(database(), actor(), path.number)
    found = standing.track_of(database(), actor(), one, area_share=query.area)
    return {"forecast": _shown(one), **_track(found)}


def _shown(one: Standing) -> dict[str, Any]:
    within = None if one.within is None else str(one.within)
    made_for = None if one.made_for is None else one.made_for.isoformat()
    job = standing.newest_job(database(), one)
    problem = job.problem if job else None
    told = {name: value for name, value in asdict(one).items() if name != "job"}
    return told | {
        "within": within,
        "made_for": made_for,
        "state": job.state if job else None,
        "problem": problem and {"code": problem.code, "message_zh": problem.zh, "message_en": problem.en},
    }


def _track(found: Track) -> dict[str, Any]:
    newest = found.weeks[0].told if found.weeks else None
    return {
        "area_share": found.area_share,
        "weeks": [_week(week) for week in found.weeks],
        "over": found.over,
        "came": found.came,
        "hits": round(found.hits, 3),
        "counted": round(found.counted, 3),
        "difference": None if found.judged is None else asdict(found.judged),
        "cells": []
        if newest is None
        else [
            {"grid_key": str(cell.grid_key), "expected": cell.said}
            for cell in newest.cells.densest()
            if cell.known >= MINIMUM
        ],
        "hours": [] if newest is None else [list(day) for day in newest.hours],
    }


def _week(week: TrackWeek) -> dict[str, Any]:
    made_at = week.told.created_at
    return {
        "first_day": week.told.first_day.isoformat(),
        "made_at": None if made_at is None else made_at.isoformat(),
        "model": week.told.model,
        "comparator": week.told.comparator,
        "expected": round(week.expected, 3),
        "came": week.came,
        "hits": None if week.hits is None else round(week.hits, 3),
        "counted": None if week.counted is None else round(week.counted, 3),
    }
