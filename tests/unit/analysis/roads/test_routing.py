"""Times and paths on roads are those of an independent search, to the second."""

from __future__ import annotations

import itertools
from pathlib import Path

import geopandas as gpd
import networkx as nx
import numpy as np
import pytest
import shapely
import shapely.affinity

from gridmap import crs
from gridmap.analysis.roads import MODES, Mode, RoadGraph, Router, Snapper, build_graph, isochrone, rank_teams
from gridmap.errors import InvalidInput

DATA = Path(__file__).resolve().parents[4] / "data" / "boundaries"


def graph_of(
    lines: list[shapely.LineString], oneway: list[str] | None = None, **more: list[object]
) -> RoadGraph:
    n = len(lines)
    return build_graph(
        lines,
        road_class=more.get("road_class", ["village"] * n),  # type: ignore[arg-type]
        oneway=oneway or ["no"] * n,
        speed_kmh=more.get("speed_kmh", [36.0] * n),
        surface=more.get("surface", [None] * n),  # type: ignore[arg-type]
        names=more.get("names", [None] * n),  # type: ignore[arg-type]
    )


@pytest.fixture(scope="module")
def town() -> RoadGraph:
    roads = gpd.read_file(DATA / "roads.geojson")
    return build_graph(
        crs.geometries_from_wgs84(roads.geometry.to_numpy(), 4549),
        road_class=list(roads["class"]),
        oneway=["yes" if way else "no" for way in roads["oneway"]],
        speed_kmh=roads["speed_kmh"].to_numpy(dtype=float),
        surface=list(roads["surface"]),
        names=list(roads["name_zh"]),
    )


def oracle(graph: RoadGraph, mode: Mode, origin: np.ndarray, destination: np.ndarray) -> float:
    """Seconds by networkx on a graph whose segments are cut where the two places lie."""
    net = nx.DiGraph()

    def link(a: object, b: object, seconds: float) -> None:
        if np.isfinite(seconds) and (not net.has_edge(a, b) or net[a][b]["s"] > seconds):
            net.add_edge(a, b, s=seconds)

    places = []
    for name, xy in (("from", origin), ("to", destination)):
        usable = [
            i for i in range(len(graph.lines))
            if np.isfinite(graph.forward_s[mode][i]) or np.isfinite(graph.backward_s[mode][i])
        ]  # fmt: skip
        point = shapely.Point(xy)
        segment = min(usable, key=lambda i: (shapely.distance(graph.lines[i], point), i))
        places.append((name, segment, shapely.line_locate_point(graph.lines[segment], point)))
    for i, (tail, head) in enumerate(zip(graph.tail, graph.head, strict=True)):
        cuts = sorted((offset, name) for name, segment, offset in places if segment == i)
        stops = [(0.0, int(tail)), *cuts, (float(graph.length_m[i]), int(head))]
        for (a, one), (b, two) in itertools.pairwise(stops):
            share = (b - a) / graph.length_m[i]
            link(
                one,
                two,
                graph.forward_s[mode][i] * share if share else 0.0 * (graph.forward_s[mode][i] < np.inf),
            )
            link(
                two,
                one,
                graph.backward_s[mode][i] * share if share else 0.0 * (graph.backward_s[mode][i] < np.inf),
            )
    try:
        return float(nx.dijkstra_path_length(net, "from", "to", weight="s"))
    except (nx.NetworkXNoPath, nx.NodeNotFound):
        return float("inf")


@pytest.mark.parametrize("mode", MODES)
def test_every_time_on_the_town_s_roads_is_that_of_networkx(town: RoadGraph, mode: Mode) -> None:
    rng = np.random.default_rng(4)
    low, high = town.nodes.min(axis=0), town.nodes.max(axis=0)
    here, there = rng.uniform(low, high, (5, 2)), rng.uniform(low, high, (4, 2))
    router = Router(town, mode)
    ours = router.cost_matrix(router.snap(here), router.snap(there))
    assert ours.shape == (5, 4)
    for i, j in np.ndindex(*ours.shape):
        assert ours[i, j] == pytest.approx(oracle(town, mode, here[i], there[j]), abs=0.5)


@pytest.mark.parametrize("mode", MODES)
def test_a_path_is_as_long_as_its_geometry_and_takes_the_time_of_the_matrix(
    town: RoadGraph, mode: Mode
) -> None:
    rng = np.random.default_rng(5)
    low, high = town.nodes.min(axis=0), town.nodes.max(axis=0)
    router = Router(town, mode)
    found = 0
    for _ in range(30):
        a, b = router.snap(rng.uniform(low, high, 2)), router.snap(rng.uniform(low, high, 2))
        seconds = router.cost_matrix(a, b)[0, 0]
        if not np.isfinite(seconds):
            continue
        path = router.path(a, b)
        found += 1
        assert path.seconds == pytest.approx(seconds)
        assert path.line.length == pytest.approx(path.length_m, abs=0.01)
        assert sum(s.length_m for s in path.streets) == pytest.approx(path.length_m)
        assert sum(s.seconds for s in path.streets) == pytest.approx(path.seconds, abs=1e-6)
        start = town.lines[a.segment[0]].interpolate(a.offset_m[0])
        assert shapely.Point(path.line.coords[0]).distance(start) < 1e-6
        assert town.lines[next(iter(path.segments))].distance(start) < 1e-6
    assert found > 20


def test_random_networks_with_one_way_streets_agree_with_networkx() -> None:
    for seed in range(12):
        rng = np.random.default_rng(seed)
        nodes = rng.uniform(0, 1000, (25, 2))
        pairs = {tuple(sorted(rng.choice(25, 2, replace=False))) for _ in range(45)}
        lines = [shapely.LineString(nodes[list(pair)]) for pair in sorted(pairs)]
        graph = graph_of(lines, list(rng.choice(["yes", "no", "reverse"], len(lines))))
        router, snapper = Router(graph, "car"), Snapper(graph, "car")
        here, there = rng.uniform(0, 1000, (4, 2)), rng.uniform(0, 1000, (6, 2))
        for a, b in ((here, there), (there, here)):
            ours = router.cost_matrix(snapper.snap(a), snapper.snap(b))
            assert ours.shape == (len(a), len(b))
            for i, j in np.ndindex(*ours.shape):
                assert ours[i, j] == pytest.approx(oracle(graph, "car", a[i], b[j]), abs=1e-6)


def test_two_places_on_one_street_go_along_it_and_against_a_one_way_street_around() -> None:
    square = [(0, 0), (100, 0), (100, 100), (0, 100), (0, 0)]
    lines = [shapely.LineString([square[i], square[i + 1]]) for i in range(4)]
    router = Router(graph_of(lines, ["yes"] * 4), "car")
    a, b = router.snap([20, 0]), router.snap([70, 0])
    assert router.cost_matrix(a, b)[0, 0] == pytest.approx(5.0)
    assert router.cost_matrix(b, a)[0, 0] == pytest.approx(35.0)
    assert router.path(b, a).length_m == pytest.approx(350.0)
    on_foot = Router(graph_of(lines, ["yes"] * 4), "foot")
    assert on_foot.cost_matrix(b, a)[0, 0] == pytest.approx(50.0 / (4.5 / 3.6))


def test_places_are_snapped_by_exact_distance_to_roads_the_mode_may_use() -> None:
    lines = [
        shapely.LineString([(0, 0), (100, 100)]),
        shapely.LineString([(0, 30), (20, 50)]),
        shapely.LineString([(200, 0), (300, 0)]),
    ]
    graph = graph_of(lines, road_class=["village", "path", "village"], speed_kmh=[np.nan] * 3)
    rng = np.random.default_rng(3)
    places = rng.uniform(-50, 350, (500, 2))
    for mode, allowed in (("foot", [0, 1, 2]), ("car", [0, 2])):
        found = Snapper(graph, mode).snap(places)  # type: ignore[arg-type]
        assert len(found.segment) == 500
        for place, segment, offset, distance in zip(
            places, found.segment, found.offset_m, found.distance_m, strict=True
        ):
            best = min(lines[i].distance(shapely.Point(place)) for i in allowed)
            assert segment in allowed
            assert distance == pytest.approx(best)
            assert lines[segment].interpolate(offset).distance(shapely.Point(place)) == pytest.approx(best)


def test_a_place_goes_to_a_road_that_leads_on_where_one_lies_near() -> None:
    lines = [
        shapely.LineString([(0, 0), (500, 0)]),
        # A yard that no road leads to, and a village of its own across the river.
        shapely.LineString([(100, 30), (110, 30)]),
        shapely.LineString([(0, 200), (2900, 200)]),
        # One can drive into it and never out again.
        shapely.LineString([(500, 0), (500, -50)]),
        shapely.LineString([(500, 0), (3000, 0)]),
    ]
    graph = graph_of(lines, ["no", "no", "no", "yes", "no"])
    router = Router(graph, "car")
    found = router.snap([[105, 31], [105, 190], [500, -45]])
    assert found.segment.tolist() == [0, 2, 0]
    assert found.distance_m.tolist() == pytest.approx([31, 10, 45])
    # Who goes on foot turns round in it.
    assert Router(graph, "foot").snap([[500, -45]]).segment.tolist() == [3]
    # Far from any other road the yard is what there is.
    lines[1] = shapely.affinity.translate(lines[1], 0, 900)
    alone = Router(graph_of(lines, ["no", "no", "no", "yes", "no"]), "car").snap([[105, 931]])
    assert alone.segment.tolist() == [1]


def test_streets_are_told_in_order_with_equal_names_together() -> None:
    lines = [shapely.LineString([(x, 0), (x + 100, 0)]) for x in (0, 100, 200)]
    router = Router(graph_of(lines, names=["绍诸大道", "绍诸大道", "枫谷路"]), "car")
    path = router.path(router.snap([50, 5]), router.snap([250, -5]))
    assert [(s.name, round(s.length_m)) for s in path.streets] == [("绍诸大道", 150), ("枫谷路", 50)]


def test_without_a_way_the_matrix_is_infinite_and_a_path_is_refused() -> None:
    lines = [shapely.LineString([(0, 0), (100, 0)]), shapely.LineString([(0, 500), (100, 500)])]
    router = Router(graph_of(lines), "car")
    a, b = router.snap([50, 0]), router.snap([50, 500])
    assert np.isinf(router.cost_matrix(a, b)).all()
    with pytest.raises(InvalidInput, match="no way"):
        router.path(a, b)


def test_the_first_team_is_the_one_that_arrives_first(town: RoadGraph) -> None:
    rng = np.random.default_rng(8)
    low, high = town.nodes.min(axis=0), town.nodes.max(axis=0)
    teams, incident = rng.uniform(low, high, (50, 2)), rng.uniform(low, high, 2)
    router = Router(town, "car")
    ranking = rank_teams(router, incident, teams)
    one_by_one = [router.cost_matrix(router.snap(t), router.snap(incident))[0, 0] for t in teams]
    np.testing.assert_allclose(ranking.seconds, one_by_one)
    assert (np.diff(ranking.seconds[ranking.order]) >= 0).all()


def test_what_lies_within_reach_grows_with_time_and_holds_what_is_reached(town: RoadGraph) -> None:
    router = Router(town, "car")
    base = town.nodes[len(town.nodes) // 2]
    areas = [isochrone(router, base, minutes * 60.0) for minutes in (2, 5, 10)]
    assert areas[0].area < areas[1].area < areas[2].area
    reached = router.reach(router.snap(base), 300.0)
    inside = shapely.contains_xy(areas[1].buffer(1.0), *town.nodes[np.isfinite(reached.nodes)].T)
    assert inside.all()


def test_a_graph_of_rows_in_another_order_gives_the_same_times(town: RoadGraph) -> None:
    order = np.random.default_rng(1).permutation(len(town.lines))
    roads = gpd.read_file(DATA / "roads.geojson").iloc[order]
    other = build_graph(
        crs.geometries_from_wgs84(roads.geometry.to_numpy(), 4549),
        road_class=list(roads["class"]),
        oneway=["yes" if way else "no" for way in roads["oneway"]],
        speed_kmh=roads["speed_kmh"].to_numpy(dtype=float),
        surface=list(roads["surface"]),
        names=list(roads["name_zh"]),
    )
    places = np.random.default_rng(2).uniform(town.nodes.min(axis=0), town.nodes.max(axis=0), (10, 2))
    one, two = Router(town, "bike"), Router(other, "bike")
    np.testing.assert_allclose(
        one.cost_matrix(one.snap(places), one.snap(places)),
        two.cost_matrix(two.snap(places), two.snap(places)),
        rtol=1e-9,
    )


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"lines": []}, "roads-absent"),
        ({"oneway": ["no"]}, "roads-shape"),
        (
            {"lines": [shapely.LineString([(0, 0), (0, 0)]), shapely.LineString([(0, 0), (1, 0)])]},
            "road-empty",
        ),
    ],
)
def test_what_is_no_network_is_refused(change: dict[str, object], code: str) -> None:
    lines = [shapely.LineString([(0, 0), (1, 0)]), shapely.LineString([(1, 0), (1, 1)])]
    given = {"lines": lines, "oneway": ["no", "no"]} | change
    with pytest.raises(InvalidInput) as refused:
        build_graph(
            given["lines"],  # type: ignore[arg-type]
            road_class=["village"] * 2,
            oneway=given["oneway"],  # type: ignore[arg-type]
            speed_kmh=[np.nan, np.nan],
            surface=[None, None],
            names=[None, None],
        )
    assert refused.value.code == code
