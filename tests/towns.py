"""Databases that are made once and copied: without schema, with it, and with the demonstration town in four states.

The whole suite shares one cluster. Making its templates takes half a minute, so the stopped cluster is kept under
``.cache/towns`` in a folder named by a digest of all that made it; a run starts a copy, and tests get databases that
PostgreSQL copies from a template.
"""

from __future__ import annotations

import contextlib
import csv
import datetime as dt
import fcntl
import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import IO, Literal

from sqlalchemy import URL, create_engine, text
from sqlalchemy.pool import NullPool

from gridmap.domain.gridkey import Scope
from gridmap.services.demo import load_town
from gridmap.services.ground.boundaries import BoundaryOptions, import_boundaries
from gridmap.services.hotspots.runs import run_hotspots
from gridmap.services.hotspots.spec import HotspotSpec
from gridmap.services.house import IMPORT_KINDS
from gridmap.services.imports.records import ImportOptions, import_records
from gridmap.settings import Settings
from gridmap.storage.database import Database
from gridmap.storage.embedded import EmbeddedCluster
from gridmap.storage.embedded.programs import find_programs
from gridmap.storage.schema import upgrade

REPOSITORY = Path(__file__).resolve().parents[1]
DATA = REPOSITORY / "data" / "boundaries"
KEPT = REPOSITORY / ".cache" / "towns"

Template = Literal["without_schema", "with_schema", "villages", "recorded", "demo", "hot"]
RECORDS = (
    ("organisations", "organisations"),
    ("teams", "teams"),
    ("migrants", "migrant_clusters"),
    ("incidents", "incidents"),
    ("incident_steps", "incident_steps"),
    ("team_positions", "team_positions"),
)
# Nothing of a test's database has to outlive its machine.
_CARELESS = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "shared_buffers": "'256MB'",
    "max_connections": "300",
}


def administer(url: URL, *statements: str) -> None:
    """Run statements as the owner of a server, each on its own."""
    engine = create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for statement in statements:
            connection.execute(text(statement))


def nights_since(now: dt.datetime) -> int:
    """Days by which loading the town at ``now`` moves its night of positions."""
    with (DATA / "team_positions.csv").open(encoding="utf-8") as lines:
        newest = max(dt.datetime.fromisoformat(row["at"]) for row in csv.DictReader(lines))
    return max(0, (now - newest).days)


class Towns:
    """The suite's server, and the databases that this process has copied on it.

    Parameters
    ----------
    server : Database
        Open; its owner may make databases.
    folder : Path
        Where each copy gets a folder of a workspace.
    """

    _numbers = count()

    def __init__(self, server: Database, folder: Path) -> None:
        self._server = server
        self._folder = folder
        self._open: dict[str, Database] = {}

    def make(self, template: Template, name: str | None = None) -> Database:
        """Copy a template and open the copy."""
        name = name or f"copy_{os.getpid()}_{next(self._numbers)}"
        # Copying files beats logging pages: nothing here has to be recovered.
        self._administer(f"create database {name} template {template} strategy file_copy")
        self._open[name] = opened = self._database(name)
        return opened.open()

    def drop(self, database: Database) -> None:
        """Close a copy and remove it."""
        database.close()
        name = next(n for n, opened in self._open.items() if opened is database)
        del self._open[name]
        self._administer(f"drop database {name} with (force)")

    def close(self) -> None:
        """Close and remove every copy that is left."""
        for opened in list(self._open.values()):
            self.drop(opened)

    def _administer(self, *statements: str) -> None:
        administer(self._server.owner_url.set(database="postgres"), *statements)

    def _database(self, name: str) -> Database:
        home = self._folder / name
        home.mkdir(parents=True)

        def address(url: URL) -> str:
            return url.set(database=name).render_as_string(hide_password=False)

        return Database(
            Settings(
                home=home,
                threads=2,
                DATABASE_URL=address(self._server.owner_url),
                app_database_url=address(self._server.app_url),
            )
        )

    def finish(self, name: str, database: Database) -> None:
        """Make a template of a copy: nobody connects to it any more, so anybody may copy it at any time."""
        # A server does this within a minute of a loading. Without it the planner takes a town for a handful of rows,
        # and every copy asks its joins row by row.
        administer(database.owner_url, "vacuum analyze")
        database.close()
        del self._open[name]
        self._administer(f"alter database {name} with is_template true allow_connections false")


def environment_of(database: Database) -> dict[str, str]:
    """Variables by which a command finds a copy."""
    return {
        "GRIDMAP_HOME": str(database.settings.home),
        "DATABASE_URL": database.owner_url.render_as_string(hide_password=False),
        "GRIDMAP_APP_DATABASE_URL": database.app_url.render_as_string(hide_password=False),
    }


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Let one process at a time into the block."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def unpack(base: Path, room: Path) -> None:
    """Put a copy of the cluster with all templates where it is wanted; make it first if anything has changed.

    Parameters
    ----------
    base : Path
        The base folder of the new cluster; absent.
    room : Path
        An open folder, in which a cluster may be made.
    """
    with locked(KEPT / "lock"):
        _copy(_kept(room), base)


def _kept(room: Path) -> Path:
    """Give the kept cluster; make it first if anything has changed."""
    kept = KEPT / _digest(nights_since(dt.datetime.now(dt.UTC)))
    if not kept.is_dir():
        _make(room / "making")
        for old in KEPT.iterdir():
            if old.is_dir():
                shutil.rmtree(old)
        new = KEPT / "new"
        _copy(room / "making" / "database", new)
        new.rename(kept)
        shutil.rmtree(room / "making")
    return kept


def _copy(source: Path, target: Path) -> None:
    subprocess.run(["cp", "-a", "--reflink=auto", str(source), str(target)], check=True)


def _digest(nights: int) -> str:
    """Name everything that has a say in what the templates hold.

    The command line and the page have none: import contracts keep services from seeing them.
    """
    told = hashlib.sha256(f"{nights} {find_programs().bindir}".encode())
    above = REPOSITORY / "gridmap" / "cli"
    files = [Path(__file__), REPOSITORY / "constraints.txt", *DATA.rglob("*")]
    files += [path for path in (REPOSITORY / "gridmap").rglob("*") if not path.is_relative_to(above)]
    for path in sorted(files):
        if path.is_file() and "__pycache__" not in path.parts:
            told.update(f"{path.relative_to(REPOSITORY)} {path.stat().st_size}\n".encode())
            told.update(path.read_bytes())
    return told.hexdigest()[:16]


def _make(home: Path) -> None:
    with Database(Settings(home=home, threads=2)) as server:
        url = server.owner_url.set(database="postgres")
        administer(url, *(f"alter system set {name} = {value}" for name, value in _CARELESS.items()))
    with Database(Settings(home=home, threads=2)) as server:
        administer(
            server.owner_url.set(database="postgres"),
            "alter database gridmap rename to without_schema",
            "alter database without_schema with is_template true allow_connections false",
            "create database gridmap template without_schema",
        )
        towns = Towns(server, home / "copies")
        for name, below, fill in (
            ("with_schema", "without_schema", upgrade),
            ("villages", "with_schema", _bring_villages),
            ("recorded", "villages", _bring_records),
            ("demo", "with_schema", _bring_town),
            ("hot", "demo", _find_hotspots),
        ):
            made = towns.make(below, name)  # type: ignore[arg-type]
            fill(made)
            towns.finish(name, made)


def _bring_villages(town: Database) -> None:
    files = [DATA / f"{name}.geojson" for name in ("town", "areas", "villages")]
    result = import_boundaries(town, Scope.whole(), files, BoundaryOptions())
    assert result.committed, [f.en for f in result.errors]


def _bring_records(town: Database) -> None:
    for noun, file in RECORDS:
        # Cases that only name a micro-grid have no place here, and so have their steps.
        options = ImportOptions(accept_valid=noun.startswith("incident"))
        done = import_records(town, Scope.whole(), IMPORT_KINDS[noun], DATA / f"{file}.csv", options)
        assert done.committed
        assert done.inserted > 0.98 * done.total


def _bring_town(town: Database) -> None:
    # The edition whose dates stand: what tests count does not change from day to day.
    load_town(town, edition=1)


def _find_hotspots(town: Database) -> None:
    asked = HotspotSpec("gi", dt.date(2026, 5, 1), dt.date(2026, 10, 31), seed=7)
    run_hotspots(town, Scope.whole(), asked)


def stop(base: Path) -> None:
    """Stop the cluster if it still runs: a worker that died could not."""
    if base.is_dir():
        EmbeddedCluster(base).shut_down(force=True)


_RUNNING = "running"
"""File in the folder of a run, locked for as long as the run lives."""


def claim(home: Path) -> IO[str]:
    """Mark a folder as that of a run that lives: until what is returned is closed, or the process ends in any way."""
    new = home / f".{_RUNNING}"
    held = new.open("w")
    fcntl.flock(held, fcntl.LOCK_EX)
    # Whoever finds it under its name finds it locked.
    new.rename(home / _RUNNING)
    return held


def sweep(*grounds: Path) -> list[Path]:
    """Remove what killed runs left, their clusters first: in memory nothing else ever would. Return the folders."""
    swept = []
    for mark in sorted(mark for ground in grounds for mark in ground.glob(f"gm-*/{_RUNNING}")):
        with contextlib.suppress(OSError), mark.open("r") as held:
            if mark.stat().st_uid != os.getuid():
                continue
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            stop(mark.parent / "database")
            shutil.rmtree(mark.parent)
            swept.append(mark.parent)
    return swept


def main() -> None:
    """Make the kept cluster before workers wait for each other to do it."""
    with tempfile.TemporaryDirectory(prefix="gm-", dir="/tmp") as folder, locked(KEPT / "lock"):
        room = Path(folder).resolve()
        # The account that runs the server for root goes through it.
        room.chmod(0o755)
        try:
            _kept(room)
        finally:
            stop(room / "making" / "database")


if __name__ == "__main__":
    main()
