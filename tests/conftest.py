"""Databases, a running server and reference data that tests share."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Literal

import pytest
from sqlalchemy import URL, create_engine, make_url, text
from sqlalchemy.pool import NullPool

from gridmap.settings import Settings
from gridmap.storage.database import Database
from gridmap.storage.models import Base
from gridmap.storage.schema import upgrade

REPOSITORY = Path(__file__).resolve().parents[1]
PATIENCE_S = 180


def _open_home() -> Path:
    # pytest's own folders are closed to the account that runs the server for root.
    folder = Path(tempfile.mkdtemp(prefix="gm-", dir="/tmp")).resolve()
    folder.chmod(0o755)
    return folder


def administer(url: URL, *statements: str) -> None:
    """Run statements as the owner of a server, each on its own."""
    engine = create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for statement in statements:
            connection.execute(text(statement))


@pytest.fixture(scope="session")
def database() -> Iterator[Database]:
    """A workspace of this worker's own with every table; see `blank` for one without rows."""
    home = _open_home()
    with Database(Settings(home=home, threads=2)) as opened:
        server = opened.owner_url.set(database="postgres")
        administer(server, "create database without_schema template gridmap")
        upgrade(opened)
        administer(server, "create database with_schema template gridmap")
        yield opened
    shutil.rmtree(home)


MakeDatabase = Callable[[Literal["with_schema", "without_schema"]], Database]


@pytest.fixture(scope="module")
def make_database(database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[MakeDatabase]:
    """Make further databases on the worker's server: PostGIS is there, the schema where it is asked for."""
    assert database.cluster is not None
    server = database.owner_url.set(database="postgres")
    made: list[tuple[str, Database]] = []

    def make(template: Literal["with_schema", "without_schema"]) -> Database:
        name = f"extra_{next(_numbers)}"
        administer(server, f"create database {name} template {template}")
        opened = Database(
            Settings(
                home=tmp_path_factory.mktemp("home"),
                threads=2,
                DATABASE_URL=_address(database.owner_url, name),
                app_database_url=_address(database.app_url, name),
            )
        ).open()
        made.append((name, opened))
        return opened

    yield make
    for name, opened in made:
        opened.close()
        administer(server, f"drop database {name} with (force)")


_numbers = count()


def _address(url: URL, name: str) -> str:
    return make_url(url).set(database=name).render_as_string(hide_password=False)


@pytest.fixture
def blank(database: Database) -> Database:
    """The worker's database, with the rows of earlier tests removed."""
    tables = ", ".join(str(table) for table in Base.metadata.sorted_tables)
    with database.owner_engine() as engine, engine.begin() as connection:
        connection.execute(text(f"truncate {tables} restart identity cascade"))
    return database


@pytest.fixture(scope="session")
def demo_home() -> Iterator[Path]:
    """Folder of a workspace with the demonstration town; one for each worker."""
    from gridmap.services.demo import load_town

    home = _open_home()
    with Database(Settings(home=home, threads=2)) as opened:
        upgrade(opened)
        load_town(opened, on_progress=None)
        yield home
    shutil.rmtree(home)


@pytest.fixture(scope="session")
def demo_database(demo_home: Path) -> Iterator[Database]:
    """The demonstration town's database, for tests that only read it or roll back."""
    with Database(Settings(home=demo_home, threads=2)) as opened:
        yield opened


@pytest.fixture(scope="session")
def demo_server(demo_home: Path) -> Iterator[str]:
    """Address (without a slash at its end) of a running ``gridmap serve`` over the demonstration town."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    environment = {k: v for k, v in os.environ.items() if k not in {"DATABASE_URL", "GRIDMAP_HOST"}}
    environment |= {"GRIDMAP_HOME": str(demo_home), "GRIDMAP_PORT": str(port), "PYTHONPATH": str(REPOSITORY)}
    with tempfile.TemporaryFile("w+") as printed:
        process = subprocess.Popen(
            [sys.executable, "-c", "from gridmap.cli import main; main()", "serve"],
            cwd=REPOSITORY,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=printed,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            if not _answers(f"{address}/healthz", process):
                printed.seek(0)
                pytest.fail(f"gridmap serve never answered (exit code {process.poll()}): {printed.read()}")
            yield address
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(PATIENCE_S)
            finally:
                process.kill()


def _answers(url: str, process: subprocess.Popen[bytes]) -> bool:
    end_s = time.monotonic() + PATIENCE_S
    while process.poll() is None and time.monotonic() < end_s:
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 - its own address
                return bool(answer.status == 200)
        except OSError:
            time.sleep(0.1)
    return False


@pytest.fixture(scope="session")
def reference_dir() -> Path:
    """Published reference data beside the checkout, or where GRIDMAP_REFERENCE says; skips where it is absent."""
    folder = Path(os.environ.get("GRIDMAP_REFERENCE") or REPOSITORY.parent / "shared" / "reference")
    if not folder.is_dir():
        pytest.skip("no published reference data here")
    return folder


def pytest_configure(config: pytest.Config) -> None:
    """Keep tests away from a real workspace that the environment names."""
    for name in ("DATABASE_URL", "GRIDMAP_HOME", "GRIDMAP_APP_DATABASE_URL"):
        os.environ.pop(name, None)
