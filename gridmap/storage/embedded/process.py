"""The server's processes, as /proc shows them, and what dead ones left behind."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from pathlib import Path

from gridmap.storage.embedded.account import ServerAccount, run_as
from gridmap.storage.embedded.layout import SOCKET_NAME

_STATUS_LINE = 7
"""Line of postmaster.pid, from zero, that holds ``starting``, ``ready`` or ``stopping``."""

_STARTERS = ("pg_ctl", "initdb")
"""Programs that go on when the one that started them is killed."""


def server_pids(data: Path, account: ServerAccount) -> list[int]:
    """Return the live processes of the server whose data folder is ``data``."""
    return program_pids("postgres", data, account)


def program_pids(program: str, folder: Path, account: ServerAccount) -> list[int]:
    """Return the live processes of ``account`` that run ``program`` with ``folder`` as their working folder.

    A pid file alone proves nothing: its number may meanwhile be somebody else's. A server process is one that
    runs ``postgres`` in the data folder; the dead that are not yet collected have no folder.
    """
    closed: list[int] = []
    found: list[int] = []
    for entry in os.scandir("/proc"):
        if not entry.name.isdigit():
            continue
        pid = int(entry.name)
        try:
            if entry.stat().st_uid != account.uid or _command(pid) != program:
                continue
            if _matches(_link(pid, "cwd"), _link(pid, "exe"), folder, program):
                found.append(pid)
        except PermissionError:
            closed.append(pid)
        except OSError:
            continue
    if closed and account.is_other:
        # Root in a container may not look into other accounts' processes; the account itself may.
        found += [pid for pid in closed if _matches(*_links_as(account, pid), folder, program)]
    return sorted(found)


def postmaster_pid(data: Path, account: ServerAccount) -> int | None:
    """Return the process that leads the server of ``data``, None when it does not run."""
    lines = _pid_file(data)
    try:
        pid = int(lines[0])
    except (IndexError, ValueError):
        return None
    return pid if pid in server_pids(data, account) else None


def postmaster_says(data: Path) -> str:
    """Return what the server's pid file says: ``starting``, ``ready``, ``stopping`` or nothing yet."""
    lines = _pid_file(data)
    return lines[_STATUS_LINE].strip() if len(lines) > _STATUS_LINE else ""


def postmaster_identity(data: Path) -> str:
    """Return pid and start time of the server, which no other server has had."""
    lines = _pid_file(data)
    return f"{lines[0]} {lines[2]}" if len(lines) > 2 else ""


def clear_leftovers(data: Path, socket_dir: Path, account: ServerAccount) -> list[int]:
    """End orphaned processes of ``data`` and remove its pid, socket and lock files.

    To be called under the cluster's mutex, and only when no postmaster of ``data`` lives. Backends that
    outlived a killed postmaster keep the data folder; a pid in the lock files that is now another program's
    would block the start.

    Returns
    -------
    list of int
        The processes that had to be ended.
    """
    ended = [pid for program in _STARTERS for pid in _end(program, data.parent, account)]
    ended += _end("postgres", data, account)
    for path in (data / "postmaster.pid", socket_dir / SOCKET_NAME, socket_dir / f"{SOCKET_NAME}.lock"):
        path.unlink(missing_ok=True)
    return ended


def _end(program: str, folder: Path, account: ServerAccount) -> list[int]:
    found = program_pids(program, folder, account)
    left = found
    for kind, patience_s in ((signal.SIGTERM, 5.0), (signal.SIGKILL, 5.0)):
        for pid in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, kind)
        end_s = time.monotonic() + patience_s
        while left and time.monotonic() < end_s:
            time.sleep(0.05)
            left = program_pids(program, folder, account)
    return found


def _pid_file(data: Path) -> list[str]:
    try:
        return (data / "postmaster.pid").read_text("utf-8").splitlines()
    except FileNotFoundError:
        return []


def _command(pid: int) -> str:
    return Path(f"/proc/{pid}/comm").read_text("utf-8", "replace").strip()


def _link(pid: int, name: str) -> str:
    return os.fspath(Path(f"/proc/{pid}/{name}").readlink())


def _matches(cwd: str, exe: str, folder: Path, program: str) -> bool:
    # A package upgrade replaces the program of a running server.
    return cwd == os.fspath(folder) and Path(exe.removesuffix(" (deleted)")).name == program


def _links_as(account: ServerAccount, pid: int) -> tuple[str, str]:
    lines = run_as(account, ["readlink", f"/proc/{pid}/cwd", f"/proc/{pid}/exe"]).stdout.splitlines()
    return (lines[0], lines[1]) if len(lines) == 2 else ("", "")
