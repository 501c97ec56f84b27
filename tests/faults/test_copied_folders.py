"""A data folder that was copied by hand is known as torn or whole, and one of another account is told with the mend."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner

from gridmap.cli import main
from gridmap.errors import GridmapError
from gridmap.storage.embedded import EmbeddedCluster
from tests.faults.killing import kill_cluster

pytestmark = pytest.mark.faults


def data_of(base: Path) -> Path:
    (data,) = base.glob("cluster/[0-9]*/data")
    return data


def copied(base: Path, place: Path) -> Path:
    """Copy a cluster as an administrator would, file by file."""
    (place / "moved").mkdir()
    subprocess.run(["cp", "-a", str(base), str(place / "moved" / "database")], check=True)
    return place / "moved" / "database"


def ask(cluster: EmbeddedCluster, sql: str) -> int:
    host = str(cluster.status().socket_dir)
    with psycopg.connect(host=host, user="gridmap", dbname="gridmap", autocommit=True) as connection:
        cursor = connection.execute(sql.encode())
        row = cursor.fetchone() if cursor.description else None
    return int(row[0]) if row else 0


@pytest.fixture
def torn(base: Path, place: Path) -> Iterator[Path]:
    """A copy of a cluster that ran meanwhile."""
    with EmbeddedCluster(base) as cluster:
        ask(cluster, "create table kept as select 7 as n")
        yield copied(base, place)


def refusal(base: Path) -> GridmapError:
    with pytest.raises(GridmapError) as told:
        EmbeddedCluster(base).start()
    return told.value


def test_a_copy_of_a_running_database_is_known_as_torn_and_left_as_it_is(torn: Path) -> None:
    before = sorted(path.name for path in data_of(torn).iterdir())
    told = refusal(torn)
    assert told.code == "database-folder-copied-live"
    for sentence in (told.zh, told.en):
        assert "gridmap db restore" in sentence
        assert "--stood-still" in sentence
    # Asking again does not wear the refusal out, and nothing was removed or begun over it.
    assert refusal(torn).code == told.code
    assert sorted(path.name for path in data_of(torn).iterdir()) == before


def test_a_copy_whose_database_stood_still_is_started_when_somebody_says_so(torn: Path) -> None:
    words = ["db", "start", "--stood-still"]
    done = CliRunner().invoke(main, words, env={"GRIDMAP_HOME": str(torn.parent)})
    assert done.exit_code == 0, done.output
    cluster = EmbeddedCluster(torn)
    assert ask(cluster, "select n from kept") == 7
    assert cluster.shut_down()
    # From then on it is a database like any other.
    with EmbeddedCluster(torn) as again:
        assert ask(again, "select n from kept") == 7


def test_a_copy_of_a_stopped_database_is_known_as_whole(base: Path, place: Path) -> None:
    with EmbeddedCluster(base) as cluster:
        ask(cluster, "create table kept as select 7 as n")
    moved = copied(base, place)
    with EmbeddedCluster(moved) as cluster:
        assert ask(cluster, "select n from kept") == 7
    # So is the folder itself on its way to another name.
    base.rename(place / "renamed")
    with EmbeddedCluster(place / "renamed") as cluster:
        assert ask(cluster, "select n from kept") == 7


def test_a_copy_that_ended_early_is_known_as_damaged(base: Path, place: Path) -> None:
    with EmbeddedCluster(base) as cluster:
        ask(cluster, "create table kept as select n from generate_series(1, 9999) n")
        path = data_of(base) / str(_text(cluster, "select pg_relation_filepath('kept')"))
    moved = copied(base, place)
    (cut := data_of(moved) / path.relative_to(data_of(base))).write_bytes(cut.read_bytes()[:-5000])
    told = refusal(moved)
    assert told.code == "database-folder-damaged"
    assert "gridmap db restore" in told.zh
    assert "gridmap db restore" in told.en


def _text(cluster: EmbeddedCluster, sql: str) -> str:
    host = str(cluster.status().socket_dir)
    with psycopg.connect(host=host, user="gridmap", dbname="gridmap") as connection:
        row = connection.execute(sql.encode()).fetchone()
    assert row is not None
    return str(row[0])


def test_a_killed_database_is_no_copy(base: Path) -> None:
    with EmbeddedCluster(base) as cluster:
        ask(cluster, "create table kept as select 7 as n")
        kill_cluster(cluster)
    with EmbeddedCluster(base) as cluster:
        assert ask(cluster, "select n from kept") == 7


def test_a_data_folder_that_others_may_open_is_closed_and_serves(base: Path) -> None:
    data_of(base).chmod(0o755)
    with EmbeddedCluster(base) as cluster:
        assert ask(cluster, "select 7") == 7
    assert data_of(base).stat().st_mode & 0o777 == 0o700


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_files_of_another_account_are_told_with_the_command_that_mends_them(base: Path) -> None:
    data = data_of(base)
    owner = data.stat()
    for path in (data, *data.rglob("*")):
        os.chown(path, 0, 0, follow_symlinks=False)
    told = refusal(base)
    assert told.code == "database-files-foreign"
    mend = told.en.partition("Run as root: ")[2].removesuffix(".")
    assert mend in told.zh
    assert mend.startswith("chown -R")
    subprocess.run(["sh", "-c", mend], check=True)
    assert data.stat().st_uid == owner.st_uid
    with EmbeddedCluster(base) as cluster:
        assert ask(cluster, "select 7") == 7


def test_files_that_are_closed_to_their_own_account_are_told(base: Path) -> None:
    control = data_of(base) / "global" / "pg_control"
    control.chmod(0o000)
    told = refusal(base)
    assert (told.code, "chmod -R u+rwX" in told.zh) == ("database-files-foreign", True)
    control.chmod(0o600)
    with EmbeddedCluster(base) as cluster:
        assert ask(cluster, "select 7") == 7
