"""Incidents in the database: lists, counts and one incident's story."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import BigInteger, ColumnElement, Select, and_, case, cast, func, select
from sqlalchemy.orm import Session

from gridmap.domain.days import local_span
from gridmap.domain.gridkey import SUBTREE_SIZE, UNASSIGNED, Scope
from gridmap.domain.query import IncidentQuery
from gridmap.domain.records import CLOSED_STAGES
from gridmap.storage.models import Incident, IncidentStep


@dataclass(frozen=True, slots=True)
class IncidentFilter:
    """A query with what it takes to answer it.

    Attributes
    ----------
    query : IncidentQuery
    zone : str
        IANA name of the workspace's time zone, in which days are meant.
    now : datetime
        Aware; by it cases are overdue.
    """

    query: IncidentQuery
    zone: str
    now: dt.datetime

    @property
    def tz(self) -> ZoneInfo:
        """The workspace's time zone."""
        return ZoneInfo(self.zone)

    def conditions(self) -> list[ColumnElement[bool]]:
        """Return the query as SQL conditions on incidents."""
        query = self.query
        out = [*self._when(), *self._where(), _placed_in_scope(), Incident.withdrawn_at.is_(None)]
        for column, wanted in (
            (Incident.domain, query.domains),
            (Incident.kind, query.kinds),
            (Incident.stage, query.stages),
        ):
            if wanted:
                out.append(column.in_(wanted))
        meant = {
            "overdue": overdue(self.now),
            "open": Incident.stage.not_in(CLOSED_STAGES),
            "confirm": Incident.needs_confirmation.is_(True),
        }
        out += [condition for flag, condition in meant.items() if flag in query.flags]
        if query.text:
            out.append(
                Incident.summary.icontains(query.text, autoescape=True)
                | Incident.uid.istartswith(query.text, autoescape=True)
            )
        return out

    def _when(self) -> list[ColumnElement[bool]]:
        start, end = local_span(self.zone, self.query.since, self.query.until)
        out: list[ColumnElement[bool]] = []
        if start is not None:
            out.append(Incident.occurred_at >= start)
        if end is not None:
            out.append(Incident.occurred_at < end)
        return out

    def _where(self) -> list[ColumnElement[bool]]:
        grid = self.query.grid
        if grid is None:
            return []
        if grid == UNASSIGNED:
            return [Incident.grid_key == UNASSIGNED]
        scope = Scope.of_grid(grid)
        return [Incident.grid_key.between(scope.lo, scope.hi)]


def _placed_in_scope() -> ColumnElement[bool]:
    """Keep to what happened in the scope: cases of other places that its desk handles are counted there."""
    lo, hi = (
        cast(func.nullif(func.current_setting(f"gridmap.scope_{end}", True), ""), BigInteger)
        for end in ("lo", "hi")
    )
    return Incident.grid_key.between(lo, hi)


def overdue(at: dt.datetime) -> ColumnElement[bool]:
    """Mean open cases past their due time."""
    return and_(Incident.stage.not_in(CLOSED_STAGES), Incident.due_at < at)


def late() -> ColumnElement[bool]:
    """Mean cases that were closed later than due."""
    return and_(Incident.closed_at.is_not(None), Incident.closed_at > Incident.due_at)


_HIDDEN = {
    "geom",
    "tile_key",
    "import_run_id",
    "told_stage",
    "told_due_at",
    "told_closed_at",
    "recorded_by",
    "withdrawn_at",
    "record_key",
}
_LIST_COLUMNS = tuple(c for c in Incident.__table__.columns if c.name not in _HIDDEN)


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
        .where(IncidentStep.incident_id == incident_id, IncidentStep.undone_at.is_(None))
        .order_by(IncidentStep.at, IncidentStep.seq, IncidentStep.step_id)
    ).mappings()
    return dict(row) | {"steps": [dict(s) for s in steps]}


def count(session: Session, chosen: IncidentFilter) -> int:
    """How many incidents there are."""
    return int(session.scalar(select(func.count()).select_from(Incident).where(*chosen.conditions())) or 0)


def count_by_grid(session: Session, chosen: IncidentFilter, level: int) -> dict[int, int]:
    """How many incidents each grid of a level has; key 0 holds those in no grid of that level or deeper."""
    size = SUBTREE_SIZE[level]
    # A record that is only known to lie in a grid of a level above has no grid at this one.
    key = case((deep_enough(level), Incident.grid_key - Incident.grid_key % size), else_=0)
    query = select(key.label("key"), func.count()).where(*chosen.conditions()).group_by(key)
    return {int(k): int(n) for k, n in session.execute(query)}


def deep_enough(level: int) -> ColumnElement[bool]:
    """Mean cases known to lie in a grid of a level, or of one below it."""
    if level == 1:
        return Incident.grid_key > 0
    above = SUBTREE_SIZE[level - 1]
    return Incident.grid_key % above != 0


def count_by(session: Session, chosen: IncidentFilter, column: str) -> dict[str, int]:
    """How many incidents have each value of ``domain``, ``stage`` or ``kind``."""
    by = {"domain": Incident.domain, "stage": Incident.stage, "kind": Incident.kind}[column]
    query = select(by, func.count()).where(*chosen.conditions()).group_by(by).order_by(func.count().desc())
    return {str(value): int(n) for value, n in session.execute(query) if value is not None}


def totals(session: Session, chosen: IncidentFilter) -> dict[str, int]:
    """Total, still open, past due, closed late, and to be confirmed."""
    row = session.execute(
        select(
            func.count().label("total"),
            func.count().filter(Incident.stage.not_in(CLOSED_STAGES)).label("open"),
            func.count().filter(overdue(chosen.now)).label("overdue"),
            func.count().filter(late()).label("closed_late"),
            func.count().filter(Incident.needs_confirmation).label("to_confirm"),
        ).where(*chosen.conditions())
    ).one()
    return {name: int(value) for name, value in row._mapping.items()}  # noqa: SLF001 - SQLAlchemy's public name


def series(session: Session, chosen: IncidentFilter, step: str = "day") -> list[tuple[dt.date, int]]:
    """Count of each local day or week (Monday) that has incidents, in order."""
    bucket = func.date_trunc(step, func.timezone(chosen.zone, Incident.occurred_at)).label("bucket")
    query = select(bucket, func.count()).where(*chosen.conditions()).group_by(bucket).order_by(bucket)
    return [(at.date(), int(n)) for at, n in session.execute(query)]


def span(session: Session) -> tuple[dt.datetime, dt.datetime] | None:
    """First and last ``occurred_at``, or None without incidents."""
    ends: Any = session.execute(select(func.min(Incident.occurred_at), func.max(Incident.occurred_at))).one()
    return None if ends[0] is None else (ends[0], ends[1])
