"""What the pack of a joint meeting asks of the database: what was passed up and why, and what came again."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from gridmap.domain.gridkey import SUBTREE_SIZE, VILLAGE
from gridmap.storage.models import Incident, IncidentStep


class PassedUp(NamedTuple):
    """Cases that villages passed to a grid above, for one ground."""

    village_key: int
    ground: str
    cases: int


class Repeated(NamedTuple):
    """Cases of one kind in one village."""

    village_key: int
    domain: str
    kind: str
    cases: int


def passed_up(session: Session, since: dt.datetime, before: dt.datetime) -> list[PassedUp]:
    """Count cases that were transferred above their village, in order of the villages: a pack ranks none.

    Parameters
    ----------
    session : Session
    since, before : datetime
        Aware; of the transfer.
    """
    village = _village().label("village_key")
    ground = func.coalesce(IncidentStep.ground, "untold").label("ground")
    cases = func.count(func.distinct(Incident.incident_id)).label("cases")
    query = (
        select(village, ground, cases)
        .join(Incident, Incident.incident_id == IncidentStep.incident_id)
        .where(
            IncidentStep.action == "transfer",
            IncidentStep.undone_at.is_(None),
            IncidentStep.at >= since,
            IncidentStep.at < before,
            Incident.withdrawn_at.is_(None),
            Incident.grid_key != 0,
            # A key above the village ends in the zeros of its subtree, and is another grid than the case's village.
            IncidentStep.to_grid_key % SUBTREE_SIZE[VILLAGE - 1] == 0,
        )
        .group_by(village, ground)
        .order_by(village, ground)
    )
    return [PassedUp(*row) for row in session.execute(query)]


def repeated(session: Session, since: dt.datetime, before: dt.datetime, *, least: int) -> list[Repeated]:
    """Count cases of one kind in one village, where there are at least so many; in order of the villages.

    Parameters
    ----------
    session : Session
    since, before : datetime
        Aware; of when it happened.
    least : int
    """
    village = _village().label("village_key")
    kind = func.coalesce(Incident.kind, "").label("kind")
    cases = func.count().label("cases")
    query = (
        select(village, Incident.domain, kind, cases)
        .where(
            Incident.occurred_at >= since,
            Incident.occurred_at < before,
            Incident.withdrawn_at.is_(None),
            Incident.grid_key != 0,
        )
        .group_by(village, Incident.domain, kind)
        .having(func.count() >= least)
        .order_by(village, Incident.domain, kind)
    )
    return [Repeated(*row) for row in session.execute(query)]


def _village() -> ColumnElement[int]:
    return Incident.grid_key - Incident.grid_key % SUBTREE_SIZE[VILLAGE]
