"""How many incidents there are: in all, by grid, by kind, by day.

What is kept answers where it can (:func:`gridmap.storage.cases.kept_counts.kept_for` decides), else cases are counted.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, select
from sqlalchemy.orm import Session

from gridmap.domain.gridkey import SUBTREE_SIZE, TOWN, VILLAGE
from gridmap.storage.cases.counted import counted_by
from gridmap.storage.cases.incidents import IncidentFilter, is_open, late, overdue, shown_on_maps
from gridmap.storage.cases.kept_counts import kept_for
from gridmap.storage.models import Incident


def total_and_sealed(session: Session, chosen: IncidentFilter) -> tuple[int, int]:
    """How many incidents there are, and how many of them are sealed from the scope: lists have the others."""
    kept = kept_for(session, chosen, TOWN)
    if kept is not None:
        of = kept.columns()
        query = select(func.coalesce(func.sum(of.n), 0), kept.hidden(of))
        opened = select(func.count()).where(*_opened(chosen)) if kept.opens_some else None
    else:
        of, opened = counted_by(chosen), None
        query = select(func.count(), func.count().filter(of.hidden)).where(*chosen.conditions(of))
    total, hidden = session.execute(query).one()
    return int(total), int(hidden) - (0 if opened is None else int(session.scalar(opened) or 0))


def count_by_grid(session: Session, chosen: IncidentFilter, level: int) -> dict[int, tuple[int, int]]:
    """How many incidents each grid of a level has, and how many of them are sealed from the scope.

    Key 0 holds those in no grid of that level or deeper; below the village also the sealed ones, told of no grid there.
    """
    kept = kept_for(session, chosen, level)
    opened: dict[int, int] = {}
    if kept is not None:
        of = kept.columns()
        key = grid_of(of, level)
        n = func.sum(of.n)
        query = select(key.label("key"), n, kept.hidden(of)).group_by(key).having(n != 0)
        if kept.opens_some:
            key = grid_of(Incident, level)
            rows = session.execute(select(key, func.count()).where(*_opened(chosen)).group_by(key))
            opened = {int(k): int(n) for k, n in rows}
    else:
        of = counted_by(chosen)
        key = grid_of(of, level)
        query = select(key.label("key"), func.count(), func.count().filter(of.hidden))
        query = query.where(*chosen.conditions(of)).group_by(key)
    return {int(k): (int(n), int(hidden) - opened.get(int(k), 0)) for k, n, hidden in session.execute(query)}


def _opened(chosen: IncidentFilter) -> list[ColumnElement[bool]]:
    """Return the conditions of sealed cases that the transaction may open: the policy lets it see no others."""
    return [Incident.sealed.is_(True), *chosen.conditions()]


def grid_of(of: Any, level: int) -> ColumnElement[Any]:
    """Return the grid of a level that a case is counted in; 0 where it is told in none."""
    # A record that is only known to lie in a grid of a level above has no grid at this one.
    told_there = deep_enough(of, level)
    if level > VILLAGE:
        told_there = and_(told_there, shown_on_maps(of))
    return case((told_there, of.grid_key - of.grid_key % SUBTREE_SIZE[level]), else_=0)


def deep_enough(of: Any, level: int) -> ColumnElement[bool]:
    """Return whether a grid of a level, or one below it, is known."""
    deep: ColumnElement[bool] = of.grid_key > 0 if level == 1 else of.grid_key % SUBTREE_SIZE[level - 1] != 0
    return deep


def count_by(session: Session, chosen: IncidentFilter, column: str) -> dict[str, int]:
    """How many incidents have each value of ``domain``, ``stage`` or ``kind``."""
    kept = kept_for(session, chosen, TOWN) if column == "domain" else None
    if kept is not None:
        kept_of = kept.columns()
        n = func.sum(kept_of.n)
        asked = select(kept_of.domain, n).group_by(kept_of.domain).having(n != 0).order_by(n.desc())
        return {str(value): int(count) for value, count in session.execute(asked)}
    of = counted_by(chosen)
    by = {"domain": of.domain, "stage": of.stage, "kind": of.kind}[column]
    query = select(by, func.count()).where(*chosen.conditions(of)).group_by(by).order_by(func.count().desc())
    return {str(value): int(n) for value, n in session.execute(query) if value is not None}


def totals(session: Session, chosen: IncidentFilter) -> dict[str, int]:
    """Total, still open, past due, closed late, to be confirmed; and of the total, those sealed from the scope."""
    of = counted_by(chosen)
    row = session.execute(
        select(
            func.count().label("total"),
            func.count().filter(is_open(of)).label("open"),
            func.count().filter(overdue(of, chosen.now)).label("overdue"),
            func.count().filter(late(of)).label("closed_late"),
            func.count().filter(of.needs_confirmation).label("to_confirm"),
            func.count().filter(of.hidden).label("sealed"),
        ).where(*chosen.conditions(of))
    ).one()
    return {name: int(value) for name, value in row._mapping.items()}  # noqa: SLF001 - SQLAlchemy's public name


def series(session: Session, chosen: IncidentFilter, step: str = "day") -> list[tuple[dt.date, int]]:
    """Count of each local day or week (Monday) that has incidents, in order."""
    kept = kept_for(session, chosen, TOWN)
    if kept is not None:
        return kept.course(session, step)
    of = counted_by(chosen)
    bucket = func.date_trunc(step, func.timezone(chosen.zone, of.occurred_at)).label("bucket")
    query = select(bucket, func.count()).where(*chosen.conditions(of)).group_by(bucket).order_by(bucket)
    return [(at.date(), int(n)) for at, n in session.execute(query)]
