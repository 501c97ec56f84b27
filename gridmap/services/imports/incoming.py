"""The incoming folder: what other desks drop is imported by its profile, answered in their columns, never twice."""

from __future__ import annotations

import contextlib
import datetime as dt
import fcntl
import os
import shutil
import signal
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from gridmap.domain.accounts import Actor, Role
from gridmap.domain.gridkey import Scope
from gridmap.domain.profiles import Profile
from gridmap.errors import GridmapError
from gridmap.files.atomic import replacing
from gridmap.ingest.reading.files import FORMATS, OSM, copy_and_hash, open_regular
from gridmap.services.accounts import audit
from gridmap.services.imports import profiles
from gridmap.services.imports.answering import write_result
from gridmap.services.imports.kinds import ImportKind
from gridmap.services.jobs.kinds import JobKind, Outcome, Work
from gridmap.storage.database import Database
from gridmap.storage.embedded import mounts
from gridmap.storage.imports import profiles as stored

ENDINGS = frozenset(ending for ending, read_as in FORMATS.items() if read_as not in OSM)
"""Endings of files that records are read from."""
QUIET_S = 3.0
"""A file that changed less than this ago may still be on its way."""
_ON_THE_WAY = (".part", ".partial", ".tmp", ".crdownload", ".filepart", ".download")

DONE, REFUSED, RESULTS = "done", "refused", "results"


@dataclass(frozen=True, slots=True)
class Waiting:
    """A file that waits in the incoming folder."""

    profile: str
    path: Path
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Answered:
    """What became of a file.

    Attributes
    ----------
    profile, file_name : str
    outcome : str
        ``imported``, ``refused``, or ``again``: its bytes were imported before.
    inserted, updated, unchanged, refused : int
        Rows.
    result : Path or None
        The sheet for the sender.
    zh, en : str
        Why, where it was refused as a whole or came again.
    """

    profile: str
    file_name: str
    outcome: str
    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    refused: int = 0
    result: Path | None = None
    zh: str = ""
    en: str = ""


def folder_of(home: Path, profile: str | None = None) -> Path:
    """Return the incoming folder, or that of a profile."""
    folder = home / "incoming"
    return folder if profile is None else folder / profile


def waiting(database: Database, *, quiet_s: float = QUIET_S, automatic: bool = False) -> list[Waiting]:
    """Return the files that wait, the oldest first; the folder of each profile is made where it is missing.

    Parameters
    ----------
    database : Database
    quiet_s : float
        How long a file must have stood unchanged.
    automatic : bool
        Only those of profiles whose files are imported by themselves.
    """
    home, out = database.settings.home, []
    for profile in profiles.list_profiles(database):
        folder = folder_of(home, profile.name)
        folder.mkdir(parents=True, exist_ok=True)
        if automatic and not profile.automatic:
            continue
        out += [
            (changed, Waiting(profile.name, path, size)) for changed, path, size in files_in(folder, quiet_s)
        ]
    return [found for _, found in sorted(out, key=lambda item: (item[0], item[1].path.name))]


def files_in(folder: Path, quiet_s: float = QUIET_S) -> Iterator[tuple[float, Path, int]]:
    """Yield the files of a folder that are whole: when each was changed, where it is, and its bytes."""
    for path in folder.iterdir():
        if path.is_symlink() or not path.is_file() or _is_unfinished(path):
            continue
        told = path.stat()
        # When it was changed here: the clock of a sender, which dates its files, may be ahead. So may this one.
        if abs(time.time() - told.st_ctime) >= quiet_s and not (quiet_s and in_use(path)):
            yield told.st_mtime, path, told.st_size


def overlooked(database: Database) -> list[str]:
    """Return what lies in the folders of profiles and is never looked at: folders and links, as ``PROFILE/NAME``."""
    own = {DONE, REFUSED, RESULTS}
    return [
        f"{profile.name}/{path.name}"
        for profile in profiles.list_profiles(database)
        for path in sorted(folder_of(database.settings.home, profile.name).glob("*"))
        if path.is_symlink() or not (path.is_file() or path.name in own or path.name.startswith("."))
    ]


def _is_unfinished(path: Path) -> bool:
    """Whether a name is one that programs give to what they are still writing or have opened."""
    return path.name.startswith((".", "~")) or path.suffix.lower() in _ON_THE_WAY


def in_use(path: Path) -> bool:
    """Tell whether a program of this machine writes a file or holds a lock on it; False where nobody can know."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return False
    with os.fdopen(descriptor, "rb") as file:
        for lock in (fcntl.flock, fcntl.lockf):
            try:
                lock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
            except OSError:
                continue
            lock(file, fcntl.LOCK_UN)
        if mounts.filesystem_of(path.parent) in mounts.OF_OTHER_MACHINES:
            # There a lease is refused whoever has the file open, and the file would wait for ever.
            return False
        try:
            # A lease to read is refused while anybody has the file open to write. Whoever opens it so meanwhile
            # would send a signal that ends the process: this one is ignored where nobody asked for it.
            fcntl.fcntl(file, fcntl.F_SETSIG, signal.SIGURG)
            fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_RDLCK)
        except BlockingIOError:
            return True
        except OSError:
            return False
        fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    return False


def run(
    database: Database,
    actor: Actor,
    kinds: Mapping[str, ImportKind],
    *,
    now: dt.datetime | None = None,
    quiet_s: float = QUIET_S,
    automatic: bool = False,
) -> list[Answered]:
    """Import every file that waits, and answer each.

    A file that was imported goes to ``done``, one that was refused as a whole to ``refused``, each beside the day; the
    answer stands in ``results`` under the file's own name.

    Parameters
    ----------
    database : Database
    actor : Actor
    kinds : mapping
        Kinds of records by noun.
    now : datetime, optional
    quiet_s : float
    automatic : bool
        Only those of profiles whose files are imported by themselves.
    """
    at = now or dt.datetime.now(dt.UTC)
    known = {profile.name: profile for profile in profiles.list_profiles(database)}
    with alone(database):
        # What its sender has taken back meanwhile is passed over.
        return [
            _answer(database, actor, kinds, known[found.profile], found.path, at)
            for found in waiting(database, quiet_s=quiet_s, automatic=automatic)
            if found.profile in known and found.path.exists()
        ]


@contextlib.contextmanager
def alone(database: Database) -> Iterator[None]:
    """Wait until nobody else works the folder off: a command and the served map may begin in the same minute."""
    folder = folder_of(database.settings.home)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _answer(
    database: Database,
    actor: Actor,
    kinds: Mapping[str, ImportKind],
    profile: Profile,
    path: Path,
    at: dt.datetime,
) -> Answered:
    folder, looked_at = path.parent, stamp_of(path)
    try:
        digest = digest_of(path)
    except GridmapError as error:
        told = Answered(profile.name, path.name, "refused", zh=error.zh, en=error.en)
        return put_away(database, folder, path, REFUSED, told, at, looked_at)
    with database.scoped_session(Scope.whole()) as session:
        before = stored.run_of_file(session, profile.noun, digest)
    if before is not None:
        told = Answered(
            profile.name,
            path.name,
            "again",
            result=_answer_again(database, actor, kinds[profile.noun], profile, path, before),
            zh=f"与第 {before} 次导入的文件相同，没有再导入。",
            en=f"It is the file of import {before}, and was not imported again.",
        )
        return put_away(database, folder, path, DONE, told, at, looked_at)
    audit.record(database, actor, "incoming", f"{profile.name}/{path.name}")
    try:
        done = profiles.bring(database, actor.scope, kinds[profile.noun], path, profile, actor=actor)
    except GridmapError as error:
        told = Answered(profile.name, path.name, "refused", zh=error.zh, en=error.en)
        return put_away(database, folder, path, REFUSED, told, at, looked_at)
    outcome = "imported" if done.committed else "refused"
    result = write_result(folder / RESULTS, path, profile, done)
    told = Answered(
        profile.name,
        path.name,
        outcome,
        done.inserted,
        done.updated,
        done.unchanged,
        done.refused,
        result,
    )
    return put_away(database, folder, path, DONE if done.committed else REFUSED, told, at, looked_at)


def _answer_again(
    database: Database, actor: Actor, kind: ImportKind, profile: Profile, path: Path, before: int
) -> Path | None:
    """Answer a file that is in already: its first answer may not have been written when the service ended."""
    try:
        done = profiles.bring(database, actor.scope, kind, path, profile, actor=actor, dry_run=True)
    except GridmapError:
        return None
    return write_result(path.parent / RESULTS, path, profile, done, before=before)


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file that waits, in hexadecimal digits."""
    with open_regular(path) as file:
        return copy_and_hash(file, None)


def stamp_of(path: Path) -> tuple[int, int, int] | None:
    """Return what changes when a file is written or replaced; None where it is not there."""
    try:
        told = path.stat()
    except OSError:
        return None
    return told.st_ino, told.st_size, told.st_mtime_ns


def put_away(
    database: Database,
    folder: Path,
    path: Path,
    where: str,
    told: Answered,
    at: dt.datetime,
    looked_at: tuple[int, int, int] | None,
) -> Answered:
    """Take a file that was answered out of its folder, and write a note where there is no sheet."""
    if told.result is None or told.zh:
        _write_note(folder / RESULTS, path, told)
    if looked_at is None or stamp_of(path) != looked_at:
        # Its sender went on writing, or took it away: what it is now is looked at the next time.
        return told
    target = folder / where
    target.mkdir(exist_ok=True)
    # Two files of one name on one day are both kept.
    day = at.astimezone(ZoneInfo(database.settings.timezone))
    name, n = f"{day:%Y%m%d-%H%M%S}-{path.name}", 1
    while (target / name).exists():
        n += 1
        name = f"{day:%Y%m%d-%H%M%S}-{n}-{path.name}"
    shutil.move(path, target / name)
    return told


def _write_note(folder: Path, path: Path, told: Answered) -> None:
    folder.mkdir(exist_ok=True)
    with replacing(folder / f"{path.name}.txt") as temporary:
        temporary.write_text(f"{told.zh}\n{told.en}\n", "utf-8")


@dataclass(frozen=True, slots=True)
class IncomingRequest:
    """All files that wait, or only those of profiles whose files are imported by themselves."""

    automatic: bool = False


def incoming_kind(kinds: Mapping[str, ImportKind]) -> JobKind[IncomingRequest]:
    """Make the kind of job that empties the incoming folder."""

    def work_off(asked: IncomingRequest, work: Work) -> Outcome:
        work.tell("read", 0, 1)
        # Rows outside the scope of whoever asked are refused, as in any import.
        actor = Actor(work.owner, Role.KEEPER, work.scope)
        answered = run(work.database, actor, kinds, automatic=asked.automatic)
        work.tell("read", 1, 1)
        return Outcome(
            {
                "files": [
                    {"profile": a.profile, "file": a.file_name, "outcome": a.outcome, "inserted": a.inserted}
                    for a in answered
                ]
            }
        )

    return JobKind(
        "incoming", "收件夹", "incoming folder", IncomingRequest, work_off, most_open=1, most_of_owner=1
    )
