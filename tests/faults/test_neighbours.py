"""The service starts, serves and stops beside bad neighbours, or says what is in its way: each is really there."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gridmap.storage.embedded.programs import find_programs
from tests.faults.serving import Serving, environment
from tests.warm import GRIDMAP, REPOSITORY, run

pytestmark = pytest.mark.faults

Start = Callable[..., Serving]


@pytest.fixture
def home(place: Path, upgraded: Path) -> Path:
    subprocess.run(["cp", "-a", str(upgraded), str(place / "home")], check=True)
    return place / "home"


@pytest.fixture
def serving(home: Path) -> Iterator[Start]:
    started: list[Serving] = []

    def start(prefix: tuple[str, ...] = (), umask: int = -1, **own: str) -> Serving:
        kept = environment(home, **own)
        # An empty word means: not there at all.
        around = {name: value for name, value in kept.items() if value}
        started.append(Serving(home, prefix=prefix, around=around, umask=umask, cold=bool(own)))
        return started[-1]

    yield start
    for server in started:
        server.close()


def served(server: Serving) -> str:
    """See that it serves, and ends in order; give what it said."""
    server.until()
    assert server.ask("/sign-in")[0] == 200
    code, said = server.end()
    assert code in {0, 143}, said
    assert "Traceback" not in said
    return said


def test_a_port_of_another_program_is_told_before_anything_slow_begins(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        done = run([*GRIDMAP, "serve", "--port", str(port)], env=environment(home))
    assert done.returncode == 1
    said = done.stdout + done.stderr
    assert "port-in-use" in said
    assert "GRIDMAP_PORT" in said
    assert not home.exists()


def test_beside_another_postgresql_on_its_usual_port_each_keeps_its_own(place: Path, serving: Start) -> None:
    bindir = find_programs().bindir
    account = (
        ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] if os.geteuid() == 0 else []
    )
    other = place / "other"
    other.mkdir()
    if account:
        subprocess.run(["chown", "postgres:", str(other)], check=True)

    def run(*words: str) -> None:
        # What it prints goes to a file: a pipe would be inherited by the server and never end.
        with (place / "said").open("ab") as said:
            subprocess.run([*account, *words], cwd=other, check=True, stdout=said, stderr=said)

    run(str(bindir / "initdb"), "-D", "data", "-U", "they", "-A", "trust", "-N")
    # Its port is the usual one where that is free; with its socket it is the usual one in any case.
    with socket.socket() as probe:
        is_free = probe.connect_ex(("127.0.0.1", 5432)) != 0
    listen = "127.0.0.1" if is_free else ""
    words = f"-c listen_addresses='{listen}' -c port=5432 -c unix_socket_directories={other}"
    control = (str(bindir / "pg_ctl"), "-D", "data", "-w", "-l", "log")
    run(*control, "-o", words, "start")
    try:
        said = served(serving(PGHOST=str(other), PGPORT="5432", PGUSER="they", PGDATABASE="postgres"))
        assert "/enter/" in said
        seen = subprocess.run(
            [str(bindir / "psql"), "-h", str(other), "-U", "they", "-d", "postgres", "-Atc",
             "select count(*) from pg_database where datname = 'gridmap'"],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        assert seen.stdout.strip() == "0"
    finally:
        run(*control, "-m", "fast", "stop")


@pytest.mark.parametrize("locale", ["C", "POSIX", "zh_XX.GB2312"])
def test_without_a_chinese_locale_it_serves_and_speaks_chinese(serving: Start, locale: str) -> None:
    assert "已就绪" in served(serving(LC_ALL=locale, LANG=locale))


def test_under_umask_077_it_serves_and_what_it_writes_is_closed(home: Path, serving: Start) -> None:
    served(serving(umask=0o077))
    data = next((home / "database").glob("cluster/*/data"))
    assert data.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("zone", ["", "Nowhere/At_all", "XYZ-25:61"])
def test_a_clock_without_a_zone_changes_nothing(serving: Start, zone: str) -> None:
    served(serving(TZ=zone))


@pytest.mark.parametrize("account_home", ["", "/nonexistent"])
def test_an_account_without_a_home_serves_from_the_folder_that_is_named(
    serving: Start, account_home: str
) -> None:
    served(serving(HOME=account_home))


_AS_NOBODY = """
import os, pwd, sys
from gridmap.cli import main
import gridmap.cli.db, gridmap.storage.embedded, gridmap.storage.schema
told = pwd.getpwnam("nobody")
os.setgroups([])
os.setresgid(told.pw_gid, told.pw_gid, told.pw_gid)
os.setresuid(told.pw_uid, told.pw_uid, told.pw_uid)
main()
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root becomes an account without a home")
def test_an_account_without_a_home_and_a_folder_is_told_to_name_one() -> None:
    around = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "PYTHONPATH": str(REPOSITORY)}
    done = subprocess.run(
        [sys.executable, "-c", _AS_NOBODY, "db", "check"],
        env=around, capture_output=True, text=True, check=False, cwd="/",
    )  # fmt: skip
    assert (done.returncode, "Traceback" in done.stderr) == (1, False), done.stderr
    assert "home-unset" in done.stderr
    assert len(re.findall("GRIDMAP_HOME", done.stderr)) >= 2


def test_with_32_mb_of_shared_memory_it_serves_and_the_database_uses_files(
    home: Path, serving: Start
) -> None:
    small = ("unshare", "-m", "sh", "-c", 'mount -t tmpfs -o size=32m tmpfs /dev/shm && exec "$@"', "sh")
    if os.geteuid() != 0 or subprocess.run([*small, "true"], capture_output=True, check=False).returncode:
        pytest.skip("only root gives a program a small /dev/shm, where the machine lets it")
    served(serving(prefix=small))
    (written,) = (home / "database").glob("cluster/*/data/gridmap.conf")
    assert "dynamic_shared_memory_type = mmap" in written.read_text("utf-8")
