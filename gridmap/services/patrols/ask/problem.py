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
from gridmap.analysis.patrol.build import open_hours
from gridmap.analysis.roads import Mode, Router
from gridmap.analysis.roads.snapping import Snapped
from gridmap.domain.duties import slowness
from gridmap.domain.gridkey import UNASSIGNED, VILLAGE, Scope, ancestor, level_of
from gridmap.domain.terms import MINIMUM
from gridmap.errors import InvalidInput, NotFound
from gridmap.services.ground.roads import load_roads
from gridmap.services.hotspots.publish import is_cold
from gridmap.services.hotspots.runs import hotspot_run, newest_run
from gridmap.services.patrols.ask.history import History, read_history
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
    notices : tuple of dict
        What is told of the request: teams that are left out or take no break, visits that do not fit.
    roads_changed : bool
        The roads are not those that the plan was first made on: what is done was done on others.
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
    notices: tuple[dict[str, Any], ...] = field(default=())
    roads_changed: bool = False


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
    mode = min(roads.snapped, key=lambda m: float(roads.snapped[m].distance_m[place]))
    if float(roads.snapped[mode].distance_m[place]) > _FAR_M:
        raise off_road(roads, place, mode)


def off_road(roads: OnRoads, place: int, mode: str, team: str | None = None) -> InvalidInput:
    """Return the error of a place that is far from every road that a mode may use."""
    lon, lat = roads.places[place]
    km = float(roads.snapped[mode].distance_m[place]) / 1000
    whose = ("", "") if team is None else (f"队伍 {team} 的驻地 ", f"The base of team {team}, ")
    return InvalidInput(
        "place-off-road",
        f"{whose[0]}{lon:.5f}, {lat:.5f} 距最近的道路 {km:.1f} 公里，请检查坐标。",
        f"{whose[1]}{lon:.5f}, {lat:.5f}{',' if team else ''} lies {km:.1f} km from the nearest road; "
        "check the coordinates.",
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
    chosen, notices = _chosen(rows, asked)
    zone = ZoneInfo(database.settings.timezone)
    hours = {row["code"]: _hours(row, asked.on, zone) for row in chosen}
    begins_at, ends_at = min(h[0] for h in hours.values()), max(h[1] for h in hours.values())
    features = _hotspots(run)
    features += _next_best(run, features, chosen)
    with database.scoped_session(scope) as session:
        severities, medians = _of_incidents(session, run, features, zone)
    points = [
        (p.x, p.y) if median is None else median
        for median, p in zip(medians, (f["geometry"].representative_point() for f in features), strict=True)
    ]
    for n, feature in enumerate(features):
        if feature.get("at_base"):
            home = next(row for row in chosen if int(feature["grid_key"]) in _bound(row) != Scope.whole())
            points[n] = home["base_lon"], home["base_lat"]
    roads, chosen, off = _on_roads(database, scope, chosen, points, named=asked.teams is not None)
    notices += off
    places = roads.places
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
    teams, unrested = ruled_teams(teams, asked.rules, asked.rest, begins_at, ends_at)
    notices += [_no_break(code, asked.rest or "") for code in unrested]
    shift = Shift(0.0, (ends_at - begins_at).total_seconds())
    with database.scoped_session(scope) as session:
        history = read_history(session, begins_at, roads.epsg)
    days = _days_since(history, roads, len(chosen), begins_at)
    terms = _terms(features, severities, days)
    stops = tuple(
        Stop(
            f"{'N' if feature['label'] == 'none' else 'H'}{feature['rank']}",
            len(chosen) + number,
            term.prize,
            asked.dwell_s,
            village=village_of(feature["grid_key"]),
            grid_key=feature["grid_key"] or UNASSIGNED,
            visits=asked.visits,
            min_gap_s=asked.min_gap_s,
            revisit_share=asked.revisit_share,
            max_interval_s=asked.max_interval_s,
        )
        for number, (feature, term) in enumerate(zip(features, terms, strict=True))
    )
    stops = ruled_stops(stops, asked.rules, teams, begins_at, ends_at)
    notices += crowded(stops, teams, shift)
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
        Objective(
            village_share=asked.village_share,
            week=history.week if asked.village_share > 0 else {},
            balance=asked.balance,
            max_wait_s=asked.max_wait_s,
        ),
        begins_at,
        ends_at,
        int(run["run_id"]),
        hashlib.sha256(json.dumps(told, default=str).encode()).hexdigest(),
        free,
        notices=tuple(notices),
    )


def _on_roads(
    database: Database,
    scope: Scope,
    rows: list[dict[str, Any]],
    points: list[tuple[float, float]],
    *,
    named: bool,
) -> tuple[OnRoads, list[dict[str, Any]], list[dict[str, Any]]]:
    """Put bases and stops onto the roads; teams far from every road are refused where named, else told and left out."""
    places = np.array(
        [[row["base_lon"], row["base_lat"]] for row in rows] + [list(point) for point in points]
    )
    roads = on_roads(database, scope, places, [row["mode"] for row in rows])
    off = [n for n, row in enumerate(rows) if roads.snapped[row["mode"]].distance_m[n] > _FAR_M]
    if not off:
        return roads, rows, []
    if named or len(off) == len(rows):
        raise off_road(roads, off[0], rows[off[0]]["mode"], rows[off[0]]["code"])
    kept = [row for n, row in enumerate(rows) if n not in off]
    told = []
    for n in off:
        km = float(roads.snapped[rows[n]["mode"]].distance_m[n]) / 1000
        told.append(
            left_out_team(
                rows[n]["code"],
                f"驻地距最近的道路 {km:.1f} 公里",
                f"its base lies {km:.1f} km from the nearest road",
            )
        )
    again, kept, _ = _on_roads(database, scope, kept, points, named=named)
    return again, kept, told


def left_out_team(code: str, zh: str, en: str) -> dict[str, Any]:
    """Return the notice of a team that is not planned for."""
    return {
        "code": "team-left-out",
        "stop": None,
        "team": code,
        "zh": f"队伍 {code} 未参与规划：{zh}。",
        "en": f"Team {code} is left out: {en}.",
    }


def _no_break(code: str, rest: str) -> dict[str, Any]:
    return {
        "code": "break-outside-hours",
        "stop": None,
        "team": code,
        "zh": f"休息 {rest} 不在队伍 {code} 的班次之内，该队不安排休息。",
        "en": f"The break {rest} lies outside the hours of team {code}: it takes none.",
    }


def crowded(stops: Sequence[Stop], teams: Sequence[Team], shift: Shift) -> list[dict[str, Any]]:
    """Tell of stops whose visits, a gap apart, do not fit into the hours in which some team may come."""
    by_rule: dict[tuple[int, int, float], list[str]] = {}
    for stop in stops:
        span = open_hours(teams, stop, shift)
        if span is None or stop.visits < 2 or stop.min_gap_s <= 0:
            continue
        fit = max(0, int((span[1] - span[0] - stop.dwell_s) // stop.min_gap_s) + 1)
        if fit < stop.visits:
            by_rule.setdefault((stop.visits, fit, stop.min_gap_s / 60), []).append(stop.id)
    out = []
    for (visits, fit, gap), names in by_rule.items():
        which = f"{names[0]} 等 {len(names)} 处" if len(names) > 1 else names[0]
        of = f"{names[0]} and {len(names) - 1} more" if len(names) > 1 else names[0]
        out.append(
            {
                "code": "visits-do-not-fit",
                "stop": names[0] if len(names) == 1 else None,
                "team": None,
                "zh": f"停靠点 {which}：要求至多 {visits} 次、间隔 {gap:.0f} 分钟，队伍的时间内至多 {fit} 次。",
                "en": f"Stop {of}: {visits} visits {gap:.0f} min apart do not fit into the teams' hours; "
                f"{fit} can be made at most.",
            }
        )
    return out


def _days_since(history: History, roads: OnRoads, first: int, begins_at: dt.datetime) -> list[float | None]:
    """Days since the last visit to where teams of any mode stand for each stop."""
    by_mode = [
        history.days_since(router.point(roads.snapped[mode])[first:], begins_at)
        for mode, router in roads.routers.items()
    ]
    return [min((d for d in found if d is not None), default=None) for found in zip(*by_mode, strict=True)]


def _of_incidents(
    session: Any, run: dict[str, Any], features: list[dict[str, Any]], zone: ZoneInfo
) -> tuple[list[float | None], list[tuple[float, float] | None]]:
    """Mean severity of each hotspot's incidents, and their median place."""
    since = dt.datetime.combine(dt.date.fromisoformat(run["since"]), dt.time(), zone)
    until = dt.datetime.combine(dt.date.fromisoformat(run["until"]) + dt.timedelta(days=1), dt.time(), zone)
    areas = []
    for feature in features:
        # A unit of several cells is named by the first of them.
        by_grid = run["method"] in _BY_GRID and feature["grid_key"] and feature.get("cells", 1) == 1
        around = Scope.of_grid(int(feature["grid_key"])) if by_grid else Scope.whole()
        wkb = None if by_grid else bytes(feature["geometry"].wkb)
        areas.append((around.lo, around.hi, wkb, feature.get("domain") or run["domain"]))
    severities = stored.mean_severities(session, areas, since, until)
    return severities, stored.median_places(session, areas, since, until, MINIMUM)


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


def _next_best(
    run: dict[str, Any], hot: list[dict[str, Any]], rows: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Choose the place with most reports above expectation for each team bound to a village without a hotspot."""
    out: dict[int, dict[str, Any]] = {}
    for row in rows:
        bound = _bound(row)
        if bound == Scope.whole() or any(f["grid_key"] and int(f["grid_key"]) in bound for f in hot):
            continue
        mine = [
            f
            for f in run["features"]
            if f["label"] == "none"
            and f["geometry"] is not None
            and f["grid_key"]
            and int(f["grid_key"]) in bound
        ]
        if mine:
            best = min(mine, key=lambda f: (f["expected"] - f["observed"], f["rank"]))
            out[best["rank"]] = best
    return [f | _next_best_words(f) for _, f in sorted(out.items())]


def _next_best_words(feature: dict[str, Any]) -> dict[str, Any]:
    """Say why a place is visited that is no hotspot; where the reports of many cells are one, it is the team's base."""
    if feature.get("cells", 1) > 1:
        return {
            "at_base": True,
            "words_zh": f"村内没有热点，接报分散，在驻地周边巡查：{feature['words_zh']}",
            "words_en": f"No hotspot in the village and reports far apart; round the base: {feature['words_en']}",
        }
    return {
        "words_zh": f"村内没有热点，去接报最多处：{feature['words_zh']}",
        "words_en": f"No hotspot in the village; most reports here: {feature['words_en']}",
    }


def _chosen(
    rows: list[dict[str, Any]], asked: PatrolRequest
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Teams that can be planned for, and what is told of the others."""
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
    fit, told = [], []
    for row in sorted(rows, key=lambda row: str(row["code"])):
        if row["base_lon"] is None:
            told.append(left_out_team(row["code"], "没有驻地坐标", "it has no base with coordinates"))
        elif row["shift_start"] is None or row["shift_end"] is None:
            told.append(left_out_team(row["code"], "没有班次时间", "it has no hours of a shift"))
        else:
            fit.append(row)
    if not fit:
        raise InvalidInput(
            "patrol-no-teams",
            "没有可用的队伍：队伍须有驻地坐标和班次时间。请在队伍文件中补上后重新导入。",
            "No team can be planned for: a team needs a base with coordinates and the hours of its shift. Add them to "
            "the teams' file and import it again.",
        )
    return fit, told


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
