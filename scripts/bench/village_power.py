"""How often a village of a multiple of the usual risk is found by rate among the demonstration's 28 villages.

Run: python -m scripts.bench.village_power [MAPS]. People are those of the micro-grids; each map draws another village.
By Gi* a village is judged with those around it, as in runs; "alone": each village by itself; the scan: circles of
at most a tenth of the people. Found: the village is hot (or in a cluster) at q (or p) of at most 5 %. Any: maps with a
find where nothing is planted.
"""

from __future__ import annotations

import datetime as dt
import json
import sys
from pathlib import Path

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy import sparse

from gridmap import __version__
from gridmap.analysis import fdr, scan, weights
from gridmap.analysis.hotspot import local_counts, surroundings, weights_around

DATA = Path(__file__).resolve().parents[2] / "data" / "boundaries"
ALPHA, TENTH = 0.05, 0.1
RISKS, MEANS, OWN = (1.0, 2.0, 3.0, 6.0), (10.0, 100.0), (0.0, 0.1)
Flags = NDArray[np.bool_]


def villages() -> tuple[list[shapely.Geometry], NDArray[np.float64]]:
    """Outlines of the villages, and their residents by the micro-grids."""
    people: dict[str, float] = {}
    for one in json.loads((DATA / "micro_grids.geojson").read_text("utf-8"))["features"]:
        key = str(one["properties"]["grid_key"])[:14]
        people[key] = people.get(key, 0.0) + float(one["properties"]["population"])
    found = json.loads((DATA / "villages.geojson").read_text("utf-8"))["features"]
    shapes = [shapely.from_geojson(json.dumps(one["geometry"])) for one in found]
    return shapes, np.array([people[str(one["properties"]["grid_key"])[:14]] for one in found])


def main() -> None:
    """Print the table."""
    maps = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    shapes, people = villages()
    near = weights.queen(shapes)
    alone = sparse.csr_array((len(shapes), len(shapes)))
    around = surroundings(near)
    at = shapely.get_coordinates(shapely.centroid(shapes))
    print(f"{dt.date.today()}, gridmap {__version__}, {maps} maps a row, {len(shapes)} villages")  # noqa: DTZ011
    print("mean of a village, variance of their own rates, risk: found by Gi*, alone, by the scan")
    for mean in MEANS:
        for own in OWN:
            for risk in RISKS:
                told = np.zeros(3)
                for seed in range(maps):
                    rng = np.random.default_rng([seed, 28])
                    rate = mean * people / people.mean()
                    rate *= rng.gamma(1.0 / own, own, len(people)) if own else 1.0
                    which = int(rng.integers(len(people)))
                    rate[which] *= risk
                    counts = rng.poisson(rate)
                    flags = _gi(counts, people, near, around, seed), _gi(counts, people, alone, None, seed)
                    inside = np.zeros(len(people), dtype=bool)
                    found = scan.spatial(
                        at, counts, people, max_population=TENTH, permutations=199, rng=seed, null="fitted"
                    )
                    for cluster in found:
                        inside[list(cluster.members)] |= cluster.p <= ALPHA
                    for n, hot in enumerate((*flags, inside)):
                        told[n] += hot[which] if risk > 1 else hot.any()
                words = "any  " if risk == 1 else "found"
                row = "  ".join(f"{share:6.1%}" for share in told / maps)
                print(f"{mean:5.0f}  {own:3.1f}  {risk:3.0f}  {words} {row}", flush=True)


def _gi(
    counts: NDArray[np.int64], people: NDArray[np.float64], near: object, around: object, seed: int
) -> Flags:
    found = local_counts(counts, people, near, rng=seed, without_hot=ALPHA)  # type: ignore[arg-type]
    q = found.q if around is None else fdr.weighted(found.p, weights_around(found.p, around))  # type: ignore[arg-type]
    return (q <= ALPHA) & (found.z > 0)


if __name__ == "__main__":
    main()
