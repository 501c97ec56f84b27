"""Twenty posts at work for a while: python scripts/bench/soak.py [--minutes 30] [--out docs/bench/soak.txt].

Over the demonstration town in an embedded database of its own, with `gridmap serve` as people start it. Posts of every
role are signed in by their links over HTTP; they read, record cases, act on them and take steps back, and each asks for
what must be refused, too. Meanwhile come backups, imports, hotspot runs and plans, in turn. Memory of the server, its
workers and the database is sampled, and the connections; what is told of it is the level and the slope after everything
has come once. It fails where an error came that nobody asked for, a connection was lost, or memory grew.
"""

from __future__ import annotations

import argparse
import csv
import datetime as dt
import os
import platform
import random
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import requests
from sqlalchemy import text

from gridmap.domain.accounts import Role
from gridmap.domain.gridkey import Scope
from gridmap.domain.roles import Action, may
from gridmap.services.backups.making import make_backup
from gridmap.services.demo import load_town
from gridmap.services.house import IMPORT
from gridmap.services.imports.jobs import ImportRequest
from gridmap.services.imports.records import ImportOptions
from gridmap.services.jobs.desk import find_job, submit
from gridmap.settings import Settings
from gridmap.storage.database import Database
from gridmap.storage.schema import upgrade
from scripts.bench.soak_figures import FLAT, LEAST, Outcome, Sample, below, grown, memory_mb, table
from scripts.bench.soak_posts import PATIENCE_S, READS, STAFF, VILLAGES, Asked, Post, sign_in_all

REPOSITORY = Path(__file__).resolve().parents[2]
GRIDMAP = (sys.executable, "-c", "from gridmap.cli import main; main()")
CYCLE_S = 360.0
"""How often a backup, an import, a hotspot run and a plan come in a long soak; in a short one each comes once."""
LEAST_TURNS = 8
"""Turns that each post has however short the soak is, or busy the machine."""


class Soak:
    """One run.

    Parameters
    ----------
    database : Database
        Open; of the workspace that is served.
    address : str
        Of the server.
    server_pid : int
    folder : Path
        For files that are imported; the server can read it.
    seed : int
    pause_s : float
        Mean of the time that a post thinks.
    """

    def __init__(
        self,
        database: Database,
        address: str,
        server_pid: int,
        folder: Path,
        *,
        seed: int = 1,
        pause_s: float = 3.0,
    ) -> None:
        self.database, self.folder, self.pause_s = database, folder, pause_s
        self.server_pid = server_pid
        self.rng = random.Random(seed)
        self.posts = sign_in_all(database, address)
        self.out = Outcome()
        self.lock = threading.Lock()
        self.over = threading.Event()

    def run(self, seconds: float, on_line: Callable[[str], None] = lambda _line: None) -> Outcome:
        """Let everybody work for so long at least, and until everything has come once; give what came of it."""
        begun_s = time.monotonic()
        seeds = [self.rng.random() for _ in self.posts]
        threads = [
            threading.Thread(target=self._work, args=(post, random.Random(seed)))
            for post, seed in zip(self.posts, seeds, strict=True)
        ]
        threads.append(threading.Thread(target=self._sample, args=(begun_s, max(1.0, seconds / 360))))
        for thread in threads:
            thread.start()
        try:
            self._events(begun_s, seconds, on_line)
        finally:
            self.over.set()
            for thread in threads:
                thread.join()
        self.out.seconds = time.monotonic() - begun_s
        return self.out

    def _work(self, post: Post, rng: random.Random) -> None:
        turn = 0
        while not self.over.wait(rng.expovariate(1 / self.pause_s)) or turn < LEAST_TURNS:
            turn += 1
            try:
                # Each has recorded a case early, so that no short soak goes without one.
                if may(post.role, Action.RECORD_CASE) and (turn == 2 or rng.random() < 0.15):
                    self._handle_a_case(post, rng)
                else:
                    asked = rng.choice(READS)
                    self._note(asked.path, post, post.get(asked.path), self._right(post, asked))
            except requests.RequestException as error:
                with self.lock:
                    self.out.connections_lost.append(f"{post.role} turn {turn}: {error!r}"[:300])

    @staticmethod
    def _right(post: Post, asked: Asked) -> int:
        return asked.status if may(post.role, asked.needs) else 403

    def _note(self, what: str, post: Post, answer: requests.Response, right: int) -> bool:
        with self.lock:
            self.out.statuses[answer.status_code] += 1
            self.out.times_ms.append(1000 * answer.elapsed.total_seconds())
            if answer.status_code != right:
                self.out.unexpected.append(
                    f"{post.role} {what}: {answer.status_code} in place of {right}: {answer.text[:300]}"
                )
            elif right >= 400:
                self.out.asked_for[right] += 1
        return answer.status_code == right

    def _handle_a_case(self, post: Post, rng: random.Random) -> None:
        """Take a case in, make a step, make one on what is out of date, and take the first back."""
        place = post.grid_key if post.grid_key in VILLAGES else rng.choice(VILLAGES)
        # Without vowels: letters at random are the name of an illness now and then, which no case may hold.
        words = "".join(rng.choices("bcdfgjkmpqrwxz", k=16))
        occurred = dt.datetime.now(dt.UTC) - dt.timedelta(hours=2)
        told = {
            "domain": "dispute",
            "kind": "02",
            "occurred_at": occurred.isoformat(),
            "summary": f"通道堆物引起争吵 {words}",
            "grid_key": str(place),
        }
        made = post.tell("/api/v1/cases", told)
        if not self._note("record", post, made, 201):
            return
        row = made.json()["row"]
        with self.lock:
            self.out.recorded.append(row["number"])
        act = f"/api/v1/cases/{row['number']}"
        step = {"action": "note", "note": "已电话告知双方", "revision": row["revision"]}
        done = post.tell(f"{act}/steps", step)
        if not self._note("step", post, done, 200):
            return
        self._note("step on what is out of date", post, post.tell(f"{act}/steps", step), 409)
        back = {"revision": done.json()["row"]["revision"]}
        self._note("undo", post, post.tell(f"{act}/undo", back), 200)

    def _events(self, begun_s: float, seconds: float, on_line: Callable[[str], None]) -> None:
        events = (self._back_up, self._import, self._find_hotspots, self._plan)
        cycles = max(1, round(seconds / CYCLE_S))
        gap_s = seconds / (cycles * len(events) + 1)
        for number in range(cycles * len(events)):
            if self.over.wait(max(0.0, begun_s + gap_s * (number + 0.5) - time.monotonic())):
                return
            event = events[number % len(events)]
            event_s = time.monotonic()
            event(number)
            name = event.__name__.strip("_").replace("_", " ")
            self.out.events[name] += 1
            on_line(f"{event_s - begun_s:6.0f} s  {name}: {time.monotonic() - event_s:.1f} s")
            if number == len(events) - 1:
                self.out.settled_s = time.monotonic() - begun_s
        self.over.wait(max(0.0, begun_s + seconds - time.monotonic()))

    def _back_up(self, _number: int) -> None:
        make_backup(self.database)

    def _import(self, number: int) -> None:
        file = self.folder / f"soak-{number}.csv"
        with (
            (REPOSITORY / "data" / "boundaries" / "incidents.csv").open(
                encoding="utf-8", newline=""
            ) as source,
            file.open("w", encoding="utf-8", newline="") as target,
        ):
            rows = csv.DictReader(source)
            written = csv.DictWriter(target, rows.fieldnames or [])
            written.writeheader()
            for _, row in zip(range(500), rows, strict=False):
                written.writerow(row | {"uid": f"SOAK-{number}-{row['uid']}"})
        file.chmod(0o644)
        # Rows that only name a micro-grid have no place in it: what is refused is told, the others are kept.
        asked = ImportRequest("incidents", file, ImportOptions(accept_valid=True))
        job = submit(self.database, Scope.whole(), IMPORT, asked)
        result = self._ended(lambda: find_job(self.database, Scope.whole(), job.job_id))
        if not result.get("inserted"):
            raise RuntimeError(f"nothing was imported: {result}")

    def _find_hotspots(self, number: int) -> None:
        self._job("/api/v1/hotspot-runs", {"method": "gi", "seed": number, "level": 4})

    def _plan(self, number: int) -> None:
        self._job("/api/v1/patrol-plans", {"seed": number, "iterations": 200})

    def _job(self, path: str, told: dict[str, Any]) -> None:
        planner = next(post for post in self.posts if post.role is Role.TOWN_DESK)
        asked = planner.tell(path, told)
        if self._note(path, planner, asked, 202):
            number = asked.json()["job_id"]
            self._ended(lambda: find_job(self.database, Scope.whole(), number))

    def _ended(self, look: Callable[[], Any]) -> dict[str, Any]:
        end_s = time.monotonic() + PATIENCE_S
        while not (job := look()).is_over and time.monotonic() < end_s:
            time.sleep(0.2)
        if job.state != "done":
            self.out.unexpected.append(f"job {job.kind}: {job.state} {job.problem}"[:300])
            return {}
        return dict(job.result or {})

    def _sample(self, begun_s: float, every_s: float) -> None:
        while True:
            # A database that is away is an error of whoever asks then; here it is a sample less.
            with suppress(OSError):
                self.out.samples.append(self._sampled(begun_s))
            if self.over.wait(every_s):
                return

    def _sampled(self, begun_s: float) -> Sample:
        started = {
            pid: Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0") for pid in below(self.server_pid)
        }
        workers = [pid for pid, words in started.items() if b"work" in words]
        # Several processes may answer, and one look after them: together they are the server.
        servers = [self.server_pid, *(pid for pid, words in started.items() if b"serve" in words)]
        with self.database.owner_engine() as engine, engine.connect() as connection:
            found = text("select count(*) from pg_stat_activity where usename = 'gridmap_app'")
            connections = int(connection.scalar(found) or 0)
        cluster = self.database.cluster
        postmaster = None if cluster is None else cluster.status().pid
        return Sample(
            time.monotonic() - begun_s,
            memory_mb(servers),
            memory_mb(workers),
            0.0 if postmaster is None else memory_mb([postmaster, *below(postmaster)]),
            connections,
            sum(len(list(Path(f"/proc/{pid}/fd").iterdir())) for pid in servers),
        )


@contextmanager
def served(home: Path) -> Iterator[tuple[str, int]]:
    """Serve a workspace as people do; give address and process."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = os.environ | {
        "GRIDMAP_HOME": str(home),
        "PYTHONPATH": str(REPOSITORY),
        "GRIDMAP_BACKUP_AT": "off",
    }
    with (home / "serve.log").open("wb") as log:
        process = subprocess.Popen(
            [*GRIDMAP, "serve", "--port", str(port)],
            env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
        try:
            address = f"http://127.0.0.1:{port}"
            for _ in range(3000):
                with suppress(requests.RequestException):
                    if requests.get(f"{address}/healthz", timeout=30).status_code == 200:
                        break
                if process.poll() is not None:
                    raise RuntimeError((home / "serve.log").read_text("utf-8", "replace"))
                time.sleep(0.1)
            yield address, process.pid
        finally:
            process.terminate()
            process.wait(PATIENCE_S)


def main() -> None:
    read = argparse.ArgumentParser(description=__doc__)
    read.add_argument("--minutes", type=float, default=30.0)
    read.add_argument("--pause", type=float, default=3.0, help="seconds that a post thinks, in the mean")
    read.add_argument("--seed", type=int, default=1)
    read.add_argument("--out", type=Path)
    asked = read.parse_args()

    def say(line: str) -> None:
        print(line, flush=True)

    with tempfile.TemporaryDirectory(prefix="gm-soak-", dir="/tmp") as name:
        folder = Path(name).resolve()
        folder.chmod(0o755)
        home = folder / "home"
        with Database(Settings(home=home)) as database:
            upgrade(database)
            load_town(database, edition=1)
            with served(home) as (address, pid):
                soak = Soak(database, address, pid, folder, seed=asked.seed, pause_s=asked.pause)
                out = soak.run(60 * asked.minutes, say)
    more = grown(out)
    lines = [
        f"{dt.date.today()}, {os.cpu_count()} cores, Python {platform.python_version()}",  # noqa: DTZ011
        *table(out, posts=len(STAFF)),
    ]
    if more:
        lines.append(f"grown: {', '.join(more)}")
    elif len(out.settled()) >= LEAST:
        lines.append(f"flat: no level rose by more than {FLAT - 1:.0%}")
    for line in lines:
        say(line)
    if asked.out:
        asked.out.write_text("\n".join(lines) + "\n", "utf-8")
    sys.exit(int(bool(out.unexpected or out.connections_lost or more)))


if __name__ == "__main__":
    main()
