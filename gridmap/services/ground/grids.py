"""Grids as people look at them: outlines and ancestors."""

from __future__ import annotations

import datetime as dt
import json
from typing import TypedDict

from sqlalchemy.orm import Session

from gridmap.domain.geojson import Collection, Feature
from gridmap.domain.gridkey import LEVELS, REGION, Scope, ancestor, level_of, parent
from gridmap.errors import InvalidInput, NotFound
from gridmap.services.ground import regions
from gridmap.storage.database import Database
from gridmap.storage.ground import grids as stored
from gridmap.storage.workspace import settings as workspace


class Page(Collection):
    """Part of a list, and the key behind which it goes on."""

    next: str | None


def grid_features(
    database: Database,
    scope: Scope,
    *,
    level: int | None = None,
    parent_key: int | None = None,
    on: dt.date | None = None,
    geometry: bool = True,
    words: str | None = None,
    after: int | None = None,
    limit: int | None = None,
) -> Page:
    """Grids as a GeoJSON FeatureCollection (EPSG:4326), ordered by key.

    Parameters
    ----------
    database : Database
    scope : Scope
    level : int, optional
    parent_key : int, optional
        Only grids below this one.
    on : date, optional
        As they stood on that day.
    geometry : bool
        Whether to give outlines.
    words : str, optional
        Part of the name, or the beginning of the code.
    after : int, optional
        Go on behind this key.
    limit : int, optional
        At most so many; ``next`` is then the key to go on behind, or None.
    """
    with database.scoped_session(scope) as session:
        rows = stored.list_grids(
            session,
            level=level,
            parent=parent_key,
            on=on,
            geometry=geometry,
            words=words,
            after=after,
            limit=None if limit is None else limit + 1,
        )
        more = limit is not None and len(rows) > limit
        rows = rows[:limit]
        former = stored.predecessors(session, [int(row["grid_key"]) for row in rows])
    features = [_feature(row, former) for row in rows]
    return {
        "type": "FeatureCollection",
        "features": features,
        "next": str(features[-1]["id"]) if more else None,
    }


class GridAbove(TypedDict):
    """A grid that holds another."""

    grid_key: str
    level: int
    name_zh: str
    name_en: str


def _feature(
    row: stored.GridRow,
    former: dict[tuple[int, dt.date], list[str]],
    above_it: list[GridAbove] | None = None,
) -> Feature:
    key = int(row["grid_key"])
    above = parent(key)
    shape = row["geometry"]
    return {
        "type": "Feature",
        "id": str(key),
        "geometry": json.loads(shape) if shape else None,
        "properties": {
            "grid_key": str(key),
            "level": row["level"],
            "code": row["code"],
            "name_zh": row["name_zh"],
            "name_en": row["name_en"],
            "parent_key": None if above is None else str(above),
            "valid_from": row["valid_from"].isoformat(),
            "valid_to": row["valid_to"].isoformat() if row["valid_to"] else None,
            "population": row["population"],
            "households": row["households"],
            "area_km2": round(row["area_m2"] / 1e6, 4),
            "illustrative": row["illustrative"],
            "predecessors": former.get((key, row["valid_from"]), []),
            "label_lon": row["label_lon"],
            "label_lat": row["label_lat"],
            **({} if above_it is None else {"ancestors": above_it}),
        },
    }


def grid_feature(database: Database, scope: Scope, key: int, on: dt.date | None = None) -> Feature:
    """One grid as a GeoJSON Feature with its ancestors and bounding box.

    Raises
    ------
    NotFound
        When there is no such grid in the scope.
    """
    level = checked_level(key)
    with database.scoped_session(scope) as session:
        over = [
            GridAbove(grid_key=str(code), level=REGION, name_zh=zh, name_en=en)
            for code, zh, en in regions.regions_over(session, key)
            if code != key
        ]
        if level == REGION:
            return _region_feature(session, key, over)
        rows = stored.list_grids(session, level=level, on=on, key=key)
        if not rows:
            raise grid_not_found(key)
        former = stored.predecessors(session, [key])
        above: list[GridAbove] = [
            {"grid_key": str(g.grid_key), "level": g.level, "name_zh": g.name_zh, "name_en": g.name_en}
            for lv in LEVELS
            if lv < level and (g := stored.find_grid(session, ancestor(key, lv), on)) is not None
        ]
        box = stored.bounds(session, key)
    feature = _feature(rows[0], former, [*over, *above])
    if box is not None:
        feature["bbox"] = list(box)
    return feature


def _region_feature(session: Session, code: int, above: list[GridAbove]) -> Feature:
    """Tell of a region what its towns add up to; its outline is theirs."""
    towns = regions.towns_in(session, code)
    name_zh, name_en = regions.region_name(workspace.read_settings(session), code)
    box = stored.bounds(session, code)
    people, households = (
        regions.summed([row["population"] for row in towns]),
        regions.summed([row["households"] for row in towns]),
    )
    feature: Feature = {
        "type": "Feature",
        "id": str(code),
        "geometry": None,
        "properties": {
            "grid_key": str(code),
            "level": REGION,
            "code": str(code),
            "name_zh": name_zh,
            "name_en": name_en,
            "parent_key": above[-1]["grid_key"] if above else None,
            "valid_from": min(row["valid_from"] for row in towns).isoformat(),
            "valid_to": None,
            "population": people,
            "households": households,
            "area_km2": round(sum(row["area_m2"] for row in towns) / 1e6, 4),
            "illustrative": any(row["illustrative"] for row in towns),
            "predecessors": [],
            "label_lon": sum(row["label_lon"] for row in towns) / len(towns),
            "label_lat": sum(row["label_lat"] for row in towns) / len(towns),
            "towns": len(towns),
            "ancestors": above,
        },
    }
    if box is not None:
        feature["bbox"] = list(box)
    return feature


def checked_level(key: int) -> int:
    """Level of a key; NotFound where it is no key of a grid."""
    try:
        return level_of(key)
    except InvalidInput:
        raise grid_not_found(key) from None


def grid_not_found(key: int) -> NotFound:
    """Return the error for a grid that is not there, or outside the scope."""
    return NotFound(
        "grid-not-found", f"没有网格 {key}，或超出管辖范围。", f"There is no grid {key} in your scope."
    )
