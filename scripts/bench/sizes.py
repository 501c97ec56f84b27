"""Prize of plans of 50 to 3,000 stops beside PyVRP's in the same processor seconds, on the demonstration's roads.

Run with ``python scripts/bench/sizes.py``; ``--seconds``, ``--sizes``, ``--teams``, ``--city`` and ``--no-peer`` change
what is planned. PyVRP is asked as it comes, with its default parameters, in whole seconds, travel rounded up. Plans are
checked as floats.
"""

from __future__ import annotations

import argparse
import json
import resource
import time
import warnings
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from itertools import pairwise, product
from pathlib import Path

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Transformer

from gridmap.analysis.patrol import Iterations, Objective, Seconds, Shift, Stop, Team, plan, violations
from gridmap.analysis.roads import Router, build_graph

Floats = NDArray[np.float64]
HOURS_S, DWELL_S, BASES = 4 * 3600.0, 12 * 60.0, 12
WEIGHT = 1_000
DATA = Path(__file__).resolve().parents[2] / "data" / "boundaries"


def drawn(stops: int, seed: int) -> tuple[Floats, Floats]:
    """Seconds between 12 bases and the stops by car, and a prize for each stop."""
    features = json.loads((DATA / "roads.geojson").read_text(encoding="utf-8"))["features"]
    told = [feature["properties"] for feature in features]
    to_metres = Transformer.from_crs(4326, 4549, always_xy=True)
    lines = shapely.transform(
        shapely.from_geojson([json.dumps(feature["geometry"]) for feature in features]),
        lambda at: np.column_stack(to_metres.transform(at[:, 0], at[:, 1])),
    )
    graph = build_graph(
        lines,
        road_class=[row["class"] for row in told],
        oneway=["yes" if row["oneway"] else "no" for row in told],
        speed_kmh=np.array([row["speed_kmh"] or np.nan for row in told], float),
        surface=[row["surface"] for row in told],
        names=[None for _ in told],
    )
    rng = np.random.default_rng(seed)
    router = Router(graph, "car")
    nodes = graph.nodes[rng.choice(len(graph.nodes), BASES + stops, replace=BASES + stops > len(graph.nodes))]
    places = router.snap(nodes + rng.normal(0.0, 15.0, nodes.shape))
    return router.cost_matrix(places, places), np.round(rng.gamma(1.5, 3.0, stops) + 0.5, 2)


def collected(travel: Floats, prizes: Floats, routes: Sequence[Sequence[int]], teams: int) -> float:
    """Prize of routes of places, after a check that each is driven within the shift and no stop comes twice."""
    visited = [place for route in routes for place in route]
    if len(visited) != len(set(visited)) or len(routes) > teams:
        raise SystemExit("infeasible: a stop or a route too many")
    for team, route in enumerate(routes):
        base = team % BASES
        took = sum(travel[a, b] for a, b in pairwise((base, *route, base))) + DWELL_S * len(route)
        if route and took > HOURS_S + 1e-6:
            raise SystemExit("infeasible: a route is too long")
    return float(prizes[np.array(visited, int) - BASES].sum()) if visited else 0.0


def ours(travel: Floats, prizes: Floats, teams: int, seconds: float) -> tuple[list[list[int]], float]:
    """Plan with gridmap; its routes, and the processor seconds that all of it took."""
    crews = [Team(f"T{i:02}", i % BASES, i % BASES, "car", 0.0, HOURS_S) for i in range(teams)]
    stops = [Stop(f"S{i:04}", BASES + i, float(prize), DWELL_S) for i, prize in enumerate(prizes)]
    begun = time.process_time()
    first: list[float] = []
    made = plan(
        crews, stops, {"car": travel}, shift=Shift(0.0, HOURS_S), seed=1,
        stop=Seconds(seconds, time.process_time),
        on_better=lambda *_: first.append(time.process_time() - begun),
    )  # fmt: skip
    took = time.process_time() - begun
    print(f"  gridmap: {made.iterations:,} steps, {took:.1f} CPU s, first plan after {first[0]:.2f} s, "
          f"bound {made.bound:.1f}")  # fmt: skip
    return [[visit.place for visit in route.visits] for route in made.routes], took


def with_pyvrp(travel: Floats, prizes: Floats, teams: int, ends: Callable[[float], bool]) -> list[list[int]]:
    """Plan with PyVRP until `ends`, which is told the cost of the best plan, says so."""
    import pyvrp

    whole = np.ceil(np.where(np.isfinite(travel), travel, 1e6)).astype(np.int64)
    # What a visit takes lies in the way to it: its search is twice as fast without the hours of visits.
    whole[:, BASES:] += int(DWELL_S)
    np.fill_diagonal(whole, 0)
    data = pyvrp.ProblemData(
        [pyvrp.Location(0, 0) for _ in whole],
        [
            pyvrp.Client(BASES + i, prize=int(prize * WEIGHT), required=False)
            for i, prize in enumerate(prizes)
        ],
        [pyvrp.Depot(i) for i in range(BASES)],
        [
            pyvrp.VehicleType(1, start_depot=i % BASES, end_depot=i % BASES, max_distance=int(HOURS_S))
            for i in range(teams)
        ],
        [whole],
        [np.zeros_like(whole)],
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = pyvrp.solve(data, ends, seed=1, collect_stats=False)
    if not found.is_feasible():
        return []
    routes: list[list[int]] = [[] for _ in range(teams)]
    for route in found.best.routes():
        routes[route.vehicle_type()] = [BASES + a.idx for a in route if a.is_client()]
    return routes


def city(seconds: float) -> None:
    """Print what 3,000 stops and 60 teams take with windows, three visits, fairness, even loads and short waits."""
    begun = time.process_time()
    travel, prizes = drawn(3_000, 5)
    read = time.process_time() - begun
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    crews = [
        Team(
            f"T{i:02}",
            i % BASES,
            i % BASES,
            "car",
            0.0,
            HOURS_S * (1.0 if i % 2 else 0.9),
            speed=(1.0, 0.9)[i % 2],
        )
        for i in range(60)
    ]
    stops = [
        Stop(
            f"S{i:04}", BASES + i, float(prize), DWELL_S, village=i % 28, visits=3, min_gap_s=3600.0,
            windows=() if i % 4 else ((3600.0, 10800.0),),
        )
        for i, prize in enumerate(prizes)
    ]  # fmt: skip
    shift, aim = Shift(0.0, HOURS_S), Objective(village_share=0.1, balance=0.01, max_wait_s=900.0)
    begun = time.process_time()
    first: list[float] = []
    made = plan(
        crews, stops, {"car": travel}, shift=shift, objective=aim, seed=1, stop=Seconds(seconds, time.process_time),
        on_better=lambda *_: first.append(time.process_time() - begun),
    )  # fmt: skip
    took = time.process_time() - begun
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    broken = violations(made, crews, stops, {"car": travel}, shift=shift)
    print(
        f"3,000 stops, 60 teams, windows, 3 visits, fairness, even loads, {seconds:g} CPU s:\n"
        f"  roads and ways {read:.1f} CPU s, first plan after {first[0]:.2f} s, {made.iterations:,} steps "
        f"of each search, {took:.1f} CPU s\n"
        f"  peak {peak:.0f} MB ({before:.0f} before), prize {made.prize:.1f}, "
        f"bound {made.bound:.1f}, largest load {made.unevenness:.2f} of the mean, rules broken {len(broken)}",
        flush=True,
    )


def main() -> None:
    """Print a line for each size."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--seconds", type=float, default=10.0)
    asked.add_argument("--sizes", default="50,100,300,1000,3000")
    asked.add_argument("--teams", type=int, default=12)
    asked.add_argument("--nights", default="5", help="seeds of the drawn nights")
    asked.add_argument("--no-peer", action="store_true")
    asked.add_argument("--city", type=float, default=60.0, help="seconds of the city; 0 leaves it out")
    given = asked.parse_args()
    plan(
        [Team("T", 0, 0, "car", 0.0, 99.0)], [Stop("S", 1, 1.0, 1.0)], {"car": np.ones((2, 2))},
        shift=Shift(0.0, 99.0), seed=1, stop=Iterations(1),
    )  # fmt: skip
    peer = not given.no_peer and find_spec("pyvrp") is not None
    print(f"{given.seconds:g} CPU s each, {given.teams} teams, prize of the plan")
    for size, night in product(
        map(int, filter(None, given.sizes.split(","))), map(int, given.nights.split(","))
    ):
        teams = min(given.teams, max(2, size // 16))
        travel, prizes = drawn(size, night)
        routes, took = ours(travel, prizes, teams, given.seconds)
        mine = collected(travel, prizes, routes, teams)
        theirs = None
        if peer:
            until = time.process_time() + took
            routes = with_pyvrp(travel, prizes, teams, lambda _, until=until: time.process_time() >= until)
            theirs = collected(travel, prizes, routes, teams)
        beside = "" if theirs is None else f"  pyvrp {theirs:9.1f}  {100 * (mine / theirs - 1):+.2f} %"
        print(f"{size:5} stops {teams:3} teams  gridmap {mine:9.1f}{beside}", flush=True)
    if given.city > 0:
        city(given.city)


if __name__ == "__main__":
    main()
