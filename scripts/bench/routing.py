"""Routing beside its peers: python scripts/bench/routing.py. A drawn network of 50,000 nodes; medians of CPU s."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import numpy as np
import shapely
from scipy.sparse.csgraph import dijkstra

from gridmap.analysis.roads import RoadGraph, Router, build_graph, isochrone, rank_teams

SIDE = 224
REPEATS = 3


def drawn(seed: int = 1) -> RoadGraph:
    """Draw a crooked lattice with holes and one-way streets: 50,000 nodes, about 140,000 directed edges."""
    rng = np.random.default_rng(seed)
    x, y = np.meshgrid(np.arange(SIDE) * 120.0, np.arange(SIDE) * 120.0)
    nodes = np.column_stack([x.ravel(), y.ravel()]) + rng.uniform(-35, 35, (SIDE**2, 2))
    number = np.arange(SIDE**2).reshape(SIDE, SIDE)
    pairs = np.concatenate(
        [
            np.column_stack([number[:, :-1].ravel(), number[:, 1:].ravel()]),
            np.column_stack([number[:-1].ravel(), number[1:].ravel()]),
        ]
    )
    pairs = pairs[rng.random(len(pairs)) > 0.25]
    n = len(pairs)
    return build_graph(
        shapely.linestrings(nodes[pairs]),
        road_class=list(rng.choice(["village", "tertiary", "secondary"], n, p=[0.7, 0.2, 0.1])),
        oneway=list(rng.choice(["no", "yes"], n, p=[0.85, 0.15])),
        speed_kmh=np.full(n, np.nan),
        surface=[None] * n,
        names=[None] * n,
    )


def cpu(work: Callable[[], object], repeats: int = REPEATS) -> float:
    """Median CPU seconds of some work."""
    spent = []
    for _ in range(repeats):
        begin = time.process_time()
        work()
        spent.append(time.process_time() - begin)
    return statistics.median(spent)


def main() -> None:
    """Time the tasks and print them beside their aims."""
    graph = drawn()
    router = Router(graph, "car")
    matrix = graph.matrix("car")
    rng = np.random.default_rng(2)
    low, high = graph.nodes.min(axis=0), graph.nodes.max(axis=0)
    places = rng.uniform(low, high, (200, 2))
    snapped = router.snap(places)
    print(f"{len(graph.nodes):,} nodes, {matrix.nnz:,} directed edges")

    def cold() -> object:
        return Router(graph, "car").cost_matrix(snapped, snapped)

    begin = time.process_time()
    cold()
    first = time.process_time() - begin
    build = cpu(lambda: Router(graph, "car"))
    spent = cpu(cold) - build
    print(
        f"200 x 200 cold            {spent:8.3f} s   aim 1.2   (router {build:.2f} s, first call {first:.2f} s)"
    )
    router.cost_matrix(snapped, snapped)
    warm = cpu(lambda: router.cost_matrix(snapped, snapped), 9)
    print(f"200 x 200 from the cache  {warm * 1000:8.2f} ms  aim 20")
    sources = np.unique(graph.tail[snapped.segment])
    plain = cpu(lambda: dijkstra(matrix, indices=sources))
    print(f"scipy, {len(sources)} plain rows    {plain:8.3f} s   ours / scipy {spent / plain:.2f}")
    teams = rng.uniform(low, high, (50, 2))
    incidents = iter(rng.uniform(low, high, (100, 2)))
    ranked = cpu(lambda: rank_teams(router, next(incidents), teams), 15)
    print(f"rank 50 teams             {ranked * 1000:8.2f} ms  aim 15")
    middle = (low + high) / 2
    reach = cpu(lambda: isochrone(router, middle, 600.0), 15)
    print(f"isochrone, 10 minutes     {reach * 1000:8.2f} ms  aim 10")
    many = rng.uniform(low, high, (60_000, 2))
    print(f"60,000 points snapped     {cpu(lambda: router.snap(many)):8.3f} s   aim 1.0")
    for name in ("networkx", "igraph"):
        peer(name, graph, places=snapped.segment[:20])


def peer(name: str, graph: RoadGraph, places: np.ndarray) -> None:
    """Time one of the other libraries on twenty rows, told for two hundred."""
    matrix = graph.matrix("car").tocoo()
    sources = graph.tail[places]
    try:
        if name == "networkx":
            import networkx as nx

            net = nx.DiGraph()
            net.add_weighted_edges_from(
                zip(matrix.row.tolist(), matrix.col.tolist(), matrix.data.tolist(), strict=True)
            )
            spent = cpu(lambda: [nx.single_source_dijkstra_path_length(net, int(s)) for s in sources], 1)
        else:
            import igraph

            net = igraph.Graph(
                n=len(graph.nodes), edges=np.column_stack([matrix.row, matrix.col]), directed=True
            )
            spent = cpu(lambda: net.distances(source=[int(s) for s in sources], weights=matrix.data), 1)
    except ImportError:
        print(f"{name}: not installed, skipped")
        return
    print(f"{name}, 200 rows (x 10)   {spent * 10:8.3f} s")


if __name__ == "__main__":
    main()
