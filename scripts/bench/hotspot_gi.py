"""Compare local Gi* with its peers: CPU seconds on a lattice of 100,000 cells, and the share flagged on noise.

Run with ``python scripts/bench/hotspot_gi.py [--side N] [--runs N] [--without-peers]``.
"""

from __future__ import annotations

import argparse
import statistics
import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from gridmap.analysis import weights
from gridmap.analysis.hotspot import local_gi

SEED = 165
AIMS_S = {0: 0.05, 999: 1.0}


def timed(work: Callable[[], Any], runs: int) -> tuple[float, float, Any]:
    """CPU seconds of the first call, the median of the others, and the answer."""
    taken = []
    answer = None
    for _ in range(runs + 1):
        begin = time.process_time()
        answer = work()
        taken.append(time.process_time() - begin)
    return taken[0], statistics.median(taken[1:]), answer


def report(name: str, first: float, median: float, p: Any) -> None:
    """Print a line: a flag is a p below 0.05."""
    print(
        f"  {name:<34} {median:9.3f} s   (first call {first:7.3f} s)   flagged {np.mean(np.asarray(p) < 0.05):.2%}"
    )


def peers(x: np.ndarray, side: int, permutations: int) -> dict[str, Callable[[], Any]]:
    """Name what others do with the same values and weights, where they are installed."""
    found: dict[str, Callable[[], Any]] = {}
    try:
        import esda
        from libpysal import weights as old
        from libpysal.graph import Graph
    except ImportError:
        print("  esda, libpysal: not installed, skipped")
    else:
        lattice = old.lat2W(side, side, rook=False)
        graph = Graph.from_W(lattice)
        key = "p_sim" if permutations else "p_norm"
        for name, w in (("esda with W", lattice), ("esda with Graph", graph)):
            found[name] = lambda w=w: getattr(
                esda.G_Local(x, w, transform="B", star=True, permutations=permutations, n_jobs=1, seed=1), key
            )
    try:
        import geopandas as gpd
        import pygeoda
        import shapely
    except ImportError:
        print("  pygeoda: not installed, skipped")
    else:
        row, column = np.divmod(np.arange(side * side), side)
        table = gpd.GeoDataFrame({"x": x}, geometry=shapely.box(column, row, column + 1, row + 1))
        data = pygeoda.open(table)
        w_geoda = pygeoda.queen_weights(data)
        if permutations:
            found["pygeoda"] = lambda: pygeoda.local_gstar(
                w_geoda,
                data["x"],
                permutations=permutations,
                permutation_method="lookup-table",
                cpu_threads=1,
            ).lisa_pvalues()
    return found


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--side", type=int, default=316)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--without-peers", action="store_true")
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    w = weights.lattice(given.side, given.side)
    rng = np.random.default_rng(SEED)
    n = given.side**2
    for permutations, aim in AIMS_S.items():
        print(f"Gi* with p and FDR, {n:,} cells, queen, {permutations} permutations; aim {aim} s")
        for kind, x in (("normal", rng.normal(size=n)), ("Poisson 0.3", rng.poisson(0.3, n).astype(float))):
            print(f" {kind} noise")
            first, ours, answer = timed(
                lambda x=x, m=permutations: local_gi(x, w, permutations=m), given.runs
            )
            report("gridmap", first, ours, answer.p)
            if given.without_peers:
                continue
            for name, work in peers(x, given.side, permutations).items():
                first, theirs, p = timed(work, 1 if permutations else 3)
                report(name, first, theirs, p)
                print(f"  {'':<34} {theirs / ours:9.1f} times ours")


if __name__ == "__main__":
    main()
