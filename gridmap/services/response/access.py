"""Services within reach: minutes to the nearest mediation body and service point that is open, by time of the week."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, cast

import numpy as np
from numpy.typing import NDArray

from gridmap.analysis.roads import Mode
from gridmap.domain.cases.directory import may_take, served, week_of
from gridmap.domain.gridkey import UNASSIGNED, VILLAGE, Scope, ancestor
from gridmap.errors import InvalidInput
from gridmap.services.cases.bodies import directory
from gridmap.services.ground.households import inhabited
from gridmap.services.ground.roads import Roads, load_roads
from gridmap.services.response.coverage import in_metres
from gridmap.storage.cases.tasks import BodyRow
from gridmap.storage.database import Database
from gridmap.storage.ground import grids
from gridmap.storage.teams.sites import list_migrant_clusters

Floats = NDArray[np.float64]
Service = Literal["mediation", "service_point"]
Who = Literal["residents", "temporary"]

SERVICES: tuple[Service, ...] = ("mediation", "service_point")
PEOPLE: tuple[Who, ...] = ("residents", "temporary")
MOMENTS: Mapping[str, tuple[int, dt.time]] = {
    "workday": (3, dt.time(10)),
    "evening": (3, dt.time(19, 30)),
    "weekend": (6, dt.time(10)),
}
"""ISO weekday and local time of day that stand for a working day, its evening, and the weekend."""

_HELP = frozenset({"service_point", "centre", "sub_centre"})
_NO_WAY_S = 4 * 3600.0
_MOST_ADVICE = 3
FEWEST_HELPED = 50


@dataclass(frozen=True, slots=True)
class VillageAccess:
    """A village: its people, and the median of their minutes for each service, whom and when.

    Attributes
    ----------
    grid_key : int
    name_zh, name_en : str
    people : mapping of str to int
        By whom; residents are households where no population is known.
    minutes : mapping of (service, who, moment) to float or None
        None where nothing is open, no road leads there, or nobody lives.
    """

    grid_key: int
    name_zh: str
    name_en: str
    people: Mapping[Who, int]
    minutes: Mapping[tuple[Service, Who, str], float | None]


@dataclass(frozen=True, slots=True)
class OpenLonger:
    """A body that is closed at a moment, and what people would gain if it were open.

    Attributes
    ----------
    service, moment : str
    code, name_zh, name_en : str
        The body.
    people : int
        For whom it would then be the nearest.
    minutes_saved : float
        On average of these, one way; where nothing else is open, against four hours.
    only_one : bool
        Whether nothing at all is within reach of most of these now.
    """

    service: Service
    moment: str
    code: str
    name_zh: str
    name_en: str
    people: int
    minutes_saved: float
    only_one: bool


@dataclass(frozen=True, slots=True)
class ServiceAccess:
    """What a town's services are to its people.

    Attributes
    ----------
    mode : {'foot', 'bike', 'car'}
    counted_in : {'people', 'households'}
        What residents are counted in.
    villages : tuple of VillageAccess
        The one farthest from mediation first.
    town : mapping of (service, who, moment) to float or None
        Medians of the whole scope.
    open_longer : tuple of OpenLonger
        Who would help most by opening, at most three a service and moment.
    bodies : mapping of (service, moment) to int
        How many are open.
    unplaced : int
        Temporary residents at sites without a place, who are in no number.
    """

    mode: Mode
    counted_in: Literal["people", "households"]
    villages: tuple[VillageAccess, ...]
    town: Mapping[tuple[Service, Who, str], float | None]
    open_longer: tuple[OpenLonger, ...]
    bodies: Mapping[tuple[Service, str], int]
    unplaced: int


@dataclass(frozen=True, slots=True)
class _Homes:
    """Where people are: places in metres, shape (n, 2); keys of their grids and how many they are, shape (n,)."""

    xy: Floats
    keys: NDArray[np.int64]
    people: NDArray[np.int64]


def service_access(database: Database, scope: Scope, *, mode: Mode = "bike") -> ServiceAccess:
    """Tell how long people need to the nearest mediation body and service point that are open.

    Parameters
    ----------
    database : Database
    scope : Scope
        Whose people; bodies are those of the whole directory that serve them.
    mode : {'foot', 'bike', 'car'}

    Raises
    ------
    InvalidInput
        When there are no roads, no households, or no body with a place and hours.

    Notes
    -----
    Residents stand at their micro-grid's representative point, temporary residents at their sites, both put onto the
    nearest road; times are on the road only, one way. A working day is Wednesday at 10:00, its evening 19:30, the
    weekend Saturday at 10:00, by the weekly hours of the directory; closed days and clinics are left out. A body counts
    for the people of the ground that it serves only; one whose hours nobody told counts as closed. The median is the
    weighted one: half of the people need at most so long.
    """
    rows, _ = inhabited(database, scope)
    with database.scoped_session(scope) as session:
        every = list_migrant_clusters(session)
        names = {int(g["grid_key"]): g for g in grids.list_grids(session, level=VILLAGE, geometry=False)}
    sites = [site for site in every if site["lon"] is not None]
    roads = load_roads(database, scope)
    bodies = [body for body in directory(database) if body["lon"] is not None]
    if not any(week_of(body["hours"], body["opens"]) for body in bodies):
        raise InvalidInput(
            "access-no-hours",
            "机构目录中没有带坐标和开放时间的机构，无法计算。请导入机构（opens 列）或在机构页填写时间。",
            "No body of the directory has a place and hours. Import organisations with a column opens, or enter hours "
            "on the page of bodies.",
        )
    counted = all(row["population"] for row in rows)
    homes: dict[Who, _Homes] = {
        "residents": _Homes(
            in_metres(roads, [r["label_lon"] for r in rows], [r["label_lat"] for r in rows]),
            np.array([int(r["grid_key"]) for r in rows]),
            np.array([int(r["population"] or 0) if counted else r["households"] for r in rows]),
        ),
        "temporary": _Homes(
            in_metres(
                roads, [cast("float", s["lon"]) for s in sites], [cast("float", s["lat"]) for s in sites]
            ),
            np.array([int(s["grid_key"]) for s in sites], dtype=np.int64),
            np.array([s["head_count"] for s in sites], dtype=np.int64),
        ),
    }
    seconds: dict[tuple[Service, Who, str], Floats] = {}
    advice: list[OpenLonger] = []
    open_now: dict[tuple[Service, str], int] = {}
    for service in SERVICES:
        own = [body for body in bodies if _is(body, service)]
        times = {who: _seconds(roads, mode, own, home) for who, home in homes.items()}
        for moment in MOMENTS:
            is_open = np.array([_open(body, moment) for body in own], dtype=bool)
            open_now[service, moment] = int(is_open.sum())
            nearest = {who: _least(by_body[is_open]) for who, by_body in times.items()}
            for who in PEOPLE:
                seconds[service, who, moment] = nearest[who]
            advice += _advice(service, moment, own, is_open, times, nearest, homes)
    return ServiceAccess(
        mode=mode,
        counted_in="people" if counted else "households",
        villages=_villages(homes, seconds, names),
        town={key: _median(found, homes[key[1]].people) for key, found in seconds.items()},
        open_longer=tuple(advice),
        bodies=open_now,
        unplaced=sum(site["head_count"] for site in every if site["lon"] is None),
    )


def _is(body: BodyRow, service: Service) -> bool:
    if service == "service_point":
        return body["kind"] in _HELP
    return may_take(body, "dispute", None, UNASSIGNED)


def _open(body: BodyRow, moment: str) -> bool:
    weekday, at = MOMENTS[moment]
    return any(a <= at < b for a, b in week_of(body["hours"], body["opens"]).get(weekday, ()))


def _seconds(roads: Roads, mode: Mode, bodies: list[BodyRow], homes: _Homes) -> Floats:
    """Seconds to each body from each home, shape (bodies, homes); infinite where it does not serve the place."""
    if not bodies or not len(homes.keys):
        return np.full((len(bodies), len(homes.keys)), np.inf)
    router = roads.router(mode)
    there = in_metres(
        roads, [cast("float", b["lon"]) for b in bodies], [cast("float", b["lat"]) for b in bodies]
    )
    # From home to body: the way back may be another one.
    costs = np.asarray(router.cost_matrix(router.snap(homes.xy), router.snap(there))).T
    for row, body in zip(costs, bodies, strict=True):
        ground = served(body)
        row[(homes.keys < ground.lo) | (homes.keys > ground.hi)] = np.inf
    return costs


def _least(by_body: Floats) -> Floats:
    least: Floats = by_body.min(axis=0, initial=np.inf)
    return least


def _median(seconds: Floats, people: NDArray[np.int64]) -> float | None:
    """Minutes within which half of the people are; None for nobody, or where half of them have no way."""
    if not people.sum():
        return None
    order = np.argsort(seconds, kind="stable")
    at = int(np.searchsorted(np.cumsum(people[order]), people.sum() / 2))
    found = float(seconds[order][at]) / 60.0
    return found if np.isfinite(found) else None


def _advice(
    service: Service,
    moment: str,
    bodies: list[BodyRow],
    is_open: NDArray[np.bool_],
    times: Mapping[Who, Floats],
    nearest: Mapping[Who, Floats],
    homes: Mapping[Who, _Homes],
) -> list[OpenLonger]:
    people = np.concatenate([homes[who].people for who in PEOPLE])
    now = np.minimum(np.concatenate([nearest[who] for who in PEOPLE]), _NO_WAY_S)
    found: list[tuple[float, OpenLonger]] = []
    for n in np.flatnonzero(~is_open):
        then = np.concatenate([times[who][n] for who in PEOPLE])
        better = then < now
        helped = int(people[better].sum())
        if helped < FEWEST_HELPED:
            continue
        saved = float(((now - then)[better] * people[better]).sum())
        alone = people[better & (now >= _NO_WAY_S)].sum() * 2 > helped
        body = bodies[int(n)]
        told = OpenLonger(
            service,
            moment,
            body["code"],
            body["name_zh"],
            body["name_en"] or body["name_zh"],
            helped,
            saved / helped / 60.0,
            bool(alone),
        )
        found.append((saved, told))
    found.sort(key=lambda pair: (-pair[0], pair[1].code))
    return [told for _, told in found[:_MOST_ADVICE]]


def _villages(
    homes: Mapping[Who, _Homes],
    seconds: Mapping[tuple[Service, Who, str], Floats],
    names: Mapping[int, grids.GridRow],
) -> tuple[VillageAccess, ...]:
    of = {
        who: np.array(
            [ancestor(int(k), VILLAGE) if k != UNASSIGNED else 0 for k in home.keys], dtype=np.int64
        )
        for who, home in homes.items()
    }
    out = []
    for key, row in names.items():
        inside = {who: of[who] == key for who in PEOPLE}
        people = {who: int(homes[who].people[inside[who]].sum()) for who in PEOPLE}
        if not any(people.values()):
            continue
        minutes = {
            (service, who, moment): _median(found[inside[who]], homes[who].people[inside[who]])
            for (service, who, moment), found in seconds.items()
        }
        out.append(VillageAccess(key, row["name_zh"], row["name_en"], people, minutes))

    def farthest(village: VillageAccess) -> tuple[float, int]:
        found = [village.minutes["mediation", "residents", moment] for moment in MOMENTS]
        return -sum(_NO_WAY_S if m is None else m for m in found), village.grid_key

    return tuple(sorted(out, key=farthest))
