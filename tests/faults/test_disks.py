"""A full disk and a read-only one: told by name with what to do, nothing committed is lost, and it goes on."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import text

from gridmap.cli import main
from gridmap.errors import GridmapError
from gridmap.services.backups.making import make_backup
from gridmap.services.backups.shelf import Shelf
from gridmap.settings import Settings
from gridmap.storage.database import Database
from gridmap.storage.embedded import EmbeddedCluster
from gridmap.storage.faults import translated

pytestmark = pytest.mark.faults

Mount = Callable[..., None]


@pytest.fixture
def disk() -> Iterator[Path]:
    """A small disk of its own, which may be filled or made read-only."""
    folder = Path(tempfile.mkdtemp(prefix="gm-disk-", dir="/tmp")).resolve()
    size = ["mount", "-t", "tmpfs", "-o", "size=200m,mode=755", "gridmap-test", str(folder)]
    if os.geteuid() != 0 or subprocess.run(size, capture_output=True, check=False).returncode:
        folder.rmdir()
        pytest.skip("only root mounts a disk")
    yield folder
    if (folder / "home" / "database").is_dir():
        subprocess.run(["mount", "-o", "remount,rw", str(folder)], check=True)
        EmbeddedCluster(folder / "home" / "database").shut_down(force=True)
    subprocess.run(["umount", "-l", str(folder)], check=True)
    folder.rmdir()


def fill(folder: Path) -> Path:
    """Leave no block free."""
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file:
        for size in (1 << 20, 1 << 12):
            try:
                while True:
                    file.write(b"\0" * size)
            except OSError:
                continue
    return filler


def refused(home: Path, *words: str) -> str:
    """Run a command that cannot be done; what it said: a code and two sentences, no trace."""
    done = CliRunner().invoke(main, words, env={"GRIDMAP_HOME": str(home), "COLUMNS": "300"})
    assert isinstance(done.exception, SystemExit), done.exception
    assert done.exit_code == 1
    return done.output


@pytest.fixture
def town(disk: Path, template: Path) -> Path:
    (disk / "home").mkdir()
    subprocess.run(["cp", "-a", str(template), str(disk / "home" / "database")], check=True)
    return disk / "home"


def write(database: Database, megabytes: int) -> None:
    with translated(), database.owner_engine() as engine, engine.begin() as connection:
        connection.execute(text("create table if not exists public.kept (n int, filling text)"))
        connection.execute(
            text(
                "insert into public.kept select g, (select string_agg(md5(random()::text), '') from"
                " generate_series(1, 32) where g > 0) from generate_series(1, :n) g"
            ),
            {"n": megabytes * 1000},
        )


def rows(database: Database) -> int:
    with database.owner_engine() as engine, engine.connect() as connection:
        return int(connection.scalar(text("select count(*) from public.kept")) or 0)


def test_a_disk_that_fills_up_is_named_and_what_was_committed_stays(town: Path, disk: Path) -> None:
    with Database(Settings(home=town)) as database:
        write(database, 1)
        filler = fill(disk)
        with pytest.raises(GridmapError) as told:
            write(database, 30)
        # The server may have gone down with its log; then it does not answer, and comes back below.
        assert told.value.code in {"database-disk-full", "database-unreachable"}
        assert told.value.status == 503
        with pytest.raises(GridmapError) as told:
            make_backup(database)
        assert told.value.code in {"disk-full", "database-disk-full", "database-unreachable"}
        assert Shelf(town / "backups").newest() is None
        filler.unlink()
        database.revive()
        assert rows(database) == 1000
        write(database, 1)
        assert rows(database) == 2000


def test_a_full_disk_at_the_start_is_told_without_a_trace_and_the_start_succeeds_once_there_is_room(
    town: Path, disk: Path
) -> None:
    filler = fill(disk)
    said = refused(town, "db", "check")
    assert "disk-full" in said
    assert str(town) in said
    assert "Make room" in said
    filler.unlink()
    with Database(Settings(home=town)) as database:
        write(database, 1)


def test_a_read_only_disk_is_told_without_a_trace(town: Path, disk: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    said = refused(town, "db", "check")
    assert "disk-read-only" in said
    assert str(town) in said
    assert "mount it writable" in said
    done = CliRunner().invoke(main, ["doctor"], env={"GRIDMAP_HOME": str(town), "COLUMNS": "300"})
    assert done.exit_code == 1
    assert "✗ disk" in done.output
    assert "✗ database" in done.output
    subprocess.run(["mount", "-o", "remount,rw", str(disk)], check=True)
    with Database(Settings(home=town)) as database:
        write(database, 1)
