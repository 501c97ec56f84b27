"""A patrol plan as it is kept: routes with their visits, legs and emergencies, and where it has its teams."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, NamedTuple

import numpy as np
import shapely
from shapely.ops import substring

from gridmap import crs
from gridmap.domain.shown_plans import PlanParameters, PlanSummary

_LEAST_M = 1.0


@dataclass(frozen=True, slots=True)
class Street:
    """A stretch of a leg; without a name where the road has none."""

    name: str | None
    length_m: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Leg:
    """The way from one place to the next, at the team's own speed."""

    length_m: float
    seconds: float
    streets: tuple[Street, ...] = ()

    @property
    def is_driven(self) -> bool:
        """Whether there is anything to drive: two stops may lie at one place of the road."""
        return self.length_m >= _LEAST_M


@dataclass(frozen=True, slots=True)
class KeptVisit:
    """A visit of a kept plan.

    Attributes
    ----------
    stop : str
    number : int
        1 for the first visit of the shift to this stop.
    name_zh, name_en, words_zh, words_en : str
        What the stop is called, and why it is visited.
    grid_key : int or None
        None where the stop lies in no grid.
    village : int
        0 where it is not known.
    lon, lat : float
        The stop's own point, EPSG:4326; the route leaves the road near it.
    arrive, start, leave : datetime
        Aware.
    prize : float
    leg : Leg
        The way that leads here.
    along : Leg, optional
        What the visit itself goes along, from its start until the team leaves.
    """

    stop: str
    number: int
    name_zh: str
    name_en: str
    words_zh: str
    words_en: str
    grid_key: int | None
    village: int
    lon: float
    lat: float
    arrive: dt.datetime
    start: dt.datetime
    leave: dt.datetime
    prize: float
    leg: Leg
    along: Leg | None = None


@dataclass(frozen=True, slots=True)
class Emergency:
    """An emergency that took a team: after how many visits, where (EPSG:4326), until when, and the way there."""

    after: int
    lon: float
    lat: float
    free_at: dt.datetime
    leg: Leg


class Way(NamedTuple):
    """A leg of a kept route and what it leads to; home where it leads to nothing.

    Attributes
    ----------
    leg : Leg
    before : int
        How many visits come before it.
    visit : KeptVisit or None
    taken : Emergency or None
    along : KeptVisit or None
        The visit that the leg is itself.
    """

    leg: Leg
    before: int
    visit: KeptVisit | None = None
    taken: Emergency | None = None
    along: KeptVisit | None = None


class Whereabouts(NamedTuple):
    """Where a plan has a team: EPSG:4326, what it does, and the stop where it stays at one."""

    lon: float
    lat: float
    doing: Literal["base", "way", "stop"]
    stop: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class KeptRoute:
    """What one team does.

    Attributes
    ----------
    team_code, name_zh, name_en, mode : str
    begin, end : datetime
        Aware; departure and arrival at the base.
    rest : (datetime, datetime) or None
        The break.
    length_m, travel_s, dwell_s, load, prize : float
    base_lon, base_lat : float
        EPSG:4326.
    visits : tuple of KeptVisit
    taken : tuple of Emergency
    home : Leg or None
        None for a team that dropped out.
    geometry : shapely LineString or None
        EPSG:4326; all legs in order.
    """

    team_code: str
    name_zh: str
    name_en: str
    mode: str
    begin: dt.datetime
    end: dt.datetime
    rest: tuple[dt.datetime, dt.datetime] | None
    length_m: float
    travel_s: float
    dwell_s: float
    load: float
    prize: float
    base_lon: float
    base_lat: float
    visits: tuple[KeptVisit, ...]
    taken: tuple[Emergency, ...]
    home: Leg | None
    geometry: shapely.LineString | None

    def ways(self) -> list[Way]:
        """Legs in order: to each visit and along it, to emergencies, and the way home."""
        out = []
        for number, visit in enumerate([*self.visits, None]):
            out += [Way(e.leg, number, taken=e) for e in self.taken if e.after == number]
            if visit is not None:
                out.append(Way(visit.leg, number, visit=visit))
                if visit.along is not None:
                    out.append(Way(visit.along, number + 1, along=visit))
        if self.home is not None:
            out.append(Way(self.home, len(self.visits)))
        return out

    def lines(self, epsg: int) -> list[shapely.LineString]:
        """Cut the route into its legs, in metres, as :meth:`ways` tells them; none without a geometry."""
        if self.geometry is None:
            return []
        line = crs.geometries_from_wgs84([self.geometry], epsg)[0]
        ends = np.concatenate([[0.0], np.cumsum([way.leg.length_m for way in self.ways()])])
        # Lengths are kept to a decimetre, and a line of degrees is not quite as long.
        ends *= line.length / max(ends[-1], 1e-9)
        return [_line(substring(line, a, b)) for a, b in pairwise(ends.tolist())]

    def place_at(self, moment: dt.datetime) -> Whereabouts:
        """Return where the plan has the team at an instant.

        A leg is under way for the time that it takes and ends when the team is due. Before that, in a break too, the
        team stands where it is: at its base, at the stop that it has served, or where an emergency took it. At a stop
        it is where its route leaves the road for the stop, or on its way along it. Before it leaves and after it is
        back it is at its base.

        Parameters
        ----------
        moment : datetime
            Aware.
        """
        here = base = Whereabouts(self.base_lon, self.base_lat, "base")
        if moment < self.begin or self.geometry is None:
            return base
        epsg = crs.metric_crs(self.geometry.bounds)
        left = self.begin
        for way, line in zip(self.ways(), self.lines(epsg), strict=True):
            arrive, leave = self._stay(way, left)
            sets_out = max(left, arrive - dt.timedelta(seconds=way.leg.seconds))
            if moment < sets_out:
                return here
            served = way.visit or way.along
            if moment < arrive:
                at = _along(line, (moment - sets_out) / (arrive - sets_out), epsg)
                return (
                    Whereabouts(*at, "stop", served.stop) if way.along and served else Whereabouts(*at, "way")
                )
            if served is None and way.taken is None:
                return base
            here = Whereabouts(*_along(line, 1.0, epsg), "stop", served.stop if served else None)
            if moment < leave:
                return here
            left = leave
        return base

    def _stay(self, way: Way, left: dt.datetime) -> tuple[dt.datetime, dt.datetime]:
        """When a leg ends, and when the team is free to go on from there."""
        if way.visit is not None:
            return way.visit.arrive, way.visit.start if way.visit.along else way.visit.leave
        if way.along is not None:
            return way.along.leave, way.along.leave
        if way.taken is not None:
            return left + dt.timedelta(seconds=way.leg.seconds), way.taken.free_at
        return self.end, self.end


@dataclass(frozen=True, slots=True, eq=False)
class KeptPlan:
    """A plan as it is kept.

    Attributes
    ----------
    patrol_id : int
    begins_at, ends_at, created_at : datetime
        Aware, in the workspace's zone.
    evidence_at : datetime or None
        When what positions say of it was kept.
    hotspot_run_id, replaces_id : int or None
    seed, iterations : int
    parameters : mapping
        What was asked for.
    data_sha256, version : str
    summary : mapping
    routes : tuple of KeptRoute
    """

    patrol_id: int
    begins_at: dt.datetime
    ends_at: dt.datetime
    created_at: dt.datetime
    evidence_at: dt.datetime | None
    hotspot_run_id: int | None
    replaces_id: int | None
    seed: int
    iterations: int
    parameters: PlanParameters
    data_sha256: str
    version: str
    summary: PlanSummary
    routes: tuple[KeptRoute, ...]

    @property
    def epsg(self) -> int | None:
        """System of metres of the routes; None for a plan in which nobody sets out."""
        bounds = [route.geometry.bounds for route in self.routes if route.geometry is not None]
        if not bounds:
            return None
        west, south, east, north = zip(*bounds, strict=True)
        return crs.metric_crs((min(west), min(south), max(east), max(north)))

    def place_at(self, moment: dt.datetime) -> dict[str, Whereabouts]:
        """Return where the plan has each team with a route at an instant, by code."""
        return {route.team_code: route.place_at(moment) for route in self.routes}


def _line(piece: shapely.Geometry) -> shapely.LineString:
    """Return a leg as a line; a leg of no length is a point to shapely."""
    points = shapely.get_coordinates(piece)
    return shapely.LineString(points if len(points) > 1 else np.repeat(points, 2, axis=0))


def _along(line: shapely.LineString, share: float, epsg: int) -> tuple[float, float]:
    point = shapely.line_interpolate_point(line, share, normalized=True)
    lon, lat = crs.to_wgs84([point.x], [point.y], epsg)
    return round(float(lon[0]), 6), round(float(lat[0]), 6)
