"""A lake: the cases of a workspace as GeoParquet by county and month, for whoever analyses many counties.

The layout is Hive's (``incidents/county=330681/month=2026-10/part-0.parquet``), the geometry GeoParquet 1.1 with a
covering of bounding boxes, times are UTC in microseconds: DuckDB, pyarrow, geopandas and Spark read it as it is. What
has not changed is not written again. No text of a case and no sealed case is in it.

References
----------
OGC GeoParquet 1.1.0 (2024).
"""

from __future__ import annotations

import calendar
import datetime as dt
import fcntl
import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyarrow.parquet as pq

from gridmap import __version__
from gridmap.domain.gridkey import UNASSIGNED, Scope
from gridmap.domain.query import IncidentQuery
from gridmap.errors import Busy, Conflict, InvalidInput
from gridmap.files.atomic import replacing
from gridmap.services.cases.query import chosen_by
from gridmap.services.workspace.exports import points_frame
from gridmap.storage.cases.exports import incident_rows, sealed_rows
from gridmap.storage.cases.lake import Part, parts
from gridmap.storage.database import Database

MANIFEST = "_gridmap_lake.json"
COUNTS_LIST = "_gridmap_counts.json"
"""Stands in a folder of perturbed counts (:mod:`gridmap.services.cases.lake_counts`)."""
_LOCK = "_lock"
_LAYER = "incidents"
RECORDS, COUNTS = (MANIFEST, _LAYER), (COUNTS_LIST, "counts")
"""The list and the files of each class: one that was cut short has files and no list."""
_FORMAT = 1
_READ_TIMEOUT_S = 600
_UNTOLD = (
    *("summary", "place", "raw_x", "raw_y", "source_crs"),
    *("told_method", "told_body", "told_result", "evaluated_on", "evaluation"),
)
"""Texts of a case, and places as sources wrote them, stay in the workspace."""
_TIMES = ("occurred_at", "reported_at", "due_at", "closed_at")
_COUNTS = ("people_count",)
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class WrittenPart:
    """A file of the lake, as its list has it."""

    county: int
    month: str
    rows: int
    fingerprint: str
    file: str
    sha256: str


@dataclass(frozen=True, slots=True)
class LakeWritten:
    """What was done.

    Attributes
    ----------
    written, kept, removed : int
        Files written anew, left as they were, and taken away because no case is there any more.
    rows : int
        Cases in the whole lake.
    sealed : int
        Cases that are in no file.
    """

    written: int
    kept: int
    removed: int
    rows: int
    sealed: int


@dataclass(frozen=True, slots=True)
class LakeChecked:
    """How a lake stands.

    Attributes
    ----------
    files, rows : int
    torn : tuple of str
        Files that are missing or are not what was written.
    strange : tuple of str
        Files of parts that its list does not have.
    behind : tuple of str or None
        Parts that have changed since; None without a workspace to compare with.
    """

    files: int
    rows: int
    torn: tuple[str, ...]
    strange: tuple[str, ...]
    behind: tuple[str, ...] | None

    @property
    def is_whole(self) -> bool:
        """Whether every file is what was written."""
        return not self.torn and not self.strange


def write_lake(
    database: Database, scope: Scope, folder: Path, *, on_progress: Progress | None = None
) -> LakeWritten:
    """Bring a lake to the state of the workspace: parts that have changed are written anew, the others are left.

    Parameters
    ----------
    database : Database
    scope : Scope
    folder : Path
        Is made where it is missing.
    on_progress : callable, optional
        Called with ``("write", done, total)``.

    Raises
    ------
    Busy
        When another program writes there.
    Conflict
        When the folder holds the lake of another scope, whose parts would be taken away, or perturbed counts.
    InvalidInput
        When it cannot be written, or holds a list of another kind.
    """
    tell = on_progress or (lambda _step, _done, _total: None)
    with alone(folder):
        require_class(folder, COUNTS)
        listed = _read_list(folder)
        require_scope(folder, listed.scope, scope)
        before = {one.file: one for one in listed.parts}
        with database.scoped_session(scope, timeout_s=_READ_TIMEOUT_S) as session:
            there = parts(session, database.settings.timezone)
            sealed = sealed_rows(session, chosen_by(database, IncidentQuery()))
        after: dict[str, WrittenPart] = {}
        written = 0
        for done, part in enumerate(there):
            tell("write", done, len(there))
            file = _file_of(part)
            known = before.get(file)
            if known is not None and known.fingerprint == part.fingerprint and _is_as_written(folder, known):
                after[file] = known
                continue
            after[file] = _write(database, scope, folder, part)
            written += 1
            # A lake whose writing is cut short has a list that is true: what is there already is in it.
            _write_list(folder, database, scope, before | after)
        tell("write", len(there), len(there))
        for file in set(before) - set(after):
            (folder / file).unlink(missing_ok=True)
        _write_list(folder, database, scope, after)
    rows = sum(one.rows for one in after.values())
    return LakeWritten(written, len(after) - written, len(set(before) - set(after)), rows, sealed)


def require_class(folder: Path, other: tuple[str, str]) -> None:
    """Refuse true records and perturbed counts in one folder: whoever is handed it would have both.

    Raises
    ------
    Conflict
        When a list or files of the other class are there.
    """
    if any((folder / name).exists() for name in other):
        raise Conflict(
            "lake-mixed",
            f"{folder} 中已有另一类数据：逐件记录与扰动数不能放在一个文件夹。请换一个文件夹。",
            f"{folder} holds data of the other class: records and perturbed counts do not stand in one folder. Choose "
            "another folder.",
        )


def require_scope(folder: Path, listed: tuple[int, int] | None, scope: Scope) -> None:
    """Refuse to write over what another scope has written.

    Raises
    ------
    Conflict
        When the folder's list is of another scope.
    """
    if listed not in (None, (scope.lo, scope.hi)):
        raise Conflict(
            "lake-other-scope",
            f"{folder} 是另一个管辖范围的数据湖，写入会删去它的文件。请换一个文件夹。",
            f"{folder} is the lake of another scope, whose files would be taken away. Choose another folder.",
        )


def check_lake(folder: Path, database: Database | None = None, scope: Scope | None = None) -> LakeChecked:
    """Read every file of a lake, and compare it with its list and, where one is given, with a workspace.

    Raises
    ------
    InvalidInput
        When it has no list, or one of another kind.
    """
    if not (folder / MANIFEST).is_file():
        raise InvalidInput(
            "lake-no-list",
            f"{folder} 中没有 {MANIFEST}，不是数据湖。请先运行：gridmap lake write {folder}",
            f"{folder} has no {MANIFEST}: it is no lake. Run first: gridmap lake write {folder}",
        )
    listed = _read_list(folder).parts
    torn = tuple(one.file for one in listed if not _is_as_written(folder, one, read=True))
    known = {one.file for one in listed}
    files = sorted(str(path.relative_to(folder)) for path in (folder / _LAYER).rglob("*.parquet"))
    strange = tuple(file for file in files if file not in known)
    behind = None
    if database is not None:
        with database.scoped_session(scope or Scope.whole(), timeout_s=_READ_TIMEOUT_S) as session:
            now = {_file_of(p): p.fingerprint for p in parts(session, database.settings.timezone)}
        then = {one.file: one.fingerprint for one in listed}
        behind = tuple(sorted(file for file in now.keys() | then.keys() if now.get(file) != then.get(file)))
    return LakeChecked(len(listed), sum(one.rows for one in listed), torn, strange, behind)


def _file_of(part: Part | WrittenPart) -> str:
    return f"{_LAYER}/county={part.county}/month={part.month}/part-0.parquet"


def _write(database: Database, scope: Scope, folder: Path, part: Part) -> WrittenPart:
    year, month = (int(word) for word in part.month.split("-"))
    query = IncidentQuery(
        grid=part.county or UNASSIGNED,
        since=dt.date(year, month, 1),
        until=dt.date(year, month, calendar.monthrange(year, month)[1]),
    )
    with database.scoped_session(scope, timeout_s=_READ_TIMEOUT_S) as session:
        frame = _frame(points_frame(incident_rows(session, chosen_by(database, query))))
    file = _file_of(part)
    (folder / file).parent.mkdir(parents=True, exist_ok=True)
    with replacing(folder / file) as new:
        frame.to_parquet(
            new,
            index=False,
            compression="zstd",
            schema_version="1.1.0",
            write_covering_bbox=True,
            coerce_timestamps="us",
            allow_truncated_timestamps=True,
        )
        sha256 = digest(new)
    return WrittenPart(part.county, part.month, len(frame), part.fingerprint, file, sha256)


def _frame(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Give every part the same columns of the same kinds, also where a column is empty."""
    frame = frame.drop(columns=[c for c in _UNTOLD if c in frame.columns])
    for column in frame.columns.drop("geometry"):
        if column in _TIMES:
            frame[column] = pd.to_datetime(frame[column], utc=True)
        elif column.endswith("_key"):
            frame[column] = pd.to_numeric(frame[column]).astype("Int64")
        elif column in _COUNTS:
            frame[column] = frame[column].astype("Int64")
        elif column in {"accuracy_m", "severity"}:
            frame[column] = frame[column].astype("Float64")
        elif column == "needs_confirmation":
            frame[column] = frame[column].astype("boolean")
        else:
            frame[column] = frame[column].astype("string")
    return frame


def _is_as_written(folder: Path, one: WrittenPart, *, read: bool = False) -> bool:
    path = folder / one.file
    if not path.is_file() or digest(path) != one.sha256:
        return False
    return not read or pq.read_metadata(path).num_rows == one.rows


def digest(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@dataclass(frozen=True, slots=True)
class _List:
    parts: tuple[WrittenPart, ...] = ()
    scope: tuple[int, int] | None = None


def _read_list(folder: Path) -> _List:
    path = folder / MANIFEST
    if not path.exists():
        return _List()
    try:
        told: dict[str, Any] = json.loads(path.read_text("utf-8"))
        if told["format"] == _FORMAT:
            lo, hi = (int(end) for end in told["scope"])
            parts_told = tuple(WrittenPart(**one) for one in told["parts"])
            # A list names what is taken away: no file elsewhere is.
            if all(one.file == _file_of(one) for one in parts_told):
                return _List(parts_told, (lo, hi))
    except (OSError, ValueError, KeyError, TypeError):
        pass
    raise strange_list(path)


def strange_list(path: Path) -> InvalidInput:
    """Tell that a list is none that this version writes."""
    return InvalidInput(
        "lake-list-strange",
        f"{path} 不是本版本程序写的清单。请换一个文件夹，或移走它后重新运行。",
        f"{path} is no list that this version writes. Choose another folder, or move it away and run again.",
    )


def _write_list(folder: Path, database: Database, scope: Scope, written: dict[str, WrittenPart]) -> None:
    told = {
        "format": _FORMAT,
        "gridmap": __version__,
        "zone": database.settings.timezone,
        "scope": [scope.lo, scope.hi],
        "parts": [asdict(written[file]) for file in sorted(written)],
    }
    with replacing(folder / MANIFEST) as new:
        new.write_text(json.dumps(told, ensure_ascii=False, indent=1) + "\n", "utf-8")


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Make a folder where it is missing, and keep other programs from writing there meanwhile."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        opened = (folder / _LOCK).open("w")
    except OSError:
        raise InvalidInput(
            "folder-unwritable",
            f"无法写入文件夹“{folder.name}”，请换一个存在且可写的文件夹。",
            f'The folder "{folder.name}" cannot be written. Choose one that exists and is writable.',
        ) from None
    with opened as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Busy(
                "lake-busy",
                f"另一个程序正在写 {folder}，请稍后再试。",
                f"Another program writes {folder}. Try again later.",
            ) from None
        yield
