"""The server of a cluster: its data made, started, stopped. Each under the cluster's mutex."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

from gridmap.files.packed import sync_folder
from gridmap.storage.embedded.config import OWNER_ROLE, include_config, write_config
from gridmap.storage.embedded.launch import log_tells, rotate, run_server_program
from gridmap.storage.embedded.layout import Layout, OnStep, Step
from gridmap.storage.embedded.origin import keep_origin, require_usable
from gridmap.storage.embedded.process import clear_leftovers, postmaster_pid, postmaster_says
from gridmap.storage.embedded.programs import ServerPrograms
from gridmap.storage.embedded.whole import require_whole

START_TIMEOUT_S = 600
STOP_TIMEOUT_S = 120


def run(layout: Layout, programs: ServerPrograms, on_step: OnStep, *, stood_still: bool = False) -> None:
    """Have a server that answers: one that is there already, or a new one over data that is made where it is missing.

    Parameters
    ----------
    layout : Layout
    programs : ServerPrograms
    on_step : callable
    stood_still : bool
        Somebody says of a copied data folder that no server ran over it when it was copied.

    Raises
    ------
    Unavailable
        When the data folder is torn, or the server does not start.
    Forbidden
        When it is another account's.
    """
    data = layout.data(programs.major)
    layout.own_folder(data.parent)
    if not data.is_dir() or not any(data.iterdir()):
        _initialise(layout, programs, on_step)
    require_whole(data)
    if _adopt(data, layout):
        return
    require_usable(layout, programs, data, stood_still=stood_still)
    clear_leftovers(data, layout.socket_dir, layout.account)
    keep_origin(layout, data)
    write_config(layout, data)
    log = layout.log(programs.major)
    rotate(log)
    layout.own_file(log)
    on_step(Step("starting", "正在启动数据库", "starting the database"))
    # Relative names: pg_ctl passes them through a shell.
    argv = [os.fspath(programs.bindir / "pg_ctl"), "start", "-w", "-s", "-D", data.name, "-l", log.name]
    argv += ["-t", str(START_TIMEOUT_S)]
    code = run_server_program(argv, layout.account, data.parent, log, timeout_s=START_TIMEOUT_S + 60)
    # A server that a killed program was starting may have come up first.
    if code and not _adopt(data, layout):
        raise log_tells("pg_ctl start", log)


def stop(layout: Layout, programs: ServerPrograms, on_step: OnStep) -> bool:
    """Stop the server in order.

    Returns
    -------
    bool
        False when it did not run.

    Raises
    ------
    Unavailable
        When it does not stop.
    """
    data, log = layout.data(programs.major), layout.log(programs.major)
    if postmaster_pid(data, layout.account) is None:
        return False
    on_step(Step("stopping", "正在停止数据库", "stopping the database"))
    argv = [os.fspath(programs.bindir / "pg_ctl"), "stop", "-w", "-s", "-m", "fast", "-D", data.name]
    argv += ["-t", str(STOP_TIMEOUT_S)]
    code = run_server_program(argv, layout.account, data.parent, log, timeout_s=STOP_TIMEOUT_S + 60)
    if code and postmaster_pid(data, layout.account) is not None:
        raise log_tells("pg_ctl stop", log)
    return True


def _initialise(layout: Layout, programs: ServerPrograms, on_step: OnStep) -> None:
    data, log = layout.data(programs.major), layout.log(programs.major)
    # A killed initdb leaves a PG_VERSION, so nothing under the final name may be half made.
    new = data.with_name("data.new")
    clear_leftovers(new, layout.socket_dir, layout.account)
    if new.exists():
        shutil.rmtree(new)
    layout.own_file(log)
    on_step(Step("initialising", "正在创建数据库", "making the database"))
    argv = [os.fspath(programs.bindir / "initdb"), "-D", new.name, "-U", OWNER_ROLE, "-E", "UTF8"]
    argv += ["--locale=C.UTF-8", "--data-checksums", "--auth=peer", "--no-instructions"]
    code = run_server_program(argv, layout.account, data.parent, log, timeout_s=START_TIMEOUT_S)
    if code:
        raise log_tells("initdb", log)
    include_config(layout, new)
    if data.is_dir():
        data.rmdir()
    new.rename(data)
    sync_folder(data.parent)


def _adopt(data: Path, layout: Layout) -> bool:
    """Wait until a server that is there already answers; False when there is none (any more)."""
    end_s = time.monotonic() + START_TIMEOUT_S
    while postmaster_pid(data, layout.account) is not None:
        if postmaster_says(data) == "ready":
            return True
        if time.monotonic() > end_s:
            raise log_tells("postgres", data.with_name("server.log"))
        time.sleep(0.1)
    return False
