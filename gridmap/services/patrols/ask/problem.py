"""What a plan works on: teams with their hours and bases, stops from a hotspot run, times on the roads."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from dataclasses import asdict, dataclass, field, replace
from typing import Any, cast
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from gridmap.analysis.patrol import Households, Objective, Shift, Stop, Team
from gridmap.domain.duties import slowness
from gridmap.domain.gridkey import UNASSIGNED, VILLAGE, Scope, ancestor
from gridmap.domain.hotspots import Finding, KeptRun
from gridmap.domain.shown_plans import Carried, Notice, StopAbout
from gridmap.domain.terms import MINIMUM
from gridmap.errors import InvalidInput
from gridmap.services.hotspots.publish import is_cold
from gridmap.services.hotspots.runs import hotspot_run, newest_run
from gridmap.services.patrols.ask.beats import within_beats
from gridmap.services.patrols.ask.by_hour import Kinds, hourly
from gridmap.services.patrols.ask.crew import (
    bound_to,
    chosen_teams,
    crowded,
    hours_of,
    left_out_team,
    no_break,
)
from gridmap.services.patrols.ask.fixed_points import (
    about_of,
    stop_of,
    tonight,
    usable_points,
    windows_of,
)
from gridmap.services.patrols.ask.history import read_history
from gridmap.services.patrols.ask.households import households_of
from gridmap.services.patrols.ask.own_places import next_best
from gridmap.services.patrols.ask.places import FAR_M, OnRoads, off_road, on_roads
from gridmap.services.patrols.ask.prize import Terms
from gridmap.services.patrols.ask.request import PatrolRequest
from gridmap.services.patrols.ask.rosters import with_duties
from gridmap.services.patrols.ask.ways import Ways, shifted, ways_of
from gridmap.services.patrols.ask.wishes import ruled_stops, ruled_teams, with_wishes
from gridmap.services.patrols.ask.worth import stop_id, terms_of_hotspots, told_of_prizes
from gridmap.storage.database import Database
from gridmap.storage.patrols import plans as stored
from gridmap.storage.patrols.fixed_points import FixedPointRow
from gridmap.storage.teams import teams as stored_teams
from gridmap.storage.teams.teams import TeamRow

_BY_GRID = frozenset({"gi", "moran", "emerging"})


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
    households : Households, optional
        Where the plan is to stay near to them.
    roads_changed : bool
        The roads are not those that the plan was first made on: what is done was done on others.
    carried : tuple of dict
        What happened in the shift so far: teams out or taken.
    """

    teams: tuple[Team, ...]
    names: dict[str, tuple[str, str]]
    stops: tuple[Stop, ...]
    about: dict[str, StopAbout]
    roads: OnRoads
    shift: Shift
    objective: Objective
    begins_at: dt.datetime
    ends_at: dt.datetime
    run_id: int | None
    sha256: str
    free_stops: tuple[Stop, ...]
    carried: tuple[Carried, ...] = field(default=())
    notices: tuple[Notice, ...] = field(default=())
    roads_changed: bool = False
    households: Households | None = None


def load_inputs(database: Database, scope: Scope, asked: PatrolRequest) -> Inputs:
    """Read what a plan works on.

    Raises
    ------
    InvalidInput
        When there is no hotspot run, no team with a base and hours, or no road; when a lock cannot hold.
    NotFound
        When a team, a stop or the run is not there.
    """
    fixed, placeless = usable_points(database, scope, wanted=asked.fixed_points)
    run = _run(database, scope, asked, needed=not fixed)
    with database.scoped_session(scope) as session:
        rows = stored_teams.list_teams(session)
    rows = with_duties(database, scope, rows, asked)
    chosen, notices = chosen_teams(rows, asked)
    zone = ZoneInfo(database.settings.timezone)
    hours = {row["code"]: hours_of(row, asked.on, zone) for row in chosen}
    begins_at, ends_at = min(h[0] for h in hours.values()), max(h[1] for h in hours.values())
    fixed, elsewhen = tonight(fixed, begins_at, ends_at)
    notices += [*placeless, *elsewhen]
    features = [] if run is None else _hotspots(run, needed=not fixed)
    severities: list[float | None] = []
    medians: list[tuple[float, float] | None] = []
    kinds: list[Kinds] = []
    by_patrols: list[int] = []
    if run is not None:
        features += next_best(run, features, chosen, asked.dwell_s)
        with database.scoped_session(scope) as session:
            severities, medians, kinds, by_patrols = _of_incidents(
                session, run, features, zone, patrol_found=asked.patrol_found
            )
    points = [
        (p.x, p.y) if median is None else median
        for median, p in zip(medians, (_area(f).representative_point() for f in features), strict=True)
    ]
    for n, feature in enumerate(features):
        if feature.evidence.get("at_base"):
            key = feature.grid_key or UNASSIGNED
            home = next(row for row in chosen if key in bound_to(row) != Scope.whole())
            points[n] = home["base_lon"] or 0.0, home["base_lat"] or 0.0
    ways = ways_of(database, scope, fixed, [row["mode"] for row in chosen], points)
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
            scope=bound_to(row),
        )
        for place, row in enumerate(chosen)
    )
    teams, unrested = ruled_teams(teams, asked.rules, asked.rest, begins_at, ends_at)
    shift = Shift(0.0, (ends_at - begins_at).total_seconds())
    with database.scoped_session(scope) as session:
        history = read_history(session, begins_at, roads.epsg)
    terms = terms_of_hotspots(
        features, severities, by_patrols, (history, roads, len(chosen)), begins_at, asked.dose_min
    )
    notices += [
        *(no_break(code, asked.rest or "") for code in unrested),
        *told_of_prizes(run, features, terms),
    ]
    stops = tuple(
        Stop(
            stop_id(feature),
            len(chosen) + number,
            term.prize,
            asked.dwell_s,
            village=village_of(feature.grid_key),
            grid_key=feature.grid_key or UNASSIGNED,
            visits=asked.visits,
            min_gap_s=asked.min_gap_s,
            revisit_share=asked.revisit_share,
            max_interval_s=asked.max_interval_s,
        )
        for number, (feature, term) in enumerate(zip(features, terms, strict=True))
    )
    shares: list[NDArray[np.float64]] = []
    if run is not None and asked.by_hour:
        stops, shares, untimed = hourly(
            database,
            run,
            stops,
            features,
            kinds,
            by_patrols,
            (begins_at, ends_at),
            asked.seed,
            patrol_found=asked.patrol_found,
        )
        notices += untimed
    stops += _fixed_stops(fixed, ways, stops, len(chosen) + len(features), asked, (begins_at, ends_at))
    stops = ruled_stops(stops, asked.rules, teams, begins_at, ends_at)
    stops, elsewhere = within_beats(database, scope, stops, teams, wanted=asked.within_beats)
    notices += [*elsewhere, *crowded(stops, teams, shift)]
    free = stops
    stops = with_wishes(free, teams, roads.travel_s, shift, dict(asked.locks), asked.leave_out)
    about = {
        stop.id: _about(feature, term, places[stop.place], shares[n] if shares else None)
        for n, (stop, feature, term) in enumerate(zip(stops, features, terms, strict=False))
    } | {row["code"]: about_of(row, way) for row, way in zip(fixed, ways, strict=True)}
    told = [
        None if run is None else run.data_sha256,
        fixed,
        [
            {
                k: v
                for k, v in row.items()
                if not k.startswith("position") and k not in {"lon", "lat", "accuracy_m"}
            }
            for row in chosen
        ],
        [str(f.evidence["words_en"]) for f in features],
        [asdict(term) for term in terms],
        asked.rules.as_dict() if asked.rules is not None else None,
        roads.sha256,
        *([stop.by_hour for stop in stops] if shares else []),
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
            near_s=asked.near_s,
            near_level=asked.near_level,
        ),
        begins_at,
        ends_at,
        None if run is None else run.run_id,
        hashlib.sha256(json.dumps(told, default=str).encode()).hexdigest(),
        free,
        notices=tuple(notices),
        households=households_of(database, scope, teams, roads, asked.near_s),
    )


def _on_roads(
    database: Database,
    scope: Scope,
    rows: list[TeamRow],
    points: list[tuple[float, float]],
    *,
    named: bool,
) -> tuple[OnRoads, list[TeamRow], list[Notice]]:
    """Put bases and stops onto the roads; teams far from every road are refused where named, else told and left out."""
    places = np.array(
        [[row["base_lon"], row["base_lat"]] for row in rows] + [list(point) for point in points]
    )
    roads = on_roads(database, scope, places, [row["mode"] for row in rows])
    off = [n for n, row in enumerate(rows) if roads.snapped[row["mode"]].distance_m[n] > FAR_M]
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


def _of_incidents(
    session: Any, run: KeptRun, features: list[Finding], zone: ZoneInfo, *, patrol_found: bool
) -> tuple[list[float | None], list[tuple[float, float] | None], list[Kinds], list[int]]:
    """Mean severity of each hotspot's incidents, their median place, their kinds, and how many patrols found."""
    since = dt.datetime.combine(run.since, dt.time(), zone)
    until = dt.datetime.combine(run.until + dt.timedelta(days=1), dt.time(), zone)
    areas = []
    for feature in features:
        # A unit of several cells is named by the first of them.
        named = feature.grid_key if run.method in _BY_GRID and feature.evidence.get("cells", 1) == 1 else None
        around = Scope.of_grid(named) if named else Scope.whole()
        wkb = None if named else bytes(_area(feature).wkb)
        areas.append((around.lo, around.hi, wkb, feature.evidence.get("domain") or run.domain))
    severities = stored.mean_severities(session, areas, since, until)
    return (
        severities,
        stored.median_places(session, areas, since, until, MINIMUM),
        *stored.kinds_of(session, areas, since, until, run.kind, patrol_found=patrol_found),
    )


def _about(
    feature: Finding, terms: Terms, place: NDArray[np.float64], share: NDArray[np.float64] | None
) -> StopAbout:
    told = feature.evidence
    about: StopAbout = {
        "name_zh": told["name_zh"],
        "name_en": told["name_en"],
        "words_zh": told["words_zh"],
        "words_en": told["words_en"],
        "observed": told["observed"],
        "expected": told["expected"],
        "grid_key": str(feature.grid_key),
        "lon": round(float(place[0]), 7),
        "lat": round(float(place[1]), 7),
        "terms": {k: None if v is None else round(v, 4) for k, v in asdict(terms).items()},
    }
    if share is not None:
        about["shares"] = [round(float(part), 5) for part in share]
    return about


def _area(feature: Finding) -> BaseGeometry:
    # Places without an area were left out when the hotspots were chosen.
    return cast("BaseGeometry", feature.geometry)


def _fixed_stops(
    rows: list[FixedPointRow],
    ways: list[Ways],
    hot: tuple[Stop, ...],
    first: int,
    asked: PatrolRequest,
    hours: tuple[dt.datetime, dt.datetime],
) -> tuple[Stop, ...]:
    """Make fixed points stops: each of their times is worth as much as the best hotspot in its best hour."""
    prize = max((stop.most for stop in hot), default=1.0)
    usual = Stop("", first, prize, asked.dwell_s, min_gap_s=asked.min_gap_s)
    return tuple(
        stop_of(
            row,
            replace(usual, place=first + n),
            windows_of(row, *hours),
            village_of(row["grid_key"]),
            shifted(ways[n], first),
        )
        for n, row in enumerate(rows)
    )


def _run(database: Database, scope: Scope, asked: PatrolRequest, *, needed: bool) -> KeptRun | None:
    if asked.hotspot_run_id is not None:
        return hotspot_run(database, scope, asked.hotspot_run_id)
    newest = newest_run(database, scope, "gi")
    if newest is None and needed:
        raise InvalidInput(
            "patrol-no-hotspots",
            "还没有热点分析，也没有必到点，无从安排巡防。请先运行 gridmap hotspots run --method gi，"
            "或导入必到点：gridmap fixed-points import 文件",
            "There is no hotspot run and no fixed point to plan from. Run first: gridmap hotspots run --method gi; "
            "or import fixed points: gridmap fixed-points import FILE",
        )
    return newest


def _hotspots(run: KeptRun, *, needed: bool) -> list[Finding]:
    found = [
        f
        for f in run.findings
        if f.label not in {"none", "candidate"} and not is_cold(f.label) and f.geometry is not None
    ]
    if not found and needed:
        raise InvalidInput(
            "patrol-nothing-to-visit",
            f"第 {run.run_id} 次分析没有发现热点，无需安排。请换一次分析或放宽时段。",
            f"Run {run.run_id} found no hotspot: there is nothing to visit. Choose another run or a longer period.",
        )
    return found


def village_of(key: int | None) -> int:
    """Return the village of a grid key."""
    return UNASSIGNED if not key else ancestor(int(key), VILLAGE)
