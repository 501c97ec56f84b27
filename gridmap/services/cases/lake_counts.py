"""Perturbed counts by county as Parquet, for whoever analyses many counties and has no scope in them.

Every number is one that a post outside of the house sees on its screen (:mod:`gridmap.services.cases.protected`), with
the same noise: towns by month, towns by domain and year, areas by quarter, villages by year. Only periods that are over
are told. The layout is Hive's: ``counts/county=330681/table=village-year/part-0.parquet``.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from gridmap import __version__
from gridmap.domain.codes import codes
from gridmap.domain.gridkey import AREA, TOWN, VILLAGE, Scope
from gridmap.domain.protection import BOUND, HINT, LEAST_TOLD, Counts
from gridmap.domain.query import IncidentQuery
from gridmap.files.atomic import replacing
from gridmap.services.cases.counts import count_by_grid
from gridmap.services.cases.lake import (
    COUNTS,
    COUNTS_LIST,
    RECORDS,
    LakeChecked,
    Progress,
    alone,
    digest,
    require_class,
    require_scope,
    strange_list,
)
from gridmap.services.cases.query import chosen_by
from gridmap.storage.cases import incidents
from gridmap.storage.database import Database

_LAYER = COUNTS[1]
_FORMAT = 1
_FILE = re.compile(rf"{_LAYER}/county=\d{{1,6}}/table=[a-z-]+/part-0\.parquet")
_COUNTY = 10**11
"""What a grid's key is divided by to have its county's six digits."""
_COLUMNS = pa.schema(
    [
        ("grid_key", pa.int64()),
        ("period_from", pa.date32()),
        ("period_to", pa.date32()),
        ("domain", pa.string()),
        ("cases", pa.int64()),
    ]
)
Row = tuple[int, dt.date, dt.date, str | None, int]


@dataclass(frozen=True, slots=True)
class CountTable:
    """A table of counts: of which grids, in spans of so many months, of all cases or of each domain."""

    name: str
    level: int
    months: int
    by_domain: bool = False


TABLES = (
    CountTable("town-month", TOWN, 1),
    CountTable("town-domain-year", TOWN, 12, by_domain=True),
    CountTable("area-quarter", AREA, 3),
    CountTable("village-year", VILLAGE, 12),
)
"""The finest of each level that is told at all; a test holds them against `gridmap.domain.protection.is_told`."""


@dataclass(frozen=True, slots=True)
class CountsWritten:
    """What was done: files, and numbers in them."""

    files: int
    numbers: int


def write_counts(
    database: Database,
    scope: Scope,
    folder: Path,
    *,
    now: dt.datetime | None = None,
    on_progress: Progress | None = None,
) -> CountsWritten:
    """Write the perturbed counts of a scope anew.

    Parameters
    ----------
    database : Database
    scope : Scope
    folder : Path
        Is made where it is missing.
    now : datetime, optional
        Aware; periods that are not over by it are left out.
    on_progress : callable, optional
        Called with ``("count", done, total)``.

    Raises
    ------
    Busy
        When another program writes there.
    Conflict
        When the folder holds true records, or counts of another scope, which would be taken away.
    InvalidInput
        When it cannot be written, or holds a list of another kind.
    """
    tell = on_progress or (lambda _step, _done, _total: None)
    with alone(folder):
        require_class(folder, RECORDS)
        before, of = _read_list(folder)
        require_scope(folder, of, scope)
        chosen = chosen_by(database, IncidentQuery(), now)
        with database.scoped_session(scope) as session:
            span = incidents.span(session)
        asked: list[tuple[CountTable, dt.date, dt.date, str | None]] = []
        if span is not None:
            first, today = (at.astimezone(chosen.tz).date() for at in (span[0], chosen.now))
            asked = [
                (table, since, until, domain)
                for table in TABLES
                for since, until in periods_over(first, today, table.months)
                for domain in (codes("domain") if table.by_domain else (None,))
            ]
        rows: dict[tuple[int, str], list[Row]] = defaultdict(list)
        for done, (table, since, until, domain) in enumerate(asked):
            tell("count", done, len(asked))
            query = IncidentQuery(since=since, until=until, domains=(domain,) if domain else ())
            told = count_by_grid(database, scope, query, level=table.level, now=now, counts=Counts.PERTURBED)
            for key, cases in told["counts"].items():
                rows[int(key) // _COUNTY, table.name].append((int(key), since, until, domain, cases))
        tell("count", len(asked), len(asked))
        _write(folder, scope, chosen.zone, rows, before)
    return CountsWritten(len(rows), sum(map(len, rows.values())))


def check_counts(folder: Path) -> LakeChecked:
    """Read every file of shared counts, and compare it with its list.

    Raises
    ------
    InvalidInput
        When its list is none that this version writes.
    """
    listed, _ = _read_list(folder)
    whole = [
        file for file, told in listed.items() if (folder / file).is_file() and digest(folder / file) == told
    ]
    files = sorted(str(path.relative_to(folder)) for path in (folder / _LAYER).rglob("*.parquet"))
    return LakeChecked(
        len(listed),
        sum(pq.read_metadata(folder / file).num_rows for file in whole),
        tuple(file for file in listed if file not in whole),
        tuple(file for file in files if file not in listed),
        None,
    )


def periods_over(first: dt.date, today: dt.date, months: int) -> Iterator[tuple[dt.date, dt.date]]:
    """Whole spans of the calendar, first and last day, from the one that holds a day on to the last before today."""
    since = first.replace(month=first.month - (first.month - 1) % months, day=1)
    while True:
        month = since.month - 1 + months
        after = since.replace(year=since.year + month // 12, month=month % 12 + 1)
        if after > today:
            return
        yield since, after - dt.timedelta(days=1)
        since = after


def _read_list(folder: Path) -> tuple[dict[str, str], tuple[int, int] | None]:
    """Return the files of a list, each with its hash, and whose scope it is; None where there is no list."""
    path = folder / COUNTS_LIST
    if not path.exists():
        return {}, None
    try:
        told = json.loads(path.read_text("utf-8"))
        lo, hi = (int(end) for end in told["scope"])
        # A list names what is taken away: no file elsewhere is.
        if told["format"] == _FORMAT and all(_FILE.fullmatch(file) for file in told["files"]):
            return dict(told["files"]), (lo, hi)
    except (OSError, ValueError, KeyError, TypeError):
        pass
    raise strange_list(path)


def _write(
    folder: Path, scope: Scope, zone: str, rows: dict[tuple[int, str], list[Row]], before: Iterable[str]
) -> None:
    files = {}
    for (county, name), found in sorted(rows.items()):
        file = folder / _LAYER / f"county={county}" / f"table={name}" / "part-0.parquet"
        file.parent.mkdir(parents=True, exist_ok=True)
        columns = [
            pa.array(column, kind)
            for column, kind in zip(zip(*sorted(found), strict=True), _COLUMNS.types, strict=True)
        ]
        with replacing(file) as new:
            pq.write_table(pa.Table.from_arrays(columns, schema=_COLUMNS), new, compression="zstd")
            files[str(file.relative_to(folder))] = digest(new)
    # What was told before of a ground or a table that is no more would stand beside what is told now.
    for old in set(before) - set(files):
        (folder / old).unlink(missing_ok=True)
    told = {
        "format": _FORMAT,
        "gridmap": __version__,
        "zone": zone,
        "scope": [scope.lo, scope.hi],
        "counts": str(Counts.PERTURBED),
        "least_told": LEAST_TOLD,
        "bound": BOUND,
        "hint_zh": HINT[0],
        "hint_en": HINT[1],
        "files": files,
    }
    with replacing(folder / COUNTS_LIST) as new:
        new.write_text(json.dumps(told, ensure_ascii=False, indent=1) + "\n", "utf-8")
