"""The incoming folder: what other desks drop is imported by its profile, answered in their columns, never twice."""

from __future__ import annotations

import contextlib
import datetime as dt
import fcntl
import hashlib
import shutil
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gridmap.domain.accounts import Actor, Role
from gridmap.domain.gridkey import Scope
from gridmap.domain.profiles import Profile
from gridmap.domain.records import NOUNS
from gridmap.errors import GridmapError
from gridmap.files.atomic import replacing
from gridmap.files.workbook import open_workbook, put_text
from gridmap.ingest.model import ParsedTable
from gridmap.services.accounts import audit
from gridmap.services.imports import profiles
from gridmap.services.imports.kinds import ImportKind
from gridmap.services.imports.records import ImportResult
from gridmap.services.jobs.kinds import JobKind, Outcome, Work
from gridmap.storage.database import Database
from gridmap.storage.imports import profiles as stored

ENDINGS = frozenset({".csv", ".xlsx", ".xls", ".ods", ".geojson", ".gpkg", ".zip", ".kml"})
QUIET_S = 3.0
"""A file that changed less than this ago may still be on its way."""

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
        for path in folder.iterdir():
            usable = path.suffix.lower() in ENDINGS and not path.is_symlink() and path.is_file()
            if usable and not path.name.startswith((".", "~")):
                told = path.stat()
                if time.time() - told.st_mtime >= quiet_s:
                    out.append((told.st_mtime, Waiting(profile.name, path, told.st_size)))
    return [found for _, found in sorted(out, key=lambda item: (item[0], item[1].path.name))]


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
    with _alone(database):
        # What its sender has taken back meanwhile is passed over.
        return [
            _answer(database, actor, kinds, known[found.profile], found.path, at)
            for found in waiting(database, quiet_s=quiet_s, automatic=automatic)
            if found.profile in known and found.path.exists()
        ]


@contextlib.contextmanager
def _alone(database: Database) -> Iterator[None]:
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
    folder = path.parent
    digest = _digest(path)
    with database.scoped_session(Scope.whole()) as session:
        before = stored.run_of_file(session, profile.noun, digest)
    if before is not None:
        told = Answered(
            profile.name,
            path.name,
            "again",
            zh=f"与第 {before} 次导入的文件相同，没有再导入。",
            en=f"It is the file of import {before}, and was not imported again.",
        )
        return _put_away(folder, path, DONE, told, at)
    audit.record(database, actor, "incoming", f"{profile.name}/{path.name}")
    try:
        done = profiles.bring(database, actor.scope, kinds[profile.noun], path, profile, actor=actor)
    except GridmapError as error:
        told = Answered(profile.name, path.name, "refused", zh=error.zh, en=error.en)
        return _put_away(folder, path, REFUSED, told, at)
    outcome = "imported" if done.committed else "refused"
    result = _write_result(folder / RESULTS, path, profile, done)
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
    return _put_away(folder, path, DONE if done.committed else REFUSED, told, at)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _put_away(folder: Path, path: Path, where: str, told: Answered, at: dt.datetime) -> Answered:
    if told.result is None:
        _write_note(folder / RESULTS, path, told)
    target = folder / where
    target.mkdir(exist_ok=True)
    # Two files of one name on one day are both kept.
    name, n = f"{at:%Y%m%d-%H%M%S}-{path.name}", 1
    while (target / name).exists():
        n += 1
        name = f"{at:%Y%m%d-%H%M%S}-{n}-{path.name}"
    shutil.move(path, target / name)
    return told


def _write_note(folder: Path, path: Path, told: Answered) -> None:
    folder.mkdir(exist_ok=True)
    with replacing(folder / f"{path.name}.txt") as temporary:
        temporary.write_text(f"{told.zh}\n{told.en}\n", "utf-8")


def _write_result(folder: Path, path: Path, profile: Profile, done: ImportResult) -> Path:
    """Write the sheet for the sender: its own columns, and what became of each row.

    What is not read is not written either, and texts stand as they are kept: the answer holds nothing of persons. Words
    of a list stand as the sender wrote them.
    """
    folder.mkdir(exist_ok=True)
    target = folder / f"{path.stem}-result.xlsx"
    parsed = done.parsed
    if parsed is None:
        return target
    raw = profiles.raw_of(path, profile)
    names = [name for name in raw.table.column_names if name in parsed.headers]
    lines = _lines(parsed, done, raw, (names, {f.name for f in NOUNS[profile.noun].fields if f.codes}))
    with replacing(target) as temporary, open_workbook(temporary) as book:
        sheet = book.add_worksheet("结果")
        for column, name in enumerate(("行 row", *names, "结果 result", "原因 reason")):
            put_text(sheet, 0, column, name)
        for n, line in enumerate(lines, 1):
            for column, text in enumerate(line):
                if text is not None:
                    put_text(sheet, n, column, str(text))
    return target


def _lines(
    parsed: ParsedTable, done: ImportResult, raw: Any, told: tuple[list[str], set[str]]
) -> list[list[Any]]:
    names, listed = told
    refused: dict[int, list[str]] = {}
    problems = zip(*(parsed.refused[name].tolist() for name in ("row", "field", "reason_zh")), strict=True)
    for number, field, reason in problems:
        refused.setdefault(int(number), []).append(f"{field}：{reason}")
    places = {int(number): at for at, number in enumerate(raw.row_numbers)}
    accepted = {int(number): at for at, number in enumerate(parsed.table["row"].to_pylist())}
    lines: list[list[Any]] = []
    for number in sorted({*accepted, *refused}):
        cells = []
        for name in names:
            field = parsed.headers[name]
            kept = parsed.table[field] if field in parsed.table.column_names else None
            is_text = (
                kept is not None and field not in listed and str(kept.type) in {"string", "large_string"}
            )
            if number in accepted and is_text and kept is not None:
                cells.append(kept[accepted[number]].as_py())
            elif number in accepted and number in places:
                cells.append(raw.table[name][places[number]].as_py())
            else:
                # A refused row's own cells may be the reason: they are left out.
                cells.append(None)
        took = "已导入 imported" if done.committed else "合格，未写入 valid, not written"
        said = "；".join(refused.get(number, []))
        lines.append([number, *cells, "退回 refused" if said else took, said])
    return lines


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
