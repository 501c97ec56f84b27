"""What the pack of a joint meeting asks of the database: what was passed up and why, and what came again."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable
from itertools import groupby
from typing import NamedTuple

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from gridmap.domain.cases.actions import Action
from gridmap.domain.cases.check import way
from gridmap.domain.cases.lists import UNTOLD
from gridmap.domain.gridkey import AREA, SUBTREE_SIZE, VILLAGE, ancestor
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


class Passing(NamedTuple):
    """A step of a case of ``grid_key`` that moves it from one grid to another, or gives it back."""

    incident_id: int
    grid_key: int
    action: str
    to_grid_key: int | None
    ground: str | None
    at: dt.datetime


_MOVES = (Action.ACCEPT, Action.ROUTE, Action.TRANSFER, Action.RETURN)


def passed_up(session: Session, since: dt.datetime, before: dt.datetime) -> list[PassedUp]:
    """Count cases that were first passed above their village, in order of the villages: a pack ranks none.

    Each case counts once: where it was passed up first, on that transfer's ground.

    Parameters
    ----------
    session : Session
    since, before : datetime
        Aware; of the transfer.
    """
    moved = select(IncidentStep.incident_id).where(
        IncidentStep.action == Action.TRANSFER,
        IncidentStep.undone_at.is_(None),
        IncidentStep.at >= since,
        IncidentStep.at < before,
        IncidentStep.to_grid_key % SUBTREE_SIZE[AREA] == 0,
    )
    query = (
        select(
            IncidentStep.incident_id,
            Incident.grid_key,
            IncidentStep.action,
            IncidentStep.to_grid_key,
            IncidentStep.ground,
            IncidentStep.at,
        )
        .join(Incident, Incident.incident_id == IncidentStep.incident_id)
        .where(
            IncidentStep.incident_id.in_(moved),
            IncidentStep.action.in_(_MOVES),
            IncidentStep.undone_at.is_(None),
            Incident.withdrawn_at.is_(None),
            Incident.grid_key % SUBTREE_SIZE[AREA] != 0,
        )
        .order_by(IncidentStep.incident_id, IncidentStep.at, IncidentStep.seq, IncidentStep.step_id)
    )
    found = Counter[tuple[int, str]]()
    rows = (Passing(*row) for row in session.execute(query))
    for _, steps in groupby(rows, key=lambda step: step.incident_id):
        first = first_passed_up(steps)
        if first is not None and since <= first.at < before:
            found[ancestor(first.grid_key, VILLAGE), first.ground or UNTOLD] += 1
    return [PassedUp(*key, cases) for key, cases in sorted(found.items())]


def first_passed_up(steps: Iterable[Passing]) -> Passing | None:
    """Return the first transfer that goes up from whoever had the case, or None.

    Parameters
    ----------
    steps : iterable of Passing
        Of one case, as they were made.
    """
    handler = before = 0
    for step in steps:
        handler = handler or step.grid_key
        if step.action == Action.RETURN:
            handler = before or handler
        elif step.to_grid_key:
            if step.action == Action.TRANSFER and way(handler, step.to_grid_key) in {"up", "far_up"}:
                return step
            handler, before = step.to_grid_key, handler
    return None


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
