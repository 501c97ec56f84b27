"""Twelve teams, and one night of their positions along real roads."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components, dijkstra
from scipy.spatial import cKDTree

from .build import Land
from .incidents import ZONE
from .plan import snap

Floats = NDArray[np.float64]

NIGHT_FROM = datetime(2026, 10, 30, 20, 0, tzinfo=ZONE)
NIGHT_MINUTES = 360
_FIRE, _PATROL, _WARDEN = "professional fire team", "professional patrol team", "safety warden team"
_LOCAL, _VOLUNTEER = "village/enterprise/school patrol team", "volunteer fire team"


@dataclass(frozen=True, slots=True)
class Team:
    """One team; ``base`` in local metres, ``reach_m`` how far from it the team goes."""

    code: str
    name_zh: str
    name_en: str
    kind: str
    professional: bool
    base: tuple[float, float]
    shift: tuple[str, str]
    mode: str
    speed_kmh: float
    size: int
    reach_m: float


TEAMS = (
    Team(
        "T01",
        "镇专职消防队",
        "Town fire team",
        _FIRE,
        True,
        (640, -420),
        ("18:00", "06:00"),
        "car",
        40,
        8,
        5000,
    ),
    Team(
        "T02",
        "镇巡防一队",
        "Town patrol team 1",
        _PATROL,
        True,
        (420, 240),
        ("20:00", "02:00"),
        "car",
        30,
        4,
        3500,
    ),
    Team(
        "T03",
        "镇巡防二队",
        "Town patrol team 2",
        _PATROL,
        True,
        (-780, -60),
        ("20:00", "02:00"),
        "car",
        30,
        4,
        4500,
    ),
    Team(
        "T04",
        "东山片巡防队",
        "Dongshan patrol team",
        _PATROL,
        True,
        (3450, 200),
        ("20:00", "02:00"),
        "car",
        32,
        4,
        5000,
    ),
    Team(
        "T05",
        "乐山片巡防队",
        "Leshan patrol team",
        _PATROL,
        True,
        (-3150, -900),
        ("20:00", "02:00"),
        "car",
        32,
        4,
        5000,
    ),
    Team(
        "T06",
        "平安协管一队",
        "Safety warden team 1",
        _WARDEN,
        True,
        (60, 250),
        ("19:30", "02:30"),
        "bike",
        14,
        5,
        1500,
    ),
    Team(
        "T07",
        "平安协管二队",
        "Safety warden team 2",
        _WARDEN,
        True,
        (1400, 800),
        ("19:30", "02:30"),
        "bike",
        14,
        5,
        1700,
    ),
    Team(
        "T08",
        "海角社区治安巡防队",
        "Haijiao patrol team",
        _LOCAL,
        False,
        (1450, 850),
        ("20:00", "02:00"),
        "foot",
        4.5,
        6,
        900,
    ),
    Team(
        "T09",
        "陈家社区治安巡防队",
        "Chenjia patrol team",
        _LOCAL,
        False,
        (-350, -1150),
        ("20:00", "02:00"),
        "foot",
        4.5,
        6,
        900,
    ),
    Team(
        "T10",
        "枫源村治安巡防队",
        "Fengyuan patrol team",
        _LOCAL,
        False,
        (-1550, -2900),
        ("20:00", "02:00"),
        "bike",
        12,
        6,
        1600,
    ),
    Team(
        "T11",
        "栎桥村义务消防队",
        "Liqiao volunteer fire team",
        _VOLUNTEER,
        False,
        (-3150, 1250),
        ("19:00", "03:00"),
        "bike",
        12,
        8,
        1600,
    ),
    Team(
        "T12",
        "大干溪村义务消防队",
        "Daganxi volunteer fire team",
        _VOLUNTEER,
        False,
        (7350, -1050),
        ("19:00", "03:00"),
        "foot",
        4.5,
        8,
        1200,
    ),
)


class RoadGraph:
    """Directed graph of the drawn roads: one node a junction, seconds left to the caller."""

    def __init__(self, land: Land) -> None:
        ends: dict[tuple[float, float], int] = {}
        rows, cols, data = [], [], []
        self.lines: dict[tuple[int, int], Floats] = {}
        for road in land.roads:
            xy = shapely.get_coordinates(road.line)
            a, b = (ends.setdefault((float(p[0]), float(p[1])), len(ends)) for p in (xy[0], xy[-1]))
            ways = [(a, b, xy)] if road.oneway else [(a, b, xy), (b, a, xy[::-1])]
            weight = road.line.length * (3.0 if road.rank == 4 else 1.0)
            for u, v, line in ways:
                if (u, v) not in self.lines and u != v:
                    self.lines[u, v] = line
                    rows.append(u)
                    cols.append(v)
                    data.append(weight)
        self.xy = np.array(list(ends))
        self.graph = csr_array((data, (rows, cols)), shape=(len(ends), len(ends)))
        _, part = connected_components(self.graph, directed=True, connection="strong")
        usual = part == np.bincount(part).argmax()
        self.usual = np.flatnonzero(
            usual & shapely.contains_xy(shapely.buffer(land.outline, -60), *self.xy.T)
        )
        self.tree = cKDTree(self.xy[self.usual])

    def way(self, start: int, goal: int) -> Floats | None:
        """Points of the shortest way, or None when there is none."""
        far, before = dijkstra(self.graph, indices=start, return_predecessors=True)
        if start == goal or not np.isfinite(far[goal]):
            return None
        nodes = [goal]
        while nodes[-1] != start:
            nodes.append(int(before[nodes[-1]]))
        nodes.reverse()
        parts = [self.lines[u, v] for u, v in itertools.pairwise(nodes)]
        return np.vstack([parts[0], *[p[1:] for p in parts[1:]]])


def _track(team: Team, roads: RoadGraph, rng: np.random.Generator) -> Floats:
    """Position at each minute of the night, shape (NIGHT_MINUTES + 1, 2): drive somewhere, stand a while, go on."""
    base = np.array(team.base)
    at = int(roads.usual[roads.tree.query(base)[1]])
    near = roads.usual[np.array(sorted(roads.tree.query_ball_point(base, team.reach_m)))]
    metres_a_minute = team.speed_kmh * 1000 / 60
    spots: list[Floats] = [roads.xy[at]]
    while len(spots) <= NIGHT_MINUTES:
        goal = int(near[rng.integers(len(near))])
        way = roads.way(at, goal)
        if way is None:
            continue
        line = shapely.LineString(way)
        pace = metres_a_minute * float(rng.uniform(0.75, 1.1))
        along = np.arange(1, int(line.length / pace) + 1) * pace
        spots.extend(shapely.get_coordinates(shapely.line_interpolate_point(line, along)))
        spots.extend([roads.xy[goal]] * int(rng.integers(3, 13)))
        at = goal
    return np.array(spots[: NIGHT_MINUTES + 1])


def night_positions(land: Land, seed: int) -> tuple[list[dict[str, object]], Floats]:
    """Positions of every team, one a minute: rows without coordinates, and local metres of shape (rows, 2)."""
    rng = np.random.default_rng([seed, 40])
    roads = RoadGraph(land)
    shapely.prepare(land.outline)
    rows: list[dict[str, object]] = []
    spots = []
    for team in TEAMS:
        for minute, xy in enumerate(_track(team, roads, rng)):
            accuracy = int(np.clip(rng.gamma(4, 2.2), 3, 40))
            seen = xy + rng.normal(0, accuracy / 2.45, 2)
            spots.append(seen if shapely.contains_xy(land.outline, *seen) else xy)
            rows.append(
                {
                    "team_code": team.code,
                    "at": (NIGHT_FROM + timedelta(minutes=minute)).isoformat(),
                    "accuracy_m": accuracy,
                }
            )
    return rows, snap(np.array(spots))
