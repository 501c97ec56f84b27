"""One case at the desk: found, shown whole, a step made in it, the newest step taken back."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import replace
from typing import Any

from sqlalchemy.orm import Session

from gridmap.domain.accounts import Actor
from gridmap.domain.cases.actions import Action
from gridmap.domain.cases.asked import Spot, StepAsked
from gridmap.domain.cases.check import check
from gridmap.domain.cases.derive import derive, in_force
from gridmap.domain.cases.model import Case, CaseRow, Step, Times
from gridmap.domain.cases.rules import barred_ways, lawful_next
from gridmap.domain.gridkey import Scope
from gridmap.domain.roles import Action as Right
from gridmap.domain.roles import require
from gridmap.errors import Conflict, Forbidden, InvalidInput, NotFound
from gridmap.ingest.free_text import checked_text
from gridmap.services.accounts import audit
from gridmap.services.cases import bodies, case_limits, edited, satisfaction, similar
from gridmap.services.cases.follow import tasks_of_step
from gridmap.services.cases.held_back import closed, told_to
from gridmap.services.cases.placing import Placed, put_right, spot_of
from gridmap.services.cases.refusals import (
    CaseMovedOn,
    absent,
    id_of,
    read_key,
    refuse_the_party,
    was_done,
    was_undone,
)
from gridmap.services.cases.told import asked_step, linked_number, told_of
from gridmap.storage.cases import desk as stored
from gridmap.storage.cases import search as stored_search
from gridmap.storage.cases import steps as stored_steps
from gridmap.storage.cases import tasks as kept
from gridmap.storage.cases.desk import KeptCase
from gridmap.storage.database import Database
from gridmap.storage.workspace import settings as workspace

UNDO_S = 60
"""How long a step may be taken back by whoever made it."""


def find(database: Database, who: Actor | Scope, number: str, *, now: dt.datetime | None = None) -> Case:
    """Return a case whole: its state and steps, and what whoever asks may do next.

    A sealed case is returned closed: it says that it is there, and is opened by `open_sealed`.

    Parameters
    ----------
    database : Database
    who : Actor or Scope
    number : str
        The number for life, or that of its source.
    now : datetime, optional
        Aware; the present by default.

    Raises
    ------
    NotFound
        When there is no such case in the scope.
    """
    found = _read(database, who, number, now or dt.datetime.now(dt.UTC))
    return closed(found) if found.row.sealed else told_to(who, found)


def open_sealed(database: Database, actor: Actor, number: str, *, now: dt.datetime | None = None) -> Case:
    """Open a sealed case, which leaves a row in the audit; one that is not sealed is found.

    Raises
    ------
    NotFound
        When there is no such case in the scope, or it is sealed from the actor.
    Forbidden
        When the actor's role opens no sealed case.
    """
    require(actor, Right.SEE_SEALED)
    found = _read(database, actor, number, now or dt.datetime.now(dt.UTC))
    if found.row.sealed:
        # Before anything of it is handed out.
        audit.record(database, actor, "open_sealed", found.row.number)
    return told_to(actor, found)


def _read(database: Database, who: Actor | Scope, number: str, now: dt.datetime) -> Case:
    with database.scoped_session(_scope(who)) as session:
        case = stored.load(session, id_of(session, number))
        tasks = kept.list_tasks(session, incident_id=case.row.incident_id, opened=True)
        arrived = kept.first_arrival(session, case.row.incident_id)
        like = similar.closed_like(session, case)
        linked = _linked(session, case)
        named = case_limits.bodies_named(session, case) if case.state.is_open else (None, ())
    offered = bodies.offered(database, case, now) if case.state.is_open else ()
    found = _whole(case, who, now, tasks=tasks, arrived=arrived, like=like, offered=offered, linked=linked)
    return replace(found, body_kind=named[0], co_body_kinds=named[1])


def _linked(session: Session, case: KeptCase) -> tuple[str, ...]:
    """Return the numbers of the linked cases that whoever asks sees."""
    told = dict.fromkeys(
        str(s.details["number"]) for s in case.steps if s.undone_at is None and s.details.get("number")
    )
    return tuple(number for number in told if stored.find_id(session, number) is not None)


def search(database: Database, scope: Scope, words: str, *, limit: int = 50) -> list[CaseRow]:
    """Find cases by number (an exact one alone), by its beginning, or by words of summary or place.

    Raises
    ------
    InvalidInput
        When nothing is searched for.
    """
    if not words.strip():
        raise InvalidInput("search-empty", "请输入编号、词语或地点。", "Give a number, words or a place.")
    with database.scoped_session(scope) as session:
        return stored_search.search(session, words.strip(), limit)


def list_open(
    database: Database, scope: Scope, *, overdue_at: dt.datetime | None = None, limit: int = 50
) -> list[CaseRow]:
    """Return open cases, those due first before others; only overdue ones where an instant is given."""
    with database.scoped_session(scope) as session:
        return stored.by_due(session, overdue_at=overdue_at, limit=limit)


def act(
    database: Database,
    actor: Actor,
    number: str,
    asked: StepAsked,
    revision: int,
    key: str | uuid.UUID,
    *,
    now: dt.datetime | None = None,
) -> Case:
    """Make a step in a case.

    Parameters
    ----------
    database : Database
    actor : Actor
    number : str
    asked : StepAsked
    revision : int
        Of the case when whoever acts looked at it.
    key : str or UUID
        Names this act: told twice, it is done once.
    now : datetime, optional

    Raises
    ------
    NotFound
        When the case, or a body it is to go to, does not exist or is out of the scope.
    CaseMovedOn
        When somebody made a step since `revision`.
    Conflict
        When the step is not lawful now, or the key was used for something else.
    InvalidInput
        When a field is missing or wrong.
    Forbidden
        When the case is another's.
    """
    now = now or dt.datetime.now(dt.UTC)
    told_key = read_key(key)
    seen = None if asked.spot is None else spot_of(database, asked.spot, asked.note)
    with database.scoped_session(actor.scope, write=True) as session:
        incident_id = id_of(session, number)
        if asked.linked_to:
            linked_number(session, asked.linked_to, incident_id)
        stored.widen(session)
        stored.lock(session, incident_id)
        if not was_done(session, told_key, incident_id, asked.action):
            case = stored.load(session, incident_id)
            if case.row.revision != revision:
                raise CaseMovedOn(case.row, _since(case, revision), asked)
            _make(session, database, actor, case, asked, seen, told_key, now)
            workspace.touch(session)
    return after(database, actor, number, now)


def undo(
    database: Database, actor: Actor, number: str, revision: int, *, now: dt.datetime | None = None
) -> Case:
    """Take the newest step back, within the minute, by the post that made it.

    Raises
    ------
    NotFound
        When there is no such case in the scope.
    Conflict
        When a later step was made, the minute is over, or it is the first step.
    Forbidden
        When another post made it.
    """
    now = now or dt.datetime.now(dt.UTC)
    with database.scoped_session(actor.scope, write=True) as session:
        sees = stored.find_id(session, number) is not None
        stored.widen(session)
        incident_id = stored.find_id(session, number)
        if incident_id is None:
            raise absent(number)
        stored.lock(session, incident_id)
        case = stored.load(session, incident_id)
        # Who just passed a case on does not see it any more, and may take that back.
        live = [s for s in case.steps if s.undone_at is None]
        if not live or (live[-1].post != actor.post and not sees):
            raise absent(number)
        last = live[-1]
        if was_undone(case, actor.post, revision):
            return after(database, actor, number, now)
        if case.row.revision != revision:
            raise CaseMovedOn(case.row, _since(case, revision), StepAsked(Action.NOTE, note="undo"))
        _may_undo(last, actor, now, first=len(live) == 1)
        stored_steps.undo_step(session, last.step_id, now)
        kept.remove_of_step(session, str(last.uid))
        kept.reopen_of_step(session, str(last.uid))
        edited.put_back(session, incident_id, last)
        case = stored.load(session, incident_id)
        steps = stored_steps.load_steps(session, [incident_id])[incident_id]
        stored.save_state(session, incident_id, derive(case.opening, steps))
        workspace.touch(session)
    return after(database, actor, number, now)


def _may_undo(last: Step, actor: Actor, now: dt.datetime, *, first: bool) -> None:
    if first or last.told_by != "desk":
        raise Conflict(
            "undo-first-step",
            "受理和来源系统的步骤不能撤回。记录有误请“更正”或“撤销”。",
            "Taking a case in, and what a source told, cannot be undone. Correct it, or withdraw the case.",
        )
    if last.post != actor.post:
        raise Forbidden(
            "undo-not-yours",
            f"最后一步由“{last.post}”办理，只能由该岗位撤回。",
            f"The last step was made by {last.post}; only that post can take it back.",
        )
    if last.recorded_at is not None and (now - last.recorded_at).total_seconds() > UNDO_S:
        raise Conflict(
            "undo-too-late",
            "已超过一分钟，不能撤回。请用“更正”步骤说明。",
            "The minute is over. Say what is right by a correcting step.",
        )


def _make(
    session: Session,
    database: Database,
    actor: Actor,
    case: KeptCase,
    asked: StepAsked,
    seen: tuple[Spot, Placed] | None,
    key: uuid.UUID,
    now: dt.datetime,
) -> None:
    _require_his(actor, case, asked.action)
    for said in (asked.note, *(decided.text for decided in asked.decisions)):
        checked_text(said)
    if asked.satisfied is not None:
        satisfaction.require_asked(session, case.row.incident_id, case.steps, actor.post)
    live = in_force(case.steps)
    step = asked_step(session, database.settings.timezone, actor, case, asked, now)
    refuse_the_party(case, step)
    refused = check(
        step,
        case.state,
        case.row.domain,
        case.row.kind,
        first=not live,
        last_at=live[-1].at if live else None,
        zone=database.settings.timezone,
    )
    if refused is not None:
        wrong = Conflict if refused.lawless else InvalidInput
        raise wrong(refused.code, refused.zh, refused.en)
    opening = case.opening
    if seen is not None:
        after_step = derive(opening, [*case.steps, step])
        moved, opening = put_right(session, actor, case, after_step, *seen)
        step = replace(step, details={**step.details, **moved})
    stored_steps.add_step(session, case.row.incident_id, step, key)
    tasks_of_step(session, database.settings.timezone, case, step, str(key), now)
    steps = stored_steps.load_steps(session, [case.row.incident_id])[case.row.incident_id]
    stored.save_state(session, case.row.incident_id, derive(opening, steps))


def _require_his(actor: Actor, case: KeptCase, action: Action) -> None:
    has, asked = _standing(actor.scope, case)
    if action in {Action.SIGN, Action.RETURN}:
        may, waits = asked, "等待签收的单位"
    elif action in {Action.FOLLOW_UP, Action.NOTE, Action.ASSESS, Action.LINK}:
        may, waits = True, ""
    else:
        may, waits = has, "现承办单位"
    if not may:
        raise Forbidden(
            "case-not-yours",
            f"这一步须由{waits}办理。您可以备注，或请其移送。",
            "This step is for whoever has the case, or is asked to sign for it. You can note, or ask for a transfer.",
        )


def _standing(scope: Scope, case: KeptCase) -> tuple[bool, bool]:
    """Whether a scope has the case, and whether it is asked to sign for it."""
    state = case.state
    return state.handler_key in scope, state.signer_key is not None and state.signer_key in scope


def _whole(
    case: KeptCase,
    who: Actor | Scope,
    now: dt.datetime,
    *,
    tasks: Any,
    arrived: dt.datetime | None,
    like: Any,
    offered: Any,
    linked: tuple[str, ...],
) -> Case:
    state, row = case.state, case.row
    has, asked = _standing(_scope(who), case)
    live = [s for s in case.steps if s.undone_at is None]
    last = live[-1] if live else None
    mine = (
        isinstance(who, Actor)
        and last is not None
        and len(live) > 1
        and last.told_by == "desk"
        and last.post == who.post
        and last.recorded_at is not None
    )
    undo_until = (
        last.recorded_at + dt.timedelta(seconds=UNDO_S) if mine and last and last.recorded_at else None
    )
    solved = state.closed_at if state.stage != "unsolved" else None
    emergency = row.domain == "emergency"
    return Case(
        row=row,
        told=told_of(case.told, state),
        state=state,
        steps=tuple(_as_read(step, linked) for step in case.steps),
        lawful=tuple(lawful_next(state, row.domain, row.kind, has=has, asked=asked)),
        barred=barred_ways(row.domain, row.kind, state.risk_grounds),
        tasks=tuple(tasks),
        bodies=tuple(offered),
        similar=tuple(like),
        times=Times(
            found_at=row.reported_at or row.occurred_at,
            under_control_at=state.accepted_at,
            intervened_at=state.acted_at,
            solved_at=solved,
            arrived_at=arrived,
            handled_at=state.acted_at if emergency else None,
            resolved_at=solved if emergency else None,
        ),
        undo_until=undo_until if undo_until is not None and undo_until >= now else None,
        duplicates_linked=linked,
        recorded_by=case.told["recorded_by"],
    )


def _as_read(step: Step, linked: tuple[str, ...]) -> Step:
    """Return a step without former words, which are kept to take it back, and without numbers of cases not seen."""
    untold = {"before"} if step.details.get("number") in {None, *linked} else {"before", "number"}
    return replace(step, details={k: v for k, v in step.details.items() if k not in untold})


def after(database: Database, actor: Actor, number: str, now: dt.datetime) -> Case:
    """Show the case to whoever acted: closed, when it has just left what the actor sees."""
    try:
        return find(database, actor, number, now=now)
    except NotFound:
        case = _read(database, Scope.whole().for_upkeep(), number, now)
        return replace(closed(case), lawful=())


def _since(case: KeptCase, revision: int) -> list[Step]:
    """Return the steps that whoever looked at a revision has not seen: each revision is one step, or one taken back.

    Of a sealed case they are told without their notes.
    """
    new = [s for s in case.steps if s.undone_at is None][-max(1, case.row.revision - revision) :]
    return [Step(s.action, s.at, post=s.post) for s in new] if case.row.sealed else new


def _scope(who: Actor | Scope) -> Scope:
    return who.scope if isinstance(who, Actor) else who
