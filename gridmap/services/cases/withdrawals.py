"""Cases taken out and put back: they are kept and marked, and leave every count."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session

from gridmap.domain.accounts import Actor
from gridmap.domain.cases.actions import Action
from gridmap.domain.cases.derive import derive
from gridmap.domain.cases.model import Step
from gridmap.errors import Conflict
from gridmap.services.cases.refusals import absent
from gridmap.services.imports.kinds import TakenBack
from gridmap.storage.cases import desk as stored
from gridmap.storage.cases import rederive
from gridmap.storage.cases import steps as stored_steps
from gridmap.storage.cases.desk import KeptCase
from gridmap.storage.database import Database
from gridmap.storage.workspace import settings as workspace

_WORKED_ON = (
    "经办后不随导入撤销；如要撤出，请单独撤销该事件",
    "the desk has worked on it: withdraw it by itself",
)


def restore(database: Database, actor: Actor, number: str, *, now: dt.datetime | None = None) -> None:
    """Put a withdrawn case back as it was.

    Raises
    ------
    NotFound
        When there is no such case in the scope.
    Conflict
        When it is not withdrawn.
    """
    at = now or dt.datetime.now(dt.UTC)
    with database.scoped_session(actor.scope, write=True) as session:
        case = _locked(session, number)
        if case.state.withdrawn_at is None:
            raise Conflict("case-not-withdrawn", "该事件没有被撤销。", "The case is not withdrawn.")
        restore_cases(session, [case.row.incident_id], at)
        workspace.touch(session)


def restore_cases(session: Session, ids: Sequence[int], at: dt.datetime) -> None:
    """Put withdrawn cases back: the step that withdrew each counts no more."""
    stored_steps.undo_steps(session, ids, Action.WITHDRAW.value, at)
    rederive.rederive(session, ids)


def take_back(
    session: Session, rows: list[dict[str, Any]], post: str, why: str, at: dt.datetime
) -> TakenBack:
    """Withdraw the cases that an import brought. Those that the desk has worked on stay."""
    removed, left = [], []
    for row in rows:
        stored.lock(session, row["incident_id"])
        case = stored.load(session, row["incident_id"])
        if case.state.withdrawn_at is not None:
            continue
        if any(s.told_by == "desk" and s.undone_at is None for s in case.steps):
            left.append(("保密 / sealed" if case.row.sealed else row["uid"], *_WORKED_ON))
            continue
        _withdraw(session, case, post, why, at)
        removed.append(row["uid"])
    return TakenBack(tuple(removed), tuple(left))


def _locked(session: Session, number: str) -> KeptCase:
    found = stored.find_id(session, number)
    if found is None:
        raise absent(number)
    stored.lock(session, found)
    return stored.load(session, found)


def _withdraw(session: Session, case: KeptCase, post: str, why: str, at: dt.datetime) -> None:
    step = Step(Action.WITHDRAW.value, at, post=post, note=why, recorded_at=at)
    stored_steps.add_step(session, case.row.incident_id, step, uuid.uuid4())
    stored.save_state(session, case.row.incident_id, derive(case.opening, (*case.steps, step)))
