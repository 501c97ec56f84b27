"""Coverage: how long the nearest team takes to where people live, and where another base would help most."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from gridmap import crs
from gridmap.analysis.reach.coverage import maximal_covering, p_median
from gridmap.analysis.roads import MODES, Mode
from gridmap.domain.duties import on_shift, served_ground, slowness, suitable_kinds
from gridmap.domain.gridkey import MICRO, UNASSIGNED, VILLAGE, Scope, ancestor
from gridmap.errors import InvalidInput
from gridmap.files.layers import write_layer
from gridmap.services.ground.roads import Roads, load_roads
from gridmap.services.patrols.follow.places import places_at
from gridmap.services.response.ranking import place_of
from gridmap.storage.database import Database
from gridmap.storage.ground import grids
from gridmap.storage.teams import teams as field
from gridmap.storage.teams.sites import list_organisations

Floats = NDArray[np.float64]

_NEAR_ROAD_M = 300.0
_NO_WAY_S = 4 * 3600.0
_MOST_MINUTES = 240.0
_MOST_SITES = 10
_MOST_PLACES = 4000
OBJECTIVES = ("covering", "median")
EXISTING = ("bases", "service-points")


@dataclass(frozen=True, slots=True)
class CoverageRequest:
    """What is asked about coverage.

    Attributes
    ----------
    clock : time or None
        Local time of day; the present one where None.
    minutes : tuple of float
        Limits, ascending.
    live : bool
        Whether teams are taken at their fresh positions now, in place of their bases.
    patrol_id : int or None
        A kept plan: its teams are where its visits put them at that time of its shift.
    domain : str or None
        Only teams that are sent to incidents of this domain.
    """

    clock: dt.time | None = None
    minutes: tuple[float, ...] = (5.0, 10.0, 15.0)
    live: bool = False
    patrol_id: int | None = None
    domain: str | None = None

    def __post_init__(self) -> None:
        """Refuse limits that are none, and questions that contradict each other."""
        good = 0 < len(self.minutes) <= 6 and all(0 < m <= _MOST_MINUTES for m in self.minutes)
        if not good or list(self.minutes) != sorted(set(self.minutes)):
            raise InvalidInput(
                "coverage-minutes",
                f"分钟数应从小到大、各不相同，大于 0、不超过 {_MOST_MINUTES:g}，至多 6 个。",
                f"Minutes must ascend, differ, be more than 0 and at most {_MOST_MINUTES:g}; six at most.",
            )
        if self.live and (self.clock is not None or self.patrol_id is not None):
            raise InvalidInput(
                "coverage-live",
                "现在的位置只有现在有：不能再指定时刻或计划。",
                "Live positions are those of now: give neither a time of day nor a plan.",
            )


def coverage(database: Database, scope: Scope, asked: CoverageRequest, *, now: dt.datetime) -> dict[str, Any]:
    """Tell for each micro-grid how long the nearest team takes to it by road.

    Parameters
    ----------
    database : Database
    scope : Scope
    asked : CoverageRequest
    now : datetime
        Aware.

    Returns
    -------
    dict
        at (HH:MM), basis (base, position or plan), minutes, level (4, or 3 where micro-grids have no households),
        teams (code, names, mode, from), grids (grid_key, names, households, seconds or None, off_m), villages and
        total: households, and those within each limit; unreached: households without any way.

    Raises
    ------
    InvalidInput
        When there are no roads or no households.
    NotFound
        When the plan is not in the scope.

    Notes
    -----
    Households stand at the micro-grid's representative point, put onto the nearest road. A team that is bound to its
    village serves only that. Times are on the road only, at the team's own speed.
    """
    zone = ZoneInfo(database.settings.timezone)
    clock = asked.clock or now.astimezone(zone).time()
    rows, level = _places(database, scope)
    teams, clock_told = _teams(database, scope, asked, clock, now)
    roads = load_roads(database, scope)
    seconds, off_m = _least(roads, rows, teams)
    villages = _by_village(rows, seconds, asked.minutes)
    with database.scoped_session(scope) as session:
        names = {int(g["grid_key"]): g for g in grids.list_grids(session, level=VILLAGE, geometry=False)}
    return {
        "at": clock_told,
        "basis": "plan" if asked.patrol_id is not None else "position" if asked.live else "base",
        "minutes": list(asked.minutes),
        "level": level,
        "teams": [
            {k: t[k] for k in ("code", "name_zh", "name_en", "mode", "from", "lon", "lat")} for t in teams
        ],
        "grids": [
            {
                "grid_key": str(row["grid_key"]),
                "name_zh": row["name_zh"],
                "name_en": row["name_en"],
                "households": row["households"],
                "seconds": round(float(s), 1) if np.isfinite(s) else None,
                "off_m": round(float(off), 1),
            }
            for row, s, off in zip(rows, seconds, off_m, strict=True)
        ],
        "villages": [
            {"grid_key": str(key), "name_zh": names[key]["name_zh"], "name_en": names[key]["name_en"], **told}
            for key, told in villages.items()
            if key in names
        ],
        "total": _counts(np.array([r["households"] for r in rows]), seconds, asked.minutes),
    }


def _places(database: Database, scope: Scope) -> tuple[list[dict[str, Any]], int]:
    with database.scoped_session(scope) as session:
        for level in (MICRO, VILLAGE):
            found = grids.list_grids(session, level=level, geometry=False)
            rows = [row for row in found if row["households"]]
            if rows:
                return rows, level
    raise InvalidInput(
        "coverage-no-households",
        "网格没有户数，无法计算覆盖。请导入带户数（households）的网格。",
        "No grid has households, so coverage cannot be told. Import grids with households.",
    )


def _teams(
    database: Database, scope: Scope, asked: CoverageRequest, clock: dt.time, now: dt.datetime
) -> tuple[list[dict[str, Any]], str]:
    with database.scoped_session(scope) as session:
        rows = field.list_teams(session, at=now)
    if asked.domain is not None:
        rows = [row for row in rows if row["kind"] in suitable_kinds(asked.domain, None)]
    rows = [row for row in rows if on_shift(row["shift_start"], row["shift_end"], clock)]
    planned = {} if asked.patrol_id is None else places_at(database, scope, asked.patrol_id, clock)
    out = []
    for row in rows:
        told = {"from": "base", "lon": row["base_lon"], "lat": row["base_lat"]}
        if row["code"] in planned:
            lon, lat = planned[row["code"]]
            told = {"from": "plan", "lon": lon, "lat": lat}
        elif asked.live and (place := place_of(row, now)) is not None:
            told = {"from": place.source, "lon": place.lon, "lat": place.lat}
        if told["lon"] is not None:
            out.append(row | told)
    return out, f"{clock:%H:%M}"


def _least(roads: Roads, rows: list[dict[str, Any]], teams: list[dict[str, Any]]) -> tuple[Floats, Floats]:
    """Seconds of the nearest team to each place; and metres between the place and the road."""
    xy = _xy(roads, [r["label_lon"] for r in rows], [r["label_lat"] for r in rows])
    keys = np.array([int(r["grid_key"]) for r in rows])
    seconds = np.full(len(rows), np.inf)
    off_m = np.asarray(roads.router("foot").snap(xy).distance_m)
    for mode in MODES:
        own = [t for t in teams if t["mode"] == mode]
        if not own:
            continue
        router = roads.router(mode)
        starts = router.snap(_xy(roads, [t["lon"] for t in own], [t["lat"] for t in own]))
        times = router.cost_matrix(starts, router.snap(xy))
        for team, row in zip(own, times, strict=True):
            ground = served_ground(int(team["grid_key"]), professional=team["professional"])
            inside = (keys >= ground.lo) & (keys <= ground.hi)
            reached = np.where(inside, row * slowness(mode, team["speed_kmh"]), np.inf)
            seconds = np.minimum(seconds, reached)
    return seconds, off_m


def _xy(roads: Roads, lon: list[float], lat: list[float]) -> Floats:
    return np.column_stack(crs.from_wgs84(lon, lat, roads.epsg))


def _by_village(
    rows: list[dict[str, Any]], seconds: Floats, minutes: tuple[float, ...]
) -> dict[int, dict[str, Any]]:
    of = np.array([ancestor(int(r["grid_key"]), VILLAGE) for r in rows])
    households = np.array([r["households"] for r in rows])
    return {
        int(key): _counts(households[of == key], seconds[of == key], minutes)
        for key in np.unique(of)
        if key != UNASSIGNED
    }


def _counts(households: NDArray[np.int64], seconds: Floats, minutes: tuple[float, ...]) -> dict[str, Any]:
    return {
        "households": int(households.sum()),
        "within": [int(households[seconds <= 60.0 * m].sum()) for m in minutes],
        "beyond": int(households[seconds > 60.0 * minutes[-1]].sum()),
        "unreached": int(households[np.isinf(seconds)].sum()),
    }


def write_coverage(database: Database, scope: Scope, found: dict[str, Any], path: Path) -> None:
    """Write the grids with their minutes to a file; formats as :func:`gridmap.files.layers.write_layer`.

    Raises
    ------
    InvalidInput
        When the ending is not that of a format, or the folder may not be written.
    """
    told = {int(g["grid_key"]): g for g in found["grids"]}
    with database.scoped_session(scope) as session:
        frame = grids.current_frame(session)
    frame = frame[frame["grid_key"].isin(list(told))].reset_index(drop=True)
    seconds = [told[int(k)]["seconds"] for k in frame["grid_key"]]
    frame = frame[["grid_key", "name_zh", "name_en", "households", "geometry"]].assign(
        grid_key=frame["grid_key"].astype(str),
        minutes=[None if s is None else round(s / 60.0, 2) for s in seconds],
        at=found["at"],
    )
    write_layer(frame, path, layer="coverage")


def site(
    database: Database,
    scope: Scope,
    *,
    add: int = 1,
    objective: str = "covering",
    minutes: float = 10.0,
    mode: Mode = "car",
    existing: str = "bases",
    time_limit_s: float = 20.0,
) -> dict[str, Any]:
    """Find where new bases or service points help most, beside those that there are.

    Parameters
    ----------
    database : Database
    scope : Scope
    add : int
        1 to 10.
    objective : {'covering', 'median'}
        Most households within the limit, or the least mean time of households.
    minutes : float
        Limit for covering.
    mode : {'foot', 'bike', 'car'}
    existing : {'bases', 'service-points'}
        What there is already: bases of teams, or organisations.
    time_limit_s : float

    Returns
    -------
    dict
        sites (grid_key, names, lon, lat, nearest: households for whom it is the nearest of all, gained: such of them
        as were beyond the limit before), candidates, existing (how many there are), households, before, value, bound,
        gap and optimal as :class:`gridmap.analysis.reach.coverage.Siting` tells them (for the median in mean seconds).

    Raises
    ------
    InvalidInput
        When there are no roads, households or candidates, or a number is out of range.

    Notes
    -----
    Candidates are the representative points of micro-grids within 300 m of a road.
    """
    if objective not in OBJECTIVES or existing not in EXISTING:
        raise InvalidInput(
            "siting-objective", "没有这种目标或现有站点。", "There is no such objective or kind of site."
        )
    if not (1 <= add <= _MOST_SITES and 0 < minutes <= _MOST_MINUTES):
        raise InvalidInput(
            "siting-range",
            f"新增 1 至 {_MOST_SITES} 处；分钟大于 0、不超过 {_MOST_MINUTES:g}。",
            f"Add 1 to {_MOST_SITES} sites; minutes must be more than 0 and at most {_MOST_MINUTES:g}.",
        )
    rows, level = _places(database, scope)
    if level == MICRO and len(rows) > _MOST_PLACES:
        rows = _villages(database, scope) or rows[:_MOST_PLACES]
    with database.scoped_session(scope) as session:
        if existing == "bases":
            there = [(t["base_lon"], t["base_lat"]) for t in field.list_teams(session)]
        else:
            there = [(o["lon"], o["lat"]) for o in list_organisations(session)]
    there = sorted({at for at in there if at[0] is not None})
    roads = load_roads(database, scope)
    router = roads.router(mode)
    places = router.snap(_xy(roads, [r["label_lon"] for r in rows], [r["label_lat"] for r in rows]))
    near = np.flatnonzero(places.distance_m <= _NEAR_ROAD_M)
    if len(near) < add:
        raise InvalidInput(
            "siting-candidates",
            "道路 300 米以内的候选点太少。请检查道路，或换一种出行方式。",
            "Too few candidates lie within 300 m of a road. Look at the roads, or choose another mode.",
        )
    cost = router.cost_matrix(places, places)[near]
    known = np.full(len(rows), np.inf)
    if there:
        starts = router.snap(_xy(roads, [p[0] for p in there], [p[1] for p in there]))
        known = router.cost_matrix(starts, places).min(axis=0)
    households = np.array([r["households"] for r in rows], dtype=np.float64)
    if objective == "covering":
        found = maximal_covering(cost, households, known, 60.0 * minutes, add, time_limit_s=time_limit_s)
        scale = 1.0
    else:
        cost, known = np.minimum(cost, _NO_WAY_S), np.minimum(known, _NO_WAY_S)
        found = p_median(cost, households, known, add, time_limit_s=time_limit_s)
        scale = float(households.sum())
    chosen = cost[found.sites]
    own = np.argmin(chosen, axis=0)
    nearer = chosen.min(axis=0) < known
    newly = (chosen.min(axis=0) <= 60.0 * minutes) & (known > 60.0 * minutes)
    sites = [
        {
            "grid_key": str(rows[near[row]]["grid_key"]),
            "name_zh": rows[near[row]]["name_zh"],
            "name_en": rows[near[row]]["name_en"],
            "lon": rows[near[row]]["label_lon"],
            "lat": rows[near[row]]["label_lat"],
            "nearest": int(households[nearer & (own == number)].sum()),
            "gained": int(households[newly & (own == number)].sum()),
        }
        for number, row in enumerate(found.sites.tolist())
    ]
    return {
        "objective": objective,
        "mode": mode,
        "minutes": minutes,
        "existing": len(there),
        "candidates": len(near),
        "households": int(households.sum()),
        "sites": sites,
        "before": found.before / scale,
        "value": found.value / scale,
        "bound": found.bound / scale,
        "gap": found.gap,
        "optimal": found.optimal,
        "conventions": found.conventions,
    }


def _villages(database: Database, scope: Scope) -> list[dict[str, Any]]:
    with database.scoped_session(scope) as session:
        return [r for r in grids.list_grids(session, level=VILLAGE, geometry=False) if r["households"]]
