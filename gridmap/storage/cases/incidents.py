"""Incidents in the database: lists, counts and one incident's story."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, select
from sqlalchemy.orm import Session

from gridmap.domain.gridkey import SUBTREE_SIZE, Scope
from gridmap.domain.records import CLOSED_STAGES
from gridmap.storage.models import Incident, IncidentStep


@dataclass(frozen=True, slots=True)
class IncidentFilter:
    """Which incidents are meant.

    Attributes
    ----------
    since, until : datetime or None
        Half-open span of ``occurred_at``, aware.
    domain, stage : str or None
        Codes; all where None.
    within : int or None
        Grid key whose subtree is meant; 0 means the incidents in no grid; all where None.
    overdue_at : datetime or None
        Only cases that were open and past due at that instant.
    only_open : bool
        Only cases that are not closed.
    to_confirm : bool
        Only cases whose grid a person must confirm.
    kind : str or None
        Code of a kind; all where None.
    """

    since: dt.datetime | None = None
    until: dt.datetime | None = None
    domain: str | None = None
    stage: str | None = None
    within: int | None = None
    overdue_at: dt.datetime | None = None
    only_open: bool = False
    to_confirm: bool = False
    kind: str | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        """Return the filter as SQL conditions."""
        out: list[ColumnElement[bool]] = []
        if self.since is not None:
            out.append(Incident.occurred_at >= self.since)
        if self.until is not None:
            out.append(Incident.occurred_at < self.until)
        codes = ((Incident.domain, self.domain), (Incident.stage, self.stage), (Incident.kind, self.kind))
        out += [column == code for column, code in codes if code is not None]
        if self.within is not None:
            if self.within == 0:
                out.append(Incident.grid_key == 0)
            else:
                scope = Scope.of_grid(self.within)
                out.append(Incident.grid_key.between(scope.lo, scope.hi))
        if self.overdue_at is not None:
            out.append(_overdue(self.overdue_at))
        if self.only_open:
            out.append(Incident.stage.not_in(CLOSED_STAGES))
        if self.to_confirm:
            out.append(Incident.needs_confirmation.is_(True))
        return out


def _overdue(at: dt.datetime) -> ColumnElement[bool]:
    return and_(Incident.stage.not_in(CLOSED_STAGES), Incident.due_at < at)


def _late() -> ColumnElement[bool]:
    return and_(Incident.closed_at.is_not(None), Incident.closed_at > Incident.due_at)


_LIST_COLUMNS = tuple(
    c for c in Incident.__table__.columns if c.name not in {"geom", "tile_key", "import_run_id"}
)


def _columns() -> Select[Any]:
    return select(
        *_LIST_COLUMNS, func.ST_X(Incident.geom).label("lon"), func.ST_Y(Incident.geom).label("lat")
    )


def list_incidents(
    session: Session,
    chosen: IncidentFilter,
    *,
    limit: int,
    before: tuple[dt.datetime, int] | None = None,
) -> list[dict[str, Any]]:
    """Incidents, newest first.

    Parameters
    ----------
    session : Session
    chosen : IncidentFilter
    limit : int
        At most so many.
    before : tuple of datetime and int, optional
        Go on after the incident with this ``occurred_at`` and ``incident_id``.
    """
    query = (
        _columns()
        .where(*chosen.conditions())
        .order_by(Incident.occurred_at.desc(), Incident.incident_id.desc())
        .limit(limit)
    )
    if before is not None:
        at, number = before
        query = query.where(
            (Incident.occurred_at < at) | ((Incident.occurred_at == at) & (Incident.incident_id < number))
        )
    return [dict(row) for row in session.execute(query).mappings()]


def find_incident(session: Session, incident_id: int) -> dict[str, Any] | None:
    """One incident with its steps in order of time, or None."""
    row = session.execute(_columns().where(Incident.incident_id == incident_id)).mappings().one_or_none()
    if row is None:
        return None
    steps = session.execute(
        select(
            IncidentStep.at,
            IncidentStep.action,
            IncidentStep.stage_from,
            IncidentStep.stage_to,
            IncidentStep.to_grid_key,
            IncidentStep.note,
        )
        .where(IncidentStep.incident_id == incident_id)
        .order_by(IncidentStep.at, IncidentStep.step_id)
    ).mappings()
    return dict(row) | {"steps": [dict(s) for s in steps]}


def count_by_grid(session: Session, chosen: IncidentFilter, level: int) -> dict[int, int]:
    """How many incidents each grid of a level has; key 0 holds those in no grid of that level or deeper."""
    size = SUBTREE_SIZE[level]
    # A record that is only known to lie in a grid of a level above has no grid at this one.
    key = case((_deep_enough(level), Incident.grid_key - Incident.grid_key % size), else_=0)
    query = select(key.label("key"), func.count()).where(*chosen.conditions()).group_by(key)
    return {int(k): int(n) for k, n in session.execute(query)}


def _deep_enough(level: int) -> ColumnElement[bool]:
    if level == 1:
        return Incident.grid_key > 0
    above = SUBTREE_SIZE[level - 1]
    return Incident.grid_key % above != 0


def count_by(session: Session, chosen: IncidentFilter, column: str) -> dict[str, int]:
    """How many incidents have each value of ``domain``, ``stage`` or ``kind``."""
    by = {"domain": Incident.domain, "stage": Incident.stage, "kind": Incident.kind}[column]
    query = select(by, func.count()).where(*chosen.conditions()).group_by(by).order_by(func.count().desc())
    return {str(value): int(n) for value, n in session.execute(query) if value is not None}


def totals(session: Session, chosen: IncidentFilter, now: dt.datetime) -> dict[str, int]:
    """Total, still open, past due at ``now``, closed late, and to be confirmed."""
    row = session.execute(
        select(
            func.count().label("total"),
            func.count().filter(Incident.stage.not_in(CLOSED_STAGES)).label("open"),
            func.count().filter(_overdue(now)).label("overdue"),
            func.count().filter(_late()).label("closed_late"),
            func.count().filter(Incident.needs_confirmation).label("to_confirm"),
        ).where(*chosen.conditions())
    ).one()
    return {name: int(value) for name, value in row._mapping.items()}  # noqa: SLF001 - SQLAlchemy's public name


def series(
    session: Session, chosen: IncidentFilter, zone: str, step: str = "day"
) -> list[tuple[dt.date, int]]:
    """Count of each local day or week (Monday) that has incidents, in order."""
    bucket = func.date_trunc(step, func.timezone(zone, Incident.occurred_at)).label("bucket")
    query = select(bucket, func.count()).where(*chosen.conditions()).group_by(bucket).order_by(bucket)
    return [(at.date(), int(n)) for at, n in session.execute(query)]


def span(session: Session) -> tuple[dt.datetime, dt.datetime] | None:
    """First and last ``occurred_at``, or None without incidents."""
    ends: Any = session.execute(select(func.min(Incident.occurred_at), func.max(Incident.occurred_at))).one()
    return None if ends[0] is None else (ends[0], ends[1])
