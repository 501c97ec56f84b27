"""The service while its database is away, two of it on one folder, and one whose clock jumps."""

from __future__ import annotations

import fcntl
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gridmap.settings import Settings
from gridmap.storage.database import Database
from gridmap.storage.embedded import EmbeddedCluster
from gridmap.storage.embedded import layout as places
from tests.doors import token_of
from tests.faults.killing import kill_cluster
from tests.faults.serving import Serving, environment

pytestmark = pytest.mark.faults

Until = Callable[[Callable[[], object], str], None]
CC = shutil.which("cc")
# The clock that people set, and no other: what counts seconds goes on.
JUMPING = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
int clock_gettime(clockid_t id, struct timespec *at) {
  static int (*real)(clockid_t, struct timespec *);
  if (!real) real = dlsym(RTLD_NEXT, "clock_gettime");
  int code = real(id, at);
  char told[32] = {0};
  int file = id == CLOCK_REALTIME ? open(getenv("JUMPS"), O_RDONLY | O_CLOEXEC) : -1;
  if (file >= 0) {
    if (read(file, told, sizeof told - 1) > 0) at->tv_sec += atol(told) * 86400L;
    close(file);
  }
  return code;
}
"""


@pytest.fixture
def home(place: Path, upgraded: Path) -> Path:
    subprocess.run(["cp", "-a", str(upgraded), str(place / "home")], check=True)
    return place / "home"


@pytest.fixture
def serving(home: Path) -> Iterator[Callable[..., Serving]]:
    started: list[Serving] = []

    def start(**how: object) -> Serving:
        started.append(Serving(home, **how))  # type: ignore[arg-type]
        return started[-1]

    yield start
    for server in started:
        server.close()


def test_while_the_database_is_away_people_are_told_when_to_come_back_and_it_comes_back_by_itself(
    home: Path, serving: Callable[..., Serving]
) -> None:
    with Database(Settings(home=home, threads=2)) as database:
        token = token_of(database)
    server = serving()
    server.until()
    assert server.ask("/api/v1/counts", token)[0] == 200
    # Who holds the lock keeps the server from starting its database again.
    with (places.plan(home / "database").lock).open("r+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        kill_cluster(EmbeddedCluster(home / "database"))
        for path in ("/healthz", "/api/v1/counts", "/desk"):
            begun_s = time.monotonic()
            status, headers = server.ask(path, token)
            print(f"{path}: told after {time.monotonic() - begun_s:.1f} s")
            assert (status, headers["Retry-After"]) == (503, "5"), path
    print(f"back after {server.until():.1f} s")
    code, said = server.end()
    assert code in {0, 143}
    assert "Traceback" not in said


def test_two_servers_on_one_folder_share_its_database_and_the_one_that_stays_keeps_it(
    home: Path, serving: Callable[..., Serving], until: Until
) -> None:
    first = serving()
    first.until()
    second = serving()
    second.until()
    status = EmbeddedCluster(home / "database").status()
    assert status.users == 2
    first.process.kill()
    first.process.wait()
    until(lambda: EmbeddedCluster(home / "database").status().users == 1, "the killed one is no user")
    assert second.ask()[0] == 200
    assert EmbeddedCluster(home / "database").status().pid == status.pid
    second.end()
    assert EmbeddedCluster(home / "database").status().state == "stopped"


@pytest.mark.skipif(CC is None, reason="there is no C compiler here: no program's clock can be made to jump")
def test_a_clock_that_jumps_by_years_stops_neither_the_service_nor_its_database(
    home: Path, place: Path, serving: Callable[..., Serving], until: Until
) -> None:
    clock, shim = place / "clock", place / "jumping.so"
    clock.write_text("0")
    told = subprocess.run(
        [str(CC), "-shared", "-fPIC", "-x", "c", "-", "-o", str(shim), "-ldl"],
        input=JUMPING, text=True, capture_output=True, check=False,
    )  # fmt: skip
    assert told.returncode == 0, told.stderr
    around = environment(home, LD_PRELOAD=str(shim), JUMPS=str(clock))
    server = serving(around=around, cold=True)
    server.until()
    dates = [server.ask()[1]["Date"]]
    for jump in ("1500", "-1500", "0"):
        clock.write_text(jump)
        status, headers = server.ask()
        assert (status, server.ask("/sign-in")[0]) == (200, 200)
        dates.append(headers["Date"])
    # What looks after the database does so by a clock that does not jump.
    clock.write_text("-1500")
    pid = EmbeddedCluster(home / "database").status().pid
    kill_cluster(EmbeddedCluster(home / "database"))
    until(lambda: EmbeddedCluster(home / "database").status().pid not in {None, pid}, "it is started again")
    server.until()
    years = [date.split()[3] for date in dates]
    assert years[0] == years[3] != years[1]
    assert years[1] > years[0] > years[2]
    assert "Traceback" not in server.end()[1]
