"""Grids in the database: lists, one grid, versions of boundaries."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any, TypedDict, cast

import shapely
from sqlalchemy import ARRAY, BigInteger, ColumnElement, any_, func, null, or_, select, text
from sqlalchemy import cast as cast_to
from sqlalchemy.orm import Session

from gridmap.domain.gridkey import LEVELS, REGION, Scope, level_of
from gridmap.storage.models import Grid, GridPredecessor

if TYPE_CHECKING:
    import geopandas as gpd


def _valid_on(query: Any, on: dt.date | None) -> Any:
    if on is None:
        return query.where(Grid.valid_to.is_(None))
    return query.where(Grid.valid_from <= on, or_(Grid.valid_to.is_(None), Grid.valid_to > on))


class GridRow(TypedDict):
    """A grid; its outline as GeoJSON text where that is asked for."""

    grid_key: int
    code: str | None
    level: int
    name_zh: str
    name_en: str
    population: int | None
    households: int
    area_m2: float
    illustrative: bool
    valid_from: dt.date
    valid_to: dt.date | None
    geometry: str | None
    label_lon: float
    label_lat: float


_HIDDEN = {"geom", "label_point", "version_id", "cell_key", "cell_zoom"}


def list_grids(
    session: Session,
    *,
    level: int | None = None,
    parent: int | None = None,
    on: dt.date | None = None,
    geometry: bool = True,
    key: int | None = None,
    words: str | None = None,
    after: int | None = None,
    limit: int | None = None,
) -> list[GridRow]:
    """Grids as dictionaries with a GeoJSON geometry, ordered by key.

    Parameters
    ----------
    session : Session
        A scoped session.
    level : int, optional
        Only this level.
    parent : int, optional
        Only the subtree of this key (the grid itself excluded).
    on : date, optional
        As the boundaries stood on that day; today's by default.
    geometry : bool
        Whether to give the outlines, too.
    key : int, optional
        Only this grid.
    words : str, optional
        Part of the name, or the beginning of the code.
    after : int, optional
        Only grids behind this key.
    limit : int, optional
        At most so many.
    """
    columns = [c for c in Grid.__table__.columns if c.name not in _HIDDEN]
    query: Any = select(
        *columns,
        (func.ST_AsGeoJSON(Grid.geom, 8) if geometry else null()).label("geometry"),
        func.ST_X(Grid.label_point).label("label_lon"),
        func.ST_Y(Grid.label_point).label("label_lat"),
    ).order_by(Grid.grid_key)
    query = _valid_on(query, on)
    if level is not None:
        query = query.where(Grid.level == level)
    if key is not None:
        query = query.where(Grid.grid_key == key)
    if parent is not None:
        inside = Scope.of_grid(parent)
        query = query.where(Grid.grid_key.between(inside.lo, inside.hi), Grid.grid_key != parent)
    if words:
        query = query.where(
            or_(
                Grid.name_zh.icontains(words, autoescape=True),
                Grid.name_en.icontains(words, autoescape=True),
                Grid.code.startswith(words, autoescape=True),
            )
        )
    if after is not None:
        query = query.where(Grid.grid_key > after)
    query = query.limit(limit)
    return [cast("GridRow", dict(row)) for row in session.execute(query).mappings()]


def find_grid(session: Session, key: int, on: dt.date | None = None) -> Grid | None:
    """Return one grid as it stands (or stood on a day), or None."""
    found: Grid | None = session.scalars(
        _valid_on(select(Grid), on).where(Grid.grid_key == key)
    ).one_or_none()
    return found


def heir_of(session: Session, key: int) -> int:
    """Return the grid that stands where one did: itself, or what took over most of its land; its own key for none."""
    passed: set[int] = set()
    while key not in passed and find_grid(session, key) is None:
        passed.add(key)
        key = (
            session.scalar(
                select(GridPredecessor.grid_key)
                .where(GridPredecessor.predecessor_key == key, GridPredecessor.grid_key != key)
                .order_by(
                    GridPredecessor.valid_from.desc(),
                    GridPredecessor.share.desc(),
                    GridPredecessor.grid_key.desc(),
                )
                .limit(1)
            )
            or key
        )
    return key


def predecessors(session: Session, keys: Sequence[int]) -> dict[tuple[int, dt.date], list[str]]:
    """Codes that each of some grids came from, by key and first day."""
    out: dict[tuple[int, dt.date], list[str]] = {}
    if not keys:
        return out
    query = (
        select(GridPredecessor)
        .where(GridPredecessor.grid_key == any_(cast_to(list(keys), ARRAY(BigInteger))))
        .order_by(GridPredecessor.predecessor_code)
    )
    for row in session.scalars(query):
        out.setdefault((row.grid_key, row.valid_from), []).append(row.predecessor_code)
    return out


def lock(session: Session, grid_key: int) -> None:
    """Keep the row of a grid that stands now from others until the transaction ends."""
    session.execute(
        select(Grid.grid_key).where(Grid.grid_key == grid_key, Grid.valid_to.is_(None)).with_for_update()
    )


def current_frame(
    session: Session, *, keys: Sequence[int] | None = None, level: int | None = None
) -> gpd.GeoDataFrame:
    """Grids that stand now: grid_key, level, code, names, valid_from, geometry (EPSG:4326), ordered by key.

    Parameters
    ----------
    session : Session
    keys : sequence of int, optional
        Only these.
    level : int, optional
        Only this level.
    """
    # Every command reads grids, few read this, and the library takes a quarter of their start.
    import geopandas as gpd

    where: list[ColumnElement[bool]] = [Grid.valid_to.is_(None)]
    if keys is not None:
        where.append(Grid.grid_key == any_(cast_to(list(keys), ARRAY(BigInteger))))
    if level is not None:
        where.append(Grid.level == level)
    rows = session.execute(
        select(
            Grid.grid_key,
            Grid.level,
            Grid.code,
            Grid.name_zh,
            Grid.name_en,
            Grid.population,
            Grid.households,
            Grid.area_m2,
            Grid.illustrative,
            Grid.valid_from,
            func.ST_AsBinary(Grid.geom).label("wkb"),
        )
        .where(*where)
        .order_by(Grid.grid_key)
    ).mappings()
    records = [dict(r) for r in rows]
    geometry = shapely.from_wkb([bytes(r.pop("wkb")) for r in records])
    columns = (
        "grid_key",
        "level",
        "code",
        "name_zh",
        "name_en",
        "population",
        "households",
        "area_m2",
        "illustrative",
        "valid_from",
    )
    frame = gpd.GeoDataFrame(records, columns=[*columns], geometry=geometry, crs="EPSG:4326")
    return frame.astype({"grid_key": "int64", "level": "int8"})


def levels(session: Session) -> set[int]:
    """Levels of the grids that stand now."""
    there = "select from grids where level = l.level and valid_to is null"
    found = session.scalars(
        text(f"select l.level from unnest(cast(:levels as int[])) l (level) where exists ({there})"),  # noqa: S608 - own text
        {"levels": [*LEVELS]},
    )
    return {int(level) for level in found}


def names_of(
    session: Session, wanted: Sequence[int], inside: Scope | None = None
) -> list[tuple[int, str, str]]:
    """Key and names of the grids of some levels that stand now, by key; only those of a subtree, where one is given."""
    query = select(Grid.grid_key, Grid.name_zh, Grid.name_en).where(
        Grid.valid_to.is_(None), Grid.level.in_(wanted)
    )
    if inside is not None:
        query = query.where(Grid.grid_key.between(inside.lo, inside.hi))
    return [(int(key), zh or "", en or "") for key, zh, en in session.execute(query.order_by(Grid.grid_key))]


def has_population(session: Session, level: int, lo: int, hi: int) -> bool:
    """Tell whether the residents of every grid of a level are known between two keys, and there are any."""
    grids, known, residents = session.execute(
        select(func.count(), func.count(Grid.population), func.sum(Grid.population)).where(
            Grid.valid_to.is_(None), Grid.level == level, Grid.grid_key.between(lo, hi)
        )
    ).one()
    return bool(known == grids and residents)


def has_history(session: Session) -> bool:
    """Tell whether there are grids that no longer stand."""
    return session.scalar(select(Grid.grid_key).where(Grid.valid_to.is_not(None)).limit(1)) is not None


def last_change(session: Session) -> dt.date | None:
    """Return the day on which boundaries last ended or began, or None where there are none."""
    return session.scalar(select(func.max(func.coalesce(Grid.valid_to, Grid.valid_from))))


def bounds(session: Session, key: int | None = None) -> tuple[float, float, float, float] | None:
    """West, south, east, north of the grids that stand now, of one, or of a region's towns; None where there are none.

    Those of the highest level that there is hold all others.
    """
    region = key is not None and level_of(key) == REGION
    chosen = (
        "grid_key = :key"
        if key is not None and not region
        else "level = :top and grid_key between :lo and :hi"
    )
    inside = Scope.whole() if key is None else Scope.of_grid(key)
    row = session.execute(
        text(
            "select ST_XMin(e), ST_YMin(e), ST_XMax(e), ST_YMax(e) from (select ST_Extent(geom) as e from grids"  # noqa: S608 - own text
            f" where valid_to is null and {chosen}) t"
        ),
        {"key": key}
        if key is not None and not region
        else {"top": min(levels(session), default=LEVELS[0]), "lo": inside.lo, "hi": inside.hi},
    ).one()
    return None if row[0] is None else (row[0], row[1], row[2], row[3])


def _is_one_of(column: Any, values: Collection[Any]) -> ColumnElement[bool]:
    """Ask with one parameter: a file may name more codes than a statement takes parameters (65,535)."""
    return cast("ColumnElement[bool]", column == any_(cast_to(list(values), ARRAY(column.type))))


def keys_of_codes(session: Session, codes: Collection[str]) -> dict[str, int]:
    """Keys of the grids that stand now and have these official codes, keys, or took over most of what had them."""
    standing = Grid.valid_to.is_(None)
    given = list(codes)
    spelled = {int(c): c for c in given if _KEY.fullmatch(c)}
    by_key = session.scalars(select(Grid.grid_key).where(standing, _is_one_of(Grid.grid_key, spelled)))
    found = {spelled[key]: int(key) for key in by_key}
    by_code = session.execute(select(Grid.code, Grid.grid_key).where(standing, _is_one_of(Grid.code, given)))
    found |= {str(code): int(key) for code, key in by_code if code}
    return _heirs(session, [c for c in given if c not in found]) | found


def keys_named(session: Session, named: str) -> set[int]:
    """Keys of the grids that stand now and have this key, official code or name."""
    spelled = [int(named)] if _KEY.fullmatch(named) else []
    query = select(Grid.grid_key).where(
        Grid.valid_to.is_(None),
        or_(
            Grid.grid_key.in_(spelled),
            Grid.code == named,
            Grid.name_zh == named,
            func.lower(Grid.name_en) == named.lower(),
        ),
    )
    return {int(key) for key in session.scalars(query)}


_KEY = re.compile(r"[1-9]\d{8,16}")


def _heirs(session: Session, codes: Collection[str]) -> dict[str, int]:
    """Keys of the grids that stand now and took over most of the land of former codes.

    A successor may itself have been succeeded.
    """
    out: dict[str, int] = {}
    open_ = _successors(session, codes)
    seen = {code: {key} for code, key in open_.items()}
    while open_:
        keys = set(open_.values())
        there = set(
            session.scalars(
                select(Grid.grid_key).where(Grid.valid_to.is_(None), _is_one_of(Grid.grid_key, keys))
            )
        )
        out |= {code: key for code, key in open_.items() if key in there}
        gone = keys - there
        rows = session.execute(select(Grid.grid_key, Grid.code).where(_is_one_of(Grid.grid_key, gone)))
        code_of = {int(key): str(code) for key, code in rows}
        following = _successors(session, set(code_of.values()))
        open_ = {
            code: following[code_of[key]]
            for code, key in open_.items()
            if key in code_of and code_of[key] in following and following[code_of[key]] not in seen[code]
        }
        for code, key in open_.items():
            seen[code].add(key)
    return out


def _successors(session: Session, codes: Collection[str]) -> dict[str, int]:
    """Former codes with the key of the grid that took over most of the land, whether it stands or not."""
    if not codes:
        return {}
    links = session.execute(
        select(GridPredecessor.predecessor_code, GridPredecessor.grid_key)
        .where(_is_one_of(GridPredecessor.predecessor_code, codes))
        .order_by(GridPredecessor.share)
    )
    return {str(code): int(key) for code, key in links}
