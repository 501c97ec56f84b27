"""A copy of a cluster becomes a cluster: the server replays the log up to where it is told and goes on from there."""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from gridmap.errors import Broken, Unavailable
from gridmap.files.packed import unpack_folder
from gridmap.storage.embedded.account import CLEAN_ENVIRONMENT, run_as
from gridmap.storage.embedded.config import OWNER_ROLE, quoted, write_config
from gridmap.storage.embedded.feed import LogFeed
from gridmap.storage.embedded.launch import log_tells, run_server_program
from gridmap.storage.embedded.layout import PORT, Layout
from gridmap.storage.embedded.process import clear_leftovers, postmaster_pid, postmaster_says
from gridmap.storage.embedded.programs import ServerPrograms

RECOVER_WITHIN_S = 3600
_STOP_WITHIN_S = 120
_LOG = "recovery.log"


@dataclass(frozen=True, slots=True)
class Target:
    """Up to where the log is replayed: a moment, a named point, or all that there is.

    Attributes
    ----------
    moment : datetime or None
        What was committed later is left out.
    point : str or None
    """

    moment: dt.datetime | None = None
    point: str | None = None

    def settings(self) -> dict[str, str]:
        """Return it as the server is told."""
        if self.point is not None:
            return {"recovery_target_name": quoted(self.point)}
        if self.moment is not None:
            at = self.moment.astimezone(dt.UTC)
            return {"recovery_target_time": quoted(at.strftime("%Y-%m-%d %H:%M:%S.%f+00"))}
        return {}


def copying(layout: Layout, programs: ServerPrograms) -> subprocess.Popen[bytes]:
    """Start to copy the running cluster as a tar stream on standard output, with a manifest of checksums in it."""
    argv = [os.fspath(programs.bindir / "pg_basebackup"), "-h", os.fspath(layout.socket_dir), "-p", str(PORT)]
    argv += ["-U", OWNER_ROLE, "-w", "-D", "-", "-F", "t", "-X", "none", "-c", "fast", "-l", "gridmap"]
    argv += ["--manifest-checksums=SHA256"]
    return subprocess.Popen(
        argv,
        cwd="/",
        env=CLEAN_ENVIRONMENT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )


def unpack_copy(stream: BinaryIO, layout: Layout, data: Path) -> None:
    """Unpack the tar stream of a copy into a new data folder of the server's account."""
    layout.own_folder(data.parent)
    layout.own_folder(data)
    unpack_folder(stream, data)
    for path in (data, *data.rglob("*")):
        path.chmod(0o700 if path.is_dir() else 0o600)
        if layout.account.is_other:
            os.chown(path, layout.account.uid, layout.account.gid, follow_symlinks=False)


def verify_copy(layout: Layout, programs: ServerPrograms, data: Path) -> None:
    """Check a copy beside the manifest of checksums in it.

    Raises
    ------
    Broken
        When a file is missing, or another one than was copied.
    """
    verifier = programs.bindir / "pg_verifybackup"
    if not verifier.exists():
        return
    done = run_as(
        layout.account, [os.fspath(verifier), "-n", "-q", os.fspath(data)], timeout_s=RECOVER_WITHIN_S
    )
    if done.returncode:
        error = Broken(
            "backup-not-verified",
            "备份与其校验清单不符，未恢复任何内容。请改用另一份备份（gridmap db backups）。",
            "The backup does not fit its list of checksums; nothing was restored. See gridmap db backups for others.",
        )
        error.add_note(done.stderr[-2000:])
        raise error


def recover(layout: Layout, programs: ServerPrograms, data: Path, feed: LogFeed, target: Target) -> None:
    """Start the server of a copy and wait until it has replayed its log and is a cluster of its own.

    Parameters
    ----------
    layout : Layout
        Its socket is used; no other server of it may run.
    programs : ServerPrograms
    data : Path
        The copy.
    feed : LogFeed
        Hands the server the segments that it asks for; running.
    target : Target

    Raises
    ------
    Unavailable
        When the log ends before the target, or the server does not come up.
    """
    recovery = {
        "restore_command": quoted(feed.command),
        "recovery_target_timeline": quoted("latest"),
        "recovery_target_action": quoted("promote"),
        # Settings of the machine that was copied may be larger than this one's; nobody reads meanwhile.
        "hot_standby": "off",
        # What it writes is handed over once it is the cluster, never by a copy that may be dropped.
        "archive_command": quoted("false"),
        **target.settings(),
    }
    clear_leftovers(data, layout.socket_dir, layout.account)
    write_config(layout, data, recovery)
    layout.own_file(data / "recovery.signal")
    log = data.with_name(_LOG)
    layout.own_file(log)
    argv = [os.fspath(programs.bindir / "pg_ctl"), "start", "-w", "-s", "-D", data.name, "-l", log.name]
    argv += ["-t", str(RECOVER_WITHIN_S)]
    code = run_server_program(argv, layout.account, data.parent, log, timeout_s=RECOVER_WITHIN_S + 60)
    end_s = time.monotonic() + RECOVER_WITHIN_S
    while code == 0 and postmaster_says(data) != "ready" and time.monotonic() < end_s:
        if postmaster_pid(data, layout.account) is None:
            code = 1
        time.sleep(0.1)
    if code or postmaster_says(data) != "ready":
        told = log.read_text("utf-8", "replace")
        error = (
            _too_late()
            if "before configured recovery target was reached" in told
            else log_tells("postgres", log)
        )
        error.add_note(told[-2000:])
        raise error


def _too_late() -> Unavailable:
    return Unavailable(
        "backup-ends-before",
        "备份的日志在所要的时间之前已结束。请选更早的时间，或不加 --to 恢复到最新。",
        "The backup's log ends before that moment. Choose an earlier one, or restore the newest state without --to.",
    )


def stop_recovered(layout: Layout, programs: ServerPrograms, data: Path) -> None:
    """Stop the server of a copy, if it runs, and leave the data folder with the settings of every day."""
    log = data.with_name(_LOG)
    if postmaster_pid(data, layout.account) is not None:
        argv = [os.fspath(programs.bindir / "pg_ctl"), "stop", "-w", "-s", "-m", "fast", "-D", data.name]
        argv += ["-t", str(_STOP_WITHIN_S)]
        if run_server_program(argv, layout.account, data.parent, log, timeout_s=_STOP_WITHIN_S + 60):
            raise log_tells("pg_ctl stop", log)
    write_config(layout, data)


def drop_copy(layout: Layout, data: Path) -> None:
    """Delete a copy that is not wanted (any more), with the server that may run on it."""
    clear_leftovers(data, layout.socket_dir, layout.account)
    with contextlib.suppress(FileNotFoundError):
        shutil.rmtree(data)
