"""A worker with kinds of job for tests: ``job_worker.py KEY``; or ``job_worker.py pool N``, a server of N of them."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass

from gridmap.services.jobs.kinds import JobKind, Outcome, Work
from gridmap.services.jobs.pool import WorkerPool
from gridmap.services.jobs.worker import Worker, end_with_server
from gridmap.settings import load_settings
from gridmap.storage.database import Database


@dataclass(frozen=True)
class Nothing:
    """What the jobs are asked."""


def _steady(_asked: Nothing, work: Work) -> Outcome:
    go_on = work.database.settings.home / "go-on"
    while not go_on.exists():
        work.tell("plan", 1, 2)
        time.sleep(0.02)
    return Outcome({"number": 1})


def _deaf(_asked: Nothing, work: Work) -> Outcome:
    work.tell("plan", 1, 2)
    time.sleep(3600)
    return Outcome()


KINDS = {
    kind.name: kind
    for kind in (
        JobKind("again", "再来", "again", Nothing, _steady, repeatable=True),
        JobKind("once", "一次", "once", Nothing, _steady),
        JobKind("deaf", "不听", "deaf", Nothing, _deaf),
    )
}
COMMAND = (sys.executable, __file__)


def main() -> None:
    with Database(load_settings()) as database:
        if sys.argv[1] == "pool":
            with WorkerPool(database, KINDS, COMMAND, int(sys.argv[2])).running():
                sys.stdin.read()
            return
        worker = Worker(database, KINDS, key=int(sys.argv[1]))
        end_with_server(worker, sys.stdin.buffer)
        worker.run()


if __name__ == "__main__":
    main()
