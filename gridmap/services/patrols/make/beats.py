"""Beats: the town's grids divided among teams, contiguous and even in work, kept, and taken back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypedDict
from zoneinfo import ZoneInfo

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from gridmap import crs
from gridmap.analysis.districting import divide
from gridmap.domain import terms
from gridmap.domain.accounts import Actor
from gridmap.domain.codes import require_domain
from gridmap.domain.geojson import Collection
from gridmap.domain.gridkey import AREA, MICRO, Scope
from gridmap.domain.query import IncidentQuery
from gridmap.errors import InvalidInput
from gridmap.services.cases.limits import require_whole
from gridmap.services.cases.query import chosen_by
from gridmap.services.ground.roads import load_roads
from gridmap.services.patrols.ask.beats import BEATS_SETTING, KeptBeats, kept_beats, no_beats
from gridmap.services.patrols.ask.crew import chosen_teams
from gridmap.services.patrols.ask.request import PatrolRequest
from gridmap.storage.cases.counts import count_by_grid
from gridmap.storage.database import Database
from gridmap.storage.ground.grids import list_grids
from gridmap.storage.teams import teams as stored_teams
from gridmap.storage.teams.teams import TeamRow
from gridmap.storage.workspace.settings import write_settings

Floats = NDArray[np.float64]

_PERIOD_DAYS = 364
_NEAR_M, _BORDER_M = 5.0, 200.0
_MOST_ATOMS = 3_000
_KEPT_BEFORE = 5


@dataclass(frozen=True, slots=True)
class BeatsRequest:
    """What beats are asked for.

    Attributes
    ----------
    teams : tuple of str or None
        Codes; every professional team with a base where None.
    level : int
        Level of the grids that are handed out: 2 to 4.
    domain : str or None
        Incidents of this domain are work; all where None.
    case_min : float
        Minutes of work an incident.
    km_min : float
        Minutes a week that a kilometre of road takes.
    seconds : float
    """

    teams: tuple[str, ...] | None = None
    level: int = 3
    domain: str | None = "policing"
    case_min: float = terms.CASE_MIN
    km_min: float = terms.KM_MIN
    seconds: float = terms.BEATS_S

    def __post_init__(self) -> None:
        """Refuse numbers that make no sense."""
        for term, value in (
            (terms.DIVIDING, self.seconds),
            (terms.EACH_CASE, self.case_min),
            (terms.EACH_KM, self.km_min),
        ):
            term.refuse(value)
        require_domain(self.domain)
        if not AREA <= self.level <= MICRO or self.case_min + self.km_min <= 0:
            raise InvalidInput(
                "beats-asked",
                "巡区以 2 至 4 级网格划分，事件与道路的分钟不能都为 0。",
                "Beats are made of grids of level 2 to 4, and minutes of incidents and of roads cannot both be 0.",
            )


class Beat(TypedDict):
    """A team's beat: its grids, and its work in a week."""

    team: str
    name_zh: str
    name_en: str
    grids: list[str]
    incidents: float
    road_km: float
    minutes: float


class ShownBeats(TypedDict):
    """The beats in force. `largest` and `bound` are in minutes a week; `changed` are grids that had another team.

    Who has a part of the workspace is told of its grids alone, and of no bound.
    """

    beats: list[Beat]
    level: int
    domain: str | None
    case_min: float
    km_min: float
    mean: float
    largest: float
    bound: float | None
    changed: list[str]
    before: int
    made_at: str
    made_by: str | None


def make_beats(
    database: Database,
    asked: BeatsRequest,
    *,
    owner: str | None = None,
    on_progress: Callable[[str, int, int], None] | None = None,
) -> ShownBeats:
    """Divide the grids among teams, and put that in force; what was in force before can be put back.

    Parameters
    ----------
    database : Database
    asked : BeatsRequest
        Of somebody who has the whole workspace: :func:`require_whole` says so.
    owner : str, optional
    on_progress : callable, optional

    Raises
    ------
    InvalidInput
        When there are no grids of the level, too many, fewer than teams, or some that touch no other.
    Unavailable
        When nothing was found in the time.
    """
    tell = on_progress or (lambda *_: None)
    tell("read", 0, 1)
    whole = Scope.whole()
    with database.scoped_session(whole) as session:
        grids = list_grids(session, level=asked.level)
        rows = [r for r in stored_teams.list_teams(session) if asked.teams is not None or r["professional"]]
        in_force = kept_beats(session)
    if not 1 <= len(grids) <= _MOST_ATOMS:
        raise InvalidInput(
            "beats-grids",
            f"第 {asked.level} 级有 {len(grids)} 个网格，应在 1 与 {_MOST_ATOMS} 之间，请换一级。",
            f"Level {asked.level} has {len(grids)} grids; there must be 1 to {_MOST_ATOMS}: choose another level.",
        )
    timed = [TeamRow(**row | {"shift_start": dt.time(), "shift_end": dt.time()}) for row in rows]
    today = dt.datetime.now(ZoneInfo(database.settings.timezone)).date()
    teams, _ = chosen_teams(timed, PatrolRequest(today, teams=asked.teams))
    roads = load_roads(database, whole)
    shapes = crs.geometries_from_wgs84([_shape(g["geometry"]) for g in grids], roads.epsg)
    keys = [str(g["grid_key"]) for g in grids]
    cases = _cases_a_week(database, asked, [int(key) for key in keys], today)
    km = _road_km(roads.graph.lines, shapes)
    work = cases * asked.case_min + km * asked.km_min
    bases = np.column_stack(
        crs.from_wgs84(
            np.array([t["base_lon"] for t in teams]), np.array([t["base_lat"] for t in teams]), roads.epsg
        )
    )
    away = np.array([shapely.distance(shapes, shapely.points(base)) for base in bases]) + np.array(
        [shapely.distance(shapely.centroid(shapes), shapely.points(base)) for base in bases]
    )
    codes = [t["code"] for t in teams]
    today_has: Mapping[str, str] = in_force[-1]["areas"] if in_force else {}
    before = np.array([codes.index(t) if (t := today_has.get(key)) in codes else -1 for key in keys])
    tell("read", 1, 1)
    found = divide(work, _edges(shapes), away / 2.0, before=before, seconds=asked.seconds)
    tell("plan", 1, 1)
    areas = {key: codes[t] for key, t in zip(keys, found.team.tolist(), strict=True)}
    kept: KeptBeats = {
        "areas": areas,
        "asked": {
            "level": asked.level,
            "domain": asked.domain,
            "case_min": asked.case_min,
            "km_min": asked.km_min,
        },
        "work": {
            key: [round(float(n), 3), round(float(r), 3)] for key, n, r in zip(keys, cases, km, strict=True)
        },
        "largest": round(found.largest, 2),
        "bound": round(found.bound, 2),
        "changed": sorted(key for key, team in areas.items() if today_has.get(key, team) != team),
        "made_at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "made_by": owner,
    }
    with database.scoped_session(whole, write=True) as session:
        now = kept_beats(session, lock=True)
        write_settings(session, **{BEATS_SETTING: [*now, kept][-_KEPT_BEFORE - 1 :]})
    tell("save", 1, 1)
    shown = show_beats(database, whole)
    if shown is None:
        raise no_beats()
    return shown


def _shape(geometry: str | None) -> BaseGeometry:
    return shapely.from_geojson(geometry or '{"type":"Polygon","coordinates":[]}')


def _cases_a_week(database: Database, asked: BeatsRequest, keys: Sequence[int], today: dt.date) -> Floats:
    until = today - dt.timedelta(days=1)
    since = until - dt.timedelta(days=_PERIOD_DAYS - 1)
    query = IncidentQuery(None, since, until, (asked.domain,) if asked.domain else ())
    with database.scoped_session(Scope.whole(), timeout_s=60) as session:
        counts = count_by_grid(session, chosen_by(database, query), asked.level)
    return np.array([counts.get(key, (0, 0))[0] for key in keys]) / (_PERIOD_DAYS / 7)


def _road_km(lines: NDArray[np.object_], shapes: NDArray[np.object_]) -> Floats:
    """Kilometres of road in each grid: a line that crosses a border counts on each side by its length there."""
    tree = shapely.STRtree(shapes)
    line, grid = tree.query(lines, predicate="intersects")
    length = shapely.length(shapely.intersection(lines[line], shapes[grid]))
    return np.bincount(grid, length, len(shapes)) / 1000.0


def _edges(shapes: NDArray[np.object_]) -> list[tuple[int, int]]:
    """Grids that share a border: slivers of less than five metres between them do not part them."""
    a, b = shapely.STRtree(shapes).query(shapes, predicate="dwithin", distance=_NEAR_M)
    pairs = [(int(i), int(j)) for i, j in zip(a, b, strict=True) if i < j]
    grown = shapely.buffer(shapes, _NEAR_M)
    return [
        (i, j)
        for i, j in pairs
        if shapely.length(shapely.intersection(shapely.boundary(shapes[i]), grown[j])) >= _BORDER_M
    ]


def show_beats(database: Database, scope: Scope) -> ShownBeats | None:
    """Tell the beats in force, as far as they lie in the scope; None where none do."""
    with database.scoped_session(scope) as session:
        history = kept_beats(session)
        names = {
            t["code"]: (t["name_zh"], t["name_en"] or t["name_zh"]) for t in stored_teams.list_teams(session)
        }
    if not history:
        return None
    kept = history[-1]
    asked = kept["asked"]
    beats: dict[str, Beat] = {}
    for key, team in sorted((key, team) for key, team in kept["areas"].items() if int(key) in scope):
        zh, en = names.get(team, (team, team))
        own = beats.setdefault(
            team,
            {
                "team": team,
                "name_zh": zh,
                "name_en": en,
                "grids": [],
                "incidents": 0.0,
                "road_km": 0.0,
                "minutes": 0.0,
            },
        )
        cases, km = kept["work"][key]
        own["grids"].append(key)
        own["incidents"] += cases
        own["road_km"] += km
        own["minutes"] += cases * asked["case_min"] + km * asked["km_min"]
    if not beats:
        return None
    rows = [beats[team] for team in sorted(beats)]
    for row in rows:
        row["incidents"], row["road_km"] = round(row["incidents"], 2), round(row["road_km"], 1)
        row["minutes"] = round(row["minutes"], 1)
    return {
        "beats": rows,
        "level": asked["level"],
        "domain": asked["domain"],
        "case_min": asked["case_min"],
        "km_min": asked["km_min"],
        "mean": round(sum(row["minutes"] for row in rows) / len(rows), 2),
        "largest": kept["largest"] if scope.is_whole else max(row["minutes"] for row in rows),
        "bound": kept["bound"] if scope.is_whole else None,
        "changed": [key for key in kept["changed"] if int(key) in scope],
        "before": len(history) - 1,
        "made_at": kept["made_at"],
        "made_by": kept["made_by"],
    }


def beat_features(database: Database, scope: Scope) -> Collection:
    """Give each team's beat as one area, in GeoJSON; nothing where none are in force."""
    found = show_beats(database, scope)
    if found is None:
        return {"type": "FeatureCollection", "features": []}
    with database.scoped_session(scope) as session:
        shapes = {
            str(g["grid_key"]): _shape(g["geometry"]) for g in list_grids(session, level=found["level"])
        }
    features: list[Any] = []
    for beat in found["beats"]:
        own = [shapes[key] for key in beat["grids"] if key in shapes]
        features.append(
            {
                "type": "Feature",
                "geometry": shapely.geometry.mapping(shapely.union_all(own)) if own else None,
                "properties": dict(beat),
            }
        )
    return {"type": "FeatureCollection", "features": features}


def undo_beats(database: Database, actor: Actor) -> ShownBeats | None:
    """Put the beats back that were in force before; None where there were none.

    Raises
    ------
    Conflict
        When none are in force.
    Forbidden
        When the actor has a part of the workspace only.
    """
    require_whole(actor)
    with database.scoped_session(Scope.whole(), write=True) as session:
        history = kept_beats(session, lock=True)
        if not history:
            raise no_beats()
        write_settings(session, **{BEATS_SETTING: history[:-1] or None})
    return show_beats(database, Scope.whole())
