"""Emerging hotspots by rate and by count: what noise brings about, and how much of a planted course is found.

Run: python -m scripts.bench.emerging_rates [CUBES]. Noise: twelve months of equal risk on the demonstration's people,
and with rates of places' own (gamma). Planted: a block of 5 by 5 cells of 24 by 24, people spread unevenly, whose risk
is six-fold for the last three months, or three-fold all along. Found: cells of the block that are hot in the last month
and have a class. False: hot bins, and cells with a hot class, none of whose neighbours is of the block.
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
from gridmap.analysis import emerging, weights

DATA = Path(__file__).resolve().parents[2] / "data" / "boundaries"
SIDE, MONTHS = 24, 12
Counts = NDArray[np.int64]
Floats = NDArray[np.float64]
COURSES = {
    "six-fold for the last three months": np.r_[np.ones(9), np.full(3, 6.0)],
    "three-fold all along": np.full(MONTHS, 3.0),
}


def by_rate(cube: Counts, people: Floats, near: sparse.csr_array, seed: int) -> emerging.Emerging:
    """Classify as runs by rate do."""
    return emerging.classify(cube, near, 1, exposure=people, fdr="weighted", rng=seed)


def by_count(cube: Counts, people: Floats, near: sparse.csr_array, seed: int) -> emerging.Emerging:
    """Classify as runs by count do."""
    del people
    return emerging.classify(cube, near, 1, "all", rng=seed)


def demonstration() -> tuple[sparse.csr_array, Floats]:
    """Neighbours and residents of the demonstration's micro-grids."""
    features = json.loads((DATA / "micro_grids.geojson").read_text("utf-8"))["features"]
    near = weights.queen([shapely.from_geojson(json.dumps(one["geometry"])) for one in features])
    return near, np.array([float(one["properties"]["population"]) for one in features])


def noise(
    near: sparse.csr_array, people: Floats, own: float, events: int, cubes: int
) -> list[tuple[float, float]]:
    """Share of bins with p of at most 5 %, and share of cubes with a class, by rate and by count."""
    told: list[list[tuple[float, bool]]] = [[], []]
    for seed in range(cubes):
        rng = np.random.default_rng([seed, 1])
        rate = people * (rng.gamma(1.0 / own, own, len(people)) if own else 1.0)
        cube = rng.multinomial(events, np.repeat(rate / rate.sum() / MONTHS, MONTHS)).reshape(-1, MONTHS)
        for out, judge in zip(told, (by_rate, by_count), strict=True):
            found = judge(cube, people, near, seed)
            out.append((float((found.p_gi <= 0.05).mean()), bool((found.labels != "none").any())))
    return [(float(np.mean([p for p, _ in of])), float(np.mean([any_ for _, any_ in of]))) for of in told]


def planted(course: Floats, mean: float, own: float, cubes: int) -> list[tuple[float, ...]]:
    """Share of the block found, of hot bins that are false and of classes that are, by rate and by count."""
    near = weights.lattice(SIDE, SIDE)
    told: list[list[tuple[float, float, float]]] = [[], []]
    for seed in range(cubes):
        rng = np.random.default_rng([seed, 2])
        people = rng.lognormal(0.0, 0.8, SIDE**2)
        block = np.zeros((SIDE, SIDE), dtype=bool)
        row, column = rng.integers(0, SIDE - 5, 2)
        block[row : row + 5, column : column + 5] = True
        inside = block.ravel()
        rate = np.outer(mean * people / people.mean(), np.ones(MONTHS))
        rate *= rng.gamma(1.0 / own, own, (SIDE**2, 1)) if own else 1.0
        rate[inside] *= course
        away = (near @ inside + inside) == 0
        for out, judge in zip(told, (by_rate, by_count), strict=True):
            found = judge(rng.poisson(rate), people, near, seed)
            hot, bins = np.char.endswith(found.labels, "_hot"), found.side > 0
            out.append(
                (
                    float((hot & bins[:, -1])[inside].mean()),
                    float(bins[away].sum() / max(bins.sum(), 1)),
                    float((hot & away).sum() / max(hot.sum(), 1)),
                )
            )
    return [tuple(float(np.mean(column)) for column in zip(*of, strict=True)) for of in told]


def main() -> None:
    """Print the tables."""
    cubes = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    day = f"{dt.date.today()}, gridmap {__version__}"  # noqa: DTZ011
    print(f"{day}, {cubes} cubes of noise, {cubes // 5} planted; by rate | by count")
    near, people = demonstration()
    for name, own, events in (
        ("equal risk, 3,500 events", 0.0, 3500),
        ("equal risk, 20,000 events", 0.0, 20_000),
        ("rates of places' own, variance 0.3, 3,500 events", 0.3, 3500),
    ):
        told = " | ".join(
            f"{p:5.1%} of bins have p <= 0.05, {some:5.1%} of cubes a class"
            for p, some in noise(near, people, own, events, cubes)
        )
        print(f"{name:50} {told}", flush=True)
    for course, rates in COURSES.items():
        for mean, own in ((0.3, 0.0), (0.3, 0.3), (2.0, 0.0), (2.0, 0.3)):
            told = " | ".join(
                f"found {found:4.0%}, false bins {bins:5.1%}, classes {cells:5.1%}"
                for found, bins, cells in planted(rates, mean, own, cubes // 5)
            )
            print(f"{course + f', mean {mean} a month, own variance {own}':75} {told}", flush=True)


if __name__ == "__main__":
    main()
