"""The teams that are first by road are those of a plain sort over all of them."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest

from gridmap import crs
from gridmap.analysis.reach.dispatch import nearest_by_road
from gridmap.analysis.roads import MODES, Mode, Router, build_graph
from gridmap.errors import InvalidInput

DATA = Path(__file__).resolve().parents[3] / "data" / "boundaries"
EPSG = 4549


@pytest.fixture(scope="module")
def routers() -> dict[Mode, Router]:
    roads = gpd.read_file(DATA / "roads.geojson")
    graph = build_graph(
        crs.geometries_from_wgs84(roads.geometry.to_numpy(), EPSG),
        road_class=list(roads["class"]),
        oneway=["yes" if way else "no" for way in roads["oneway"]],
        speed_kmh=roads["speed_kmh"].to_numpy(dtype=float),
        surface=list(roads["surface"]),
        names=list(roads["name_zh"]),
    )
    return {mode: Router(graph, mode) for mode in MODES}


def drawn(routers: dict[Mode, Router], seed: int, n: int) -> tuple[np.ndarray, ...]:
    rng = np.random.default_rng(seed)
    nodes = routers["car"].graph.nodes
    place = nodes[rng.integers(len(nodes))] + rng.normal(0, 200, 2)
    teams = nodes[rng.integers(len(nodes), size=n)] + rng.normal(0, 300, (n, 2))
    modes = rng.choice(np.array(["foot", "bike", "car"]), size=n)
    return place, teams, modes, rng.uniform(0.5, 2.5, n)


def every_time(routers: dict[Mode, Router], given: tuple[np.ndarray, ...]) -> np.ndarray:
    place, teams, modes, slow = given
    out = np.empty(len(teams))
    for row, mode in enumerate(modes):
        router = routers[mode]
        out[row] = router.cost_matrix(router.snap(teams[row]), router.snap(place))[0, 0] * slow[row]
    return out


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("k", [1, 3, 12])
def test_no_better_team_is_left_out(routers: dict[Mode, Router], seed: int, k: int) -> None:
    given = drawn(routers, seed, 60)
    times = every_time(routers, given)
    found = nearest_by_road(routers, *given, EPSG, k=k)
    order = np.lexsort((np.arange(len(times)), times))[:k]
    assert found.order.tolist() == order.tolist()
    assert found.seconds == pytest.approx(times[order])


def test_far_teams_are_not_asked_for(routers: dict[Mode, Router]) -> None:
    asked = [nearest_by_road(routers, *drawn(routers, seed, 200), EPSG, k=3).asked for seed in range(10)]
    assert np.mean(asked) < 100


def test_the_order_of_the_teams_does_not_matter(routers: dict[Mode, Router]) -> None:
    place, teams, modes, slow = drawn(routers, 3, 40)
    turned = np.random.default_rng(4).permutation(40)
    one = nearest_by_road(routers, place, teams, modes, slow, EPSG, k=5)
    other = nearest_by_road(routers, place, teams[turned], modes[turned], slow[turned], EPSG, k=5)
    assert one.order.tolist() == turned[other.order].tolist()


def test_times_back_from_a_place_are_those_of_the_matrix(routers: dict[Mode, Router]) -> None:
    assert len(MODES) > 1
    for mode in MODES:
        router = routers[mode]
        place, teams, _, _ = drawn(routers, 9, 80)
        goal, starts = router.snap(place), router.snap(np.vstack([teams, place]))
        told = router.arrival_s(starts, goal, router.reach(goal, arriving=True))
        assert told == pytest.approx(router.cost_matrix(starts, goal)[:, 0])


def test_nonsense_is_refused(routers: dict[Mode, Router]) -> None:
    place, teams, modes, slow = drawn(routers, 1, 4)
    for bad in (
        (place, teams, modes[:3], slow),
        (place * np.nan, teams, modes, slow),
        (place, teams, modes, slow * 0),
    ):
        with pytest.raises(InvalidInput):
            nearest_by_road(routers, *bad, EPSG)
    with pytest.raises(InvalidInput):
        nearest_by_road(routers, place, teams, modes, slow, EPSG, k=0)
