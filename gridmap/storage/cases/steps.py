"""Steps of cases in the database: read in order, added, undone."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence

from sqlalchemy import exists, func, insert, select, update
from sqlalchemy.orm import Session

from gridmap.domain.cases.actions import Action, Stage
from gridmap.domain.cases.model import Step
from gridmap.storage.models import Incident, IncidentStep

_STEP = tuple(Step.__dataclass_fields__)


def load_steps(session: Session, ids: list[int]) -> dict[int, tuple[Step, ...]]:
    """Read the steps of cases, in order, undone ones included; a case without steps has an empty tuple."""
    out: dict[int, list[Step]] = {i: [] for i in ids}
    rows = session.execute(
        select(IncidentStep.incident_id, *(getattr(IncidentStep, name) for name in _STEP))
        .where(IncidentStep.incident_id.in_(ids))
        .order_by(IncidentStep.incident_id, IncidentStep.at, IncidentStep.seq, IncidentStep.step_id)
    ).mappings()
    for found in rows:
        values = {name: found[name] for name in _STEP}
        values["uid"] = None if values["uid"] is None else str(values["uid"])
        out[found["incident_id"]].append(Step(**values))
    return {i: tuple(steps) for i, steps in out.items()}


def step_of_key(session: Session, key: uuid.UUID) -> tuple[int, str] | None:
    """Return the incident and the action of the step that was told with an idempotency key."""
    found = session.execute(
        select(IncidentStep.incident_id, IncidentStep.action).where(IncidentStep.uid == key)
    ).one_or_none()
    return None if found is None else (found[0], found[1])


def add_step(session: Session, incident_id: int, step: Step, key: uuid.UUID) -> int:
    """Keep a step as the case's last; gives its number."""
    values = {
        name: getattr(step, name) for name in _STEP if name not in {"step_id", "seq", "uid", "recorded_at"}
    }
    values["details"] = dict(step.details)
    taken = select(IncidentStep.step_id).where(
        IncidentStep.incident_id == incident_id, IncidentStep.action == step.action
    )
    # The same step of the same moment, once taken back and made again, follows the one before.
    while session.scalar(taken.where(IncidentStep.at == values["at"])) is not None:
        values["at"] += dt.timedelta(microseconds=1)
    last = select(func.coalesce(func.max(IncidentStep.seq), 0) + 1).where(
        IncidentStep.incident_id == incident_id
    )
    return session.scalars(
        insert(IncidentStep)
        .values(
            incident_id=incident_id,
            uid=key,
            seq=last.scalar_subquery(),
            recorded_at=step.recorded_at or func.now(),
            **values,
        )
        .returning(IncidentStep.step_id)
    ).one()


def undo_step(session: Session, step_id: int, at: dt.datetime) -> None:
    """Mark a step as taken back."""
    session.execute(update(IncidentStep).where(IncidentStep.step_id == step_id).values(undone_at=at))


def undo_steps(session: Session, ids: Sequence[int], action: str, at: dt.datetime) -> None:
    """Mark the steps of one kind of cases as undone."""
    session.execute(
        update(IncidentStep)
        .where(
            IncidentStep.incident_id.in_(ids), IncidentStep.action == action, IncidentStep.undone_at.is_(None)
        )
        .values(undone_at=at)
    )


def undo_steps_by_number(session: Session, step_ids: Sequence[int], at: dt.datetime) -> None:
    """Mark steps as undone."""
    session.execute(update(IncidentStep).where(IncidentStep.step_id.in_(step_ids)).values(undone_at=at))


def solved_of_late(session: Session) -> list[int]:
    """Return the disputes that are solved, neither archived nor followed up."""
    asked = exists().where(
        IncidentStep.incident_id == Incident.incident_id,
        IncidentStep.action == Action.FOLLOW_UP,
        IncidentStep.undone_at.is_(None),
    )
    query = (
        select(Incident.incident_id)
        .where(
            Incident.domain == "dispute",
            Incident.stage == Stage.RESOLVED,
            Incident.withdrawn_at.is_(None),
            ~asked,
        )
        .order_by(Incident.incident_id)
    )
    return list(session.scalars(query))
