"""Work of some seconds in a thread of its own: one at a time, watched by its number, given up when asked."""

from __future__ import annotations

import logging
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from gridmap.errors import Conflict, GridmapError, NotFound

log = logging.getLogger(__name__)

_KEPT = 20


class _GivenUpError(Exception):
    """Ends the work from within."""


@dataclass(slots=True)
class _Job:
    job_id: str
    thread: threading.Thread | None = None
    state: Literal["running", "done", "failed", "cancelled"] = "running"
    step: str = "wait"
    done: int = 0
    total: int = 1
    result: int | None = None
    problem: dict[str, str] | None = None
    so_far: dict[str, Any] | None = None
    cancelling: bool = False


class Telling:
    """What work tells of itself while it runs."""

    def __init__(self, job: _Job, lock: threading.Lock) -> None:
        self._job, self._lock = job, lock

    def __call__(self, step: str, done: int, total: int) -> None:
        """Tell how far it is; raises when the job was cancelled."""
        # What is saved is done: it cannot be given up any more.
        if self._job.cancelling and done < total:
            raise _GivenUpError
        with self._lock:
            self._job.step, self._job.done, self._job.total = step, done, total

    def show(self, so_far: dict[str, Any]) -> None:
        """Show what it has so far."""
        with self._lock:
            self._job.so_far = so_far


class Jobs:
    """Jobs of one application; the newest are remembered after they end.

    Notes
    -----
    They live in this process: a restart forgets them, and what they had not finished was not kept.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._jobs: dict[str, _Job] = {}

    def start(self, work: Callable[[Telling], int]) -> dict[str, Any]:
        """Start work that gives the number of what it made.

        Parameters
        ----------
        work : callable
            Is given a :class:`Telling`: called with step, done and total it raises when the job was cancelled.

        Raises
        ------
        Conflict
            While another job runs.
        """
        with self._lock:
            if any(job.state == "running" for job in self._jobs.values()):
                raise Conflict(
                    "job-running",
                    "已有一项分析或规划正在运行。请等它完成（通常几秒到几十秒），或先取消它，再运行新的。",
                    "A run or a plan is being made already. Wait until it is done (mostly seconds), or cancel it.",
                )
            job = _Job(uuid.uuid4().hex)
            self._jobs[job.job_id] = job
            for old in [key for key in self._jobs if key != job.job_id][:-_KEPT]:
                del self._jobs[old]
            job.thread = threading.Thread(target=self._run, args=(job, work), name="hotspots", daemon=True)
            job.thread.start()
            return _told(job)

    def _run(self, job: _Job, work: Callable[[Telling], int]) -> None:
        ended: dict[str, Any]
        try:
            ended = {"state": "done", "result": work(Telling(job, self._lock))}
        except _GivenUpError:
            ended = {"state": "cancelled"}
        except GridmapError as error:
            ended = {"state": "failed", "problem": error.as_dict()}
        except Exception:
            log.exception("a hotspot run ended unexpectedly")
            ended = {
                "state": "failed",
                "problem": {
                    "code": "internal",
                    "message_zh": "服务器内部错误，详情见服务日志。",
                    "message_en": "Internal error; the server's log has the details.",
                },
            }
        with self._lock:
            for name, value in ended.items():
                setattr(job, name, value)

    def status(self, job_id: str) -> dict[str, Any]:
        """Tell how far a job is.

        Raises
        ------
        NotFound
            When no such job is known (any more).
        """
        with self._lock:
            return _told(self._found(job_id))

    def cancel(self, job_id: str) -> dict[str, Any]:
        """Give a job up; it ends at its next step, and keeps nothing.

        Raises
        ------
        NotFound
            When no such job is known (any more).
        """
        with self._lock:
            job = self._found(job_id)
            job.cancelling = job.state == "running"
            return _told(job)

    def wait(self, job_id: str, timeout_s: float) -> dict[str, Any]:
        """Wait until a job ends, and tell how."""
        with self._lock:
            thread = self._found(job_id).thread
        if thread is not None:
            thread.join(timeout_s)
        return self.status(job_id)

    def _found(self, job_id: str) -> _Job:
        job = self._jobs.get(job_id)
        if job is None:
            raise NotFound(
                "job-not-found",
                "没有这项任务（服务可能已重启）。请在热点列表中查看，或重新运行。",
                "There is no such job (was the server started again?). Look at the list of runs, or run again.",
            )
        return job


def _told(job: _Job) -> dict[str, Any]:
    return {
        "job_id": job.job_id,
        "state": job.state,
        "step": job.step,
        "done": job.done,
        "total": job.total,
        "run_id": job.result,
        "problem": job.problem,
        "so_far": job.so_far if job.state == "running" else None,
    }
