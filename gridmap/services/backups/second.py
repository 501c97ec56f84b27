"""The second place of the backups: a folder on another disk, or on another machine by SFTP."""

from __future__ import annotations

import datetime as dt
import logging
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gridmap.domain.backups import Backup
from gridmap.errors import Broken, GridmapError, InvalidInput
from gridmap.files.places import DiskPlace, Place, SftpAddress, sftp_place
from gridmap.services.backups.shelf import Shelf, told
from gridmap.settings import Settings

logger = logging.getLogger(__name__)

_AGAIN_AFTER = dt.timedelta(minutes=1)

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
    Unavailable
        When it cannot be reached or written.
    """
    if settings.backup_copy is None:
        return
    try:
        with place_at(settings.backup_copy, settings) as place:
            shelf.copy_to(place)
    except GridmapError as error:
        note(shelf, error, of_second=True)
        raise


def note(shelf: Shelf, error: GridmapError, *, of_second: bool = False) -> None:
    """Keep a failure for whoever looks, where the disk allows it."""
    try:
        shelf.note_trouble(error, dt.datetime.now(dt.UTC), of_second=of_second)
    except GridmapError:
        logger.warning("the failure of a backup could not be kept: %s", error.code)


def is_behind(shelf: Shelf, settings: Settings, now: dt.datetime) -> bool:
    """Tell whether a copy to the second place failed, and is to be tried again."""
    trouble = shelf.trouble(of_second=True)
    if settings.backup_copy is None or trouble is None:
        return False
    return abs(now - dt.datetime.fromisoformat(trouble["at"])) > _AGAIN_AFTER


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
