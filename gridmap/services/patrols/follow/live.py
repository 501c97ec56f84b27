"""Teams against plan while the shift runs: where each is, where it ought to be, which stop is next."""

from __future__ import annotations

import datetime as dt
from typing import TypedDict
from zoneinfo import ZoneInfo

import numpy as np
import shapely

from gridmap import crs
from gridmap.domain.gridkey import Scope
from gridmap.domain.patrols import KeptRoute
from gridmap.services.patrols.follow.shown_visits import TeamAgainstPlan, VisitAgainstPlan
from gridmap.services.patrols.follow.tracks import Track, tracks_of
from gridmap.services.patrols.follow.visits import plan_against_done
from gridmap.services.patrols.keep.plans import kept_plan
from gridmap.storage.database import Database

STALE_S = 900.0
OFF_ROUTE_M = 300.0
LATE_S = 600.0

_WORDS = {
    "no-position": ("没有位置", "no position"),
    "stale": ("位置已过时", "position is old"),
    "not-begun": ("未出发", "not begun"),
    "late": ("晚于计划", "behind the plan"),
    "off-route": ("不在路线上", "off the route"),
    "on-plan": ("按计划", "as planned"),
    "done": ("已完成", "done"),
    "missed": ("走完，有漏访", "through, with stops passed by"),
}


class Position(TypedDict):
    """Where a team is, and since when that is known."""

    lon: float
    lat: float
    at: str
    age_s: int


class Planned(TypedDict):
    """Where the plan has a team; ``stop`` where it stays at one."""

    lon: float
    lat: float
    stop: str | None


class NextStop(TypedDict):
    """The stop that a team is to come to next."""

    stop: str
    number: int
    name_zh: str
    name_en: str
    arrive: str


class LiveTeam(TypedDict):
    """A team against plan at a moment; ``missed`` are stops that it passed by and to which nobody came."""

    team_code: str
    name_zh: str
    name_en: str
    mode: str
    position: Position | None
    planned: Planned
    next: NextStop | None
    made: int
    stops: int
    missed: int
    late_s: int
    off_route_m: int | None
    state: str
    words_zh: str
    words_en: str


class LivePlan(TypedDict):
    """Teams against plan at a moment; ``running`` tells whether the shift is on now."""

    patrol_id: int
    at: str
    running: bool
    teams: list[LiveTeam]


def live_teams(database: Database, scope: Scope, patrol_id: int, at: dt.datetime | None = None) -> LivePlan:
    """Tell where the teams of a plan are, and where they ought to be.

    Parameters
    ----------
    database : Database
    scope : Scope
    patrol_id : int
    at : datetime, optional
        Aware. By default the present while the shift runs, else the newest position of the shift, else its beginning.

    Returns
    -------
    LivePlan

    Raises
    ------
    NotFound
        When there is no such plan in the scope.
    """
    plan = kept_plan(database, scope, patrol_id)
    done = {team["team_code"]: team for team in plan_against_done(database, scope, patrol_id)["teams"]}
    with database.scoped_session(scope) as session:
        tracks = tracks_of(session, plan)
    begin, end = plan.begins_at, plan.ends_at
    now = dt.datetime.now(dt.UTC)
    running = begin <= now <= end
    if at is None:
        newest = max((float(t.times_s[-1]) for t in tracks.values()), default=0.0)
        at = now if running else min(begin + dt.timedelta(seconds=newest), end)
    zone = ZoneInfo(database.settings.timezone)
    seconds = (at - begin).total_seconds()
    teams = [
        _team(route, done[route.team_code], tracks.get(route.team_code), at, seconds, plan.epsg, zone)
        for route in plan.routes
    ]
    return {
        "patrol_id": patrol_id,
        "at": at.astimezone(zone).isoformat(),
        "running": running,
        "teams": teams,
    }


def _team(
    route: KeptRoute,
    done: TeamAgainstPlan,
    track: Track | None,
    at: dt.datetime,
    seconds: float,
    epsg: int | None,
    zone: ZoneInfo,
) -> LiveTeam:
    fix = None if track is None else _newest(track, seconds)
    made = [v for v in done["visits"] if v["arrived_at"] and dt.datetime.fromisoformat(v["arrived_at"]) <= at]
    missed, ahead = _left(done["visits"], {(v["stop"], v["number"]) for v in made}, route.team_code)
    late_s = 0.0
    if ahead is not None:
        late_s = max(0.0, (at - dt.datetime.fromisoformat(ahead["arrive"])).total_seconds())
    off_m: float | None = None
    position: Position | None = None
    if fix is not None and epsg is not None:
        off_m = min((line.distance(shapely.Point(fix[1])) for line in route.lines(epsg)), default=None)
    state = _state(route, fix, seconds, at, ahead, late_s, off_m)
    if state == "done" and missed:
        state = "missed"
    if fix is not None and epsg is not None:
        lon, lat = crs.to_wgs84([fix[1][0]], [fix[1][1]], epsg)
        position = {
            "lon": round(float(lon[0]), 6),
            "lat": round(float(lat[0]), 6),
            "at": (at - dt.timedelta(seconds=seconds - fix[0])).astimezone(zone).isoformat(),
            "age_s": round(seconds - fix[0]),
        }
    planned = route.place_at(at)
    return {
        "team_code": route.team_code,
        "name_zh": route.name_zh,
        "name_en": route.name_en,
        "mode": route.mode,
        "position": position,
        "planned": {"lon": planned.lon, "lat": planned.lat, "stop": planned.stop},
        "next": ahead
        and {
            "stop": ahead["stop"],
            "number": ahead["number"],
            "name_zh": ahead["name_zh"],
            "name_en": ahead["name_en"],
            "arrive": ahead["arrive"],
        },
        "made": len(made),
        "stops": len(done["visits"]),
        "missed": missed,
        "late_s": round(late_s),
        "off_route_m": None if off_m is None else round(off_m),
        "state": state,
        "words_zh": _WORDS[state][0],
        "words_en": _WORDS[state][1],
    }


def _left(
    visits: list[VisitAgainstPlan], made: set[tuple[str, int]], team: str
) -> tuple[int, VisitAgainstPlan | None]:
    """Count the stops that were passed by, and find the one that is next: a team that went on does not go back."""
    own = [n for n, v in enumerate(visits) if (v["stop"], v["number"]) in made and v["by"] == team]
    last = own[-1] if own else -1
    left = [n for n, v in enumerate(visits) if (v["stop"], v["number"]) not in made]
    ahead = next((visits[n] for n in left if n > last), None)
    return sum(n < last for n in left), ahead


def _newest(track: Track, seconds: float) -> tuple[float, np.ndarray] | None:
    row = int(np.searchsorted(track.times_s, seconds, side="right")) - 1
    return (float(track.times_s[row]), track.xy[row]) if row >= 0 else None


def _state(
    route: KeptRoute,
    fix: tuple[float, np.ndarray] | None,
    seconds: float,
    at: dt.datetime,
    ahead: VisitAgainstPlan | None,
    late_s: float,
    off_m: float | None,
) -> str:
    if at < route.begin:
        return "not-begun"
    if ahead is None:
        return "done"
    if fix is None:
        return "no-position"
    if seconds - fix[0] > STALE_S:
        return "stale"
    if late_s > LATE_S:
        return "late"
    return "off-route" if off_m is not None and off_m > OFF_ROUTE_M else "on-plan"
