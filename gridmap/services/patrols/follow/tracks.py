"""What positions of a shift show of a plan: stays at its stops, legs that were driven."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.ops import substring
from sqlalchemy.orm import Session

from gridmap import crs
from gridmap.analysis.tracks import RADIUS_M, Coming, Drive, Stay, drive, matched, stays
from gridmap.storage.patrols import visits as stored

_LEAST_M = 1.0
MARGIN = dt.timedelta(minutes=15)


@dataclass(frozen=True, slots=True, eq=False)
class Track:
    """Where a team was: seconds of the shift and metres."""

    times_s: NDArray[np.float64]
    xy: NDArray[np.float64]


def found_in(
    plan: dict[str, Any], tracks: dict[str, Track]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Visits and stretches driven that positions show, as the database keeps them.

    Parameters
    ----------
    plan : dict
        As :func:`gridmap.services.patrols.keep.kept_plans.patrol_plan` gives it.
    tracks : dict of team code to Track
    """
    if not tracks:
        return [], []
    epsg = epsg_of(plan)
    begin = dt.datetime.fromisoformat(plan["begins_at"])
    legs = {r["team_code"]: legs_of(r, epsg) for r in plan["routes"] if r["geometry"] is not None}
    names, places = _places(plan, legs, epsg)
    visits: list[dict[str, Any]] = []
    stays_of: dict[str, list[tuple[str, Stay]]] = {}
    for code, track in sorted(tracks.items()):
        stays_of[code] = _one_a_stop(names, stays(track.times_s, track.xy, places))
        visits += [
            {
                "team_code": code,
                "stop": stop,
                "arrived_at": begin + dt.timedelta(seconds=round(stay.arrive_s)),
                "left_at": begin + dt.timedelta(seconds=round(stay.leave_s)),
            }
            for stop, stay in stays_of[code]
        ]
    segments = []
    for route in plan["routes"]:
        code = route["team_code"]
        if code not in tracks or code not in legs:
            continue
        driven = _driven(plan, route, legs[code], tracks[code], stays_of[code])
        drawn = crs.geometries_to_wgs84(np.array(legs[code], dtype=object), epsg)
        segments += [
            {
                "team_code": code,
                "number": number,
                "begun_at": begin + dt.timedelta(seconds=round(found.begin_s)),
                "ended_at": begin + dt.timedelta(seconds=round(found.end_s)),
                "length_m": float(leg.length),
                "geometry": line,
            }
            for number, (found, leg, told, line) in enumerate(
                zip(driven, legs[code], told_legs(route), drawn, strict=True), 1
            )
            if found is not None and is_driven(told.leg)
        ]
    return visits, segments


def legs_of(route: dict[str, Any], epsg: int) -> list[shapely.LineString]:
    """Cut a kept route into its legs, in metres, as :func:`told_legs` tells them."""
    line = crs.geometries_from_wgs84([route["geometry"]], epsg)[0]
    ends = np.concatenate([[0.0], np.cumsum([told.leg["length_m"] for told in told_legs(route)])])
    # Lengths are kept to a decimetre, and a line of degrees is not quite as long.
    ends *= line.length / max(ends[-1], 1e-9)
    return [_line(substring(line, a, b)) for a, b in pairwise(ends.tolist())]


class ToldLeg(NamedTuple):
    """A leg of a kept route.

    Attributes
    ----------
    leg : dict
        length_m, seconds and streets.
    before : int
        How many visits come before it.
    visit : dict or None
        The visit that it leads to.
    taken : dict or None
        The emergency that it leads to; home where it leads to neither.
    """

    leg: dict[str, Any]
    before: int
    visit: dict[str, Any] | None = None
    taken: dict[str, Any] | None = None


def told_legs(route: dict[str, Any]) -> list[ToldLeg]:
    """Legs of a kept route in order: to each visit, to emergencies, and the way home."""
    out = []
    for number, visit in enumerate([*route["visits"], None]):
        out += [ToldLeg(e["leg"], number, taken=e) for e in route.get("taken", ()) if e["after"] == number]
        if visit is not None:
            out.append(ToldLeg(visit["leg"], number, visit=visit))
    if route.get("home"):
        out.append(ToldLeg(route["home"], len(route["visits"])))
    return out


def is_driven(leg: dict[str, Any]) -> bool:
    """Tell whether there is anything to drive: two stops may lie at one place of the road."""
    return float(leg["length_m"]) >= _LEAST_M


def _line(piece: shapely.Geometry) -> shapely.LineString:
    """Return a leg as a line; a leg of no length is a point to shapely."""
    points = shapely.get_coordinates(piece)
    return shapely.LineString(points if len(points) > 1 else np.repeat(points, 2, axis=0))


def epsg_of(plan: dict[str, Any]) -> int:
    """Return the system of metres of a plan's routes; any where it has none."""
    bounds = [r["geometry"].bounds for r in plan["routes"] if r["geometry"] is not None]
    if not bounds:
        return 4549
    west, south, east, north = np.array(bounds).T
    return crs.projected_crs(float((west.min() + east.max()) / 2), float((south.min() + north.max()) / 2))


def tracks_of(session: Session, plan: dict[str, Any]) -> dict[str, Track]:
    """Where each team was during a plan's shift and a quarter of an hour around it; none without positions."""
    begin, end = (dt.datetime.fromisoformat(plan[k]) for k in ("begins_at", "ends_at"))
    rows = stored.shift_tracks(session, begin - MARGIN, end + MARGIN, RADIUS_M)
    epsg = epsg_of(plan)
    out = {}
    for code, fixes in rows.items():
        x, y = crs.from_wgs84([f["lon"] for f in fixes], [f["lat"] for f in fixes], epsg)
        times = np.array([(f["at"] - begin).total_seconds() for f in fixes])
        out[code] = Track(times, np.column_stack([x, y]))
    return out


def _places(
    plan: dict[str, Any], legs: dict[str, list[shapely.LineString]], epsg: int
) -> tuple[list[str], NDArray[np.float64]]:
    """Places that count as a stop: its own point, and where routes leave the road for it."""
    found: dict[tuple[str, float, float], None] = {}
    for route in plan["routes"]:
        for told, leg in zip(told_legs(route), legs.get(route["team_code"], []), strict=False):
            visit = told.visit
            if visit is None:
                continue
            x, y = crs.from_wgs84([visit["lon"]], [visit["lat"]], epsg)
            found[visit["stop"], round(float(x[0]), 1), round(float(y[0]), 1)] = None
            end = shapely.get_coordinates(leg)[-1]
            found[visit["stop"], round(float(end[0]), 1), round(float(end[1]), 1)] = None
    return [key[0] for key in found], np.array([key[1:] for key in found]).reshape(-1, 2)


def _one_a_stop(names: list[str], found: tuple[Stay, ...]) -> list[tuple[str, Stay]]:
    """Stays at any place of a stop as stays at the stop: those that overlap are one."""
    out: list[tuple[str, Stay]] = []
    for stop, stay in sorted(
        ((names[s.place], s) for s in found), key=lambda pair: (pair[0], pair[1].arrive_s)
    ):
        if out and out[-1][0] == stop and stay.arrive_s <= out[-1][1].leave_s:
            last = out[-1][1]
            out[-1] = stop, Stay(last.place, last.arrive_s, max(last.leave_s, stay.leave_s))
        else:
            out.append((stop, stay))
    return out


def _driven(
    plan: dict[str, Any],
    route: dict[str, Any],
    legs: list[shapely.LineString],
    track: Track,
    own: list[tuple[str, Stay]],
) -> list[Drive | None]:
    """Look for each leg in the time of the stays at its two ends, where these are known."""
    begin = dt.datetime.fromisoformat(plan["begins_at"])

    def planned(visit: dict[str, Any]) -> Coming:
        return Coming(
            visit["stop"],
            route["team_code"],
            (dt.datetime.fromisoformat(visit["arrive"]) - begin).total_seconds(),
        )

    there = [Coming(stop, route["team_code"], stay.arrive_s) for stop, stay in own]
    rows = matched([planned(visit) for visit in route["visits"]], there)
    # From the arrival at one stop to the departure from the next: of stops close by the stays overlap.
    begins = [-np.inf, *(-np.inf if row is None else own[row][1].arrive_s for row in rows)]
    ends = [*(np.inf if row is None else own[row][1].leave_s for row in rows), np.inf]
    return [
        drive(track.times_s, track.xy, leg, within_s=(begins[told.before], ends[told.before]))
        if begins[told.before] < ends[told.before]
        else None
        for told, leg in zip(told_legs(route), legs, strict=True)
    ]
