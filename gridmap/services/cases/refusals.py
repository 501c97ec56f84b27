"""What the desk refuses, in words."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy.orm import Session

from gridmap.domain.cases.actions import ACTION_WORDS, Action, Words, read_action
from gridmap.domain.cases.asked import StepAsked
from gridmap.domain.cases.model import CaseRow, Step
from gridmap.domain.gridkey import UNASSIGNED, VILLAGE, Scope, ancestor, level_of
from gridmap.errors import Conflict, InvalidInput, NotFound
from gridmap.storage.cases import desk as stored
from gridmap.storage.cases import steps as stored_steps
from gridmap.storage.cases.desk import KeptCase


class CaseMovedOn(Conflict):
    """Somebody else made a step since; nothing is lost, both versions are told.

    Parameters
    ----------
    row : CaseRow
        The case as it is now.
    since : list of Step
        What was done since.
    asked : StepAsked
        What was to be done now.
    """

    def __init__(self, row: CaseRow, since: list[Step], asked: StepAsked) -> None:
        words = [
            Words(step.action, step.action) if action is None else ACTION_WORDS[action]
            for step in since
            for action in [read_action(step.action)]
        ]
        zh, en = "、".join(word.zh for word in words) or "-", ", ".join(word.en for word in words) or "-"
        super().__init__(
            "case-moved-on",
            f"别人刚办理了这起事件（{zh}）。您填写的内容仍在，请看过新的情况后再提交。",
            f"Somebody else has just worked on this case ({en}). What you wrote is kept: look, then send it again.",
        )
        self.row, self.since, self.asked = row, since, asked

    def as_dict(self) -> dict[str, Any]:
        """Return the error with both versions."""
        return super().as_dict() | {
            "now": {
                "revision": self.row.revision,
                "stage": self.row.stage,
                "handler_key": str(self.row.handler_key),
                "steps_since": [
                    {"action": s.action, "at": s.at.isoformat(), "post": s.post, "note": s.note}
                    for s in self.since
                ],
            },
            "yours": {
                "action": self.asked.action.value,
                "note": self.asked.note,
                "outcome": self.asked.outcome,
                "ground": self.asked.ground,
            },
        }


def absent(number: str) -> NotFound:
    """Return the error of a case that is not there, or not in the scope."""
    return NotFound(
        "case-not-found",
        f"没有编号为 {number} 的事件，或超出管辖范围。请核对编号，或用词语查找。",
        f"There is no case {number} in your scope. Check the number, or search by words.",
    )


def read_key(key: str | uuid.UUID) -> uuid.UUID:
    """Read an idempotency key.

    Raises
    ------
    InvalidInput
        When it is no UUID.
    """
    try:
        return key if isinstance(key, uuid.UUID) else uuid.UUID(key)
    except ValueError:
        raise InvalidInput(
            "key-no-uuid",
            "Idempotency-Key 应为 UUID，每次办理用一个新的。",
            "An Idempotency-Key is a UUID, a new one for each act.",
        ) from None


def key_used() -> Conflict:
    """Return the error of a key that named another act before."""
    return Conflict(
        "key-used",
        "这个 Idempotency-Key 已用于另一步骤。请换一个新的 UUID。",
        "This Idempotency-Key named another act. Use a new UUID.",
    )


def refuse_the_party(case: KeptCase, step: Step) -> None:
    """Refuse to hand a case to the village whose committee is a party to it."""
    place = case.row.grid_key
    if not case.told["committee_is_party"] or step.to_grid_key is None or place == UNASSIGNED:
        return
    if level_of(place) >= VILLAGE and step.to_grid_key in Scope.of_grid(ancestor(place, VILLAGE)):
        raise Conflict(
            "committee-is-party",
            "该村村民委员会是当事人，不能移交该村办理。请移送片区或镇综治中心。",
            "The committee of that village is a party, so the village cannot have the case. Pass it to the area or "
            "the town.",
        )


def id_of(session: Session, number: str) -> int:
    """Return the key of the case with a number.

    Raises
    ------
    NotFound
        When there is none in the scope.
    """
    found = stored.find_id(session, number)
    if found is None:
        raise absent(number)
    return found


def was_done(session: Session, key: uuid.UUID, incident_id: int, action: Action) -> bool:
    """Tell whether the act that a key names was done before.

    Raises
    ------
    Conflict
        When the key names another act.
    """
    done = stored_steps.step_of_key(session, key)
    if done is not None and done != (incident_id, action.value):
        raise key_used()
    return done is not None


def was_undone(case: KeptCase, post: str, revision: int) -> bool:
    """Tell whether the newest step of a case as it was at a revision was taken back by the post that made it."""
    newest = max(case.steps, key=lambda step: step.undone_at or step.recorded_at or step.at)
    return case.row.revision == revision + 1 and newest.undone_at is not None and newest.post == post
