"""Compare the density of a million points on 512 x 512 cells with KDEpy and scipy: CPU seconds and error.

Run with ``python scripts/bench/kde.py [--points N]``. Errors are the largest differences from the sum by definition at
200 cells, in parts of the greatest density. KDEpy has the same Gaussian kernel; the coordinates are metres.
"""

from __future__ import annotations

import argparse
import importlib.util
import statistics
import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from gridmap.analysis import density

SIDE = 512
CELL_M = 50.0
RUNS = 7
SEED = 1
AIM_S = 0.15
Array = NDArray[np.float64]


def events(n: int, rng: np.random.Generator) -> Array:
    """Events around forty places, in the metres of a projected system, inside the raster with its margin."""
    places = rng.uniform(0.25, 0.75, (40, 2)) * SIDE * CELL_M
    xy = places[rng.integers(0, 40, n)] + rng.normal(0, 900, (n, 2))
    margin = 3000
    kept = np.clip(xy, margin, SIDE * CELL_M - margin)
    return kept + np.array([500_000, 3_290_000])


def cpu(work: Callable[[], object], runs: int = RUNS) -> float:
    """Median CPU seconds of some runs."""
    spent = []
    for _ in range(runs):
        begin = time.process_time()
        work()
        spent.append(time.process_time() - begin)
    return statistics.median(spent)


def exact(xy: Array, at: Array, h: float, kernel: density.KernelName) -> Array:
    return density.density_at(xy, at, h, kernel)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--points", type=int, default=1_000_000)
    n = arguments.parse_args().points
    rng = np.random.default_rng(SEED)
    xy = events(n, rng)
    bounds = (500_000, 3_290_000, 500_000 + SIDE * CELL_M, 3_290_000 + SIDE * CELL_M)
    pick = rng.integers(SIDE // 4, 3 * SIDE // 4, (200, 2))
    at = np.array([500_000, 3_290_000]) + (pick + 0.5) * CELL_M

    begin = time.process_time()
    density.kde(xy, 800.0, CELL_M, bounds=bounds)
    print(f"first call, with compilation or its cache: {time.process_time() - begin:.2f} s")

    ours = {}
    for kernel, h in (("quartic", 800.0), ("gaussian", 300.0)):
        found = density.kde(xy, h, CELL_M, kernel, bounds=bounds)
        values = found.values[pick[:, 1], pick[:, 0]]
        error = np.abs(values - exact(xy, at, h, kernel)).max() / found.values.max()
        ours[kernel] = cpu(lambda k=kernel, b=h: density.kde(xy, b, CELL_M, k, bounds=bounds))
        print(
            f"gridmap {kernel:9s} {ours[kernel]:8.3f} s   aim {AIM_S} s   error {error:.5%}   "
            f"mass off by {abs(found.mass - n) / n:.1e}   ({found.conventions['sum']})"
        )

    if importlib.util.find_spec("KDEpy"):
        from KDEpy import FFTKDE

        axis = [bounds[i] + (np.arange(SIDE) + 0.5) * CELL_M for i in (0, 1)]
        grid = np.stack(np.meshgrid(*axis, indexing="ij"), axis=-1).reshape(-1, 2)
        fitted = FFTKDE(kernel="gaussian", bw=300.0).fit(xy)
        values = fitted.evaluate(grid).reshape(SIDE, SIDE) * n
        error = np.abs(values[pick[:, 0], pick[:, 1]] - exact(xy, at, 300.0, "gaussian")).max() / values.max()
        spent = cpu(lambda: FFTKDE(kernel="gaussian", bw=300.0).fit(xy).evaluate(grid), 3)
        print(
            f"KDEpy   gaussian  {spent:8.3f} s   error {error:.5%}   {spent / ours['gaussian']:.1f} times ours"
        )
    else:
        print("KDEpy is not installed: skipped")

    from scipy.stats import gaussian_kde

    few = at[:40]
    peer = gaussian_kde(xy.T, bw_method=0.05)
    begin = time.process_time()
    peer(few.T)
    whole = (time.process_time() - begin) * SIDE * SIDE / len(few)
    print(
        f"scipy   gaussian  {whole:8.0f} s, from 40 of the cells   {whole / ours['gaussian']:.0f} times ours"
    )


if __name__ == "__main__":
    main()
