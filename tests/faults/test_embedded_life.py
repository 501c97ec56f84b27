"""The embedded cluster is made once, shared, and stopped by the last one out."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.pool import NullPool

from gridmap.errors import Conflict
from gridmap.storage.embedded import EmbeddedCluster

pytestmark = pytest.mark.faults

Spawn = Callable[..., Any]
Servers = Callable[[], list[int]]


def ask(cluster: EmbeddedCluster, sql: str, role: str = "gridmap") -> list[tuple[object, ...]]:
    engine = create_engine(cluster.url(role), poolclass=NullPool)  # type: ignore[arg-type]
    with engine.begin() as connection:
        result = connection.execute(text(sql))
        return [tuple(row) for row in result] if result.returns_rows else []


def test_a_first_start_makes_database_postgis_and_bound_role(place: Path, servers: Servers) -> None:
    steps: list[str] = []
    cluster = EmbeddedCluster(place / "base", on_progress=lambda step: steps.append(step.code))
    assert cluster.status().state == "absent"
    with cluster:
        assert steps == ["initialising", "starting"]
        assert cluster.status().state == "running"
        assert ask(cluster, "select st_srid(st_point(120.4, 29.8, 4326))") == [(4326,)]
        assert ask(cluster, "select current_user::text", "gridmap_app") == [("gridmap_app",)]
        powers = "rolsuper, rolbypassrls, rolcreatedb, rolcreaterole, rolreplication"
        role = ask(cluster, f"select {powers} from pg_roles where rolname = 'gridmap_app'")
        assert role == [(False,) * 5]
        owned = "select count(*) from pg_class where relowner = 'gridmap_app'::regrole"
        assert ask(cluster, owned) == [(0,)]
        for refused in ("create table public.mine (a int)", "create schema mine", "create role another"):
            with pytest.raises(ProgrammingError, match="permission denied"):
                ask(cluster, refused, "gridmap_app")
    assert cluster.status().state == "stopped"
    assert servers() == []


def test_settings_keep_acknowledged_commits_and_open_no_port(base: Path) -> None:
    with EmbeddedCluster(base) as cluster:
        names = "'listen_addresses', 'synchronous_commit', 'fsync', 'jit', 'TimeZone', 'data_checksums'"
        rows = ask(cluster, f"select name, setting from pg_settings where name in ({names})")
    assert dict(rows) == {
        "listen_addresses": "",
        "synchronous_commit": "on",
        "fsync": "on",
        "jit": "off",
        "TimeZone": "UTC",
        "data_checksums": "on",
    }


def test_a_role_that_was_given_more_is_bound_again(base: Path) -> None:
    with EmbeddedCluster(base) as cluster:
        ask(cluster, "alter role gridmap_app superuser bypassrls")
    with EmbeddedCluster(base) as cluster:
        rows = ask(cluster, "select rolsuper, rolbypassrls from pg_roles where rolname = 'gridmap_app'")
    assert rows == [(False, False)]


def test_the_server_never_runs_as_root(base: Path) -> None:
    with EmbeddedCluster(base) as cluster:
        pid = cluster.status().pid
        uid = Path(f"/proc/{pid}").stat().st_uid
        assert uid != 0
        assert os.geteuid() in {0, uid}
        home = base / "cluster"
        assert (home.stat().st_uid, home.stat().st_mode & 0o777) == (uid, 0o700)


def test_an_ordinary_user_makes_starts_and_stops_a_cluster(
    place: Path, spawn: Spawn, servers: Servers, ordinary: tuple[str, ...], ordinary_uid: int
) -> None:
    place.chmod(0o777)
    program = spawn(place / "base", *ordinary).until_ready()
    assert Path(f"/proc/{program.ready['pid']}").stat().st_uid == ordinary_uid
    assert "postgis" in str(program.query("select extname from pg_extension"))
    assert program.tell("stop")["last"] is True
    assert program.end() == 0
    assert servers() == []


def test_six_simultaneous_first_starts_make_one_cluster(place: Path, spawn: Spawn) -> None:
    programs = [spawn(place / "base") for _ in range(6)]
    for program in programs:
        program.until_ready()
    assert sum(program.steps.count("initialising") for program in programs) == 1
    assert len({program.ready["pid"] for program in programs}) == 1
    assert programs[0].tell("status")["users"] == 6
    assert [program.tell("stop")["last"] for program in programs] == [False] * 5 + [True]


def test_two_uses_in_one_process_count_as_two(base: Path) -> None:
    with EmbeddedCluster(base) as one, EmbeddedCluster(base) as other:
        assert one.status().users == 2
        assert other.stop() is False
        assert ask(one, "select 1") == [(1,)]
    assert one.status().state == "stopped"


def test_starting_twice_and_stopping_twice_is_harmless(base: Path) -> None:
    cluster = EmbeddedCluster(base).start()
    assert cluster.start().status().users == 1
    assert cluster.stop() is True
    assert cluster.stop() is False
    assert cluster.shut_down() is False


def test_a_detached_server_outlives_its_starter_and_is_shut_down_only_when_free(
    base: Path, spawn: Spawn
) -> None:
    assert spawn(base, "--detached").until_ready().end() == 0
    keeper = EmbeddedCluster(base)
    status = keeper.status()
    assert (status.state, status.users, status.detached) == ("running", 0, True)

    user = spawn(base).until_ready()
    assert user.ready["pid"] == status.pid
    with pytest.raises(Conflict, match="1 other program uses this database"):
        keeper.shut_down()
    assert user.tell("stop")["last"] is False
    assert keeper.shut_down() is True
    assert keeper.status().state == "stopped"


def test_a_forced_shut_down_stops_a_server_in_use(base: Path, spawn: Spawn) -> None:
    spawn(base).until_ready()
    cluster = EmbeddedCluster(base)
    assert cluster.shut_down(force=True) is True
    assert cluster.status().state == "stopped"


def test_a_server_is_detached_for_its_own_life_only(base: Path, spawn: Spawn) -> None:
    first = spawn(base, "--detached").until_ready()
    os.kill(first.ready["pid"], 9)
    with EmbeddedCluster(base) as cluster:
        assert cluster.status().detached is False
    assert cluster.status().state == "stopped"


def test_a_start_with_captured_output_returns_while_the_server_goes_on(
    base: Path, program_argv: list[str], program_environment: dict[str, str]
) -> None:
    done = subprocess.run(
        [*program_argv, str(base), "--detached"],
        env={**os.environ, **program_environment},
        capture_output=True,
        timeout=600,
        check=True,
    )
    assert b"ready" in done.stdout
    assert EmbeddedCluster(base).status().state == "running"


def test_variables_that_speak_of_another_server_are_ignored(base: Path, spawn: Spawn) -> None:
    environment = {
        "PGHOST": "/nowhere",
        "PGPORT": "1",
        "PGUSER": "nobody",
        "PGDATABASE": "nothing",
        "PGDATA": "/nowhere",
        "PGSERVICE": "unheard-of",
        "PGOPTIONS": "-c search_path=elsewhere -c synchronous_commit=off",
        "PGTARGETSESSIONATTRS": "standby",
        "PGREQUIRESSL": "1",
        "PGTZ": "Asia/Shanghai",
        "PROJ_LIB": "/nowhere",
        "PROJ_DATA": "/nowhere",
        "LC_ALL": "xx_XX",
    }
    program = spawn(base, environment=environment).until_ready()
    shown = program.query("select current_setting('search_path'), current_setting('synchronous_commit')")
    assert shown == [['"$user", public', "on"]]
    metres = program.query("select round(st_y(st_transform(st_point(120.4, 29.8, 4326), 4549)))")
    assert 3_290_000 < metres[0][0] < 3_310_000
    assert program.tell("stop")["last"] is True


def test_a_forked_child_neither_stops_nor_holds_the_cluster(base: Path, spawn: Spawn) -> None:
    program = spawn(base).until_ready()
    program.tell("fork exit")
    assert program.tell("status")["state"] == "running"

    child = program.tell("fork stay")["pid"]
    program.process.kill()
    try:
        with EmbeddedCluster(base) as cluster:
            assert cluster.status().users == 1
        assert cluster.status().state == "stopped"
    finally:
        os.kill(child, 9)


def test_a_folder_deleted_under_a_running_cluster_does_not_break_its_stop(place: Path, base: Path) -> None:
    cluster = EmbeddedCluster(base).start()
    base.rename(place / "moved")
    assert cluster.stop() is False
