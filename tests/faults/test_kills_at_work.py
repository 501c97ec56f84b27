"""A migration that is killed in its statements leaves nothing half made."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from gridmap.settings import Settings
from gridmap.storage.database import Database
from gridmap.storage.schema import schema_version, upgrade

pytestmark = pytest.mark.faults

REPOSITORY = Path(__file__).resolve().parents[2]
Until = Callable[[Callable[[], object], str], None]

# Waits while the table public.held is there, and says that it does by the name of its session.
_WAIT = """
create function public.wait() returns void language plpgsql as $$ begin
  perform set_config('application_name', 'held', false);
  while to_regclass('public.held') is not null loop perform pg_sleep(0.01); end loop;
end $$;
"""
_IN_STATEMENTS = """
create function public.at_ddl() returns event_trigger language plpgsql as $$ begin
  if exists (select from pg_event_trigger_ddl_commands() where object_identity = 'gridmap.jobs') then
    perform public.wait();
  end if;
end $$;
create event trigger held on ddl_command_end when tag in ('CREATE TABLE') execute function public.at_ddl();
"""


@pytest.fixture
def held(place: Path, template: Path) -> Iterator[Database]:
    """A workspace without schema, whose sessions can be held."""
    (place / "home").mkdir()
    subprocess.run(["cp", "-a", str(template), str(place / "home" / "database")], check=True)
    with Database(Settings(home=place / "home", threads=2)) as database:
        do(database, _WAIT)
        yield database


def do(database: Database, sql: str) -> Any:
    assert database.cluster is not None
    socket_dir = str(database.cluster.status().socket_dir)
    with psycopg.connect(host=socket_dir, user="gridmap", dbname="gridmap", autocommit=True) as connection:
        cursor = connection.execute(sql.encode())
        return cursor.fetchone() if cursor.description else None


def start(database: Database, *words: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", "from gridmap.cli import main; main()", *words],
        env={**os.environ, "GRIDMAP_HOME": str(database.settings.home), "PYTHONPATH": str(REPOSITORY)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def kill_while_held(database: Database, until: Until, *words: str) -> None:
    """Run a command until its session is held, kill it by 9, and let the server go on."""
    do(database, "create table public.held ()")
    process = start(database, *words)
    pids: list[int] = []

    def is_held() -> bool:
        assert process.poll() is None
        row = do(database, "select pid from pg_stat_activity where application_name = 'held'")
        pids.extend(row or ())
        return bool(pids)

    until(is_held, "the session is held")
    process.kill()
    process.wait()
    do(database, "drop table public.held")
    until(lambda: do(database, f"select true from pg_stat_activity where pid = {pids[0]}") is None, "it ends")


def test_a_migration_killed_by_9_in_its_statements_leaves_nothing_and_the_next_one_succeeds(
    held: Database, until: Until
) -> None:
    do(held, _IN_STATEMENTS)
    kill_while_held(held, until, "db", "upgrade")
    assert schema_version(held).state == "absent"
    do(held, "drop event trigger held")
    assert upgrade(held).state == "current"
