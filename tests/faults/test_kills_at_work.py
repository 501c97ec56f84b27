"""What is killed by 9 at its work has done the whole of it or nothing, and the next one does it."""

from __future__ import annotations

import datetime as dt
import os
import re
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from gridmap.domain.gridkey import Scope
from gridmap.services.backups.drill import drill
from gridmap.services.backups.making import make_backup
from gridmap.services.backups.shelf import Shelf
from gridmap.services.house import JOB_KINDS
from gridmap.services.jobs import desk
from gridmap.services.jobs.pool import WorkerPool
from gridmap.services.patrols.ask.request import PatrolRequest
from gridmap.services.patrols.make.jobs import PATROL_PLAN
from gridmap.settings import Settings
from gridmap.storage.database import Database
from gridmap.storage.schema import schema_version, upgrade
from tests import warm
from tests.faults.killing import kill_cluster
from tests.towns import DATA
from tests.warm import GRIDMAP, Warm

pytestmark = pytest.mark.faults

REPOSITORY = Path(__file__).resolve().parents[2]
HERE, NEXT_DOOR = 33068110901004000, 33068110901002000
Until = Callable[[Callable[[], object], str], None]

# Waits while the table public.held is there, and says that it does by the name of its session.
_WAIT = """
create function public.wait() returns void language plpgsql as $$ begin
  perform set_config('application_name', 'held', false);
  while exists (select from pg_class where relname = 'held') loop perform pg_sleep(0.01); end loop;
end $$;
create function public.wait_at_row() returns trigger language plpgsql as $$ begin
  perform public.wait();
  return new;
end $$;
"""
_IN_STATEMENTS = """
create function public.at_ddl() returns event_trigger language plpgsql as $$ begin
  if exists (select from pg_event_trigger_ddl_commands() where object_identity = 'gridmap.jobs') then
    perform public.wait();
  end if;
end $$;
create event trigger at_ddl on ddl_command_end when tag in ('CREATE TABLE') execute function public.at_ddl();
"""
# The version's row is written after each migration; what is deferred happens when the whole is committed. The table is
# given its last column by one of them, which nothing deferred may wait for.
_AT_COMMIT = """
create function public.at_ddl() returns event_trigger language plpgsql as $$ begin
  if exists (select from pg_attribute where attrelid = to_regclass('gridmap.alembic_version') and attname = 'serves')
    and not exists (select from pg_trigger where tgname = 'at_commit')
  then
    create constraint trigger at_commit after update on gridmap.alembic_version
      deferrable initially deferred for each row execute function public.wait_at_row();
  end if;
end $$;
create event trigger at_ddl on ddl_command_end when tag in ('ALTER TABLE') execute function public.at_ddl();
"""
_AT_ROW = {
    "statements": "create trigger at_row before insert or update on gridmap.{table}"
    " for each row execute function public.wait_at_row()",
    "commit": "create constraint trigger at_row after insert or update on gridmap.{table}"
    " deferrable initially deferred for each row execute function public.wait_at_row()",
}


def do(database: Database, sql: str) -> Any:
    assert database.cluster is not None
    socket_dir = str(database.cluster.status().socket_dir)
    with psycopg.connect(host=socket_dir, user="gridmap", dbname="gridmap", autocommit=True) as connection:
        cursor = connection.execute(sql.encode())
        return cursor.fetchone() if cursor.description else None


def run(database: Database, *words: str) -> str:
    """Run a command to its good end; what it printed."""
    done = warm.run([*GRIDMAP, *words], env=environment(database))
    assert done.returncode == 0, done.stderr
    return done.stdout


def environment(database: Database) -> dict[str, str]:
    own = {"GRIDMAP_HOME": str(database.settings.home), "PYTHONPATH": str(REPOSITORY), "COLUMNS": "200"}
    return {**os.environ, **own}


def held_session(database: Database) -> int | None:
    row = do(database, "select pid from pg_stat_activity where application_name = 'held'")
    return int(row[0]) if row else None


def kill_server(database: Database) -> None:
    """End every process of the server at once, and start it again."""
    assert database.cluster is not None
    kill_cluster(database.cluster)
    database.revive()


def kill_while_held(database: Database, until: Until, victim: str, *words: str) -> str:
    """Run a command until its session is held, and kill the program or the database by 9; what the program said."""
    do(database, "create table if not exists public.held ()")
    with tempfile.TemporaryFile("w+") as said:
        process = Warm([*GRIDMAP, *words], env=environment(database), stdout=said, stderr=said)
        try:
            until(lambda: process.poll() is not None or held_session(database), "the session is held")
            said.seek(0)
            assert process.poll() is None, said.read()
            session = held_session(database)
            if victim == "program":
                process.kill()
            else:
                kill_server(database)
            do(database, "drop table public.held")
            code = process.wait()
            until(
                lambda: not do(database, f"select true from pg_stat_activity where pid = {session}"),
                "it ends",
            )
            assert code == (-signal.SIGKILL if victim == "program" else 1)
            said.seek(0)
            return said.read()
        finally:
            process.kill()
            process.wait()


@pytest.fixture
def bare(place: Path, template: Path) -> Iterator[Database]:
    """A workspace without schema, whose sessions can be held."""
    (place / "home").mkdir()
    subprocess.run(["cp", "-a", str(template), str(place / "home" / "database")], check=True)
    with Database(Settings(home=place / "home", threads=2)) as database:
        do(database, _WAIT)
        yield database


@pytest.mark.parametrize(
    ("moment", "victim", "left"),
    [
        (_IN_STATEMENTS, "program", "absent"),
        (_IN_STATEMENTS, "database", "absent"),
        # The server has been told to commit and does, whatever became of who told it.
        (_AT_COMMIT, "program", "current"),
        (_AT_COMMIT, "database", "absent"),
    ],
    ids=["statements-program", "statements-database", "commit-program", "commit-database"],
)
def test_a_migration_killed_by_9_is_whole_or_nothing_and_the_next_one_succeeds(
    bare: Database, until: Until, moment: str, victim: str, left: str
) -> None:
    do(bare, moment)
    said = kill_while_held(bare, until, victim, "db", "upgrade")
    assert "Traceback" not in said
    assert schema_version(bare).state == left
    if left == "absent":
        assert not do(bare, "select true from pg_class where relnamespace = to_regnamespace('gridmap')")
    do(bare, "drop event trigger at_ddl")
    assert upgrade(bare).state == "current"


@pytest.fixture(scope="module")
def town(demonstration: Path) -> Iterator[Database]:
    """The demonstration with a server that keeps what it acknowledges, and sessions that can be held."""
    room = Path(tempfile.mkdtemp(prefix="gm-", dir="/tmp")).resolve()
    room.chmod(0o755)
    subprocess.run(["cp", "-a", "--reflink=auto", str(demonstration), str(room / "home")], check=True)
    with Database(Settings(home=room / "home", threads=2)) as database:
        do(database, "alter system reset all")
        kill_server(database)
        do(database, _WAIT)
        yield database
    shutil.rmtree(room)


@dataclass(frozen=True)
class Work:
    """Something that a command does: words of it, the table that it writes to, and how to see whether it was done."""

    table: str
    words: Callable[[Database, Path], tuple[str, ...]]
    done: str


def _transfer(town: Database, folder: Path) -> tuple[str, ...]:
    # The folder's name tells the three cases apart; in letters, for digits may be a number of a person.
    words = f"门前排水 {folder.name.translate(str.maketrans('0123456789', 'ghijklmnop'))}"
    told = ("--domain", "dispute", "--kind", "02", "--summary", words, "--grid", str(HERE))
    run(town, "cases", "record", *told)
    (number,) = do(town, f"select number from gridmap.incidents where summary = '{words}'")
    return (
        "cases",
        "transfer",
        number,
        "--to-grid",
        str(NEXT_DOOR),
        "--note",
        "属邻村",
        "--ground",
        "other_village",
    )


def _import(_town: Database, folder: Path) -> tuple[str, ...]:
    path = folder / "teams.csv"
    text = (DATA / "teams.csv").read_text("utf-8")
    path.write_text(text.replace("队", f"{folder.name[-6:]}队"), "utf-8")
    return "teams", "import", str(path)


def _plan(_town: Database, _folder: Path) -> tuple[str, ...]:
    return "patrols", "plan", "--shift", "2026-11-02", "--iterations", "20"


WORKS = {
    "transfer": Work(
        "incident_steps",
        _transfer,
        "select count(*), max(step_id) from gridmap.incident_steps where action = 'transfer'",
    ),
    "import": Work(
        "teams", _import, "select count(*), (select max(name_zh) from gridmap.teams) from gridmap.import_runs"
    ),
    "plan": Work(
        "patrols",
        _plan,
        "select count(*), (select count(*) from gridmap.patrol_routes), (select count(*) from gridmap.patrol_visits)"
        " from gridmap.patrols",
    ),
}


@pytest.mark.parametrize(
    ("name", "moment", "victim"),
    [
        ("transfer", "statements", "program"),
        ("transfer", "commit", "program"),
        ("transfer", "commit", "database"),
        ("import", "commit", "program"),
        ("import", "statements", "database"),
        ("plan", "statements", "program"),
        ("plan", "commit", "database"),
    ],
)
def test_work_killed_by_9_is_there_wholly_or_not_at_all_and_the_next_one_does_it(
    town: Database, until: Until, tmp_path: Path, name: str, moment: str, victim: str
) -> None:
    work = WORKS[name]
    words = work.words(town, tmp_path)
    before = do(town, work.done)
    do(town, _AT_ROW[moment].format(table=work.table))
    try:
        said = kill_while_held(town, until, victim, *words)
    finally:
        do(town, f"drop trigger at_row on gridmap.{work.table}")
    assert "Traceback" not in said
    if victim == "database":
        # Told in words with a code, and what to do.
        assert re.search(r"database-[a-z-]+", said), said
    after = do(town, work.done)
    if (moment, victim) == ("commit", "program"):
        assert after != before
        if name == "import":
            # Its number says that it is there, and the same file again changes nothing.
            (number,) = do(town, "select max(import_run_id) from gridmap.import_runs")
            assert re.search(rf"\b{number}\b", run(town, "imports", "list"))
            assert "nothing was changed" in run(town, *words)
        return
    assert after == before
    run(town, *words)
    assert do(town, work.done) != before


def test_a_worker_killed_by_9_during_a_plan_leaves_none_and_the_next_worker_makes_it(
    town: Database, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    for key, value in environment(town).items():
        monkeypatch.setenv(key, value)
    whole = Scope.whole()
    asked = PatrolRequest(on=dt.date(2026, 11, 3), seconds=None, iterations=20)
    done = WORKS["plan"].done
    before = do(town, done)
    do(town, _AT_ROW["statements"].format(table="patrols"))
    do(town, "create table if not exists public.held ()")
    with WorkerPool(town, JOB_KINDS, (*GRIDMAP, "jobs", "work", "--with-server", "--key"), 1).running():
        job = desk.submit(town, whole, PATROL_PLAN, asked)
        until(lambda: held_session(town), "the plan is written")
        worker = desk.find_job(town, whole, job.job_id).worker or ""
        os.kill(int(worker.partition("@")[0]), signal.SIGKILL)
        do(town, "drop table public.held")
        until(lambda: desk.find_job(town, whole, job.job_id).is_over, "the job ends")
        found = desk.find_job(town, whole, job.job_id)
        assert found.problem is not None
        assert (found.state, found.problem.code) == ("failed", "job-worker-died")
        do(town, "drop trigger at_row on gridmap.patrols")
        assert do(town, done) == before
        again = desk.submit(town, whole, PATROL_PLAN, asked)
        until(lambda: desk.find_job(town, whole, again.job_id).is_over, "the next job ends")
    assert desk.find_job(town, whole, again.job_id).state == "done"
    assert do(town, done) != before


def test_a_backup_whose_database_is_killed_by_9_leaves_none_and_the_next_one_is_whole(
    town: Database, until: Until
) -> None:
    shelf = Shelf(town.settings.backups)
    process = Warm(
        [*GRIDMAP, "db", "backup"],
        env=environment(town),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    try:
        begun = lambda: list(town.settings.backups.glob("*/cluster.tar*"))  # noqa: E731
        until(lambda: begun() or process.poll() is not None, "a copy begins")
        # It stands still until its database is gone.
        process.send_signal(signal.SIGSTOP)
        kill_server(town)
        process.send_signal(signal.SIGCONT)
        said, _ = process.communicate()
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 1, said
    assert "Traceback" not in said
    assert re.search(r"backup-program-failed|database-[a-z-]+", said), said
    assert shelf.newest() is None
    made = make_backup(town)
    assert shelf.names() == [made.name]
    assert drill(town).is_compared
