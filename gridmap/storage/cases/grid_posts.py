"""Posts and volunteers of grids in the database, and the visits that grids are to make."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from gridmap.storage.models import GridPost, GridVolunteers, Task


def list_posts(session: Session, lo: int, hi: int) -> list[dict[str, Any]]:
    """Return posts at grids of a range of keys, by grid and title."""
    columns = list(GridPost.__table__.columns)
    query = (
        select(*columns)
        .where(GridPost.grid_key.between(lo, hi))
        .order_by(GridPost.grid_key, GridPost.duty, GridPost.title)
    )
    return [dict(row) for row in session.execute(query).mappings()]


def put_post(session: Session, grid_key: int, title: str, **values: Any) -> None:
    """Keep a post; one of the same title at that grid is written over."""
    row = upsert(GridPost).values(grid_key=grid_key, title=title, **values)
    session.execute(row.on_conflict_do_update(index_elements=["grid_key", "title"], set_=values))


def remove_post(session: Session, grid_key: int, title: str) -> bool:
    """Remove a post; False when there is none."""
    gone = delete(GridPost).where(GridPost.grid_key == grid_key, GridPost.title == title)
    return session.scalar(gone.returning(GridPost.title)) is not None


def volunteers(session: Session, lo: int, hi: int) -> dict[str, int]:
    """Return head-counts of volunteers by role, of all grids of a range of keys."""
    query = (
        select(GridVolunteers.role, func.sum(GridVolunteers.n))
        .where(GridVolunteers.grid_key.between(lo, hi))
        .group_by(GridVolunteers.role)
    )
    return {role: int(n) for role, n in session.execute(query)}


def put_volunteers(session: Session, grid_key: int, counts: dict[str, int]) -> None:
    """Keep a grid's head-counts in place of those before."""
    session.execute(delete(GridVolunteers).where(GridVolunteers.grid_key == grid_key))
    rows = [{"grid_key": grid_key, "role": role, "n": n} for role, n in counts.items() if n]
    if rows:
        session.execute(upsert(GridVolunteers).values(rows))


def visits(
    session: Session, lo: int, hi: int, kinds: tuple[str, ...], since: dt.date, today: dt.date
) -> list[dict[str, Any]]:
    """Count visits by kind and reason: due since a day, of these made, and those still owed past their day."""
    made = Task.done_at.is_not(None)
    reason = Task.details["reason"].astext
    query = (
        select(
            Task.kind,
            reason.label("reason"),
            func.count().label("due"),
            func.count().filter(made).label("made"),
            func.count().filter(~made, Task.due_on < today).label("late"),
        )
        .where(Task.kind.in_(kinds), Task.grid_key.between(lo, hi), Task.due_on.between(since, today))
        .group_by(Task.kind, reason)
        .order_by(Task.kind, reason)
    )
    return [dict(row) for row in session.execute(query).mappings()]
