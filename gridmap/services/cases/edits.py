"""A case put right as a person told it wrongly, moved to another place, or merged with the same matter."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import replace

from gridmap.domain.accounts import Actor
from gridmap.domain.cases.actions import Action
from gridmap.domain.cases.asked import NewCase, StepAsked
from gridmap.domain.cases.derive import derive
from gridmap.domain.cases.model import Case, Step
from gridmap.errors import InvalidInput
from gridmap.ingest.free_text import checked_text
from gridmap.services.cases import desk, edited
from gridmap.services.cases.case_limits import set_anew
from gridmap.services.cases.intake import values_of
from gridmap.services.cases.new_case import check_new
from gridmap.services.cases.placing import place_of
from gridmap.services.cases.refusals import CaseMovedOn, id_of, read_key, was_done
from gridmap.storage.cases import desk as stored
from gridmap.storage.cases import steps as stored_steps
from gridmap.storage.database import Database
from gridmap.storage.workspace import settings as workspace

_OF_LIMITS = frozenset({"domain", "kind", "scale"})
"""What the line of the limits hangs on, besides who has the case and its risk."""


def change(
    database: Database,
    actor: Actor,
    number: str,
    told: NewCase,
    revision: int,
    reason: str,
    key: str | uuid.UUID,
    *,
    now: dt.datetime | None = None,
) -> Case:
    """Put right what was told of a case, and its place; who handles it stays.

    Parameters
    ----------
    database : Database
    actor : Actor
        Has the case.
    number : str
    told : NewCase
        Everything as it is right; its number, risk, reporter and day of the report are not changed here.
    revision : int
        Of the case when whoever acts looked at it.
    reason : str
    key : str or UUID
        Names this act: told twice, it is done once.
    now : datetime, optional

    Raises
    ------
    NotFound
        When there is no such case in the scope.
    CaseMovedOn
        When somebody made a step since `revision`.
    Forbidden
        When the case is another's, or the new place lies outside the scope.
    InvalidInput
        When a field is wrong, nothing changes, or no reason is given.
    Conflict
        When the case is sealed, or is or becomes one of the committee that would have it.
    """
    now = now or dt.datetime.now(dt.UTC)
    told_key = read_key(key)
    if not reason.strip():
        raise InvalidInput("edit-no-reason", "请说明更改的理由。", "Say why it is changed.")
    checked_text(reason)
    told = replace(told, grid_reason=told.grid_reason or reason)
    check_new(told, now)
    placed = place_of(database, told)
    with database.scoped_session(actor.scope, write=True) as session:
        incident_id = id_of(session, number)
        stored.lock(session, incident_id)
        if was_done(session, told_key, incident_id, Action.NOTE):
            return desk.after(database, actor, number, now)
        case = stored.load(session, incident_id)
        edited.require_open(actor, case, case.state.handler_key)
        if case.row.revision != revision:
            raise CaseMovedOn(
                case.row,
                [s for s in case.steps if s.undone_at is None][-1:],
                StepAsked(Action.NOTE, note=reason),
            )
        if placed.grid_key != case.row.grid_key and placed.grid_key not in actor.scope:
            raise edited.outside_scope()
        values = values_of(told, placed, case.row.number, now, actor, case.state.handler_key)
        after = {name: values.get(name) for name in edited.COLUMNS}
        before = edited.changed(case.told | {"geom": edited.point_of(case)}, after)
        if not before:
            raise InvalidInput("edit-nothing", "没有更改任何内容。", "Nothing was changed.")
        details: dict[str, object] = {"edited": edited.named(before), "before": edited.kept(before)}
        if not _OF_LIMITS.isdisjoint(before):
            zone = database.settings.timezone
            details |= set_anew(session, zone, case, told, at=now, risk=case.state.risk)
        step = Step(
            Action.NOTE.value,
            now,
            post=actor.post,
            note=reason.strip(),
            recorded_at=now,
            stage_from=case.state.stage,
            stage_to=case.state.stage,
            details=details,
        )
        stored.widen(session)
        stored.set_case_fields(session, incident_id, **{name: after[name] for name in before})
        stored_steps.add_step(session, incident_id, step, told_key)
        opening = replace(case.opening, grid_key=placed.grid_key)
        steps = stored_steps.load_steps(session, [incident_id])[incident_id]
        stored.save_state(session, incident_id, derive(opening, steps))
        workspace.touch(session)
    return desk.after(database, actor, number, now)


def merge(
    database: Database,
    actor: Actor,
    number: str,
    other: str,
    reason: str,
    key: str | uuid.UUID,
    *,
    now: dt.datetime | None = None,
) -> Case:
    """Merge a case into another that is the same matter: it is withdrawn (kept and marked), and the other names it.

    Parameters
    ----------
    database : Database
    actor : Actor
        Has both cases.
    number : str
        The one that stays.
    other : str
        The one that goes; `gridmap cases restore` puts it back.
    reason : str
    key : str or UUID
    now : datetime, optional

    Raises
    ------
    NotFound, Forbidden, Conflict, InvalidInput
        As the steps that it makes; then neither case is changed.
    """
    now = now or dt.datetime.now(dt.UTC)
    told = read_key(key)
    stays = desk.find(database, actor, number, now=now)
    goes = desk.find(database, actor, other, now=now)
    if stays.row.incident_id == goes.row.incident_id:
        raise InvalidInput("merge-itself", "不能并入自身。", "A case is not merged with itself.")
    note = f"并入 {stays.row.number}：{reason.strip()}" if reason.strip() else ""
    keys = {name: uuid.uuid5(told, name) for name in ("withdraw", "link")}
    withdrawn = desk.act(
        database,
        actor,
        goes.row.number,
        StepAsked(Action.WITHDRAW, note=note),
        goes.row.revision,
        keys["withdraw"],
        now=now,
    )
    try:
        asked = StepAsked(Action.LINK, linked_to=goes.row.number, note=reason.strip())
        return desk.act(database, actor, stays.row.number, asked, stays.row.revision, keys["link"], now=now)
    except Exception:
        desk.undo(database, actor, goes.row.number, withdrawn.row.revision, now=now)
        raise
