"""The cluster finds a place that its account can reach, and is found there again."""

from __future__ import annotations

import os
import pwd
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gridmap.errors import Forbidden, Unavailable
from gridmap.storage.embedded import EmbeddedCluster

pytestmark = pytest.mark.faults

Spawn = Callable[..., Any]
IS_ROOT = os.geteuid() == 0


def modes(folder: Path) -> dict[Path, tuple[int, int, int]]:
    """Permissions and owners of a folder and all above it."""
    found = {path: path.stat() for path in (folder, *folder.parents)}
    return {path: (stat.S_IMODE(s.st_mode), s.st_uid, s.st_gid) for path, s in found.items()}


def move_template(base: Path, to: Path) -> Path:
    to.parent.mkdir(parents=True, exist_ok=True)
    return base.rename(to)


@pytest.mark.parametrize(
    "name",
    ["x" * 120, "a b", "a,b", "o'brien", 'q"uote', "$(touch gotcha)`id`", "back\\slash", "枫桥镇"],
)
def test_a_base_folder_of_any_name_works(place: Path, base: Path, name: str) -> None:
    moved = move_template(base, place / name / "base")
    with EmbeddedCluster(moved) as cluster:
        found = cluster.status()
        assert found.state == "running"
        assert len(os.fsencode(found.socket_dir / ".s.PGSQL.5432")) <= 107
        assert found.socket_dir.stat().st_mode & 0o777 == 0o700
    assert not list(place.rglob("gotcha"))
    if not found.socket_dir.is_relative_to(place):
        found.socket_dir.rmdir()


def test_a_first_start_works_in_a_folder_with_an_awkward_name(place: Path) -> None:
    with EmbeddedCluster(place / '$HOME `id` "it\'s"' / "base") as cluster:
        assert cluster.status().state == "running"
    cluster.status().socket_dir.rmdir()


def test_a_socket_folder_that_somebody_else_made_is_refused(place: Path, base: Path) -> None:
    moved = move_template(base, place / ("x" * 120) / "base")
    cluster = EmbeddedCluster(moved)
    squatted = Path(cluster.status().socket_dir)
    squatted.symlink_to(place)
    try:
        with pytest.raises(Forbidden, match="is not a folder of the account"):
            cluster.start()
    finally:
        squatted.unlink()


def test_a_closed_base_folder_of_ones_own_lets_the_server_pass_and_nobody_look(place: Path) -> None:
    base = place / "base"
    base.mkdir(mode=0o700)
    before = modes(place)
    with EmbeddedCluster(base) as cluster:
        data = cluster.status().data_dir
        assert data is not None
        assert data.is_relative_to(base)
        server_gid = data.stat().st_gid
        found = base.stat()
        if IS_ROOT:
            assert (stat.S_IMODE(found.st_mode), found.st_uid, found.st_gid) == (0o710, 0, server_gid)
        else:
            assert stat.S_IMODE(found.st_mode) == 0o700
    assert modes(place) == before


def test_below_a_closed_folder_the_data_goes_elsewhere_and_is_found_again(place: Path) -> None:
    closed = place / "closed"
    closed.mkdir(mode=0o700)
    base, fallback = closed / "base", place / "elsewhere"
    before = modes(closed)
    steps: list[str] = []
    cluster = EmbeddedCluster(
        base, on_progress=lambda step: steps.append(step.code), fallback_root=fallback
    ).start()
    data = cluster.status().data_dir
    cluster.stop()
    assert data is not None
    assert data.is_relative_to(fallback if IS_ROOT else base)
    assert ("database-elsewhere" in steps) == IS_ROOT
    assert modes(closed) == before

    steps.clear()
    moved = base.rename(closed / "moved")
    with EmbeddedCluster(
        moved, on_progress=lambda step: steps.append(step.code), fallback_root=fallback
    ) as again:
        found = again.status().data_dir
        assert found == (data if IS_ROOT else moved / data.relative_to(base))
    assert steps[0] == "starting"
    assert "initialising" not in steps


def test_a_base_folder_that_was_deleted_and_made_anew_is_empty(place: Path) -> None:
    closed = place / "closed"
    closed.mkdir(mode=0o700)
    base, fallback = closed / "base", place / "elsewhere"
    with EmbeddedCluster(base, fallback_root=fallback):
        pass
    subprocess.run(["rm", "-rf", str(base)], check=True)
    assert EmbeddedCluster(base, fallback_root=fallback).status().state == "absent"
    steps: list[str] = []
    with EmbeddedCluster(base, on_progress=lambda s: steps.append(s.code), fallback_root=fallback):
        assert "initialising" in steps


def test_existing_data_that_became_unreachable_is_not_replaced_by_an_empty_database(base: Path) -> None:
    place = base.parent
    place.chmod(0o700)
    try:
        if IS_ROOT:
            with pytest.raises(Unavailable, match="cannot enter"):
                EmbeddedCluster(base, fallback_root=place / "elsewhere").start()
            assert not (place / "elsewhere").exists()
        else:
            with EmbeddedCluster(base) as cluster:
                assert cluster.status().state == "running"
    finally:
        place.chmod(0o755)


def test_a_base_folder_shared_with_a_group_keeps_its_group(place: Path) -> None:
    base = place / "base"
    base.mkdir()
    base.chmod(0o770)
    before = modes(base)
    with EmbeddedCluster(base, fallback_root=place / "elsewhere"):
        pass
    assert modes(base) == before


def test_another_accounts_cluster_is_refused_by_name(
    base: Path, spawn: Spawn, ordinary: tuple[str, ...]
) -> None:
    owner = pwd.getpwuid((base / "cluster").stat().st_uid).pw_name
    program = spawn(base, *ordinary)
    if IS_ROOT:
        error = program.until_error()
        assert error["code"] == "database-of-other-account"
        assert owner in error["message_en"]
    else:
        assert program.until_ready().ready["users"] == 1


def test_root_uses_an_ordinary_users_cluster_as_that_user(
    place: Path, spawn: Spawn, ordinary: tuple[str, ...], ordinary_uid: int
) -> None:
    place.chmod(0o777)
    base = place / "base"
    first = spawn(base, *ordinary).until_ready()
    assert first.tell("stop")["last"] is True
    with EmbeddedCluster(base) as cluster:
        pid = cluster.status().pid
        assert Path(f"/proc/{pid}").stat().st_uid == ordinary_uid
        assert spawn(base, *ordinary).until_ready().ready["pid"] == pid
