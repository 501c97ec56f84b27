"""Grids as people look at them: outlines and ancestors."""

from __future__ import annotations

import datetime as dt
import json
from typing import TypedDict

from gridmap.domain.geojson import Collection, Feature
from gridmap.domain.gridkey import LEVELS, Scope, ancestor, level_of, parent
from gridmap.errors import InvalidInput, NotFound
from gridmap.storage.database import Database
from gridmap.storage.ground import grids as stored


def grid_features(
    database: Database,
    scope: Scope,
    *,
    level: int | None = None,
    parent_key: int | None = None,
    on: dt.date | None = None,
    geometry: bool = True,
) -> Collection:
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
    """
    with database.scoped_session(scope) as session:
        rows = stored.list_grids(session, level=level, parent=parent_key, on=on, geometry=geometry)
        former = stored.predecessors(session)
    return {"type": "FeatureCollection", "features": [_feature(row, former) for row in rows]}


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
        rows = stored.list_grids(session, level=level, on=on, key=key)
        former = stored.predecessors(session)
        if not rows:
            raise grid_not_found(key)
        above: list[GridAbove] = [
            {"grid_key": str(g.grid_key), "level": g.level, "name_zh": g.name_zh, "name_en": g.name_en}
            for lv in LEVELS
            if lv < level and (g := stored.find_grid(session, ancestor(key, lv), on)) is not None
        ]
        box = stored.bounds(session, key)
    feature = _feature(rows[0], former, above)
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
