"""Dispatch: teams that can be at an incident first, teams that were sent, when they came."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag

from gridmap.services.response import dispatch, ranking, response_times
from gridmap.services.response.dispatch import ShownDispatch
from web.api.response.dispatch_schemas import (
    Dispatch,
    Dispatches,
    DispatchesQuery,
    DispatchPath,
    DispatchRequest,
    IncidentUidPath,
    RankedTeams,
    ResponseTimes,
    TeamsQuery,
    TimesQuery,
)
from web.api.schemas import Nothing, Problem
from web.context import actor, database, scope

bp = APIBlueprint(
    "dispatch",
    __name__,
    url_prefix="/api/v1",
    abp_tags=[Tag(name="dispatch", description="派队: who can be there first, who was sent")],
    abp_responses={403: Problem, 404: Problem, 409: Problem, 422: Problem, 503: Problem},
)


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


@bp.get("/incidents/<path:uid>/teams", responses={200: RankedTeams})
def rank_teams(path: IncidentUidPath, query: TeamsQuery) -> ranking.Ranking:
    """Rank the teams that can go to an incident by their time on the road, with the way of each."""
    at = query.at or _now()
    if at.tzinfo is None:
        at = at.replace(tzinfo=ZoneInfo(database().settings.timezone))
    return ranking.rank_for_incident(
        database(), actor(), path.uid, at=at, k=query.k, off_shift=query.off_shift
    )


@bp.get("/dispatches", responses={200: Dispatches})
def list_dispatches(query: DispatchesQuery) -> dict[str, list[ShownDispatch]]:
    """List dispatches, newest first."""
    rows = dispatch.list_dispatches(
        database(), scope(), incident=query.incident, only_open=query.open, limit=query.limit
    )
    return {"dispatches": rows}


@bp.post("/dispatches", responses={201: Dispatch})
def send_team(body: DispatchRequest) -> tuple[ShownDispatch, int]:
    """Send a team to an incident."""
    sent = dispatch.send_team(
        database(), actor(), body.incident, body.team, now=_now(), off_shift=body.off_shift
    )
    return sent, 201


@bp.get("/dispatches/times", responses={200: ResponseTimes})
def list_times(query: TimesQuery) -> response_times.ResponseTimes:
    """Tell the times from the report to the first team's arrival by group."""
    return response_times.response_times(
        database(), scope(), by=query.by, domain=query.domain, since=query.since, until=query.until
    )


@bp.get("/dispatches/<int:number>", responses={200: Dispatch})
def get_dispatch(path: DispatchPath, query: Nothing) -> ShownDispatch:  # noqa: ARG001 - refuses parameters
    """Return a dispatch."""
    return dispatch.find_dispatch(database(), scope(), path.number)


@bp.post("/dispatches/<int:number>/arrived", responses={200: Dispatch})
def mark_arrived(path: DispatchPath, query: Nothing) -> ShownDispatch:  # noqa: ARG001 - refuses parameters
    """Note that the team is there."""
    return dispatch.mark_arrived(database(), scope(), path.number, at=_now())


@bp.post("/dispatches/<int:number>/finished", responses={200: Dispatch})
def finish_dispatch(path: DispatchPath, query: Nothing) -> ShownDispatch:  # noqa: ARG001 - refuses parameters
    """Note that the work is done; the team is free again."""
    return dispatch.end_dispatch(database(), scope(), path.number, at=_now())


@bp.post("/dispatches/<int:number>/cancelled", responses={200: Dispatch})
def cancel_dispatch(path: DispatchPath, query: Nothing) -> ShownDispatch:  # noqa: ARG001 - refuses parameters
    """Call a team back that has not arrived."""
    return dispatch.end_dispatch(database(), scope(), path.number, at=_now(), cancel=True)
