"""Roads are cut where they meet, and nowhere else."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import networkx as nx
import numpy as np
import pytest
import shapely
from shapely import LineString, MultiLineString

from gridmap import crs
from gridmap.analysis.roads.noding import Noded, node_lines, survey
from gridmap.errors import InvalidInput

DATA = Path(__file__).resolve().parents[4] / "data" / "boundaries"


def noded(*lines: shapely.Geometry, bridge: list[int] | None = None, **more: object) -> Noded:
    high = [i in (bridge or []) for i in range(len(lines))]
    return node_lines(np.array(lines, dtype=object), bridge=high, **more)  # type: ignore[arg-type]


def content(result: Noded, names: list[str]) -> set[tuple[str, int, str]]:
    return {
        (names[s], int(p), shapely.to_wkt(line, rounding_precision=3))
        for s, p, line in zip(result.source, result.part, result.lines, strict=True)
    }


@pytest.fixture(scope="module")
def scribble() -> list[LineString]:
    rng = np.random.default_rng(4)
    starts = rng.uniform(0, 3000, (300, 1, 2))
    steps = rng.normal(0, 120, (300, 7, 2)).cumsum(axis=1)
    return [LineString(p) for p in starts + steps]


def test_a_crossing_cuts_both_roads() -> None:
    result = noded(LineString([(0, 0), (10, 0)]), LineString([(4, -5), (4, 5)]))
    assert result.source.tolist() == [0, 0, 1, 1]
    assert result.part.tolist() == [1, 2, 1, 2]
    assert result.cut.tolist() == [0, 1]
    assert [g.wkt for g in result.lines[:2]] == ["LINESTRING (0 0, 4 0)", "LINESTRING (4 0, 10 0)"]
    assert not result.whole.any()


@pytest.mark.parametrize("bridge", [[0], [1], [0, 1]])
def test_a_bridge_passes_over_and_neither_is_cut(bridge: list[int]) -> None:
    result = noded(LineString([(0, 0), (10, 0)]), LineString([(4, -5), (4, 5)]), bridge=bridge)
    assert result.source.tolist() == [0, 1]
    assert result.whole.all()


def test_a_bridge_meets_others_at_its_own_ends() -> None:
    result = noded(
        LineString([(0, 0), (10, 0)]), LineString([(4, 0), (4, 50)]), LineString([(0, 50), (10, 50)]),
        LineString([(4, 25), (9, 25)]), bridge=[1],
    )  # fmt: skip
    assert result.source.tolist() == [0, 0, 1, 2, 2, 3]


@pytest.mark.parametrize("gap", [0.0, 0.004, -0.004, 0.019])
def test_an_end_on_a_road_cuts_it_although_drawn_a_little_beside(gap: float) -> None:
    result = noded(LineString([(0, 0), (10, 0)]), LineString([(4, gap), (4, 5)]))
    assert result.source.tolist() == [0, 0, 1]
    assert len(survey(result.lines).components) == 1


def test_an_end_farther_away_does_not_touch() -> None:
    result = noded(LineString([(0, 0), (10, 0)]), LineString([(4, 0.03), (4, 5)]))
    assert result.source.tolist() == [0, 1]


def test_ends_a_hand_apart_become_one() -> None:
    result = noded(LineString([(0, 0), (10, 0)]), LineString([(10.011, 0.003), (20, 0)]))
    assert result.joined_ends == 1
    assert len(survey(result.lines).components) == 1


def test_a_road_through_a_shared_vertex_is_cut_there_once() -> None:
    result = noded(
        LineString([(0, 0), (5, 0), (10, 3)]),
        LineString([(5, -4), (5, 0), (5, 9)]),
        LineString([(5, 0), (9, -4)]),
    )
    assert result.source.tolist() == [0, 0, 1, 1, 2]
    assert {tuple(g.coords[0]) for g in result.lines} | {tuple(g.coords[-1]) for g in result.lines} >= {
        (5.0, 0.0)
    }


def test_a_road_that_crosses_itself_is_cut_at_both_passings() -> None:
    loop = LineString([(0, 0), (10, 0), (10, 10), (5, 10), (5, -10)])
    result = noded(loop)
    assert result.part.tolist() == [1, 2, 3]
    assert shapely.length(result.lines).sum() == pytest.approx(loop.length)
    graph = nx.MultiGraph((line.coords[0], line.coords[-1]) for line in result.lines)
    assert graph.degree((5.0, 0.0)) == 4


def test_a_way_drawn_twice_stays_once_and_the_lowest_key_stays() -> None:
    line = LineString([(0, 0), (10, 0), (20, 5)])
    for names in (["B", "A"], ["A", "B"]):
        result = noded(line, line.reverse(), identity=names)
        assert [names[s] for s in result.source] == ["A"]
        assert [names[s] for s in result.duplicate] == ["B"]


def test_a_road_drawn_over_part_of_another_is_there_once() -> None:
    result = noded(LineString([(0, 0), (30, 0)]), LineString([(10, 0), (20, 0)]), identity=["A", "B"])
    assert result.source.tolist() == [0, 0, 0]
    assert result.duplicate.tolist() == [1]


def test_two_directions_of_one_line_are_no_duplicates() -> None:
    line = LineString([(0, 0), (10, 0)])
    both = noded(line, line.reverse(), oneway=["yes", "yes"])
    same = noded(line, line.reverse(), oneway=["yes", "reverse"])
    assert (len(both.lines), len(same.lines)) == (2, 1)


def test_the_parts_of_a_multiline_are_parts_of_one_road() -> None:
    result = noded(MultiLineString([[(0, 0), (1, 0)], [(5, 0), (6, 0)]]), LineString([(9, 9), (9, 9)]))
    assert result.source.tolist() == [0, 0]
    assert result.part.tolist() == [1, 2]
    assert result.empty.tolist() == [1]


def test_the_order_of_the_rows_changes_nothing(scribble: list[LineString]) -> None:
    lines = [*scribble, scribble[3], scribble[8].reverse()]
    names = [f"R{i:04d}" for i in range(len(lines))]
    high = [i % 9 == 0 for i in range(len(lines))]
    first = node_lines(lines, bridge=high, identity=names)
    rng = np.random.default_rng(1)
    for _ in range(3):
        mixed = rng.permutation(len(lines))
        again = node_lines(
            [lines[i] for i in mixed], bridge=[high[i] for i in mixed], identity=[names[i] for i in mixed]
        )
        assert content(again, [names[i] for i in mixed]) == content(first, names)


def test_nothing_crosses_any_more_and_no_length_is_lost(scribble: list[LineString]) -> None:
    result = node_lines(scribble, bridge=np.zeros(len(scribble), bool))
    assert len(result.cut) > 200
    assert shapely.length(result.lines).sum() == pytest.approx(shapely.length(scribble).sum(), abs=5.0)
    i, j = shapely.STRtree(result.lines).query(result.lines, predicate="crosses")
    i, j = i[i < j], j[i < j]
    # Rounding may let two pieces cross again beside the node that they share.
    left = shapely.get_coordinates(shapely.intersection(result.lines[i], result.lines[j]))
    ends = shapely.multipoints(np.concatenate([[g.coords[0], g.coords[-1]] for g in result.lines]))
    assert (shapely.distance(shapely.points(left), ends) < 0.02).all()
    again = node_lines(result.lines, bridge=np.zeros(len(result.lines), bool))
    assert again.whole.all()
    assert len(again.lines) == len(result.lines)


def test_pieces_are_those_of_an_independent_overlay(scribble: list[LineString]) -> None:
    result = node_lines(scribble, bridge=np.zeros(len(scribble), bool))
    oracle = shapely.get_parts(shapely.node(shapely.multilinestrings(scribble)))
    ours = {
        tuple(sorted(np.round([g.coords[0], g.coords[-1]], 1).ravel())) for g in result.lines if g.length > 1
    }
    theirs = {tuple(sorted(np.round([g.coords[0], g.coords[-1]], 1).ravel())) for g in oracle if g.length > 1}
    # A rounding border between two tenths may part a few.
    assert len(ours ^ theirs) <= 0.1 * len(theirs)
    assert abs(len(result.lines) - len(oracle)) <= 0.01 * len(oracle)


def test_the_towns_roads_are_noded_already() -> None:
    roads = gpd.read_file(DATA / "roads.geojson")
    lines = crs.geometries_from_wgs84(roads.geometry.to_numpy(), 4549)
    result = node_lines(lines, bridge=roads["bridge"].to_numpy(bool), identity=list(roads["road_id"]))
    assert result.source.tolist() == list(range(len(roads)))
    assert result.whole.all()
    assert not len(result.duplicate)


def test_the_survey_is_that_of_networkx(scribble: list[LineString]) -> None:
    lines = node_lines(scribble[:80], bridge=np.zeros(80, bool)).lines
    found = survey(lines)
    graph = nx.MultiGraph()
    for line in lines:
        graph.add_edge(line.coords[0], line.coords[-1], m=line.length)
    parts = [graph.subgraph(c) for c in nx.connected_components(graph)]
    expected = sorted(((p.size(weight="m"), p.size()) for p in parts), reverse=True)
    assert [c.segments for c in found.components] == [int(n) for _, n in expected]
    assert [c.length_m for c in found.components] == pytest.approx([m for m, _ in expected])
    assert {tuple(xy) for xy in found.dead_ends} == {n for n, d in graph.degree() if d == 1}
    assert found.nodes == graph.number_of_nodes()


def test_roads_that_leave_the_study_area_have_no_dead_ends_there() -> None:
    area = shapely.box(0, 0, 1000, 1000)
    lines = [LineString([(500, 500), (500, y)]) for y in (2000, 960)] + [LineString([(500, 500), (700, 500)])]
    assert survey(np.array(lines, dtype=object), outline=area).dead_ends.tolist() == [[700.0, 500.0]]


@pytest.mark.parametrize(
    ("lines", "more"),
    [
        ([None], {}),
        ([shapely.Point(0, 0)], {}),
        ([LineString([(0, 0), (np.inf, 1)])], {}),
        ([LineString([(0, 0), (1, 1)])], {"touch_m": -1.0}),
        ([LineString([(0, 0), (1, 1)])], {"identity": ["A", "B"]}),
        ([LineString([(0, 0), (1, 1)])], {"oneway": []}),
    ],
)
def test_what_is_no_road_is_refused(lines: list[object], more: dict[str, object]) -> None:
    with pytest.raises(InvalidInput):
        node_lines(np.array(lines, dtype=object), bridge=[False] * len(lines), **more)  # type: ignore[arg-type]


def test_no_roads_are_no_pieces() -> None:
    assert len(node_lines([], bridge=[]).lines) == 0
    assert survey([]).components == ()
