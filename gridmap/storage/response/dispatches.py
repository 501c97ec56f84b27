"""Teams sent to incidents, in the database. Never where a team was."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, TypedDict, cast

from sqlalchemy import Select, case, func, select
from sqlalchemy.orm import Session

from gridmap.domain.gridkey import SUBTREE_SIZE, VILLAGE
from gridmap.storage.cases.incidents import IncidentFilter, shown_on_maps
from gridmap.storage.models import Dispatch, Incident, Team


class DispatchRow(TypedDict):
    """A team sent to an incident; the grid is told no closer than the case itself tells it."""

    dispatch_id: int
    incident_id: int
    team_code: str
    mode: str
    road_s: float
    road_m: float
    sent_at: dt.datetime
    arrived_at: dt.datetime | None
    ended_at: dt.datetime | None
    note: str | None
    uid: str
    domain: str
    kind: str | None
    grid_key: int


class FirstArrival(TypedDict):
    """When an incident was told, and when the first team was there."""

    incident_id: int
    domain: str
    grid_key: int
    told_at: dt.datetime
    arrived_at: dt.datetime


def _columns() -> Select[Any]:
    return select(
        *Dispatch.__table__.columns,
        Incident.uid,
        Incident.domain,
        Incident.kind,
        # Where below the village it is, is told by the case itself.
        case(
            (shown_on_maps(), Incident.grid_key),
            else_=Incident.grid_key - Incident.grid_key % SUBTREE_SIZE[VILLAGE],
        ).label("grid_key"),
    ).join(Incident, Incident.incident_id == Dispatch.incident_id)


def lock_team(session: Session, code: str) -> bool:
    """Hold a team until the transaction ends, so that two desks cannot send it at once; tell whether there is one."""
    return session.scalar(select(Team.team_id).where(Team.code == code).with_for_update()) is not None


def open_dispatches(session: Session, at: dt.datetime | None = None) -> dict[str, DispatchRow]:
    """Return, by team, the dispatch that it is on: sent, and neither given up nor finished (or not by an instant)."""
    query = _columns().order_by(Dispatch.sent_at, Dispatch.dispatch_id)
    if at is None:
        query = query.where(Dispatch.ended_at.is_(None))
    else:
        query = query.where(Dispatch.sent_at <= at, Dispatch.ended_at.is_(None) | (Dispatch.ended_at > at))
    return {row["team_code"]: cast("DispatchRow", dict(row)) for row in session.execute(query).mappings()}


def teams_out(session: Session, at: dt.datetime | None = None) -> set[str]:
    """Return the codes of the teams that are on a dispatch, now or at an instant."""
    query = select(Dispatch.team_code)
    if at is None:
        query = query.where(Dispatch.ended_at.is_(None))
    else:
        query = query.where(Dispatch.sent_at <= at, Dispatch.ended_at.is_(None) | (Dispatch.ended_at > at))
    return set(session.scalars(query))


def add_dispatch(session: Session, row: Mapping[str, object]) -> int:
    """Keep a dispatch; return its number."""
    kept = Dispatch(**row)
    session.add(kept)
    session.flush()
    return int(kept.dispatch_id)


def find_dispatch(session: Session, number: int, *, lock: bool = False) -> DispatchRow | None:
    """Return one dispatch with its incident's identifier, domain, kind and grid, or None."""
    query = _columns().where(Dispatch.dispatch_id == number)
    if lock:
        query = query.with_for_update(of=Dispatch)
    row = session.execute(query).mappings().one_or_none()
    return None if row is None else cast("DispatchRow", dict(row))


def mark(session: Session, number: int, **times: dt.datetime | None) -> None:
    """Set ``arrived_at`` or ``ended_at``."""
    kept = session.get_one(Dispatch, number)
    for name, value in times.items():
        setattr(kept, name, value)
    session.flush()


def list_dispatches(
    session: Session, *, incident_id: int | None = None, only_open: bool = False, limit: int = 100
) -> list[DispatchRow]:
    """Return dispatches, newest first."""
    query = (
        _columns()
        .order_by(Dispatch.sent_at.desc(), Dispatch.ended_at.is_not(None), Dispatch.dispatch_id.desc())
        .limit(limit)
    )
    if incident_id is not None:
        query = query.where(Dispatch.incident_id == incident_id)
    if only_open:
        query = query.where(Dispatch.ended_at.is_(None))
    return [cast("DispatchRow", dict(row)) for row in session.execute(query).mappings()]


def first_arrivals(session: Session, chosen: IncidentFilter) -> list[FirstArrival]:
    """Return, for each incident to which a team came: domain, grid_key, when it was told, and the first arrival.

    Told is ``reported_at``, or ``occurred_at`` where that is not known.
    """
    query = (
        select(
            Incident.incident_id,
            Incident.domain,
            Incident.grid_key,
            func.coalesce(Incident.reported_at, Incident.occurred_at).label("told_at"),
            func.min(Dispatch.arrived_at).label("arrived_at"),
        )
        .join(Dispatch, Dispatch.incident_id == Incident.incident_id)
        .where(Dispatch.arrived_at.is_not(None), Incident.sealed.is_(False), *chosen.conditions())
        .group_by(Incident.incident_id)
        .order_by(Incident.incident_id)
    )
    return [cast("FirstArrival", dict(row)) for row in session.execute(query).mappings()]
