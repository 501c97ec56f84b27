"""A backup comes back: into a new folder, tried there, then exchanged with what is there, which is kept."""

from __future__ import annotations

import datetime as dt
import filecmp
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import cast

from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from gridmap.domain.backups import Backup, TableFigure, is_segment, segment_number
from gridmap.errors import Broken, Conflict, GridmapError
from gridmap.files.packed import plain_name, unpack_folder, unpacked
from gridmap.services.backups.making import CLUSTER, DUMP, FILES, RESTORED
from gridmap.services.backups.second import shelf_at
from gridmap.services.backups.shelf import Shelf, told
from gridmap.storage import schema
from gridmap.storage.backups import dump, external, figures
from gridmap.storage.database import Database
from gridmap.storage.embedded import archive, recovery
from gridmap.storage.embedded.cluster import url_in
from gridmap.storage.embedded.feed import LogFeed, Opener
from gridmap.storage.embedded.layout import Layout
from gridmap.storage.embedded.programs import ServerPrograms, find_programs
from gridmap.storage.embedded.recovery import Target
from gridmap.storage.faults import translated

OnProgress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to come back.

    Attributes
    ----------
    name : str or None
        Of the backup; None is the newest that serves.
    to : datetime or None
        The moment to go back to. Without it a named backup comes back as of its own moment, and the newest with all
        that the log holds.
    source : str or None
        Another place than the workspace's own: a folder, or ``sftp://user@host/path``.
    key_file : Path or None
    replace : bool
        Whether what is there may be set aside.
    """

    name: str | None = None
    to: dt.datetime | None = None
    source: str | None = None
    key_file: Path | None = None
    replace: bool = False


@dataclass(frozen=True, slots=True)
class Restored:
    """What came back.

    Attributes
    ----------
    backup : Backup
    tables : mapping
        Figures of what there is now.
    set_aside : tuple of str
        Where what was there before is kept: folders, or a schema.
    seconds : float
    """

    backup: Backup
    tables: Mapping[str, TableFigure]
    set_aside: tuple[str, ...]
    seconds: float


def restore(database: Database, wanted: Wanted, *, on_progress: OnProgress | None = None) -> Restored:
    """Bring a backup back.

    Parameters
    ----------
    database : Database
        Not open: the cluster stands still meanwhile.
    wanted : Wanted
    on_progress : callable, optional

    Raises
    ------
    NotFound
        When there is no backup that serves.
    Broken
        When it is torn, or its log has a gap.
    Conflict
        When the database runs, or is there and may not be set aside, or the key is missing.
    Unavailable
        When the log ends before the moment, or a disk is full.
    """
    begun_s = time.monotonic()
    tell = on_progress or (lambda _step, _done, _total: None)
    with shelf_at(wanted.source, database.settings, wanted.name, before=wanted.to) as shelf:
        backup, tables, aside = _bring(database, shelf, wanted, tell)
    Shelf(database.settings.backups).adopt(backup.whose)
    return Restored(backup, tables, aside, round(time.monotonic() - begun_s, 1))


def _bring(
    database: Database, shelf: Shelf, wanted: Wanted, tell: OnProgress
) -> tuple[Backup, Mapping[str, TableFigure], tuple[str, ...]]:
    backup = shelf.find(wanted.name, before=wanted.to)
    expected = "cluster" if database.cluster else "dump"
    if backup.kind != expected:
        raise Conflict(
            "backup-other-kind",
            "备份来自另一种数据库（内置与外部不同）。请按备份时的 DATABASE_URL 设置恢复。",
            "The backup is of the other kind of database (embedded, external). Set DATABASE_URL as it was then.",
        )
    key_file = wanted.key_file or database.settings.backup_key_file
    tell("check", 0, 1)
    shelf.check(backup)
    stamp = dt.datetime.now(dt.UTC).strftime("%Y%m%dT%H%M%SZ")
    home = database.settings.home
    # All is unpacked before anything changes its place: a full disk or a wrong key leaves what is there as it is.
    with told(home), _files_beside(shelf, backup, home / f"{RESTORED}{stamp}", key_file) as files:
        if database.cluster is None:
            tables, aside = _bring_dump(database, shelf, backup, wanted, stamp, key_file, tell)
        else:
            tables, aside = _bring_cluster(database, shelf, backup, wanted, stamp, key_file, tell)
        aside += _exchange_files(files, home, home / f"files.before-{stamp}")
    return backup, tables, aside


def _there(wanted: Wanted) -> None:
    if not wanted.replace:
        raise Conflict(
            "database-there",
            "这里已有数据库，未作改动。确认要用备份替换时请加 --replace；现有数据会改名保留。",
            "There is a database here; nothing was changed. Add --replace to put the backup in its place; what is "
            "there will be kept under another name.",
        )


def _bring_cluster(
    database: Database,
    shelf: Shelf,
    backup: Backup,
    wanted: Wanted,
    stamp: str,
    key_file: Path | None,
    tell: OnProgress,
) -> tuple[Mapping[str, TableFigure], tuple[str, ...]]:
    if database.cluster is None or backup.log is None:
        raise AssertionError
    programs = find_programs(backup.major)
    with database.cluster.resting() as layout:
        data = layout.data(backup.major)
        is_there = data.is_dir() and any(data.iterdir())
        if is_there:
            _there(wanted)
        sources = of_shelf(shelf, backup, key_file)
        target = Target(moment=wanted.to)
        if wanted.to is None and wanted.name is not None:
            target = Target(point=backup.point)
        else:
            # What the damaged folder still holds of the log was acknowledged, too.
            sources = {**_left_behind(layout, data, backup), **sources}
            if wanted.to is None:
                _require_no_gap(sources, backup)
        new = data.with_name(f"data.restored-{stamp}")
        with recovered(layout, programs, new, (shelf, backup, key_file), sources, target, tell) as tables:
            pass
        aside = data.with_name(f"data.before-{stamp}")
        if data.exists():
            data.rename(aside)
        new.rename(data)
    return tables, (str(aside),) if is_there else ()


@contextmanager
def recovered(
    layout: Layout,
    programs: ServerPrograms,
    data: Path,
    found: tuple[Shelf, Backup, Path | None],
    sources: Mapping[str, Opener],
    target: Target,
    tell: OnProgress,
) -> Iterator[Mapping[str, TableFigure]]:
    """Unpack, verify and recover a copy of a cluster, and give the figures of its tables; its server is stopped then.

    When anything fails the copy is deleted.
    """
    shelf, backup, key_file = found
    packed = file_of(shelf, backup, CLUSTER)
    try:
        tell("copy", 0, 1)
        with unpacked(packed, key_file) as stream:
            recovery.unpack_copy(stream, layout, data)
        tell("check", 0, 1)
        recovery.verify_copy(layout, programs, data)
        tell("restore", 0, 1)
        feed = LogFeed(layout, data.with_name(f"log-{data.name}"), sources)
        with feed.running():
            try:
                recovery.recover(layout, programs, data, feed, target)
            except GridmapError:
                _require_fed(feed)
                raise
        _require_fed(feed)
        tables = _figures(layout)
        recovery.stop_recovered(layout, programs, data)
        yield tables
    except BaseException:
        recovery.drop_copy(layout, data)
        raise


def _require_fed(feed: LogFeed) -> None:
    """Raise what kept a segment from the server, which took the log to end there."""
    if feed.failed is not None:
        raise feed.failed


def _figures(layout: Layout) -> Mapping[str, TableFigure]:
    engine = create_engine(
        url_in(layout.socket_dir), poolclass=NullPool, connect_args={"options": figures.OPTIONS}
    )
    try:
        with translated(), engine.connect() as connection:
            return figures.figures(connection)
    finally:
        engine.dispose()


def of_shelf(shelf: Shelf, backup: Backup, key_file: Path | None) -> dict[str, Opener]:
    """Return openers of the segments from a backup's first on, and of all histories of timelines."""
    if backup.log is None:
        return {}
    first = segment_number(backup.log.first)
    return {
        name: partial(unpacked, path, key_file)
        for path in shelf.segments(backup.log.system)
        if (name := plain_name(path.name)).endswith(".history") or segment_number(name) >= first
    }


def _left_behind(layout: Layout, data: Path, backup: Backup) -> dict[str, Opener]:
    """Return openers of segments that never came to the backups: handed over but not taken, or still written."""
    first = segment_number(backup.log.first) if backup.log is not None else 0
    folders = (data / "pg_wal", archive.folder_of(layout, backup.major))
    found: dict[str, Opener] = {}
    for folder in folders:
        for path in archive.waiting(folder):
            if path.name.endswith(".history") or segment_number(path.name) >= first:
                found[path.name] = cast("Opener", partial(path.open, "rb"))
    return found


def _require_no_gap(sources: Mapping[str, Opener], backup: Backup) -> None:
    """Refuse a log with a gap: the server would take it for the end and bring an older state back, silently.

    Raises
    ------
    Broken
    """
    if backup.log is None:
        return
    there = sorted({segment_number(name) for name in sources if is_segment(name)})
    if there and there != list(range(segment_number(backup.log.first), there[-1] + 1)):
        raise Broken(
            "backup-log-gap",
            f"备份日志有缺口，不能恢复到最新。可恢复到备份当时：gridmap db restore {backup.name}，或用 --from。",
            "The log of the backups has a gap, so the newest state is not to be had. Restore the backup as of its own "
            f"moment with gridmap db restore {backup.name}, or name the second place with --from.",
        )


def _bring_dump(
    database: Database,
    shelf: Shelf,
    backup: Backup,
    wanted: Wanted,
    stamp: str,
    key_file: Path | None,
    tell: OnProgress,
) -> tuple[Mapping[str, TableFigure], tuple[str, ...]]:
    if wanted.to is not None:
        raise Conflict(
            "dump-has-no-log",
            f"外部数据库的备份没有日志，不能恢复到任意时间。最近的一份：gridmap db restore {backup.name} --replace。",
            "Backups of an external database have no log, so no other moment than theirs can be had. The last before: "
            f"gridmap db restore {backup.name} --replace.",
        )
    with database:
        program = dump.find_program("pg_restore", backup.major)
        with translated(), database.owner_engine() as engine:
            aside = external.set_aside(engine, stamp, may=wanted.replace)
            if aside is not None and not wanted.replace:
                _there(wanted)
            tell("restore", 0, 1)
            try:
                _load(database, shelf, backup, program, key_file)
                schema.upgrade(database)
            except BaseException:
                external.put_back(engine, aside)
                raise
        with translated(), database.owner_engine() as engine, engine.connect() as connection:
            figures.see_everything(connection)
            tables = figures.figures(connection)
    return tables, () if aside is None else (aside,)


def _load(database: Database, shelf: Shelf, backup: Backup, program: Path, key_file: Path | None) -> None:
    with unpacked(file_of(shelf, backup, DUMP), key_file) as stream:
        told_text = dump.load(database.owner_url, program, stream)
    if told_text:
        error = Broken(
            "backup-not-loaded",
            "备份未能载入数据库，原有数据未变。请检查数据库版本与权限，或改用另一份备份。",
            "The backup could not be loaded; what was there is as it was. See to the server's version and the role's "
            "rights, or use another backup.",
        )
        error.add_note(told_text[-2000:])
        raise error


def file_of(shelf: Shelf, backup: Backup, name: str) -> Path:
    """Path of a packed file of a backup."""
    return next(shelf.place(backup.name) / f.name for f in backup.files if plain_name(f.name) == name)


@contextmanager
def _files_beside(shelf: Shelf, backup: Backup, new: Path, key_file: Path | None) -> Iterator[Path]:
    """Unpack what lay beside the database into a folder of its own, for as long as the block takes."""
    new.parent.mkdir(parents=True, exist_ok=True)
    try:
        with unpacked(file_of(shelf, backup, FILES), key_file) as stream:
            unpack_folder(stream, new)
        yield new
    finally:
        shutil.rmtree(new, ignore_errors=True)


def _exchange_files(new: Path, home: Path, aside: Path) -> tuple[str, ...]:
    """Bring back what lay beside the database; what is there and differs is set aside."""
    for path in sorted(new.rglob("*")) if new.is_dir() else []:
        if not path.is_file():
            continue
        name = path.relative_to(new)
        there = home / name
        if there.is_file() and filecmp.cmp(path, there, shallow=False):
            continue
        # A file may be where a folder was, and the other way round.
        for one in (*(home / parent for parent in reversed(name.parents)), there):
            if (one == there and one.exists()) or one.is_file():
                old = aside / one.relative_to(home)
                old.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                one.rename(old)
        there.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.rename(there)
    return (str(aside),) if aside.exists() else ()
