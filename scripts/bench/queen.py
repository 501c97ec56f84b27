"""Compare queen contiguity with its peers: CPU seconds on 100,000 polygons, and the same neighbours.

Run with ``python scripts/bench/queen.py [--side N] [--runs N]``.
"""

from __future__ import annotations

import argparse
import statistics
import time
import warnings
from collections.abc import Callable
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from gridmap.analysis import weights

SEED = 165
AIM_S = 0.5


def crooked(side: int, rng: np.random.Generator) -> np.ndarray:
    """Quadrilaterals without gaps: a lattice whose corners are moved a little."""
    corner = np.stack(np.meshgrid(np.arange(side + 1.0), np.arange(side + 1.0)), axis=-1)
    corner += rng.uniform(-0.3, 0.3, corner.shape)
    ring = np.stack(
        [corner[:-1, :-1], corner[:-1, 1:], corner[1:, 1:], corner[1:, :-1], corner[:-1, :-1]], axis=2
    )
    polygons: np.ndarray = shapely.polygons(ring.reshape(-1, 5, 2))
    return polygons


def timed(work: Callable[[], Any], runs: int) -> tuple[float, float, Any]:
    """CPU seconds of the first call, the median of the others, and the answer."""
    taken, answer = [], None
    for _ in range(runs + 1):
        begin = time.process_time()
        answer = work()
        taken.append(time.process_time() - begin)
    return taken[0], statistics.median(taken[1:]), answer


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--side", type=int, default=316)
    parser.add_argument("--runs", type=int, default=5)
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    table = gpd.GeoDataFrame(geometry=crooked(given.side, np.random.default_rng(SEED)))
    print(f"Queen weights of {len(table):,} polygons; aim {AIM_S} s")
    first, ours, w = timed(lambda: weights.queen(table), given.runs)
    print(f"  {'gridmap':<22} {ours:7.3f} s   (first call {first:7.3f} s)   {w.nnz:,} neighbours")
    others: dict[str, Callable[[], Any]] = {}
    try:
        import libpysal
    except ImportError:
        print("  libpysal: not installed, skipped")
    else:
        others["libpysal W"] = lambda: (
            libpysal.weights.Queen.from_dataframe(table, use_index=False).sparse.nnz
        )
        others["libpysal Graph"] = lambda: libpysal.graph.Graph.build_contiguity(table, rook=False).sparse.nnz
    try:
        import pygeoda
    except ImportError:
        print("  pygeoda: not installed, skipped")
    else:
        data = pygeoda.open(table)
        others["pygeoda"] = lambda: round(pygeoda.queen_weights(data).mean_neighbors() * len(table))
    for name, work in others.items():
        first, theirs, count = timed(work, 1)
        print(f"  {name:<22} {theirs:7.3f} s   (first call {first:7.3f} s)   {count:,} neighbours")
        print(f"  {'':<22} {theirs / ours:7.1f} times ours")


if __name__ == "__main__":
    main()
