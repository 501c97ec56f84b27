"""Incidents in the database: lists and one incident's story."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any, TypedDict
from zoneinfo import ZoneInfo

from sqlalchemy import BigInteger, ColumnElement, Select, and_, cast, false, func, or_, select
from sqlalchemy.orm import Session

from gridmap.domain.cases.lists import UNTOLD
from gridmap.domain.cases.records import CLOSED_STAGES, SOLVED_STAGES
from gridmap.domain.days import local_span
from gridmap.domain.gridkey import SUBTREE_SIZE, UNASSIGNED, VILLAGE, Scope, level_of
from gridmap.domain.query import IncidentQuery
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

    def conditions(self, of: Any = Incident, *, elsewhere: bool = False) -> list[ColumnElement[bool]]:
        """Return the query as SQL conditions.

        Parameters
        ----------
        of : columns
            What they are laid on: `Incident`, or what counts are taken of.
        elsewhere : bool
            Whether cases of other places that the scope's desk has are meant, too.
        """
        query = self.query
        out = [*self.period(of), *self._where(of), of.withdrawn_at.is_(None)]
        if not elsewhere:
            out.append(placed_in_scope(of))
        for column, wanted in ((of.domain, query.domains), (of.kind, query.kinds), (of.stage, query.stages)):
            if wanted:
                out.append(column.in_(wanted))
        meant = {
            "overdue": overdue(of, self.now),
            "open": is_open(of),
            "confirm": of.needs_confirmation.is_(True),
        }
        out += [condition for flag, condition in meant.items() if flag in query.flags]
        if query.text:
            # What a sealed case is about is told when it is opened, and not to whoever tries words.
            out.append(
                and_(of.sealed.is_(False), of.summary.icontains(query.text, autoescape=True))
                | of.uid.istartswith(query.text, autoescape=True)
            )
        return out

    def period(self, of: Any) -> list[ColumnElement[bool]]:
        """Return the query's period as conditions on ``occurred_at``."""
        start, end = local_span(self.zone, self.query.since, self.query.until)
        out: list[ColumnElement[bool]] = []
        if start is not None:
            out.append(of.occurred_at >= start)
        if end is not None:
            out.append(of.occurred_at < end)
        return out

    def _where(self, of: Any) -> list[ColumnElement[bool]]:
        grid = self.query.grid
        if grid is None:
            return []
        if grid == UNASSIGNED:
            return [of.grid_key == UNASSIGNED]
        scope = Scope.of_grid(grid)
        out = [of.grid_key.between(scope.lo, scope.hi)]
        if level_of(grid) > VILLAGE:
            # Where below the village a sealed case lies is told when it is opened, and where a protected reporter's
            # lies by the case itself; trying grid after grid tells neither.
            out.append(or_(shown_on_maps(of), scope_end("lo") == grid))
        return out


def scope_end(end: str) -> ColumnElement[int]:
    """Return the first (``lo``) or last (``hi``) grid key of the transaction's scope."""
    return cast(func.nullif(func.current_setting(f"gridmap.scope_{end}", True), ""), BigInteger)


def placed_in_scope(of: Any) -> ColumnElement[bool]:
    """Keep to what happened in the scope: cases of other places that its desk handles are counted there."""
    placed: ColumnElement[bool] = of.grid_key.between(scope_end("lo"), scope_end("hi"))
    return placed


def is_open(of: Any) -> ColumnElement[bool]:
    """Return whether a case is open: by its stage, because a source may say that it ended and not when.

    Every count, list, map, form and export asks here, so that no case is open in one and ended in another.
    """
    still: ColumnElement[bool] = of.stage.not_in(CLOSED_STAGES)
    return still


def was_open(of: Any, at: dt.datetime) -> ColumnElement[bool]:
    """Return whether a case that had happened was open at a moment.

    One whose source says that it ended and not when was open at no moment: its end is not made up.
    """
    return or_(is_open(of), of.closed_at > at)


def outcome_untold(of: Any) -> ColumnElement[bool]:
    """Return whether a source says of a case that it is solved, and not with what outcome."""
    untold: ColumnElement[bool] = of.outcome.is_not_distinct_from(UNTOLD)
    return and_(of.stage.in_(SOLVED_STAGES), untold)


def solved(of: Any) -> ColumnElement[bool]:
    """Return whether a case is solved, with an outcome that somebody told; never null, because it is negated, too."""
    told: ColumnElement[bool] = and_(of.outcome.is_not(None), of.outcome != UNTOLD)
    return and_(of.stage.in_(SOLVED_STAGES), told)


def overdue(of: Any, at: dt.datetime) -> ColumnElement[bool]:
    """Return whether a case is open and past due at an instant."""
    return and_(is_open(of), of.due_at < at)


def judged(of: Any, at: dt.datetime) -> ColumnElement[bool]:
    """Return whether it can be said of a case at an instant that it kept its time: it ended, or is past due.

    What ended nobody knows when neither kept nor broke it.
    """
    return and_(of.due_at.is_not(None), or_(of.closed_at.is_not(None), overdue(of, at)))


def late(of: Any) -> ColumnElement[bool]:
    """Return whether a case was closed later than due."""
    return and_(of.closed_at.is_not(None), of.closed_at > of.due_at)


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
    "text_expired_at",
    "sealed_by_risk",
    "committee_is_party",
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
    # The policies hold the scope already: told a second time, it makes the planner expect few rows and sort them all
    # where the newest fifty lie at the head of the index by time. It knows nothing of what coalesce gives.
    newest_first = (Incident.occurred_at.desc(), Incident.incident_id.desc())
    chosen_ones = (
        select(Incident.incident_id, Incident.occurred_at)
        .where(*chosen.conditions(elsewhere=True), func.coalesce(placed_in_scope(Incident), false()))
        .order_by(*newest_first)
        .limit(limit)
    )
    if before is not None:
        at, number = before
        chosen_ones = chosen_ones.where(
            (Incident.occurred_at < at) | ((Incident.occurred_at == at) & (Incident.incident_id < number))
        )
    # Only what is told is made: to sort with sixty columns takes as long as to find what is sorted.
    told = chosen_ones.subquery("told")
    query = (
        _columns()
        .join(told, told.c.incident_id == Incident.incident_id)
        .order_by(told.c.occurred_at.desc(), told.c.incident_id.desc())
    )
    return [closed(dict(row)) for row in session.execute(query).mappings()]


OF_REPORTER = ("place", "lon", "lat", "raw_x", "raw_y", "accuracy_m", "found_by", "channel")
"""What could tell the other party who reported a case."""
_OF_OPENED = ("summary", *OF_REPORTER)
"""What a list does not tell of a sealed case: its text and its place are told when it is opened."""


def shown_on_maps(of: Any = Incident) -> ColumnElement[bool]:
    """Return which cases have a place that anybody with the scope may see."""
    return and_(of.sealed.is_(False), of.reporter_hidden.is_(False))


def told_uid(uid: str, number: str | None) -> str:
    """Return the number that a source gave, without the mark that keeps it apart from another's."""
    return uid.removesuffix(f" ({number})")


def closed(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row as lists and maps show it.

    A sealed case has no text, and is placed by its village; so is one whose reporter is protected.
    """
    row = row | {"uid": told_uid(row["uid"], row["number"])}
    if not (row["sealed"] or row["reporter_hidden"]):
        return row
    held_back = _OF_OPENED if row["sealed"] else OF_REPORTER
    untold = {name: None for name in held_back if name in row}
    return row | untold | {"grid_key": row["grid_key"] - row["grid_key"] % SUBTREE_SIZE[VILLAGE]}


class PlacedIncident(TypedDict):
    """What it takes to send a team to an incident, among its other columns."""

    incident_id: int
    number: str
    uid: str
    domain: str
    kind: str | None
    risk: str
    grid_key: int
    sealed: bool
    lon: float | None
    lat: float | None


def find_place(session: Session, incident_id: int) -> PlacedIncident | None:
    """One incident with its place, also where lists hold it back, or None; without steps."""
    row = session.execute(_columns().where(Incident.incident_id == incident_id)).mappings().one_or_none()
    return None if row is None else PlacedIncident(**row)  # type: ignore[typeddict-item]


def find_incident(session: Session, incident_id: int) -> dict[str, Any] | None:
    """One incident with its steps in order of time, or None; a sealed one as lists show it, without steps."""
    row = session.execute(_columns().where(Incident.incident_id == incident_id)).mappings().one_or_none()
    if row is None:
        return None
    if row["sealed"]:
        return closed(dict(row)) | {"steps": []}
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
    return closed(dict(row)) | {"steps": [dict(s) for s in steps]}


def span(session: Session) -> tuple[dt.datetime, dt.datetime] | None:
    """First and last ``occurred_at``, or None without incidents."""
    ends: Any = session.execute(select(func.min(Incident.occurred_at), func.max(Incident.occurred_at))).one()
    return None if ends[0] is None else (ends[0], ends[1])
