"""Many posts over one pool while backends are killed: python scripts/bench/chaos.py [--requests 10000] [--out FILE].

Over the demonstration town in an embedded database of its own. Posts of every role and of several scopes read and write
at once; a backend of the application's role is killed again and again. Counted are rows out of a post's scope,
acknowledged writes that are lost, cases that an act told twice made twice, connections that never came back, and
answers 500.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import random
import sys
import tempfile
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import select, text

from gridmap.domain.accounts import Actor, Role
from gridmap.domain.gridkey import Scope
from gridmap.domain.roles import Action, may
from gridmap.services.accounts import desk
from gridmap.services.demo import load_town
from gridmap.settings import Settings
from gridmap.storage.database import Database
from gridmap.storage.models import Incident
from gridmap.storage.schema import upgrade

TOWN = 33068110900000000
AREA = 33068110901000000
VILLAGES = (33068110901004000, 33068110901241000)
PLACES = (0, TOWN, AREA, *VILLAGES)
MOMENT = "2026-10-30T08:00:00+08:00"
_NAMES = count()
_LETTERS = str.maketrans("0123456789", "ghijklmnop")


@dataclass(frozen=True)
class Poster:
    """A program of a role at a grid."""

    role: Role
    grid_key: int
    client: FlaskClient

    @property
    def scope(self) -> Scope:
        """What it may see."""
        return Scope.whole() if self.grid_key == 0 else Scope.of_grid(self.grid_key)


@dataclass
class Outcome:
    """What came of it."""

    requests: int = 0
    kills: int = 0
    seconds: float = 0.0
    statuses: Counter[int] = field(default_factory=Counter)
    rows_looked_at: int = 0
    out_of_scope: list[str] = field(default_factory=list)
    acknowledged: int = 0
    lost: list[str] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)
    connections_lost: int = 0
    unexpected: list[str] = field(default_factory=list)
    """Answers that are neither an answer, nor a refusal of a right, nor a database that was not there."""


def posters(database: Database) -> list[Poster]:
    """Make a program of each role at each place."""
    from web.app import create_app

    app = create_app(database)
    ends_at = dt.datetime.now(dt.UTC) + dt.timedelta(days=1)
    made = []
    for role in Role:
        for place in PLACES:
            name = f"chaos {role} {place} {next(_NAMES)}"
            token = desk.add_token(database, Actor.at_the_machine(), name, role, place, ends_at)[1]
            client = app.test_client(use_cookies=False)
            client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {token}"
            made.append(Poster(role, place, client))
    return made


EXPECTED = frozenset({200, 201, 303, 403, 404, 503})

READS = (
    "/api/v1/incidents?limit=50",
    "/api/v1/counts?level=3",
    "/api/v1/counts?level=4&domain=dispute",
    "/api/v1/timeline?step=week",
    "/api/v1/teams",
    "/api/v1/organisations",
    "/api/v1/cases/tasks?limit=50",
    "/api/v1/cases?q=FQ25&limit=50",
    "/api/v1/grids?level=3&geometry=false",
    "/api/v1/workspace",
    f"/api/v1/grids/{VILLAGES[0]}/summary",
    "/api/v1/exports/teams.csv",
    "/desk",
    "/town",
)


class Chaos:
    """One run.

    Parameters
    ----------
    database : Database
    seed : int
    """

    def __init__(self, database: Database, seed: int) -> None:
        self.database = database
        self.rng = random.Random(seed)
        self.posts = posters(database)
        self.out = Outcome()
        self.lock = threading.Lock()
        self.kept: dict[str, str] = {}

    def run(self, requests: int, clients: int, kill_every_s: float) -> Outcome:
        """Send so many requests from so many threads; give what came of it."""
        plan = [(self.rng.choice(self.posts), self.rng.random(), n) for n in range(requests)]
        begin_s = time.monotonic()
        with self._killing(kill_every_s), ThreadPoolExecutor(clients) as pool:
            list(pool.map(lambda told: self._one(*told), plan))
        self.out.seconds = round(time.monotonic() - begin_s, 1)
        self.out.requests = requests
        self._account()
        return self.out

    def _one(self, poster: Poster, chance: float, number: int) -> None:
        if chance < 0.3 and may(poster.role, Action.RECORD_CASE):
            self._record(poster, number)
        else:
            self._read(poster, READS[number % len(READS)])

    def _read(self, poster: Poster, path: str) -> None:
        answer = poster.client.get(path)
        keys: list[int] = []
        if answer.status_code == 200 and answer.is_json:
            keys = keys_of(path, answer.get_json())
        outside = [key for key in keys if key not in poster.scope]
        with self.lock:
            self._note(answer, path)
            self.out.rows_looked_at += len(keys)
            self.out.out_of_scope += [f"{poster.role} {poster.grid_key} {path}: {key}" for key in outside]

    def _note(self, answer: Any, asked: str) -> None:
        self.out.statuses[answer.status_code] += 1
        if answer.status_code not in EXPECTED:
            self.out.unexpected.append(f"{asked}: {answer.status_code} {answer.text[:300]}")

    def _record(self, poster: Poster, number: int) -> None:
        """Take a case in; what is refused for want of the database is told again, with the same key."""
        place = poster.grid_key if poster.grid_key in VILLAGES else VILLAGES[number % 2]
        # Letters alone: digits drawn at random are an identity number now and then, which no case may hold.
        mark = uuid.uuid4().hex.translate(_LETTERS)
        words = f"并发登记第 {number} 件 {mark}"
        told = {
            "domain": "dispute",
            "kind": "02",
            "summary": words,
            "occurred_at": MOMENT,
            "grid_key": str(place),
        }
        key = str(uuid.uuid4())
        for _ in range(50):
            answer = poster.client.post("/api/v1/cases", json=told, headers={"Idempotency-Key": key})
            with self.lock:
                self._note(answer, str(told))
                if answer.status_code == 201:
                    self.kept[words] = answer.get_json()["row"]["number"]
            if answer.status_code != 503:
                return
            time.sleep(0.05)

    @contextmanager
    def _killing(self, every_s: float) -> Iterator[None]:
        over = threading.Event()

        def kill() -> None:
            with self.database.owner_engine() as engine, engine.connect() as connection:
                found = text(
                    "select pg_terminate_backend(pid) from (select pid from pg_stat_activity"
                    " where datname = current_database() and usename = 'gridmap_app' and pid <> pg_backend_pid()"
                    " order by random() limit 1) one"
                )
                while not over.wait(every_s):
                    self.out.kills += len(connection.execute(found).all())
                    connection.rollback()

        thread = threading.Thread(target=kill)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    def _account(self) -> None:
        """Look for what was acknowledged, and for connections that did not come back."""
        with self.database.scoped_session(Scope.whole()) as session:
            found = session.execute(
                select(Incident.summary, Incident.number).where(Incident.summary.startswith("并发登记第"))
            ).all()
        by_words: dict[str, list[str]] = {}
        for words, number in found:
            by_words.setdefault(str(words), []).append(str(number))
        self.out.acknowledged = len(self.kept)
        self.out.lost = [w for w, number in self.kept.items() if number not in by_words.get(w, [])]
        self.out.twice = [words for words, numbers in by_words.items() if len(numbers) > 1]
        self.out.connections_lost = int(self.database.engine.pool.checkedout())  # type: ignore[attr-defined]


def keys_of(path: str, told: Any) -> list[int]:
    """Keys of the grids in which the rows of an answer lie."""
    if "/counts" in path:
        return [int(key) for key in told["counts"]]
    if "/grids?" in path or "/workspace" in path or "/summary" in path:
        # Ground is everybody's.
        return []
    rows = [f["properties"] for f in told.get("features", [])] + told.get("tasks", [])
    return [int(row["grid_key"]) for row in rows if row.get("grid_key") is not None]


def main() -> None:
    read = argparse.ArgumentParser(description=__doc__)
    read.add_argument("--requests", type=int, default=10_000)
    read.add_argument("--clients", type=int, default=12)
    read.add_argument("--seed", type=int, default=1)
    read.add_argument("--kill-every", type=float, default=0.25)
    read.add_argument("--out", type=Path)
    asked = read.parse_args()
    with tempfile.TemporaryDirectory(prefix="gm-chaos-", dir="/tmp") as folder:
        Path(folder).chmod(0o755)
        with Database(Settings(home=Path(folder) / "home", threads=asked.clients)) as database:
            upgrade(database)
            load_town(database, edition=1)
            done = Chaos(database, asked.seed).run(asked.requests, asked.clients, asked.kill_every)
    told = asdict(done) | {"statuses": dict(sorted(done.statuses.items())), "day": f"{dt.date.today()}"}  # noqa: DTZ011
    printed = json.dumps(told, ensure_ascii=False, indent=1)
    print(printed)
    if asked.out:
        asked.out.write_text(printed + "\n", "utf-8")
    failed = done.out_of_scope or done.lost or done.twice or done.connections_lost or done.unexpected
    sys.exit(int(bool(failed)))


if __name__ == "__main__":
    main()
