"""Teams and their positions in the database."""

from __future__ import annotations

import datetime as dt
from typing import Literal, TypedDict, cast

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from gridmap.domain.gridkey import UNASSIGNED
from gridmap.storage.models import Team, TeamPosition

Mode = Literal["foot", "bike", "car"]


class TeamRow(TypedDict):
    """A team with its newest position: ``lon`` and ``lat`` are the base's where there is none."""

    team_id: int
    code: str
    name_zh: str
    name_en: str | None
    kind: str
    professional: bool
    grid_key: int
    shift_start: dt.time | None
    shift_end: dt.time | None
    mode: Mode
    speed_kmh: float | None
    size: int | None
    position_at: dt.datetime | None
    accuracy_m: float | None
    position_grid_key: int | None
    lon: float | None
    lat: float | None
    base_lon: float | None
    base_lat: float | None


class PositionRow(TypedDict):
    """Where a team was."""

    at: dt.datetime
    lon: float
    lat: float
    accuracy_m: float | None


class ServiceTeamRow(TypedDict):
    """A team without its hours and places."""

    code: str
    name_zh: str
    name_en: str | None
    grid_key: int
    size: int | None


def teams_of_kind(session: Session, kind: str) -> list[ServiceTeamRow]:
    """Teams of a kind that a grid has, by code."""
    query = (
        select(Team.code, Team.name_zh, Team.name_en, Team.grid_key, Team.size)
        .where(Team.kind == kind, Team.grid_key != UNASSIGNED)
        .order_by(Team.code)
    )
    return [cast("ServiceTeamRow", dict(row)) for row in session.execute(query).mappings()]


def list_teams(session: Session, *, at: dt.datetime | None = None) -> list[TeamRow]:
    """Teams with their newest position (up to an instant), or their base where there is none.

    Parameters
    ----------
    session : Session
    at : datetime, optional
        Aware; the newest position of all by default.
    """
    newest = select(
        TeamPosition.team_id,
        TeamPosition.at,
        TeamPosition.accuracy_m,
        TeamPosition.grid_key.label("position_grid_key"),
        func.ST_X(TeamPosition.geom).label("lon"),
        func.ST_Y(TeamPosition.geom).label("lat"),
    ).ext(distinct_on(TeamPosition.team_id))
    if at is not None:
        newest = newest.where(TeamPosition.at <= at)
    last = newest.order_by(TeamPosition.team_id, TeamPosition.at.desc()).subquery()
    query = (
        select(
            Team.team_id,
            Team.code,
            Team.name_zh,
            Team.name_en,
            Team.kind,
            Team.professional,
            Team.grid_key,
            Team.shift_start,
            Team.shift_end,
            Team.mode,
            Team.speed_kmh,
            Team.size,
            last.c.at.label("position_at"),
            last.c.accuracy_m,
            last.c.position_grid_key,
            func.coalesce(last.c.lon, func.ST_X(Team.base)).label("lon"),
            func.coalesce(last.c.lat, func.ST_Y(Team.base)).label("lat"),
            func.ST_X(Team.base).label("base_lon"),
            func.ST_Y(Team.base).label("base_lat"),
        )
        .outerjoin(last, last.c.team_id == Team.team_id)
        .order_by(Team.code)
    )
    return [cast("TeamRow", dict(row)) for row in session.execute(query).mappings()]


def team_track(session: Session, code: str, since: dt.datetime | None = None) -> list[PositionRow]:
    """Positions of one team in order of time."""
    query = (
        select(
            TeamPosition.at,
            func.ST_X(TeamPosition.geom).label("lon"),
            func.ST_Y(TeamPosition.geom).label("lat"),
            TeamPosition.accuracy_m,
        )
        .join(Team, Team.team_id == TeamPosition.team_id)
        .where(Team.code == code)
        .order_by(TeamPosition.at)
    )
    if since is not None:
        query = query.where(TeamPosition.at >= since)
    return [cast("PositionRow", dict(row)) for row in session.execute(query).mappings()]


def delete_positions_before(session: Session, instant: dt.datetime) -> int:
    """Delete team positions older than an instant; return how many."""
    done = session.execute(delete(TeamPosition).where(TeamPosition.at < instant))
    return int(done.rowcount)  # type: ignore[attr-defined]
