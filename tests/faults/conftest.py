"""Places where clusters may be made and broken, and programs that use them."""

from __future__ import annotations

import contextlib
import json
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from gridmap.settings import Settings
from gridmap.storage.database import Database
from gridmap.storage.embedded import EmbeddedCluster
from gridmap.storage.schema import upgrade
from tests.faults.serving import free_port
from tests.towns import administer, unpack
from tests.warm import Warm

HERE = Path(__file__).parent
REPOSITORY = HERE.parents[1]
PATIENCE_S = 600


def pids_below(folder: Path, program: str | None = None) -> list[int]:
    """Live processes that work in ``folder`` or below it."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        with contextlib.suppress(OSError):
            cwd = str((entry / "cwd").readlink())
            name = (entry / "comm").read_text().strip()
            if (cwd + "/").startswith(f"{folder}/") and program in {None, name}:
                found.append(int(entry.name))
    return found


def until(happened: Callable[[], object], what: str) -> None:
    """Wait for something that another process does."""
    end_s = time.monotonic() + PATIENCE_S
    while not happened():
        assert time.monotonic() < end_s, f"never happened: {what}"
        time.sleep(0.01)


class Program:
    """A running ``cluster_program.py``."""

    def __init__(self, argv: list[str], environment: dict[str, str]) -> None:
        pipe = subprocess.PIPE
        self.process: Warm | subprocess.Popen[str]
        if argv[0] == sys.executable:
            self.process = Warm(argv, env=environment, stdin=pipe, stdout=pipe, stderr=pipe)
        else:
            self.process = subprocess.Popen(
                argv, stdin=pipe, stdout=pipe, stderr=pipe, text=True, env=environment, start_new_session=True
            )
        self.steps: list[str] = []
        self.ready: dict[str, Any] = {}

    @property
    def pid(self) -> int:
        return self.process.pid

    def hear(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            assert self.process.stderr is not None
            pytest.fail(f"the program ended: {self.process.stderr.read()}")
        return dict(json.loads(line))

    def until_step(self, code: str) -> None:
        while code not in self.steps:
            self.steps.append(self.hear()["code"])

    def until_ready(self) -> Program:
        while not self.ready:
            heard = self.hear()
            if heard["event"] == "step":
                self.steps.append(heard["code"])
            else:
                assert heard["event"] == "ready", heard
                self.ready = heard
        return self

    def until_error(self) -> dict[str, Any]:
        while (heard := self.hear())["event"] == "step":
            self.steps.append(heard["code"])
        assert heard["event"] == "error", heard
        return heard

    def tell(self, order: str) -> dict[str, Any]:
        assert self.process.stdin is not None
        self.process.stdin.write(order + "\n")
        self.process.stdin.flush()
        while (heard := self.hear())["event"] == "step":
            self.steps.append(heard["code"])
        return heard

    def query(self, sql: str) -> list[list[Any]]:
        return list(self.tell(f"query {sql}")["rows"])

    def end(self) -> int:
        """Let it end by itself; returns its exit code."""
        with contextlib.suppress(BrokenPipeError):
            self.process.communicate(timeout=PATIENCE_S)
        return self.process.wait(PATIENCE_S)

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()


Spawn = Callable[..., Program]


@pytest.fixture
def servers(place: Path) -> Callable[[], list[int]]:
    """Say which processes work in the place; none of a cluster that was stopped."""
    return lambda: pids_below(place)


@pytest.fixture(name="until")
def until_fixture() -> Callable[[Callable[[], object], str], None]:
    """Wait for something that another process does."""
    return until


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that every account can reach, gone afterwards with all that runs in it."""
    folder = Path(tempfile.mkdtemp(prefix="gm-", dir="/tmp")).resolve()
    folder.chmod(0o755)
    yield folder
    end_s = time.monotonic() + PATIENCE_S
    while (left := pids_below(folder)) and time.monotonic() < end_s:
        for pid in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.05)
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def template() -> Iterator[Path]:
    """A stopped cluster of the account that runs the tests, to be copied."""
    folder = Path(tempfile.mkdtemp(prefix="gm-", dir="/tmp")).resolve()
    folder.chmod(0o755)
    with EmbeddedCluster(folder / "base"):
        pass
    yield folder / "base"
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def upgraded(template: Path) -> Path:
    """Folder of an empty workspace with its schema, its cluster stopped, to be copied."""
    home = template.parent / "home"
    home.mkdir()
    subprocess.run(["cp", "-a", str(template), str(home / "database")], check=True)
    with Database(Settings(home=home, threads=2)) as database:
        upgrade(database)
    return home


@pytest.fixture(scope="session")
def demonstration() -> Iterator[Path]:
    """Workspace folder with a stopped cluster of its own that holds the demonstration town, to be copied."""
    room = Path(tempfile.mkdtemp(prefix="gm-", dir="/tmp")).resolve()
    room.chmod(0o755)
    home = room / "home"
    home.mkdir()
    unpack(home / "database", room)
    with Database(Settings(home=home)) as database:
        others = ("without_schema", "with_schema", "villages", "recorded", "demo")
        administer(
            database.owner_url.set(database="postgres"),
            "alter database hot with is_template false allow_connections true",
            "drop database gridmap",
            "alter database hot rename to gridmap",
            *(f"alter database {name} with is_template false" for name in others),
            *(f"drop database {name}" for name in others),
        )
    (home / "app-notes.txt").write_text("beside the database")
    yield home
    shutil.rmtree(room)


@dataclass(frozen=True)
class FarMachine:
    """Another machine that is reached by SSH: a server of OpenSSH on this one."""

    port: int
    key: Path
    known_hosts: Path

    def address(self, folder: Path) -> str:
        """Address of a folder there."""
        account = pwd.getpwuid(os.geteuid()).pw_name
        return f"sftp://{account}@127.0.0.1:{self.port}{folder}"

    @property
    def settings(self) -> dict[str, str]:
        """What finds key and machine."""
        return {
            "GRIDMAP_BACKUP_SSH_KEY": str(self.key),
            "GRIDMAP_BACKUP_KNOWN_HOSTS": str(self.known_hosts),
        }


@pytest.fixture(scope="session")
def far_machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FarMachine]:
    """A real sshd that lets the key of `FarMachine` in, and whose own key is known."""
    program = shutil.which("sshd") or "/usr/sbin/sshd"
    if not Path(program).exists():
        pytest.skip("sshd is not here")
    room = tmp_path_factory.mktemp("sshd")
    for name in ("host", "key"):
        make = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", str(room / name)]
        subprocess.run(make, check=True)
    port = free_port()
    (room / "known_hosts").write_text(f"[127.0.0.1]:{port} {(room / 'host.pub').read_text()}")
    (room / "config").write_text(
        f"ListenAddress 127.0.0.1:{port}\nHostKey {room}/host\nPidFile none\nStrictModes no\nUsePAM no\n"
        f"AuthorizedKeysFile {room}/key.pub\nPasswordAuthentication no\nKbdInteractiveAuthentication no\n"
        "Subsystem sftp internal-sftp\n"
    )
    if os.geteuid() == 0:
        # Where the packages have not made it yet; sshd wants it empty.
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    with (room / "said").open("w") as said:
        process = subprocess.Popen([program, "-D", "-e", "-f", str(room / "config")], stderr=said)
    try:
        until(lambda: _listens(port) or process.poll() is not None, "sshd listens")
        assert process.poll() is None, (room / "said").read_text()
        yield FarMachine(port, room / "key", room / "known_hosts")
    finally:
        process.terminate()
        process.wait(PATIENCE_S)


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
    except OSError:
        return False
    return True


@pytest.fixture
def base(place: Path, template: Path) -> Path:
    """The base folder of a cluster that was made and stopped."""
    subprocess.run(["cp", "-a", str(template), str(place / "base")], check=True)
    return place / "base"


@pytest.fixture(scope="session")
def program_argv() -> list[str]:
    """Start of the command line of a program that uses a cluster."""
    return [sys.executable, str(HERE / "cluster_program.py")]


@pytest.fixture(scope="session")
def program_environment() -> dict[str, str]:
    """What such a program needs in its environment beyond what is there."""
    return {"PYTHONPATH": str(REPOSITORY)}


@pytest.fixture
def spawn(place: Path, program_argv: list[str], program_environment: dict[str, str]) -> Iterator[Spawn]:
    """Start a program that uses the cluster of a base folder."""
    programs: list[Program] = []

    def start(
        base: Path, *options: str, prefix: tuple[str, ...] = (), environment: dict[str, str] | None = None
    ) -> Program:
        argv = [*prefix, *program_argv, str(base), *options]
        programs.append(Program(argv, {**os.environ, **program_environment, **(environment or {})}))
        return programs[-1]

    yield start
    for program in programs:
        program.kill()


@pytest.fixture
def ordinary() -> tuple[str, ...]:
    """Options that make a program run as an ordinary user: oneself, unless one is root."""
    return ("--account", "nobody") if os.geteuid() == 0 else ()


@pytest.fixture
def ordinary_uid() -> int:
    """The user that `ordinary` programs run as."""
    return pwd.getpwnam("nobody").pw_uid if os.geteuid() == 0 else os.geteuid()
