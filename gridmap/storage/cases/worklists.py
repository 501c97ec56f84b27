"""Work lists in the database: their conditions, their order, how many there are."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, case, exists, false, func, or_, select, true, tuple_
from sqlalchemy.orm import Session

from gridmap.domain.cases.model import CaseRow
from gridmap.domain.cases.worklists import LIST_NAMES, ListName, Wanted
from gridmap.domain.gridkey import UNASSIGNED, VILLAGE, Scope
from gridmap.domain.terms import LAST_HOURS
from gridmap.storage.cases import figures
from gridmap.storage.cases.desk import list_row, select_rows
from gridmap.storage.cases.figures import Counted, counted_keys
from gridmap.storage.cases.incidents import IncidentFilter, is_open
from gridmap.storage.models import Incident, IncidentStep, Task


@dataclass(frozen=True, slots=True)
class Looking:
    """Who looks at a list, when, and where a day begins.

    Attributes
    ----------
    scope : Scope
        What is "mine": cases that a grid of it has, or is asked to sign for.
    zone : str
    now : datetime
        Aware.
    night : tuple of datetime, optional
        When the newest night shift begins and ends.
    """

    scope: Scope
    zone: str
    now: dt.datetime
    night: tuple[dt.datetime, dt.datetime] | None = None

    @property
    def midnight(self) -> dt.datetime:
        """End of the local day."""
        tz = ZoneInfo(self.zone)
        return dt.datetime.combine(self.now.astimezone(tz).date() + dt.timedelta(days=1), dt.time(), tz)


def _open() -> ColumnElement[bool]:
    return and_(is_open(Incident), Incident.withdrawn_at.is_(None))


def _signer() -> ColumnElement[Any]:
    """As `signer_of` says of a case on its way."""
    return func.coalesce(Incident.awaiting_key, Incident.handler_key)


def _waits_for_place(is_open: ColumnElement[bool]) -> ColumnElement[bool]:
    """As `CaseRow.waits_for_place` says."""
    return or_(Incident.needs_confirmation.is_(True), and_(is_open, Incident.grid_key == UNASSIGNED))


def condition(name: ListName, looking: Looking) -> ColumnElement[bool]:
    """Return which cases a list holds."""
    now, scope = looking.now, looking.scope
    is_open = _open()
    conditions: dict[ListName, ColumnElement[bool]] = {
        # Taken in, and nobody has done anything about it yet.
        "to_accept": and_(
            is_open,
            Incident.stage == "accepted",
            Incident.acted_at.is_(None),
            ~exists().where(
                IncidentStep.incident_id == Incident.incident_id,
                IncidentStep.undone_at.is_(None),
                IncidentStep.action.not_in(("accept", "note", "assess", "link", "correct")),
            ),
        ),
        "to_sign": and_(is_open, Incident.stage == "transferred", _signer().between(scope.lo, scope.hi)),
        "due_today": and_(is_open, Incident.due_at >= now, Incident.due_at < looking.midnight),
        "overdue": and_(is_open, Incident.due_at < now),
        "to_confirm": and_(_waits_for_place(is_open), Incident.withdrawn_at.is_(None)),
        "follow_up": and_(
            Incident.withdrawn_at.is_(None),
            exists().where(
                Task.incident_id == Incident.incident_id,
                Task.kind == "follow_up",
                Task.done_at.is_(None),
                Task.due_on < looking.midnight.date(),
            ),
        ),
        "mine": and_(
            is_open,
            or_(
                Incident.handler_key.between(scope.lo, scope.hi),
                Incident.awaiting_key.between(scope.lo, scope.hi),
            ),
        ),
        "open": is_open,
        "all": true(),
        "last_hours": _came(now - dt.timedelta(hours=LAST_HOURS), now),
        "night": false() if looking.night is None else _came(*looking.night),
    }
    return conditions[name]


def _came(since: dt.datetime, until: dt.datetime) -> ColumnElement[bool]:
    """Return which cases the desk heard of in a span of time."""
    heard = func.coalesce(Incident.reported_at, Incident.occurred_at)
    return and_(heard >= since, heard < until, Incident.withdrawn_at.is_(None))


def _narrowed(wanted: Wanted, looking: Looking) -> list[ColumnElement[bool]]:
    chosen = IncidentFilter(wanted.query, looking.zone, looking.now)
    out: list[ColumnElement[bool]]
    if wanted.counted is not None:
        named = case((Incident.sealed, Incident.record_key), else_=Incident.incident_id)
        out = [tuple_(Incident.sealed, named).in_(counted_keys(_meant(wanted, looking)))]
    else:
        # A desk's work is what it has, wherever it happened.
        out = chosen.conditions(elsewhere=not wanted.here)
    out.append(condition(wanted.name, looking))
    if wanted.risk:
        out.append(Incident.risk == wanted.risk)
    if wanted.handler is not None:
        had = Scope.of_grid(wanted.handler)
        out.append(Incident.handler_key.between(had.lo, had.hi))
    return out


def _meant(wanted: Wanted, looking: Looking) -> Counted:
    chosen = IncidentFilter(wanted.query, looking.zone, looking.now)
    return Counted(chosen, wanted.counted or "reported", wanted.level or VILLAGE)


def held_back(session: Session, wanted: Wanted, looking: Looking) -> int:
    """How many cases of the number that a list stands behind are sealed from the scope; 0 of a part of it."""
    return (
        0 if wanted.counted is None or wanted.is_part else figures.held_back(session, _meant(wanted, looking))
    )


_ORDERS: dict[ListName, tuple[Any, ...]] = {
    "to_sign": (Incident.sign_due_at.asc().nulls_last(),),
    "all": (Incident.occurred_at.desc(),),
    "last_hours": (Incident.reported_at.desc().nulls_last(),),
    "night": (Incident.reported_at.desc().nulls_last(),),
}


def list_rows(
    session: Session, wanted: Wanted, looking: Looking, *, offset: int, limit: int
) -> list[CaseRow]:
    """Lines of a list: what is due first comes first, so the longest overdue leads."""
    order = _ORDERS.get(wanted.name, (Incident.due_at.asc().nulls_last(),))
    query = (
        select_rows()
        .where(*_narrowed(wanted, looking))
        .order_by(*order, Incident.incident_id)
        .offset(offset)
        .limit(limit)
    )
    return [list_row(row) for row in session.execute(query).mappings()]


def rows_of(session: Session, incident_ids: list[int]) -> list[CaseRow]:
    """Lines of cases by their numbers, those due first before others."""
    query = (
        select_rows()
        .where(Incident.incident_id.in_(incident_ids))
        .order_by(Incident.due_at.asc().nulls_last(), Incident.incident_id)
    )
    return [list_row(row) for row in session.execute(query).mappings()]


def total(session: Session, wanted: Wanted, looking: Looking) -> int:
    """How many lines a list has."""
    query = select(func.count()).select_from(Incident).where(*_narrowed(wanted, looking))
    return int(session.scalar(query) or 0)


def totals(session: Session, wanted: Wanted, looking: Looking) -> dict[ListName, int]:
    """How many lines each list has, under the same narrowing."""
    named = wanted._replace(name="all")
    columns = [func.count().filter(condition(name, looking)).label(name) for name in LIST_NAMES]
    query = select(*columns).select_from(Incident).where(*_narrowed(named, looking))
    found = session.execute(query).mappings().one()
    return {name: int(found[name]) for name in LIST_NAMES}
