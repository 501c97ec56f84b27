"""How much of a planted hotspot Gi* finds in counts, and how much of what it finds is false, beside esda.

Run: python -m scripts.bench.gi_power [MAPS]. A square of 6 by 6 cells of a higher risk on a map of 40 by 40. Two of the
settings were asked for, the other two fixed before anything was tried on them. False: no planted cell in the cell's
neighbourhood.
"""

from __future__ import annotations

import datetime as dt
import sys
import warnings

import numpy as np
from numpy.typing import NDArray
from scipy import sparse, special

from gridmap import __version__
from gridmap.analysis import fdr, weights
from gridmap.analysis.hotspot import local_gi, stepped_gi

SIDE, SQUARE, ALPHA = 40, 6, 0.05
SETTINGS = ((3.0, 2.0), (0.05, 20.0), (1.0, 3.0), (0.3, 5.0))
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


def planted(seed: int, mean: float, risk: float) -> tuple[NDArray[np.int64], Flags]:
    """Draw counts of a map; tell which cells have the higher risk."""
    rng = np.random.default_rng(seed)
    row, column = rng.integers(0, SIDE - SQUARE, 2)
    hot = np.zeros((SIDE, SIDE), dtype=bool)
    hot[row : row + SQUARE, column : column + SQUARE] = True
    return rng.poisson(mean * np.where(hot.ravel(), risk, 1.0)), hot.ravel()


def esda_p(values: NDArray[np.int64], peer: object, seed: int) -> tuple[Floats, Floats]:
    """Two-sided p of esda's conditional permutations (999), and of its normal distribution."""
    from esda.getisord import G_Local

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = G_Local(
            values.astype(float), peer, transform="B", star=True, permutations=999, seed=seed, n_jobs=1
        )
    return np.minimum(2.0 * found.p_sim, 1.0), 2.0 * special.ndtr(-np.abs(found.Zs))


def rates(flags: list[Flags], hots: list[Flags], nears: list[Flags]) -> tuple[float, float]:
    """Share of the planted cells that is found, and mean share of false ones among what is found."""
    power = np.mean([f[h].mean() for f, h in zip(flags, hots, strict=True)])
    false = np.mean([(f & ~n).sum() / max(f.sum(), 1) for f, n in zip(flags, nears, strict=True)])
    return float(power), float(false)


def at_equal_false(ps: list[Floats], hots: list[Flags], nears: list[Flags], most: float) -> float:
    """Most power of a peer at any level of its own at which no greater share of its finds is false."""
    levels = (
        rates([fdr.benjamini_hochberg(p) <= a for p in ps], hots, nears) for a in np.geomspace(1e-4, 0.2, 50)
    )
    return max((power for power, false in levels if false <= most), default=0.0)


def main() -> None:
    import libpysal

    maps = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    near = weights.lattice(SIDE, SIDE)
    around = sparse.csr_array(near) + sparse.eye_array(SIDE * SIDE)
    peer = libpysal.weights.lat2W(SIDE, SIDE, rook=False)
    print(f"{dt.date.today()}, gridmap {__version__}, {maps} maps a row, {SIDE} x {SIDE} cells, q <= {ALPHA}")  # noqa: DTZ011
    print(
        "share of planted cells found (share of finds that is false); esda at the level where as many are false"
    )
    print(
        "mean risk   one null        in steps        esda 999        esda normal     esda 999, normal at equal"
    )
    for mean, risk in SETTINGS:
        hots: list[Flags] = []
        nears: list[Flags] = []
        found: dict[str, list[Flags]] = {name: [] for name in ("one", "steps", "sim", "normal")}
        ps: dict[str, list[Floats]] = {"sim": [], "normal": []}
        for seed in range(maps):
            values, hot = planted(seed, mean, risk)
            hots.append(hot)
            nears.append(np.asarray(around @ hot > 0))
            sim, normal = esda_p(values, peer, seed)
            ps["sim"].append(sim)
            ps["normal"].append(normal)
            for name, q in (
                ("one", local_gi(values, near, rng=seed).q),
                ("steps", stepped_gi(values, near, rng=seed).q),
                ("sim", fdr.benjamini_hochberg(sim)),
                ("normal", fdr.benjamini_hochberg(normal)),
            ):
                found[name].append(q <= ALPHA)
        told = {name: rates(flags, hots, nears) for name, flags in found.items()}
        equal = [at_equal_false(p, hots, nears, told["steps"][1]) for p in ps.values()]
        cells = "".join(f"{power:6.1%} ({false:5.1%})  " for power, false in told.values())
        print(f"{mean:4g} {risk:4g} {cells}   {equal[0]:6.1%}  {equal[1]:6.1%}", flush=True)
    noise = [
        stepped_gi(np.random.default_rng(s).poisson(m, SIDE**2), near, rng=s)
        for m in (3, 0.3)
        for s in range(maps)
    ]
    flagged = np.mean([(one.p <= ALPHA).mean() for one in noise])
    hot = np.mean([((one.q <= ALPHA) & (one.z > 0)).any() for one in noise])
    print(
        f"noise of means 3 and 0.3: {flagged:.1%} of cells have p <= 0.05; {hot:.1%} of maps have a hot cell"
    )


if __name__ == "__main__":
    main()
