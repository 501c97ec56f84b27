"""Run initdb and pg_ctl as the server's account."""

from __future__ import annotations

import subprocess
from pathlib import Path

from gridmap.errors import Unavailable
from gridmap.files.disk import disk_error_in
from gridmap.storage.embedded.account import CLEAN_ENVIRONMENT, ServerAccount
from gridmap.storage.embedded.signals import interrupts_wait

_LOG_TAIL_LINES = 15
_LOG_TAIL_BYTES = 8192


def run_server_program(
    argv: list[str], account: ServerAccount, folder: Path, log: Path, *, timeout_s: float
) -> int:
    """Run a server program to its end in ``folder`` and return its exit code.

    What it prints goes to ``log``: a pipe would be inherited by the server and never end. It gets a session
    of its own, so that Ctrl-C in the terminal does not reach it. One Ctrl-C that arrives meanwhile is kept
    until it has ended, for a server that is half started would be left behind; a second one is let through.

    Raises
    ------
    Unavailable
        When it takes longer than ``timeout_s``.
    """
    other = account.is_other
    with log.open("ab") as output, interrupts_wait():
        process = subprocess.Popen(
            argv,
            cwd=folder,
            env=CLEAN_ENVIRONMENT,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            umask=0o077,
            user=account.uid if other else None,
            group=account.gid if other else None,
            extra_groups=[] if other else None,
        )
        try:
            return process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            raise log_tells(Path(argv[0]).name, log) from None
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()


def log_tells(program: str, log: Path) -> Unavailable:
    """Return the error for a server program that failed; the log's last lines are a note for developers."""
    tail = log.read_bytes()[-_LOG_TAIL_BYTES:].decode("utf-8", "replace") if log.exists() else ""
    lines = tail.splitlines()[-_LOG_TAIL_LINES:]
    error = disk_error_in("\n".join(lines), log.parent) or Unavailable(
        "database-program-failed",
        f"{program} 未能完成；原因见 {log}。",
        f"{program} did not succeed; {log} says why.",
    )
    error.add_note("\n".join(lines))
    return error


def rotate(log: Path, limit_bytes: int = 10_000_000) -> None:
    """Keep one old log once the log has grown past ``limit_bytes``."""
    if log.exists() and log.stat().st_size > limit_bytes:
        log.replace(log.with_name(log.name + ".1"))
