"""An import taken back: its cases are kept and marked, and leave every count."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass

from gridmap.domain.accounts import Actor
from gridmap.domain.cases.actions import Action
from gridmap.domain.cases.derive import derive
from gridmap.domain.cases.model import Step
from gridmap.domain.gridkey import Scope
from gridmap.errors import InvalidInput, NotFound
from gridmap.ingest.free_text import checked_text
from gridmap.services.cases.limits import require_whole
from gridmap.storage.cases import desk as stored
from gridmap.storage.cases.rederive import of_import
from gridmap.storage.database import Database
from gridmap.storage.workspace import settings as workspace


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """What became of an import's cases.

    Attributes
    ----------
    marked : int
        Cases that are withdrawn now.
    left : tuple of str
        Numbers of cases that stay, because the desk has worked on them since.
    left_sealed : int
        Sealed cases that stay for the same reason; their numbers are told to those who may open them.
    """

    marked: int
    left: tuple[str, ...]
    left_sealed: int = 0


def withdraw_import(
    database: Database, actor: Actor, run_id: int, note: str, *, now: dt.datetime | None = None
) -> Withdrawn:
    """Take an import of incidents back: each case gets a step that says so. Cases the desk has worked on stay.

    Parameters
    ----------
    database : Database
    actor : Actor
        Has to answer for the whole town.
    run_id : int
        Number of the import.
    note : str
        Why.
    now : datetime, optional

    Raises
    ------
    NotFound
        When no case is from that import.
    InvalidInput
        When no reason is given, or it points at a person.
    """
    require_whole(actor)
    if not note.strip():
        raise InvalidInput("withdraw-no-note", "请写明撤销的原因。", "Say why the import is withdrawn.")
    checked_text(note)
    at = now or dt.datetime.now(dt.UTC)
    marked, left, left_sealed = 0, [], 0
    with database.scoped_session(Scope.whole().for_upkeep(), write=True, timeout_s=600) as session:
        ids = of_import(session, run_id)
        if not ids:
            raise NotFound(
                "import-run-unknown",
                f"没有第 {run_id} 次导入的事件，或已全部撤销。",
                f"No case is from import {run_id}, or all are withdrawn.",
            )
        for incident_id in ids:
            stored.lock(session, incident_id)
            case = stored.load(session, incident_id)
            if any(s.told_by == "desk" and s.undone_at is None for s in case.steps):
                left_sealed += case.row.sealed
                if not case.row.sealed:
                    left.append(case.row.number)
                continue
            step = Step(Action.WITHDRAW.value, at, post=actor.post, note=note, recorded_at=at)
            stored.add_step(session, incident_id, step, uuid.uuid4())
            stored.save_state(session, incident_id, derive(case.opening, (*case.steps, step)))
            marked += 1
        workspace.touch(session)
    return Withdrawn(marked, tuple(left), left_sealed)
