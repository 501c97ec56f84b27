"""What became of plans, in the database: positions of a shift, visits, stretches driven."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import TypedDict, cast

import shapely
from geoalchemy2.shape import from_shape
from sqlalchemy import delete, func, insert, or_, select, update
from sqlalchemy.orm import Session

from gridmap.storage.models import Patrol, PatrolSegment, PatrolVisit, Team, TeamPosition


class Fix(TypedDict):
    """A position of a team."""

    code: str
    at: dt.datetime
    lon: float
    lat: float
    accuracy_m: float | None


class SeenVisit(TypedDict):
    """A stay at a stop, as positions show it."""

    team_code: str
    stop: str
    arrived_at: dt.datetime
    left_at: dt.datetime | None


class VisitRow(SeenVisit):
    """A visit as it is kept, from positions or a check-in."""

    visit_id: int
    patrol_id: int
    evidence: str
    note: str | None
    on_spot: bool


class Stay(TypedDict):
    """A visit from its beginning to its end."""

    patrol_id: int
    team_code: str
    stop: str
    arrived_at: dt.datetime
    left_at: dt.datetime


class Driven(TypedDict):
    """A stretch of a plan that was driven; its line in EPSG:4326."""

    team_code: str
    number: int
    begun_at: dt.datetime
    ended_at: dt.datetime
    length_m: float
    geometry: shapely.LineString


class CheckIn(TypedDict):
    """What a team says of a stop; ``on_spot`` where the code at the place led to it."""

    patrol_id: int
    team_code: str
    stop: str
    arrived_at: dt.datetime
    left_at: dt.datetime | None
    note: str | None
    on_spot: bool


def shift_tracks(
    session: Session, since: dt.datetime, until: dt.datetime, worst_accuracy_m: float
) -> dict[str, list[Fix]]:
    """Positions of each team in a time, in order, without those known worse than an accuracy."""
    query = (
        select(
            Team.code,
            TeamPosition.at,
            func.ST_X(TeamPosition.geom).label("lon"),
            func.ST_Y(TeamPosition.geom).label("lat"),
            TeamPosition.accuracy_m,
        )
        .join(Team, Team.team_id == TeamPosition.team_id)
        .where(TeamPosition.at.between(since, until))
        .where(or_(TeamPosition.accuracy_m.is_(None), TeamPosition.accuracy_m <= worst_accuracy_m))
        .order_by(Team.code, TeamPosition.at)
    )
    out: dict[str, list[Fix]] = {}
    for row in session.execute(query).mappings():
        out.setdefault(row["code"], []).append(cast("Fix", dict(row)))
    return out


def keep_evidence(
    session: Session,
    patrol_id: int,
    visits: Sequence[SeenVisit],
    segments: Sequence[Driven],
    at: dt.datetime,
) -> None:
    """Put what positions say in place of what they said before; check-ins stay.

    Parameters
    ----------
    session : Session
        Writable.
    patrol_id : int
    visits : list of dict
        team_code, stop, arrived_at, left_at.
    segments : list of dict
        team_code, number, begun_at, ended_at, length_m, geometry (shapely LineString in EPSG:4326).
    at : datetime
        When this was found.
    """
    session.execute(
        delete(PatrolVisit).where(PatrolVisit.patrol_id == patrol_id, PatrolVisit.evidence == "position")
    )
    session.execute(delete(PatrolSegment).where(PatrolSegment.patrol_id == patrol_id))
    if visits:
        session.execute(
            insert(PatrolVisit), [{**v, "patrol_id": patrol_id, "evidence": "position"} for v in visits]
        )
    if segments:
        session.execute(
            insert(PatrolSegment),
            [
                {k: v for k, v in s.items() if k != "geometry"}
                | {"patrol_id": patrol_id, "geom": from_shape(s["geometry"], srid=4326)}
                for s in segments
            ],
        )
    session.execute(update(Patrol).where(Patrol.patrol_id == patrol_id).values(evidence_at=at))


def visits_made(session: Session, patrol_id: int) -> list[VisitRow]:
    """Visits of a plan, from positions and check-ins, in order of time."""
    query = (
        select(*PatrolVisit.__table__.columns)
        .where(PatrolVisit.patrol_id == patrol_id)
        .order_by(PatrolVisit.arrived_at, PatrolVisit.visit_id)
    )
    return [cast("VisitRow", dict(row)) for row in session.execute(query).mappings()]


def segments_driven(session: Session, patrol_id: int) -> list[Driven]:
    """Stretches of a plan that were driven; geometry as a shapely line (EPSG:4326)."""
    columns = [c for c in PatrolSegment.__table__.columns if c.name not in {"geom", "patrol_id"}]
    query = (
        select(*columns, func.ST_AsBinary(PatrolSegment.geom).label("wkb"))
        .where(PatrolSegment.patrol_id == patrol_id)
        .order_by(PatrolSegment.team_code, PatrolSegment.number)
    )
    rows = [dict(row) for row in session.execute(query).mappings()]
    return [cast("Driven", row | {"geometry": shapely.from_wkb(bytes(row.pop("wkb")))}) for row in rows]


def add_check_in(session: Session, visit: CheckIn) -> int | None:
    """Keep a check-in; return its number, or None where it was kept before: that one may now learn of its end."""
    same = select(PatrolVisit).where(
        PatrolVisit.patrol_id == visit["patrol_id"],
        PatrolVisit.team_code == visit["team_code"],
        PatrolVisit.stop == visit["stop"],
        PatrolVisit.evidence == "check-in",
        PatrolVisit.arrived_at == visit["arrived_at"],
    )
    kept = session.scalar(same)
    if kept is not None:
        kept.left_at = kept.left_at or visit["left_at"]
        return None
    row = PatrolVisit(**visit, evidence="check-in")
    session.add(row)
    session.flush()
    return row.visit_id


def delete_check_in(session: Session, patrol_id: int, visit_id: int) -> bool:
    """Take a check-in back; tell whether there was one."""
    done = session.execute(
        delete(PatrolVisit).where(
            PatrolVisit.patrol_id == patrol_id,
            PatrolVisit.visit_id == visit_id,
            PatrolVisit.evidence == "check-in",
        )
    )
    return bool(done.rowcount)  # type: ignore[attr-defined]


def stays_of(session: Session, since: dt.datetime, until: dt.datetime) -> list[Stay]:
    """Return the stays of which both ends are known, of plans whose shifts begin from `since` to before `until`."""
    query = (
        select(
            PatrolVisit.patrol_id,
            PatrolVisit.team_code,
            PatrolVisit.stop,
            PatrolVisit.arrived_at,
            PatrolVisit.left_at,
        )
        .join(Patrol, Patrol.patrol_id == PatrolVisit.patrol_id)
        .where(Patrol.begins_at >= since, Patrol.begins_at < until, PatrolVisit.left_at.is_not(None))
        .order_by(PatrolVisit.arrived_at, PatrolVisit.visit_id)
    )
    return [cast("Stay", dict(row)) for row in session.execute(query).mappings()]


def unsettled(session: Session, now: dt.datetime, oldest: dt.datetime) -> list[int]:
    """Numbers of ended plans whose positions have to be looked at.

    Those that never were; and for a week after the shift, once a day, those that were: positions may come in late.
    Never those of which positions older than `oldest` are deleted already.
    """
    late = (
        (Patrol.evidence_at < Patrol.ends_at + dt.timedelta(days=7))
        & (Patrol.evidence_at < now - dt.timedelta(hours=20))
        & (Patrol.begins_at > oldest + dt.timedelta(hours=1))
    )
    query = (
        select(Patrol.patrol_id)
        .where(Patrol.ends_at < now, or_(Patrol.evidence_at.is_(None), late))
        .order_by(Patrol.patrol_id)
    )
    return list(session.scalars(query))
