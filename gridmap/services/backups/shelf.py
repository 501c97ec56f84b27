"""The folder of the backups, and its second place.

::

    backups/
      20261128T023000Z/      one backup; backup.json is written last, so without it there is none
        backup.json          what it holds, with the digest of each file and of itself
        cluster.tar.gz       a copy of the embedded cluster, or database.dump.gz
        files.tar.gz         what lies beside the database in the workspace's folder
      log-<system>/          the write-ahead log of one cluster, a file for each segment
      trouble.json           the last failure, until a backup goes well
      second.json            the last failure of a copy to the second place, until one goes well
      copying                there while the second place is brought up to date
      origins.json           whose backups belong here, too: of what was restored into this workspace

With ``.age`` behind a name the file is encrypted. Every file is whole once it has its name, so the folder may be copied
by any program at any time.
"""

from __future__ import annotations

import datetime as dt
import errno
import fcntl
import hashlib
import json
import os
import re
import shutil
import time
from collections.abc import Container, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from gridmap.domain.backups import Backup, KeepRule, PackedFile, names_kept, newest_of, segment_number
from gridmap.errors import Broken, Conflict, GridmapError, NotFound, Unavailable
from gridmap.files.disk import disk_error
from gridmap.files.packed import digest, plain_name, sync_folder, torn
from gridmap.files.places import Place
from gridmap.services.backups.keeping import log_need, of_another

RECORD = "backup.json"
_TROUBLE = "trouble.json"
_SECOND_TROUBLE = "second.json"
_ORIGINS = "origins.json"
_LOG = "log-"
_LOOK_AGAIN_S = 0.1
_NAME = re.compile(r"\d{8}T\d{6}Z")
_CODEC: TypeAdapter[Backup] = TypeAdapter(Backup)


class Shelf:
    """Where backups are.

    Parameters
    ----------
    folder : Path
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def make(self) -> None:
        """Make the folder where it is missing, closed to others.

        Raises
        ------
        Unavailable
            When it cannot be written.
        """
        with told(self.folder):
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    @contextmanager
    def locked(self, patience_s: float = 0.0) -> Iterator[None]:
        """Let one backup at a time into the block.

        Parameters
        ----------
        patience_s : float
            How long to wait for whoever is in it.

        Raises
        ------
        Conflict
            When another one is at work.
        """
        self.make()
        with told(self.folder), (self.folder / "lock").open("a") as file:
            end_s = time.monotonic() + patience_s
            while not (is_ours := _take(file.fileno())) and time.monotonic() < end_s:
                time.sleep(_LOOK_AGAIN_S)
            if not is_ours:
                raise Conflict(
                    "backup-under-way",
                    "另一项备份正在进行。请等它完成后再试。",
                    "Another backup is under way. Try again when it is done.",
                )
            yield

    def place(self, name: str) -> Path:
        """Folder of a backup."""
        return self.folder / name

    def log(self, system: str) -> Path:
        """Folder of the log of a cluster."""
        return self.folder / f"{_LOG}{system}"

    def names(self) -> list[str]:
        """Names of all that is there, torn or not, oldest first."""
        if not self.folder.is_dir():
            return []
        return sorted(path.name for path in self.folder.iterdir() if _NAME.fullmatch(path.name))

    def backups(self) -> list[Backup]:
        """Backups whose record is whole, oldest first; their files are not read."""
        found = []
        for name in self.names():
            try:
                found.append(self.read(name))
            except Broken:
                continue
        return found

    def newest(self, now: dt.datetime | None = None) -> Backup | None:
        """Return the newest backup; see `newest_of`. The clock is this machine's where none is given."""
        return newest_of(self.backups(), now or dt.datetime.now(dt.UTC))

    def read(self, name: str) -> Backup:
        """Read the record of a backup.

        Raises
        ------
        Broken
            When it is not whole.
        """
        path = self.place(name) / RECORD
        try:
            record = json.loads(path.read_text("utf-8"))
            told_digest = record.pop("digest")
            if told_digest != _digest(record):
                raise torn(path)
            return _CODEC.validate_python(record)
        except (OSError, ValueError, KeyError, AttributeError, ValidationError):
            raise torn(path) from None

    def find(self, name: str | None, *, before: dt.datetime | None = None) -> Backup:
        """Return the backup of a name, or the newest, or the newest that was taken before a moment.

        Raises
        ------
        NotFound
            When there is none.
        Broken
            When the one that is named is torn.
        """
        if name is not None:
            if name in self.names():
                return self.read(name)
        else:
            found = [one for one in self.backups() if before is None or one.taken_at <= before]
            if (newest := newest_of(found, dt.datetime.now(dt.UTC))) is not None:
                return newest
        raise NotFound(
            "backup-not-found",
            f"{self.folder} 中没有这样的备份。用 gridmap db backups 查看，或用 --from 指定其他存放处。",
            f"There is no such backup in {self.folder}. See gridmap db backups, or name another place with --from.",
        )

    def write(self, backup: Backup) -> None:
        """Write the record of a backup: from then on there is one."""
        record = _CODEC.dump_python(backup, mode="json")
        text = json.dumps({**record, "digest": _digest(record)}, ensure_ascii=False, indent=1, sort_keys=True)
        replace_text(self.place(backup.name) / RECORD, text + "\n")
        self.forget_trouble()
        sync_folder(self.folder)

    def check(self, backup: Backup) -> None:
        """Read every file of a backup, and see that its part of the log is there.

        Raises
        ------
        Broken
            Naming the file that is missing or not what it was.
        """
        held = [(self.place(backup.name), file) for file in backup.files]
        if backup.log is not None:
            folder = self.log(backup.log.system)
            held += [(folder, file) for file in backup.log.files]
            there = {plain_name(path.name) for path in self.segments(backup.log.system)}
            for segment in (backup.log.first, backup.log.last):
                if segment not in there:
                    raise torn(folder / segment)
        for place, file in held:
            path = place / file.name
            if not path.is_file() or digest(path) != (file.size_bytes, file.sha256):
                raise torn(path)

    def log_files(self, system: str, first: str, last: str) -> tuple[PackedFile, ...]:
        """Read the segments that a backup needs.

        Raises
        ------
        Broken
            Naming the first that is missing.
        """
        there = {plain_name(path.name): path for path in self.segments(system)}
        found = []
        for number in range(segment_number(first), segment_number(last) + 1):
            name = f"{first[:8]}{number // 256:08X}{number % 256:08X}"
            if name not in there:
                raise torn(self.log(system) / name)
            found.append(PackedFile(there[name].name, *digest(there[name])))
        return tuple(found)

    def segments(self, system: str) -> list[Path]:
        """Files of a cluster's log."""
        folder = self.log(system)
        if not folder.is_dir():
            return []
        return sorted(path for path in folder.iterdir() if not path.name.endswith(".new"))

    def origins(self) -> set[str | None]:
        """Return whose backups belong here: those that are there, and what was restored into this workspace."""
        found: set[str | None] = {backup.whose for backup in self.backups()}
        try:
            found |= set(json.loads((self.folder / _ORIGINS).read_text("utf-8")))
        except (OSError, ValueError, TypeError):
            return found
        return found

    def adopt(self, origin: str | None) -> None:
        """Let the backups of a database that was restored into this workspace belong here from now on."""
        known = self.origins()
        if origin in known:
            return
        self.make()
        with told(self.folder):
            # None stands for dumps of before, which do not say whose they are.
            replace_text(self.folder / _ORIGINS, json.dumps(sorted(known | {origin}, key=str)))

    def require_own(self, origin: str | None) -> None:
        """Refuse backups of one database beside those of another only: the newest would be taken for all.

        Raises
        ------
        Conflict
        """
        known, here = self.origins() - {None}, {backup.whose for backup in self.backups()}
        # Dumps of before do not say whose they are.
        if origin is not None and known and origin not in known and None not in here:
            raise of_another(str(self.folder), self.newest())

    def prune(self, rule: KeepRule, now: dt.datetime, *, made: str | None = None) -> list[str]:
        """Delete what the rule does not keep, and the log that no backup needs.

        Parameters
        ----------
        rule : KeepRule
        now : datetime
        made : str, optional
            Name of the backup that was just made: it is kept whatever the clock did.

        Returns
        -------
        list of str
            Names of backups that were deleted.
        """
        backups = self.backups()
        kept = names_kept(rule, backups, now) | {made}
        gone = [backup.name for backup in backups if backup.name not in kept]
        newest = backups[-1].name if backups else ""
        # A folder without its record is what a killed backup left; one newer than the newest may be at work.
        gone += [n for n in self.names() if n < newest and not (self.place(n) / RECORD).exists()]
        for name in gone:
            shutil.rmtree(self.place(name))
        left = [backup for backup in backups if backup.name not in gone]
        for system in {backup.log.system for backup in left if backup.log is not None}:
            is_needed = log_need(system, left, rule)
            for path in list(self.log(system).iterdir()) if self.log(system).is_dir() else []:
                if not path.name.endswith(".new") and not is_needed(path.name):
                    path.unlink()
        return gone

    def fetch_records(self, other: Place, *, but: Container[str] = ()) -> None:
        """Fetch the records of a place's backups, but those of some names; a folder without one holds none."""
        for there in filter(_NAME.fullmatch, other.folders()):
            if there in but:
                continue
            self.place(there).mkdir(mode=0o700, parents=True)
            if RECORD in other.sizes(there):
                other.get(there, RECORD, self.place(there) / RECORD)

    def fetch(self, other: Place, name: str | None, *, before: dt.datetime | None = None) -> None:
        """Fetch from a second place what restores a backup: its files, and the log from its first segment on.

        Parameters
        ----------
        other : Place
        name, before
            As for `find`.

        Raises
        ------
        NotFound
            When there is none.
        Broken
            When the one that is named is torn.
        """
        self.fetch_records(other)
        backup = self.find(name, before=before)
        for file in backup.files:
            other.get(backup.name, file.name, self.place(backup.name) / file.name)
        if backup.log is not None:
            folder = self.log(backup.log.system)
            folder.mkdir(mode=0o700)
            for segment in other.sizes(folder.name):
                # Names of another timeline's histories have no number to compare.
                if not segment.endswith(".new") and (
                    segment[8:24] >= backup.log.first[8:] or "history" in segment
                ):
                    other.get(folder.name, segment, folder / segment)

    def note_trouble(self, error: GridmapError, at: dt.datetime, *, of_second: bool = False) -> None:
        """Keep the last failure, of a backup or of its copy to the second place, for whoever looks."""
        with told(self.folder):
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            replace_text(
                self.folder / (_SECOND_TROUBLE if of_second else _TROUBLE),
                json.dumps({"at": at.isoformat(), **error.as_dict()}, ensure_ascii=False),
            )

    def forget_trouble(self, *, of_second: bool = False) -> None:
        """Forget the last failure: it went well."""
        (self.folder / (_SECOND_TROUBLE if of_second else _TROUBLE)).unlink(missing_ok=True)

    def trouble(self, *, of_second: bool = False) -> dict[str, Any] | None:
        """Return the last failure since it last went well: ``at``, ``code``, both sentences."""
        try:
            found = json.loads(
                (self.folder / (_SECOND_TROUBLE if of_second else _TROUBLE)).read_text("utf-8")
            )
        except (OSError, ValueError):
            return None
        return found if isinstance(found, dict) else None


def _take(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _digest(record: dict[str, Any]) -> str:
    plain = json.dumps(record, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(plain.encode()).hexdigest()


def replace_text(path: Path, text: str) -> None:
    """Give a file of one's own another text in one step."""
    new = path.with_name(path.name + ".new")
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
    sync_folder(path.parent)


@contextmanager
def told(folder: Path) -> Iterator[None]:
    """Raise what a person can act on in place of what the disk answers.

    Raises
    ------
    Unavailable
        ``disk-full`` or ``backup-folder-unwritable``.
    """
    try:
        yield
    except OSError as error:
        if (of_disk := disk_error(error, folder)) is not None:
            raise of_disk from error
        raise Unavailable(
            "backup-folder-unwritable",
            f"无法写入 {folder}（{_why(error)}）。请检查磁盘、权限和 GRIDMAP_BACKUP_FOLDER、GRIDMAP_BACKUP_COPY。",
            f"{folder} cannot be written ({_why(error)}). See to its disk and its permissions, and to "
            "GRIDMAP_BACKUP_FOLDER and GRIDMAP_BACKUP_COPY.",
        ) from error


def _why(error: OSError) -> str:
    return error.strerror or errno.errorcode.get(error.errno or 0, "I/O")
