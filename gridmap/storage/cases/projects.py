"""Projects and rulings in the database: how they get in, as lists, and what lies on a project's land."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from typing import Any, NotRequired, TypedDict, cast

from sqlalchemy import ColumnElement, and_, func, select, text, update
from sqlalchemy.orm import Session

from gridmap.domain.cases.projects import PROJECTS as PROJECT_FIELDS
from gridmap.domain.cases.projects import RULINGS as RULING_FIELDS
from gridmap.domain.gridkey import SUBTREE_SIZE, Scope, level_of
from gridmap.storage.cases.incidents import is_open, shown_on_maps
from gridmap.storage.imports.bulk import show_withdrawn
from gridmap.storage.imports.loads import Load, same
from gridmap.storage.models import FixedPoint, Grid, Incident, MigrantCluster, Organisation, Project, Ruling

_TYPES = {"day": "date", "integer": "bigint"}
_SHAPE = "ST_Multi(ST_GeomFromWKB(decode(s.wkb, 'hex'), 4326))"
_BY_DESK = "exists (select from jsonb_array_elements({t}.history) h where h->>'undone_at' is null)"

PROJECTS = Load(
    table="projects",
    staging=(
        *((f.name, _TYPES.get(f.kind, "text")) for f in PROJECT_FIELDS.fields),
        ("grid_key", "bigint"),
        ("wkb", "text"),
    ),
    key=("code",),
    values={
        **same(*(f.name for f in PROJECT_FIELDS.fields), "grid_key"),
        "geom": f"case when s.wkb is null then null else {_SHAPE} end",
    },
    insert_only={},
    place=("grid_key", "geom"),
    placed="excluded.geom is not null",
    marked=True,
    by_desk=_BY_DESK,
)

_OF_RULING = tuple(f.name for f in RULING_FIELDS.fields if f.name not in {"grid_code", "village_name"})
RULINGS = Load(
    table="rulings",
    staging=(
        *((name, _TYPES.get(RULING_FIELDS.field(name).kind, "text")) for name in _OF_RULING),
        ("grid_key", "bigint"),
    ),
    key=("code",),
    values=same(*_OF_RULING, "grid_key"),
    insert_only={},
    place=("grid_key",),
    placed="excluded.grid_key <> 0",
    marked=True,
    by_desk=_BY_DESK,
)

_OF: dict[str, type[Project | Ruling]] = {"projects": Project, "rulings": Ruling}
_HIDDEN = frozenset(
    {"project_id", "ruling_id", "geom", "import_run_id", "withdrawn_at", "withdrawn_why", "history"}
)


class Kept(TypedDict, total=False):
    """An entry of a record's history: when, by whom, what, why, and the columns before it and after it."""

    at: str
    post: str
    act: str
    why: str
    before: dict[str, Any] | None
    after: dict[str, Any]
    undone_at: str
    undone_by: str
    undone_why: str


class ProjectRow(TypedDict):
    """A project; its shape as GeoJSON text. History and mark where it is read whole."""

    code: str
    name_zh: str
    name_en: str | None
    kind: str
    lead: str | None
    plan_on: dt.date | None
    consult_on: dt.date | None
    analyse_on: dt.date | None
    report_on: dt.date | None
    decide_on: dt.date | None
    asked: int | None
    in_favour: int | None
    against: int | None
    unsure: int | None
    risk: str | None
    decision: str | None
    decision_note: str | None
    begins_on: dt.date | None
    follow_up_on: dt.date | None
    follow_up: str | None
    grid_key: int
    shape: str
    history: NotRequired[list[Kept]]
    withdrawn_at: NotRequired[dt.datetime | None]
    withdrawn_why: NotRequired[str | None]


class RulingRow(TypedDict):
    """A question with its ruling."""

    code: str
    on_day: dt.date
    question: str
    ruling: str | None
    ruled_by: str | None
    domain: str | None
    kind: str | None
    words: str | None
    grid_key: int
    like: NotRequired[int]
    like_open: NotRequired[int]


class CaseInside(TypedDict):
    """A case on a project's land."""

    number: str | None
    domain: str
    kind: str | None
    occurred_at: dt.datetime
    stage: str
    summary: str | None


class GridReached(TypedDict):
    """A grid that a project's land reaches, and the share of the grid that it takes."""

    grid_key: int
    name_zh: str
    name_en: str
    households: int | None
    share: float


class SiteInside(TypedDict):
    """A body, site or fixed point on a project's land."""

    noun: str
    code: str
    name: str | None


def _columns(table: type[Project | Ruling]) -> list[Any]:
    return [c for c in table.__table__.columns if c.name not in _HIDDEN]


def list_projects(session: Session, within: int | None = None) -> list[ProjectRow]:
    """List projects in force by code, each with its shape as GeoJSON text; only a grid's subtree where asked."""
    query = select(*_columns(Project), func.ST_AsGeoJSON(Project.geom, 9).label("shape")).order_by(
        Project.code
    )
    if within is not None:
        scope = Scope.of_grid(within)
        query = query.where(Project.grid_key.between(scope.lo, scope.hi))
    return [cast("ProjectRow", dict(row)) for row in session.execute(query).mappings()]


def list_shapes(session: Session, within: int | None = None) -> list[tuple[dict[str, Any], bytes]]:
    """List projects in force by code with their shapes as well-known binary, exact to the last digit."""
    query = select(*_columns(Project), func.ST_AsBinary(Project.geom).label("wkb")).order_by(Project.code)
    if within is not None:
        scope = Scope.of_grid(within)
        query = query.where(Project.grid_key.between(scope.lo, scope.hi))
    return [(dict(row), bytes(row["wkb"])) for row in session.execute(query).mappings()]


def list_rulings(
    session: Session, since: dt.date | None = None, until: dt.date | None = None, within: int | None = None
) -> list[RulingRow]:
    """List questions with their rulings, the newest first; of some days, or at grids of a subtree."""
    query = select(*_columns(Ruling)).order_by(Ruling.on_day.desc(), Ruling.code)
    if since is not None:
        query = query.where(Ruling.on_day >= since)
    if until is not None:
        query = query.where(Ruling.on_day <= until)
    if within is not None:
        scope = Scope.of_grid(within)
        query = query.where(Ruling.grid_key.between(scope.lo, scope.hi))
    return [cast("RulingRow", dict(row)) for row in session.execute(query).mappings()]


def rulings_over(session: Session, grid_key: int, domain: str, kind: str | None) -> list[RulingRow]:
    """List the rulings for a case: those that hold in its grid, for its domain and kind or for all."""
    above = {grid_key - grid_key % size for size in SUBTREE_SIZE.values()}
    query = (
        select(*_columns(Ruling))
        .where(
            Ruling.grid_key.in_(above),
            Ruling.ruling.is_not(None),
            (Ruling.domain.is_(None)) | (Ruling.domain == domain),
            (Ruling.kind.is_(None)) | (Ruling.kind == (kind if domain == "dispute" else None)),
            (Ruling.domain.is_not(None)) | (Ruling.kind.is_not(None)),
        )
        .order_by(Ruling.on_day.desc())
        .limit(20)
    )
    return [cast("RulingRow", dict(row)) for row in session.execute(query).mappings()]


def find(session: Session, noun: str, code: str, *, withdrawn: bool = False) -> dict[str, Any] | None:
    """Return one project or ruling whole, with its history; a project's shape as GeoJSON text."""
    if withdrawn:
        show_withdrawn(session)
    table = _OF[noun]
    more: list[Any] = [table.history, table.withdrawn_at, table.withdrawn_why]
    if table is Project:
        more.append(func.ST_AsGeoJSON(Project.geom, 9).label("shape"))
    row = session.execute(select(*_columns(table), *more).where(table.code == code)).mappings().one_or_none()
    return None if row is None else dict(row)


def lock(session: Session, noun: str, code: str) -> None:
    """Keep others from a record until the transaction ends."""
    table = _OF[noun]
    session.execute(select(table.code).where(table.code == code).with_for_update())


def remember(session: Session, noun: str, code: str, entries: Sequence[Kept]) -> None:
    """Keep a record's history."""
    table = _OF[noun]
    session.execute(update(table).where(table.code == code).values(history=list(entries)))


def put(session: Session, noun: str, code: str, values: Mapping[str, Any]) -> None:
    """Give a record's columns values as its history keeps them: days as ISO text, a shape as hexadecimal EWKB."""
    table = {"projects": PROJECTS, "rulings": RULINGS}[noun]
    columns = [c for c in table.values if c not in table.key] + ["withdrawn_at", "withdrawn_why"]
    listed = ", ".join(f'"{c}"' for c in columns)
    taken = ", ".join(f'b."{c}"' for c in columns)
    session.execute(
        text(
            f"update {table.table} t set ({listed}) = row({taken})"  # noqa: S608 - own names
            f" from jsonb_populate_record(null::{table.table}, cast(:values as jsonb)) b where t.code = :code"
        ),
        {"values": json.dumps(dict(values)), "code": code},
    )


def state(session: Session, noun: str, code: str) -> dict[str, Any] | None:
    """Return a record's columns as its history keeps them."""
    return next(iter(states(session, noun, code)), None)


def states(session: Session, noun: str, code: str | None = None) -> Sequence[dict[str, Any]]:
    """Return the columns of all records, or of one, as their history keeps them."""
    table = {"projects": PROJECTS, "rulings": RULINGS}[noun]
    geom = " || jsonb_build_object('geom', t.geom::text)" if "geom" in table.values else ""
    one = "" if code is None else " where t.code = :code"
    return session.scalars(
        text(
            f"select (to_jsonb(t){geom}) - 'history' - 'import_run_id' from {table.table} t{one}"  # noqa: S608 - own names
        ),
        {} if code is None else {"code": code},
    ).all()


def _inside(place: Any, code: str) -> Any:
    land = select(Project.geom).where(Project.code == code).scalar_subquery()
    return func.ST_Covers(land, place)


def cases_inside(
    session: Session, code: str, since: dt.datetime, until: dt.datetime, key: int
) -> dict[str, int]:
    """Count the cases on a project's land by domain, of a span of time (the end excluded).

    Those that no map may show are not asked where they lie.
    """
    scope = Scope.of_grid(key) if key else Scope.whole()
    query = (
        select(Incident.domain, func.count())
        .where(
            shown_on_maps(),
            Incident.withdrawn_at.is_(None),
            Incident.occurred_at >= since,
            Incident.occurred_at < until,
            Incident.geom.is_not(None),
            Incident.grid_key.between(scope.lo, scope.hi),
            _inside(Incident.geom, code),
        )
        .group_by(Incident.domain)
    )
    return {str(domain): int(n) for domain, n in session.execute(query)}


def list_cases_inside(
    session: Session, code: str, since: dt.datetime, until: dt.datetime, key: int, most: int, start: int = 0
) -> list[CaseInside]:
    """List the cases that :func:`cases_inside` counts, the newest first; `start` of them are passed over."""
    scope = Scope.of_grid(key) if key else Scope.whole()
    query = (
        select(
            Incident.number,
            Incident.domain,
            Incident.kind,
            Incident.occurred_at,
            Incident.stage,
            Incident.summary,
        )
        .where(
            shown_on_maps(),
            Incident.withdrawn_at.is_(None),
            Incident.occurred_at >= since,
            Incident.occurred_at < until,
            Incident.geom.is_not(None),
            Incident.grid_key.between(scope.lo, scope.hi),
            _inside(Incident.geom, code),
        )
        .order_by(Incident.occurred_at.desc(), Incident.incident_id.desc())
        .offset(start)
        .limit(most)
    )
    return [cast("CaseInside", dict(row)) for row in session.execute(query).mappings()]


def touched_grids(session: Session, code: str, level: int) -> list[GridReached]:
    """List the grids in force of a level that a project's land reaches: key, names, households, share of their land."""
    land = select(Project.geom).where(Project.code == code).scalar_subquery()
    share = func.ST_Area(func.ST_Intersection(Grid.geom, land)) / func.ST_Area(Grid.geom)
    query = (
        select(Grid.grid_key, Grid.name_zh, Grid.name_en, Grid.households, share.label("share"))
        .where(Grid.valid_to.is_(None), Grid.level == level, func.ST_Intersects(Grid.geom, land))
        .order_by(Grid.grid_key)
    )
    return [
        cast("GridReached", dict(row)) for row in session.execute(query).mappings() if row["share"] > 1e-9
    ]


def sites_inside(session: Session, code: str) -> list[SiteInside]:
    """List organisations, sites and fixed points on a project's land: kind of record, code and name."""
    out: list[SiteInside] = []
    for name, table in (
        ("organisations", Organisation),
        ("migrants", MigrantCluster),
        ("fixed_points", FixedPoint),
    ):
        query = (
            select(table.code, table.name_zh)
            # The project itself may be withdrawn, and so this transaction may see what is.
            .where(table.geom.is_not(None), table.withdrawn_at.is_(None), _inside(table.geom, code))
            .order_by(table.code)
        )
        out += [{"noun": name, "code": row[0], "name": row[1]} for row in session.execute(query)]
    return out


def counted_like(
    session: Session, domain: str | None, kind: str | None, words: str | None, key: int
) -> tuple[int, int]:
    """Count the cases that a ruling is about, all and open ones."""
    scope = Scope.of_grid(key) if key else Scope.whole()
    conditions: list[ColumnElement[bool]] = [
        Incident.withdrawn_at.is_(None),
        Incident.grid_key.between(scope.lo, scope.hi),
    ]
    if domain is not None:
        conditions.append(Incident.domain == domain)
    if kind is not None:
        conditions.append(Incident.kind == kind)
    if words:
        conditions.append(
            and_(Incident.sealed.is_(False), Incident.summary.icontains(words, autoescape=True))
        )
    query = select(
        func.count(),
        func.count().filter(is_open(Incident)),
    ).where(*conditions)
    n, still_open = session.execute(query).one()
    return int(n), int(still_open)


def level_with_households(session: Session, key: int) -> int:
    """Return the deepest level below a grid at which households are told; the grid's own where there is none."""
    scope = Scope.of_grid(key) if key else Scope.whole()
    found = session.scalar(
        select(func.max(Grid.level)).where(
            Grid.valid_to.is_(None), Grid.households.is_not(None), Grid.grid_key.between(scope.lo, scope.hi)
        )
    )
    return int(found or (level_of(key) if key else 1))
