"""Whatever is killed or left behind, the next start works and what was acknowledged is there."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from gridmap.storage.embedded import EmbeddedCluster
from gridmap.storage.embedded.account import ServerAccount, account_of_uid
from gridmap.storage.embedded.process import program_pids, server_pids

pytestmark = pytest.mark.faults

Spawn = Callable[..., Any]
Until = Callable[[Callable[[], object], str], None]
Servers = Callable[[], list[int]]

MAJOR_FOLDER = "cluster/[0-9]*"


def data_of(base: Path) -> Path:
    (folder,) = base.glob(MAJOR_FOLDER)
    return folder / "data"


def owner_of(path: Path) -> ServerAccount:
    return account_of_uid(path.stat().st_uid)


def was_shut_down_in_order(base: Path) -> bool:
    log = (data_of(base).parent / "server.log").read_text("utf-8")
    control = subprocess.run(
        [str(bindir() / "pg_controldata"), "-D", str(data_of(base))],
        capture_output=True,
        text=True,
        check=True,
        env={"LC_ALL": "C"},
    )
    return "Database cluster state:               shut down\n" in control.stdout and "PANIC" not in log


def bindir() -> Path:
    from gridmap.storage.embedded.programs import find_programs

    return find_programs().bindir


def test_after_kill_9_of_the_program_the_next_one_takes_over_and_stops_the_server(
    base: Path, spawn: Spawn, servers: Servers
) -> None:
    killed = spawn(base).until_ready()
    killed.query("create table kept (a int)")
    killed.query("insert into kept values (29)")
    killed.kill()
    assert killed.ready["pid"] in servers()

    successor = spawn(base).until_ready()
    assert successor.ready["pid"] == killed.ready["pid"]
    assert successor.tell("status")["users"] == 1
    assert successor.query("select a from kept") == [[29]]
    assert successor.tell("stop")["last"] is True
    assert servers() == []


def test_a_server_left_by_a_killed_program_can_be_shut_down(
    base: Path, spawn: Spawn, servers: Servers
) -> None:
    spawn(base).until_ready().kill()
    assert EmbeddedCluster(base).status().users == 0
    assert EmbeddedCluster(base).shut_down() is True
    assert servers() == []


def test_after_kill_9_of_the_postmaster_orphaned_backends_are_ended_and_commits_are_kept(
    base: Path, spawn: Spawn, until: Until
) -> None:
    program = spawn(base).until_ready()
    program.query("create table kept (a int)")
    program.query("insert into kept values (29)")
    orphan = program.tell("loop")["pid"]
    os.kill(program.ready["pid"], signal.SIGKILL)
    account, data = owner_of(data_of(base)), data_of(base)
    until(lambda: server_pids(data, account) == [orphan], "only the orphaned backend is left")

    successor = spawn(base).until_ready()
    assert orphan not in server_pids(data, account)
    assert successor.ready["pid"] != program.ready["pid"]
    assert successor.query("select a from kept") == [[29]]


def test_an_orphaned_backend_that_does_not_listen_is_ended_too(
    base: Path, spawn: Spawn, until: Until
) -> None:
    program = spawn(base).until_ready()
    orphan = program.tell("loop")["pid"]
    os.kill(orphan, signal.SIGSTOP)
    os.kill(program.ready["pid"], signal.SIGKILL)
    account, data = owner_of(data_of(base)), data_of(base)
    until(lambda: server_pids(data, account) == [orphan], "only the stopped backend is left")
    spawn(base).until_ready()
    assert orphan not in server_pids(data, account)


def test_after_a_killed_initdb_the_next_start_makes_a_whole_database(
    place: Path, spawn: Spawn, until: Until
) -> None:
    base = place / "base"
    program = spawn(base)
    program.until_step("initialising")
    until(lambda: list(base.glob(f"{MAJOR_FOLDER}/data.new/PG_VERSION")), "initdb writes PG_VERSION")
    (folder,) = base.glob(MAJOR_FOLDER)
    account = owner_of(folder)
    victims = program_pids("initdb", folder, account) + server_pids(folder / "data.new", account)
    assert victims
    program.kill()
    for pid in victims:
        # One of them may end when another one does.
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    assert not (folder / "data").exists()
    assert (folder / "data.new" / "PG_VERSION").exists()

    successor = spawn(base).until_ready()
    assert "initialising" in successor.steps
    assert not (folder / "data.new").exists()
    assert successor.query("select count(*) > 0 from pg_extension where extname = 'postgis'") == [[True]]


def test_an_initdb_that_outlived_its_program_does_not_meet_the_next_one(
    place: Path, spawn: Spawn, until: Until
) -> None:
    # An initdb that is about to start another program is two for a moment; one that has ended is begun anew.
    for number in range(10):
        base = place / f"base{number}"
        program = spawn(base)
        program.until_step("initialising")
        until(lambda: list(base.glob(f"{MAJOR_FOLDER}/data.new/PG_VERSION")), "initdb writes PG_VERSION")  # noqa: B023
        (folder,) = base.glob(MAJOR_FOLDER)
        running = program_pids("initdb", folder, owner_of(folder))
        for pid in running:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGSTOP)
        program.kill()
        outlived = program_pids("initdb", folder, owner_of(folder))
        if outlived:
            break
    assert outlived
    successor = spawn(base).until_ready()
    assert program_pids("initdb", folder, owner_of(folder)) == []
    assert successor.query("select count(*) > 0 from pg_extension where extname = 'postgis'") == [[True]]
    assert successor.tell("stop")["last"] is True
    assert was_shut_down_in_order(base)


def test_lock_files_whose_pid_is_now_another_program_do_not_block_the_start(base: Path) -> None:
    data = data_of(base)
    account = owner_of(data)
    bystander = subprocess.Popen(["sleep", "1000"], user=account.uid if os.geteuid() == 0 else None)
    try:
        leave_lock_files(base, bystander.pid)
        with EmbeddedCluster(base) as cluster:
            assert cluster.status().state == "running"
        assert bystander.poll() is None
    finally:
        bystander.kill()
        bystander.wait()


def test_lock_files_whose_pid_is_now_another_clusters_server_do_not_block_the_start(
    place: Path, base: Path
) -> None:
    other_base = place / "other"
    shutil.copytree(base, other_base, symlinks=True)
    if os.geteuid() == 0:
        account = owner_of(data_of(base))
        subprocess.run(
            ["chown", "-R", f"{account.uid}:{account.gid}", str(other_base / "cluster")], check=True
        )
    with EmbeddedCluster(other_base) as other:
        bystander = other.status().pid
        assert bystander is not None
        leave_lock_files(base, bystander)
        with EmbeddedCluster(base) as cluster:
            assert cluster.status().pid != bystander
        assert other.status().pid == bystander


def leave_lock_files(base: Path, pid: int) -> None:
    data = data_of(base)
    account = owner_of(data)
    socket = base / "cluster" / "run"
    lines = f"{pid}\n{data}\n1700000000\n5432\n{socket}\n\n  1 1\nready   \n"
    for path in (data / "postmaster.pid", socket / ".s.PGSQL.5432.lock", socket / ".s.PGSQL.5432"):
        path.write_text(lines, "utf-8")
        path.chmod(0o600)
        if os.geteuid() == 0:
            os.chown(path, account.uid, account.gid)


@pytest.mark.parametrize("lines", ["", "\n", "not a number\n"])
def test_a_broken_pid_file_does_not_block_the_start(base: Path, lines: str) -> None:
    path = data_of(base) / "postmaster.pid"
    path.write_text(lines, "utf-8")
    with EmbeddedCluster(base) as cluster:
        assert cluster.status().state == "running"


def test_ctrl_c_in_one_terminal_leaves_the_server_to_the_other(base: Path, spawn: Spawn) -> None:
    starter = spawn(base).until_ready()
    other = spawn(base).until_ready()
    os.killpg(starter.pid, signal.SIGINT)
    starter.end()
    assert other.tell("status")["pid"] == starter.ready["pid"]
    assert other.query("select 1") == [[1]]


def test_ctrl_c_in_the_last_terminal_stops_the_server_in_order(
    base: Path, spawn: Spawn, servers: Servers
) -> None:
    program = spawn(base).until_ready()
    program.query("create table kept (a int)")
    os.killpg(program.pid, signal.SIGINT)
    program.end()
    assert servers() == []
    assert was_shut_down_in_order(base)


@pytest.mark.parametrize("step", ["initialising", "starting"])
def test_ctrl_c_during_a_first_start_leaves_nothing_running_and_nothing_broken(
    place: Path, spawn: Spawn, servers: Servers, until: Until, step: str
) -> None:
    program = spawn(place / "base")
    program.until_step(step)
    if step == "initialising":
        until(lambda: list(place.glob(f"base/{MAJOR_FOLDER}/data.new/PG_VERSION")), "initdb is at work")
    os.killpg(program.pid, signal.SIGINT)
    assert program.end() != 0
    assert servers() == []
    (log,) = place.glob(f"base/{MAJOR_FOLDER}/server.log")
    assert "caught signal" not in log.read_text("utf-8")
    successor = spawn(place / "base").until_ready()
    assert successor.query("select count(*) > 0 from pg_extension where extname = 'postgis'") == [[True]]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_program_that_is_asked_to_end_stops_the_server_in_order(
    base: Path, spawn: Spawn, servers: Servers, number: signal.Signals
) -> None:
    program = spawn(base).until_ready()
    os.kill(program.pid, number)
    assert program.end() == 128 + number
    assert servers() == []
    assert was_shut_down_in_order(base)


def test_a_program_that_ignores_hang_ups_is_not_made_to_end_by_them(base: Path, spawn: Spawn) -> None:
    program = spawn(base, prefix=("nohup",)).until_ready()
    os.kill(program.pid, signal.SIGHUP)
    assert program.tell("status")["state"] == "running"
