"""What cases without steps have of the town, in the database."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, bindparam, false, or_, select, update
from sqlalchemy.orm import Session

from gridmap.domain.gridkey import UNASSIGNED
from gridmap.storage.cases.incidents import is_open
from gridmap.storage.models import Incident

Opened = tuple[int, int | None, dt.datetime | None, dt.datetime | None]
"""Incident, grid whose desk has it first, and by when it is to be acted upon and closed."""


def without(session: Session, *, town: bool, run_id: int | None = None) -> list[int]:
    """Return the open cases that have no end, or, where there is a town, lie in no grid and are nobody's.

    Parameters
    ----------
    session : Session
    town : bool
        Whether the workspace has one town, whose desk has what lies in no grid.
    run_id : int, optional
        Only those that an import brought or changed.
    """
    nobodys: ColumnElement[bool] = and_(
        Incident.grid_key == UNASSIGNED, Incident.handler_key == UNASSIGNED, Incident.opened_key.is_(None)
    )
    endless = and_(Incident.due_at.is_(None), Incident.opened_due_at.is_(None))
    query = select(Incident.incident_id).where(
        is_open(Incident),
        Incident.withdrawn_at.is_(None),
        Incident.told_due_at.is_(None) | (Incident.grid_key == UNASSIGNED),
        or_(endless, nobodys if town else false()),
    )
    return list(session.scalars(query if run_id is None else query.where(Incident.import_run_id == run_id)))


def of_a_new_round(session: Session) -> list[int]:
    """Return the reopened cases that may still have a mark of the round before."""
    query = select(Incident.incident_id).where(
        Incident.reopened > 0,
        Incident.withdrawn_at.is_(None),
        or_(Incident.deferred, and_(Incident.stage == "accepted", Incident.acted_at.is_not(None))),
    )
    return list(session.scalars(query))


def to_open(session: Session, ids: Sequence[int]) -> Sequence[Row[Any]]:
    """Read what limits look at: the incident, then domain, kind, scale, grid, stage, told end, and its two times."""
    names = ("incident_id", "domain", "kind", "scale", "grid_key", "told_stage", "told_due_at")
    columns = [getattr(Incident, name) for name in (*names, "reported_at", "occurred_at")]
    return session.execute(select(*columns).where(Incident.incident_id.in_(ids))).all()


def keep(session: Session, opened: Sequence[Opened]) -> None:
    """Keep what cases have of the town."""
    if not opened:
        return
    names = ("of", "key", "act", "close")
    table = Incident.__table__
    query = (
        update(table)  # type: ignore[arg-type]
        .where(table.c.incident_id == bindparam("of"))
        .values(
            opened_key=bindparam("key"), opened_act_due_at=bindparam("act"), opened_due_at=bindparam("close")
        )
    )
    session.connection().execute(query, [dict(zip(names, line, strict=True)) for line in opened])
