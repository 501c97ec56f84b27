"""Turn restrictions hold in every time and way: an independent search over the extract's own nodes finds the same."""

from __future__ import annotations

import itertools
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import osmium
import pytest
import shapely

from gridmap import crs
from gridmap.analysis.roads import MODES, Mode, RoadGraph, Router, Snapped, isochrone
from gridmap.domain.road_turns import read_bans, write_bans
from gridmap.ingest.osm_turns import rules_of
from gridmap.ingest.rows import parse_table
from gridmap.services.ground.graph_rows import graph_of

EPSG = 4549
KMH = {"car": 25.0, "bike": 14.0, "foot": 4.5}
TURNS = [f"{w}_{t}" for w in ("no", "only") for t in ("left_turn", "right_turn", "straight_on")] + [
    "no_u_turn"
]
Step = tuple[int, int, int]
"""Number of a way, from which of its nodes (by position) to which one beside it."""


@dataclass
class Town:
    """What an extract holds."""

    places: dict[int, tuple[float, float]] = field(default_factory=dict)
    ways: dict[int, tuple[list[int], str]] = field(default_factory=dict)
    turns: list[tuple[int, int, int, dict[str, str]]] = field(default_factory=list)

    def draw(self, rng: np.random.Generator, corner: int) -> None:
        """Add a network apart from the others: ways that turn at random over a grid, and restrictions at their ends."""
        side, first = 4, corner * 100
        for i, j in np.ndindex(side, side):
            jitter = rng.uniform(-2e-4, 2e-4, 2)
            self.places[first + i * side + j] = (
                round(120.0 + corner * 0.05 + 1e-3 * i + jitter[0], 7),
                round(29.78 + 1e-3 * j + jitter[1], 7),
            )
        used: set[tuple[int, int]] = set()
        number = first
        for _ in range(26):
            at = rng.integers(0, side, 2)
            nodes = [first + int(at[0]) * side + int(at[1])]
            for _ in range(int(rng.integers(1, 4))):
                step = [(1, 0), (-1, 0), (0, 1), (0, -1)][int(rng.integers(4))]
                to = at + step
                node = first + int(to[0]) * side + int(to[1])
                pair = (min(nodes[-1], node), max(nodes[-1], node))
                if not ((to >= 0) & (to < side)).all() or node in nodes or pair in used:
                    break
                used.add(pair)
                nodes.append(node)
                at = to
            if len(nodes) > 1:
                number += 1
                self.ways[number] = nodes, str(rng.choice(["no", "no", "no", "yes", "-1"]))
        self.restrict(rng, range(first + 1, number + 1))

    def restrict(self, rng: np.random.Generator, numbers: range) -> None:
        ends = defaultdict(list)
        for way in numbers:
            for node in (self.ways[way][0][0], self.ways[way][0][-1]):
                ends[node].append(way)
        for node, ways in ends.items():
            for _ in range(2):
                come, go = (int(way) for way in rng.choice(ways, 2))
                said = str(rng.choice(TURNS))
                if (come == go) != (said == "no_u_turn"):
                    continue
                more = [{}, {}, {"except": "bicycle"}, {"except": "psv;motorcar"}][int(rng.integers(4))]
                self.turns.append((come, node, go, {"restriction": said} | more))

    def write(self, path: Path) -> Path:
        with osmium.SimpleWriter(str(path)) as writer:
            for number, place in self.places.items():
                writer.add_node(osmium.osm.mutable.Node(id=number, location=place))
            for number, (nodes, oneway) in self.ways.items():
                tags = {"highway": "residential", "oneway": oneway}
                writer.add_way(osmium.osm.mutable.Way(id=number, nodes=nodes, tags=tags))
            for number, (come, via, go, tags) in enumerate(self.turns, start=1):
                members = [("w", come, "from"), ("n", via, "via"), ("w", go, "to")]
                writer.add_relation(
                    osmium.osm.mutable.Relation(
                        id=number, members=members, tags={"type": "restriction"} | tags
                    )
                )
        return path

    def steps(self, mode: Mode) -> list[Step]:
        found = []
        for way, (nodes, oneway) in self.ways.items():
            for i in range(len(nodes) - 1):
                found += [(way, i, i + 1)] if mode == "foot" or oneway != "-1" else []
                found += [(way, i + 1, i)] if mode == "foot" or oneway != "yes" else []
        return found

    def oracle(self, mode: Mode) -> nx.DiGraph:
        """Steps and places as nodes: 'from' and 'to' a place, and the steps between them; seconds on what is taken."""
        steps = self.steps(mode)
        lon, lat = zip(*self.places.values(), strict=True)
        x, y = crs.from_wgs84(lon, lat, EPSG)
        at = {number: (x[i], y[i]) for i, number in enumerate(self.places)}
        ends = {step: [self.ways[step[0]][0][k] for k in step[1:]] for step in steps}
        seconds = {
            step: float(np.hypot(*np.subtract(at[a], at[b]))) / KMH[mode] * 3.6
            for step, (a, b) in ends.items()
        }
        out = defaultdict(list)
        for step, (begin, _) in ends.items():
            out[begin].append(step)
        barred, no_return = self.barred(mode, ends)
        net = nx.DiGraph()
        for step, (begin, end) in ends.items():
            net.add_edge(("from", begin), step, s=seconds[step])
            net.add_edge(step, ("to", end), s=0.0)
            back = (step[0], step[2], step[1])
            onward = [other for other in out[end] if other != back and (step, other) not in barred]
            if not onward and back in ends and step not in no_return:
                onward = [back]
            for other in onward:
                net.add_edge(step, other, s=seconds[other])
        for number in self.places:
            net.add_edge(("from", number), ("to", number), s=0.0)
        return net

    def barred(self, mode: Mode, ends: dict[Step, list[int]]) -> tuple[set[tuple[Step, Step]], set[Step]]:
        pairs, no_return = set(), set()
        for come, via, go, tags in self.turns:
            free = {"bicycle": "bike", "motorcar": "car"}
            if mode == "foot" or mode in {free.get(word) for word in tags.get("except", "").split(";")}:
                continue
            said = tags["restriction"]
            coming = [s for s, (_, end) in ends.items() if s[0] == come and end == via]
            going = [s for s, (begin, _) in ends.items() if s[0] == go and begin == via]
            if said == "no_u_turn":
                no_return |= set(coming)
            elif said.startswith("no_"):
                pairs |= set(itertools.product(coming, going))
            elif going:
                others = [s for s, (begin, _) in ends.items() if begin == via and s not in going]
                pairs |= set(itertools.product(coming, others))
        return pairs, no_return


def graph_from(path: Path) -> tuple[RoadGraph, list[dict[str, Any]]]:
    parsed = parse_table(path, "roads")
    frame = parsed.rows.astype(object)
    rows = frame.where(frame.notna(), None).sort_values("road_id").to_dict("records")
    for row in rows:
        row["wkb"] = row["geometry"].wkb
    return graph_of(rows, EPSG), rows  # type: ignore[arg-type]


def at_nodes(rows: list[dict[str, Any]], graph: RoadGraph, numbers: list[int]) -> Snapped:
    """Places at the ends of roads, by the names of their nodes."""
    spot = {}
    for i, row in enumerate(rows):
        spot[row["begin_node"]] = (i, 0.0)
        spot[row["end_node"]] = (i, float(graph.length_m[i]))
    segment, offset = zip(*(spot[str(number)] for number in numbers), strict=True)
    return Snapped(np.array(segment), np.array(offset), np.zeros(len(numbers)))


def test_every_time_between_nodes_is_that_of_an_independent_search(tmp_path: Path) -> None:
    town = Town()
    rng = np.random.default_rng(15)
    for corner in range(12):
        town.draw(rng, corner)
    assert len(town.turns) > 60
    graph, rows = graph_from(town.write(tmp_path / "towns.osm.pbf"))
    named = {int(name) for row in rows for name in (row["begin_node"], row["end_node"])}
    node_of = {int(row["begin_node"]): graph.tail[i] for i, row in enumerate(rows)}
    node_of |= {int(row["end_node"]): graph.head[i] for i, row in enumerate(rows)}
    compared = bound = 0
    free = RoadGraph(*(getattr(graph, name) for name in RoadGraph.__slots__ if name != "forbidden"))
    for mode in MODES:
        router, unbound, net = Router(graph, mode), Router(free, mode), town.oracle(mode)
        for corner in range(12):
            numbers = sorted(n for n in named if n // 100 == corner)
            places = at_nodes(rows, graph, numbers)
            right = np.full((len(numbers), len(numbers)), np.inf)
            for i, number in enumerate(numbers):
                found = nx.single_source_dijkstra_path_length(net, ("from", number), weight="s")
                right[i] = [found.get(("to", other), np.inf) for other in numbers]
            ours = router.cost_matrix(places, places)
            np.testing.assert_allclose(ours, right, rtol=1e-9, atol=1e-6)
            few = Snapped(places.segment[:2], places.offset_m[:2], places.distance_m[:2])
            np.testing.assert_allclose(router.cost_matrix(places, few), right[:, :2], rtol=1e-9, atol=1e-6)
            nodes = [node_of[number] for number in numbers]
            np.testing.assert_allclose(router.reach(few_of(few, 0)).nodes[nodes], right[0], atol=1e-6)
            back = router.reach(few_of(few, 1), arriving=True)
            np.testing.assert_allclose(back.nodes[nodes], right[:, 1], atol=1e-6)
            np.testing.assert_allclose(router.arrival_s(places, few_of(few, 1), back), right[:, 1], atol=1e-6)
            compared += right.size
            bound += int((unbound.cost_matrix(places, places) < ours - 1e-6).sum())
            for i, j in rng.integers(0, len(numbers), (6, 2)):
                if np.isfinite(right[i, j]) and i != j:
                    path = router.path(few_of(places, int(i)), few_of(places, int(j)))
                    assert path.length_m / KMH[mode] * 3.6 == pytest.approx(right[i, j])
        assert bound == 0 if mode == "foot" else bound > 0
        bound = 0
    assert compared > 3000


def few_of(places: Snapped, row: int) -> Snapped:
    return Snapped(places.segment[[row]], places.offset_m[[row]], places.distance_m[[row]])


def test_places_between_junctions_keep_the_turns_that_lead_to_them(tmp_path: Path) -> None:
    # A cross of four arms: from the west one may not turn north, and a dead end is the only place to turn back.
    town = Town(
        {
            1: (120.0, 29.78),
            2: (120.002, 29.78),
            3: (120.004, 29.78),
            4: (120.002, 29.782),
            5: (120.002, 29.778),
        },
        {1: ([1, 2], "no"), 2: ([2, 3], "no"), 3: ([2, 4], "no"), 4: ([2, 5], "no")},
        [(1, 2, 3, {"restriction": "no_left_turn"})],
    )
    graph, rows = graph_from(town.write(tmp_path / "cross.osm"))
    router = Router(graph, "car")
    half = {
        row["road_id"]: Snapped(np.array([i]), graph.length_m[[i]] / 2, np.zeros(1))
        for i, row in enumerate(rows)
    }
    length = {row["road_id"]: float(graph.length_m[i]) for i, row in enumerate(rows)}
    path = router.path(half["w1"], half["w3"])
    # Straight on to the end of the nearer of the other arms, back, and then by a turn that is free.
    detour = 2 * min(length["w2"], length["w4"])
    assert path.length_m == pytest.approx(length["w1"] / 2 + detour + length["w3"] / 2)
    assert router.path(half["w3"], half["w1"]).length_m == pytest.approx(length["w1"] / 2 + length["w3"] / 2)
    middle = graph.nodes[graph.tail[[row["road_id"] for row in rows].index("w3")]]
    west = router.point(half["w1"])[0]
    north = router.point(half["w3"])[0]
    near = (length["w1"] / 2 + length["w3"] / 2) / KMH["car"] * 3.6 + 1.0
    for spot, inside in ((middle, True), (north, False)):
        assert isochrone(router, west, near).buffer(1.0).contains(shapely.Point(spot)) is inside
    assert isochrone(router, west, near, arriving=True).buffer(1.0).contains(shapely.Point(north))


def nearest(xy: np.ndarray) -> Any:
    import shapely

    return shapely.Point(xy)


@pytest.mark.parametrize(
    ("tags", "rules"),
    [
        ({"restriction": "no_left_turn"}, {"car": "no_left_turn", "bike": "no_left_turn"}),
        ({"restriction": "no_left_turn", "except": "bicycle; psv"}, {"car": "no_left_turn"}),
        ({"restriction": "no_left_turn", "except": "motor_vehicle"}, {"bike": "no_left_turn"}),
        ({"restriction:hgv": "no_left_turn"}, {}),
        ({"restriction:motorcar": "only_right_turn"}, {"car": "only_right_turn"}),
        ({"restriction": "no_u_turn", "restriction:bicycle": "none"}, {"car": "no_u_turn"}),
        ({"restriction": "no_right_turn_on_red"}, {}),
        ({"restriction:conditional": "no_left_turn @ (Mo-Fr 07:00-09:00)"}, "timed"),
        ({"restriction": "no_left_turn", "hour_on": "07:00", "hour_off": "09:00"}, "timed"),
    ],
)  # fmt: skip
def test_a_restriction_binds_those_whom_its_tags_name(
    tags: dict[str, str], rules: dict[str, str] | str
) -> None:
    assert rules_of(tags) == rules


def test_restrictions_that_cannot_be_kept_are_counted_by_their_reason(tmp_path: Path) -> None:
    ways = {1: ([1, 2], "no"), 2: ([2, 3], "no"), 3: ([2, 4], "no"), 4: ([5, 2, 6], "no")}
    places = {n: (120.0 + 1e-3 * n, 29.78 + 1e-3 * (n % 3)) for n in range(1, 7)}
    town = Town(places, ways)
    town.turns = [
        (1, 2, 3, {"restriction": "no_left_turn"}),
        (1, 2, 3, {"restriction:conditional": "no_left_turn @ (07:00-09:00)"}),
        # Either half of a way that goes on through the node may be meant.
        (1, 2, 4, {"restriction": "no_right_turn"}),
        # A way that the file does not hold says nothing about its roads.
        (1, 2, 99, {"restriction": "no_right_turn"}),
    ]
    path = town.write(tmp_path / "a.osm")
    over_a_way = (
        '<relation id="9" version="1"><member type="way" ref="1" role="from"/><member type="way" ref="2"'
    )
    over_a_way += ' role="via"/><member type="way" ref="3" role="to"/><tag k="type" v="restriction"/>'
    over_a_way += '<tag k="restriction" v="no_u_turn"/></relation></osm>'
    path.write_text(path.read_text("utf-8").replace("</osm>", over_a_way), "utf-8")
    parsed = parse_table(path, "roads")
    told = {notice.code: notice.en for notice in parsed.warnings}
    assert told["osm-turns"].startswith("1 ")
    assert told["osm-restrictions"].startswith("3 ")
    for words in ("1 hang on the time", "1 lead over a way", "1 do not tell"):
        assert words in told["osm-restrictions"]
    column = dict(zip(parsed.table["road_id"].to_pylist(), parsed.table["no_turns"].to_pylist(), strict=True))
    assert {key: text for key, text in column.items() if text} == {"w1": "w3@end"}


def test_the_field_of_forbidden_turns_reads_what_it_writes() -> None:
    text = "w1; w2@end=bike; w2-3@begin"
    assert write_bans(read_bans(text)) == text
    assert write_bans(read_bans(" w2@end=bike；w2-3@begin ; w1=car;w1=bike")) == text
    assert read_bans(None) == read_bans("  ") == ()
