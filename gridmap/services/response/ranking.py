"""Which teams reach an incident first."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any, Literal, TypedDict
from zoneinfo import ZoneInfo

import numpy as np

from gridmap import crs
from gridmap.analysis.reach.dispatch import nearest_by_road
from gridmap.analysis.roads import Mode, Path
from gridmap.domain.accounts import Actor
from gridmap.domain.codes import code_list
from gridmap.domain.duties import slowness, suitable_kinds
from gridmap.domain.gridkey import Scope
from gridmap.errors import InvalidInput, NotFound
from gridmap.services.accounts import audit
from gridmap.services.ground.roads import Roads, load_roads
from gridmap.services.response.obstacles import is_on_shift, obstacle
from gridmap.storage.cases import incidents
from gridmap.storage.cases.desk import find_id
from gridmap.storage.cases.incidents import PlacedIncident
from gridmap.storage.database import Database
from gridmap.storage.response import dispatches as stored
from gridmap.storage.teams import teams as field
from gridmap.storage.teams.teams import TeamRow

FRESH_S = 1800.0
"""A position that is older is not where the team is any more: its base is taken, or the position is marked."""
_NO_PLACE = "no-place", "没有位置，也没有驻地坐标", "neither a position nor a base is known"
_KIND = {c.code: c for c in code_list("team_kind")}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a team is taken to be.

    Attributes
    ----------
    lon, lat : float
        EPSG:4326.
    source : {'position', 'base', 'stale'}
        A fresh position; the base; or a position that is no longer fresh, of a team whose base is not known.
    age_s : float or None
        Age of the newest position, where there is one.
    """

    lon: float
    lat: float
    source: str
    age_s: float | None


class NamedTeam(TypedDict):
    """Which team."""

    code: str
    name_zh: str
    name_en: str | None
    kind: str
    mode: Mode


class LeftOut(NamedTeam):
    """A team that cannot go, and why."""

    code_why: str
    zh: str
    en: str


class Stretch(TypedDict):
    """A stretch of a street on the way."""

    name: str | None
    length_m: float
    seconds: float


class Line(TypedDict):
    """A way as GeoJSON."""

    type: Literal["LineString"]
    coordinates: list[list[float]]


# `from` is a word of the language, so this type is made by a call.
RankedTeam = TypedDict(
    "RankedTeam",
    {
        "code": str,
        "name_zh": str,
        "name_en": str | None,
        "kind": str,
        "mode": Mode,
        "professional": bool,
        "seconds": float,
        "length_m": float,
        "from": str,
        "position_age_s": int | None,
        "start_off_m": float,
        "end_off_m": float,
        "streets": list[Stretch],
        "geometry": Line,
        "on_shift": bool,
    },
)


class AskedIncident(TypedDict):
    """Which incident."""

    incident_id: int
    uid: str
    domain: str
    kind: str | None
    lon: float | None
    lat: float | None


class Ranking(TypedDict):
    """Teams that can go, first to arrive first; ``asked`` is the number of road times looked at."""

    incident: AskedIncident
    at: str
    kinds: list[dict[str, str]]
    teams: list[RankedTeam]
    left_out: list[LeftOut]
    asked: int


def place_of(team: TeamRow, at: dt.datetime) -> Place | None:
    """Tell where a team is taken to be at an instant; None where neither a position nor a base is known."""
    age_s = None if team["position_at"] is None else (at - team["position_at"]).total_seconds()
    lon, lat, base_lon, base_lat = team["lon"], team["lat"], team["base_lon"], team["base_lat"]
    based = base_lon is not None and base_lat is not None
    if age_s is not None and lon is not None and lat is not None and (age_s <= FRESH_S or not based):
        return Place(lon, lat, "position" if age_s <= FRESH_S else "stale", age_s)
    return None if base_lon is None or base_lat is None else Place(base_lon, base_lat, "base", age_s)


def rank_for_incident(
    database: Database,
    who: Actor | Scope,
    incident: int | str,
    *,
    at: dt.datetime,
    k: int = 3,
    team: str | None = None,
    off_shift: bool = False,
) -> Ranking:
    """Rank the teams that can go to an incident by their time on the road.

    A team can go when its kind is sent to such incidents, it is on shift, it is on no other dispatch, it serves the
    ground where the incident lies, and its place is known. The way to a sealed case tells its place, so to ask for it
    is to open the case, which leaves a row in the audit.

    Parameters
    ----------
    database : Database
    who : Actor or Scope
        A scope alone opens no sealed case.
    incident : int or str
        Its key; or its number for life, or that of its source.
    at : datetime
        Aware; the instant that is asked about.
    k : int
    team : str, optional
        Only this team.
    off_shift : bool
        Call teams out all the same that are not on shift; each says whether it is (``on_shift``).

    Returns
    -------
    Ranking

    Raises
    ------
    NotFound
        When the incident or the team is not in the scope.
    InvalidInput
        When the incident has no coordinate, or there are no roads.
    """
    scope = who.scope if isinstance(who, Actor) else who
    with database.scoped_session(scope) as session:
        row = _incident(session, incident)
        teams = field.list_teams(session, at=at)
        busy = stored.open_dispatches(session, at)
    if row["sealed"]:
        if not isinstance(who, Actor):
            raise _not_found(incident)
        audit.record(database, who, "open_sealed", str(row["number"]))
    # A team is away also where its case is not seen.
    with database.scoped_session(Scope.whole().for_upkeep()) as session:
        out = stored.teams_out(session, at)
    if team is not None:
        teams = [t for t in teams if t["code"] == team]
        if not teams:
            raise NotFound(
                "team-not-found",
                f"没有队伍 {team}，或超出管辖范围。",
                f"There is no team {team} in your scope.",
            )
    clock = at.astimezone(ZoneInfo(database.settings.timezone)).time()
    fit: list[tuple[TeamRow, Place]] = []
    left_out: list[LeftOut] = []
    for candidate in teams:
        why = obstacle(candidate, row, clock, busy, out, off_shift=off_shift)
        place = place_of(candidate, at)
        if why is None and place is None:
            why = _NO_PLACE
        if why is not None or place is None:
            left_out.append(_left_out(candidate, *(why or _NO_PLACE)))
        else:
            fit.append((candidate, place))
    ranked, asked, no_way = _ranked(load_roads(database, scope), row, fit, k, clock) if fit else ([], 0, [])
    return {
        "incident": {
            "incident_id": row["incident_id"],
            "uid": row["uid"],
            "domain": row["domain"],
            "kind": row["kind"],
            "lon": row["lon"],
            "lat": row["lat"],
        },
        "at": at.isoformat(),
        "kinds": [_kind(code) for code in suitable_kinds(row["domain"], row["kind"], row["risk"])],
        "teams": ranked,
        "left_out": sorted(left_out + no_way, key=lambda t: str(t["code"])),
        "asked": asked,
    }


def _incident(session: Any, incident: int | str) -> PlacedIncident:
    number = incident if isinstance(incident, int) else find_id(session, incident)
    row = None if number is None else incidents.find_place(session, number)
    if row is None:
        raise _not_found(incident)
    if row["lon"] is None:
        raise InvalidInput(
            "dispatch-no-place",
            f"事件 {row['uid']} 没有坐标，无法按路程派队。请先补上坐标。",
            f"Incident {row['uid']} has no coordinate, so no way to it can be found. Add one first.",
        )
    return row


def _not_found(incident: int | str) -> NotFound:
    return NotFound(
        "incident-not-found",
        f"没有事件 {incident}，或超出管辖范围。",
        f"There is no incident {incident} in your scope.",
    )


def _kind(code: str) -> dict[str, str]:
    kind = _KIND.get(code)
    return {"code": code, "zh": kind.zh if kind else code, "en": kind.en if kind else code}


def _named(team: TeamRow) -> NamedTeam:
    return {
        "code": team["code"],
        "name_zh": team["name_zh"],
        "name_en": team["name_en"],
        "kind": team["kind"],
        "mode": team["mode"],
    }


def _left_out(team: TeamRow, code_why: str, zh: str, en: str) -> LeftOut:
    return {**_named(team), "code_why": code_why, "zh": zh, "en": en}


def _ranked(
    roads: Roads, incident: PlacedIncident, fit: list[tuple[TeamRow, Place]], k: int, clock: dt.time
) -> tuple[list[RankedTeam], int, list[LeftOut]]:
    lon = np.array([p.lon for _, p in fit] + [incident["lon"]])
    lat = np.array([p.lat for _, p in fit] + [incident["lat"]])
    xy = np.column_stack(crs.from_wgs84(lon, lat, roads.epsg))
    modes = np.array([team["mode"] for team, _ in fit])
    factor = np.array([slowness(team["mode"], team["speed_kmh"]) for team, _ in fit])
    used: list[Mode] = sorted(set(modes.tolist()))
    routers = {mode: roads.router(mode) for mode in used}
    found = nearest_by_road(routers, xy[-1], xy[:-1], modes, factor, roads.epsg, k=k)
    ranked: list[RankedTeam] = []
    for row, seconds in zip(found.order.tolist(), found.seconds.tolist(), strict=True):
        team, place = fit[row]
        router = routers[team["mode"]]
        start, end = router.snap(xy[row]), router.snap(xy[-1])
        way = router.path(start, end)
        ranked.append(
            {
                **_named(team),
                "professional": team["professional"],
                "seconds": round(seconds, 1),
                "length_m": round(way.length_m, 1),
                "from": place.source,
                "position_age_s": None if place.age_s is None else round(place.age_s),
                "start_off_m": round(float(start.distance_m[0]), 1),
                "end_off_m": round(float(end.distance_m[0]), 1),
                "streets": _streets(way, factor[row]),
                "geometry": _line(way, roads.epsg),
                "on_shift": is_on_shift(team, clock),
            }
        )
    no_way: list[LeftOut] = []
    if len(ranked) < min(k, len(fit)):
        reached = set(found.order.tolist())
        no_way = [
            _left_out(team, "no-way", "没有可走的路", "has no way there")
            for n, (team, _) in enumerate(fit)
            if n not in reached
        ]
    return ranked, found.asked, no_way


def _streets(way: Path, factor: float) -> list[Stretch]:
    return [
        {"name": s.name, "length_m": round(s.length_m, 1), "seconds": round(s.seconds * factor, 1)}
        for s in way.streets
    ]


def _line(way: Path, epsg: int) -> Line:
    line = crs.geometries_to_wgs84(np.array([way.line], dtype=object), epsg)[0]
    return {"type": "LineString", "coordinates": [[round(x, 6), round(y, 6)] for x, y in line.coords]}
