"""Where a kept plan puts its teams at a time of its shift."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import shapely

from gridmap import crs
from gridmap.domain.gridkey import Scope
from gridmap.services.patrols.follow.tracks import ToldLeg, epsg_of, legs_of, told_legs
from gridmap.services.patrols.keep.plans import patrol_plan
from gridmap.storage.database import Database

LonLat = tuple[float, float]


def places_at(database: Database, scope: Scope, patrol_id: int, clock: dt.time) -> dict[str, LonLat]:
    """Return where each team with a route is at a local time of day, by the times of its visits.

    Parameters
    ----------
    database : Database
    scope : Scope
    patrol_id : int
    clock : time
        The first such time of day from the plan's begin on.

    Raises
    ------
    NotFound
        When there is no such plan in the scope.
    """
    plan = patrol_plan(database, scope, patrol_id)
    zone = ZoneInfo(database.settings.timezone)
    begins = dt.datetime.fromisoformat(plan["begins_at"]).astimezone(zone)
    at = dt.datetime.combine(begins.date(), clock, zone)
    if at < begins:
        at = dt.datetime.combine(begins.date() + dt.timedelta(days=1), clock, zone)
    epsg = epsg_of(plan)
    found = {route["team_code"]: place_at(route, at, epsg) for route in plan["routes"]}
    return {code: (place["lon"], place["lat"]) for code, place in found.items()}


def place_at(route: dict[str, Any], at: dt.datetime, epsg: int) -> dict[str, Any]:
    """Return where a kept plan has a team at an instant.

    At a stop it is where its route leaves the road for the stop, at an emergency where it was sent; on a leg it is as
    far along as the leg's time has run; before it leaves and after it is back it is at its base.

    Parameters
    ----------
    route : dict
        As :func:`gridmap.services.patrols.keep.kept_plans.patrol_plan` gives it.
    at : datetime
        Aware.
    epsg : int
        System of metres to measure in.

    Returns
    -------
    dict
        lon, lat, and stop: where it stays at one.
    """
    base = {"lon": float(route["base_lon"]), "lat": float(route["base_lat"]), "stop": None}
    left = _time(route["begin"])
    if at <= left or route["geometry"] is None:
        return base
    for told, leg in zip(told_legs(route), legs_of(route, epsg), strict=True):
        arrive, leave = _stay(route, told, left)
        if at < arrive:
            return _along(leg, left, arrive, at, epsg)
        if at <= leave and (told.visit or told.taken):
            return _along(leg, left, arrive, arrive, epsg) | {"stop": told.visit and told.visit["stop"]}
        left = leave
    return base


def _stay(route: dict[str, Any], told: ToldLeg, left: dt.datetime) -> tuple[dt.datetime, dt.datetime]:
    """When a leg ends, and when the team goes on from there."""
    if told.visit:
        return _time(told.visit["arrive"]), _time(told.visit["leave"])
    if told.taken:
        return left + dt.timedelta(seconds=told.leg["seconds"]), _time(told.taken["free_at"])
    return _time(route["end"]), _time(route["end"])


def _time(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text)


def _along(
    leg: shapely.LineString, left: dt.datetime, arrive: dt.datetime, at: dt.datetime, epsg: int
) -> dict[str, Any]:
    share = (at - left) / (arrive - left) if arrive > left else 1.0
    point = shapely.line_interpolate_point(leg, min(1.0, share), normalized=True)
    lon, lat = crs.to_wgs84([point.x], [point.y], epsg)
    return {"lon": round(float(lon[0]), 6), "lat": round(float(lat[0]), 6), "stop": None}
