"""The queue of jobs: put in, taken by one worker, told of, ended."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Select, Update, delete, func, insert, select, text, update
from sqlalchemy.orm import Session

from gridmap.domain.gridkey import Scope
from gridmap.domain.jobs import Job, JobProblem, JobState, JsonObject
from gridmap.storage.jobs.presence import CHANNEL, LOCK_CLASS
from gridmap.storage.models import Job as Row

_CLAIM_LOCK, _SUBMIT_LOCK = 0, -1
_OPEN = ("queued", "running")


@dataclass(frozen=True, slots=True)
class NewJob:
    """A job that is to be put into the queue."""

    owner: str
    scope: Scope
    kind: str
    parameters: JsonObject


@dataclass(frozen=True, slots=True)
class Load:
    """How many jobs wait or run: of a kind, and of a person in that kind."""

    of_kind: int
    of_owner: int


def submitting(session: Session) -> None:
    """Let one submission at a time look at the queue's length, until the transaction ends."""
    session.execute(
        text("select pg_advisory_xact_lock(:c, cast(:k as integer))"), {"c": LOCK_CLASS, "k": _SUBMIT_LOCK}
    )


def open_load(session: Session, kind: str, owner: str) -> Load:
    """Count the jobs of a kind that are not over, of all that the session's scope sees."""
    query = select(func.count(), func.count().filter(Row.owner == owner)).where(
        Row.kind == kind, Row.state.in_(_OPEN)
    )
    of_kind, of_owner = session.execute(query).one()
    return Load(of_kind, of_owner)


def add_job(session: Session, job: NewJob) -> Job:
    """Put a job into the queue; workers hear of it when the transaction commits."""
    row = session.execute(
        insert(Row)
        .values(
            owner=job.owner,
            scope_lo=job.scope.lo,
            scope_hi=job.scope.hi,
            kind=job.kind,
            parameters=dict(job.parameters),
        )
        .returning(Row)
    ).scalar_one()
    session.execute(text("select pg_notify(:c, '')"), {"c": CHANNEL})
    return _job(row)


def claim(session: Session, limits: Mapping[str, int], worker_key: int, worker: str) -> Job | None:
    """Take the job that has waited longest, of the kinds given and within what may run of each at once.

    Parameters
    ----------
    limits : mapping of str to int
        Kinds that the worker knows, with how many of each may run at the same time.
    """
    # One claim at a time: two workers that count at once would both find room for the last one of a kind.
    session.execute(
        text("select pg_advisory_xact_lock(:c, cast(:k as integer))"), {"c": LOCK_CLASS, "k": _CLAIM_LOCK}
    )
    counts = session.execute(select(Row.kind, func.count()).where(Row.state == "running").group_by(Row.kind))
    running: dict[str, int] = {kind: n for kind, n in counts}  # noqa: C416 - rows are no pairs to mypy
    kinds = [kind for kind, most in limits.items() if running.get(kind, 0) < most]
    oldest = (
        select(Row.job_id)
        .where(Row.state == "queued", Row.kind.in_(kinds))
        .order_by(Row.created_at, Row.job_id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    row = session.execute(
        update(Row)
        .where(Row.job_id == oldest.scalar_subquery())
        .values(
            state="running",
            worker_key=worker_key,
            worker=worker,
            attempts=Row.attempts + 1,
            step="wait",
            done=0,
            total=1,
            started_at=func.now(),
            heartbeat_at=func.now(),
        )
        .returning(Row)
    ).scalar_one_or_none()
    return None if row is None else _job(row)


@dataclass(frozen=True, slots=True)
class Heard:
    """What the queue says to a worker that tells of its job.

    Attributes
    ----------
    mine : bool
        Whether the job is still this worker's.
    cancelling : bool
        Whether it was asked to stop.
    """

    mine: bool
    cancelling: bool


def tell(
    session: Session,
    job_id: str,
    worker_key: int,
    *,
    step: str,
    done: int,
    total: int,
    so_far: JsonObject | None,
) -> Heard:
    """Keep how far a running job is; hear whether it is to stop."""
    row = session.execute(
        _mine(job_id, worker_key)
        .values(
            step=step,
            done=done,
            total=total,
            so_far=None if so_far is None else dict(so_far),
            heartbeat_at=func.now(),
        )
        .returning(Row.cancel_asked_at)
    ).one_or_none()
    return Heard(False, False) if row is None else Heard(True, row[0] is not None)


def end_job(
    session: Session,
    job_id: str,
    worker_key: int,
    state: JobState,
    *,
    result: JsonObject | None = None,
    problem: JobProblem | None = None,
    file_name: str | None = None,
) -> bool:
    """End a job that this worker runs; tell whether it was still its own."""
    found = session.execute(
        _mine(job_id, worker_key)
        .values(
            state=state,
            so_far=None,
            result=None if result is None else dict(result),
            error=None if problem is None else _told(problem),
            file_name=file_name,
            worker_key=None,
            ended_at=func.now(),
        )
        .returning(Row.job_id)
    ).one_or_none()
    return found is not None


def put_back(session: Session, job_id: str, worker_key: int) -> bool:
    """Put a running job back into the queue; tell whether it was still this worker's."""
    found = session.execute(
        _mine(job_id, worker_key)
        .values(state="queued", worker_key=None, so_far=None, step="wait", done=0, total=1)
        .returning(Row.job_id)
    ).one_or_none()
    session.execute(text("select pg_notify(:c, '')"), {"c": CHANNEL})
    return found is not None


def _mine(job_id: str, worker_key: int) -> Update:
    return update(Row).where(
        Row.job_id == uuid.UUID(job_id), Row.state == "running", Row.worker_key == worker_key
    )


def ask_to_cancel(session: Session, job_id: str) -> Job | None:
    """Cancel a job that waits, ask one that runs to stop, leave one that is over; None where there is none."""
    row = session.execute(_by_id(job_id).with_for_update()).scalar_one_or_none()
    if row is None:
        return None
    if row.state == "queued":
        row.state, row.ended_at = "cancelled", func.now()
    if row.state in {"running", "cancelled"} and row.cancel_asked_at is None:
        row.cancel_asked_at = func.now()
    session.flush()
    session.refresh(row)
    return _job(row)


def _by_id(job_id: str) -> Select[Row]:
    return select(Row).where(Row.job_id == uuid.UUID(job_id))


def find_job(session: Session, job_id: str) -> Job | None:
    """One job, or None."""
    row = session.execute(_by_id(job_id)).scalar_one_or_none()
    return None if row is None else _job(row)


def list_jobs(
    session: Session,
    *,
    owner: str | None = None,
    states: Sequence[JobState] | None = None,
    limit: int = 50,
) -> list[Job]:
    """Return jobs, newest first."""
    query = select(Row).order_by(Row.created_at.desc(), Row.job_id).limit(limit)
    if owner is not None:
        query = query.where(Row.owner == owner)
    if states is not None:
        query = query.where(Row.state.in_(states))
    return [_job(row) for row in session.scalars(query)]


def left_by_dead(session: Session) -> list[Job]:
    """Find running jobs whose worker is gone, locked until the transaction ends.

    Notes
    -----
    A live worker holds an advisory lock on its number; the server drops it with the worker's connection, however the
    worker ended. No clock is asked: a busy machine is no death.
    """
    running = session.scalars(
        select(Row).where(Row.state == "running").with_for_update(skip_locked=True)
    ).all()
    gone: dict[int, bool] = {}
    for row in running:
        key = row.worker_key or 0
        if key not in gone:
            query = text("select pg_try_advisory_xact_lock(:c, cast(:k as integer))")
            gone[key] = bool(session.scalar(query, {"c": LOCK_CLASS, "k": key}))
    return [_job(row) for row in running if gone[row.worker_key or 0]]


def not_listening(session: Session, worker_keys: Sequence[int], patience_s: float) -> dict[int, str]:
    """Workers of those given that were asked to stop a job some seconds ago and have not: key to job."""
    limit = func.now() - dt.timedelta(seconds=patience_s)
    query = select(Row.worker_key, Row.job_id).where(
        Row.state == "running", Row.worker_key.in_(worker_keys), Row.cancel_asked_at < limit
    )
    return {int(key): job_id.hex for key, job_id in session.execute(query) if key is not None}


def remove_ended(session: Session, before: dt.datetime) -> list[str]:
    """Delete jobs that ended before an instant; return their numbers."""
    gone = session.scalars(delete(Row).where(Row.ended_at < before).returning(Row.job_id))
    return [job_id.hex for job_id in gone]


def known_ids(session: Session, job_ids: Sequence[str]) -> set[str]:
    """Those of the numbers that are jobs'."""
    query = select(Row.job_id).where(Row.job_id.in_([uuid.UUID(j) for j in job_ids]))
    return {job_id.hex for job_id in session.scalars(query)}


def _told(problem: JobProblem) -> dict[str, str]:
    return {"code": problem.code, "zh": problem.zh, "en": problem.en}


def _job(row: Row) -> Job:
    return Job(
        job_id=row.job_id.hex,
        owner=row.owner,
        scope=Scope(row.scope_lo, row.scope_hi),
        kind=row.kind,
        parameters=row.parameters,
        state=row.state,  # type: ignore[arg-type]
        step=row.step,
        done=row.done,
        total=row.total,
        so_far=row.so_far,
        result=row.result,
        problem=None if row.error is None else JobProblem(**row.error),
        file_name=row.file_name,
        attempts=row.attempts,
        worker=row.worker,
        worker_key=row.worker_key,
        created_at=row.created_at,
        started_at=row.started_at,
        heartbeat_at=row.heartbeat_at,
        cancel_asked_at=row.cancel_asked_at,
        ended_at=row.ended_at,
    )
