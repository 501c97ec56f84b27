"""Compare the circular scan statistic with numpy and, where they are installed, R's SpatialEpi and smerc: CPU seconds.

Run with ``python scripts/bench/scan.py [--areas N] [--cases N] [--permutations N]``.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gridmap.analysis import scan

SEED = 165
RUNS = 5
AIM_S = 2.0
R_CALLS = {
    "SpatialEpi": "SpatialEpi::kulldorff(d[, c('x', 'y')], d$cases, d$pop, NULL, 0.5, {m}, 0.05, FALSE)",
    "smerc": "smerc::scan.test(as.matrix(d[, c('x', 'y')]), d$cases, d$pop, nsim = {m}, alpha = 1, ubpop = 0.5)",
}


def data(areas: int, cases: int) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]:
    rng = np.random.default_rng(SEED)
    people = rng.integers(100, 2000, areas)
    return rng.random((areas, 2)) * 10_000, rng.multinomial(cases, people / people.sum()), people


def with_numpy(
    xy: NDArray[np.float64], cases: NDArray[np.int64], people: NDArray[np.int64], permutations: int
) -> NDArray[np.float64]:
    """Largest ratios, the observed one first: cumulative sums of all replications, centre by centre."""
    rng = np.random.default_rng(SEED)
    total, share = int(cases.sum()), people / people.sum()
    counts = np.vstack([cases, rng.multinomial(total, share, size=permutations)]).T
    log = np.log(np.maximum(np.arange(total + 1), 1))
    best = np.zeros(permutations + 1)
    for centre in xy:
        order = np.argsort(np.hypot(*(xy - centre).T))
        expected = np.cumsum(share[order]) * total
        inside = expected <= total / 2
        expected = expected[inside][:, None]
        c = np.cumsum(counts[order[inside]], axis=0)
        ratio = c * (log[c] - np.log(expected)) + (total - c) * (log[total - c] - np.log(total - expected))
        ratio[(c <= expected) | (c < 2)] = 0.0
        best = np.maximum(best, ratio.max(axis=0, initial=0.0))
    return best


def with_r(package: str, rows: NDArray[np.float64], permutations: int) -> float | None:
    """CPU seconds of one run in R; None where R or the package is not installed."""
    if shutil.which("Rscript") is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder) / "areas.csv"
        np.savetxt(table, rows, delimiter=",", header="x,y,cases,pop", comments="")
        program = (
            f"if (!requireNamespace('{package}', quietly = TRUE)) quit(status = 3); d <- read.csv('{table}'); "
            f"s <- proc.time(); r <- {R_CALLS[package].format(m=permutations)}; "
            "cat('\\nCPU', sum((proc.time() - s)[c(1, 2, 4, 5)], na.rm = TRUE), '\\n')"
        )
        done = subprocess.run(["Rscript", "-e", program], capture_output=True, text=True, check=False)
    if done.returncode == 3:
        return None
    if done.returncode != 0:
        raise SystemExit(f"{package} failed: {done.stderr}")
    return float(done.stdout.rsplit("CPU", 1)[1])


def cpu_s(function: Callable[[], object], runs: int) -> float:
    out = []
    for _ in range(runs):
        begin = time.process_time()
        function()
        out.append(time.process_time() - begin)
    return statistics.median(out)


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--areas", type=int, default=1000)
    asked.add_argument("--cases", type=int, default=2000)
    asked.add_argument("--permutations", type=int, default=999)
    options = asked.parse_args()
    xy, cases, people = data(options.areas, options.cases)
    m = options.permutations

    def ours() -> scan.ScanResult:
        return scan.spatial(xy, cases, people, permutations=m, rng=np.random.default_rng(SEED))

    begin = time.process_time()
    found = ours()
    first = time.process_time() - begin
    mine = cpu_s(ours, RUNS)
    print(f"{options.areas} areas, {options.cases} cases, {m} replications; CPU seconds, medians of {RUNS}")
    aim = f", aim {AIM_S}" if (options.areas, m) == (1000, 999) else ""
    print(
        f"  gridmap      {mine:8.2f}{aim}; the first call {first - mine:+.2f} (compiling, or reading what was)"
    )
    peer = with_numpy(xy, cases, people, m)
    assert abs(peer[0] - found.clusters[0].llr) < 1e-8
    drawn = with_numpy(xy, cases, people, 0)
    assert drawn[0] == peer[0]
    its = cpu_s(lambda: with_numpy(xy, cases, people, m), 1)
    print(f"  numpy        {its:8.2f}, {its / mine:.1f} times ours; the same best window")
    rows = np.column_stack([xy, cases, people])
    for package in R_CALLS:
        seconds = with_r(package, rows, m)
        if seconds is None:
            print(f"  {package:12} not installed, skipped")
        else:
            print(f"  {package:12} {seconds:8.2f}, {seconds / mine:.1f} times ours")


if __name__ == "__main__":
    main()
