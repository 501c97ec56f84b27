"""Compare the near-repeat table with pointpats' Knox test of one band: CPU seconds, and the same count in that band.

Run with ``python scripts/bench/near_repeat.py [--events N] [--permutations N]``.
"""

from __future__ import annotations

import argparse
import statistics
import time
import warnings
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from gridmap.analysis import near_repeat

SEED = 165
RUNS = 5
AIM_S = 1.0
SPACE_M = [0, 1, 200, 400, 600, 800, 1000]
TIME_DAYS = [0, 1, 2, 4, 7, 14]
PEER_PERMUTATIONS = 99


def data(events: int) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Make a year of events around 300 places of a city of 20 km."""
    rng = np.random.default_rng(SEED)
    places = rng.random((300, 2)) * 20_000
    xy = places[rng.integers(0, len(places), events)] + rng.normal(0, 800, (events, 2))
    return xy, rng.integers(0, 365, events)


def cpu_s(function: Callable[[], object], runs: int) -> float:
    out = []
    for _ in range(runs):
        begin = time.process_time()
        function()
        out.append(time.process_time() - begin)
    return statistics.median(out)


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--events", type=int, default=11_700)
    asked.add_argument("--permutations", type=int, default=999)
    options = asked.parse_args()
    xy, t = data(options.events)
    m = options.permutations

    def ours() -> near_repeat.NearRepeat:
        return near_repeat.table(xy, t, SPACE_M, TIME_DAYS, permutations=m, rng=np.random.default_rng(SEED))

    begin = time.process_time()
    found = ours()
    first = time.process_time() - begin
    mine = cpu_s(ours, RUNS)
    close = int(found.observed[:-1].sum())
    bands = found.observed.size
    print(f"{options.events} events, {close} pairs within {SPACE_M[-1]} m; CPU seconds, medians of {RUNS}")
    aim = f", aim {AIM_S}" if (options.events, m) == (11_700, 999) else ""
    print(
        f"  gridmap    {bands} bands, {m} permutations {mine:8.2f}{aim}; the first call {first - mine:+.2f}"
    )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from pointpats.spacetime import knox
    except ImportError:
        print("  pointpats  not installed, skipped")
        return

    def peer() -> int:
        np.random.seed(SEED)  # noqa: NPY002 - the peer draws from the global generator
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            answer = knox(
                xy, t[:, None].copy(), SPACE_M[-1], TIME_DAYS[-1] - 1, permutations=PEER_PERMUTATIONS
            )
        return int(answer["stat"])

    assert peer() == int(found.observed[:-1, :-1].sum())
    its = cpu_s(peer, 1)
    each = (its / PEER_PERMUTATIONS) / (mine / max(1, m))
    print(
        f"  pointpats  one band, {PEER_PERMUTATIONS} permutations {its:8.2f}, {its / mine:.1f} times ours, "
        f"{each:.0f} times a permutation; the same count"
    )


if __name__ == "__main__":
    main()
