"""Where another base or service point would help most."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypedDict

import numpy as np

from gridmap.analysis.reach.coverage import maximal_covering, p_median
from gridmap.analysis.roads import Mode
from gridmap.domain import terms
from gridmap.domain.duties import SERVICE_TEAM
from gridmap.domain.gridkey import MICRO, VILLAGE, Scope
from gridmap.errors import InvalidInput
from gridmap.services.ground.households import inhabited
from gridmap.services.ground.roads import load_roads
from gridmap.services.response.coverage import in_metres
from gridmap.storage.database import Database
from gridmap.storage.ground import grids
from gridmap.storage.ground.grids import GridRow
from gridmap.storage.teams import teams as field
from gridmap.storage.teams.sites import list_organisations

_NEAR_ROAD_M = 300.0
_NO_WAY_S = 4 * 3600.0
_MOST_PLACES = 4000
OBJECTIVES = ("covering", "median")
EXISTING = ("bases", "service-points")


class Site(TypedDict):
    """A new site: households for whom it is the nearest of all, and such of them as were beyond the limit."""

    grid_key: str
    name_zh: str
    name_en: str
    lon: float
    lat: float
    nearest: int
    gained: int


class Siting(TypedDict):
    """Where new sites help most, with what proves it; see :class:`gridmap.analysis.reach.coverage.Siting`."""

    objective: str
    mode: Mode
    minutes: float
    existing: int
    candidates: int
    households: int
    sites: list[Site]
    before: float
    value: float
    bound: float
    gap: float
    optimal: bool
    conventions: Mapping[str, str]


def site(
    database: Database,
    scope: Scope,
    *,
    add: int = int(terms.SITES.low),
    objective: str = "covering",
    minutes: float = terms.SITE_MIN,
    mode: Mode = "car",
    existing: str = "bases",
    time_limit_s: float = 20.0,
) -> Siting:
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
    terms.SITES.refuse(add)
    terms.SITE_LIMIT.refuse(minutes)
    terms.SITING.refuse(time_limit_s)
    rows, level = inhabited(database, scope)
    if level == MICRO and len(rows) > _MOST_PLACES:
        rows = _villages(database, scope) or rows[:_MOST_PLACES]
    with database.scoped_session(scope) as session:
        if existing == "bases":
            known_at = [
                (t["base_lon"], t["base_lat"]) for t in field.list_teams(session) if t["kind"] != SERVICE_TEAM
            ]
        else:
            known_at = [(o["lon"], o["lat"]) for o in list_organisations(session)]
    there = sorted({(lon, lat) for lon, lat in known_at if lon is not None and lat is not None})
    roads = load_roads(database, scope)
    router = roads.router(mode)
    places = router.snap(in_metres(roads, [r["label_lon"] for r in rows], [r["label_lat"] for r in rows]))
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
        starts = router.snap(in_metres(roads, [p[0] for p in there], [p[1] for p in there]))
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
    sites: list[Site] = [
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


def _villages(database: Database, scope: Scope) -> list[GridRow]:
    with database.scoped_session(scope) as session:
        return [r for r in grids.list_grids(session, level=VILLAGE, geometry=False) if r["households"]]
