"""The daily backup beside a running server, and its log meanwhile."""

from __future__ import annotations

import datetime as dt
import logging
import time
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from gridmap.domain.backups import OLD_AFTER, Backup, is_due, is_segment, parse_at, segment_number
from gridmap.errors import GridmapError
from gridmap.files.packed import plain_name
from gridmap.services.backups.drill import last_drill
from gridmap.services.backups.making import keep_log, make_backup_if
from gridmap.services.backups.shelf import Shelf
from gridmap.settings import Settings
from gridmap.storage.database import Database

logger = logging.getLogger(__name__)

FIRST_AFTER_S = 600.0
"""Seconds that a server must have run before it makes up for a backup that was missed: it may only have been tried."""

_AGAIN_AFTER_S = 1800.0


@dataclass(frozen=True, slots=True)
class Standing:
    """How the backups stand.

    Attributes
    ----------
    last : Backup or None
        The newest good one.
    is_old : bool
        Whether it is older than a day and a half, or there is none.
    trouble : dict or None
        The failure since, of a backup or else of its copy to the second place: ``at``, ``code``, ``message_zh``,
        ``message_en``.
    drill : dict or None
        The last drill: ``at``, ``backup``, ``seconds``, ``is_good``.
    """

    last: Backup | None
    is_old: bool
    trouble: dict[str, Any] | None
    drill: dict[str, Any] | None


def standing(settings: Settings, now: dt.datetime) -> Standing:
    """Look at the folder of the backups; no file of a backup is read but its record."""
    shelf = Shelf(settings.backups)
    try:
        last = shelf.newest(now)
    except OSError:
        last = None
    is_old = last is None or abs(now - last.taken_at) > OLD_AFTER
    trouble = shelf.trouble() or (shelf.trouble(of_second=True) if settings.backup_copy else None)
    return Standing(last, is_old, trouble, last_drill(shelf))


def log_gap(settings: Settings, now: dt.datetime) -> str | None:
    """Return the first segment that the log lacks since the newest backup: nothing after it comes back."""
    shelf = Shelf(settings.backups)
    last = shelf.newest(now)
    if last is None or last.log is None:
        return None
    first = segment_number(last.log.first)
    names = {plain_name(path.name) for path in shelf.segments(last.log.system)}
    there = {segment_number(name) for name in names if is_segment(name)}
    for number in range(first, max(there, default=first)):
        if number not in there:
            return f"{last.log.first[:8]}{number // 256:08X}{number % 256:08X}"
    return None


class BackupKeeper:
    """Makes backups when they are due.

    Parameters
    ----------
    database : Database
        Open.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._begun_s = self._next_s = time.monotonic()
        self._at = parse_at(database.settings.backup_at)

    def look(self, now: dt.datetime, now_s: float) -> bool:
        """Do what is to be done now.

        Parameters
        ----------
        now : datetime
            With its zone.
        now_s : float
            Of a clock that never jumps (`time.monotonic`).

        Returns
        -------
        bool
            Whether a backup was made.
        """
        try:
            keep_log(self._database)
        except GridmapError as error:
            # A second place that is away must not keep the backup of the day from the first.
            logger.warning("the log was not copied: %s", error.code)
        try:
            at = self._at
            if at is None or now_s < self._next_s or now_s - self._begun_s < FIRST_AFTER_S:
                return False
            if not self._is_due(now, at):
                return False
            # A failure is told at once and tried again later, not at each look.
            self._next_s = now_s + _AGAIN_AFTER_S
            # A second server on the folder finds it due at the same moment.
            backup = make_backup_if(self._database, lambda: self._is_due(now, at))
        except GridmapError as error:
            logger.warning("no backup: %s", error.code)
            return False
        if backup is not None:
            logger.info("backed up: %s", backup.name)
        return backup is not None

    def _is_due(self, now: dt.datetime, at: dt.time) -> bool:
        settings = self._database.settings
        last = Shelf(settings.backups).newest(now)
        local = now.astimezone(ZoneInfo(settings.timezone))
        return is_due(None if last is None else last.taken_at, local, at)
