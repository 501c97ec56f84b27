"""Grids as people look at them: outlines, ancestors, a grid's story, counts by grid."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

from gridmap.domain.gridkey import LEVELS, UNASSIGNED, Scope, ancestor, level_of, parent
from gridmap.errors import InvalidInput, NotFound
from gridmap.services.workspace.summary import local_span
from gridmap.storage.cases import incidents
from gridmap.storage.cases.incidents import IncidentFilter
from gridmap.storage.database import Database
from gridmap.storage.ground import grids as stored
from gridmap.storage.teams import field


def grid_features(
    database: Database,
    scope: Scope,
    *,
    level: int | None = None,
    parent_key: int | None = None,
    on: dt.date | None = None,
    geometry: bool = True,
) -> dict[str, Any]:
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


def _feature(row: dict[str, Any], former: dict[tuple[int, dt.date], list[str]]) -> dict[str, Any]:
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
        },
    }


def grid_feature(database: Database, scope: Scope, key: int, on: dt.date | None = None) -> dict[str, Any]:
    """One grid as a GeoJSON Feature with its ancestors and bounding box.

    Raises
    ------
    NotFound
        When there is no such grid in the scope.
    """
    level = _level(key)
    with database.scoped_session(scope) as session:
        rows = stored.list_grids(session, level=level, on=on, key=key)
        former = stored.predecessors(session)
        if not rows:
            raise grid_not_found(key)
        above = [
            {"grid_key": str(g.grid_key), "level": g.level, "name_zh": g.name_zh, "name_en": g.name_en}
            for lv in LEVELS
            if lv < level and (g := stored.find_grid(session, ancestor(key, lv), on)) is not None
        ]
        box = stored.bounds(session, key)
    feature = _feature(rows[0], former)
    feature["properties"]["ancestors"] = above
    if box is not None:
        feature["bbox"] = list(box)
    return feature


def _level(key: int) -> int:
    try:
        return level_of(key)
    except InvalidInput:
        raise grid_not_found(key) from None


def grid_not_found(key: int) -> NotFound:
    """Return the error for a grid that is not there, or outside the scope."""
    return NotFound(
        "grid-not-found", f"没有网格 {key}，或超出管辖范围。", f"There is no grid {key} in your scope."
    )


def count_by_grid(
    database: Database,
    scope: Scope,
    *,
    level: int,
    parent_key: int | None = None,
    domain: str | None = None,
    since: dt.date | None = None,
    until: dt.date | None = None,
) -> dict[str, Any]:
    """How many incidents each grid of a level has in a span of local days.

    Returns
    -------
    dict
        level, from, to, counts (key as text to number; grids without incidents are absent), total, and unassigned:
        incidents that lie in no grid of this level.
    """
    chosen = incident_filter(database, since, until, domain=domain, within=parent_key)
    with database.scoped_session(scope) as session:
        counts = incidents.count_by_grid(session, chosen, level)
    unassigned = counts.pop(UNASSIGNED, 0)
    return {
        "level": level,
        "from": since.isoformat() if since else None,
        "to": until.isoformat() if until else None,
        "counts": {str(k): n for k, n in sorted(counts.items())},
        "total": sum(counts.values()) + unassigned,
        "unassigned": unassigned,
    }


def grid_summary(
    database: Database,
    scope: Scope,
    key: int,
    *,
    domain: str | None = None,
    since: dt.date | None = None,
    until: dt.date | None = None,
    now: dt.datetime | None = None,
) -> dict[str, Any]:
    """Tell a grid's story: its incidents by domain, stage and kind, what is due, who is there.

    Raises
    ------
    NotFound
        When there is no such grid in the scope.
    """
    _level(key)
    chosen = incident_filter(database, since, until, domain=domain, within=key)
    inside = Scope.of_grid(key)
    with database.scoped_session(scope) as session:
        grid = stored.find_grid(session, key)
        if grid is None:
            raise grid_not_found(key)
        clusters = field.list_migrant_clusters(session, key)
        return {
            "grid_key": str(key),
            "population": grid.population,
            "households": grid.households,
            "incidents": incidents.totals(session, chosen, now or dt.datetime.now(dt.UTC)),
            "by_domain": incidents.count_by(session, chosen, "domain"),
            "by_stage": incidents.count_by(session, chosen, "stage"),
            "by_kind": incidents.count_by(session, chosen, "kind"),
            "teams": sum(1 for t in field.list_teams(session) if int(t["grid_key"]) in inside),
            "migrants": {"clusters": len(clusters), "head_count": sum(c["head_count"] for c in clusters)},
            "organisations": len(field.list_organisations(session, key)),
        }


def incident_filter(
    database: Database,
    since: dt.date | None,
    until: dt.date | None,
    *,
    domain: str | None = None,
    stage: str | None = None,
    within: int | None = None,
    overdue_at: dt.datetime | None = None,
    only_open: bool = False,
    to_confirm: bool = False,
    kind: str | None = None,
) -> IncidentFilter:
    """Filter of incidents from local days of the workspace."""
    start, end = local_span(database.settings.timezone, since, until)
    return IncidentFilter(start, end, domain, stage, within, overdue_at, only_open, to_confirm, kind)
