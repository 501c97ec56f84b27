"""How often near repeats are found where nothing follows anything, and where something does, by the null's seasons.

Run: python -m scripts.bench.near_repeat_seasons [TOWNS]. A year of 500 events; two in five lie in a busy quarter, which
moves on a day, or never. Repeats: a share of events is followed by another within a week and some 40 m. A town counts
where any band has a corrected p of at most 5 %.
"""

from __future__ import annotations

import datetime as dt
import sys

import numpy as np
from numpy.typing import NDArray

from gridmap import __version__
from gridmap.analysis import near_repeat

SEASONS = (None, 91.0, 28.0)
SPACE_M, TIME_DAYS = [0, 100, 200, 400], [0, 7, 14, 28]
Town = tuple[NDArray[np.float64], NDArray[np.float64]]


def moving(seed: int, moves_on: float, n: int = 500) -> Town:
    """Make a town whose busy quarter moves on a day."""
    rng = np.random.default_rng(seed)
    t = rng.integers(0, 365, n).astype(float)
    xy, busy = rng.uniform(0, 2000, (n, 2)), rng.random(n) < 0.4
    corner = np.where(t < moves_on, 300.0, 1500.0)
    xy[busy] = corner[busy, None] + rng.uniform(0, 300, (busy.sum(), 2))
    return xy, t


def repeating(seed: int, followed: int, n: int = 500) -> Town:
    """Make a town in which some events are followed by another."""
    rng = np.random.default_rng(seed)
    t, xy = rng.integers(0, 358, n).astype(float), rng.uniform(0, 2000, (n, 2))
    again = rng.choice(n, followed, replace=False)
    near = xy[again] + rng.normal(0, 40, (followed, 2))
    return np.vstack([xy, near]), np.append(t, t[again] + rng.integers(1, 7, followed))


def found(town: Town, season: float | None) -> bool:
    """Tell whether any band has a corrected p of at most 5 %."""
    told = near_repeat.table(*town, SPACE_M, TIME_DAYS, permutations=199, season=season)
    return bool((told.p_family[:-1, :-1] <= 0.05).any())


def main() -> None:
    """Print the table."""
    towns = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    print(f"{dt.date.today()}, gridmap {__version__}, {towns} towns a row")  # noqa: DTZ011
    print("times shuffled within          the year    91 days    28 days")
    rows = {
        "quarter moves on day 182": [moving(seed, 182) for seed in range(towns)],
        "quarter moves on day 140": [moving(seed, 140) for seed in range(towns)],
        "quarter moves on day 189": [moving(seed, 189) for seed in range(towns)],
        "quarter never moves": [moving(seed, 400) for seed in range(towns)],
        "4 % followed by another": [repeating(seed, 20) for seed in range(towns)],
        "12 % followed by another": [repeating(seed, 60) for seed in range(towns)],
    }
    for name, made in rows.items():
        shares = (np.mean([found(town, season) for town in made]) for season in SEASONS)
        print(f"{name:26} " + "".join(f"{share:11.1%}" for share in shares), flush=True)


if __name__ == "__main__":
    main()
