"""Whether the parties of a solved case are satisfied: asked by lot, and by another post than those who handled it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Literal

from sqlalchemy.orm import Session

from gridmap.domain.cases.actions import WORK, Action, read_action
from gridmap.domain.cases.model import Step, TaskRow
from gridmap.domain.gridkey import TOWN, UNASSIGNED, VILLAGE, ancestor, level_of
from gridmap.domain.terms import ASKED_SHARE
from gridmap.errors import Conflict, Forbidden
from gridmap.storage.cases import desk as stored
from gridmap.storage.cases import tasks as kept

KIND = "satisfaction"
ASKED_WITHIN_DAYS = 14
"""By when a case that is drawn is asked."""

Standing = Literal["not_drawn", "to_ask", "own", "asked", "unanswered"]

_HANDLING = WORK | {Action.RESOLVE, Action.END_UNSOLVED, Action.PAUSE, Action.DEFER}
_PARTS = 2**32


def is_drawn(record_key: int, share: float = ASKED_SHARE) -> bool:
    """Tell whether the lot falls on a case.

    It hangs on the case's secret key alone: nobody can tell it before, and solving a case again draws no other lot.

    Parameters
    ----------
    record_key : int
    share : float
        Of all cases, from 0 to 1.
    """
    drawn = hashlib.sha256(f"{KIND} {record_key}".encode()).digest()
    return int.from_bytes(drawn[:4], "big") < share * _PARTS


def falls_on(session: Session, incident_id: int) -> bool:
    """Tell whether the lot falls on a case of the workspace."""
    return is_drawn(stored.record_key(session, incident_id))


def asking_grid(handler_key: int) -> int:
    """Return the grid whose desk asks: the one above the handler's, the town for the town's own."""
    if handler_key == UNASSIGNED:
        return UNASSIGNED
    return ancestor(handler_key, max(TOWN, min(level_of(handler_key), VILLAGE) - 1))


def standing(tasks: Iterable[TaskRow], steps: Iterable[Step], post: str | None) -> Standing:
    """Tell whether a post may ask the parties of a case.

    Parameters
    ----------
    tasks : iterable of TaskRow
        Of the case.
    steps : iterable of Step
        Of the case.
    post : str or None

    Returns
    -------
    {'not_drawn', 'to_ask', 'own', 'asked', 'unanswered'}
        ``own``: it is to be asked, and this post handled the case itself. ``unanswered``: the lot fell on it, and its
        task was closed without an answer.
    """
    tasks = list(tasks)
    live = [step for step in steps if step.undone_at is None]
    if any(task.kind == KIND and task.done_at is None for task in tasks):
        handled = {step.post for step in live if read_action(step.action) in _HANDLING}
        return "own" if post in handled else "to_ask"
    if answer(live) is not None:
        return "asked"
    # A task that a step ended is over with the solution that it was about.
    closed = any(task.kind == KIND and "done_by_step" not in task.details for task in tasks)
    return "unanswered" if closed else "not_drawn"


def answer(steps: Iterable[Step]) -> bool | None:
    """Return whether the parties that the lot chose are satisfied with the last solution; None where none answered.

    Parameters
    ----------
    steps : iterable of Step
        Of the case, in their order.
    """
    found = None
    for step in steps:
        if step.undone_at is not None:
            continue
        if read_action(step.action) is Action.RESOLVE:
            found = None
        elif step.details.get("drawn") and step.details.get(KIND_SAID) is not None:
            found = bool(step.details[KIND_SAID])
    return found


KIND_SAID = "satisfied"
"""Where a follow-up keeps what was answered; beside it ``drawn``, where the lot had fallen on the case."""


def require_asked(session: Session, incident_id: int, steps: Iterable[Step], post: str | None) -> None:
    """Refuse an answer of parties whom nobody drew, or whom their own handler asked.

    Raises
    ------
    Conflict
        When the lot did not fall on the case, it is asked already, or its task was closed without an answer.
    Forbidden
        When the post handled the case itself.
    """
    tasks = kept.list_tasks(session, incident_id=incident_id, kinds=(KIND,), opened=True)
    found = standing(tasks, steps, post)
    if found == "own":
        raise Forbidden(
            "satisfaction-own",
            "满意度由承办以外的岗位询问。请把“是否满意”留为“未询问”，由上级网格或镇综治中心的其他岗位来问。",
            "Another post than the handler asks whether the parties are satisfied. Leave it as not asked; the desk "
            "above or another post of the town's centre asks.",
        )
    if found == "unanswered":
        raise Conflict(
            "satisfaction-closed",
            "这起事件曾被抽中，但任务已办结而没有回答，按“未询问”统计。请把“是否满意”留为“未询问”。",
            "The lot fell on this case, but its task was closed without an answer: it counts as not asked. Leave it as "
            "not asked.",
        )
    if found != "to_ask":
        raise Conflict(
            "satisfaction-not-drawn",
            "这起事件未被抽中询问满意度，或已经问过。请把“是否满意”留为“未询问”。",
            "The lot did not fall on this case, or it was asked already. Leave it as not asked.",
        )
