"""Density along roads: it integrates to the number of events and follows the network."""

from __future__ import annotations

from itertools import pairwise

import networkx as nx
import numpy as np
import pytest
import shapely

from gridmap.analysis import density
from gridmap.errors import InvalidInput


def town(rng: np.random.Generator) -> density.LineGraph:
    """Blocks of uneven streets, dead ends, a loop at a node and an island of road."""
    x, y = np.cumsum(rng.uniform(40, 160, 7)), np.cumsum(rng.uniform(40, 160, 7))
    lines = [shapely.LineString([(a, b) for a in [0.0, *x, x[-1] + 80]]) for b in y]
    lines += [shapely.LineString([(a, b) for b in [0.0, *y, y[-1] + 50]]) for a in x]
    lines.append(
        shapely.LineString([(x[0], y[0]), (x[0] - 30, y[0] - 40), (x[0] - 50, y[0] + 20), (x[0], y[0])])
    )
    lines.append(shapely.LineString([(5000, 0), (5100, 20)]))
    return density.line_graph(lines)


@pytest.mark.parametrize("kernel", ["quartic", "gaussian", "epanechnikov", "triangular", "uniform"])
@pytest.mark.parametrize("reach", [15.0, 90.0, 400.0])
def test_the_density_integrates_to_the_number_of_events(kernel: str, reach: float) -> None:
    rng = np.random.default_rng(1)
    graph = town(rng)
    found = density.network_kde(graph, rng.uniform(0, 800, (200, 2)), reach, lixel_m=20, kernel=kernel)
    assert found.mass == pytest.approx(200, abs=1e-6 * 200)
    assert float((found.values * (found.end_m - found.begin_m)).sum()) == pytest.approx(200, abs=2e-4)


def test_mass_is_kept_when_the_kernel_splits_so_often_that_its_tails_stay_at_junctions() -> None:
    graph = density.line_graph(
        [shapely.LineString([(i * 10.0, j * 10.0) for j in range(20)]) for i in range(20)]
        + [shapely.LineString([(i * 10.0, j * 10.0) for i in range(20)]) for j in range(20)]
    )
    found = density.network_kde(graph, [[95.0, 91.0]], 200, lixel_m=10)
    assert int(found.conventions["tails_left_at_junctions"]) > 0
    assert found.mass == pytest.approx(1, abs=1e-9)


def test_on_a_single_long_road_it_is_the_kernel_of_the_line() -> None:
    graph = density.line_graph([shapely.LineString([(0, 0), (1000, 0)])])
    found = density.network_kde(graph, [[500, 3]], 100, lixel_m=2)
    u = (found.midpoints[:, 0] - 500) / 100
    expected = 15 / 16 * np.clip(1 - u**2, 0, None) ** 2 / 100
    assert np.abs(found.values - expected).max() < 1e-3 * expected.max()
    assert found.snap_m == pytest.approx([3])


def test_at_a_junction_of_four_each_road_onward_gets_a_third() -> None:
    graph = density.line_graph(
        [shapely.LineString([(0, 0), c]) for c in ((-100, 0), (100, 0), (0, 100), (0, -100))]
    )
    found = density.network_kde(graph, [[-20, 0]], 60, lixel_m=10)

    def at(x: float, y: float) -> float:
        return float(found.values[np.argmin(np.square(found.midpoints - [x, y]).sum(axis=1))])

    mirrored = at(-65, 0)
    assert at(25, 0) == pytest.approx(mirrored / 3, rel=1e-9)
    assert at(0, 25) == at(0, -25) == pytest.approx(at(25, 0), rel=1e-12)


def test_at_a_dead_end_the_kernel_turns_back() -> None:
    graph = density.line_graph([shapely.LineString([(0, 0), (1000, 0)])])
    found = density.network_kde(graph, [[0, 0]], 100, lixel_m=2)
    u = found.midpoints[:, 0] / 100
    assert np.allclose(found.values, 2 * 15 / 16 * np.clip(1 - u**2, 0, None) ** 2 / 100, atol=2e-5)


def test_the_kernel_reaches_exactly_as_far_as_the_network_distance() -> None:
    rng = np.random.default_rng(2)
    graph = town(rng)
    reach, event = 260.0, np.array([[330.0, 300.0]])
    found = density.network_kde(graph, event, reach, lixel_m=5)
    snapped = shapely.get_coordinates(
        shapely.line_interpolate_point(
            graph.lines, shapely.line_locate_point(graph.lines, shapely.points(event)[0])
        )
    )
    edge = int(np.argmin(np.square(snapped - event).sum(axis=1)))
    offset = float(shapely.line_locate_point(graph.lines[edge], shapely.points(event)[0]))
    peer = nx.MultiGraph()
    for i, ((a, b), length) in enumerate(zip(graph.edges.tolist(), graph.length_m, strict=True)):
        if i == edge:
            peer.add_edge(a, "event", weight=offset)
            peer.add_edge("event", b, weight=length - offset)
        else:
            peer.add_edge(a, b, weight=length)
    steps = nx.single_source_dijkstra_path_length(peer, "event", weight="weight")
    middle = (found.begin_m + found.end_m) / 2
    for which in range(len(found.values)):
        a, b = graph.edges[found.edge[which]].tolist()
        length = graph.length_m[found.edge[which]]
        distance = min(
            steps.get(a, np.inf) + middle[which],
            steps.get(b, np.inf) + length - middle[which],
            abs(middle[which] - offset) if found.edge[which] == edge else np.inf,
        )
        assert (found.values[which] > 0) == (distance < reach + 2.5) or abs(distance - reach) < 2.6


def test_lines_meet_where_they_share_a_vertex_and_bridges_do_not() -> None:
    street = shapely.LineString([(0, 0), (50, 0), (100, 0)])
    side = shapely.LineString([(50, 0), (50, 80)])
    bridge = shapely.LineString([(75, -50), (75, 50)])
    graph = density.line_graph([street, side, bridge, street, shapely.reverse(side)])
    assert len(graph.edges) == 4
    assert sorted(np.bincount(graph.edges.ravel()).tolist()) == [1, 1, 1, 1, 1, 3]
    assert graph.length_m.sum() == pytest.approx(280)


def test_lixels_cut_each_edge_into_equal_pieces() -> None:
    graph = town(np.random.default_rng(3))
    found = density.network_kde(graph, [[100, 100]], 50, lixel_m=30)
    for edge in range(len(graph.edges)):
        own = found.edge == edge
        steps = found.end_m[own] - found.begin_m[own]
        assert np.allclose(steps, steps[0])
        assert steps[0] <= 30
        assert all(
            a == pytest.approx(b)
            for a, b in pairwise(np.append(found.begin_m[own], found.end_m[own][-1])[1:-1])
            if a > b
        )
        assert found.end_m[own][-1] == pytest.approx(graph.length_m[edge])
    cut = found.lines(graph)
    assert shapely.length(cut).sum() == pytest.approx(graph.length_m.sum())


def test_events_far_from_every_road_are_left_out_and_counted() -> None:
    graph = density.line_graph([shapely.LineString([(0, 0), (100, 0)])])
    found = density.network_kde(graph, [[10, 1], [20, 300]], 50, max_snap_m=100, weights=[2, 5])
    assert found.n_outside == 1
    assert found.mass == pytest.approx(2)


@pytest.mark.parametrize("lines", [[shapely.Point(0, 0)], []])
def test_what_is_no_road_is_refused(lines: list[shapely.Geometry]) -> None:
    with pytest.raises(InvalidInput):
        density.line_graph(lines)
