"""What a backup is, which ones are kept, and when the next one is due."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, Self

from gridmap.errors import InvalidInput

BackupKind = Literal["cluster", "dump"]

OLD_AFTER = dt.timedelta(hours=36)
"""A last backup that is older than this is told as a fault: a daily one was missed, and half a day has passed."""

_KEEP = re.compile(r"(?:(\d{1,3})d)?\s*(?:(\d{1,3})w)?\s*(?:(\d{1,3})m)?")
_SEGMENT_CHARS = 24
_AT = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")


@dataclass(frozen=True, slots=True)
class PackedFile:
    """A file of a backup, as it lies in its folder.

    Attributes
    ----------
    name : str
    size_bytes : int
    sha256 : str
        Of its bytes, packed and encrypted as they are: it is checked without a key.
    """

    name: str
    size_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class TableFigure:
    """Rows of a table and their checksum, which does not depend on their order."""

    rows: int
    checksum: str


@dataclass(frozen=True, slots=True)
class LogRange:
    """The part of the write-ahead log that a copy of a cluster needs to become whole.

    Attributes
    ----------
    system : str
        Identifier of the cluster; logs of two clusters are never mixed.
    first, last : str
        Names of segments.
    files : tuple of PackedFile
        The segments from first to last as they lie in the log's folder; empty in records of before.
    """

    system: str
    first: str
    last: str
    files: tuple[PackedFile, ...] = ()


def segment_number(name: str) -> int:
    """Place of a segment in its log, whatever the timeline; segments are of 16 MB."""
    return int(name[8:16], 16) * 256 + int(name[16:24], 16)


def is_segment(name: str) -> bool:
    """Tell a segment from what lies beside it in the log: histories of timelines, and notes of copies."""
    return len(name) == _SEGMENT_CHARS


@dataclass(frozen=True)
class Backup:
    """One backup.

    Attributes
    ----------
    name : str
        Of its folder: the moment in UTC.
    kind : {'cluster', 'dump'}
        A copy of the embedded cluster with its log, or a dump of an external database.
    taken_at : datetime
        When its figures were taken: what was committed before is in it.
    program : str
        Version of gridmap.
    schema : str or None
        Revision of the schema.
    major : int
        Version of PostgreSQL.
    encrypted : bool
    files : tuple of PackedFile
    tables : mapping
        Figures by table; empty where no quiet moment was to be had.
    point : str or None
        Name in the log of the moment to which the figures belong.
    log : LogRange or None
        For a copy of a cluster.
    seconds : float
        What it took.
    origin : str or None
        Of a dump: a digest that only this database and what is restored from it have; None in records of before.
    """

    name: str
    kind: BackupKind
    taken_at: dt.datetime
    program: str
    schema: str | None
    major: int
    encrypted: bool
    files: tuple[PackedFile, ...]
    tables: Mapping[str, TableFigure]
    point: str | None
    log: LogRange | None
    seconds: float
    origin: str | None = None

    @property
    def whose(self) -> str | None:
        """Identifier of the database that was copied; what was restored from its backups has the same."""
        return self.origin if self.log is None else self.log.system

    @property
    def size_bytes(self) -> int:
        """Of all its files."""
        return sum(file.size_bytes for file in self.files)


@dataclass(frozen=True, slots=True)
class KeepRule:
    """The newest backup of so many days, weeks and months that have one is kept; none that is too old.

    Attributes
    ----------
    days, weeks, months : int
    most_days : int, optional
        How much older than the newest one that is kept may be: what has expired is not kept in a backup instead.
    """

    days: int
    weeks: int
    months: int
    most_days: int | None = None

    @classmethod
    def parse(cls, told: str) -> Self:
        """Read ``7d 4w 12m``.

        Raises
        ------
        InvalidInput
            When it is no such rule, or keeps nothing.
        """
        match = _KEEP.fullmatch(told.strip())
        numbers = [int(part or 0) for part in match.groups()] if match else [0, 0, 0]
        if not any(numbers):
            raise InvalidInput(
                "backup-keep",
                f"备份保留规则“{told}”无效，应形如 7d 4w 12m（日、周、月）。",
                f"The keep-rule {told!r} is none; it looks like 7d 4w 12m (days, weeks, months).",
            )
        return cls(*numbers)

    def kept(self, moments: Iterable[dt.datetime]) -> set[dt.datetime]:
        """Return those that are kept.

        Days are counted among those that have a backup, not back from today: neither a clock that jumps nor a server
        that stood still for a year drops the last backup that there is.
        """
        newest_first = sorted(moments, reverse=True)
        kept: set[dt.datetime] = set()
        for count, period in (
            (self.days, lambda at: at.date().toordinal()),
            (self.weeks, lambda at: at.isocalendar()[:2]),
            (self.months, lambda at: (at.year, at.month)),
        ):
            seen: dict[object, dt.datetime] = {}
            for moment in newest_first:
                seen.setdefault(period(moment), moment)
            kept |= set(list(seen.values())[:count])
        if self.most_days is not None and newest_first:
            oldest = newest_first[0] - dt.timedelta(days=self.most_days)
            kept = {at for at in kept if at >= oldest}
        return kept | set(newest_first[:1])


def newest_of(backups: Iterable[Backup], now: dt.datetime) -> Backup | None:
    """Return the newest backup; one of the future, made before a clock was set right, only where there is no other."""
    found = sorted(backups, key=lambda backup: backup.taken_at)
    return next((one for one in reversed(found) if not is_of_future(one.taken_at, now)), None) or (
        found[-1] if found else None
    )


def is_of_future(moment: dt.datetime, now: dt.datetime) -> bool:
    """Tell whether a clock must have been wrong at a moment: a day is left for zones and slow clocks."""
    return moment > now + dt.timedelta(days=1)


def names_kept(rule: KeepRule, backups: Iterable[Backup], now: dt.datetime) -> set[str]:
    """Return the names of the backups that a rule keeps.

    Those of the future are counted apart: a clock that was ahead neither uses up the days of the rule, nor makes what
    is made after it was set right too old at once.
    """
    found = list(backups)
    kept: set[str] = set()
    for ahead in (False, True):
        part = [one for one in found if is_of_future(one.taken_at, now) is ahead]
        moments = rule.kept(one.taken_at for one in part)
        kept |= {one.name for one in part if one.taken_at in moments}
    return kept


def parse_at(told: str) -> dt.time | None:
    """Read the time of day of the daily backup: ``HH:MM``, or ``off``.

    Raises
    ------
    InvalidInput
    """
    if told == "off":
        return None
    match = _AT.fullmatch(told)
    if match is None:
        raise InvalidInput(
            "backup-at",
            f"备份时间“{told}”无效，应形如 02:30，或 off。",
            f"The backup's time {told!r} is none; it looks like 02:30, or off.",
        )
    return dt.time(int(match[1]), int(match[2]))


def is_due(last: dt.datetime | None, now: dt.datetime, at: dt.time) -> bool:
    """Tell whether the daily backup is due.

    Parameters
    ----------
    last : datetime or None
        When the last good one was taken.
    now : datetime
        In the workspace's zone.
    at : time
        Of the day, in that zone.
    """
    if last is None or is_of_future(last, now):
        # It was made before a clock was set right, and says nothing of today.
        return True
    planned = now.replace(hour=at.hour, minute=at.minute, second=0, microsecond=0)
    if planned > now:
        planned -= dt.timedelta(days=1)
    return last < planned
