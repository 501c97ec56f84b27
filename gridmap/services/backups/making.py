"""A backup is made: a copy of the cluster with its log, or a dump, and the files beside the database."""

from __future__ import annotations

import datetime as dt
import logging
import os
import shutil
import subprocess
import tarfile
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import BinaryIO, NamedTuple, cast

from gridmap import __version__
from gridmap.domain.backups import Backup, LogRange, PackedFile, TableFigure
from gridmap.errors import Broken, Conflict, GridmapError, Unavailable
from gridmap.files.packed import pack, packed_name
from gridmap.services.backups.keeping import keep_rule
from gridmap.services.backups.second import FETCHED, copy_to_second, is_behind, note
from gridmap.services.backups.shelf import Shelf, told
from gridmap.storage.backups import dump, figures, log
from gridmap.storage.database import Database
from gridmap.storage.embedded import archive, recovery
from gridmap.storage.faults import translated

logger = logging.getLogger(__name__)

CLUSTER, DUMP, FILES = "cluster.tar", "database.dump", "files.tar"
RESTORED = "files.restored-"
"""How the folder begins into which a restore unpacks what lay beside the database: a kill leaves it."""
_NOT_BROUGHT = frozenset({"database", "roads", "tiles", "drill", FETCHED, ".ssh"})
"""Of the workspace's folder: the database itself, what is computed from it, what a drill or a restore leaves when
killed, and keys that open other machines."""

_HAND_OVER_WITHIN_S = 120.0
_LOG_TAKEN_WITHIN_S = 60.0
"""A server beside it takes the log every few seconds; who only does that is no other backup."""

OnProgress = Callable[[str, int, int], None]


def make_backup(database: Database, *, on_progress: OnProgress | None = None) -> Backup:
    """Make a backup, copy it to the second place, and delete what the keep-rule does not keep.

    Parameters
    ----------
    database : Database
        Open. People may write meanwhile.
    on_progress : callable, optional

    Returns
    -------
    Backup

    Raises
    ------
    Conflict
        When another backup is under way, or the server was started by an older version.
    Unavailable
        When a disk is full or cannot be written, or a program is missing.
    """
    shelf = Shelf(database.settings.backups)
    with shelf.locked(_LOG_TAKEN_WITHIN_S):
        return _made_and_copied(database, shelf, on_progress or (lambda _step, _done, _total: None))


def make_backup_if(database: Database, is_wanted: Callable[[], bool]) -> Backup | None:
    """Make a backup as `make_backup` does, unless whoever was waited for has made it meanwhile.

    Parameters
    ----------
    database : Database
    is_wanted : callable
        Asked once nobody else makes one.
    """
    shelf = Shelf(database.settings.backups)
    with shelf.locked(_LOG_TAKEN_WITHIN_S):
        return _made_and_copied(database, shelf, lambda _step, _done, _total: None) if is_wanted() else None


def _made_and_copied(database: Database, shelf: Shelf, tell: OnProgress) -> Backup:
    try:
        backup = _make(database, shelf, tell)
    except GridmapError as error:
        note(shelf, error)
        raise
    tell("copy", 0, 1)
    copy_to_second(shelf, database.settings)
    return backup


def _make(database: Database, shelf: Shelf, tell: OnProgress) -> Backup:
    begun_s = time.monotonic()
    # The clock of the name is this machine's; two within one second would be one.
    name = dt.datetime.now(dt.UTC).strftime("%Y%m%dT%H%M%SZ")
    while (shelf.folder / name).exists():
        time.sleep(0.2)
        name = dt.datetime.now(dt.UTC).strftime("%Y%m%dT%H%M%SZ")
    place = shelf.place(name)
    try:
        with told(shelf.folder):
            place.mkdir(mode=0o700)
            backup = _write(database, shelf, place, begun_s, tell)
            shelf.write(backup)
    except BaseException:
        shutil.rmtree(place, ignore_errors=True)
        raise
    with told(shelf.folder):
        shelf.prune(keep_rule(database.settings), dt.datetime.now(dt.UTC), made=name)
    return backup


def _write(database: Database, shelf: Shelf, place: Path, begun_s: float, tell: OnProgress) -> Backup:
    made = (_copy_cluster if database.cluster else _dump)(database, shelf, place, tell)
    tell("write", 0, 1)
    files = _pack_files(database, place)
    return Backup(
        name=place.name,
        kind="cluster" if database.cluster else "dump",
        taken_at=made.taken_at,
        program=__version__,
        schema=made.schema,
        major=made.major,
        encrypted=bool(database.settings.recipients),
        files=(made.main, files),
        tables=made.tables,
        point=f"gridmap-{place.name}" if made.log is not None else None,
        log=made.log,
        seconds=round(time.monotonic() - begun_s, 1),
        origin=made.origin,
    )


class _Made(NamedTuple):
    taken_at: dt.datetime
    tables: Mapping[str, TableFigure]
    main: PackedFile
    major: int
    log: LogRange | None
    schema: str | None
    origin: str | None


def _copy_cluster(database: Database, shelf: Shelf, place: Path, tell: OnProgress) -> _Made:
    cluster = database.cluster
    if cluster is None:
        raise AssertionError
    programs = cluster.programs()
    with translated(), database.owner_engine() as engine:
        with engine.begin() as connection:
            log.require_log(connection)
            system = log.system_identifier(connection)
            shelf.require_own(system)
            cluster.keep_log()
            first = log.segment_now(connection)
        tell("copy", 0, 1)
        process = recovery.copying(cluster.layout, programs)
        main = _pack_output(process, place, CLUSTER, database.settings.recipients)
        tell("check", 0, 1)
        with figures.moment(engine, f"gridmap-{place.name}") as (connection, moment):
            # Whatever is written while the tables are summed up belongs to the next segment or the same; both are kept.
            with engine.begin() as other:
                last = log.segment_now(other)
                log.switch(other)
            tables = figures.figures(connection) if moment.is_quiet else {}
            schema = figures.revision(connection)
        with engine.connect() as connection:
            log.wait_for(connection, last, _HAND_OVER_WITHIN_S)
    take_log(database, shelf, system)
    log_range = LogRange(system, first, last, _own_log(shelf, system, first, last))
    return _Made(moment.taken_at, tables, main, programs.major, log_range, schema, system)


def _own_log(shelf: Shelf, system: str, first: str, last: str) -> tuple[PackedFile, ...]:
    try:
        return shelf.log_files(system, first, last)
    except Broken as error:
        raise Conflict(
            "log-taken-elsewhere",
            f"备份所需的日志不在 {shelf.folder}：服务可能正用另一个 GRIDMAP_BACKUP_FOLDER，未登记此备份。"
            "请使两者设置相同（systemctl restart gridmap），然后再备份。",
            f"The log that the backup needs is not in {shelf.folder}, and no backup was kept: the service seems to run "
            "with another GRIDMAP_BACKUP_FOLDER. Give it these settings (systemctl restart gridmap), then try again.",
        ) from error


def _dump(database: Database, shelf: Shelf, place: Path, tell: OnProgress) -> _Made:
    with translated(), database.owner_engine() as engine, figures.moment(engine) as (connection, moment):
        version = int(connection.exec_driver_sql("show server_version_num").scalar_one()) // 10_000
        program = dump.find_program("pg_dump", version)
        origin = figures.origin(connection)
        shelf.require_own(origin)
        tell("copy", 0, 1)
        process = dump.dumping(database.owner_url, program, moment.snapshot)
        main = _pack_output(process, place, DUMP, database.settings.recipients)
        tell("check", 0, 1)
        tables, schema = figures.figures(connection), figures.revision(connection)
        return _Made(moment.taken_at, tables, main, version, None, schema, origin)


def _pack_output(
    process: subprocess.Popen[bytes], place: Path, name: str, recipients: tuple[str, ...]
) -> PackedFile:
    """Pack what a program writes; keep nothing when it fails."""
    if process.stdout is None or process.stderr is None:
        raise AssertionError
    said: list[bytes] = []
    stderr = process.stderr
    listener = threading.Thread(target=lambda: said.append(stderr.read()), daemon=True)
    listener.start()
    with process:
        try:
            packed = pack(cast("BinaryIO", process.stdout), place, name, recipients)
        except BaseException:
            process.kill()
            raise
    listener.join()
    if process.returncode:
        text = b"".join(said).decode("utf-8", "replace")
        (place / packed.name).unlink()
        logger.warning("the copy ended with %s", process.returncode)
        error = Unavailable(
            "backup-program-failed",
            "复制数据库未能完成，没有留下备份。请运行 gridmap doctor 检查数据库和磁盘，然后重试。",
            "The database could not be copied, and no backup was kept. See gridmap doctor for database and disk, "
            "then try again.",
        )
        error.add_note(text[-2000:])
        raise error
    return packed


def take_log(database: Database, shelf: Shelf, system: str) -> int:
    """Bring the log that the cluster has handed over to the backups; nothing is lost when this is killed.

    Returns
    -------
    int
        How many segments.
    """
    if database.cluster is None:
        return 0
    programs = database.cluster.programs()
    folder = shelf.log(system)
    recipients = database.settings.recipients
    taken = 0
    for path in archive.waiting(archive.folder_of(database.cluster.layout, programs.major)):
        with told(shelf.folder):
            folder.mkdir(mode=0o700, exist_ok=True)
            if not (folder / packed_name(path.name, recipients)).exists():
                with path.open("rb") as segment:
                    pack(segment, folder, path.name, recipients)
            path.unlink()
        taken += 1
    return taken


def keep_log(database: Database) -> int:
    """Bring new log to the backups and their second place; nothing happens before the first backup.

    Returns
    -------
    int
        How many segments.
    """
    shelf = Shelf(database.settings.backups)
    newest = shelf.newest()
    is_waiting = newest is not None and newest.log is not None and _is_waiting(database)
    if not is_waiting and not is_behind(shelf, database.settings, dt.datetime.now(dt.UTC)):
        return 0
    try:
        with shelf.locked():
            taken = take_log(database, shelf, _system(database)) if is_waiting else 0
            copy_to_second(shelf, database.settings)
    except Conflict:
        # The backup that is under way takes it along.
        return 0
    return taken


def _system(database: Database) -> str:
    with translated(), database.owner_engine() as engine, engine.begin() as connection:
        return log.system_identifier(connection)


def _is_waiting(database: Database) -> bool:
    if database.cluster is None:
        return False
    programs = database.cluster.programs()
    return bool(archive.waiting(archive.folder_of(database.cluster.layout, programs.major)))


def _pack_files(database: Database, place: Path) -> PackedFile:
    home, settings = database.settings.home, database.settings
    second = settings.backup_copy
    apart = {
        Path(p).expanduser().resolve()
        for p in (settings.backups, second, settings.backup_key_file, settings.backup_ssh_key)
        if p is not None
    }

    def wanted(path: Path) -> bool:
        is_brought = path.name not in _NOT_BROUGHT and not path.name.startswith(RESTORED)
        return is_brought and path.resolve() not in apart

    def within(entry: tarfile.TarInfo) -> tarfile.TarInfo | None:
        named = (home / entry.name).resolve()
        return entry if (entry.isfile() or entry.isdir()) and named not in apart else None

    # Compressed while it is written: the workspace's files may be large.
    reading, writing = os.pipe()
    failed: list[OSError] = []

    def write() -> None:
        with os.fdopen(writing, "wb") as out:
            try:
                with tarfile.open(fileobj=out, mode="w|", format=tarfile.PAX_FORMAT) as tar:
                    for path in sorted(filter(wanted, home.iterdir())) if home.is_dir() else []:
                        _add(tar, path, within, home)
            except OSError as error:
                failed.append(error)

    thread = threading.Thread(target=write, name="files", daemon=True)
    thread.start()
    with os.fdopen(reading, "rb") as stream:
        packed = pack(stream, place, FILES, settings.recipients)
    thread.join()
    if failed:
        raise failed[0]
    return packed


def _add(
    tar: tarfile.TarFile, path: Path, within: Callable[[tarfile.TarInfo], tarfile.TarInfo | None], home: Path
) -> None:
    for file in (path, *sorted(path.rglob("*"))):
        try:
            tar.add(file, arcname=str(file.relative_to(home)), recursive=False, filter=within)
        except FileNotFoundError:
            # A file of a job that was deleted meanwhile.
            logger.info("a file went while it was copied")
