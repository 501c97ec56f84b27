"""Several processes behind one port: one that is killed is replaced, nothing acknowledged is lost, all end in order."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import shutil
import signal
import subprocess
import tempfile
import threading
import urllib.parse
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from gridmap.settings import Settings
from gridmap.storage.database import Database
from gridmap.storage.embedded import EmbeddedCluster
from tests.doors import new_word, token_of
from tests.faults.serving import Serving, environment
from tests.warm import GRIDMAP, run
from web.watch import LOOKED_AT_EVERY_S

pytestmark = pytest.mark.faults

COUNT = 3
VILLAGE = "33068110903290000"
RECORDED = 24
Until = Callable[[Callable[[], object], str], None]


def children(pid: int) -> list[int]:
    with contextlib.suppress(OSError):
        return [int(n) for n in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return []


def is_alive(pid: int) -> bool:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


class Asked:
    """A way to ask a server on a connection of its own each time, so that any of its processes may answer."""

    def __init__(self, server: Serving, token: str) -> None:
        self.server, self.token = server, token

    def __call__(
        self, path: str, method: str = "GET", body: object = None, **headers: str
    ) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=60)
        told = {"Authorization": f"Bearer {self.token}", **headers}
        if body is not None:
            told.setdefault("Content-Type", "application/json")
        try:
            sent = body if isinstance(body, str | None) else json.dumps(body)
            connection.request(method, path, body=sent, headers=told)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def number(self, name: str, **labels: str) -> float:
        """Give one of the service's numbers."""
        families = text_string_to_metric_families(self("/metrics")[1].decode())
        return next(s.value for f in families for s in f.samples if s.name == name and s.labels == labels)


def started(home: Path) -> Serving:
    server = Serving(home, around=environment(home, GRIDMAP_PROCESSES=str(COUNT), GRIDMAP_WORKERS="1"))
    server.until()
    return server


@pytest.fixture(scope="module")
def home(demonstration: Path) -> Iterator[Path]:
    room = Path(tempfile.mkdtemp(prefix="gm-", dir="/tmp")).resolve()
    room.chmod(0o755)
    subprocess.run(["cp", "-a", str(demonstration), str(room / "home")], check=True)
    yield room / "home"
    shutil.rmtree(room)


@pytest.fixture(scope="module")
def ask(home: Path) -> Iterator[Asked]:
    with Database(Settings(home=home, threads=2)) as database:
        token = token_of(database)
    server = started(home)
    yield Asked(server, token)
    server.close()


@pytest.fixture
def server(place: Path, upgraded: Path) -> Iterator[Serving]:
    subprocess.run(["cp", "-a", str(upgraded), str(place / "home")], check=True)
    one = started(place / "home")
    yield one
    one.close()


def record(ask: Asked, summary: str, key: str) -> str:
    """Record a case as the pages do: what was cut off is sent again with its key."""
    at = "2026-10-01T08:00:00Z"
    case = {"domain": "dispute", "kind": "02", "occurred_at": at, "summary": summary, "grid_key": VILLAGE}
    while True:
        with contextlib.suppress(OSError, http.client.HTTPException):
            status, body = ask("/api/v1/cases", "POST", case, **{"Idempotency-Key": key})
            assert status == 201, body
            return str(json.loads(body)["row"]["number"])


def test_whichever_process_answers_counts_for_all(ask: Asked, until: Until) -> None:
    pid = ask.server.process.pid
    until(lambda: len(children(pid)) == COUNT + 1, "all have begun")
    with ThreadPoolExecutor(8) as clients:
        codes = list(clients.map(lambda _: ask("/api/v1/counts?level=3")[0], range(30)))
    assert codes == [200] * 30
    counted = ask.number("gridmap_requests_total", endpoint="counts.get_counts", status="200")
    assert counted == 30
    # One that is killed takes nothing along of what was counted, and another one stands in its place.
    first = children(pid)[0]
    os.kill(first, signal.SIGKILL)
    assert ask.number("gridmap_requests_total", endpoint="counts.get_counts", status="200") == 30
    assert ask.number("process_resident_memory_bytes") > 0


def test_tries_to_sign_in_are_counted_over_all_processes(ask: Asked) -> None:
    form = urllib.parse.urlencode({"name": new_word(), "password": new_word()})
    typed = {"Content-Type": "application/x-www-form-urlencoded"}
    codes = [ask("/sign-in", "POST", form, **typed)[0] for _ in range(12)]
    assert codes == [401] * 10 + [429] * 2


def test_a_change_is_told_by_every_process_as_the_same_revision(ask: Asked) -> None:
    def told() -> set[str]:
        with ThreadPoolExecutor(8) as clients:
            answers = list(clients.map(lambda _: ask("/live"), range(24)))
        return {json.loads(body)["revision"].rpartition(".")[0] for _, body in answers}

    before = told()
    assert len(before) == 1
    record(ask, new_word(), str(uuid.uuid4()))
    # As old as a revision may be that is told.
    threading.Event().wait(2 * LOOKED_AT_EVERY_S)
    after = told()
    assert len(after) == 1
    assert after != before


def test_processes_that_are_killed_are_replaced_and_nothing_acknowledged_is_lost_or_there_twice(
    ask: Asked, until: Until
) -> None:
    word = new_word()
    pid = ask.server.process.pid
    until(lambda: len(children(pid)) == COUNT + 1, "all have begun")
    begun = children(pid)
    with ThreadPoolExecutor(4) as clients:
        asked = [clients.submit(record, ask, f"{word} {n}", str(uuid.uuid4())) for n in range(RECORDED)]
        for killed in begun:
            os.kill(killed, signal.SIGKILL)
        numbers = [one.result() for one in asked]
    assert len(set(numbers)) == RECORDED
    found = json.loads(ask(f"/api/v1/cases?q={word}&limit=100")[1])["cases"]
    assert sorted(row["number"] for row in found) == sorted(numbers)
    until(lambda: len(children(pid)) == COUNT + 1 and not set(children(pid)) & set(begun), "all are replaced")
    # Who looks after the rest is among them: its workers, too, are there again.
    until(lambda: any(children(child) for child in children(pid)), "there is a worker again")


def test_sigterm_ends_all_in_order_and_the_database_last(server: Serving, place: Path, until: Until) -> None:
    pid = server.process.pid
    until(lambda: any(children(child) for child in children(pid)), "its worker has begun")
    below = [*children(pid), *(worker for child in children(pid) for worker in children(child))]
    assert len(below) > COUNT + 1
    code, said = server.end()
    assert code in {0, 143}
    assert "Traceback" not in said
    assert "killed" not in said
    assert [one for one in below if is_alive(one)] == []
    assert EmbeddedCluster(place / "home" / "database").status().state == "stopped"


def test_none_outlives_the_one_that_began_them(server: Serving, until: Until) -> None:
    pid = server.process.pid
    below = children(pid)
    os.kill(pid, signal.SIGKILL)
    until(lambda: not any(is_alive(one) for one in below), "all have ended")
    assert server.ask()[0] == 0


def test_a_port_that_is_taken_is_told_and_the_one_that_has_it_goes_on(ask: Asked, home: Path) -> None:
    around = environment(home, GRIDMAP_PROCESSES=str(COUNT))
    found = run([*GRIDMAP, "serve", "--port", str(ask.server.port)], env=around)
    assert found.returncode == 1
    assert "port-in-use" in found.stderr
    assert ask("/healthz")[0] == 200
