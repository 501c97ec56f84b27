"""Cases in other people's columns: those of GB/T 31000-2015, or of a source system's own files, to go back in."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd

from gridmap import crs
from gridmap.domain.cases import lists
from gridmap.domain.code_systems import GBT31000, from_practice, read_kind, systems
from gridmap.domain.fields import Field
from gridmap.domain.gridkey import LEVELS, UNASSIGNED, VILLAGE, Scope, ancestor, level_of
from gridmap.domain.profiles import Profile
from gridmap.domain.query import IncidentQuery
from gridmap.domain.records import NOUNS
from gridmap.domain.spellings import labels
from gridmap.domain.terms import MOST_IN_COLUMNS
from gridmap.errors import InvalidInput, TooLarge
from gridmap.files.atomic import replacing
from gridmap.files.layers import write_layer
from gridmap.ingest.rows.headers import match_headings, split_values
from gridmap.services.cases.query import chosen_by
from gridmap.services.imports.profile_checks import require_encoding
from gridmap.storage.cases.exports import incident_rows
from gridmap.storage.cases.tasks import list_bodies
from gridmap.storage.database import Database
from gridmap.storage.ground import grids
from gridmap.storage.imports import profiles as stored

NATIONAL = "gbt31000"
"""Name by which the columns of the national standard are asked for; a profile of that name goes before."""
_NUMBER = "事件编号"
_READ_TIMEOUT_S = 600
_FIELDS: Mapping[str, Field] = {f.name: f for f in NOUNS["incidents"].fields}


@dataclass(frozen=True, slots=True)
class Columns:
    """Whose columns.

    Attributes
    ----------
    headings : tuple of (str, str)
        Heading and the field that it is read as; empty where it is not read.
    words : mapping
        Field to code to the source's own word.
    constants : mapping
        Fields that every row of the source has, and their value; other cases are not the source's.
    crs : str
        System of the coordinates.
    sheet, encoding : str or None
    national : bool
        Whether kinds of disputes are told as GB/T 31000-2015 has them.
    """

    headings: tuple[tuple[str, str], ...]
    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    crs: str = crs.WGS84
    sheet: str | None = None
    encoding: str | None = None
    national: bool = False


@dataclass(frozen=True, slots=True)
class Written:
    """What was written.

    Attributes
    ----------
    rows : int
    elsewhere : int
        Cases that the source's columns cannot tell: of another domain than all of its rows are.
    """

    rows: int
    elsewhere: int


_NATIONAL = Columns(
    (
        (_NUMBER, "uid"),
        ("发生网格", "village_name"),
        ("发生日期", "occurred_at"),
        ("发生地点", "place"),
        ("事件规模", "scale"),
        ("事件类别", "kind"),
        ("涉及人数", "people_count"),
        ("事件简述", "summary"),
        ("化解时限", "due_at"),
        ("化解方式", "told_method"),
        ("化解组织", "told_body"),
        ("化解是否成功", "stage"),
        ("化解情况", "told_result"),
        ("考评日期", "evaluated_on"),
        ("考评意见", "evaluation"),
        ("经度", "lon"),
        ("纬度", "lat"),
    ),
    words={"stage": dict(zip(("resolved", "unsolved"), ("成功", "未成功"), strict=True))},
    constants={"domain": "dispute"},
    national=True,
)


def sources(database: Database) -> list[str]:
    """Return whose columns there are: the national standard's, and those of profiles of cases that know some."""
    with database.scoped_session(Scope.whole()) as session:
        known = stored.list_all(session)
    named = [
        profile.name
        for profile in known
        if profile.noun == "incidents" and (profile.headings or profile.mapping)
    ]
    return [NATIONAL, *(name for name in named if name != NATIONAL)]


def columns_of(database: Database, name: str) -> Columns:
    """Return the columns of the national standard, or of a source system's files.

    Parameters
    ----------
    database : Database
    name : str
        A profile's name, or `NATIONAL`.

    Raises
    ------
    InvalidInput
        When there is no such profile, or it is not one of cases, or says nothing of any column.
    """
    with database.scoped_session(Scope.whole()) as session:
        profile = stored.find(session, name)
    if profile is None and name == NATIONAL:
        return _NATIONAL
    if profile is None or profile.noun != "incidents":
        raise InvalidInput(
            "columns-unknown",
            f"没有名为 {name} 的事件来源配置。可用 {NATIONAL}（国标），或 gridmap profiles list 列出的事件来源。",
            f"There is no profile {name} of cases. Use {NATIONAL} (the national standard), or one of incidents that "
            "gridmap profiles list names.",
        )
    return _columns_of(profile)


def _columns_of(profile: Profile) -> Columns:
    noun = NOUNS["incidents"]
    told, values = split_values(dict(profile.mapping), noun)
    constants = {
        left: _code(left, right[1:]) for left, right in (told or {}).items() if right.startswith("=")
    }
    said = {left: right for left, right in (told or {}).items() if not right.startswith("=")}
    order = list(_FIELDS)
    names = [*profile.headings] or sorted(said, key=lambda h: order.index(said[h]) if said[h] else len(order))
    # A file without a heading that the mapping names is refused, so each of them stands in it.
    names += [heading for heading in said if heading not in names]
    meant = {h: f for f, h in match_headings(names, noun, told, profile.name, only_look=True).columns.items()}
    if not meant:
        raise InvalidInput(
            "columns-none",
            f"来源配置 {profile.name} 还没有列。请先导入一个文件，或在配置页说明各列。",
            f"The profile {profile.name} knows no columns yet. Import a file by it, or say its columns on its page.",
        )
    if "uid" not in meant.values():
        names.append(_NUMBER)
        meant[_NUMBER] = "uid"
    if profile.encoding:
        require_encoding(profile.encoding)
    words: dict[str, dict[str, str]] = {}
    for name, codes in values.items():
        for word, code in sorted(codes.items(), reverse=True):
            words.setdefault(name, {})[_code(name, code)] = word
    return Columns(
        tuple((heading, meant.get(heading, "")) for heading in names),
        words,
        constants,
        profile.crs or crs.WGS84,
        profile.sheet,
        profile.encoding,
    )


def _code(name: str, told: str) -> str:
    """Return the code that a profile means, which may spell it as its files would."""
    known = _FIELDS[name].codes if name in _FIELDS else None
    return (known or {}).get(told.lower(), told)


def require_few(rows: int) -> None:
    """Refuse to make a file while somebody waits for it where it has too many rows.

    Raises
    ------
    TooLarge
    """
    if rows > MOST_IN_COLUMNS:
        raise TooLarge(
            "columns-too-many",
            f"共 {rows} 件，一次最多 {MOST_IN_COLUMNS} 件。请缩短时段（from、to），或用命令 "
            "gridmap incidents export FILE --columns。",
            f"{rows} cases, at most {MOST_IN_COLUMNS} at once. Ask for a shorter period (from, to), or use gridmap "
            "incidents export FILE --columns.",
        )


def write_columns(
    database: Database,
    scope: Scope,
    columns: Columns,
    path: Path,
    *,
    query: IncidentQuery | None = None,
    now: dt.datetime | None = None,
) -> Written:
    """Write cases in somebody's columns, whole or not at all, so that the same reading brings them in again.

    Sealed cases are in no file. How a case ended is told in its source's words, else in those of the desk's steps.

    Parameters
    ----------
    database : Database
    scope : Scope
    columns : Columns
    path : Path
        ``.csv`` or ``.xlsx``.
    query : IncidentQuery, optional
    now : datetime, optional
        Aware; by it cases are overdue.

    Raises
    ------
    InvalidInput
        When the ending is another.
    """
    if path.suffix.lower() not in {".csv", ".xlsx"}:
        raise InvalidInput(
            "columns-format",
            "按来源的列只能导出为 .csv 或 .xlsx。",
            "In a source's columns cases are written as .csv or .xlsx.",
        )
    chosen = chosen_by(database, query or IncidentQuery(), now)
    with database.scoped_session(scope, timeout_s=_READ_TIMEOUT_S) as session:
        rows = incident_rows(session, chosen, with_ends=True)
        names = {key: zh for key, zh, _ in grids.names_of(session, LEVELS)}
        bodies = {body["code"]: body["name_zh"] for body in list_bodies(session)}
    zone = ZoneInfo(database.settings.timezone)
    tell = _Tell(columns, zone, names, bodies)
    mine = [row for row in rows if all(tell.is_so(*one, row) for one in columns.constants.items())]
    x, y = _coordinates(mine, columns.crs)
    told = {
        heading: [
            {"lon": x, "lat": y}[name][n] if name in {"lon", "lat"} else tell.cell(name, row)
            for n, row in enumerate(mine)
        ]
        for heading, name in columns.headings
    }
    frame = pd.DataFrame(told, dtype=object)
    with replacing(path) as temporary:
        part = temporary.with_name(f"{temporary.name}{path.suffix.lower()}")
        try:
            write_layer(frame, part, layer=columns.sheet or "incidents", zone=str(zone))
            if path.suffix.lower() == ".csv" and columns.encoding:
                text = part.read_text("utf-8-sig")
                temporary.write_bytes(text.encode(columns.encoding, "xmlcharrefreplace"))
            else:
                temporary.write_bytes(part.read_bytes())
        finally:
            part.unlink(missing_ok=True)
    return Written(len(mine), len(rows) - len(mine))


class _Tell:
    """Says a field of a case as its reader expects it."""

    def __init__(
        self, columns: Columns, zone: ZoneInfo, names: Mapping[int, str], bodies: Mapping[str, str]
    ) -> None:
        self._columns, self._zone, self._names, self._bodies = columns, zone, names, bodies
        self._labels = {
            name: {code: word for word, code in labels(f.codes).items()}
            for name, f in _FIELDS.items()
            if f.codes
        }
        self._own: Mapping[str, Callable[[Mapping[str, Any]], str | None]] = {
            "kind": self._kind,
            "village_name": self._grid,
            "told_method": lambda row: row["told_method"] or _listed("method", row["method"]),
            "told_body": lambda row: row["told_body"] or self._bodies.get(row["body_code"] or ""),
        }

    def cell(self, name: str, row: Mapping[str, Any]) -> Any:
        """Return a cell; None where the column is not read or nothing is told."""
        if name in self._own:
            return self._own[name](row)
        value = row.get(name) if name else None
        if value is None:
            return None
        if name in self._labels:
            word = self._columns.words.get(name, {}).get(value)
            return word or self._labels[name].get(value, value)
        if isinstance(value, dt.datetime):
            local = value.astimezone(self._zone).replace(tzinfo=None)
            return local.isoformat(sep=" ")
        return value

    def is_so(self, name: str, value: str, row: Mapping[str, Any]) -> bool:
        """Tell whether a case is what all rows of the source are: by the code, the word or a part of a grid's path."""
        return value in {str(row.get(name)), *str(self.cell(name, row) or "").split("/")}

    def _grid(self, row: Mapping[str, Any]) -> str | None:
        key = int(row["grid_key"])
        if key == UNASSIGNED:
            return None
        above = [ancestor(key, level) for level in (1, VILLAGE, LEVELS[-1]) if level <= level_of(key)]
        return "/".join(dict.fromkeys(self._names[k] for k in above if self._names.get(k))) or None

    def _kind(self, row: Mapping[str, Any]) -> str | None:
        kind: str | None = row["kind"]
        if kind is None:
            return None
        if row["domain"] != "dispute":
            return self._columns.words.get("kind", {}).get(kind, kind)
        if word := self._columns.words.get("kind", {}).get(kind):
            return word
        system, _, code = (row["source_kind"] or "").partition(":")
        if system not in systems():
            system, code = "practice", kind
        if self._columns.national and system != GBT31000:
            crossed = from_practice()[kind].code
            # What would come back as another kind stays in the words of practice, which are read, too.
            if systems()[GBT31000].crossing(crossed).code == kind:
                system, code = GBT31000, crossed
        entry = systems()[system].entries[code]
        plain = read_kind(entry.zh)
        sure = plain is not None and (plain.system, plain.code) == (system, code)
        return entry.zh if sure else f"{code} {entry.zh}"


def _listed(name: str, code: str | None) -> str | None:
    return lists.find(name, code).zh if code else None


def _coordinates(
    rows: Sequence[Mapping[str, Any]], system: str
) -> tuple[list[float | None], list[float | None]]:
    """Return x and y of cases: as their source gave them where that was the same system, else converted."""
    lon, lat = ([row[axis] for row in rows] for axis in ("lon", "lat"))
    x, y = crs.from_wgs84(
        [float("nan") if v is None else v for v in lon],
        [float("nan") if v is None else v for v in lat],
        system,
    )
    decimals = 8 if crs.is_geographic(system) else 4
    first: list[float | None] = []
    second: list[float | None] = []
    for n, row in enumerate(rows):
        raw = row["source_crs"] == crs.normalise(system) and row["raw_x"] is not None
        placed = row["lon"] is not None
        first.append((row["raw_x"] if raw else round(float(x[n]), decimals)) if placed else None)
        second.append((row["raw_y"] if raw else round(float(y[n]), decimals)) if placed else None)
    return first, second
