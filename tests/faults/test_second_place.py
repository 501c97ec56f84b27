"""A second place on another machine: it follows the first, and what keeps it from that is told with what to do."""

from __future__ import annotations

import datetime as dt
import io
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from gridmap.domain.backups import Backup, KeepRule, LogRange
from gridmap.errors import Unavailable
from gridmap.files.packed import pack
from gridmap.services.backups.schedule import standing
from gridmap.services.backups.second import copy_to_second, is_behind, shelf_at
from gridmap.services.backups.shelf import Shelf
from gridmap.settings import Settings
from tests.faults.conftest import FarMachine
from tests.faults.serving import free_port

pytestmark = pytest.mark.faults

DAY = dt.datetime(2026, 11, 28, 2, 30, tzinfo=dt.UTC)
SEGMENTS = tuple(f"0000000100000000000000{n:02X}" for n in range(1, 5))


def put(shelf: Shelf, taken_at: dt.datetime, segment: str) -> Backup:
    """A small backup with the log that it needs."""
    name = taken_at.strftime("%Y%m%dT%H%M%SZ")
    shelf.place(name).mkdir(parents=True)
    shelf.log("7").mkdir(exist_ok=True)
    file = pack(io.BytesIO(name.encode() * 1000), shelf.place(name), "cluster.tar")
    pack(io.BytesIO(segment.encode()), shelf.log("7"), segment)
    log = LogRange("7", segment, segment)
    made = Backup(name, "cluster", taken_at, "1", "0015", 15, False, (file,), {}, None, log, 1.0)
    shelf.write(made)
    return made


def settings_of(far: FarMachine, home: Path, there: Path) -> Settings:
    return Settings(
        home=home,
        backup_copy=far.address(there),
        backup_keep="1d",
        backup_ssh_key=far.key,
        backup_known_hosts=far.known_hosts,
    )


def test_a_second_place_on_another_machine_follows_the_first(far_machine: FarMachine, tmp_path: Path) -> None:
    settings = settings_of(far_machine, tmp_path, tmp_path / "deep" / "there")
    shelf, other = Shelf(settings.backups), Shelf(tmp_path / "deep" / "there")
    first = put(shelf, DAY - dt.timedelta(days=1), SEGMENTS[0])
    copy_to_second(shelf, settings)
    assert other.backups() == [first]
    second = put(shelf, DAY, SEGMENTS[2])
    # A transfer that a kill cut short, and a file that is not what it was.
    (other.log("7") / f"{SEGMENTS[1]}.gz.new").write_bytes(b"half")
    (other.place(first.name) / "cluster.tar.gz").write_bytes(b"half")
    shelf.prune(KeepRule(1, 0, 0), DAY)
    copy_to_second(shelf, settings)
    assert other.backups() == [second] == shelf.backups()
    other.check(second)
    assert [p.name for p in other.log("7").iterdir()] == [p.name for p in shelf.log("7").iterdir()]
    assert all(path.stat().st_mode & 0o077 == 0 for path in other.folder.rglob("*"))


def test_what_is_fetched_for_a_restore_is_the_backup_and_the_log_from_its_begin_on(
    far_machine: FarMachine, tmp_path: Path
) -> None:
    settings = settings_of(far_machine, tmp_path / "home", tmp_path / "there")
    there = Shelf(tmp_path / "there")
    old = put(there, DAY - dt.timedelta(days=1), SEGMENTS[0])
    newest = put(there, DAY, SEGMENTS[2])
    pack(io.BytesIO(b"history"), there.log("7"), "00000002.history")
    for name, before, wanted, segments in (
        (None, None, newest, SEGMENTS[2:3]),
        (None, DAY - dt.timedelta(hours=1), old, (SEGMENTS[0], SEGMENTS[2])),
        (old.name, None, old, (SEGMENTS[0], SEGMENTS[2])),
    ):
        with shelf_at(settings.backup_copy, settings, name, before=before) as found:
            assert found.find(name, before=before) == wanted
            found.check(wanted)
            fetched = [path.name for path in found.segments("7")]
        assert fetched == [*(f"{s}.gz" for s in segments), "00000002.history.gz"]
        assert not found.folder.exists()


Change = Callable[[Path], dict[str, object]]


def _another_key(room: Path) -> dict[str, object]:
    make = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(room / "other")]
    subprocess.run(make, check=True)
    return {"backup_ssh_key": room / "other"}


def _nobody_known(room: Path) -> dict[str, object]:
    return {"backup_known_hosts": room / "absent"}


def _nobody_there(_room: Path) -> dict[str, object]:
    return {"backup_copy": f"sftp://127.0.0.1:{free_port()}/~/backups"}


def _file_in_the_way(room: Path) -> dict[str, object]:
    (room / "there").write_text("a file")
    return {}


@pytest.mark.parametrize(
    ("change", "code", "words"),
    [
        (_nobody_known, "second-place-host-unknown", "ssh-keyscan -p"),
        (_another_key, "second-place-refused", "GRIDMAP_BACKUP_SSH_KEY"),
        (_nobody_there, "second-place-unreachable", "127.0.0.1"),
        (_file_in_the_way, "second-place-unwritable", "/there"),
    ],
)
def test_what_keeps_a_copy_from_another_machine_is_told_with_what_to_do(
    far_machine: FarMachine, tmp_path: Path, change: Change, code: str, words: str
) -> None:
    settings = settings_of(far_machine, tmp_path / "home", tmp_path / "there")
    shelf = Shelf(settings.backups)
    put(shelf, DAY, SEGMENTS[0])
    with pytest.raises(Unavailable) as refused:
        copy_to_second(shelf, settings.model_copy(update=change(tmp_path)))
    assert refused.value.code == code
    assert words in refused.value.zh
    assert words in refused.value.en
    assert not (tmp_path / "there").is_dir()
    assert len(shelf.backups()) == 1


def test_a_copy_that_fails_is_told_on_the_page_and_tried_again_until_it_is_made(
    far_machine: FarMachine, tmp_path: Path
) -> None:
    settings = settings_of(far_machine, tmp_path / "home", tmp_path / "there")
    away = settings.model_copy(update=_nobody_there(tmp_path))
    shelf = Shelf(settings.backups)
    put(shelf, DAY, SEGMENTS[0])
    with pytest.raises(Unavailable):
        copy_to_second(shelf, away)
    now = dt.datetime.now(dt.UTC)
    told = standing(away, now).trouble
    assert told is not None
    assert told["code"] == "second-place-unreachable"
    assert [is_behind(shelf, away, now + dt.timedelta(seconds=s)) for s in (0, 3600)] == [False, True]
    assert standing(settings.model_copy(update={"backup_copy": None}), now).trouble is None
    copy_to_second(shelf, settings)
    assert standing(settings, now).trouble is None
    assert not is_behind(shelf, settings, now + dt.timedelta(hours=1))


def test_a_machine_that_is_not_the_one_that_it_was_gets_nothing(
    far_machine: FarMachine, tmp_path: Path
) -> None:
    other = (tmp_path / "other").with_suffix(".pub")
    _another_key(tmp_path)
    known = tmp_path / "known"
    known.write_text(f"[127.0.0.1]:{far_machine.port} {other.read_text()}")
    settings = settings_of(far_machine, tmp_path / "home", tmp_path / "there")
    put(Shelf(settings.backups), DAY, SEGMENTS[0])
    with pytest.raises(Unavailable) as refused:
        copy_to_second(Shelf(settings.backups), settings.model_copy(update={"backup_known_hosts": known}))
    assert refused.value.code == "second-place-host-changed"
    assert str(known) in refused.value.en
    assert not (tmp_path / "there").exists()
