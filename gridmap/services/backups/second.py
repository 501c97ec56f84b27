"""The second place of the backups: a folder on another disk, or on another machine by SFTP."""

from __future__ import annotations

import datetime as dt
import logging
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gridmap.domain.backups import Backup, KeepRule, names_kept, newest_of
from gridmap.errors import Broken, GridmapError, InvalidInput
from gridmap.files.places import DiskPlace, Place, SftpAddress, sftp_place
from gridmap.services.backups.keeping import keep_rule, log_need, of_another
from gridmap.services.backups.shelf import RECORD, Shelf, told
from gridmap.settings import Settings

logger = logging.getLogger(__name__)

_AGAIN_AFTER = dt.timedelta(minutes=1)

_BEGUN = "copying"
"""File on the shelf that is there while the second place is brought up to date: a kill leaves it."""

FETCHED = "fetched"
"""Folder in the workspace's own in which lies what was fetched while it is restored."""


@contextmanager
def place_at(where: str, settings: Settings) -> Iterator[Place]:
    """Open a place by its path or address.

    Raises
    ------
    InvalidInput
        When it is no address of SFTP.
    Unavailable
        When it cannot be reached or written.
    """
    if "://" not in where:
        folder = Path(where).expanduser().absolute()
        with told(folder):
            yield DiskPlace(folder)
        return
    try:
        address = SftpAddress.parse(where)
    except ValueError:
        raise InvalidInput(
            "second-place-address",
            f"“{where}”不是备份存放处的地址。请写文件夹，或 sftp://账号@主机/路径（不含密码）。",
            f"{where!r} is no place for backups. Give a folder, or sftp://account@host/path, without a password.",
        ) from None
    with sftp_place(
        address, key_file=settings.backup_ssh_key, known_hosts=settings.backup_known_hosts
    ) as place:
        yield place


def copy_to_second(shelf: Shelf, settings: Settings) -> None:
    """Bring the second place, where there is one, to the state of the first.

    Raises
    ------
    Conflict
        When another database's backups are there.
    Unavailable
        When it cannot be reached or written.
    """
    if settings.backup_copy is None:
        return
    begun = shelf.folder / _BEGUN
    try:
        _require_apart(shelf, settings.backup_copy)
        with told(shelf.folder):
            begun.touch(mode=0o600)
        with place_at(settings.backup_copy, settings) as place:
            follow(shelf, place, settings.backup_copy, keep_rule(settings), dt.datetime.now(dt.UTC))
    except GridmapError as error:
        note(shelf, error, of_second=True)
        begun.unlink(missing_ok=True)
        raise
    begun.unlink(missing_ok=True)


def _require_apart(shelf: Shelf, where: str) -> None:
    if _is_far(where):
        return
    there, here = Path(where).expanduser().resolve(), shelf.folder.resolve()
    if there == here or there in here.parents or here in there.parents:
        raise InvalidInput(
            "second-place-same",
            f"第二存放处 {where} 与第一处是同一文件夹，或一个在另一个之内。"
            "请把 GRIDMAP_BACKUP_COPY 设在另一块磁盘或另一台机器上。",
            f"{where}, the second place, is the first one, or one lies in the other. Name another disk or another "
            "machine in GRIDMAP_BACKUP_COPY.",
        )


def is_on_same_disk(settings: Settings) -> bool:
    """Tell whether the second place is a folder on the disk of the first: both would be lost with it."""
    if settings.backup_copy is None or _is_far(settings.backup_copy):
        return False
    try:
        there = Path(settings.backup_copy).expanduser().stat().st_dev
        return there == settings.backups.stat().st_dev
    except OSError:
        return False


def follow(shelf: Shelf, other: Place, where: str, rule: KeepRule, now: dt.datetime) -> None:
    """Bring to a second place what it lacks, and delete there what the keep-rule does not keep of this database.

    Nothing of another database is deleted, and what is torn here replaces nothing that is whole there.

    Parameters
    ----------
    shelf : Shelf
    other : Place
    where : str
        Its name, for whoever must act.
    rule : KeepRule
    now : datetime

    Raises
    ------
    Conflict
        When it holds the backups of another database only, as that of a lost machine does for a new one.
    """
    own, origins = shelf.backups(), shelf.origins()
    with tempfile.TemporaryDirectory(prefix="gridmap-backups-") as folder:
        there = Shelf(Path(folder))
        there.fetch_records(other, but=set(shelf.names()))
        only_there = there.backups()
        cut_short = [name for name in there.names() if not (there.place(name) / RECORD).exists()]
    theirs = [backup for backup in only_there if backup.whose not in origins]
    mine = [backup for backup in only_there if backup.whose in origins]
    held = set(other.folders())
    if theirs and not mine and not any(backup.name in held for backup in own):
        raise of_another(where, newest_of(theirs, now))
    systems = {backup.log.system for backup in own if backup.log is not None}
    for system in sorted(systems):
        _copy_log(shelf, system, other)
    for backup in own:
        _copy_backup(shelf, backup, other)
    kept = names_kept(rule, [*own, *mine], now) | {backup.name for backup in own}
    for backup in mine:
        if backup.name not in kept:
            other.drop(backup.name)
    for name in cut_short if not theirs else ():
        other.drop(name)
    left = [backup for backup in (*own, *mine) if backup.name in kept]
    for system in systems:
        is_needed, log = log_need(system, left, rule), shelf.log(system).name
        here = {path.name for path in shelf.segments(system)}
        for name in other.sizes(log).keys() - here:
            if name.endswith(".new") or not is_needed(name):
                other.remove(log, name)
    shelf.forget_trouble(of_second=True)


def _copy_log(shelf: Shelf, system: str, other: Place) -> None:
    folder = shelf.log(system).name
    there = other.sizes(folder)
    for path in shelf.segments(system):
        if there.get(path.name, -1) < path.stat().st_size:
            other.put(path, folder, path.name)


def _copy_backup(shelf: Shelf, backup: Backup, other: Place) -> None:
    there = other.sizes(backup.name)
    wanted = {file.name: file.size_bytes for file in backup.files}
    for name in there.keys() - wanted.keys() - {RECORD}:
        other.remove(backup.name, name)
    for name, size_bytes in wanted.items():
        path = shelf.place(backup.name) / name
        if there.get(name) != size_bytes and path.is_file() and path.stat().st_size == size_bytes:
            other.put(path, backup.name, name)
    # The record comes last here, too.
    record = shelf.place(backup.name) / RECORD
    if there.get(RECORD) != record.stat().st_size:
        other.put(record, backup.name, RECORD)


def note(shelf: Shelf, error: GridmapError, *, of_second: bool = False) -> None:
    """Keep a failure for whoever looks, where the disk allows it."""
    try:
        shelf.note_trouble(error, dt.datetime.now(dt.UTC), of_second=of_second)
    except GridmapError:
        logger.warning("the failure of a backup could not be kept: %s", error.code)


def is_behind(shelf: Shelf, settings: Settings, now: dt.datetime) -> bool:
    """Tell whether a copy to the second place failed or was cut short by a kill, and is to be tried again."""
    if settings.backup_copy is None:
        return False
    trouble = shelf.trouble(of_second=True)
    if trouble is not None:
        return abs(now - dt.datetime.fromisoformat(trouble["at"])) > _AGAIN_AFTER
    try:
        begun_s = (shelf.folder / _BEGUN).stat().st_mtime
    except OSError:
        return False
    # Whoever is still at it holds the lock, and nothing happens.
    return abs(now.timestamp() - begun_s) > _AGAIN_AFTER.total_seconds()


def look_at(where: str | None, settings: Settings) -> list[tuple[str, Backup | None]]:
    """List the backups of a place, oldest first; None stands for one that is not whole.

    On a disk every file is read; what lies on another machine is judged by the sizes of its files.

    Raises
    ------
    Unavailable
        When the place cannot be reached or read.
    """
    if not _is_far(where):
        shelf = _near(where, settings)
        return [(name, _whole(shelf, name)) for name in shelf.names()]
    with (
        tempfile.TemporaryDirectory(prefix="gridmap-backups-") as folder,
        place_at(str(where), settings) as place,
    ):
        shelf = Shelf(Path(folder))
        shelf.fetch_records(place)
        listed: list[tuple[str, Backup | None]] = []
        for name in shelf.names():
            sizes = place.sizes(name)
            try:
                backup = shelf.read(name)
            except Broken:
                listed.append((name, None))
                continue
            is_whole = all(sizes.get(file.name) == file.size_bytes for file in backup.files)
            listed.append((name, backup if is_whole else None))
        return listed


def _whole(shelf: Shelf, name: str) -> Backup | None:
    try:
        backup = shelf.read(name)
        shelf.check(backup)
    except Broken:
        return None
    return backup


def _is_far(where: str | None) -> bool:
    return where is not None and "://" in where


def _near(where: str | None, settings: Settings) -> Shelf:
    return Shelf(settings.backups if where is None else Path(where).expanduser().absolute())


@contextmanager
def shelf_at(
    where: str | None, settings: Settings, name: str | None = None, *, before: dt.datetime | None = None
) -> Iterator[Shelf]:
    """Give the shelf at a path, or what restores one backup of a shelf that is reached by SFTP.

    Parameters
    ----------
    where : str or None
        The workspace's own shelf when None.
    settings : Settings
    name, before
        Which backup is fetched; see `Shelf.find`.

    Raises
    ------
    NotFound
        When there is no such backup.
    Unavailable
        When the place cannot be reached or read.
    """
    if not _is_far(where):
        yield _near(where, settings)
        return
    folder = settings.home / FETCHED
    with told(folder):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(mode=0o700, parents=True)
    try:
        with place_at(str(where), settings) as place:
            Shelf(folder).fetch(place, name, before=before)
        yield Shelf(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
