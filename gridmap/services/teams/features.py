"""Teams, migrant clusters and organisations as GeoJSON."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

from gridmap.analysis.reach.nearest import TeamIndex
from gridmap.domain.geojson import Collection, Feature
from gridmap.domain.gridkey import Scope
from gridmap.errors import NotFound
from gridmap.storage.database import Database
from gridmap.storage.teams import sites
from gridmap.storage.teams import teams as field

_NOT_TOLD = ("team_id", "cluster_id", "organisation_id", "lon", "lat")


def team_features(database: Database, scope: Scope, at: dt.datetime | None = None) -> Collection:
    """Teams at their newest position, or at their base where none is known."""
    with database.scoped_session(scope) as session:
        rows = field.list_teams(session, at=at)
    return _collection(rows)


def team_track(database: Database, scope: Scope, code: str) -> Feature:
    """One team's positions as a line, with the instant of each vertex in ``properties.times``.

    Raises
    ------
    NotFound
        When there is no such team in the scope.
    """
    with database.scoped_session(scope) as session:
        teams = {t["code"]: t for t in field.list_teams(session)}
        points = field.team_track(session, code)
    if code not in teams:
        raise NotFound(
            "team-not-found", f"没有队伍 {code}，或超出管辖范围。", f"There is no team {code} in your scope."
        )
    line = [[p["lon"], p["lat"]] for p in points]
    return {
        "type": "Feature",
        "geometry": {"type": "LineString", "coordinates": line} if len(line) > 1 else None,
        "properties": {"code": code, "times": [p["at"].isoformat() for p in points]},
    }


def nearest_teams(database: Database, scope: Scope, lon: float, lat: float, *, k: int = 3) -> Collection:
    """Teams nearest to a place as the crow flies, with ``distance_m``."""
    with database.scoped_session(scope) as session:
        rows = field.list_teams(session)
    index = TeamIndex()
    for n, row in enumerate(rows):
        if row["lon"] is not None and row["lat"] is not None:
            index.move(n, row["lon"], row["lat"])
    found = index.nearest(lon, lat, k=k)
    return _collection([{**rows[n], "distance_m": round(distance_m, 1)} for n, distance_m in found])


def migrant_features(database: Database, scope: Scope, within: int | None = None) -> Collection:
    """Migrant clusters with their head-counts. Never related to incidents."""
    with database.scoped_session(scope) as session:
        return _collection(sites.list_migrant_clusters(session, within))


def organisation_features(database: Database, scope: Scope, within: int | None = None) -> Collection:
    """Centres, committees, mediation bodies and service points."""
    with database.scoped_session(scope) as session:
        return _collection(sites.list_organisations(session, within))


def _collection(rows: Sequence[Mapping[str, object]]) -> Collection:
    return {"type": "FeatureCollection", "features": [_feature(row) for row in rows]}


def _feature(row: Mapping[str, object]) -> Feature:
    lon, lat = row["lon"], row["lat"]
    return {
        "type": "Feature",
        "geometry": None if lon is None else {"type": "Point", "coordinates": [lon, lat]},
        "properties": {k: _plain(k, v) for k, v in row.items() if k not in _NOT_TOLD},
    }


def _plain(name: str, value: object) -> object:
    if isinstance(value, dt.datetime | dt.date | dt.time):
        return value.isoformat()
    return str(value) if name.endswith("grid_key") and value is not None else value
