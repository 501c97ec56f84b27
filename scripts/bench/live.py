"""How soon 50 screens show a change: python -m scripts.bench.live [--changes 4] [--home FOLDER] [--out FILE].

Over the demonstration town, on 127.0.0.1 only. Each client does what a page does: it asks for the revision every 0.6 s,
and when there is another one it asks for its page once and takes it in. A case is recorded, and each client's time from
that commit until it holds the page made after it is told: once with 50 screens of one post at two pages, once with 50
different pages of five posts.

The same once more by the other way, which the product does not have: an asynchronous stream of its own process that
listens to the database (LISTEN) and tells each client of the change, without a thread each. What follows is the same.
"""

from __future__ import annotations

import argparse
import asyncio
import datetime as dt
import http.client
import json
import multiprocessing
import os
import platform
import socket
import statistics
import tempfile
import threading
import time
import uuid
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

import gridmap
from gridmap.domain.accounts import Actor
from gridmap.domain.cases.asked import NewCase
from gridmap.services.accounts import desk as accounts
from gridmap.services.cases import intake
from gridmap.services.demo import load_town
from gridmap.settings import Settings
from gridmap.storage.database import Database
from gridmap.storage.schema import upgrade
from scripts.bench.server import processor_s, running

EVERY_S = 0.6
"""As the pages do."""
PATIENCE_S = 20
AIM_S = 2.0
POSTS = ("示范 管理员", "枫桥镇 综治中心值班岗", "乐山片区 值班岗", "枫源村 值班岗", "枫源村 网格岗 1")
PAGES = (
    *("/town", "/wall", "/handover", "/screening", "/tasks", "/field/"),
    *("/desk?list=open", "/desk?list=overdue", "/desk?list=mine", "/town?level=3"),
)
VILLAGE = 33068110903290000


CHANNEL = "gridmap_live"


def tell(address: str, port: int) -> None:
    """Tell whoever listens of each change, in a process of its own: one thread for all."""

    async def run() -> None:
        listening: set[asyncio.StreamWriter] = set()

        async def welcome(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n")
            listening.add(writer)
            await reader.read()
            listening.discard(writer)
            writer.close()

        connection = await psycopg.AsyncConnection.connect(address, autocommit=True)
        await connection.execute(f"listen {CHANNEL}")
        async with await asyncio.start_server(welcome, "127.0.0.1", port):
            async for _ in connection.notifies():
                for writer in listening:
                    writer.write(b"data: changed\n\n")

    asyncio.run(run())


@dataclass
class Screen:
    """A page that somebody looks at."""

    port: int
    cookie: str
    path: str
    stream: int | None = None
    shown_at_s: list[float] = field(default_factory=list)
    failed: int = 0

    def listen(self, stop: threading.Event) -> None:
        """Wait to be told, and ask for the page then."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)
        with socket.create_connection(("127.0.0.1", self.stream or 0)) as told:
            self._get(connection, self.path)
            told.sendall(b"GET / HTTP/1.1\r\n\r\n")
            told.settimeout(EVERY_S)
            while not stop.is_set():
                try:
                    if b"data:" not in told.recv(4096):
                        continue
                    self._get(connection, self.path)
                    self.shown_at_s.append(time.monotonic())
                except TimeoutError:
                    continue
                except OSError:
                    self.failed += 1
                    connection.close()
        connection.close()

    def look(self, stop: threading.Event, offset_s: float) -> None:
        """Ask as a page does until it is told to stop."""
        if self.stream is not None:
            self.listen(stop)
            return
        time.sleep(offset_s)
        seen = None
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)
        # What a screen shows was asked for once before it renews.
        self._get(connection, self.path)
        while not stop.is_set():
            try:
                told = json.loads(self._get(connection, "/live"))["revision"]
                if seen is not None and told != seen:
                    self._get(connection, self.path, told)
                    self.shown_at_s.append(time.monotonic())
                seen = told
            except OSError:
                self.failed += 1
                connection.close()
            time.sleep(EVERY_S)
        connection.close()

    def _get(self, connection: http.client.HTTPConnection, path: str, heard: str = "1") -> bytes:
        headers = {"Cookie": self.cookie, "X-Renews": heard, "Accept": "text/html", "Accept-Encoding": "gzip"}
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise OSError(f"{path}: {answer.status}")
        return body


def signed_in(database: Database, port: int, name: str) -> str:
    """Sign a post in and return its cookie."""
    link = accounts.make_link(database, Actor.at_the_machine(), name)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
    connection.request("GET", f"/enter/{link}", headers={"Sec-Fetch-Mode": "navigate"})
    answer = connection.getresponse()
    answer.read()
    return str(answer.getheader("Set-Cookie")).partition(";")[0]


def change(database: Database) -> float:
    """Record a case; return when that was done."""
    now = dt.datetime.now(dt.UTC)
    new = NewCase("dispute", now, "量一量多久看到", kind="02", grid_key=VILLAGE)
    intake.record(database, Actor.at_the_machine(), new, uuid.uuid4())
    done_s = time.monotonic()
    with database.engine.begin() as connection:
        connection.exec_driver_sql(f"notify {CHANNEL}")
    return done_s


def measure(name: str, database: Database, screens: list[Screen], changes: int) -> tuple[bool, str]:
    """Return whether all screens were in time, and how long they took."""
    stop = threading.Event()
    threads = [
        threading.Thread(target=screen.look, args=(stop, EVERY_S * n / len(screens)))
        for n, screen in enumerate(screens)
    ]
    for thread in threads:
        thread.start()
    time.sleep(6)
    times: list[float] = []
    missed = 0
    home = database.settings.home
    idle = processor_s(home)
    time.sleep(4)
    idle_s = [(b - a) / 4 for a, b in zip(idle, processor_s(home), strict=True)]
    spent_s = [0.0, 0.0]
    for _ in range(changes):
        for screen in screens:
            screen.shown_at_s.clear()
        begun = processor_s(home)
        done_s = change(database)
        end_s = done_s + PATIENCE_S
        while time.monotonic() < end_s and not all(screen.shown_at_s for screen in screens):
            time.sleep(0.05)
        took_s = time.monotonic() - done_s
        for n, (before, after) in enumerate(zip(begun, processor_s(home), strict=True)):
            spent_s[n] += (after - before - idle_s[n] * took_s) / changes
        missed += sum(not screen.shown_at_s for screen in screens)
        times += [screen.shown_at_s[0] - done_s for screen in screens if screen.shown_at_s]
        time.sleep(1)
    stop.set()
    for thread in threads:
        thread.join()
    late = sum(t > AIM_S for t in times) + missed
    told = f"median {statistics.median(times):.2f} s, 95 % {statistics.quantiles(times, n=20)[-1]:.2f} s"
    failed = sum(screen.failed for screen in screens)
    line = f"{name}: {told}, most {max(times):.2f} s; {late} of {len(times) + missed} over {AIM_S:g} s, {failed} failed"
    line += (
        f"; processor: questions {idle_s[0]:.2f} + {idle_s[1]:.2f} s a second (server + database), "
        f"a change {spent_s[0]:.2f} + {spent_s[1]:.2f} s"
    )
    print(line, flush=True)
    return late == 0, line


def free_port() -> int:
    """Return a port that nobody has now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--changes", type=int, default=6)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--only", choices=("questions", "stream"), help="one of the two ways")
    parser.add_argument(
        "--home", type=Path, help="a workspace with the demonstration town; a new one by default"
    )
    parser.add_argument("--out", type=Path, help="also write the table here")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="gridmap-live-") as folder:
        home = given.home or Path(folder) / "home"
        settings = Settings(home=home)
        with Database(settings) as database:
            upgrade(database)
            if given.home is None:
                load_town(database)
            with running("own", home, given.processes) as port:
                cookies = {name: signed_in(database, port, name) for name in POSTS}
                alike = [Screen(port, cookies[POSTS[1]], PAGES[6 * (n % 2)]) for n in range(given.clients)]
                pairs = [(name, path) for path in PAGES for name in POSTS]
                other = [
                    Screen(port, cookies[pairs[n % len(pairs)][0]], pairs[n % len(pairs)][1])
                    for n in range(given.clients)
                ]
                day, python = f"{dt.datetime.now(dt.UTC):%Y-%m-%d}", platform.python_version()
                asked = f"{given.clients} screens, {given.changes} changes, {given.processes} processes"
                load = f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f} before"
                lines = [f"gridmap {gridmap.__version__}, {day}, Python {python}", f"{asked}, {load}"]
                print(*lines, sep="\n")
                stream = free_port()
                address = database.app_url.set(drivername="postgresql").render_as_string(hide_password=False)
                teller = multiprocessing.get_context("spawn").Process(target=tell, args=(address, stream))
                teller.start()
                in_time = True
                for way in ("questions (in use)", "stream (LISTEN/NOTIFY)"):
                    if given.only and not way.startswith(given.only):
                        continue
                    for name, screens in (
                        ("one post, two pages", alike),
                        ("five posts, all different", other),
                    ):
                        for screen in screens:
                            screen.stream = stream if way.startswith("stream") else None
                        good, line = measure(f"{way}, {name}", database, screens, given.changes)
                        lines.append(line)
                        in_time = in_time and (good or way.startswith("stream"))
                teller.terminate()
                teller.join()
                lines.append(f"load {os.getloadavg()[0]:.1f} after")
                if given.out:
                    given.out.write_text("\n".join(lines) + "\n", "utf-8")
    raise SystemExit(0 if in_time else 1)


if __name__ == "__main__":
    main()
