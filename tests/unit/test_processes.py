"""How many processes answer, and what each may take: together no more than the machine and its database bear."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

import gridmap.cli.serve
from gridmap.cli.serve import processes_of_machine
from gridmap.domain.gridkey import Scope
from gridmap.services.ground.tile_cache import FOLDER, TileCache, TileName
from gridmap.settings import Settings
from gridmap.storage.database import Database
from web.together import Together

TAKES = 60
"""Connections that the embedded server takes; see `gridmap.storage.embedded.config`."""


@pytest.mark.parametrize(
    ("processors", "memory_mib", "count"),
    [
        (1, 65_536, 1),
        (2, 8_192, 1),
        (3, 8_192, 2),
        (4, 1_900, 1),
        (8, 4_096, 2),
        (8, 8_192, 4),
        (64, 262_144, 4),
    ],
)
def test_a_small_machine_gets_one_process_and_a_larger_one_as_many_as_its_memory_bears(
    monkeypatch: pytest.MonkeyPatch, processors: int, memory_mib: int, count: int
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _pid: set(range(processors)))
    monkeypatch.setattr(gridmap.cli.serve, "memory_mib", lambda: memory_mib)
    assert processes_of_machine() == count


@pytest.mark.parametrize("threads", [1, 8, 64])
@pytest.mark.parametrize("count", [1, 2, 4, 8])
def test_all_processes_together_leave_connections_for_workers_and_commands(
    tmp_path: Path, threads: int, count: int
) -> None:
    database = Database(Settings(home=tmp_path, threads=threads))
    database.become_one_of(count)
    # What looks after the rest takes four and the workers a few each.
    assert count * database.engine.pool.size() < TAKES - 12  # type: ignore[attr-defined]
    assert count * database.threads >= threads
    assert database.threads >= min(threads, 2)


def test_a_process_whose_tiles_another_one_has_removed_goes_on_keeping_them(tmp_path: Path) -> None:
    one, other = TileCache(tmp_path, share=2), TileCache(tmp_path, share=2)
    name = TileName(Scope.whole(), "grids", 12, 1, 2)
    one.write("old", name, b"old")
    other.write("new", name, b"new")
    assert one.read("old", name) is None
    one.write("old", name, b"again")
    assert one.read("old", name) == b"again"
    other.write("new", name, b"new again")
    assert other.read("new", name) == b"new again"
    shutil.rmtree(tmp_path / FOLDER)
    one.write("old", name, b"and again")
    assert one.read("old", name) == b"and again"


def test_each_process_tells_changes_that_all_count_and_one_in_its_place_goes_on() -> None:
    together = Together(2)
    for number in (0, 1, 0, 2):
        together.become(number)
        together.stir()
    assert together.changes == 4
    assert together.pids == (os.getpid(),) * 3
    assert Together().pids == (os.getpid(),)
    assert together.secret != Together(2).secret
