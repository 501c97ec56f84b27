"""Tasks in the database, rounds of screening, clinics and the directory of bodies."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, TypedDict, cast

from sqlalchemy import ColumnElement, and_, case, delete, false, func, insert, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import InstrumentedAttribute, Session

from gridmap.domain.cases.lists import NO_REASON
from gridmap.domain.cases.model import TaskRow
from gridmap.domain.gridkey import SUBTREE_SIZE, VILLAGE
from gridmap.storage.cases.incidents import scope_end, shown_on_maps
from gridmap.storage.models import (
    Base,
    Clinic,
    Dispatch,
    Grid,
    Incident,
    Organisation,
    ScreeningAnswer,
    ScreeningRound,
    Task,
)

_TASK = tuple(name for name in TaskRow.__dataclass_fields__ if name not in {"number", "sealed"})


def add_task(session: Session, **values: Any) -> int:
    """Keep a task; gives its number."""
    return session.scalars(insert(Task).values(**values).returning(Task.task_id)).one()


def task_of_key(session: Session, key: str, told: Mapping[str, Any]) -> tuple[int, bool] | None:
    """Return the task of a grid that an act made, and whether it was told the same.

    Nobody else makes one by that key until the transaction ends.
    """
    session.execute(select(func.pg_advisory_xact_lock(func.hashtext(key))))
    is_same = and_(*(getattr(Task, name).is_not_distinct_from(value) for name, value in told.items()))
    by_key = (Task.grid_key == told["grid_key"], Task.details["key"].astext == key)
    found = session.execute(select(Task.task_id, is_same).where(*by_key)).first()
    return None if found is None else (found[0], bool(found[1]))


def list_tasks(
    session: Session,
    *,
    incident_id: int | None = None,
    kinds: tuple[str, ...] = (),
    until: dt.date | None = None,
    post: str | None = None,
    is_open: bool | None = None,
    done_since: dt.datetime | None = None,
    task_id: int | None = None,
    within: tuple[int, int] | None = None,
    since: dt.date | None = None,
    reason: str | None = None,
    limit: int | None = 500,
    opened: bool = False,
) -> list[TaskRow]:
    """Tasks, those due first before others.

    Parameters
    ----------
    session : Session
    incident_id, task_id : int, optional
    kinds : tuple of str
    until : date, optional
        Due by that day.
    post : str, optional
        Of that post, or of none.
    is_open : bool, optional
        Only undone ones, or only done ones.
    done_since : datetime, optional
        Aware; of done ones only those done then or later.
    within : (int, int), optional
        First and last key of grids.
    since : date, optional
        Due on that day or later.
    reason : str, optional
        Why a household is visited; `NO_REASON`: only where nobody said why.
    limit : int or None
        None: all of them.
    opened : bool
        Whether those of sealed cases come with their texts.
    """
    said = Task.details["reason"].astext
    query = (
        select(
            *(getattr(Task, name) for name in _TASK),
            Incident.number,
            func.coalesce(Incident.sealed, false()).label("sealed"),
        )
        .outerjoin(Incident, Incident.incident_id == Task.incident_id)
        .order_by(Task.due_on, Task.task_id)
        .limit(limit)
    )
    if incident_id is not None:
        query = query.where(Task.incident_id == incident_id)
    elif task_id is None:
        # Whoever sees a case sees its tasks; a list is of what the scope's own grids are to do.
        query = query.where(Task.grid_key.between(scope_end("lo"), scope_end("hi")))
    narrowed: tuple[tuple[object, Callable[[], ColumnElement[bool]]], ...] = (
        (task_id, lambda: Task.task_id == task_id),
        (kinds or None, lambda: Task.kind.in_(kinds)),
        (until, lambda: Task.due_on <= until),
        (within, lambda: Task.grid_key.between(*(within or (0, 0)))),
        (since, lambda: Task.due_on >= since),
        (reason, lambda: said.is_(None) if reason == NO_REASON else said == reason),
        (post, lambda: or_(Task.post == post, Task.post.is_(None))),
        (is_open, lambda: Task.done_at.is_(None) if is_open else Task.done_at.is_not(None)),
        (done_since, lambda: or_(Task.done_at.is_(None), Task.done_at >= done_since)),
    )
    query = query.where(*(condition() for given, condition in narrowed if given is not None))
    rows = [TaskRow(**row) for row in session.execute(query).mappings()]
    return rows if opened else [_closed(row) for row in rows]


def _closed(row: TaskRow) -> TaskRow:
    return replace(row, text="", result=row.result and "", details={}) if row.sealed else row


def finish_task(session: Session, task_id: int, *, result: str, by: str, at: dt.datetime) -> bool:
    """Mark a task as done; False when it was done before or is not seen."""
    return (
        session.scalar(
            update(Task)
            .where(Task.task_id == task_id, Task.done_at.is_(None))
            .values(done_at=at, result=result, done_by=by)
            .returning(Task.task_id)
        )
        is not None
    )


def remove_of_step(session: Session, step_key: str) -> None:
    """Take back undone tasks that a step made."""
    session.execute(delete(Task).where(Task.details["step"].astext == step_key, Task.done_at.is_(None)))


def reopen_of_step(session: Session, step_key: str) -> None:
    """Open again the tasks that a step finished."""
    session.execute(
        text(
            "update tasks set done_at = null, result = null, done_by = null, details = details - 'done_by_step'"
            " where details ->> 'done_by_step' = :key"
        ),
        {"key": step_key},
    )


def finish_by_step(
    session: Session,
    incident_id: int,
    kind: str,
    *,
    step_key: str,
    result: str,
    by: str,
    at: dt.datetime,
    all_of: bool,
) -> None:
    """Mark undone tasks of a case and kind as done by a step: the first due one, or all."""
    found = list_tasks(session, incident_id=incident_id, kinds=(kind,), is_open=True, opened=True)
    for task in found if all_of else found[:1]:
        session.execute(
            update(Task)
            .where(Task.task_id == task.task_id)
            .values(
                done_at=at,
                result=result,
                done_by=by,
                details=dict(task.details) | {"done_by_step": step_key},
            )
        )


def first_arrival(session: Session, incident_id: int) -> dt.datetime | None:
    """When the first team that was sent to a case was there."""
    return session.scalar(select(func.min(Dispatch.arrived_at)).where(Dispatch.incident_id == incident_id))


class BodyRow(TypedDict):
    """A body with its place, competence and hours."""

    code: str
    name_zh: str
    name_en: str | None
    kind: str
    grid_key: int
    opens: str | None
    competence: Any
    serves_key: int | None
    hours: Any
    closed_days: list[dt.date]
    phone: str | None
    lon: float | None
    lat: float | None


class ClinicRow(TypedDict):
    """A dated clinic of a body."""

    clinic_id: int
    grid_key: int
    body_code: str
    kind: str
    on_day: dt.date
    opens: dt.time
    closes: dt.time
    place: str | None
    text: str | None


class RoundRow(TypedDict):
    """A round of screening."""

    round_id: int
    name: str
    text: str | None
    level: int
    root_key: int
    begins_on: dt.date
    ends_on: dt.date
    made_by: str


class ClosedCase(TypedDict):
    """A closed case, as far as it is compared."""

    incident_id: int
    number: str | None
    kind: str | None
    grid_key: int
    outcome: str | None
    method: str | None
    agreement: str | None
    solved_level: int | None
    sum_band: str | None
    people_count: int | None
    accepted_at: dt.datetime | None
    closed_at: dt.datetime
    paused_s: float


def list_bodies(session: Session) -> list[BodyRow]:
    """Every body with its place, competence and hours."""
    query = select(
        Organisation.code,
        Organisation.name_zh,
        Organisation.name_en,
        Organisation.kind,
        Organisation.grid_key,
        Organisation.opens,
        Organisation.competence,
        Organisation.serves_key,
        Organisation.hours,
        Organisation.closed_days,
        Organisation.phone,
        func.ST_X(Organisation.geom).label("lon"),
        func.ST_Y(Organisation.geom).label("lat"),
    ).order_by(Organisation.code)
    return [cast("BodyRow", dict(row)) for row in session.execute(query).mappings()]


def middle_of(session: Session, grid_key: int) -> tuple[float, float] | None:
    """Return a place inside a standing grid, lon and lat; None where there is no such grid."""
    inside = func.ST_PointOnSurface(Grid.geom)
    query = select(func.ST_X(inside), func.ST_Y(inside)).where(
        Grid.grid_key == grid_key, Grid.valid_to.is_(None)
    )
    found = session.execute(query).first()
    return None if found is None else (found[0], found[1])


def change_body(session: Session, code: str, values: dict[str, Any]) -> bool:
    """Write what the directory says of a body; False when there is none of that code."""
    found = (
        update(Organisation).where(Organisation.code == code).values(**values).returning(Organisation.code)
    )
    return session.scalar(found) is not None


def add_clinic(session: Session, **values: Any) -> int:
    """Keep a dated clinic; gives its number, which is the old one where the same was announced before."""
    return _kept_once(session, Clinic, Clinic.clinic_id, values)


def remove_clinic(session: Session, clinic_id: int) -> bool:
    """Remove a clinic; False when it is not seen."""
    gone = delete(Clinic).where(Clinic.clinic_id == clinic_id).returning(Clinic.clinic_id)
    return session.scalar(gone) is not None


def list_clinics(session: Session, since: dt.date, until: dt.date) -> list[ClinicRow]:
    """Clinics of some days, in order."""
    columns = list(Clinic.__table__.columns)
    query = select(*columns).where(Clinic.on_day.between(since, until)).order_by(Clinic.on_day, Clinic.opens)
    return [cast("ClinicRow", dict(row)) for row in session.execute(query).mappings()]


def add_round(session: Session, **values: Any) -> int:
    """Keep a round of screening; gives its number, which is the old one where the same was begun before."""
    return _kept_once(session, ScreeningRound, ScreeningRound.round_id, values)


def _kept_once(
    session: Session, table: type[Base], number: InstrumentedAttribute[int], values: dict[str, Any]
) -> int:
    # Two who tell the same at once: the second waits, and then finds it.
    session.execute(select(func.pg_advisory_xact_lock(func.hashtext(table.__tablename__))))
    same = [
        getattr(table, name).is_not_distinct_from(value)
        for name, value in values.items()
        if name != "made_by"
    ]
    found = session.scalar(select(number).where(*same).order_by(number).limit(1))
    return found or session.scalars(insert(table).values(**values).returning(number)).one()


def list_rounds(session: Session) -> list[RoundRow]:
    """Return rounds, the newest first."""
    columns = list(ScreeningRound.__table__.columns)
    query = select(*columns).order_by(ScreeningRound.begins_on.desc(), ScreeningRound.round_id.desc())
    return [cast("RoundRow", dict(row)) for row in session.execute(query).mappings()]


def answer(session: Session, round_id: int, grid_key: int, values: dict[str, Any]) -> None:
    """Keep a grid's answer; a later one takes the place of an earlier one."""
    row = upsert(ScreeningAnswer).values(round_id=round_id, grid_key=grid_key, **values)
    session.execute(row.on_conflict_do_update(index_elements=["round_id", "grid_key"], set_=values))


def board(session: Session, level: int, lo: int, hi: int, round_id: int) -> list[dict[str, Any]]:
    """Every standing grid of a level with its answer, null where there is none."""
    query = (
        select(
            Grid.grid_key,
            Grid.name_zh,
            Grid.name_en,
            ScreeningAnswer.answer,
            ScreeningAnswer.n,
            ScreeningAnswer.post,
            ScreeningAnswer.at,
        )
        .outerjoin(
            ScreeningAnswer,
            (ScreeningAnswer.grid_key == Grid.grid_key) & (ScreeningAnswer.round_id == round_id),
        )
        .where(Grid.level == level, Grid.grid_key.between(lo, hi), Grid.valid_to.is_(None))
        .order_by(Grid.grid_key)
    )
    return [dict(row) for row in session.execute(query).mappings()]


def closed_like(
    session: Session, domain: str, kind: str | None, exclude: int, limit: int
) -> list[ClosedCase]:
    """Return closed cases of a domain, of the same kind first, the newest first."""
    columns = (
        Incident.incident_id,
        Incident.number,
        Incident.kind,
        # Whoever asks sees another case; where below the village this one lies, is told by the case itself.
        case(
            (shown_on_maps(), Incident.grid_key),
            else_=Incident.grid_key - Incident.grid_key % SUBTREE_SIZE[VILLAGE],
        ).label("grid_key"),
        Incident.outcome,
        Incident.method,
        Incident.agreement,
        Incident.solved_level,
        Incident.sum_band,
        Incident.people_count,
        Incident.accepted_at,
        Incident.closed_at,
        Incident.paused_s,
    )
    query = (
        select(*columns)
        .where(
            Incident.domain == domain,
            Incident.kind == kind if kind else Incident.kind.is_(None),
            Incident.closed_at.is_not(None),
            Incident.stage.in_(("resolved", "archived")),
            Incident.withdrawn_at.is_(None),
            # What was done in a sealed case is told to nobody who did not open it.
            Incident.sealed.is_(False),
            Incident.incident_id != exclude,
        )
        .order_by(Incident.closed_at.desc())
        .limit(limit)
    )
    return [cast("ClosedCase", dict(row)) for row in session.execute(query).mappings()]
