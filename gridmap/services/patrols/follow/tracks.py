"""What positions of a shift show of a plan: stays at its stops, legs that were driven."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from gridmap import crs
from gridmap.analysis.tracks import RADIUS_M, Coming, Drive, Stay, drive, matched, stays
from gridmap.domain.patrols import KeptPlan, KeptRoute, KeptVisit
from gridmap.storage.patrols import visits as stored
from gridmap.storage.patrols.visits import Driven, SeenVisit

MARGIN = dt.timedelta(minutes=15)


@dataclass(frozen=True, slots=True, eq=False)
class Track:
    """Where a team was: seconds of the shift and metres."""

    times_s: NDArray[np.float64]
    xy: NDArray[np.float64]


def found_in(plan: KeptPlan, tracks: dict[str, Track]) -> tuple[list[SeenVisit], list[Driven]]:
    """Visits and stretches driven that positions show, as the database keeps them.

    Parameters
    ----------
    plan : KeptPlan
    tracks : dict of team code to Track
    """
    epsg = plan.epsg
    if not tracks or epsg is None:
        return [], []
    begin = plan.begins_at
    legs = {route.team_code: route.lines(epsg) for route in plan.routes if route.geometry is not None}
    names, places = _places(plan, legs, epsg)
    lines = _lines(plan, legs)
    visits: list[SeenVisit] = []
    stays_of: dict[str, list[tuple[str, Stay]]] = {}
    for code, track in sorted(tracks.items()):
        there = [(names[stay.place], stay) for stay in stays(track.times_s, track.xy, places)]
        stays_of[code] = _one_a_stop([*there, *_along(lines, track)])
        visits += [
            {
                "team_code": code,
                "stop": stop,
                "arrived_at": begin + dt.timedelta(seconds=round(stay.arrive_s)),
                "left_at": begin + dt.timedelta(seconds=round(stay.leave_s)),
            }
            for stop, stay in stays_of[code]
        ]
    segments: list[Driven] = []
    for route in plan.routes:
        code = route.team_code
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
            for number, (found, leg, way, line) in enumerate(
                zip(driven, legs[code], route.ways(), drawn, strict=True), 1
            )
            if found is not None and way.leg.is_driven
        ]
    return visits, segments


def tracks_of(session: Session, plan: KeptPlan) -> dict[str, Track]:
    """Where each team was during a plan's shift and a quarter of an hour around it.

    None without positions, nor for a plan in which nobody sets out.
    """
    epsg = plan.epsg
    if epsg is None:
        return {}
    begin = plan.begins_at
    rows = stored.shift_tracks(session, begin - MARGIN, plan.ends_at + MARGIN, RADIUS_M)
    out = {}
    for code, fixes in rows.items():
        x, y = crs.from_wgs84([f["lon"] for f in fixes], [f["lat"] for f in fixes], epsg)
        times = np.array([(f["at"] - begin).total_seconds() for f in fixes])
        out[code] = Track(times, np.column_stack([x, y]))
    return out


def _places(
    plan: KeptPlan, legs: dict[str, list[shapely.LineString]], epsg: int
) -> tuple[list[str], NDArray[np.float64]]:
    """Places that count as a stop: its own point, and where routes leave the road for it."""
    found: dict[tuple[str, float, float], None] = {}
    for route in plan.routes:
        for way, leg in zip(route.ways(), legs.get(route.team_code, []), strict=False):
            visit = way.visit
            if visit is None:
                continue
            x, y = crs.from_wgs84([visit.lon], [visit.lat], epsg)
            found[visit.stop, round(float(x[0]), 1), round(float(y[0]), 1)] = None
            end = shapely.get_coordinates(leg)[-1]
            found[visit.stop, round(float(end[0]), 1), round(float(end[1]), 1)] = None
    return [key[0] for key in found], np.array([key[1:] for key in found]).reshape(-1, 2)


def _lines(plan: KeptPlan, legs: dict[str, list[shapely.LineString]]) -> list[tuple[str, shapely.LineString]]:
    """Return what visits go along, by stop."""
    return [
        (way.along.stop, leg)
        for route in plan.routes
        for way, leg in zip(route.ways(), legs.get(route.team_code, []), strict=False)
        if way.along is not None
    ]


def _along(lines: list[tuple[str, shapely.LineString]], track: Track) -> list[tuple[str, Stay]]:
    """Stays beside lines: who walks on is at none of a line's places for long, and beside it all the while."""
    points = np.array(shapely.points(track.xy), dtype=object)
    nowhere = np.zeros((1, 2))
    return [
        (stop, stay)
        for stop, line in lines
        for stay in stays(
            track.times_s, np.column_stack([shapely.distance(points, line), np.zeros(len(points))]), nowhere
        )
    ]


def _one_a_stop(found: list[tuple[str, Stay]]) -> list[tuple[str, Stay]]:
    """Stays at any place of a stop as stays at the stop: those that overlap are one."""
    out: list[tuple[str, Stay]] = []
    for stop, stay in sorted(found, key=lambda pair: (pair[0], pair[1].arrive_s)):
        if out and out[-1][0] == stop and stay.arrive_s <= out[-1][1].leave_s:
            last = out[-1][1]
            out[-1] = stop, Stay(last.place, last.arrive_s, max(last.leave_s, stay.leave_s))
        else:
            out.append((stop, stay))
    return out


def _driven(
    plan: KeptPlan,
    route: KeptRoute,
    legs: list[shapely.LineString],
    track: Track,
    own: list[tuple[str, Stay]],
) -> list[Drive | None]:
    """Look for each leg in the time of the stays at its two ends, where these are known."""

    def planned(visit: KeptVisit) -> Coming:
        return Coming(visit.stop, route.team_code, (visit.arrive - plan.begins_at).total_seconds())

    there = [Coming(stop, route.team_code, stay.arrive_s) for stop, stay in own]
    rows = matched([planned(visit) for visit in route.visits], there)
    # From the arrival at one stop to the departure from the next: of stops close by the stays overlap.
    begins = [-np.inf, *(-np.inf if row is None else own[row][1].arrive_s for row in rows)]
    ends = [*(np.inf if row is None else own[row][1].leave_s for row in rows), np.inf]
    return [
        drive(track.times_s, track.xy, leg, within_s=(begins[way.before], ends[way.before]))
        if begins[way.before] < ends[way.before]
        else None
        for way, leg in zip(route.ways(), legs, strict=True)
    ]
