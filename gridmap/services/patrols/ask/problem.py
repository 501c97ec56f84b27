"""What a plan works on: teams with their hours and bases, stops from a hotspot run, times on the roads."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, cast
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from gridmap import crs
from gridmap.analysis.patrol import Objective, Shift, Stop, Team
from gridmap.analysis.roads import Mode, Router
from gridmap.analysis.roads.snapping import Snapped
from gridmap.domain.duties import slowness
from gridmap.domain.gridkey import UNASSIGNED, VILLAGE, Scope, ancestor, level_of
from gridmap.errors import InvalidInput, NotFound
from gridmap.services.ground.roads import load_roads
from gridmap.services.hotspots.publish import is_cold
from gridmap.services.hotspots.runs import hotspot_run, newest_run
from gridmap.services.patrols.ask.history import read_history
from gridmap.services.patrols.ask.prize import Terms, terms_of
from gridmap.services.patrols.ask.request import PatrolRequest
from gridmap.services.patrols.ask.wishes import ruled_stops, ruled_teams, with_wishes
from gridmap.storage.database import Database
from gridmap.storage.patrols import plans as stored
from gridmap.storage.teams import teams as stored_teams

_BY_GRID = frozenset({"gi", "moran", "emerging"})
_FAR_M = 2000.0


@dataclass(frozen=True, slots=True, eq=False)
class OnRoads:
    """Places on the roads.

    Attributes
    ----------
    places : (p, 2) float64
        Longitude and latitude.
    xy : (p, 2) float64
        Metres.
    travel_s : dict of mode to (p, p) float64
    routers : dict of mode to Router
    snapped : dict of mode to Snapped
    epsg : int
    sha256 : str
        Of the roads' lengths.
    """

    places: NDArray[np.float64]
    xy: NDArray[np.float64]
    travel_s: dict[str, NDArray[np.float64]]
    routers: dict[str, Router]
    snapped: dict[str, Snapped]
    epsg: int
    sha256: str


@dataclass(frozen=True, slots=True, eq=False)
class Inputs:
    """Teams, stops and times of one plan.

    Attributes
    ----------
    teams : tuple of Team
    names : dict of code to (str, str)
        Chinese and English.
    stops : tuple of Stop
    about : dict of stop to dict
        What is told of each: names, words, grid key, counts, place, terms of its prize.
    roads : OnRoads
        Over the numbering of places of teams and stops.
    shift : Shift
        Seconds from `begins_at`.
    objective : Objective
    begins_at, ends_at : datetime
    run_id : int or None
        The hotspot run.
    sha256 : str
    free_stops : tuple of Stop
        As they were before stops were kept for teams or left out.
    carried : tuple of dict
        What happened in the shift so far: teams out or taken.
    """

    teams: tuple[Team, ...]
    names: dict[str, tuple[str, str]]
    stops: tuple[Stop, ...]
    about: dict[str, dict[str, Any]]
    roads: OnRoads
    shift: Shift
    objective: Objective
    begins_at: dt.datetime
    ends_at: dt.datetime
    run_id: int | None
    sha256: str
    free_stops: tuple[Stop, ...]
    carried: tuple[dict[str, Any], ...] = field(default=())


def on_roads(database: Database, scope: Scope, places: NDArray[np.float64], modes: Sequence[str]) -> OnRoads:
    """Put places onto the roads, and take the times between them.

    Raises
    ------
    InvalidInput
        When there are no roads.
    """
    roads = load_roads(database, scope)
    xy = np.column_stack(crs.from_wgs84(places[:, 0], places[:, 1], roads.epsg))
    routers = {str(mode): roads.router(cast("Mode", mode)) for mode in sorted(set(modes))}
    snapped = {mode: router.snap(xy) for mode, router in routers.items()}
    travel_s = {mode: router.cost_matrix(snapped[mode], snapped[mode]) for mode, router in routers.items()}
    lengths = hashlib.sha256(roads.graph.length_m.tobytes()).hexdigest()
    return OnRoads(places, xy, travel_s, routers, snapped, roads.epsg, lengths)


def check_near(roads: OnRoads, place: int) -> None:
    """Refuse a place that is far from every road.

    Raises
    ------
    InvalidInput
        Naming the place.
    """
    far = min(float(snapped.distance_m[place]) for snapped in roads.snapped.values())
    if far > _FAR_M:
        lon, lat = roads.places[place]
        raise InvalidInput(
            "place-off-road",
            f"{lon:.5f}, {lat:.5f} 距最近的道路 {far / 1000:.1f} 公里，请检查坐标。",
            f"{lon:.5f}, {lat:.5f} lies {far / 1000:.1f} km from the nearest road; check the coordinates.",
        )


def load_inputs(database: Database, scope: Scope, asked: PatrolRequest) -> Inputs:
    """Read what a plan works on.

    Raises
    ------
    InvalidInput
        When there is no hotspot run, no team with a base and hours, or no road; when a lock cannot hold.
    NotFound
        When a team, a stop or the run is not there.
    """
    run = _run(database, scope, asked)
    with database.scoped_session(scope) as session:
        rows = stored_teams.list_teams(session)
    chosen = _chosen(rows, asked)
    zone = ZoneInfo(database.settings.timezone)
    hours = {row["code"]: _hours(row, asked.on, zone) for row in chosen}
    begins_at, ends_at = min(h[0] for h in hours.values()), max(h[1] for h in hours.values())
    features = _hotspots(run)
    points = [f["geometry"].representative_point() for f in features]
    places = np.array(
        [[row["base_lon"], row["base_lat"]] for row in chosen] + [[point.x, point.y] for point in points]
    )
    roads = on_roads(database, scope, places, [row["mode"] for row in chosen])
    teams = tuple(
        Team(
            row["code"],
            place,
            place,
            row["mode"],
            (hours[row["code"]][0] - begins_at).total_seconds(),
            (hours[row["code"]][1] - begins_at).total_seconds(),
            speed=1.0 / slowness(row["mode"], row["speed_kmh"]),
            size=row["size"] or 2,
            scope=_bound(row),
        )
        for place, row in enumerate(chosen)
    )
    teams = ruled_teams(teams, asked.rules, asked.rest, begins_at, ends_at)
    shift = Shift(0.0, (ends_at - begins_at).total_seconds())
    with database.scoped_session(scope) as session:
        history = read_history(session, begins_at, roads.epsg)
        severities = _severities(session, run, features, zone)
    days = history.days_since(roads.xy[len(chosen) :], begins_at)
    terms = _terms(features, severities, days)
    stops = tuple(
        Stop(
            f"H{feature['rank']}",
            len(chosen) + number,
            term.prize,
            asked.dwell_s,
            village=village_of(feature["grid_key"]),
            grid_key=feature["grid_key"] or UNASSIGNED,
            visits=asked.visits,
            min_gap_s=asked.min_gap_s,
            revisit_share=asked.revisit_share,
        )
        for number, (feature, term) in enumerate(zip(features, terms, strict=True))
    )
    stops = ruled_stops(stops, asked.rules, teams, begins_at, ends_at)
    free = stops
    stops = with_wishes(free, teams, roads.travel_s, shift, dict(asked.locks), asked.leave_out)
    about = {
        stop.id: _about(feature, term, places[stop.place])
        for stop, feature, term in zip(stops, features, terms, strict=True)
    }
    told = [
        run["data_sha256"],
        [
            {
                k: v
                for k, v in row.items()
                if not k.startswith("position") and k not in {"lon", "lat", "accuracy_m"}
            }
            for row in chosen
        ],
        [str(f["words_en"]) for f in features],
        [asdict(term) for term in terms],
        asked.rules.as_dict() if asked.rules is not None else None,
        roads.sha256,
    ]
    return Inputs(
        teams,
        {row["code"]: (row["name_zh"], row["name_en"] or row["name_zh"]) for row in chosen},
        stops,
        about,
        roads,
        shift,
        Objective(village_share=asked.village_share, week=history.week if asked.village_share > 0 else {}),
        begins_at,
        ends_at,
        int(run["run_id"]),
        hashlib.sha256(json.dumps(told, default=str).encode()).hexdigest(),
        free,
    )


def _severities(
    session: Any, run: dict[str, Any], features: list[dict[str, Any]], zone: ZoneInfo
) -> list[float | None]:
    since = dt.datetime.combine(dt.date.fromisoformat(run["since"]), dt.time(), zone)
    until = dt.datetime.combine(dt.date.fromisoformat(run["until"]) + dt.timedelta(days=1), dt.time(), zone)
    areas = []
    for feature in features:
        by_grid = run["method"] in _BY_GRID and feature["grid_key"]
        around = Scope.of_grid(int(feature["grid_key"])) if by_grid else Scope.whole()
        wkb = None if by_grid else bytes(feature["geometry"].wkb)
        areas.append((around.lo, around.hi, wkb, feature.get("domain") or run["domain"]))
    return stored.mean_severities(session, areas, since, until)


def _terms(
    features: list[dict[str, Any]], severities: list[float | None], days: list[float | None]
) -> list[Terms]:
    known = [s for s in severities if s is not None]
    mean = sum(known) / len(known) if known else None
    return [
        terms_of(float(f["observed"]), float(f["expected"] or 0.0), severity, mean, since)
        for f, severity, since in zip(features, severities, days, strict=True)
    ]


def _about(feature: dict[str, Any], terms: Terms, place: NDArray[np.float64]) -> dict[str, Any]:
    kept = ("name_zh", "name_en", "words_zh", "words_en", "observed", "expected")
    return {k: feature[k] for k in kept} | {
        "grid_key": str(feature["grid_key"]),
        "lon": round(float(place[0]), 7),
        "lat": round(float(place[1]), 7),
        "terms": {k: None if v is None else round(v, 4) for k, v in asdict(terms).items()},
    }


def _run(database: Database, scope: Scope, asked: PatrolRequest) -> dict[str, Any]:
    if asked.hotspot_run_id is not None:
        return hotspot_run(database, scope, asked.hotspot_run_id)
    newest = newest_run(database, scope, "gi")
    if newest is None:
        raise InvalidInput(
            "patrol-no-hotspots",
            "还没有热点分析，无从安排巡防。请先运行：gridmap hotspots run --method gi",
            "There is no hotspot run to plan from. Run first: gridmap hotspots run --method gi",
        )
    return newest


def _hotspots(run: dict[str, Any]) -> list[dict[str, Any]]:
    found = [
        f
        for f in run["features"]
        if f["label"] not in {"none", "candidate"} and not is_cold(f["label"]) and f["geometry"] is not None
    ]
    if not found:
        raise InvalidInput(
            "patrol-nothing-to-visit",
            f"第 {run['run_id']} 次分析没有发现热点，无需安排。请换一次分析或放宽时段。",
            f"Run {run['run_id']} found no hotspot: there is nothing to visit. Choose another run or a longer period.",
        )
    return found


def _chosen(rows: list[dict[str, Any]], asked: PatrolRequest) -> list[dict[str, Any]]:
    if asked.teams is not None:
        known = {row["code"] for row in rows}
        for code in asked.teams:
            if code not in known:
                raise NotFound(
                    "team-not-found",
                    f"没有队伍 {code}，或超出管辖范围。",
                    f"There is no team {code} in your scope.",
                )
        rows = [row for row in rows if row["code"] in asked.teams]
    fit = [
        row
        for row in rows
        if row["base_lon"] is not None and row["shift_start"] is not None and row["shift_end"] is not None
    ]
    if not fit:
        raise InvalidInput(
            "patrol-no-teams",
            "没有可用的队伍：队伍须有驻地坐标和班次时间。请在队伍文件中补上后重新导入。",
            "No team can be planned for: a team needs a base with coordinates and the hours of its shift. Add them to "
            "the teams' file and import it again.",
        )
    return sorted(fit, key=lambda row: str(row["code"]))


def _hours(row: dict[str, Any], on: dt.date, zone: ZoneInfo) -> tuple[dt.datetime, dt.datetime]:
    begin = dt.datetime.combine(on, row["shift_start"], zone)
    end = dt.datetime.combine(on, row["shift_end"], zone)
    # In seconds of the same clock: a shift that crosses a change of the clock is an hour longer or shorter.
    return begin, end if end > begin else dt.datetime.combine(
        on + dt.timedelta(days=1), row["shift_end"], zone
    )


def _bound(row: dict[str, Any]) -> Scope:
    """Bind a volunteer team to its own village; a professional one serves the whole town."""
    key = int(row["grid_key"])
    if row["professional"] or key == UNASSIGNED or level_of(key) < VILLAGE:
        return Scope.whole()
    return Scope.of_grid(ancestor(key, VILLAGE))


def village_of(key: int | None) -> int:
    """Return the village of a grid key."""
    return UNASSIGNED if not key else ancestor(int(key), VILLAGE)
