"""Tasks: follow-ups, visits, decisions, household visits; listed, made, done."""

from __future__ import annotations

import datetime as dt
import re
import uuid

from gridmap.domain.accounts import Actor
from gridmap.domain.cases.lists import require
from gridmap.domain.cases.model import TaskRow
from gridmap.domain.gridkey import Scope
from gridmap.errors import Conflict, Forbidden, InvalidInput, NotFound
from gridmap.ingest.free_text import checked_text
from gridmap.services.cases import satisfaction
from gridmap.services.cases.refusals import absent, read_key
from gridmap.storage.cases import desk as stored
from gridmap.storage.cases import tasks as kept
from gridmap.storage.database import Database

HOTSPOT = re.compile(r"hotspot ([0-9]{1,15})/([0-9]{1,15})")
"""What a task came from: a run and the rank of its hotspot."""
SCREENING = re.compile(r"screening ([0-9]{1,15})")
"""What a task came from: a round of screening."""
_FOLLOW_UP = "follow_up"
_BY_STEP = frozenset({_FOLLOW_UP, satisfaction.KIND})


def list_tasks(
    database: Database,
    scope: Scope,
    *,
    number: str | None = None,
    kinds: tuple[str, ...] = (),
    until: dt.date | None = None,
    post: str | None = None,
    is_open: bool | None = True,
    done_since: dt.datetime | None = None,
    grid_key: int | None = None,
    since: dt.date | None = None,
    reason: str | None = None,
    limit: int | None = 500,
) -> list[TaskRow]:
    """Return tasks of a scope, those due first before others.

    Parameters
    ----------
    database : Database
    scope : Scope
    number : str, optional
        Of one case.
    kinds : tuple of str
    until : date, optional
    post : str, optional
        Of that post, or of none.
    is_open : bool or None
    done_since : datetime, optional
        Aware; of done ones only those done then or later.
    grid_key : int, optional
        Of that grid and those below it.
    since : date, optional
        Due on that day or later.
    reason : str, optional
        Why a household is visited, of the list ``visit_reason``; ``none``: those where nobody said why.
    limit : int or None
        None: all of them.
    """
    within = None
    if grid_key is not None:
        below = Scope.of_grid(grid_key)
        within = below.lo, below.hi
    with database.scoped_session(scope) as session:
        incident_id = None if number is None else stored.find_id(session, number)
        if number is not None and incident_id is None:
            return []
        return kept.list_tasks(
            session,
            incident_id=incident_id,
            kinds=kinds,
            until=until,
            post=post,
            is_open=is_open,
            done_since=done_since,
            within=within,
            since=since,
            reason=reason,
            limit=limit,
        )


def find(database: Database, scope: Scope, task_id: int) -> TaskRow:
    """Return one task; that of a sealed case without its text.

    Raises
    ------
    NotFound
        When the scope has no such task.
    """
    with database.scoped_session(scope) as session:
        found = kept.list_tasks(session, task_id=task_id)
    if not found:
        raise NotFound(
            "task-absent",
            f"没有任务 {task_id}，或超出管辖范围。请回到任务列表。",
            f"There is no task {task_id} in your scope. Go back to the list of tasks.",
        )
    return found[0]


def make(
    database: Database,
    actor: Actor,
    kind: str,
    grid_key: int,
    due_on: dt.date,
    text: str,
    *,
    number: str | None = None,
    post: str | None = None,
    body_code: str | None = None,
    origin: str | None = None,
    reason: str | None = None,
    key: str | uuid.UUID | None = None,
) -> TaskRow:
    """Give a grid something to do by a day: a visit after a finding, a household visit after a quarrel.

    Parameters
    ----------
    database : Database
    actor : Actor
    kind : str
    grid_key : int
        Inside the actor's scope.
    due_on : date
    text : str
    number : str, optional
        Of the case that it is about.
    post, body_code : str, optional
        Who is to do it.
    origin : str, optional
        What it came from; ``hotspot 12/3`` and ``screening 4`` lead there.
    reason : str, optional
        Why a household is visited, of the list ``visit_reason``; needed for such a visit.
    key : str or UUID, optional
        Names this act: told twice, the task is given once.

    Raises
    ------
    InvalidInput
        When the kind or reason is none or by lot alone, a follow-up names a case, the text is empty or holds a
        personal number, or the key is no UUID.
    Forbidden
        When the grid is outside the scope.
    NotFound
        When there is no such case.
    Conflict
        When the key named another task before.
    """
    require("task_kind", kind)
    if kind == satisfaction.KIND:
        raise InvalidInput(
            "task-by-lot",
            "满意度询问由系统抽签产生，不能手工派发。请改派其他任务。",
            "Whether parties are satisfied is asked where the lot falls; nobody gives that by hand. Give another task.",
        )
    if kind == _FOLLOW_UP and number is not None:
        raise InvalidInput(
            "task-by-solution",
            "事件化解后，回访任务由系统按期产生，不能手工派发。要再上门看看，请派“走访”任务，不必等化解。",
            "A case's follow-ups come by themselves once it is solved, and are not given by hand. To have somebody "
            "look after it all the same, give a visit.",
        )
    details = _details(kind, origin, reason)
    if key is not None:
        details["key"] = str(read_key(key))
    if not text.strip():
        raise InvalidInput("task-no-text", "请写明要做什么。", "Say what is to be done.")
    for said in (text, post):
        checked_text(said)
    if grid_key not in actor.scope:
        raise Forbidden(
            "task-outside-scope",
            "该网格不在您的管辖范围内，不能派任务。",
            "The grid is outside your scope, so it cannot be given a task.",
        )
    with database.scoped_session(actor.scope, write=True) as session:
        incident_id = None if number is None else stored.find_id(session, number)
        if number is not None and incident_id is None:
            raise absent(number)
        told = {
            "kind": kind,
            "incident_id": incident_id,
            "grid_key": grid_key,
            "due_on": due_on,
            "text": text.strip(),
            "post": post,
            "body_code": body_code,
        }
        before = None if key is None else kept.task_of_key(session, details["key"], told)
        if before is None:
            task_id = kept.add_task(session, **told, made_by=actor.post, details=details)
        else:
            task_id, is_same = before
            if not is_same:
                raise _told_before(task_id)
        return kept.list_tasks(session, task_id=task_id)[0]


def _told_before(task_id: int) -> Conflict:
    return Conflict(
        "task-told-before",
        f"这份表单（或 Idempotency-Key）已派过内容不同的任务 {task_id}，没有再派。若要再派一项，请核对后重新提交。",
        f"This form (or Idempotency-Key) gave task {task_id} before, which says something else; none was given now. "
        "To give one more, look through it and send it again, over the API with a new UUID.",
    )


def is_by_step(task: TaskRow) -> bool:
    """Tell whether a task is done by the follow-up of its case alone, which asks what it is there for."""
    return task.incident_id is not None and task.kind in _BY_STEP


def _details(kind: str, origin: str | None, reason: str | None) -> dict[str, str]:
    details = {}
    if origin:
        # A run's number is drawn and may look like a telephone number; it is the product's own.
        if not (HOTSPOT.fullmatch(origin) or SCREENING.fullmatch(origin)):
            checked_text(origin)
        details["origin"] = origin
    if reason is not None and kind != "household_visit":
        raise InvalidInput(
            "task-reason",
            "只有三必到注明原因（矛盾、困难、丧事或重病）；其他任务不填。",
            "Only a household visit says why (a quarrel, hardship, a death or illness); other tasks do not.",
        )
    if kind == "household_visit" and not reason:
        raise InvalidInput(
            "task-why",
            "请选择三必到是哪一种（矛盾、困难、丧事或重病）。",
            "Choose why the household is visited: a quarrel, hardship, a death or illness.",
        )
    if reason is not None:
        require("visit_reason", reason)
        details["reason"] = reason
    return details


def finish(
    database: Database, actor: Actor, task_id: int, result: str, *, now: dt.datetime | None = None
) -> TaskRow:
    """Mark a task as done, with its result.

    Raises
    ------
    NotFound
        When the scope has no such task, or it is done already.
    InvalidInput
        When the result is empty or holds a personal number.
    Conflict
        When it is done by the case's follow-up only.
    """
    if not result.strip():
        raise InvalidInput("task-no-result", "请写明结果。", "Say what came of it.")
    checked_text(result)
    with database.scoped_session(actor.scope, write=True) as session:
        at = now or dt.datetime.now(dt.UTC)
        if any(is_by_step(task) for task in kept.list_tasks(session, task_id=task_id, is_open=True)):
            raise Conflict(
                "task-by-follow-up",
                "回访和满意度询问不能直接办结。请打开所属事件，用“回访”步骤记录询问的结果，任务随之完成。",
                "A follow-up, and the question whether the parties are satisfied, are not closed by hand. Open the "
                "case and make the step “follow up”: it ends the task with what was answered.",
            )
        if not kept.finish_task(session, task_id, result=result.strip(), by=actor.post, at=at):
            done = kept.list_tasks(session, task_id=task_id)
            if done and (done[0].done_by, done[0].result) == (actor.post, result.strip()):
                return done[0]  # Told twice: it is done once.
            raise NotFound(
                "task-not-found",
                f"没有待办任务 {task_id}：可能已完成，或超出管辖范围。",
                f"There is no open task {task_id}: it may be done already, or lies outside your scope.",
            )
        return kept.list_tasks(session, task_id=task_id)[0]
