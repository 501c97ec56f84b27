"""Where a kept plan puts its teams at a time of its shift."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import shapely

from gridmap import crs
from gridmap.domain.gridkey import Scope
from gridmap.errors import NotFound
from gridmap.storage import patrols
from gridmap.storage.database import Database

LonLat = tuple[float, float]


def places_at(database: Database, scope: Scope, patrol_id: int, clock: dt.time) -> dict[str, LonLat]:
    """Return where each team with a route is at a local time of day, by the times of its visits.

    At a stop it is at the stop; on a leg it is as far along the route's line as the leg's time has run; before it
    leaves and after it is back it is at its base.

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
    with database.scoped_session(scope) as session:
        plan = patrols.find_patrol(session, patrol_id)
        routes = patrols.patrol_routes(session, patrol_id) if plan is not None else []
    if plan is None:
        raise NotFound(
            "patrol-not-found",
            f"没有第 {patrol_id} 号巡防计划，或超出管辖范围。用 gridmap patrols list 查看。",
            f"There is no plan {patrol_id} in your scope. See: gridmap patrols list",
        )
    zone = ZoneInfo(database.settings.timezone)
    begins = plan["begins_at"].astimezone(zone)
    at = dt.datetime.combine(begins.date(), clock, zone)
    if at < begins:
        at = dt.datetime.combine(begins.date() + dt.timedelta(days=1), clock, zone)
    return {str(r["team_code"]): _place(r["properties"], r["geometry"], at) for r in routes}


def _place(route: dict[str, Any], line: shapely.LineString | None, at: dt.datetime) -> LonLat:
    base = float(route["base_lon"]), float(route["base_lat"])
    done_m = 0.0
    whole_m = float(route["length_m"])
    left = _time(route["begin"])
    if at <= left:
        return base
    for stop in route["visits"]:
        arrive, leave = _time(stop["arrive"]), _time(stop["leave"])
        if at < arrive:
            return _along(line, done_m, float(stop["leg"]["length_m"]), whole_m, left, arrive, at) or base
        if at <= leave:
            return float(stop["lon"]), float(stop["lat"])
        done_m += float(stop["leg"]["length_m"])
        left = leave
    end = _time(route["end"])
    if at >= end or route.get("home") is None:
        return base
    return _along(line, done_m, float(route["home"]["length_m"]), whole_m, left, end, at) or base


def _time(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text)


def _along(
    line: shapely.LineString | None,
    done_m: float,
    leg_m: float,
    whole_m: float,
    left: dt.datetime,
    arrive: dt.datetime,
    at: dt.datetime,
) -> LonLat | None:
    if line is None or whole_m <= 0:
        return None
    share = (at - left) / (arrive - left) if arrive > left else 1.0
    # Measured in metres: a degree of longitude is shorter than one of latitude.
    epsg = crs.projected_crs(*line.coords[0])
    metres = crs.geometries_from_wgs84([line], epsg)[0]
    point = shapely.line_interpolate_point(
        metres, min(1.0, (done_m + share * leg_m) / whole_m), normalized=True
    )
    place = crs.geometries_to_wgs84([point], epsg)[0]
    return float(place.x), float(place.y)
