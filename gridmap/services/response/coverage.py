"""Coverage: how long the nearest team takes to where people live, and where another base would help most."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from gridmap import crs
from gridmap.analysis.roads import MODES, Mode, Snapped
from gridmap.domain import terms
from gridmap.domain.duties import SERVICE_TEAM, on_shift, served_ground, slowness, suitable_kinds
from gridmap.domain.gridkey import UNASSIGNED, VILLAGE, Scope, ancestor
from gridmap.errors import InvalidInput
from gridmap.files.layers import write_layer
from gridmap.services.ground.households import inhabited
from gridmap.services.ground.roads import Roads, load_roads
from gridmap.services.patrols.follow.places import places_at
from gridmap.services.response.ranking import place_of
from gridmap.storage.database import Database
from gridmap.storage.ground import grids
from gridmap.storage.ground.grids import GridRow
from gridmap.storage.teams import teams as field
from gridmap.storage.teams.teams import TeamRow

Floats = NDArray[np.float64]

MOST_MINUTES = terms.SITE_LIMIT.high


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
        good = 0 < len(self.minutes) <= 6 and all(0 < m <= MOST_MINUTES for m in self.minutes)
        if not good or list(self.minutes) != sorted(set(self.minutes)):
            raise InvalidInput(
                "coverage-minutes",
                f"分钟数应从小到大、各不相同，大于 0、不超过 {MOST_MINUTES:g}，至多 6 个。",
                f"Minutes must ascend, differ, be more than 0 and at most {MOST_MINUTES:g}; six at most.",
            )
        if self.live and (self.clock is not None or self.patrol_id is not None):
            raise InvalidInput(
                "coverage-live",
                "现在的位置只有现在有：不能再指定时刻或计划。",
                "Live positions are those of now: give neither a time of day nor a plan.",
            )


class Households(TypedDict):
    """Households, and those within each limit, beyond the last, and without any way."""

    households: int
    within: list[int]
    beyond: int
    unreached: int


class VillageHouseholds(Households):
    """Households of a village."""

    grid_key: str
    name_zh: str
    name_en: str


class GridSeconds(TypedDict):
    """Seconds of the nearest team to a grid; None where there is no way."""

    grid_key: str
    name_zh: str
    name_en: str
    households: int
    seconds: float | None
    off_m: float


# `from` is a word of the language, so this type is made by a call.
PlacedTeam = TypedDict(
    "PlacedTeam",
    {
        "code": str,
        "name_zh": str,
        "name_en": str | None,
        "mode": Mode,
        "from": str,
        "lon": float,
        "lat": float,
    },
)


class Coverage(TypedDict):
    """How long the nearest team takes; ``basis`` is base, position or plan."""

    at: str
    basis: str
    minutes: list[float]
    level: int
    teams: list[PlacedTeam]
    grids: list[GridSeconds]
    villages: list[VillageHouseholds]
    total: Households


def coverage(database: Database, scope: Scope, asked: CoverageRequest, *, now: dt.datetime) -> Coverage:
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
    rows, level = inhabited(database, scope)
    teams, clock_told = _teams(database, scope, asked, clock, now)
    roads = load_roads(database, scope)
    homes = Homes(roads, rows)
    seconds = homes.least_seconds(teams)
    villages = _by_village(rows, seconds, asked.minutes)
    with database.scoped_session(scope) as session:
        names = {int(g["grid_key"]): g for g in grids.list_grids(session, level=VILLAGE, geometry=False)}
    return {
        "at": clock_told,
        "basis": "plan" if asked.patrol_id is not None else "position" if asked.live else "base",
        "minutes": list(asked.minutes),
        "level": level,
        "teams": [placed for _, placed in teams],
        "grids": [
            {
                "grid_key": str(row["grid_key"]),
                "name_zh": row["name_zh"],
                "name_en": row["name_en"],
                "households": row["households"],
                "seconds": round(float(s), 1) if np.isfinite(s) else None,
                "off_m": round(float(off), 1),
            }
            for row, s, off in zip(rows, seconds, homes.off_m(), strict=True)
        ],
        "villages": [
            {"grid_key": str(key), "name_zh": names[key]["name_zh"], "name_en": names[key]["name_en"], **told}
            for key, told in villages.items()
            if key in names
        ],
        "total": _counts(np.array([r["households"] for r in rows]), seconds, asked.minutes),
    }


def _teams(
    database: Database, scope: Scope, asked: CoverageRequest, clock: dt.time, now: dt.datetime
) -> tuple[list[tuple[TeamRow, PlacedTeam]], str]:
    with database.scoped_session(scope) as session:
        rows = field.list_teams(session, at=now)
    rows = [row for row in rows if row["kind"] != SERVICE_TEAM]
    if asked.domain is not None:
        rows = [row for row in rows if row["kind"] in suitable_kinds(asked.domain, None)]
    rows = [row for row in rows if on_shift(row["shift_start"], row["shift_end"], clock)]
    planned = {} if asked.patrol_id is None else places_at(database, scope, asked.patrol_id, clock)
    out: list[tuple[TeamRow, PlacedTeam]] = []
    for row in rows:
        at, lon, lat = "base", row["base_lon"], row["base_lat"]
        if row["code"] in planned:
            at, (lon, lat) = "plan", planned[row["code"]]
        elif asked.live and (place := place_of(row, now)) is not None:
            at, lon, lat = place.source, place.lon, place.lat
        if lon is not None and lat is not None:
            placed: PlacedTeam = {
                "code": row["code"],
                "name_zh": row["name_zh"],
                "name_en": row["name_en"],
                "mode": row["mode"],
                "from": at,
                "lon": lon,
                "lat": lat,
            }
            out.append((row, placed))
    return out, f"{clock:%H:%M}"


class Homes:
    """Households put onto the roads of each mode, once for all moments at which teams are asked about.

    Parameters
    ----------
    roads : Roads
    rows : list of GridRow
        Grids with their representative points.
    """

    def __init__(self, roads: Roads, rows: list[GridRow]) -> None:
        self._roads = roads
        self._xy = in_metres(roads, [r["label_lon"] for r in rows], [r["label_lat"] for r in rows])
        self._keys = np.array([int(r["grid_key"]) for r in rows])
        self._put: dict[Mode, Snapped] = {}

    def _on_roads(self, mode: Mode) -> Snapped:
        if mode not in self._put:
            self._put[mode] = self._roads.router(mode).snap(self._xy)
        return self._put[mode]

    def off_m(self) -> Floats:
        """Return metres between each place and the nearest road on which one can walk."""
        return np.asarray(self._on_roads("foot").distance_m)

    def least_seconds(self, teams: list[tuple[TeamRow, PlacedTeam]]) -> Floats:
        """Return seconds of the nearest team to each place, infinite where none can come."""
        seconds = np.full(len(self._keys), np.inf)
        for mode in MODES:
            own = [t for t in teams if t[0]["mode"] == mode]
            if not own:
                continue
            router = self._roads.router(mode)
            starts = router.snap(
                in_metres(self._roads, [p["lon"] for _, p in own], [p["lat"] for _, p in own])
            )
            times = router.cost_matrix(starts, self._on_roads(mode))
            for (team, _), row in zip(own, times, strict=True):
                ground = served_ground(int(team["grid_key"]), professional=team["professional"])
                inside = (self._keys >= ground.lo) & (self._keys <= ground.hi)
                reached = np.where(inside, row * slowness(mode, team["speed_kmh"]), np.inf)
                seconds = np.minimum(seconds, reached)
        return seconds


def in_metres(roads: Roads, lon: list[float], lat: list[float]) -> Floats:
    """Return places in metres, shape (n, 2)."""
    return np.column_stack(crs.from_wgs84(lon, lat, roads.epsg))


def _by_village(rows: list[GridRow], seconds: Floats, minutes: tuple[float, ...]) -> dict[int, Households]:
    of = np.array([ancestor(int(r["grid_key"]), VILLAGE) for r in rows])
    households = np.array([r["households"] for r in rows])
    return {
        int(key): _counts(households[of == key], seconds[of == key], minutes)
        for key in np.unique(of)
        if key != UNASSIGNED
    }


def _counts(households: NDArray[np.int64], seconds: Floats, minutes: tuple[float, ...]) -> Households:
    return {
        "households": int(households.sum()),
        "within": [int(households[seconds <= 60.0 * m].sum()) for m in minutes],
        "beyond": int(households[seconds > 60.0 * minutes[-1]].sum()),
        "unreached": int(households[np.isinf(seconds)].sum()),
    }


def write_coverage(database: Database, scope: Scope, found: Coverage, path: Path) -> None:
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
