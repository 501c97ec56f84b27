"""Names and coarse outlines for pages: grids, main roads, wide water."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from gridmap.domain.gridkey import MICRO
from gridmap.storage.models import BasemapFeature, Grid, Road

_MAIN = ("motorway", "trunk", "primary", "secondary", "tertiary")
_MOST_LINES = 4000


def ground_version(session: Session) -> str:
    """Return a text that changes with the boundaries, the roads, and what kinds are called."""
    return str(
        session.scalar(
            text(
                "select concat_ws('.', (select max(version_id) from boundary_versions),"
                " (select max(road_key) from roads),"
                " (select md5(string_agg(value::text, ',' order by key)) from workspace_settings"
                " where key in ('kinds', 'name_zh', 'name_en', 'illustrative', 'regions')))"
            )
        )
    )


def names(session: Session, deepest: int = MICRO) -> list[tuple[int, int, str, str]]:
    """Key, level and names of the grids that stand now, by key; none below a level."""
    query = (
        select(Grid.grid_key, Grid.level, Grid.name_zh, Grid.name_en)
        .where(Grid.valid_to.is_(None), Grid.level <= deepest)
        .order_by(Grid.grid_key)
    )
    return [(int(k), int(level), zh, en or zh) for k, level, zh, en in session.execute(query)]


def outlines(session: Session, level: int) -> list[tuple[int, bytes]]:
    """Key and outline (WKB, EPSG:4326) of the grids of a level that stand now."""
    query = (
        select(Grid.grid_key, func.ST_AsBinary(Grid.geom))
        .where(Grid.valid_to.is_(None), Grid.level == level)
        .order_by(Grid.grid_key)
    )
    return [(int(key), bytes(wkb)) for key, wkb in session.execute(query)]


def main_roads(session: Session) -> list[bytes]:
    """Lines (WKB) of the roads that give a small map its bearings."""
    query = (
        select(func.ST_AsBinary(Road.geom))
        .where(Road.road_class.in_(_MAIN))
        .order_by(Road.road_key)
        .limit(_MOST_LINES)
    )
    return [bytes(wkb) for wkb in session.scalars(query)]


def wide_water(session: Session) -> list[bytes]:
    """Shapes (WKB) of the water that is seen from afar."""
    query: Any = (
        select(func.ST_AsBinary(BasemapFeature.geom))
        .where(BasemapFeature.theme == "water", BasemapFeature.min_zoom <= 11)
        .order_by(BasemapFeature.feature_id)
        .limit(_MOST_LINES)
    )
    return [bytes(wkb) for wkb in session.scalars(query)]


def named_places(session: Session, words: str, limit: int) -> list[tuple[str, str, float, float]]:
    """Name, what it is, lon and lat of what a text may mean: bodies, named places, grids, places of cases before."""
    found = session.execute(
        text(
            "select name, what, ST_X(p), ST_Y(p) from ("
            " select name_zh as name, 'organisation' as what, geom as p, 1 as rank from organisations"
            "   where strpos(name_zh, :words) > 0 or strpos(lower(coalesce(name_en, '')), lower(:words)) > 0"
            " union all select name_zh, 'place', ST_PointOnSurface(geom), 2 from basemap_features"
            "   where theme = 'places' and strpos(name_zh, :words) > 0"
            " union all select name_zh, 'grid', label_point, 3 from grids where valid_to is null"
            "   and (strpos(name_zh, :words) > 0 or strpos(lower(coalesce(name_en, '')), lower(:words)) > 0)"
            " union all (select distinct on (place) place, 'case', geom, 4 from incidents"
            "   where place is not null and geom is not null and not sealed and not reporter_hidden"
            "   and strpos(place, :words) > 0 order by place)"
            " ) found where p is not null order by rank, name limit :limit"
        ),
        {"words": words, "limit": limit},
    )
    return [(str(name), str(what), float(lon), float(lat)) for name, what, lon, lat in found]
