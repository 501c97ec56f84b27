"""Projects with their risk assessment, questions with their rulings: kept, changed, withdrawn; what they touch."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, cast
from zoneinfo import ZoneInfo

import geopandas as gpd
import numpy as np
import pyarrow as pa
import shapely
from sqlalchemy.orm import Session

from gridmap.crs import WGS84
from gridmap.domain.cases import projects as rules
from gridmap.domain.gridkey import UNASSIGNED, Scope
from gridmap.domain.records import NOUNS
from gridmap.domain.terms import ASSESSED
from gridmap.errors import InvalidInput, NotFound
from gridmap.ingest.model import Notice, ParsedTable
from gridmap.ingest.rows.cleared import COLUMN as CLEARED
from gridmap.ingest.rows.refused import RowRefused, refuse_more
from gridmap.services.ground.gridbook import GridBook
from gridmap.services.ground.lands import grid_of_land
from gridmap.services.imports.kinds import ImportKind, Placed
from gridmap.services.workspace.exports import Excerpt, ExportLayer
from gridmap.storage.cases import projects as stored
from gridmap.storage.cases.projects import CaseInside, GridReached, ProjectRow, RulingRow, SiteInside
from gridmap.storage.database import Database
from gridmap.storage.imports import bulk
from gridmap.storage.models import Project, Ruling
from gridmap.storage.workspace.counts import count_of, inside_of

MOST_LISTED = 200


@dataclass(frozen=True, slots=True)
class Window:
    """Cases on a project's land in a span of days.

    Attributes
    ----------
    since, until : date
        First and last day.
    by_domain : mapping
        Cases by domain; sealed ones and those of protected reporters are not asked where they lie.
    """

    since: dt.date
    until: dt.date
    by_domain: Mapping[str, int]

    @property
    def total(self) -> int:
        """All domains."""
        return sum(self.by_domain.values())


@dataclass(frozen=True, slots=True)
class ShownProject:
    """A project with what it touches.

    Attributes
    ----------
    row : mapping
        Fields of :data:`gridmap.domain.cases.projects.PROJECTS`, ``grid_key``, ``shape`` (GeoJSON), ``history``,
        ``withdrawn_at`` and ``withdrawn_why``.
    turn : date
        From which day on it is after: works begin, or it was decided, or today.
    before, after : Window
        Of equal length, `after` up to today.
    households : int or None
        On its land, by the share of each grid's land; None where no grid tells them.
    grids : tuple of mapping
        That it reaches.
    sites : tuple of mapping or None
        Organisations, sites of temporary residents and fixed points on its land: ``noun``, ``code``, ``name``;
        None where whoever reads it sees none.
    """

    row: ProjectRow
    turn: dt.date
    before: Window
    after: Window
    households: int | None
    grids: tuple[GridReached, ...]
    sites: tuple[SiteInside, ...] | None

    @property
    def warning(self) -> rules.Warned | None:
        """What whoever looks at it should look at: works that begin before the assessment lets them."""
        return rules.warn_of_project(cast("Mapping[str, Any]", self.row))


_DECIMALS = 9


def _project_rows(parsed: ParsedTable, book: GridBook) -> Placed:
    shapes = (
        parsed.geometry if parsed.geometry is not None else np.full(parsed.table.num_rows, None, dtype=object)
    )
    there = ~shapely.is_missing(shapes)
    # A tenth of a millimetre, as exports write it, so that they come back unchanged.
    shapes[there] = shapely.transform(shapes[there], lambda xy: np.round(xy, _DECIMALS))
    keys = np.array([grid_of_land(shape, book) for shape in shapes], np.int64)
    table = parsed.table.append_column("grid_key", pa.array(keys))
    table = table.append_column("wkb", pa.array(shapely.to_wkb(shapes, hex=True), pa.string()))
    return Placed(table, int(((keys == UNASSIGNED) & there).sum()))


def _ruling_rows(parsed: ParsedTable, book: GridBook) -> Placed:
    keys = book.key_of_codes(parsed.table["grid_code"])
    keys = np.where(keys != UNASSIGNED, keys, book.key_of_villages(parsed.table["village_name"]))
    tops = book.tops["grid_key"].tolist()
    top = int(tops[0]) if len(tops) == 1 else UNASSIGNED
    table = parsed.table.append_column("grid_key", pa.array(keys, pa.int64()))
    return Placed(table.append_column(_TOP, pa.array(np.full(len(keys), top, np.int64))))


_TOP = "top_key"


def _held_in_town(session: Session, rows: pa.Table, _zone: str) -> pa.Table:
    """Let a new ruling that names no grid hold in the whole town, where there is one; a known one stays where it is."""
    known = set(bulk.stored_keys(session, stored.RULINGS, rows["code"].combine_chunks()).to_pylist())
    cleared = rows[CLEARED].to_pylist() if CLEARED in rows.column_names else [None] * rows.num_rows
    lines = zip(*(rows[name].to_pylist() for name in ("code", "grid_key", _TOP)), cleared, strict=True)
    keys = [
        top if not key and (code not in known or "grid_code" in (emptied or "").split()) else key
        for code, key, top, emptied in lines
    ]
    at = rows.column_names.index("grid_key")
    return rows.set_column(at, "grid_key", pa.array(keys, pa.int64()))


def _checked(
    check: Callable[[Mapping[str, Any]], None], noun: str
) -> Callable[[Session, ParsedTable, Any, str], ParsedTable]:
    def examine(session: Session, parsed: ParsedTable, _book: Any, _zone: str) -> ParsedTable:
        wrong, warned = [], []
        named = (*(f.name for f in NOUNS[noun].fields), CLEARED)
        names = [name for name in named if name in parsed.table.column_names]
        for n, line in enumerate(parsed.table.select(["row", *names]).to_pylist()):
            # What a file does not tell is judged as it is stored, and what it empties as empty.
            old = stored.find(session, noun, line["code"]) or {}
            emptied = dict.fromkeys((line.pop(CLEARED, None) or "").split())
            told = old | {k: v for k, v in line.items() if v is not None} | emptied
            if not old and noun == "projects" and (parsed.geometry is None or parsed.geometry[n] is None):
                zh, en = "缺少图形。请补上项目的面。", "the shape is missing. Add the project's polygon."
                wrong.append(RowRefused(line["row"], "geometry", "geometry-missing", zh, en))
            try:
                check(told)
            except InvalidInput as refused:
                field = rules.FIELDS.get(refused.code, "code")
                wrong.append(RowRefused(line["row"], field, refused.code, refused.zh, refused.en))
            warning = rules.warn_of_project(told) if noun == "projects" else None
            if warning is not None:
                warned.append((line["row"], warning))
        return replace(refuse_more(parsed, wrong), warnings=(*parsed.warnings, *_told_together(warned)))

    return examine


_MOST_TOLD = 5


def _told_together(warned: list[tuple[int, rules.Warned]]) -> tuple[Notice, ...]:
    if not warned:
        return ()
    zh = "；".join(f"第 {row} 行：{said.zh}" for row, said in warned[:_MOST_TOLD])
    en = " ".join(f"Row {row}: {said.en}" for row, said in warned[:_MOST_TOLD])
    more = len(warned) - _MOST_TOLD
    if more > 0:
        zh, en = f"{zh}……另有 {more} 行", f"{en} And {more} more."
    return (Notice("project-begun-early", zh, en),)


PROJECTS = ImportKind(
    "projects", stored.PROJECTS, GridBook.of, _project_rows, examine=_checked(rules.check_project, "projects")
)
RULINGS = ImportKind(
    "rulings",
    stored.RULINGS,
    GridBook.of,
    _ruling_rows,
    examine=_checked(rules.check_ruling, "rulings"),
    prepare=_held_in_town,
)
KINDS = {kind.noun: kind for kind in (PROJECTS, RULINGS)}


def _project_layer(session: Session, wanted: Excerpt) -> gpd.GeoDataFrame:
    rows = stored.list_shapes(session, wanted.query.grid)
    shapes: list[Any] = list(shapely.from_wkb([wkb for _, wkb in rows])) if rows else []
    told = [
        {k: v for k, v in row.items() if k != "wkb"} | {"grid_key": str(row["grid_key"])} for row, _ in rows
    ]
    return gpd.GeoDataFrame(told, geometry=shapes, crs=WGS84)


def _ruling_layer(session: Session, wanted: Excerpt) -> gpd.GeoDataFrame:
    rows = stored.list_rulings(session, within=wanted.query.grid)
    told = [row | {"grid_key": str(row["grid_key"])} for row in rows]
    return gpd.GeoDataFrame(told, geometry=[None] * len(told), crs=WGS84)


PROJECT_LAYER = ExportLayer(
    "projects",
    _project_layer,
    lambda session, wanted: count_of(session, Project, *inside_of(Project.grid_key, wanted.inside)),
)
RULING_LAYER = ExportLayer(
    "rulings",
    _ruling_layer,
    lambda session, wanted: count_of(session, Ruling, *inside_of(Ruling.grid_key, wanted.inside)),
)


def list_projects(database: Database, scope: Scope, within: int | None = None) -> list[ProjectRow]:
    """List the projects of a scope by code."""
    with database.scoped_session(scope) as session:
        return stored.list_projects(session, within)


def list_rulings(
    database: Database, scope: Scope, since: dt.date | None = None, until: dt.date | None = None
) -> list[RulingRow]:
    """List questions with their rulings that hold in a scope, the newest first, each with the cases like it.

    Returns
    -------
    list of dict
        With ``like`` and ``like_open``: how many cases of its domain, kind and words there are in the scope.
    """
    with database.scoped_session(scope) as session:
        rows = stored.list_rulings(session, since, until)
        for row in rows:
            told = any(row[name] for name in ("domain", "kind", "words"))
            domain = row["domain"] or ("dispute" if row["kind"] else None)
            counted = (
                stored.counted_like(session, domain, row["kind"], row["words"], row["grid_key"])
                if told
                else (0, 0)
            )
            row["like"], row["like_open"] = counted
        return rows


def rulings_for(
    database: Database, scope: Scope, grid_key: int, domain: str, kind: str | None
) -> list[RulingRow]:
    """List the rulings that a case should be read with: of its domain and kind, and holding in its grid."""
    with database.scoped_session(scope) as session:
        return stored.rulings_over(session, grid_key, domain, kind)


def find(database: Database, scope: Scope, noun: str, code: str) -> Mapping[str, Any]:
    """Return a project or a ruling with its history, withdrawn ones too.

    Raises
    ------
    NotFound
        When the scope has none.
    """
    with database.scoped_session(scope) as session:
        row = stored.find(session, noun, code, withdrawn=True)
    if row is None:
        raise absent_record(noun, code)
    return row


def seen(database: Database, scope: Scope, code: str, *, now: dt.datetime | None = None) -> ShownProject:
    """Return a project with the cases before and after, and the households and sites on its land.

    Parameters
    ----------
    database : Database
    scope : Scope
    code : str
    now : datetime, optional
        Aware.

    Raises
    ------
    NotFound
        When the scope has no such project.
    """
    zone = ZoneInfo(database.settings.timezone)
    today = (now or dt.datetime.now(dt.UTC)).astimezone(zone).date()
    with database.scoped_session(scope) as session:
        found = stored.find(session, "projects", code, withdrawn=True)
        if found is None:
            raise absent_record("projects", code)
        row = cast("ProjectRow", found)
        turn = row["begins_on"] or row["decide_on"] or today
        turn = min(turn, today)
        days = int(ASSESSED.default or 0)

        def window(since: dt.date, until: dt.date) -> Window:
            begins, ends = (dt.datetime.combine(day, dt.time(), zone) for day in (since, until))
            counts = stored.cases_inside(session, code, begins, ends, row["grid_key"])
            return Window(since, until - dt.timedelta(days=1), counts)

        level = stored.level_with_households(session, row["grid_key"])
        touched = stored.touched_grids(session, code, level)
        told = [g["households"] * g["share"] for g in touched if g["households"] is not None]
        return ShownProject(
            row,
            turn,
            window(turn - dt.timedelta(days=days), turn),
            window(turn, min(turn + dt.timedelta(days=days), today + dt.timedelta(days=1))),
            round(sum(told)) if told else None,
            tuple(touched),
            tuple(stored.sites_inside(session, code)),
        )


def cases_of(
    database: Database,
    scope: Scope,
    code: str,
    which: str,
    *,
    start: int = 0,
    now: dt.datetime | None = None,
) -> list[CaseInside]:
    """List the cases behind one of the two numbers of a project, the newest first.

    Parameters
    ----------
    database, scope, code, now
        As of :func:`seen`.
    which : str
        ``before`` or ``after``.
    start : int
        So many are passed over; `MOST_LISTED` come at once.

    Raises
    ------
    NotFound
        When there is no such project or number.
    """
    shown = seen(database, scope, code, now=now)
    if which not in {"before", "after"}:
        raise NotFound("project-window", "只有“之前”和“之后”。", "There is before, and after.")
    window = shown.before if which == "before" else shown.after
    zone = ZoneInfo(database.settings.timezone)
    begins = dt.datetime.combine(window.since, dt.time(), zone)
    ends = dt.datetime.combine(window.until + dt.timedelta(days=1), dt.time(), zone)
    with database.scoped_session(scope) as session:
        return stored.list_cases_inside(
            session, code, begins, ends, shown.row["grid_key"], MOST_LISTED, start
        )


def absent_record(noun: str, code: str) -> NotFound:
    """Return the error that the scope has no such project or ruling."""
    named = NOUNS[noun]
    return NotFound(
        "record-not-found",
        f"没有编号为 {code} 的{named.zh}，或已撤销，或超出管辖范围。",
        f"There is no {named.en} {code} in your scope, or it is withdrawn.",
    )
