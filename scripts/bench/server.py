"""Compare servers under the loads that once stopped the map: python scripts/bench/server.py [--seconds 8].

Over the demonstration town, on 127.0.0.1 only, with counts and times bounded. Servers: the map's own (web/server.py),
plain waitress as it was before, and granian where it is installed (pip install granian). Loads: nine sitings and twenty
exports while /healthz is asked; 110 half-sent requests held open and a whole one; 50 screens that ask each second.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import importlib.util
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from gridmap.services.demo import load_town
from gridmap.services.house import JOB_KINDS
from gridmap.settings import Settings, load_settings
from gridmap.storage.database import Database
from gridmap.storage.schema import upgrade

HERE = Path(__file__).resolve()
REPOSITORY = HERE.parents[2]
GRIDMAP = (sys.executable, "-c", "from gridmap.cli import main; main()")
PATIENCE_S = 30
NAMES = ("own", "waitress", "granian")
SHOWN: dict[str, str] = {}
"""The token that each request shows."""


def application():
    from web.app import create_app

    return create_app(Database(load_settings()).open())


def serve(name: str, port: int) -> None:
    """Serve in this process, with two workers beside it."""
    from gridmap.cli.jobs.queue import WORK_COMMAND
    from gridmap.services.jobs.pool import WorkerPool
    from web.app import create_app

    with Database(load_settings()) as database, WorkerPool(database, JOB_KINDS, WORK_COMMAND, 2).running():
        if name == "granian":
            subprocess.run(
                [sys.executable, "-m", "granian", "--interface", "wsgi", "--factory", "--host", "127.0.0.1",
                 "--port", str(port), "--blocking-threads", "8", f"{HERE.stem}:application"],
                cwd=HERE.parent, check=False,
            )  # fmt: skip
            return
        with socket.create_server(("127.0.0.1", port), backlog=128) as listener:
            import waitress

            waitress.create_server(create_app(database), sockets=[listener], threads=8).run()


def ask(port: int, path: str, method: str = "GET", timeout_s: float = PATIENCE_S) -> float:
    """Seconds until a whole answer; infinite where none comes in time."""
    begun_s = time.perf_counter()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout_s)
    try:
        headers = SHOWN | ({"Content-Type": "application/json"} if method == "POST" else {})
        connection.request(method, path, body="{}" if method == "POST" else None, headers=headers)
        connection.getresponse().read()
    except OSError:
        return float("inf")
    finally:
        connection.close()
    return time.perf_counter() - begun_s


@contextlib.contextmanager
def running(name: str, home: Path, processes: int = 1) -> Iterator[int]:
    """Give the port of a server: `gridmap serve` with some processes, or another one of the same application."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = os.environ | {
        "GRIDMAP_HOME": str(home),
        "GRIDMAP_PROCESSES": str(processes),
        "PYTHONPATH": f"{REPOSITORY}:{HERE.parent}",
    }
    begins = [*GRIDMAP, "serve", "--port"] if name == "own" else [sys.executable, str(HERE), "--serve", name]
    process = subprocess.Popen([*begins, str(port)], env=environment, stdout=subprocess.DEVNULL)
    try:
        for _ in range(600):
            if ask(port, "/healthz", timeout_s=5) < PATIENCE_S:
                break
            time.sleep(0.1)
        printed = subprocess.run(
            [*GRIDMAP, "tokens", "add", f"bench {port}", "--role", "administrator", "--days", "1"],
            env=environment, check=True, capture_output=True, text=True,
        ).stdout  # fmt: skip
        SHOWN["Authorization"] = printed.splitlines()[-1].partition(": ")[2]
        yield port
    finally:
        process.terminate()
        process.wait(3 * PATIENCE_S)


def processor_s(home: Path) -> tuple[float, float]:
    """Seconds of a processor that a workspace's server and database have taken; the bench's own are not in it."""
    taken = [0.0, 0.0]
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            name = (entry / "comm").read_text().strip()
            is_database = name == "postgres" and (entry / "cwd").readlink().is_relative_to(home)
            is_own = int(entry.name) == os.getpid() if entry.name.isdigit() else True
            if is_database or (
                not is_own and f"GRIDMAP_HOME={home}\0".encode() in (entry / "environ").read_bytes()
            ):
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
                # Of those that have ended, such as a query's second process, the database's first one knows.
                spent = fields[11:15] if is_database else fields[11:13]
                taken[is_database] += sum(map(int, spent)) / os.sysconf("SC_CLK_TCK")
    return taken[0], taken[1]


def p95_ms(times: list[float]) -> float:
    return round(1000 * statistics.quantiles(times, n=20)[-1], 1) if len(times) > 1 else float("nan")


def while_asked(port: int, path: str, clients: int, seconds: float, pause_s: float) -> list[float]:
    """Return the times of clients that ask for some seconds, with a pause between their questions."""
    times: list[float] = []
    end_s = time.monotonic() + seconds

    def client() -> None:
        while time.monotonic() < end_s:
            times.append(ask(port, path))
            time.sleep(pause_s)

    threads = [threading.Thread(target=client) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return times


def loaded(port: int, seconds: float) -> list[float]:
    """Return the times of /healthz while nine sitings and twenty exports are asked for, inline ones and jobs."""
    asked: list[Callable[[], float]] = [
        *[lambda: ask(port, "/api/v1/coverage/sites", "POST")] * 9,
        *[lambda: ask(port, "/api/v1/exports/incidents.xlsx?from=2026-10-01&to=2026-10-31")] * 10,
        *[lambda: ask(port, "/api/v1/exports/incidents.gpkg")] * 10,
    ]
    threads = [threading.Thread(target=one) for one in asked]
    for thread in threads:
        thread.start()
    times = while_asked(port, "/healthz", 1, seconds, 0.05)
    for thread in threads:
        thread.join()
    return times


def half_sent(port: int) -> float:
    held = [socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S) for _ in range(110)]
    try:
        for connection in held:
            connection.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Half: ")
        time.sleep(0.5)
        return ask(port, "/healthz", timeout_s=10)
    finally:
        for connection in held:
            connection.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=8.0)
    parser.add_argument("--only", choices=NAMES, action="append")
    parser.add_argument("--serve", nargs=2, metavar=("NAME", "PORT"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.serve:
        serve(given.serve[0], int(given.serve[1]))
        return
    home = Path(tempfile.mkdtemp(prefix="gm-", dir="/tmp")).resolve()
    home.chmod(0o755)
    try:
        with Database(Settings(home=home)) as database:
            upgrade(database)
            load_town(database, on_progress=None)
            print(
                "server  healthz p95: idle, under load, longest; after 110 half-sent; 50 screens p95 (answers/s)"
            )
            for name in given.only or NAMES:
                if name == "granian" and importlib.util.find_spec("granian") is None:
                    print("granian   not installed")
                    continue
                with running(name, home) as port:
                    idle = while_asked(port, "/healthz", 1, 2, 0.02)
                    held_s = half_sent(port)
                    screens = while_asked(port, "/api/v1/jobs?limit=5", 50, given.seconds, 1.0)
                    busy = loaded(port, given.seconds)
                print(
                    f"{name:9} {p95_ms(idle):12} ms {p95_ms(busy):10} ms {1000 * max(busy):7.0f} ms "
                    f"{1000 * held_s:18.0f} ms {p95_ms(screens):14} ms ({len(screens) / given.seconds:.0f})",
                    flush=True,
                )
    finally:
        shutil.rmtree(home, ignore_errors=True)


if __name__ == "__main__":
    main()
