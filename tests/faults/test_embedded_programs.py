"""Server programs are found where they are, and their absence is explained."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gridmap.errors import Unavailable
from gridmap.storage.embedded import EmbeddedCluster
from gridmap.storage.embedded.programs import ServerPrograms, find_programs

pytestmark = pytest.mark.faults

Spawn = Callable[..., Any]


def build_tree(place: Path, *, with_postgis: bool) -> Path:
    """Lay out real server programs elsewhere, as a package would, and return their folder."""
    real = find_programs()
    libdir = real.bindir.parent / "lib"
    share = Path(f"/usr/share/postgresql/{real.major}")
    bindir = place / "usr" / "lib" / "postgresql" / str(real.major) / "bin"
    bindir.mkdir(parents=True)
    # Copies, not links: PostgreSQL follows links and would find its real neighbours.
    for name in ("postgres", "initdb", "pg_ctl"):
        shutil.copy2(real.bindir / name, bindir / name)
    (bindir.parent / "lib").symlink_to(libdir)
    new_share = place / "usr" / "share" / "postgresql" / str(real.major)
    (new_share / "extension").mkdir(parents=True)
    for entry in share.iterdir():
        if entry.name != "extension":
            (new_share / entry.name).symlink_to(entry)
    for entry in (share / "extension").iterdir():
        if with_postgis or not entry.name.startswith("postgis"):
            (new_share / "extension" / entry.name).symlink_to(entry)
    return bindir


def test_the_newest_version_with_postgis_is_taken() -> None:
    found = find_programs()
    assert (found.bindir / "postgres").exists()
    assert find_programs(found.major) == found


def test_a_missing_postgis_is_named_with_what_to_install(place: Path) -> None:
    bindir = build_tree(place, with_postgis=False)
    major = int(bindir.parent.name)
    with pytest.raises(Unavailable) as caught:
        EmbeddedCluster(place / "base", bindir=bindir).start()
    assert caught.value.code == "postgis-missing"
    for sentence in (caught.value.zh, caught.value.en):
        assert f"apt-get install --no-install-recommends postgresql-{major}-postgis-3" in sentence
        assert "DATABASE_URL" in sentence
    assert not list((place / "base").rglob("PG_VERSION"))


def test_programs_outside_the_usual_places_are_used_when_named(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bindir = build_tree(place, with_postgis=True)
    monkeypatch.setenv("GRIDMAP_PG_BINDIR", str(bindir))
    assert find_programs() == ServerPrograms(bindir, int(bindir.parent.name))
    with EmbeddedCluster(place / "base") as cluster:
        assert Path(f"/proc/{cluster.status().pid}/exe").readlink() == bindir / "postgres"


def test_missing_server_programs_are_named_with_what_to_install(place: Path) -> None:
    with pytest.raises(Unavailable) as caught:
        find_programs(bindir=place)
    assert caught.value.code == "postgres-missing"
    assert "apt-get install --no-install-recommends postgresql-postgis" in caught.value.en


def test_data_of_another_version_is_refused_and_left_alone(base: Path) -> None:
    here = find_programs().major
    home = base / "cluster"
    (home / str(here)).rename(home / str(here - 1))
    with pytest.raises(Unavailable) as caught:
        EmbeddedCluster(base).start()
    assert caught.value.code == "postgres-other-major"
    assert f"postgresql-{here - 1}-postgis-3" in caught.value.en
    assert [entry.name for entry in home.iterdir() if entry.name.isdigit()] == [str(here - 1)]


def test_a_program_that_may_not_look_into_other_accounts_processes_finds_its_server(
    base: Path, spawn: Spawn
) -> None:
    # So it is for root in a container.
    confined = ("setpriv", "--bounding-set", "-sys_ptrace") if os.geteuid() == 0 else ()
    first = spawn(base, prefix=confined).until_ready()
    second = spawn(base, prefix=confined).until_ready()
    assert second.ready["pid"] == first.ready["pid"]
    assert second.tell("status")["users"] == 2
    assert first.tell("stop")["last"] is False
    assert second.tell("stop")["last"] is True


def test_a_server_that_cannot_start_says_where_the_reason_stands(base: Path) -> None:
    (data,) = base.glob("cluster/[0-9]*/data")
    settings = data / "postgresql.conf"
    settings.write_text(settings.read_text("utf-8") + "\nno_such_setting = 1\n", "utf-8")
    with pytest.raises(Unavailable) as caught:
        EmbeddedCluster(base).start()
    assert caught.value.code == "database-program-failed"
    assert str(data.parent / "server.log") in caught.value.en
    assert "no_such_setting" not in str(caught.value)
    assert "no_such_setting" in "".join(caught.value.__notes__)
