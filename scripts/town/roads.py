"""Roads: trunk road, secondary and village roads, streets and paths, routed over the ground and noded."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace

import numpy as np
import shapely
from numpy.typing import NDArray

from .network import Ground
from .plan import Village
from .settlement import Hamlet
from .terrain import MIDDLE

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

CLASSES = ("trunk", "secondary", "tertiary", "village", "path")
_REUSE = (0.55, 0.42, 0.4, 0.5, 0.7)
_TRUNK_OFFSET_M = 9.0


_TERTIARY = (
    ("Xialangqiao", "Xiyi"),
    ("Xiyi", "Leshan"),
    ("Yangchun", "Sanjiang"),
    ("Yangchun", "Xinzehu"),
    ("Meiyuan", "Weilian"),
    ("Liqiao", "Yangchun"),
    ("Yangchun", "Meiyuan"),
    ("Weilian", "Yongning"),
    ("Yongning", "Xianjin"),
    ("Xianjin", "Quantang"),
    ("Quantang", "Fengyuan"),
    ("Fengyuan", "Xialangqiao"),
    ("Xialangqiao", "Liqiao"),
    ("Duhuangxin", "Dongsanxin"),
    ("Huicun", "Meiyuan"),
    ("Silian", "Xinzehu"),
    ("Tujiawu", "Daxi"),
    ("Maling", "Quantang"),
    ("Maling", "Leshan"),
    ("Loujia", "Yangchun"),
    ("Haijiao", "Weilian"),
    ("Zhongshan", "Xianjin"),
)


@dataclass(frozen=True, slots=True)
class Road:
    """One road segment between junctions, local metres.

    Attributes
    ----------
    line : LineString
    rank : int
        Index in ``CLASSES``.
    name : str
        Chinese name, or empty.
    oneway, bridge : bool
        A one-way segment is driven in the order of its points.
    """

    line: shapely.LineString
    rank: int
    name: str
    oneway: bool = False
    bridge: bool = False

    @property
    def speed_kmh(self) -> int:
        """Travel speed for patrol planning."""
        return (70, 55, 40, 25, 5)[self.rank]

    @property
    def surface(self) -> str:
        """What it is paved with."""
        return ("asphalt", "asphalt", "asphalt", "concrete", "ground")[self.rank]


@dataclass(slots=True)
class Plan:
    """Which links of the ground carry a road, of which rank and name."""

    ground: Ground
    rank: Ints
    name: Ints
    names: list[str]
    _index: dict[tuple[int, int], int]

    @classmethod
    def empty(cls, ground: Ground) -> Plan:
        """No road yet."""
        index = {(min(a, b), max(a, b)): k for k, (a, b) in enumerate(ground.ends.tolist())}
        m = len(ground.ends)
        return cls(ground, np.full(m, 9), np.zeros(m, dtype=np.int64), [""], index)

    def cost(self) -> Floats:
        """Link costs, cheaper where a road runs already."""
        cost = self.ground.cost.copy()
        for rank, factor in enumerate(_REUSE):
            cost[self.rank == rank] *= factor
        return cost

    def lay(self, path: list[int], rank: int, name: str = "") -> None:
        """Put a road on a node sequence; a better road that is there already stays."""
        if name and name not in self.names:
            self.names.append(name)
        for a, b in itertools.pairwise(path):
            k = self._index[(min(a, b), max(a, b))]
            if rank < self.rank[k]:
                self.rank[k] = rank
                self.name[k] = self.names.index(name) if name else self.name[k]

    def route(self, start: int, goal: int, rank: int, name: str = "") -> None:
        """Lay the cheapest road between two nodes."""
        self.lay(self.ground.paths(self.cost(), start, [goal])[0], rank, name)


def plan_roads(
    ground: Ground, villages: tuple[Village, ...], hamlets: list[Hamlet], rng: np.random.Generator
) -> Plan:
    """Decide where roads run, from the trunk road down to paths.

    Parameters
    ----------
    ground : Ground
    villages : tuple of Village
    hamlets : list of Hamlet
        The first of each village is where its committee stands.
    rng : numpy.random.Generator
    """
    plan = Plan.empty(ground)
    seat = {h.village: h for h in reversed(hamlets)}
    at = {v.pinyin: ground.nearest(seat[i].xy) for i, v in enumerate(villages)}
    centre = ground.nearest(np.zeros(2))
    gates = {
        name: ground.nearest(MIDDLE + 7900 * np.array([np.cos(np.radians(t)), np.sin(np.radians(t))]))
        for name, t in (("w", 183), ("nw", 146), ("ne", 44), ("n", 92), ("s", 262), ("sw", 222), ("e", 352))
    }
    bypass = ground.nearest(np.array([250.0, -1750.0]))
    plan.route(gates["w"], bypass, 0, "绍诸大道")
    plan.route(bypass, at["Yongning"], 0, "绍诸大道")
    plan.route(at["Yongning"], gates["ne"], 0, "绍诸大道")
    for goal, name in (("nw", "三江路"), ("s", "大溪路"), ("n", "洄村路")):
        plan.route(centre, gates[goal], 1, name)
    for a, b, name in (
        ("Liqiao", "Silian", "栎桥路"),
        ("Weilian", "Duhuangxin", "杜黄路"),
        ("Xianjin", "Xindongwu", "东坞路"),
        ("Fengyuan", "Leshan", "乐山路"),
        ("Qidong", "Daganxi", "干溪路"),
    ):
        plan.route(centre, at[a], 1, name)
        plan.route(at[a], at[b], 1, name)
    plan.route(centre, bypass, 1, "枫桥路")
    short = {v.pinyin: v.name_zh for v in villages}
    for a, b in _TERTIARY:
        plan.route(at[a], at[b], 2, f"{short[a][0]}{short[b][0]}线")
    reach = ground.paths(plan.cost(), centre, list(at.values()))
    for path in reach:
        plan.lay(path, 2)
    _streets(plan, rng)
    outward = sorted(hamlets, key=lambda h: float(np.hypot(*h.xy)))
    for k in range(0, len(outward), 12):
        for path in ground.paths(plan.cost(), centre, [ground.nearest(h.xy) for h in outward[k : k + 12]]):
            plan.lay(path, 3)
    _join_streets(plan, centre)
    _loops(plan, hamlets, rng)
    _paths(plan, rng)
    return plan


def _streets(plan: Plan, rng: np.random.Generator) -> None:
    """Open most lattice links as streets; a bridge only now and then."""
    ground = plan.ground
    draw = rng.random(len(ground.ends))
    for home in np.unique(ground.home[ground.street]):
        here = ground.street & (ground.home == home) & (plan.rank > 4)
        share = 0.84 if home < 0 else 0.72
        opened = here & (draw < share) & (~ground.wet | (draw < 0.10))
        plan.rank[opened] = 3


def _join_streets(plan: Plan, centre: int) -> None:
    """Connect every group of streets that the routed roads left apart, and drop lone stubs."""
    from scipy.sparse.csgraph import connected_components

    ground = plan.ground
    for _ in range(3):
        used = plan.rank <= 4
        graph = ground.graph(np.where(used, 1.0, 0.0))
        graph.eliminate_zeros()
        _, part = connected_components(graph, directed=False)
        touched = np.unique(ground.ends[used])
        sizes = np.bincount(part[touched], minlength=part.max() + 1)
        stray: list[int] = []
        for piece in np.flatnonzero(sizes > 1):
            if piece == part[centre]:
                continue
            nodes = touched[part[touched] == piece]
            if len(nodes) < 5:
                gone = used & np.isin(ground.ends[:, 0], nodes)
                plan.rank[gone] = 9
            else:
                stray.append(int(nodes[0]))
        for path in ground.paths(plan.cost(), centre, stray):
            plan.lay(path, 3)


def _loops(plan: Plan, hamlets: list[Hamlet], rng: np.random.Generator) -> None:
    """Village roads between neighbouring hamlets, so that the network is not a tree."""
    ground, cost = plan.ground, plan.cost()
    for k, hamlet in enumerate(hamlets):
        near = sorted(range(len(hamlets)), key=lambda j: float(np.hypot(*(hamlets[j].xy - hamlet.xy))))[1:5]
        goals = [j for j in near if j > k and rng.random() < 0.6]
        found = ground.paths(
            cost, ground.nearest(hamlet.xy), [ground.nearest(hamlets[j].xy) for j in goals], 3500.0
        )
        for j, path in zip(goals, found, strict=True):
            gap = np.hypot(*(hamlets[j].xy - hamlet.xy))
            if path and np.hypot(*np.diff(ground.xy[path], axis=0).T).sum() < 2.0 * gap:
                plan.lay(path, 3)


def _paths(plan: Plan, rng: np.random.Generator) -> None:
    """Field tracks and hill paths to places without a road."""
    ground = plan.ground
    inside = np.hypot(*(ground.xy - MIDDLE).T) < 7300
    centre = ground.nearest(np.zeros(2))
    goals = rng.choice(np.flatnonzero(inside), 420, replace=False)
    reach = ground.paths(plan.cost(), centre, goals.tolist())
    for path in reach:
        plan.lay(path, 4)


def with_bridges(roads: list[Road], rivers: list[tuple[shapely.LineString, float]]) -> list[Road]:
    """Cut roads where they cross a river and mark the short piece over the water as a bridge."""
    tree = shapely.STRtree([line for line, _ in rivers])
    found: list[Road] = []
    for road in roads:
        spans: list[tuple[float, float]] = []
        if road.rank < 4:
            for k in sorted(tree.query(road.line, predicate="intersects").tolist()):
                line, width = rivers[k]
                for point in shapely.get_parts(shapely.intersection(road.line, line)):
                    if point.geom_type == "Point":
                        s = float(shapely.line_locate_point(road.line, point))
                        spans.append((s - width / 2 - 8, s + width / 2 + 8))
        found.extend(_cut(road, sorted(spans)))
    return found


def _cut(road: Road, spans: list[tuple[float, float]]) -> list[Road]:
    from shapely.ops import substring

    total = road.line.length
    merged: list[list[float]] = []
    for first, last in spans:
        a = first if first >= 6 else 0.0
        b = last if last <= total - 6 else total
        if merged and a <= merged[-1][1] + 6:
            merged[-1][1] = max(merged[-1][1], b)
        else:
            merged.append([a, b])
    marks = [0.0] + [x for span in merged for x in span] + [total]
    found = []
    for k, (a, b) in enumerate(itertools.pairwise(marks)):
        if b - a > 0.05:
            found.append(replace(road, line=substring(road.line, a, b), bridge=k % 2 == 1))
    return found
