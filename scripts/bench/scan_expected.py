"""How often the expectation-based scan finds a cluster in noise, and in how many towns a planted rise.

Run: python -m scripts.bench.scan_expected [MAPS]. In noise 5 % of maps should have a cluster at p <= 0.05.
"""

from __future__ import annotations

import datetime as dt
import sys

import numpy as np
from numpy.typing import NDArray

from gridmap import __version__
from gridmap.analysis import scan

SIDE, STEPS, NOW = 12, 17, 4
SETTINGS = (
    (0.2, 0.0, 0.0),
    (2.0, 0.0, 0.0),
    (1.0, 0.5, 0.0),
    (3.0, 0.3, 0.0),
    (1.0, 0.0, 0.03),
    (2.0, 0.0, 0.1),
    (2.0, 0.3, 0.05),
)


def town(
    rng: np.random.Generator,
    mean: float,
    alone: float,
    together: float,
    rise: float = 1.0,
    side: int = SIDE,
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Draw places and their cases in weeks; a square of 3 by 3 rises in the last two of them."""
    x, y = np.meshgrid(np.arange(side, dtype=float), np.arange(side, dtype=float))
    rate = mean * (rng.gamma(2.0, 0.5, side * side) + 0.02)[:, None] * np.ones(STEPS)
    if alone:
        rate *= rng.gamma(1.0 / alone, alone, rate.shape)
    if together:
        rate *= rng.gamma(1.0 / together, together, STEPS)
    rate[((np.abs(x - 5) <= 1) & (np.abs(y - 5) <= 1)).ravel(), -2:] *= rise
    return np.column_stack([x.ravel(), y.ravel()]), rng.poisson(rate)


def maps_found(
    setting: tuple[float, float, float],
    maps: int,
    *,
    rise: float = 1.0,
    seed: int = 9,
    side: int = SIDE,
    permutations: int = 199,
) -> int:
    """Count the maps with a cluster at p <= 0.05."""
    rng = np.random.default_rng(seed)
    found = 0
    for number in range(maps):
        xy, cases = town(rng, *setting, rise, side)
        told = scan.expectation(
            xy, cases, now=NOW, max_population=0.15, permutations=permutations, rng=number, most=1
        )
        found += bool(len(told) and told[0].p <= 0.05)
    return found


def main() -> None:
    maps = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    today = dt.date.today()  # noqa: DTZ011
    print(f"{today}, gridmap {__version__}, {maps} maps a row, {SIDE} x {SIDE} places, {STEPS} weeks")
    print("mean a week   alone  together     noise   rise of 3 in 9 places, 2 weeks")
    shares = []
    for setting in SETTINGS:
        shares.append(maps_found(setting, maps) / maps)
        fewer = max(maps // 4, 1)
        risen = maps_found(setting, fewer, rise=3.0) / fewer
        print(
            f"{setting[0]:11.1f} {setting[1]:7.1f} {setting[2]:9.2f}  {shares[-1]:8.1%}   {risen:8.1%}",
            flush=True,
        )
    print(f"noise in all: {np.mean(shares):.1%} of {maps * len(shares)} maps")


if __name__ == "__main__":
    main()
