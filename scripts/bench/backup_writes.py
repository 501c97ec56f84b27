"""Backups while people write: python scripts/bench/backup_writes.py [--rate 200] [--out docs/bench/backup_writes.txt].

Writers commit rows at a rate, each with the moment of its acknowledgement, while a backup is made; then the server is
killed by 9. The backup as of its own moment must hold every row that was acknowledged before it, a restore to a moment
between every one before that, and the newest state every one at all.
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import platform
import signal
import sys
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Self

import psycopg
from sqlalchemy import text

from gridmap.services.backups.making import keep_log, make_backup
from gridmap.services.backups.restoring import Wanted, restore
from gridmap.services.backups.shelf import Shelf
from gridmap.settings import Settings
from gridmap.storage.database import Database
from gridmap.storage.schema import upgrade

WRITERS = 4


class Writers:
    """Connections that commit rows at a rate until they are told to end, or their server dies."""

    def __init__(self, socket_dir: str, rate: float) -> None:
        self.acknowledged: dict[int, dt.datetime] = {}
        self._over = threading.Event()
        self._threads = [
            threading.Thread(target=self._write, args=(socket_dir, number, WRITERS / rate))
            for number in range(WRITERS)
        ]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _write(self, socket_dir: str, number: int, gap_s: float) -> None:
        turn, next_s = 0, time.monotonic()
        with (
            suppress(psycopg.OperationalError),
            psycopg.connect(host=socket_dir, user="gridmap", dbname="gridmap", autocommit=True) as connection,
        ):
            while not self._over.is_set():
                row = turn * WRITERS + number
                connection.execute("insert into gridmap.written values (%s)", [row])
                self.acknowledged[row] = dt.datetime.now(dt.UTC)
                turn, next_s = turn + 1, next_s + gap_s
                self._over.wait(max(0.0, next_s - time.monotonic()))


def rows_of(home: Path) -> set[int]:
    with (
        Database(Settings(home=home)) as database,
        database.owner_engine() as engine,
        engine.connect() as connection,
    ):
        return set(connection.scalars(text("select n from gridmap.written")))


def kill(database: Database) -> None:
    if database.cluster is None:
        raise AssertionError
    pid = database.cluster.status().pid or 0
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    for one in [pid, *map(int, children)]:
        with suppress(ProcessLookupError):
            os.kill(one, signal.SIGKILL)
    database.cluster.stop()


def main() -> None:
    read = argparse.ArgumentParser(description=__doc__)
    read.add_argument("--rate", type=float, default=200.0, help="writes a second, of all writers")
    read.add_argument("--out", type=Path)
    asked = read.parse_args()
    with tempfile.TemporaryDirectory(prefix="gm-", dir="/tmp") as name:
        folder = Path(name).resolve()
        folder.chmod(0o755)
        home = folder / "home"
        with Database(Settings(home=home)) as database:
            upgrade(database)
            with database.owner_engine() as engine, engine.begin() as connection:
                connection.execute(text("create table gridmap.written (n int primary key)"))
            if database.cluster is None:
                raise AssertionError
            with Writers(str(database.cluster.status().socket_dir), asked.rate) as writers:
                time.sleep(2)
                begun, first = time.monotonic(), len(writers.acknowledged)
                backup = make_backup(database)
                took_s, during = time.monotonic() - begun, len(writers.acknowledged) - first
                time.sleep(2)
                between = dt.datetime.now(dt.UTC)
                time.sleep(2)
                with database.owner_engine() as engine, engine.begin() as connection:
                    connection.execute(text("select pg_switch_wal()"))
                while not keep_log(database):
                    time.sleep(0.1)
                kill(database)
        told = writers.acknowledged
        lost = {}
        newest = restore(Database(Settings(home=home)), Wanted(replace=True))
        lost["newest state"] = set(told) - rows_of(home)
        log = Shelf(home / "backups").segments(backup.log.system if backup.log else "")
        restore(Database(Settings(home=home)), Wanted(to=between, replace=True))
        lost["a moment after it"] = {row for row, at in told.items() if at < between} - rows_of(home)
        restore(Database(Settings(home=home)), Wanted(name=backup.name, replace=True))
        lost["the backup's moment"] = {row for row, at in told.items() if at < backup.taken_at} - rows_of(
            home
        )
    lines = [
        f"{dt.date.today()}, {os.cpu_count()} cores, Python {platform.python_version()}",  # noqa: DTZ011
        f"{during} writes acknowledged during a backup of {took_s:.1f} s: {during / took_s:.0f} a second",
        f"{len(told)} acknowledged in all until the server was killed by 9; {len(log)} segments of the log taken",
        *(f"lost, restored to {what}: {len(rows)}" for what, rows in lost.items()),
        f"the newest state was back in {newest.seconds:.1f} s",
    ]
    print("\n".join(lines))
    if asked.out:
        asked.out.write_text("\n".join(lines) + "\n", "utf-8")
    sys.exit(int(any(lost.values())))


if __name__ == "__main__":
    main()
