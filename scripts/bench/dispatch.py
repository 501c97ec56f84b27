"""Bench: ranking 50 teams for an incident (aim: at most 15 ms), coverage of a town, siting; CPU seconds, medians."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely

from gridmap import crs
from gridmap.analysis.reach.coverage import maximal_covering, p_median
from gridmap.analysis.reach.dispatch import nearest_by_road
from gridmap.analysis.roads import MODES, Mode, Router, build_graph

DATA = Path(__file__).resolve().parents[2] / "data" / "boundaries"
EPSG = 4549
AIM_S = 0.015
REPEATS = 15


def _town() -> dict[Mode, Router]:
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


def _large(side: int = 224) -> dict[Mode, Router]:
    """Draw a town of some 50,000 junctions: streets 100 m apart, one in six left out."""
    rng = np.random.default_rng(7)
    y, x = np.divmod(np.arange(side * side), side)
    at = np.column_stack([500_000.0 + 100 * x, 3_290_000.0 + 100 * y]) + rng.uniform(
        -20, 20, (side * side, 2)
    )
    right = np.flatnonzero(x < side - 1)
    up = np.flatnonzero(y < side - 1)
    pairs = np.concatenate([np.column_stack([right, right + 1]), np.column_stack([up, up + side])])
    pairs = pairs[rng.random(len(pairs)) < 5 / 6]
    n = len(pairs)
    graph = build_graph(
        shapely.linestrings(at[pairs]),
        road_class=list(rng.choice(["tertiary", "residential", "village"], n)),
        oneway=["no"] * n,
        speed_kmh=np.full(n, np.nan),
        surface=[None] * n,
        names=[None] * n,
    )
    return {mode: Router(graph, mode) for mode in MODES}


def _median(act: Callable[[int], object], repeats: int = REPEATS) -> float:
    act(0)
    spent = []
    for number in range(1, repeats + 1):
        begun = time.process_time()
        act(number)
        spent.append(time.process_time() - begun)
    return statistics.median(spent)


def _rank(routers: dict[Mode, Router], modes: list[str], number: int) -> object:
    rng = np.random.default_rng(number)
    nodes = routers["car"].graph.nodes
    places = nodes[rng.integers(len(nodes), size=51)] + rng.normal(0, 50, (51, 2))
    return nearest_by_road(routers, places[0], places[1:], rng.choice(np.array(modes), 50), np.ones(50), EPSG)


def main() -> None:
    """Print the medians."""
    for name, routers in (("town", _town()), ("drawn, 50,000 nodes", _large())):
        graph = routers["car"].graph
        print(f"{name}: {len(graph.nodes):,} nodes, {len(graph.tail):,} segments")
        for modes in (["car"], ["foot", "bike", "car"]):
            spent = _median(partial(_rank, routers, modes))
            print(f"  rank 50 teams ({', '.join(modes)}): {1000 * spent:.1f} ms (aim {1000 * AIM_S:.0f} ms)")
    routers = _town()
    grids = gpd.read_file(DATA / "micro_grids.geojson")
    at = grids.representative_point()
    router = routers["car"]
    places = router.snap(np.column_stack(crs.from_wgs84(at.x, at.y, EPSG)))
    begun = time.process_time()
    cost = router.cost_matrix(places, places)
    print(f"matrix {len(cost):,} x {len(cost):,}: {time.process_time() - begun:.2f} s")
    weight = grids["households"].to_numpy(dtype=float)
    known = cost[np.random.default_rng(1).choice(len(cost), 7, replace=False)].min(axis=0)
    for add in (1, 2, 5):
        begun = time.process_time()
        covering = maximal_covering(cost, weight, known, 300.0, add)
        between = time.process_time()
        median = p_median(cost, weight, known, add)
        print(
            f"add {add}: covering {between - begun:.1f} s (gap {covering.gap:.1e}), "
            f"median {time.process_time() - between:.1f} s (gap {median.gap:.1e})"
        )


if __name__ == "__main__":
    main()
