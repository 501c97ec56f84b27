"""Which backups are kept, when the next is due, and that a torn one is known."""

from __future__ import annotations

import datetime as dt
import io
import json
import os
import shutil
import tarfile
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridmap.domain.backups import Backup, KeepRule, LogRange, PackedFile, TableFigure, is_due
from gridmap.errors import Broken, Conflict, InvalidInput, NotFound
from gridmap.files.packed import make_key, pack, unpack_folder, unpacked
from gridmap.files.places import DiskPlace
from gridmap.services.backups.schedule import FIRST_AFTER_S, BackupKeeper, log_gap
from gridmap.services.backups.second import copy_to_second, follow, is_behind, is_on_same_disk
from gridmap.services.backups.shelf import Shelf
from gridmap.settings import Settings
from gridmap.storage.database import Database

DAY = dt.datetime(2026, 11, 28, 2, 30, tzinfo=dt.UTC)
MOMENTS = st.lists(st.integers(0, 4000).map(lambda hours: DAY + dt.timedelta(hours=hours)))


@given(moments=MOMENTS, days=st.integers(0, 9), weeks=st.integers(0, 9), months=st.integers(1, 20))
def test_the_newest_is_always_kept_and_no_rule_keeps_more_than_it_says(
    moments: list[dt.datetime], days: int, weeks: int, months: int
) -> None:
    kept = KeepRule(days, weeks, months).kept(moments)
    assert kept <= set(moments)
    assert len(kept) <= days + weeks + months
    assert not moments or max(moments) in kept


def test_days_weeks_and_months_keep_their_newest() -> None:
    moments = [DAY - dt.timedelta(days=n) for n in range(400)]
    kept = KeepRule.parse("7d 4w 12m").kept(moments)
    assert {DAY - dt.timedelta(days=n) for n in range(7)} <= kept
    assert DAY.replace(month=10, day=31) in kept
    assert DAY.replace(year=2025, month=12, day=31) in kept
    assert DAY.replace(day=10) not in kept
    assert len(kept) <= 7 + 4 + 12


@given(moments=MOMENTS, most=st.integers(1, 200))
def test_no_backup_is_kept_longer_than_words_of_cases(moments: list[dt.datetime], most: int) -> None:
    rule = KeepRule(7, 4, 12, most)
    kept = rule.kept(moments)
    limit = dt.timedelta(days=most)
    assert all(max(moments) - at <= limit for at in kept)
    assert kept == {at for at in KeepRule(7, 4, 12).kept(moments) if max(moments) - at <= limit}


@pytest.mark.parametrize("told", ["", "7", "0d", "d", "7w 3d", "-1d"])
def test_a_keep_rule_that_is_none_is_refused(told: str) -> None:
    with pytest.raises(InvalidInput):
        KeepRule.parse(told)


@pytest.mark.parametrize(
    ("last", "now", "due"),
    [
        (None, DAY, True),
        (DAY, DAY + dt.timedelta(hours=23), False),
        (DAY, DAY + dt.timedelta(hours=24, minutes=1), True),
        (DAY - dt.timedelta(hours=1), DAY + dt.timedelta(seconds=1), True),
        # A clock that was a year ahead, and is right again; one that jumped an hour back.
        (DAY + dt.timedelta(days=365), DAY, True),
        (DAY + dt.timedelta(minutes=1), DAY - dt.timedelta(minutes=59), False),
    ],
)
def test_a_backup_is_due_once_a_day_whatever_the_clock_did(
    last: dt.datetime | None, now: dt.datetime, due: bool
) -> None:
    assert is_due(last, now, dt.time(2, 30)) is due


def put(shelf: Shelf, at: dt.datetime, log: LogRange | None = None) -> Backup:
    name = at.strftime("%Y%m%dT%H%M%SZ")
    place = shelf.place(name)
    place.mkdir(parents=True)
    main = pack(io.BytesIO(b"the copy" * 1000), place, "cluster.tar")
    backup = Backup(
        name=name,
        kind="cluster",
        taken_at=at,
        program="1",
        schema="0013",
        major=15,
        encrypted=False,
        files=(main,),
        tables={"grids": TableFigure(3, "17")},
        point=None,
        log=log,
        seconds=1.0,
    )
    shelf.write(backup)
    return backup


def test_a_record_is_read_as_it_was_written(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    backup = put(shelf, DAY)
    assert shelf.backups() == [backup]
    assert shelf.find(None) == backup
    shelf.check(backup)
    with pytest.raises(NotFound):
        shelf.find(None, before=DAY - dt.timedelta(seconds=1))


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-2])


def _turn(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize("damage", [_cut, _turn, Path.unlink])
@pytest.mark.parametrize("name", ["backup.json", "cluster.tar.gz"])
def test_a_copied_backup_that_is_torn_is_known(
    tmp_path: Path, name: str, damage: Callable[[Path], None]
) -> None:
    shelf = Shelf(tmp_path)
    backup = put(shelf, DAY)
    damage(shelf.place(backup.name) / name)
    with pytest.raises(Broken, match="not whole"):
        shelf.check(shelf.read(backup.name))


def test_a_record_that_was_changed_is_torn(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    path = shelf.place(put(shelf, DAY).name) / "backup.json"
    record = json.loads(path.read_text())
    record["tables"]["grids"]["rows"] = 4
    path.write_text(json.dumps(record))
    with pytest.raises(Broken):
        shelf.find(path.parent.name)
    assert shelf.newest() is None


def test_what_no_rule_keeps_goes_with_the_log_that_nobody_needs(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    segments = [f"0000000100000000000000{n:02X}" for n in range(1, 9)]
    folder = shelf.log("7")
    folder.mkdir()
    for segment in segments:
        pack(io.BytesIO(b"log"), folder, segment)
    pack(io.BytesIO(b"history"), folder, "00000002.history")
    (tmp_path / "20260101T000000Z").mkdir()
    month_ago = put(shelf, DAY - dt.timedelta(days=40), LogRange("7", segments[1], segments[2]))
    put(shelf, DAY - dt.timedelta(hours=3), LogRange("7", segments[4], segments[4]))
    newest = put(shelf, DAY, LogRange("7", segments[6], segments[6]))
    gone = shelf.prune(KeepRule(1, 0, 2), DAY)
    assert gone == ["20261127T233000Z", "20260101T000000Z"]
    assert [b.name for b in shelf.backups()] == [month_ago.name, newest.name]
    # From the newest on everything, of the older one its own part, and the histories.
    left = [path.name.removesuffix(".gz") for path in shelf.segments("7")]
    assert left == [*segments[1:3], *segments[6:], "00000002.history"]


def follows(shelf: Shelf, other: Shelf, told: str = "7d 4w 12m") -> None:
    follow(shelf, DiskPlace(other.folder), str(other.folder), KeepRule.parse(told), DAY)


def test_the_second_place_follows_the_first(tmp_path: Path) -> None:
    shelf, other = Shelf(tmp_path / "one"), Shelf(tmp_path / "other")
    first = put(shelf, DAY - dt.timedelta(days=1))
    follows(shelf, other)
    second = put(shelf, DAY)
    # What a kill in the middle of a copy leaves there.
    other.place("20261101T000000Z").mkdir()
    (other.place(first.name) / "cluster.tar.gz.new").write_bytes(b"half")
    shelf.prune(KeepRule(1, 0, 0), DAY)
    follows(shelf, other, "1d")
    assert other.backups() == [second] == shelf.backups() != [first]
    assert other.names() == [second.name]
    other.check(second)


def test_a_new_machine_deletes_nothing_of_the_lost_one_at_the_second_place(tmp_path: Path) -> None:
    lost, fresh, other = (Shelf(tmp_path / name) for name in ("lost", "fresh", "other"))
    old = [put(lost, DAY - dt.timedelta(days=n), log_of(lost, "7", n)) for n in (2, 1)]
    follows(lost, other)
    before = sorted(path.name for path in other.folder.rglob("*"))
    put(fresh, DAY, log_of(fresh, "8", 0))
    with pytest.raises(Conflict) as refused:
        follows(fresh, other)
    assert refused.value.code == "backups-of-another"
    assert old[-1].name in refused.value.zh
    assert sorted(path.name for path in other.folder.rglob("*")) == before
    # Once it has the lost machine's database it goes on there, and what the rule keeps stays, with its log.
    fresh.adopt("7")
    new = put(fresh, DAY + dt.timedelta(hours=1), log_of(fresh, "7", 0))
    follows(fresh, other)
    assert {backup.name for backup in other.backups()} == {*fresh.names(), *(one.name for one in old)}
    for backup in (*old, new):
        other.check(backup)
    follows(fresh, other, "1d")
    assert other.names() == fresh.names()
    assert [path.name for path in other.segments("7")] == [path.name for path in fresh.segments("7")]


def test_a_copy_to_the_second_place_that_a_kill_cut_short_is_made_later(tmp_path: Path) -> None:
    class Killed(Shelf):
        def backups(self) -> list[Backup]:
            raise KeyboardInterrupt

    settings = Settings(home=tmp_path / "home", backup_copy=str(tmp_path / "other"))
    shelf = Shelf(settings.backups)
    put(shelf, DAY, log_of(shelf, "7", 0))
    copy_to_second(shelf, settings)
    later = dt.datetime.now(dt.UTC) + dt.timedelta(minutes=5)
    assert not is_behind(shelf, settings, later)
    with pytest.raises(KeyboardInterrupt):
        copy_to_second(Killed(shelf.folder), settings)
    assert not is_behind(shelf, settings, dt.datetime.now(dt.UTC))
    assert is_behind(shelf, settings, later)
    copy_to_second(shelf, settings)
    assert not is_behind(shelf, settings, later)


def test_a_second_place_that_is_the_first_one_is_told_and_one_on_its_disk_too(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "home" / "backups")
    put(shelf, DAY, log_of(shelf, "7", 0))
    for where in (shelf.folder, shelf.folder / "second", tmp_path / "home"):
        settings = Settings(home=tmp_path / "home", backup_copy=str(where))
        with pytest.raises(InvalidInput) as refused:
            copy_to_second(shelf, settings)
        assert refused.value.code == "second-place-same"
        assert shelf.trouble(of_second=True) is not None
    (tmp_path / "other").mkdir()
    assert is_on_same_disk(Settings(home=tmp_path / "home", backup_copy=str(tmp_path / "other")))
    assert not is_on_same_disk(Settings(home=tmp_path / "home", backup_copy="/proc"))
    assert not is_on_same_disk(Settings(home=tmp_path / "home"))


def test_a_segment_that_the_log_lacks_since_the_newest_backup_is_named(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    shelf = Shelf(settings.backups)
    log = log_of(shelf, "7", 5, of=4)
    put(shelf, DAY, LogRange("7", log.first, log.first))
    assert log_gap(settings, DAY) is None
    (shelf.log("7") / log.files[2].name).unlink()
    # The note of a copy that began there has its name, and is no segment.
    segment = log.files[2].name.removesuffix(".gz")
    pack(io.BytesIO(b"note"), shelf.log("7"), f"{segment}.00000028.backup")
    assert log_gap(settings, DAY) == segment
    # From the next backup on all is there.
    put(shelf, DAY + dt.timedelta(hours=1), LogRange("7", log.last, log.last))
    assert log_gap(settings, DAY) is None


def test_two_workspaces_at_one_second_place_delete_nothing_of_each_other(tmp_path: Path) -> None:
    one, two, other = (Shelf(tmp_path / name) for name in ("one", "two", "other"))
    for shelf, system in ((one, "7"), (two, "8")):
        put(shelf, DAY - dt.timedelta(days=int(system)), log_of(shelf, system, 1))
        # As an older program left it, which asked nobody.
        shutil.copytree(shelf.folder, other.folder, dirs_exist_ok=True)
    newer = put(one, DAY, log_of(one, "7", 0))
    one.prune(KeepRule(1, 0, 0), DAY)
    follows(one, other, "1d")
    assert other.names() == [*two.names(), newer.name]
    other.check(two.backups()[0])


def test_backups_of_one_database_are_not_put_beside_those_of_another_only(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    shelf.require_own("8")
    put(shelf, DAY, log_of(shelf, "7", 0))
    shelf.require_own("7")
    with pytest.raises(Conflict) as refused:
        shelf.require_own("8")
    assert refused.value.code == "backups-of-another"
    shelf.adopt("8")
    shelf.require_own("8")
    # A dump of before did not say whose it was: an upgrade goes on beside it.
    put(shelf, DAY + dt.timedelta(hours=1))
    shelf.require_own("9")


def test_what_a_dump_of_before_was_restored_from_stays_the_second_place_of_the_new_machine(
    tmp_path: Path,
) -> None:
    lost, fresh, other = (Shelf(tmp_path / name) for name in ("lost", "fresh", "other"))
    old = put(lost, DAY - dt.timedelta(days=1))
    shutil.copytree(lost.folder, other.folder)
    fresh.adopt(old.whose)
    fresh.require_own("9")
    new = replace(put(fresh, DAY), origin="9")
    fresh.write(new)
    follows(fresh, other)
    assert other.backups() == [old, new]
    with pytest.raises(Conflict):
        fresh.require_own("8")


@pytest.mark.parametrize("off_days", [400, -400])
def test_a_clock_that_was_wrong_neither_keeps_the_log_for_ever_nor_drops_what_days_need(
    tmp_path: Path, off_days: int
) -> None:
    shelf, rule = Shelf(tmp_path), KeepRule(2, 0, 0, 365)
    for n, day in ((6, -6), (5, off_days - 5), (4, -4), (3, -3), (2, -2)):
        put(shelf, DAY + dt.timedelta(days=day), log_of(shelf, "7", n))
        log_of(shelf, "7", n, of=2)
    for back in (0, off_days):
        shelf.prune(rule, DAY + dt.timedelta(days=back), made=shelf.names()[0])
    first = f"{100 - 3:X}"
    there = [path.name[22:24] for path in shelf.segments("7")]
    assert [name for name in there if name >= first] == ["61", "62", "63"]
    assert len(there) <= 3 + 2


def test_what_is_torn_here_replaces_nothing_that_is_whole_at_the_second_place(tmp_path: Path) -> None:
    shelf, other = Shelf(tmp_path / "one"), Shelf(tmp_path / "other")
    cut, gone, unread = (put(shelf, DAY - dt.timedelta(days=n), log_of(shelf, "7", n)) for n in (3, 2, 1))
    follows(shelf, other)
    _cut(shelf.place(cut.name) / "cluster.tar.gz")
    (shelf.place(gone.name) / "cluster.tar.gz").unlink()
    _cut(shelf.place(unread.name) / "backup.json")
    for segment in shelf.segments("7"):
        _cut(segment)
    follows(shelf, other)
    for backup in (cut, gone, unread):
        other.check(backup)


def test_the_log_within_a_backup_is_looked_through(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    for damage in (_cut, _turn, Path.unlink):
        log = log_of(shelf, "7", 9, of=3)
        backup = put(shelf, DAY - dt.timedelta(hours=len(shelf.names())), log)
        shelf.check(backup)
        middle = shelf.log("7") / log.files[1].name
        whole = middle.read_bytes()
        damage(middle)
        with pytest.raises(Broken) as refused:
            shelf.check(backup)
        assert middle.name in refused.value.zh
        middle.write_bytes(whole)
    middle.unlink()
    with pytest.raises(Broken):
        shelf.log_files("7", log.first, log.last)


def test_a_clock_that_was_ahead_costs_no_backup_and_hides_none(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    real = put(shelf, DAY - dt.timedelta(days=1))
    ahead = put(shelf, DAY + dt.timedelta(days=400))
    assert shelf.prune(KeepRule(1, 0, 0, 365), DAY + dt.timedelta(minutes=1), made=ahead.name) == []
    # The clock is right again: what is made now is neither too old nor hidden behind that of the future.
    made = put(shelf, DAY)
    assert shelf.newest(DAY) == made
    assert not is_due(made.taken_at, DAY + dt.timedelta(hours=1), dt.time(2, 30))
    assert shelf.prune(KeepRule(1, 0, 0, 365), DAY, made=made.name) == [real.name]
    assert shelf.backups() == [made, ahead]
    # One that was made just after the clock went back half an hour is kept, too.
    back = put(shelf, DAY - dt.timedelta(minutes=30))
    shelf.prune(KeepRule(1, 0, 0), DAY, made=back.name)
    assert back in shelf.backups()
    # Where every backup is of the future the clock is wrong now, and the newest is the newest.
    assert shelf.newest(DAY - dt.timedelta(days=9000)) == ahead


def log_of(shelf: Shelf, system: str, back: int, of: int = 1) -> LogRange:
    """Put segments of a log on a shelf, so many before the one with the number 100."""
    folder = shelf.log(system)
    folder.mkdir(parents=True, exist_ok=True)
    names = [f"0000000100000000000000{100 - back + n:02X}" for n in range(of)]
    for name in names:
        pack(io.BytesIO(f"{system} {name}".encode() * 20), folder, name)
    return LogRange(system, names[0], names[-1], shelf.log_files(system, names[0], names[-1]))


def test_a_backup_waits_for_whoever_takes_the_log_and_tells_of_another_backup(tmp_path: Path) -> None:
    shelf, entered = Shelf(tmp_path), threading.Event()

    def enter() -> None:
        with shelf.locked(patience_s=600):
            entered.set()

    with shelf.locked():
        with pytest.raises(Conflict) as refused, shelf.locked():
            pass
        assert refused.value.code == "backup-under-way"
        thread = threading.Thread(target=enter)
        thread.start()
        assert not entered.is_set()
    thread.join()
    assert entered.is_set()


def tar_of(*entries: tuple[str, bytes, int, bytes]) -> io.BytesIO:
    """A tar stream of names, content, modes and kinds."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for name, content, mode, kind in entries:
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode, entry.type, entry.linkname = len(content), mode, kind, "/etc/passwd"
            entry.uid = 4711
            tar.addfile(entry, io.BytesIO(content))
    out.seek(0)
    return out


def test_what_is_unpacked_belongs_to_whoever_does_it_and_nobody_else_writes_it(tmp_path: Path) -> None:
    stream = tar_of(
        ("a", b"", 0o777, tarfile.DIRTYPE),
        ("a/run", b"#!", 0o6777, tarfile.REGTYPE),
        ("deep/er/b", b"x" * 2_000_000, 0o040, tarfile.REGTYPE),
    )
    unpack_folder(stream, tmp_path / "new")
    assert (tmp_path / "new" / "deep" / "er" / "b").read_bytes() == b"x" * 2_000_000
    for path in (tmp_path / "new").rglob("*"):
        assert path.stat().st_uid == os.geteuid()
        assert path.stat().st_mode & 0o7022 == 0
    assert (tmp_path / "new" / "a" / "run").stat().st_mode & 0o700 == 0o700


@pytest.mark.parametrize(
    "entry",
    [
        ("../out", b"x", 0o600, tarfile.REGTYPE),
        ("in/../../out", b"x", 0o600, tarfile.REGTYPE),
        ("/tmp/out", b"x", 0o600, tarfile.REGTYPE),
        ("link", b"", 0o600, tarfile.SYMTYPE),
        ("link", b"", 0o600, tarfile.LNKTYPE),
        ("device", b"", 0o600, tarfile.CHRTYPE),
    ],
)
def test_an_archive_that_leads_out_of_its_folder_is_torn(
    entry: tuple[str, bytes, int, bytes], tmp_path: Path
) -> None:
    with pytest.raises(Broken) as refused:
        unpack_folder(tar_of(entry), tmp_path / "deep" / "new")
    assert refused.value.code == "backup-torn"
    assert not [path for path in tmp_path.rglob("*") if not path.is_dir()]


@given(data=st.binary(max_size=5000))
def test_what_is_packed_comes_out_and_only_with_the_key(
    data: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("packed")
    plain = pack(io.BytesIO(data), folder, "x")
    with unpacked(folder / plain.name) as stream:
        assert stream.read() == data
    public = make_key(folder / "key")
    make_key(folder / "other")
    sealed = pack(io.BytesIO(data), folder, "y", [public])
    assert sealed.name == "y.gz.age"
    assert (folder / sealed.name).read_bytes().startswith(b"age-encryption.org/v1\n")
    with unpacked(folder / sealed.name, folder / "key") as stream:
        assert stream.read() == data
    packed_tar = pack(tar_of(("a", b"x", 0o600, tarfile.REGTYPE)), folder, "z", [public])
    with (
        pytest.raises(Conflict) as other,
        unpacked(folder / packed_tar.name, folder / "other") as stream,
    ):
        unpack_folder(stream, folder / "out")
    assert other.value.code == "backup-other-key"
    for key, code in ((None, "backup-key-needed"), (folder / "other", "backup-other-key")):
        with pytest.raises(Conflict) as refused, unpacked(folder / sealed.name, key) as stream:
            stream.read()
        assert refused.value.code == code
    with pytest.raises(Conflict):
        make_key(folder / "key")


def test_an_encrypted_file_that_is_torn_is_known(tmp_path: Path) -> None:
    public = make_key(tmp_path / "key")
    sealed: PackedFile = pack(io.BytesIO(b"x" * 300_000), tmp_path, "y", [public])
    _cut(tmp_path / sealed.name)
    with pytest.raises(Broken), unpacked(tmp_path / sealed.name, tmp_path / "key") as stream:
        stream.read()
    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600


def test_a_second_place_that_is_away_does_not_keep_the_backup_of_the_day_from_the_first(
    tmp_path: Path,
) -> None:
    settings = Settings(
        home=tmp_path, backup_copy=str(tmp_path), database_url="postgresql://nobody@127.0.0.1:1/none"
    )
    shelf, now = Shelf(settings.backups), dt.datetime.now(dt.UTC)
    shelf.note_trouble(Conflict("away", "离线", "away"), now - dt.timedelta(minutes=5), of_second=True)
    keeper = BackupKeeper(Database(settings))
    assert not keeper.look(now, time.monotonic() + FIRST_AFTER_S + 1)
    found = shelf.trouble(of_second=True)
    assert found is not None
    assert found["code"] == "second-place-same"
    # It was tried all the same, and failed for the reason that it has here.
    found = shelf.trouble()
    assert found is not None
    assert found["code"] != "second-place-same"
