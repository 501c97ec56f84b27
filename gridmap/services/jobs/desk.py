"""Jobs asked for, looked at, cancelled."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from gridmap.domain.gridkey import Scope
from gridmap.domain.jobs import OWNER, Job, JobState
from gridmap.errors import Busy, Conflict, NotFound, Unavailable
from gridmap.services.jobs.files import job_folder
from gridmap.services.jobs.kinds import Asked, JobKind
from gridmap.storage.database import Database
from gridmap.storage.jobs import queue

_AGAIN_S = 10
_JOB_ID = re.compile(r"[0-9a-f]{32}")


def submit(
    database: Database, scope: Scope, kind: JobKind[Asked], asked: Asked, *, owner: str = OWNER
) -> Job:
    """Put a job into the queue.

    Parameters
    ----------
    database : Database
    scope : Scope
        Grids that it may see and write: those of whoever asks.
    kind : JobKind
    asked
        What the kind takes.
    owner : str
        Whoever asks.

    Raises
    ------
    Unavailable
        When the queue of the kind is full.
    Busy
        When the person has too many of the kind that are not over.
    """
    wanted = queue.NewJob(owner, scope, kind.name, kind.encode(asked))
    # The whole queue counts, whatever part of it the asking scope would see; the row itself gets that scope.
    with database.scoped_session(Scope.whole(), write=True) as session:
        queue.submitting(session)
        load = queue.open_load(session, kind.name, owner)
        if load.of_kind >= kind.most_open:
            raise Unavailable(
                "jobs-full",
                f"“{kind.zh}”的任务已排满（{kind.most_open} 项）。请稍后再试。",
                f"The queue for “{kind.en}” is full ({kind.most_open} jobs). Try again in a moment.",
                retry_after_s=_AGAIN_S,
            )
        if load.of_owner >= kind.most_of_owner:
            raise Busy(
                "jobs-of-owner",
                f"您已有 {load.of_owner} 项“{kind.zh}”任务未完成。请等待或取消其中一项。",
                f"You have {load.of_owner} jobs of “{kind.en}” that are not over. Wait for one, or cancel one.",
                retry_after_s=_AGAIN_S,
            )
        return queue.add_job(session, wanted)


def find_job(database: Database, scope: Scope, job_id: str, *, owner: str | None = None) -> Job:
    """One job; with ``owner`` only of theirs.

    Raises
    ------
    NotFound
        When there is no such job in the scope (any more).
    """
    _check_id(job_id)
    with database.scoped_session(scope) as session:
        job = _known(queue.find_job(session, job_id))
    return _known(job if owner in {None, job.owner} else None)


def list_jobs(
    database: Database,
    scope: Scope,
    *,
    owner: str | None = None,
    states: Sequence[JobState] | None = None,
    limit: int = 50,
) -> list[Job]:
    """Return the jobs that a scope may see, newest first."""
    with database.scoped_session(scope) as session:
        return queue.list_jobs(session, owner=owner, states=states, limit=limit)


def cancel_job(database: Database, scope: Scope, job_id: str) -> Job:
    """Cancel a job: one that waits ends at once, one that runs at its next step, and is killed if it does not listen.

    What is over already stays as it ended.

    Raises
    ------
    NotFound
        When there is no such job in the scope (any more).
    """
    _check_id(job_id)
    with database.scoped_session(scope, write=True) as session:
        return _known(queue.ask_to_cancel(session, job_id))


def job_file(database: Database, scope: Scope, job_id: str, name: str | None = None) -> Path:
    """Path of a file that a job made.

    Parameters
    ----------
    database : Database
    scope : Scope
    job_id : str
    name : str, optional
        Of one of those that the job's result names; the file that it is about by default.

    Raises
    ------
    Conflict
        While the job is not done.
    NotFound
        When there is no such job in the scope, it made no file, or the file is deleted.
    """
    job = find_job(database, scope, job_id)
    if not job.is_over:
        raise Conflict(
            "job-not-done", "任务尚未完成。请稍后再取文件。", "The job is not done yet. Fetch its file later."
        )
    more = (job.result or {}).get("files", [])
    known = [job.file_name, *(more if isinstance(more, list) else [])]
    wanted = job.file_name if name is None else name
    path = job_folder(database.settings.home, job.job_id) / wanted if wanted and wanted in known else None
    if path is None or not path.is_file():
        raise NotFound(
            "job-file-gone",
            "这项任务没有文件，或文件已过期删除。请重新运行。",
            "The job has no file, or it was deleted. Run it again.",
        )
    return path


def _check_id(job_id: str) -> None:
    if not _JOB_ID.fullmatch(job_id):
        raise _not_found()


def _known(job: Job | None) -> Job:
    if job is None:
        raise _not_found()
    return job


def _not_found() -> NotFound:
    return NotFound(
        "job-not-found",
        "没有这项任务，或已过期删除。用 gridmap jobs list 查看，或重新运行。",
        "There is no such job, or it was deleted. See gridmap jobs list, or run it again.",
    )
