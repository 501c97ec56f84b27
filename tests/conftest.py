"""Databases, a running server and reference data that tests share."""

from __future__ import annotations

import contextlib
import gc
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

import hypothesis
import pytest
from sqlalchemy import text

from gridmap.settings import Settings
from gridmap.storage.database import Database
from gridmap.storage.models import Base
from tests import templates
from tests.doors import ShowingToken, make_passwords_cheap, token_of
from tests.towns import Template, Towns, claim, environment_of, locked, stop, sweep, unpack
from tests.warm import GRIDMAP, WARM_WORKERS, Warm, bound_warm, cold

REPOSITORY = Path(__file__).resolve().parents[1]
PATIENCE_S = 600
TASK_TIME = "task time"
"""Name of what a test records of a person's task; printed at the end."""
_PLENTY = 6 << 30
LONG = (
    "api/test_fuzzing.py",
    "api/test_one_query.py",
    "api/test_ways_out.py",
    "integration/test_demo.py",
    "integration/test_hostile_names.py",
    "integration/test_patrols.py",
    "integration/test_reports.py",
    "integration/test_sealed.py",
    "integration/test_services_exports.py",
    "integration/test_wheel.py",
    "property/test_patrol_plans.py",
    "unit/analysis/patrol/test_plan.py",
    "unit/analysis/test_hotspot_calibration.py",
    "unit/reference/test_patrol.py",
    "unit/test_affected.py",
    "unit/test_town_redraw.py",
)
"""Files that take more than a minute."""

# A busy machine is no fault of what is tested.
hypothesis.settings.register_profile(
    "suite", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("suite")


_HOME = pytest.StashKey[Path]()
_CLAIM = pytest.StashKey[IO[str]]()
_MEMORY, _DISK = Path("/dev/shm"), Path("/tmp")


@pytest.fixture(scope="session")
def towns(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Towns]:
    """The server of the whole run, on which this worker copies the templates that it needs."""
    home = request.config.stash[_HOME]
    with locked(home / "lock"):
        if not (home / "database").exists():
            unpack(home / "database", home)
    with Database(Settings(home=home, threads=2)) as server:
        made = Towns(server, tmp_path_factory.mktemp("towns"))
        yield made
        made.close()


@pytest.fixture(scope="session")
def database(towns: Towns) -> Database:
    """A workspace of this worker's own with every table; see `blank` for one without rows."""
    return towns.make("with_schema")


MakeDatabase = Callable[[Template], Database]


@pytest.fixture(scope="module")
def make_database(towns: Towns) -> Iterator[MakeDatabase]:
    """Copy templates for a module."""
    made: list[Database] = []

    def make(template: Template) -> Database:
        made.append(towns.make(template))
        return made[-1]

    yield make
    for opened in made:
        towns.drop(opened)


@pytest.fixture
def blank(database: Database) -> Database:
    """The worker's database, with the rows of earlier tests removed."""
    names = [str(table) for table in Base.metadata.sorted_tables]
    with database.owner_engine() as engine, engine.begin() as connection:
        # Emptying a table costs more than looking into it.
        filled = [name for name in names if connection.scalar(text(f"select exists(select from {name})"))]
        if filled:
            connection.execute(text(f"truncate {', '.join(filled)} restart identity cascade"))
    return database


@pytest.fixture(scope="session")
def demo_database(towns: Towns) -> Database:
    """The demonstration town, for tests that only read it or put everything back; one for each worker."""
    return towns.make("demo")


@pytest.fixture(scope="session")
def demo_server(demo_database: Database, request: pytest.FixtureRequest) -> Iterator[str]:
    """Address (without a slash at its end) of a running ``gridmap serve`` over the demonstration town."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    environment = {k: v for k, v in os.environ.items() if k not in {"DATABASE_URL", "GRIDMAP_HOST"}}
    environment |= environment_of(demo_database) | {"GRIDMAP_PORT": str(port), "PYTHONPATH": str(REPOSITORY)}
    # A server that has run for ten minutes makes up for a backup that was missed, and other tests count backups.
    environment |= {"GRIDMAP_BACKUP_AT": "off", WARM_WORKERS: "yes"}
    with tempfile.TemporaryFile("w+") as printed:
        process = Warm([*GRIDMAP, "serve"], env=environment, stdout=printed, stderr=subprocess.STDOUT)
        left = request.config.stash[_HOME] / f"server-{process.pid}"
        left.touch()
        try:
            if not _answers(f"{address}/healthz", process):
                printed.seek(0)
                pytest.fail(f"gridmap serve never answered (exit code {process.poll()}): {printed.read()}")
            urllib.request.install_opener(
                urllib.request.build_opener(ShowingToken(address, token_of(demo_database)))
            )
            yield address
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(PATIENCE_S)
            finally:
                process.kill()
                left.unlink()


def _answers(url: str, process: Warm) -> bool:
    end_s = time.monotonic() + PATIENCE_S
    while process.poll() is None and time.monotonic() < end_s:
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 - its own address
                return bool(answer.status == 200)
        except OSError:
            time.sleep(0.1)
    return False


@pytest.fixture
def cold_start() -> Iterator[None]:
    """Let what reads untrusted files and fills pages start as it does where the product runs."""
    with cold():
        yield


@pytest.fixture(scope="session")
def reference_dir() -> Path:
    """Published reference data beside the checkout, or where GRIDMAP_REFERENCE says; skips where it is absent."""
    folder = Path(os.environ.get("GRIDMAP_REFERENCE") or REPOSITORY.parent / "shared" / "reference")
    if not folder.is_dir():
        pytest.skip("no published reference data here")
    return folder


def pytest_configure(config: pytest.Config) -> None:
    """Keep tests away from a real workspace that the environment names, and give the run a folder."""
    for name in ("DATABASE_URL", "GRIDMAP_HOME", "GRIDMAP_APP_DATABASE_URL"):
        os.environ.pop(name, None)
    # What starts the tests may ignore SIGINT or SIGHUP, as a shell or nohup does for what it runs behind; a person's
    # shell does not, and every program that tests start would inherit it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    if hasattr(config, "workerinput"):
        config.stash[_HOME] = Path(config.workerinput["home"])
    else:
        # pytest's own folders are closed to the account that runs the server for root.
        sweep(_MEMORY, _DISK)
        config.stash[_HOME] = home = Path(tempfile.mkdtemp(prefix="gm-", dir=_ground())).resolve()
        home.chmod(0o755)
        config.stash[_CLAIM] = claim(home)
        (home / "templates").mkdir()
    os.environ[templates.FOLDER] = kept = str(config.stash[_HOME] / "templates")
    templates.keep_compiled(kept)
    make_passwords_cheap()
    bound_warm()


def _ground() -> Path:
    """Where the run's databases stand: in memory where there is plenty, since no disk has to keep them."""
    if _MEMORY.is_dir() and os.access(_MEMORY, os.W_OK) and shutil.disk_usage(_MEMORY).free > _PLENTY:
        free = next(line for line in Path("/proc/meminfo").read_text().splitlines() if "MemAvailable" in line)
        if min(int(free.split()[1]) * 1024, _allowed()) > 2 * _PLENTY:
            return _MEMORY
    return _DISK


def _allowed() -> float:
    """Bytes that a container may hold, its files in memory among them."""
    for file in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        with contextlib.suppress(OSError, ValueError):
            return float(Path(file).read_text())
    return float("inf")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put long files first, so that no worker is left alone with one at the end.

    Files whose tests wait (for servers that are killed) take turns with those that compute (what a browser draws).
    Of the others those that take more than a minute come first.
    """
    folders = ("integration", "api", "property", "reference", "unit")
    long = {
        name: sorted({item.path.name for item in items if item.path.parent.name == name})
        for name in ("faults", "browser")
    }

    def turn(item: pytest.Item) -> tuple[int, int]:
        folder = item.path.parent.name
        if folder in long:
            return 0, long[folder].index(item.path.name)
        if str(item.path.relative_to(REPOSITORY / "tests")) in LONG:
            return 1, 0
        return 2, folders.index(folder) if folder in folders else len(folders)

    items.sort(key=turn)


def pytest_collection_finish() -> None:
    """Leave what was imported and collected out of every collection of garbage: a fifth of the tests' own time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a worker of the run's folder."""
    node.workerinput["home"] = str(node.config.stash[_HOME])


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print what tests have measured of people's tasks, whichever worker ran them."""
    told = [
        value
        for report in terminalreporter.getreports("passed")
        for name, value in report.user_properties
        if name == TASK_TIME and report.when == "call"
    ]
    if told:
        terminalreporter.section("task times, at a person's speed")
        for line in sorted(told):
            terminalreporter.write_line(str(line))


def pytest_unconfigure(config: pytest.Config) -> None:
    """Remove the run's folder after the last worker."""
    if _HOME in config.stash and not hasattr(config, "workerinput"):
        # Workers that an interrupt ended could not stop their servers.
        for left in config.stash[_HOME].glob("server-*"):
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(left.name.removeprefix("server-")), signal.SIGTERM)
        stop(config.stash[_HOME] / "database")
        shutil.rmtree(config.stash[_HOME])


@pytest.fixture(scope="session")
def found_in_use() -> Path:
    """Folder of small inputs that failed in use, outside the repository; tests of them skip where it is not."""
    folder = Path(os.environ.get("GRIDMAP_FOUND") or REPOSITORY.parent / "shared" / "found")
    if not folder.is_dir():
        pytest.skip("the inputs found in use are not here")
    return folder
