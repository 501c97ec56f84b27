"""What a plan works on: teams with their hours and bases, stops from a hotspot run, times on the roads."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from gridmap import crs
from gridmap.analysis.patrol import Shift, Stop, Team
from gridmap.analysis.roads import Mode, Router
from gridmap.domain.gridkey import UNASSIGNED, VILLAGE, Scope, ancestor, level_of
from gridmap.errors import InvalidInput, NotFound
from gridmap.services.hotspots.publish import is_cold
from gridmap.services.hotspots.runs import hotspot_run, newest_run
from gridmap.services.patrols.request import PatrolRequest
from gridmap.services.roads import load_graph
from gridmap.storage import field
from gridmap.storage.database import Database


@dataclass(frozen=True, slots=True, eq=False)
class Inputs:
    """Teams, stops and times of one plan.

    Attributes
    ----------
    teams : tuple of Team
    team_rows : dict of code to row
        Teams as they are stored.
    stops : tuple of Stop
    features : dict of stop to hotspot
    places : (p, 2) float64
        Longitude and latitude of bases and stops, in the numbering of teams and stops.
    travel_s : dict of mode to (p, p) float64
    routers : dict of mode to Router
    shift : Shift
        Seconds from `begins_at`.
    begins_at, ends_at : datetime
    run : dict
        The hotspot run.
    epsg : int
    sha256 : str
    """

    teams: tuple[Team, ...]
    team_rows: dict[str, dict[str, Any]]
    stops: tuple[Stop, ...]
    features: dict[str, dict[str, Any]]
    places: NDArray[np.float64]
    travel_s: dict[str, NDArray[np.float64]]
    routers: dict[str, Router]
    shift: Shift
    begins_at: dt.datetime
    ends_at: dt.datetime
    run: dict[str, Any]
    epsg: int
    sha256: str


def load_inputs(database: Database, scope: Scope, asked: PatrolRequest) -> Inputs:
    """Read what a plan works on.

    Raises
    ------
    InvalidInput
        When there is no hotspot run, no team with a base and hours, or no road.
    NotFound
        When a team or the run is not in the scope.
    """
    run = _run(database, scope, asked)
    with database.scoped_session(scope) as session:
        rows = field.list_teams(session)
    chosen = _chosen(rows, asked)
    zone = ZoneInfo(database.settings.timezone)
    hours = {row["code"]: _hours(row, asked.on, zone) for row in chosen}
    begins_at, ends_at = min(h[0] for h in hours.values()), max(h[1] for h in hours.values())
    features = _hotspots(run)
    graph, epsg = load_graph(database, scope)
    places = np.array(
        [[row["base_lon"], row["base_lat"]] for row in chosen]
        + [[f["geometry"].representative_point().x, f["geometry"].representative_point().y] for f in features]
    )
    xy = np.column_stack(crs.from_wgs84(places[:, 0], places[:, 1], epsg))
    modes: list[Mode] = sorted({row["mode"] for row in chosen})
    routers = {mode: Router(graph, mode) for mode in modes}
    travel_s = {
        mode: router.cost_matrix(router.snap(xy), router.snap(xy)) for mode, router in routers.items()
    }
    teams = tuple(
        Team(
            row["code"],
            place,
            place,
            row["mode"],
            (hours[row["code"]][0] - begins_at).total_seconds(),
            (hours[row["code"]][1] - begins_at).total_seconds(),
            size=row["size"] or 2,
            scope=_bound(row),
        )
        for place, row in enumerate(chosen)
    )
    stops = tuple(
        Stop(
            f"H{feature['rank']}",
            len(chosen) + number,
            _prize(feature),
            asked.dwell_s,
            village=_village(feature["grid_key"]),
            grid_key=feature["grid_key"] or UNASSIGNED,
        )
        for number, feature in enumerate(features)
    )
    told = [
        asked.as_dict(),
        run["data_sha256"],
        [str(row) for row in chosen],
        [str(f["words_en"]) for f in features],
    ]
    lengths = hashlib.sha256(graph.length_m.tobytes()).hexdigest()
    sha256 = hashlib.sha256(json.dumps([told[1:], lengths]).encode()).hexdigest()
    return Inputs(
        teams,
        {row["code"]: row for row in chosen},
        stops,
        {stop.id: feature for stop, feature in zip(stops, features, strict=True)},
        places,
        {str(mode): matrix for mode, matrix in travel_s.items()},
        {str(mode): router for mode, router in routers.items()},
        Shift(0.0, (ends_at - begins_at).total_seconds()),
        begins_at,
        ends_at,
        run,
        epsg,
        sha256,
    )


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


def _village(key: int | None) -> int:
    return UNASSIGNED if not key else ancestor(int(key), VILLAGE)


def _prize(feature: dict[str, Any]) -> float:
    """Return what a visit is worth: reports above expectation, at least one."""
    return max(float(feature["observed"]) - float(feature["expected"] or 0.0), 1.0)
