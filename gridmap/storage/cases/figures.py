"""Figures from the database: how things stood at a moment, and how the cases of each grid stand."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, case, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from gridmap.domain.cases.figures import GLANCE_NAMES, GlanceName, GridCounts
from gridmap.domain.gridkey import SUBTREE_SIZE
from gridmap.storage.cases.incidents import IncidentFilter
from gridmap.storage.models import Dispatch, Incident, IncidentStep

REPEATED_DAYS = 90
_DAY_S = 86_400.0


def glance_conditions(
    at: dt.datetime, zone: str
) -> tuple[dict[str, ColumnElement[bool]], list[ColumnElement[bool]]]:
    """Return what each figure of a moment counts, and among which incidents."""
    begin = dt.datetime.combine(at.astimezone(ZoneInfo(zone)).date(), dt.time(), ZoneInfo(zone))
    end = dt.datetime.combine(begin.date() + dt.timedelta(days=1), dt.time(), ZoneInfo(zone))
    is_open = and_(
        Incident.withdrawn_at.is_(None),
        Incident.occurred_at <= at,
        or_(Incident.closed_at.is_(None), Incident.closed_at > at),
    )
    return {
        "new_today": and_(Incident.occurred_at >= begin, Incident.occurred_at <= at),
        "open": is_open,
        "due_today": and_(is_open, Incident.due_at >= at, Incident.due_at < end),
        "overdue": and_(is_open, Incident.due_at < at),
    }, [Incident.withdrawn_at.is_(None), Incident.occurred_at <= at]


def teams_out(session: Session, at: dt.datetime) -> int:
    """How many teams were sent and not back at a moment."""
    out = session.scalar(
        select(func.count())
        .select_from(Dispatch)
        .where(Dispatch.sent_at <= at, or_(Dispatch.ended_at.is_(None), Dispatch.ended_at > at))
    )
    return int(out or 0)


def at_a_moment(session: Session, at: dt.datetime, zone: str) -> dict[GlanceName, int]:
    """Tell how the town stood at a moment: what is new that day, open, due later that day, overdue; teams out."""
    columns, where = glance_conditions(at, zone)
    counted = [func.count().filter(of).label(name) for name, of in columns.items()]
    row = session.execute(select(*counted).where(*where)).one()
    found = {**row._mapping, "teams_out": teams_out(session, at)}  # noqa: SLF001 - SQLAlchemy's public name
    return {name: int(found[name]) for name in GLANCE_NAMES}


def latest(session: Session) -> dt.datetime | None:
    """When the newest case happened."""
    return session.scalar(select(func.max(Incident.occurred_at)).where(Incident.withdrawn_at.is_(None)))


def by_grid(session: Session, chosen: IncidentFilter, level: int) -> list[GridCounts]:
    """How the cases of each grid of a level stand; key 0 holds those in no grid of that level."""
    size = SUBTREE_SIZE[level]
    deep = Incident.grid_key > 0 if level == 1 else Incident.grid_key % SUBTREE_SIZE[level - 1] != 0
    key = case((deep, Incident.grid_key - Incident.grid_key % size), else_=0).label("grid_key")
    counted = standing_conditions(chosen.now)
    columns = [func.count().filter(condition).label(name) for name, condition in counted.items()]
    query = (
        select(key, func.count().label("reported"), *columns, _median_days().label("median_days"))
        .where(*chosen.conditions(), Incident.withdrawn_at.is_(None))
        .group_by(key)
        .order_by(key)
    )
    return [_counts(dict(row)) for row in session.execute(query).mappings()]


def median_days(session: Session, chosen: IncidentFilter) -> float | None:
    """Return the median over all cases of a query; medians of grids do not add up."""
    found = session.scalar(
        select(_median_days()).where(*chosen.conditions(), Incident.withdrawn_at.is_(None))
    )
    return None if found is None else float(found)


def standing_conditions(now: dt.datetime) -> dict[str, ColumnElement[bool]]:
    """How a case may stand, by the name of the count."""
    solved = Incident.stage.in_(("resolved", "archived")) & (Incident.outcome.is_not(None))
    is_open = Incident.closed_at.is_(None)
    due = and_(Incident.due_at.is_not(None), or_(Incident.closed_at.is_not(None), Incident.due_at <= now))
    return {
        "open": is_open,
        "overdue": and_(is_open, Incident.due_at < now),
        "solved": solved,
        "solved_village": solved & (Incident.solved_level >= 3),
        "solved_area": solved & (Incident.solved_level == 2),
        "solved_town": solved & (Incident.solved_level == 1),
        "unsolved": and_(Incident.closed_at.is_not(None), ~solved),
        "reopened": Incident.reopened > 0,
        "repeated": _repeated(),
        "deferred": Incident.deferred.is_(True),
        "paused": or_(Incident.paused_s > 0, Incident.paused_until.is_not(None)),
        "due": due,
        "closed_of_due": due & Incident.closed_at.is_not(None),
        "on_time": due & (Incident.closed_at <= Incident.due_at),
        "followed_up": exists().where(
            IncidentStep.incident_id == Incident.incident_id,
            IncidentStep.action == "follow_up",
            IncidentStep.undone_at.is_(None),
        ),
        "by_villager": Incident.found_by == "villager",
        "by_staff": Incident.found_by == "staff",
        "by_police": Incident.found_by == "police",
    }


def _repeated() -> ColumnElement[bool]:
    earlier = aliased(Incident)
    return (
        select(1)
        .where(
            earlier.grid_key == Incident.grid_key,
            earlier.domain == Incident.domain,
            earlier.kind == Incident.kind,
            earlier.withdrawn_at.is_(None),
            earlier.occurred_at < Incident.occurred_at,
            earlier.occurred_at >= Incident.occurred_at - dt.timedelta(days=REPEATED_DAYS),
        )
        .exists()
    )


def _median_days() -> ColumnElement[Any]:
    begun = func.coalesce(Incident.accepted_at, Incident.reported_at, Incident.occurred_at)
    days = (func.extract("epoch", Incident.closed_at - begun) - Incident.paused_s) / _DAY_S
    return func.percentile_cont(0.5).within_group(days.asc())


def _counts(row: dict[str, Any]) -> GridCounts:
    median = row.pop("median_days")
    counts = GridCounts.told(int(row.pop("grid_key")), {name: int(value) for name, value in row.items()})
    return replace(counts, median_days=None if median is None else float(median))
