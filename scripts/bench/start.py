"""Processor seconds and modules of every command's start, beside a peer that opens the same database.

Run with ``python -m scripts.bench.start [--rounds N] [--out FILE]``. A start is ``gridmap COMMAND --help``: the
command's modules are imported, nothing is done. The peer imports what any such command needs (SQLAlchemy, psycopg,
pydantic-settings, click, rich), so that the ratio tells what is gridmap's own. Medians of rounds that alternate.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import subprocess
import sys
from pathlib import Path

from gridmap.cli.main import main as program

REPOSITORY = Path(__file__).resolve().parents[2]
PEER = (
    "import click, psycopg, pydantic_settings, rich.console, rich.progress, rich.table, sqlalchemy.orm; "
    "import sqlalchemy.dialects.postgresql.psycopg"
)
COUNT = "import sys; sys.stdout.flush(); print(len(sys.modules), file=sys.stderr)"


def start(code: str, *words: str) -> tuple[float, int]:
    """Run a program; its processor seconds and how many modules it imported."""
    with subprocess.Popen(
        [sys.executable, "-c", f"import atexit\natexit.register(lambda: exec({COUNT!r}))\n{code}", *words],
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr is not None
        told = process.stderr.read()
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, told
    return used.ru_utime + used.ru_stime, int(told.split()[-1])


def table(rounds: int) -> str:
    """Measure, and write the table."""
    context = program.make_context("gridmap", [], resilient_parsing=True)
    names = [(), *((name,) for name in program.list_commands(context))]
    peer: list[float] = []
    seen: dict[tuple[str, ...], list[tuple[float, int]]] = {name: [] for name in names}
    for _ in range(rounds):
        for name in names:
            seen[name].append(start("from gridmap.cli import main; main()", *name, "--help"))
        peer.append(start(PEER)[0])
    base = statistics.median(peer)
    lines = [
        f"Python {platform.python_version()}, {os.cpu_count()} processors, medians of {rounds} rounds",
        f"peer {base:.2f} s",
        f"{'command':<24}{'CPU s':>8}{'ratio':>8}{'modules':>9}",
    ]
    for name, found in seen.items():
        cost = statistics.median(s for s, _ in found)
        shown = " ".join(("gridmap", *name))
        lines.append(f"{shown:<24}{cost:>8.2f}{cost / base:>8.2f}{found[-1][1]:>9}")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Print the table, or write it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    written = table(asked.rounds)
    print(written, end="")
    if asked.out is not None:
        asked.out.write_text(written, "utf-8")


if __name__ == "__main__":
    main()
