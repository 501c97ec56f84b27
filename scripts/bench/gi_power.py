"""How much of a planted hotspot is found in counts, and how much of what is found is false, beside esda.

Run: python -m scripts.bench.gi_power [MAPS]. A square of 6 by 6 cells of a higher risk on a map of 40 by 40. Two of the
settings were asked for, the other two fixed before anything was tried on them. False: no planted cell in the cell's
neighbourhood. `rates` is what runs by rate do, `counts` what runs by count do; `rates, plain` is the same with one null
and tests of equal weight.
"""

from __future__ import annotations

import datetime as dt
import sys
import warnings
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy import sparse, special

from gridmap import __version__
from gridmap.analysis import fdr, weights
from gridmap.analysis.hotspot import local_counts, local_gi, surroundings, weights_around

SIDE, SQUARE, ALPHA = 40, 6, 0.05
SETTINGS = ((3.0, 2.0), (0.05, 20.0), (1.0, 3.0), (0.3, 5.0))
GROUNDS = ((3.0, 0.1, 2.0, False), (3.0, 0.5, 3.0, False), (0.3, 0.5, 5.0, False), (1.0, 0.3, 4.0, True))
"""Mean, variance of the places' own rates, risk, whether people are spread unevenly."""
NEAR = weights.lattice(SIDE, SIDE)
AROUND = surroundings(NEAR)
HOOD = sparse.csr_array(NEAR) + sparse.eye_array(SIDE * SIDE)
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


def square(rng: np.random.Generator) -> Flags:
    """Choose where the hotspot is."""
    row, column = rng.integers(0, SIDE - SQUARE, 2)
    hot = np.zeros((SIDE, SIDE), dtype=bool)
    hot[row : row + SQUARE, column : column + SQUARE] = True
    return hot.ravel()


def planted(seed: int, mean: float, risk: float) -> tuple[NDArray[np.int64], Flags]:
    """Draw counts of a map; tell which cells have the higher risk."""
    rng = np.random.default_rng(seed)
    hot = square(rng)
    return rng.poisson(mean * np.where(hot, risk, 1.0)), hot


def ground(
    seed: int, mean: float, variance: float, risk: float, *, uneven: bool
) -> tuple[NDArray[np.int64], Floats, Flags]:
    """Draw counts, people and the hotspot of a map whose places have rates of their own."""
    rng = np.random.default_rng([seed, 1])
    hot = square(rng)
    people = rng.lognormal(0.0, 0.8, SIDE**2) if uneven else np.ones(SIDE**2)
    own = rng.gamma(1.0 / variance, variance, SIDE**2) if variance else 1.0
    return rng.poisson(mean * people / people.mean() * own * np.where(hot, risk, 1.0)), people, hot


def by_rate(values: NDArray[np.int64], people: Floats | None, seed: int) -> tuple[Floats, Floats]:
    """P and q of a run by rate."""
    p = local_counts(values, people, NEAR, rng=seed, without_hot=ALPHA).p
    return p, fdr.weighted(p, weights_around(p, AROUND))


def by_count(values: NDArray[np.int64], seed: int) -> tuple[Floats, Floats]:
    """P and q of a run by count."""
    p = local_gi(values, NEAR, rng=seed).p
    return p, fdr.weighted(p, weights_around(p, AROUND))


def esda_p(values: NDArray[np.int64], peer: object, seed: int) -> tuple[Floats, Floats]:
    """Two-sided p of esda's conditional permutations (999), and of its normal distribution."""
    from esda.getisord import G_Local

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = G_Local(
            values.astype(float), peer, transform="B", star=True, permutations=999, seed=seed, n_jobs=1
        )
    return np.minimum(2.0 * found.p_sim, 1.0), 2.0 * special.ndtr(-np.abs(found.Zs))


def rates(flags: list[Flags], hots: list[Flags]) -> tuple[float, float]:
    """Share of the planted cells that is found, and mean share of false ones among what is found."""
    power = np.mean([f[h].mean() for f, h in zip(flags, hots, strict=True)])
    false = np.mean([(f & ~(HOOD @ h > 0)).sum() / max(f.sum(), 1) for f, h in zip(flags, hots, strict=True)])
    return float(power), float(false)


def at_equal_false(ps: list[Floats], hots: list[Flags], most: float) -> float:
    """Most power of a peer at any level of its own at which no greater share of its finds is false."""
    levels = (rates([fdr.benjamini_hochberg(p) <= a for p in ps], hots) for a in np.geomspace(1e-4, 0.2, 50))
    return max((power for power, false in levels if false <= most), default=0.0)


def _beside_esda(maps: int) -> None:
    import libpysal

    peer = libpysal.weights.lat2W(SIDE, SIDE, rook=False)
    print(
        "share of planted cells found (share of finds that is false); esda at the level where as many are false"
    )
    names = ("rates", "rates, plain", "counts", "counts, plain", "esda 999", "esda normal")
    print("mean risk  " + "".join(f"{name:16}" for name in names) + "esda 999, normal at equal")
    for mean, risk in SETTINGS:
        hots: list[Flags] = []
        found: dict[str, list[Flags]] = {name: [] for name in names}
        ps: tuple[list[Floats], list[Floats]] = [], []
        for seed in range(maps):
            values, hot = planted(seed, mean, risk)
            hots.append(hot)
            sim, normal = esda_p(values, peer, seed)
            ps[0].append(sim)
            ps[1].append(normal)
            qs = (
                by_rate(values, None, seed)[1],
                local_counts(values, None, NEAR, rng=seed).q,
                by_count(values, seed)[1],
                local_gi(values, NEAR, rng=seed).q,
                fdr.benjamini_hochberg(sim),
                fdr.benjamini_hochberg(normal),
            )
            for name, q in zip(names, qs, strict=True):
                found[name].append(q <= ALPHA)
        told = {name: rates(flags, hots) for name, flags in found.items()}
        equal = [at_equal_false(p, hots, told["rates"][1]) for p in ps]
        cells = "".join(f"{power:6.1%} ({false:5.1%})  " for power, false in told.values())
        print(f"{mean:4g} {risk:4g} {cells}   {equal[0]:6.1%}  {equal[1]:6.1%}", flush=True)


def _on_grounds(maps: int) -> None:
    print("places with rates of their own (variance), by rate: found (false)")
    for mean, variance, risk, uneven in GROUNDS:
        drawn = [ground(seed, mean, variance, risk, uneven=uneven) for seed in range(maps)]
        hots = [hot for *_, hot in drawn]
        steps, plain = (
            rates([q <= ALPHA for q in qs], hots)
            for qs in (
                [by_rate(values, people, seed)[1] for seed, (values, people, _) in enumerate(drawn)],
                [local_counts(v, people, NEAR, rng=seed).q for seed, (v, people, _) in enumerate(drawn)],
            )
        )
        of = f"{mean:4g} {risk:4g} variance {variance:g}{', people uneven' if uneven else ''}"
        print(
            f"{of:32} rates {steps[0]:6.1%} ({steps[1]:5.1%})   plain {plain[0]:6.1%} ({plain[1]:5.1%})",
            flush=True,
        )


def _on_noise(maps: int) -> None:
    def judged(name: str, test: Callable[[int], tuple[Floats, Floats]]) -> None:
        found = [test(seed) for seed in range(maps)]
        flagged = np.mean([(p <= ALPHA).mean() for p, _ in found])
        some = np.mean([(q <= ALPHA).any() for _, q in found])
        print(
            f"{name:48} {flagged:5.1%} of cells have p <= 0.05; {some:5.1%} of maps have a find", flush=True
        )

    print("noise")
    for mean, variance, _, uneven in ((3.0, 0.0, 1.0, False), (0.3, 0.0, 1.0, False), *GROUNDS):

        def rate(
            seed: int, mean: float = mean, variance: float = variance, uneven: bool = uneven
        ) -> tuple[Floats, Floats]:
            values, people, _ = ground(seed, mean, variance, 1.0, uneven=uneven)
            return by_rate(values, people, seed)

        judged(f"rates, {mean:g}, variance {variance:g}{', people uneven' if uneven else ''}", rate)
    for mean in (3.0, 0.3):
        judged(
            f"counts, {mean:g}",
            lambda seed, mean=mean: by_count(ground(seed, mean, 0.0, 1.0, uneven=False)[0], seed),
        )


def main() -> None:
    maps = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    print(f"{dt.date.today()}, gridmap {__version__}, {maps} maps a row, {SIDE} x {SIDE} cells, q <= {ALPHA}")  # noqa: DTZ011
    _beside_esda(maps)
    _on_grounds(maps)
    _on_noise(2 * maps)


if __name__ == "__main__":
    main()
