"""Dumps of an external database: pg_dump's custom format, read and written through pipes."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import BinaryIO

from sqlalchemy import URL

from gridmap.domain.gridkey import EVERY_SEALED, Scope
from gridmap.errors import GridmapError, Unavailable
from gridmap.storage.embedded.account import CLEAN_ENVIRONMENT
from gridmap.storage.embedded.programs import find_programs
from gridmap.storage.models import SCHEMA


def find_program(name: str, major: int) -> Path:
    """Find ``pg_dump`` or ``pg_restore`` that is no older than the server.

    Raises
    ------
    Unavailable
        Naming the package.
    """
    places = []
    with contextlib.suppress(GridmapError):
        places.append(find_programs().bindir / name)
    if on_path := shutil.which(name):
        places.append(Path(on_path))
    for place in places:
        if place.exists() and _major(place) >= major:
            return place
    raise Unavailable(
        "dump-program-missing",
        f"本机没有 PostgreSQL {major} 或更新的 {name}。Debian/Ubuntu：sudo apt-get install postgresql-client-{major}",
        f"There is no {name} of PostgreSQL {major} or newer here. On Debian/Ubuntu run: sudo apt-get install "
        f"postgresql-client-{major}",
    )


def dumping(url: URL, program: Path, snapshot: str) -> subprocess.Popen[bytes]:
    """Start to dump the schema as a snapshot sees it, on standard output."""
    argv = [os.fspath(program), "-F", "c", "-Z", "0", "-n", SCHEMA, "-O", "-x", "-w", "--enable-row-security"]
    argv += [f"--snapshot={snapshot}", "-d", _address(url)]
    return subprocess.Popen(
        argv,
        cwd="/",
        env=_environment(url),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def load(url: URL, program: Path, stream: BinaryIO) -> str:
    """Load a dump into a database without the schema, all or nothing.

    Returns
    -------
    str
        What the program told; empty when all is well.
    """
    argv = [os.fspath(program), "-O", "-x", "-w", "-e", "--single-transaction", "-d", _address(url)]
    with subprocess.Popen(
        argv,
        cwd="/",
        env=_environment(url),
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    ) as process:
        if process.stdin is None or process.stderr is None:
            raise AssertionError
        try:
            shutil.copyfileobj(stream, process.stdin, 1 << 20)
            process.stdin.close()
        except BrokenPipeError:
            # It ended before it had read everything; what it told says why.
            process.stdin = None
        told = process.stderr.read().decode("utf-8", "replace")
        return told or "?" if process.wait() else ""


def _address(url: URL) -> str:
    return url.set(drivername="postgresql", password=None).render_as_string(hide_password=False)


def _environment(url: URL) -> dict[str, str]:
    whole = Scope.whole()
    # An owner that policies bind dumps what it sees: everything.
    see = {"scope_lo": whole.lo, "scope_hi": whole.hi, "opens": EVERY_SEALED}
    options = " ".join(f"-c gridmap.{name}={value}" for name, value in see.items())
    environment = {**CLEAN_ENVIRONMENT, "PGOPTIONS": f"{options} -c statement_timeout=0"}
    return environment if url.password is None else {**environment, "PGPASSWORD": str(url.password)}


def _major(program: Path) -> int:
    done = subprocess.run(
        [os.fspath(program), "--version"],
        env=CLEAN_ENVIRONMENT,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    match = re.search(r"\b(\d+)", done.stdout)
    return int(match[1]) if match else 0
