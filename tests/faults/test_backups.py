"""Nothing lost: what was acknowledged comes back from the backups, to any second, and a drill proves it."""

from __future__ import annotations

import contextlib
import datetime as dt
import io
import os
import re
import shutil
import subprocess
import tarfile
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner
from sqlalchemy import text

from gridmap.cli import main
from gridmap.domain.gridkey import Scope
from gridmap.errors import Broken, Conflict, GridmapError, Unavailable
from gridmap.files.packed import pack
from gridmap.services.backups.drill import drill
from gridmap.services.backups.making import keep_log, make_backup
from gridmap.services.backups.restoring import Restored, Wanted, restore
from gridmap.services.backups.schedule import FIRST_AFTER_S, BackupKeeper, standing
from gridmap.services.backups.shelf import Shelf
from gridmap.services.house import IMPORT_KINDS
from gridmap.services.imports.records import ImportOptions, import_records
from gridmap.settings import Settings
from gridmap.storage.backups.figures import figures
from gridmap.storage.database import Database
from tests.faults.conftest import FarMachine
from tests.faults.killing import kill_cluster
from tests.towns import DATA
from tests.warm import GRIDMAP, Warm

pytestmark = pytest.mark.faults

REPOSITORY = Path(__file__).resolve().parents[2]
PATIENCE_S = 600


@pytest.fixture
def home(demonstration: Path, place: Path) -> Path:
    subprocess.run(["cp", "-a", "--reflink=auto", str(demonstration), str(place / "home")], check=True)
    return place / "home"


def at(home: Path, **more: Any) -> Database:
    return Database(Settings(home=home, **more))


def ask(database: Database, sql: str) -> Any:
    with database.owner_engine() as engine, engine.begin() as connection:
        result = connection.execute(text(sql))
        return result.scalar() if result.returns_rows else None


def figures_of(database: Database) -> Any:
    with database.owner_engine() as engine, engine.connect() as connection:
        return figures(connection)


def kill_server(database: Database) -> None:
    """End every process of the server at once, as a machine that stops does."""
    assert database.cluster is not None
    kill_cluster(database.cluster)
    database.cluster.stop()


def data_of(home: Path) -> Path:
    (data,) = (home / "database" / "cluster").glob("[0-9]*/data")
    return data


def command(home: Path, *words: str, **own: str) -> tuple[int, str]:
    # One line of output is one line here.
    done = CliRunner().invoke(main, words, env={"GRIDMAP_HOME": str(home), "COLUMNS": "300", **own})
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.output


def test_a_drill_on_the_demonstration_finds_every_table_equal_and_prints_seconds(
    home: Path, place: Path, far_machine: FarMachine
) -> None:
    key, second = place / "backup.key", far_machine.address(place / "second")
    code, said = command(home, "db", "backup-key", str(key))
    assert code == 0
    own = {"GRIDMAP_BACKUP_COPY": second, **far_machine.settings}
    own["GRIDMAP_BACKUP_RECIPIENTS"] = re.search(r"GRIDMAP_BACKUP_RECIPIENTS=(age1\w+)", said)[1]  # type: ignore[index]
    code, said = command(home, "db", "backup", **own)
    assert code == 0, said
    backup = Shelf(home / "backups").newest()
    assert backup is not None
    assert backup.encrypted
    assert backup.tables["incidents"].rows > 3000
    assert all(file.name.endswith(".age") for file in backup.files)

    code, said = command(home, "db", "drill", **own)
    assert (code, "backup-key-needed" in said) == (1, True)
    # From the second place on another machine, as when the first is gone with its disk.
    shutil.rmtree(home / "backups")
    code, said = command(home, "db", "drill", "--from", second, "--key", str(key), **own)
    assert code == 0, said
    assert "every table equal" in said
    assert re.search(rf"{len(backup.tables)} 张表 / tables, \d+ 行 / rows, .*, \d+\.\d 秒 / s", said)
    assert not (home / "drill").exists()
    assert not (home / "fetched").exists()
    for where in (second, str(place / "second")):
        code, said = command(home, "db", "backups", "--from", where, **own)
        assert re.search(rf"{backup.name}.*是 / yes.*是 / yes", said), said
    packed = place / "second" / backup.name / backup.files[0].name
    packed.write_bytes(packed.read_bytes()[:-1])
    for where in (second, str(place / "second")):
        assert "否 / torn" in command(home, "db", "backups", "--from", where, **own)[1]


def test_a_restore_to_the_second_before_a_bad_import_gives_the_state_before_it(
    home: Path, place: Path
) -> None:
    (home / "notes").mkdir()
    (home / "notes" / "deep.txt").write_text("in a folder")
    with at(home) as database:
        make_backup(database)
        ask(database, "update gridmap.teams set name_zh = name_zh || '甲'")
        before = figures_of(database)
        moment = ask(database, "select clock_timestamp()")
        bad = place / "bad.csv"
        bad.write_text((DATA / "teams.csv").read_text("utf-8").replace("队", "坏"), "utf-8")
        done = import_records(database, Scope.whole(), IMPORT_KINDS["teams"], bad, ImportOptions())
        assert done.committed
        after = figures_of(database)
        assert after["teams"] != before["teams"]
        ask(database, "select pg_switch_wal()")
        deadline = time.monotonic() + PATIENCE_S
        while not keep_log(database):
            assert time.monotonic() < deadline
            time.sleep(0.02)
    (home / "app-notes.txt").write_text("written over")
    shutil.rmtree(home / "notes")
    (home / "notes").write_text("a file where a folder was")
    whole = Wanted(to=moment)
    with pytest.raises(Conflict) as refused:
        restore(at(home), whole)
    assert refused.value.code == "database-there"
    done_restore: Restored = restore(at(home), Wanted(to=moment, replace=True))
    assert done_restore.tables == before
    assert (home / "app-notes.txt").read_text() == "beside the database"
    assert (home / "notes" / "deep.txt").read_text() == "in a folder"
    with at(home) as database:
        assert figures_of(database) == before
        ask(database, "update gridmap.teams set name_zh = name_zh || '乙'")
        # Life goes on, on a timeline of its own, and is backed up like before.
        again = figures_of(database)
        make_backup(database)
    assert drill(at(home)).tables == again
    # What was there is kept: both folders, whole.
    aside, files = (Path(name) for name in done_restore.set_aside)
    assert (files / "app-notes.txt").read_text() == "written over"
    assert (files / "notes").read_text() == "a file where a folder was"
    shutil.rmtree(data_of(home))
    aside.rename(data_of(home) if data_of_is_there(home) else aside.with_name("data"))
    with at(home) as database:
        assert figures_of(database) == after


def data_of_is_there(home: Path) -> bool:
    return bool(list((home / "database" / "cluster").glob("[0-9]*/data")))


def test_a_backup_under_writes_loses_nothing_that_was_acknowledged(home: Path) -> None:
    acknowledged: list[int] = []
    with at(home) as database:
        ask(database, "create table gridmap.written (n int primary key)")
        ask(database, "alter table gridmap.written enable row level security")
        assert database.cluster is not None
        socket_dir = str(database.cluster.status().socket_dir)
        over = threading.Event()

        def write() -> None:
            with (
                contextlib.suppress(psycopg.OperationalError),
                psycopg.connect(
                    host=socket_dir, user="gridmap", dbname="gridmap", autocommit=True
                ) as connection,
            ):
                # What the careless settings of the tests' cluster leave out is what is promised here.
                connection.execute("set synchronous_commit = on")
                while not over.is_set():
                    connection.execute("insert into gridmap.written values (%s)", [len(acknowledged)])
                    acknowledged.append(len(acknowledged))

        writer = threading.Thread(target=write)
        writer.start()
        begun_s = time.monotonic()
        try:
            backup = make_backup(database)
            took_s, during = time.monotonic() - begun_s, len(acknowledged)
            deadline = time.monotonic() + PATIENCE_S
            while len(acknowledged) < during + 200:
                assert time.monotonic() < deadline
                time.sleep(0.01)
            kill_server(database)
        finally:
            over.set()
            writer.join()
    assert during > 200
    assert backup.tables["written"].rows < len(acknowledged), took_s
    assert drill(at(home)).is_compared
    (data_of(home) / "global" / "pg_control").unlink()
    done = restore(at(home), Wanted(replace=True))
    assert done.tables["written"].rows >= len(acknowledged)
    with at(home) as database:
        kept = ask(database, "select array_agg(n order by n) from gridmap.written")
    assert kept[: len(acknowledged)] == acknowledged
    assert len(kept) <= len(acknowledged) + 1


def test_a_missing_control_file_is_told_with_the_way_back(home: Path) -> None:
    (data_of(home) / "global" / "pg_control").unlink()
    code, said = command(home, "db", "check")
    assert code == 1
    assert "database-folder-torn" in said
    assert "global/pg_control" in said
    assert "gridmap db restore" in said
    # Nothing was begun anew over it.
    shutil.rmtree(data_of(home) / "pg_xact")
    (data_of(home) / "PG_VERSION").unlink()
    code, said = command(home, "db", "check")
    assert (code, "PG_VERSION" in said, "gridmap db restore" in said) == (1, True, True)


@pytest.fixture(scope="module")
def backed_up(demonstration: Path) -> Iterator[Path]:
    """A workspace with one backup, stopped; to be copied by whoever damages it."""
    room = Path(tempfile.mkdtemp(prefix="gm-", dir="/tmp")).resolve()
    room.chmod(0o755)
    subprocess.run(["cp", "-a", "--reflink=auto", str(demonstration), str(room / "home")], check=True)
    with at(room / "home") as database:
        make_backup(database)
    yield room / "home"
    shutil.rmtree(room)


def test_a_running_database_and_one_that_nobody_named_are_not_replaced(backed_up: Path) -> None:
    with at(backed_up) as database:
        before = figures_of(database)
        with pytest.raises(Conflict) as refused:
            restore(at(backed_up), Wanted(replace=True))
        assert refused.value.code == "database-runs"
        assert figures_of(database) == before
    with pytest.raises(Conflict) as refused:
        restore(at(backed_up), Wanted())
    assert refused.value.code == "database-there"
    assert [path.name for path in data_of(backed_up).parent.glob("data*")] == ["data"]


def test_a_torn_copy_of_a_backup_restores_nothing(backed_up: Path, place: Path) -> None:
    shutil.copytree(backed_up / "backups", place / "copy")
    backup = Shelf(place / "copy").find(None)
    main_file = place / "copy" / backup.name / backup.files[0].name
    main_file.write_bytes(main_file.read_bytes()[:-1000])
    for attempt in (
        lambda: restore(at(backed_up), Wanted(source=str(place / "copy"), replace=True)),
        lambda: drill(at(backed_up), source=str(place / "copy")),
    ):
        with pytest.raises(Broken) as refused:
            attempt()
        assert refused.value.code == "backup-torn"
    code, said = command(backed_up, "db", "backups", "--from", str(place / "copy"))
    assert (code, "否 / torn" in said) == (0, True)
    assert [path.name for path in data_of(backed_up).parent.glob("data*")] == ["data"]


def test_files_that_cannot_be_brought_back_leave_the_database_as_it_is(backed_up: Path, place: Path) -> None:
    shutil.copytree(backed_up / "backups", place / "copy")
    shelf = Shelf(place / "copy")
    backup = shelf.find(None)
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        tar.addfile(tarfile.TarInfo("../outside"), io.BytesIO())
    out.seek(0)
    files = pack(out, shelf.place(backup.name), "files.tar")
    shelf.write(replace(backup, files=(backup.files[0], files)))
    before = sorted(path.name for path in (*backed_up.iterdir(), *data_of(backed_up).parent.iterdir()))
    with pytest.raises(Broken) as refused:
        restore(at(backed_up), Wanted(source=str(place / "copy"), replace=True))
    assert refused.value.code == "backup-torn"
    assert (
        sorted(path.name for path in (*backed_up.iterdir(), *data_of(backed_up).parent.iterdir())) == before
    )


def test_a_gap_in_the_log_is_told_and_no_older_state_comes_back_silently(home: Path) -> None:
    with at(home) as database:
        backup = make_backup(database)
        assert backup.log is not None
        for name in ("gap", "after"):
            ask(database, f"create table public.{name} (a int)")
            last = ask(database, "select pg_walfile_name(pg_switch_wal())")
            deadline = time.monotonic() + PATIENCE_S
            while not any(last in path.name for path in Shelf(home / "backups").segments(backup.log.system)):
                assert time.monotonic() < deadline
                keep_log(database)
                time.sleep(0.02)
            if name == "gap":
                lost = last
    (Shelf(home / "backups").log(backup.log.system) / f"{lost}.gz").unlink()
    shutil.rmtree(data_of(home) / "pg_wal")
    with pytest.raises(Broken) as refused:
        restore(at(home), Wanted(replace=True))
    assert refused.value.code == "backup-log-gap"
    # As of its own moment it is whole.
    assert restore(at(home), Wanted(name=backup.name, replace=True)).tables == backup.tables


def test_a_moment_after_all_that_is_known_is_told(backed_up: Path) -> None:
    tomorrow = dt.datetime.now(dt.UTC) + dt.timedelta(days=1)
    with pytest.raises(Unavailable) as refused:
        restore(at(backed_up), Wanted(to=tomorrow, replace=True))
    assert refused.value.code == "backup-ends-before"
    assert [path.name for path in data_of(backed_up).parent.glob("data*")] == ["data"]


def test_a_backup_killed_by_9_leaves_none_and_the_next_one_is_whole(
    home: Path, until: Callable[[Callable[[], object], str], None]
) -> None:
    process = Warm(
        [*GRIDMAP, "db", "backup"],
        env={**os.environ, "GRIDMAP_HOME": str(home), "PYTHONPATH": str(REPOSITORY)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    begun = home / "backups"
    until(lambda: list(begun.glob("*/cluster.tar*")) or process.poll() is not None, "a copy begins")
    process.kill()
    process.wait()
    shelf = Shelf(begun)
    assert shelf.newest() is None
    (torn,) = shelf.names()
    with at(home) as database:
        backup = make_backup(database)
    assert shelf.names() == [backup.name] != [torn]
    assert drill(at(home)).is_compared


def test_the_daily_backup_is_made_once_and_what_went_wrong_is_kept_for_the_page(
    home: Path, place: Path
) -> None:
    now = dt.datetime.now(dt.UTC)
    with at(home, backup_folder=place / "there") as database:
        settings = database.settings
        keeper = BackupKeeper(database)
        assert standing(settings, now).is_old
        begun_s = time.monotonic()
        assert not keeper.look(now, begun_s)
        (place / "there").write_text("a file is in the way")
        assert not keeper.look(now, begun_s + FIRST_AFTER_S)
        assert standing(settings, now).last is None
        (place / "there").unlink()
        # A failure is not tried again at each look.
        assert not keeper.look(now, begun_s + FIRST_AFTER_S + 5)
        # Two servers find it due at the same moment: one makes it.
        due_s = begun_s + 2 * FIRST_AFTER_S + 3600
        with at(home, backup_folder=place / "there") as beside, ThreadPoolExecutor(2) as servers:
            keepers = (keeper, BackupKeeper(beside))
            assert sorted(servers.map(lambda one: one.look(now, due_s), keepers)) == [False, True]
        assert len(Shelf(place / "there").backups()) == 1
        assert not keeper.look(now, begun_s + 4 * FIRST_AFTER_S + 7200)
        found = standing(settings, dt.datetime.now(dt.UTC))
        assert found.last is not None
        assert (found.is_old, found.trouble) == (False, None)
        # The second place's disk is gone: told, and the first place has its backup.
        blocked = at(home, backup_folder=place / "there", backup_copy=str(place / "home" / "app-notes.txt"))
        with blocked, pytest.raises(GridmapError) as refused:
            make_backup(blocked)
        assert refused.value.code == "backup-folder-unwritable"
        later = standing(blocked.settings, dt.datetime.now(dt.UTC) + dt.timedelta(days=2))
        assert later.is_old
        assert later.trouble is not None
        assert later.trouble["code"] == "backup-folder-unwritable"
        assert len(Shelf(place / "there").backups()) >= 1
