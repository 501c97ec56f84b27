"""What becomes of jobs whose worker is gone: taken up again, or ended with a reason."""

from __future__ import annotations

from gridmap.domain.gridkey import Scope
from gridmap.domain.jobs import Job, JobProblem
from gridmap.services.jobs.files import drop_job_folder
from gridmap.services.jobs.kinds import JobKinds
from gridmap.storage.database import Database
from gridmap.storage.jobs import queue

_MOST_ATTEMPTS = 2

WORKER_DIED = JobProblem(
    "job-worker-died",
    "执行这项任务的进程意外终止，任务未完成。请重新运行。",
    "The process that did this job died before it was done. Run it again.",
)
SERVER_ENDED = JobProblem(
    "job-server-ended",
    "服务已停止，任务未完成。请在服务启动后重新运行。",
    "The server was stopped before this job was done. Run it again when the server is back.",
)


def recover(database: Database, kinds: JobKinds) -> int:
    """Look for running jobs whose worker is gone; return how many there were.

    One that was asked to stop is cancelled. One that keeps nothing but its result goes back into the queue, once. Any
    other ends with a reason.
    """
    with database.scoped_session(Scope.whole(), write=True) as session:
        left = queue.left_by_dead(session)
        for job in left:
            key = job.worker_key or 0
            if job.cancel_asked_at is not None:
                queue.end_job(session, job.job_id, key, "cancelled")
            elif _again(job, kinds):
                queue.put_back(session, job.job_id, key)
            else:
                queue.end_job(session, job.job_id, key, "failed", problem=WORKER_DIED)
    for job in left:
        drop_job_folder(database.settings.home, job.job_id)
    return len(left)


def _again(job: Job, kinds: JobKinds) -> bool:
    kind = kinds.get(job.kind)
    return kind is not None and kind.repeatable and job.attempts < _MOST_ATTEMPTS
