"""Worker processes: killed, deaf, left alone. Their jobs end with a reason or are done again; no process is left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gridmap.domain.gridkey import Scope
from gridmap.domain.jobs import Job
from gridmap.services.jobs import desk
from gridmap.storage.database import Database
from tests.faults.job_worker import KINDS, Nothing
from tests.warm import Warm

pytestmark = pytest.mark.faults

PROGRAM = Path(__file__).with_name("job_worker.py")
REPOSITORY = PROGRAM.parents[2]
WHOLE = Scope.whole()
PATIENCE_S = 600
MakeDatabase = Callable[[str], Database]


def children(pid: int) -> list[int]:
    """Live processes that a process started."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                state, parent = (entry / "stat").read_text().rpartition(")")[2].split()[:2]
            except OSError:
                continue
            if int(parent) == pid and state != "Z":
                found.append(int(entry.name))
    return found


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def until(happened: Callable[[], object], what: str) -> None:
    end_s = time.monotonic() + PATIENCE_S
    while not happened():
        assert time.monotonic() < end_s, f"never happened: {what}"
        threading.Event().wait(0.05)


class Server:
    """A process with a pool of workers, over a database of its own."""

    def __init__(self, database: Database, workers: int) -> None:
        self.database = database
        settings = database.settings
        environment = os.environ | {
            "GRIDMAP_HOME": str(settings.home),
            "DATABASE_URL": settings.database_url or "",
            "GRIDMAP_APP_DATABASE_URL": settings.app_database_url or "",
            "PYTHONPATH": str(REPOSITORY),
        }
        self.process = Warm(
            [sys.executable, str(PROGRAM), "pool", str(workers)], stdin=subprocess.PIPE, env=environment
        )

    def submit(self, kind: str) -> Job:
        return desk.submit(self.database, WHOLE, KINDS[kind], Nothing())

    def find(self, job: Job) -> Job:
        return desk.find_job(self.database, WHOLE, job.job_id)

    def running(self, job: Job) -> int:
        """Wait until a worker is at a job; give the worker's process."""
        until(lambda: self.find(job).step == "plan", "the job runs")
        return int((self.find(job).worker or "").partition("@")[0])

    def let_go(self) -> None:
        (self.database.settings.home / "go-on").touch()

    def end(self) -> None:
        if self.process.stdin is not None and not self.process.stdin.closed:
            self.process.stdin.close()
        self.process.wait(PATIENCE_S)


@pytest.fixture
def server(make_database: MakeDatabase) -> Iterator[Server]:
    made = Server(make_database("with_schema"), workers=1)
    yield made
    made.end()


def test_a_job_of_a_worker_that_was_killed_is_done_again_where_it_keeps_nothing(server: Server) -> None:
    job = server.submit("again")
    first = server.running(job)
    os.kill(first, signal.SIGKILL)
    until(lambda: server.find(job).attempts == 2, "another worker takes the job up")
    server.let_go()
    until(lambda: server.find(job).is_over, "the job ends")
    found = server.find(job)
    assert (found.state, found.result) == ("done", {"number": 1})
    assert found.worker != job.worker
    assert not alive(first)


def test_a_job_of_a_worker_that_was_killed_ends_with_a_reason_and_the_next_one_is_done(
    server: Server,
) -> None:
    job, following = server.submit("once"), server.submit("once")
    os.kill(server.running(job), signal.SIGKILL)
    until(lambda: server.find(job).is_over, "the job ends")
    found = server.find(job)
    assert found.state == "failed"
    assert found.problem is not None
    assert found.problem.code == "job-worker-died"
    assert found.problem.zh != found.problem.en
    server.let_go()
    until(lambda: server.find(following).state == "done", "a new worker does the next job")


def test_a_worker_that_does_not_listen_to_a_cancel_is_killed_and_replaced(server: Server) -> None:
    server.let_go()
    deaf = server.submit("deaf")
    worker = server.running(deaf)
    following = server.submit("again")
    desk.cancel_job(server.database, WHOLE, deaf.job_id)
    until(lambda: server.find(deaf).is_over, "the job ends")
    assert server.find(deaf).state == "cancelled"
    assert not alive(worker)
    until(lambda: server.find(following).state == "done", "a new worker does the next job")


@pytest.mark.parametrize("kind", ["again", "once", "deaf"])
def test_workers_end_with_their_server_whatever_they_do(server: Server, kind: str) -> None:
    job = server.submit(kind)
    worker = server.running(job)
    server.end()
    assert server.process.returncode == 0
    assert not alive(worker)
    found = server.find(job)
    reasons = {"once": "job-server-ended", "deaf": "job-worker-died"}
    assert found.state == ("queued" if kind == "again" else "failed")
    assert (found.problem.code if found.problem else None) == reasons.get(kind)


def test_workers_end_when_their_server_is_killed_and_the_next_server_takes_the_queue_up(
    server: Server,
) -> None:
    running, waiting = server.submit("again"), server.submit("once")
    worker = server.running(running)
    server.process.kill()
    server.process.wait(PATIENCE_S)
    until(lambda: not alive(worker), "the worker ends")
    assert server.find(waiting).state == "queued"
    server.let_go()
    other = Server(server.database, workers=2)
    try:
        until(lambda: all(server.find(job).is_over for job in (running, waiting)), "the queue is worked off")
        assert [server.find(job).state for job in (running, waiting)] == ["done", "done"]
        assert len(children(other.process.pid)) == 2
    finally:
        other.end()
    assert children(other.process.pid) == []
