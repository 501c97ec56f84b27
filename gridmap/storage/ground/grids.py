"""Grids in the database: lists, one grid, versions of boundaries."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, TypedDict, cast

import shapely
from sqlalchemy import func, null, or_, select, text
from sqlalchemy.orm import Session

from gridmap.domain.gridkey import SUBTREE_SIZE, level_of
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


def list_grids(
    session: Session,
    *,
    level: int | None = None,
    parent: int | None = None,
    on: dt.date | None = None,
    geometry: bool = True,
    key: int | None = None,
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
    """
    columns = [c for c in Grid.__table__.columns if c.name not in {"geom", "label_point", "version_id"}]
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
        query = query.where(Grid.grid_key > parent, Grid.grid_key < parent + SUBTREE_SIZE[level_of(parent)])
    return [cast("GridRow", dict(row)) for row in session.execute(query).mappings()]


def find_grid(session: Session, key: int, on: dt.date | None = None) -> Grid | None:
    """Return one grid as it stands (or stood on a day), or None."""
    found: Grid | None = session.scalars(
        _valid_on(select(Grid), on).where(Grid.grid_key == key)
    ).one_or_none()
    return found


def predecessors(session: Session) -> dict[tuple[int, dt.date], list[str]]:
    """Codes that each grid came from, by key and first day."""
    out: dict[tuple[int, dt.date], list[str]] = {}
    query = select(GridPredecessor).order_by(GridPredecessor.predecessor_code)
    for row in session.scalars(query):
        out.setdefault((row.grid_key, row.valid_from), []).append(row.predecessor_code)
    return out


def current_frame(session: Session, near: tuple[float, float, float] | None = None) -> gpd.GeoDataFrame:
    """All grids that stand now: grid_key, level, code, names, valid_from, geometry (EPSG:4326), ordered by key.

    Parameters
    ----------
    session : Session
    near : tuple of float, optional
        Only grids whose box comes so near to a point: longitude, latitude and degrees.
    """
    # Every command reads grids, few read this, and the library takes a quarter of their start.
    import geopandas as gpd

    where = [Grid.valid_to.is_(None)]
    if near is not None:
        lon, lat, reach = near
        where.append(
            Grid.geom.op("&&", is_comparison=True)(
                func.ST_MakeEnvelope(lon - reach, lat - reach, lon + reach, lat + reach, 4326)
            )
        )
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
    return set(session.scalars(select(Grid.level).where(Grid.valid_to.is_(None)).distinct()))


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
    """West, south, east, north of the grids that stand now, or of one; None where there are none."""
    row = session.execute(
        text(
            "select ST_XMin(e), ST_YMin(e), ST_XMax(e), ST_YMax(e) from (select ST_Extent(geom) as e from grids"
            " where valid_to is null and (cast(:key as bigint) is null or grid_key = :key)) t"
        ),
        {"key": key},
    ).one()
    return None if row[0] is None else (row[0], row[1], row[2], row[3])


def successors(session: Session) -> dict[str, int]:
    """Former official codes, with the key of the grid that stands now and took over most of the land."""
    links = session.execute(
        select(GridPredecessor.predecessor_code, GridPredecessor.grid_key).order_by(GridPredecessor.share)
    )
    latest: dict[str, int] = {str(code): int(key) for code, key in links}
    standing = {
        int(key): str(code)
        for key, code in session.execute(select(Grid.grid_key, Grid.code).where(Grid.valid_to.is_(None)))
    }
    codes = {int(k): str(c) for k, c in session.execute(select(Grid.grid_key, Grid.code))}
    out: dict[str, int] = {}
    for former, first in latest.items():
        key, seen = first, {first}
        # A successor may itself have been succeeded.
        while key not in standing and (following := latest.get(codes.get(key, ""))) and following not in seen:
            key = following
            seen.add(key)
        if key in standing:
            out[former] = key
    return out
