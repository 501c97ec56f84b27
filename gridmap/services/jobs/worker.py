"""A worker: takes one job after the other, and ends each in one of four ways."""

from __future__ import annotations

import logging
import math
import os
import secrets
import socket
import threading
import time
from pathlib import Path
from typing import BinaryIO

from gridmap.domain.gridkey import Scope
from gridmap.domain.jobs import Job, JobProblem, JobState, JsonObject
from gridmap.errors import GridmapError
from gridmap.services.jobs.files import drop_job_folder, make_job_folder
from gridmap.services.jobs.kinds import JobKinds, Outcome
from gridmap.services.jobs.recovery import SERVER_ENDED, recover
from gridmap.storage.database import Database
from gridmap.storage.jobs import queue
from gridmap.storage.jobs.presence import Presence, present

log = logging.getLogger(__name__)

_TELL_EVERY_S = 0.25
_WAIT_S = 1.0
_RECOVER_EVERY_S = 5.0
_AGAIN_S = 1.0
_END_WITHIN_S = 5.0

_INTERNAL = JobProblem(
    "internal", "服务器内部错误，详情见服务日志。", "Internal error; the server's log has the details."
)


class _CancelledError(Exception):
    """Ends the work from within: it was asked to stop."""


class _StoppedError(Exception):
    """Ends the work from within: the worker is to end."""


class _LostError(Exception):
    """Ends the work from within: the job is not this worker's any more."""


def new_worker_key() -> int:
    """Return a number that no other worker has."""
    return secrets.randbelow(2**31 - 2) + 1


class _Work:
    """What a job works with; see :class:`gridmap.services.jobs.kinds.Work`."""

    def __init__(self, database: Database, job: Job, worker_key: int, over: threading.Event) -> None:
        self.database = database
        self.scope = job.scope
        self._job, self._key, self._over = job, worker_key, over
        self._so_far: JsonObject | None = None
        self._told: tuple[str, int, int] = ("wait", 0, 1)
        self._next_s = 0.0

    @property
    def owner(self) -> str:
        return self._job.owner

    @property
    def folder(self) -> Path:
        return make_job_folder(self.database.settings.home, self._job.job_id)

    def tell(self, step: str, done: int, total: int) -> None:
        # A search tells hundreds of times a second: the table is told of new steps at once, of the rest now and then.
        due = step != self._told[0] or done >= total or time.monotonic() >= self._next_s
        self._told = (step, done, total)
        # What is saved is done: it cannot be given up any more.
        may_end = done < total
        if self._over.is_set() and may_end:
            raise _StoppedError
        if due:
            self._write(may_end=may_end)

    def show(self, so_far: JsonObject) -> None:
        self._so_far = so_far
        if time.monotonic() >= self._next_s:
            self._write(may_end=True)

    def _write(self, *, may_end: bool) -> None:
        step, done, total = self._told
        with self.database.scoped_session(Scope.whole(), write=True) as session:
            heard = queue.tell(
                session, self._job.job_id, self._key, step=step, done=done, total=total, so_far=self._so_far
            )
        self._next_s = time.monotonic() + _TELL_EVERY_S
        if not heard.mine:
            raise _LostError
        if heard.cancelling and may_end:
            raise _CancelledError


class Worker:
    """Does jobs of the kinds that it knows.

    Parameters
    ----------
    database : Database
    kinds : mapping
        By name.
    key : int, optional
        A number that no other worker has.
    most : int, optional
        Jobs after which it ends by itself: what libraries have kept in memory goes with it, and a pool begins another.
    """

    def __init__(
        self, database: Database, kinds: JobKinds, *, key: int | None = None, most: int | None = None
    ) -> None:
        self.key = new_worker_key() if key is None else key
        self.name = f"{os.getpid()}@{socket.gethostname()}"
        self._database, self._kinds = database, kinds
        self._over = threading.Event()
        self._left = math.inf if most is None else most

    def stop(self) -> None:
        """Let the worker end: a job that runs ends at its next step, and is put back or told why it ended."""
        self._over.set()

    def run(self) -> None:
        """Do jobs until there were enough or :meth:`stop` is called; a database that goes away is waited for."""
        while not self._over.is_set():
            try:
                with present(self._database, self.key) as presence:
                    self._work(presence)
            except GridmapError as error:
                log.warning("the worker waits for the database: %s", error.code)
                self._over.wait(_AGAIN_S)

    def _work(self, presence: Presence) -> None:
        next_recovery_s = 0.0
        while not self._over.is_set():
            if time.monotonic() >= next_recovery_s:
                recover(self._database, self._kinds)
                next_recovery_s = time.monotonic() + _RECOVER_EVERY_S
            if not self.run_next():
                presence.wait(_WAIT_S)

    def run_next(self) -> bool:
        """Do the job that has waited longest; tell whether there was one."""
        limits = {name: kind.most_running for name, kind in self._kinds.items()}
        with self._database.scoped_session(Scope.whole(), write=True) as session:
            job = queue.claim(session, limits, self.key, self.name)
        if job is None:
            return False
        self._do(job)
        self._left -= 1
        if self._left <= 0:
            self.stop()
        return True

    def _do(self, job: Job) -> None:
        kind = self._kinds[job.kind]
        try:
            outcome = kind.run(kind.decode(job.parameters), _Work(self._database, job, self.key, self._over))
        except _CancelledError:
            self._end(job, "cancelled")
        except _StoppedError:
            if kind.repeatable:
                self._put_back(job)
            else:
                self._end(job, "failed", problem=SERVER_ENDED)
        except _LostError:
            log.warning("job %s was taken from this worker", job.job_id)
        except GridmapError as error:
            self._end(job, "failed", problem=JobProblem(error.code, error.zh, error.en))
        except Exception:
            log.exception("job %s ended unexpectedly", job.job_id)
            self._end(job, "failed", problem=_INTERNAL)
        else:
            self._end(job, "done", outcome=outcome)

    def _end(
        self,
        job: Job,
        state: JobState,
        *,
        outcome: Outcome | None = None,
        problem: JobProblem | None = None,
    ) -> None:
        file = None if outcome is None else outcome.file
        if file is None:
            drop_job_folder(self._database.settings.home, job.job_id)
        with self._database.scoped_session(Scope.whole(), write=True) as session:
            queue.end_job(
                session,
                job.job_id,
                self.key,
                state,
                result=None if outcome is None else _with_names(outcome),
                problem=problem,
                file_name=None if file is None else file.name,
            )

    def _put_back(self, job: Job) -> None:
        with self._database.scoped_session(Scope.whole(), write=True) as session:
            queue.put_back(session, job.job_id, self.key)


def _with_names(outcome: Outcome) -> JsonObject:
    """Return the result, and in it the names of the files beside the one that it is about."""
    return (
        outcome.result
        if not outcome.others
        else {**outcome.result, "files": [p.name for p in outcome.others]}
    )


def end_with_server(worker: Worker, pipe: BinaryIO) -> None:
    """Let a worker end when its server does, however it does: then the pipe ends of which it holds the other end."""

    def listen() -> None:
        while pipe.read(1):
            pass
        worker.stop()
        threading.Event().wait(_END_WITHIN_S)
        # Work that does not listen must not outlive the server; whoever comes next finds what it had not finished.
        os._exit(1)

    threading.Thread(target=listen, name="server", daemon=True).start()
