"""How often the Poisson scan finds a cluster in noise whose rates differ among places, by the null of its replications.

Run: python -m scripts.bench.scan_dispersion [MAPS]. No cluster is there, so 5 % of maps should have one at p <= 0.05.
"""

from __future__ import annotations

import datetime as dt
import sys

import numpy as np

from gridmap import __version__
from gridmap.analysis import scan

SIDE, STEPS = 15, 6
SETTINGS = ((0.0, 3.0), (0.1, 10.0), (0.3, 3.0), (1.0, 1.0))


def share_found(dispersion: float, mean: float, null: str, maps: int, *, steps: int = 1) -> float:
    """Share of maps with a cluster at p <= 0.05."""
    rng = np.random.default_rng(14)
    x, y = np.meshgrid(np.arange(SIDE, dtype=float), np.arange(SIDE, dtype=float))
    xy, n = np.column_stack([x.ravel(), y.ravel()]), SIDE * SIDE
    found = 0
    for number in range(maps):
        people = rng.gamma(4.0, 0.25, n) + 0.05
        rate = rng.gamma(1.0 / dispersion, dispersion, n) if dispersion else np.ones(n)
        cases = rng.poisson((mean * people * rate)[:, None] / steps, size=(n, steps))
        told = (
            scan.spatial(xy, cases[:, 0], people, max_population=0.1, permutations=199, rng=number, null=null)
            if steps == 1
            else scan.space_time(
                xy, cases, people, max_population=0.1, permutations=199, rng=number, null=null
            )
        )
        found += bool(len(told) and told[0].p <= 0.05)
    return found / maps


def main() -> None:
    maps = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    print(f"{dt.date.today()}, gridmap {__version__}, {maps} maps a row, {SIDE} x {SIDE} places")  # noqa: DTZ011
    print("dispersion  mean   scan        null poisson   null fitted")
    for dispersion, mean in SETTINGS:
        for steps in (1, STEPS):
            one, other = (
                share_found(dispersion, mean, null, maps, steps=steps) for null in ("poisson", "fitted")
            )
            name = "space" if steps == 1 else "space-time"
            print(f"{dispersion:10.1f} {mean:5.0f}   {name:10s}  {one:11.1%}   {other:11.1%}", flush=True)


if __name__ == "__main__":
    main()
