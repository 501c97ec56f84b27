"""Worker processes beside the server: started, watched, started again, ended with it."""

from __future__ import annotations

import datetime as dt
import logging
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from gridmap.domain.gridkey import Scope
from gridmap.errors import GridmapError
from gridmap.services.jobs.files import remove_old_jobs
from gridmap.services.jobs.kinds import JobKinds
from gridmap.services.jobs.recovery import recover
from gridmap.services.jobs.worker import new_worker_key
from gridmap.storage.database import Database
from gridmap.storage.jobs import queue

log = logging.getLogger(__name__)

_LOOK_EVERY_S = 0.5
_LISTEN_WITHIN_S = 3.0
_END_WITHIN_S = 10.0
_BEGIN_WITHIN_S = 30.0
"""A worker hears that it is to end once it has begun, which takes long on a busy machine."""
_BREATHE_S = 5.0
_TIDY_EVERY_S = 3600.0


@dataclass(slots=True)
class _Child:
    key: int
    process: subprocess.Popen[bytes]
    begun_s: float


class WorkerPool:
    """Some processes that do jobs.

    Parameters
    ----------
    database : Database
    kinds : mapping
        Kinds of job by name.
    command : sequence of str
        Starts a worker; its number is appended. The worker ends when its standard input ends.
    count : int

    Notes
    -----
    A worker holds the end of a pipe of which the server has the other one, so it hears of the server's end however that
    comes. It is not in the terminal's group: Ctrl-C reaches the server alone, which then ends its workers in order.
    """

    def __init__(self, database: Database, kinds: JobKinds, command: Sequence[str], count: int) -> None:
        self._database, self._kinds = database, kinds
        self._command, self._count = tuple(command), count
        self._children: list[_Child] = []
        self._over = threading.Event()
        self._next_tidying_s = 0.0

    @contextmanager
    def running(self) -> Iterator[None]:
        """Have the workers, from the block's begin to its end."""
        thread = threading.Thread(target=self._watch, name="workers", daemon=True)
        try:
            self._fill()
            thread.start()
            yield
        finally:
            self._over.set()
            if thread.is_alive():
                thread.join(_END_WITHIN_S)
            self._end()

    def _watch(self) -> None:
        while not self._over.wait(_LOOK_EVERY_S):
            try:
                self._look()
            except GridmapError as error:
                log.warning("the workers were not looked after: %s", error.code)
            except OSError:
                log.exception("a worker could not be started")

    def _look(self) -> None:
        self._kill_deaf()
        gone = [child for child in self._children if child.process.poll() is not None]
        for child in gone:
            # One that has done its share ends in order.
            level = logging.WARNING if child.process.returncode else logging.INFO
            log.log(level, "worker %s ended with %s", child.process.pid, child.process.returncode)
            if child.process.stdin is not None:
                child.process.stdin.close()
        now_s = time.monotonic()
        # One that ends as soon as it begins is not begun again at once.
        self._children = [c for c in self._children if c not in gone or now_s - c.begun_s < _BREATHE_S]
        if gone:
            recover(self._database, self._kinds)
        self._fill()
        if now_s >= self._next_tidying_s:
            self._next_tidying_s = now_s + _TIDY_EVERY_S
            remove_old_jobs(self._database, dt.datetime.now(dt.UTC))

    def _fill(self) -> None:
        while len(self._children) < self._count and not self._over.is_set():
            key = new_worker_key()
            process = subprocess.Popen(
                [*self._command, str(key)],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                start_new_session=True,
            )
            self._children.append(_Child(key, process, time.monotonic()))

    def _kill_deaf(self) -> None:
        """Kill workers that were asked to stop a job and do not listen."""
        keys = [child.key for child in self._children if child.process.poll() is None]
        with self._database.scoped_session(Scope.whole()) as session:
            deaf = queue.not_listening(session, keys, _LISTEN_WITHIN_S)
        for child in self._children:
            if child.key in deaf:
                log.warning("worker %s does not let go of job %s: killed", child.process.pid, deaf[child.key])
                child.begun_s = 0.0
                child.process.kill()
                child.process.wait()

    def _end(self) -> None:
        for child in self._children:
            if child.process.stdin is not None:
                child.process.stdin.close()
        now_s = time.monotonic()
        for child in self._children:
            end_s = max(now_s, child.begun_s + _BEGIN_WITHIN_S) + _END_WITHIN_S
            try:
                child.process.wait(max(0.1, end_s - time.monotonic()))
            except subprocess.TimeoutExpired:
                log.warning("worker %s did not end in time: killed", child.process.pid)
                child.process.kill()
                child.process.wait()
        if self._children:
            try:
                recover(self._database, self._kinds)
            except GridmapError as error:
                log.warning("jobs of workers that were killed are left for later: %s", error.code)
        self._children = []
