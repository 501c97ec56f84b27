"""The expectation-based scan: where there is more now than the place's own past makes likely."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gridmap.analysis._given import Rng, generator_of, whole_of
from gridmap.analysis.scan._expected import Past, Spread, best_expected, raise_expected, replicated
from gridmap.analysis.scan._input import Places, checked_counts, checked_points, refuse
from gridmap.analysis.scan._search import Cluster, Options, ScanResult, gumbel_chance, monte_carlo
from gridmap.analysis.scan._windows import Block, Windows, outlines
from gridmap.analysis.scan.statistic import ranks_of

_FEWEST_LIKE = 4
_AT_ONCE = 16
_MOST = 4_000_000


def expectation(
    xy: ArrayLike,
    cases: ArrayLike,
    *,
    now: int,
    phase: ArrayLike | None = None,
    max_population: float = 0.5,
    max_radius: float | None = None,
    permutations: int = 999,
    rng: Rng = None,
    min_cases: int = 2,
    most: int = 20,
    ids: ArrayLike | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> ScanResult:
    """Scan circles times the last slices for more than the places' own past lets expect (Neill 2005).

    For a window of c cases where b are expected the statistic is c ln(c / b) + b - c, where c > b. What is expected of
    a place in a slice is the mean of its past slices of the same phase, one slice of the mean place added to them, so
    that of a place without any past something is expected, too. A replication shares each place's cases of each phase
    out among all its slices anew and expects anew: the place's rate need not be known, and that it was estimated is in
    the p. Slices vary beyond Poisson as much as those of the past do, each place by itself and all together
    (gamma-Poisson, by moments).

    Parameters
    ----------
    xy : array_like of float, shape (n, 2)
        Planar coordinates in any unit.
    cases : array_like of int, shape (n, T)
        Cases at each location in each of T slices, in order of time.
    now : int
        How many slices at the end are looked at; those before are the past. Windows reach the last one.
    phase : array_like of int, shape (T,), optional
        Slices of one phase are compared with each other only, as weekdays are; all with all by default.
    max_population : float
        Largest share of all cases in a window.
    max_radius : float, optional
        Largest radius of a window, in the unit of `xy`.
    permutations, rng, min_cases, most, ids, on_progress
        As for :func:`gridmap.analysis.scan.spatial`.

    Returns
    -------
    ScanResult
        ``relative_risk`` is what was observed over what was expected; ``population`` is NaN.

    Raises
    ------
    InvalidInput
        When an array has the wrong shape or holds what is no count, and when a slice has fewer than 4 of its like in
        the past.

    References
    ----------
    D. B. Neill, A. W. Moore, M. Sabhnani, K. Daniel, *Detection of emerging space-time clusters*, KDD 2005.
    D. B. Neill, *Expectation-based scan statistics for monitoring spatial time series data*, International Journal of
    Forecasting 25, 2009.
    """
    points = checked_points(xy)
    counts = checked_counts(cases, len(points), two_dimensional=True)
    past = _past(counts.shape[1], now, phase)
    places = Places.merge(points, counts, counts.astype(np.float64))
    n = len(places.xy)
    if n * past.now * _AT_ONCE > _MOST or n * past.steps * _AT_ONCE > 10 * _MOST:
        raise refuse(
            "too-many-places",
            f"地点与时段过多（{n} × {past.steps}），请改用上一级网格或更长的时段。",
            f"There are too many locations and steps ({n} x {past.steps}); use coarser grids or longer steps.",
        )
    options = Options(max_population, permutations, min_cases, "high", most, "circle", None, 0.0, max_radius)
    weight = places.cases.sum(axis=1).astype(np.float64)
    windows = Windows(
        places.xy,
        weight,
        options.max_population * float(weight.sum()),
        outlines("circle", None),
        past.now,
        np.inf if options.max_radius is None else float(options.max_radius),
    )
    spread = past.spread(places.cases)
    generator = generator_of(rng)
    maxima = np.empty(0, np.float64)
    while len(maxima) < options.permutations:
        size = min(_AT_ONCE, options.permutations - len(maxima))
        drawn = replicated(places.cases, past, spread, size, generator)
        seen, awaited = _sums(drawn, past)
        top = np.zeros(size)
        for block in windows.blocks():
            raise_expected(top, seen, awaited, block.near, block.ends, block.offsets, options.min_cases)
        maxima = np.concatenate([maxima, top])
        if on_progress is not None:
            on_progress(len(maxima), options.permutations)
    clusters = _clusters(places, past, windows, options, maxima, ranks_of(ids, len(points)))
    return ScanResult(clusters, options.permutations, maxima, _conventions(past, options, spread))


def _past(steps: int, now: int, phase: ArrayLike | None) -> Past:
    looked = whole_of(now, "要看的时间片数", "The number of slices that are looked at")
    of = np.zeros(steps, np.int64) if phase is None else np.asarray(phase)
    if of.shape != (steps,) or of.dtype.kind not in "iu":
        raise refuse(
            "phase-shape",
            "每个时间片须有一个整数的相位。",
            "Give one whole number for the phase of each slice.",
        )
    begin = steps - looked
    pairs = []
    for value in np.unique(of):
        like = np.flatnonzero(of == value)
        before, here = like[like < begin], like[like >= begin]
        if len(here) and len(before):
            pairs.append((before, here))
        if len(here) and len(before) < _FEWEST_LIKE:
            raise refuse(
                "past-short",
                f"以往的时间片太少：每一片至少要有 {_FEWEST_LIKE} 个以往的同类时间片（要看的 {looked} 片除外，共 "
                f"{max(begin, 0)} 片）。请放宽时段、缩短 --step 或减少 --max-duration。",
                f"The past is too short: each slice needs {_FEWEST_LIKE} slices of its like before the {looked} that "
                f"are looked at ({max(begin, 0)} in all). Widen the period, shorten --step or lower --max-duration.",
            )
    if looked < 1 or begin < 1:
        raise refuse(
            "duration",
            f"要看的时间片须在 1 到 {steps - 1} 之间。",
            f"The slices that are looked at are 1 to {steps - 1}.",
        )
    return Past(tuple(pairs), steps, looked)


def _sums(counts: NDArray[np.int64], past: Past) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Cases and what is expected in the last 1 … D slices; each of shape (..., n, D)."""
    seen = counts[..., past.steps - past.now :][..., ::-1].astype(np.float64)
    awaited = past.expected(counts)[..., ::-1]
    return np.cumsum(seen, axis=-1), np.cumsum(awaited, axis=-1)


def _clusters(
    places: Places,
    past: Past,
    windows: Windows,
    options: Options,
    maxima: NDArray[np.float64],
    rank: NDArray[np.int64],
) -> tuple[Cluster, ...]:
    seen, awaited = _sums(places.cases, past)
    taken = np.zeros(len(places.xy), np.bool_)
    out: list[Cluster] = []
    while len(out) < options.most:
        best: tuple[tuple[float, float, int], Block, int, int, int] | None = None
        for block in windows.blocks():
            ratio, position, length = best_expected(
                seen, awaited, block.near, block.ends, block.offsets, taken, options.min_cases
            )
            for unit in np.flatnonzero(position >= 0).tolist():
                centre = int(block.centres[unit])
                far = places.xy[block.near[block.offsets[unit] + position[unit]]] - places.xy[centre]
                # Several windows may hold the same places: the smallest of them is told.
                key = (-float(f"{ratio[unit]:.9e}"), float(np.hypot(*far)), centre)
                if best is None or key < best[0]:
                    best = key, block, unit, int(position[unit]), int(length[unit])
        if best is None:
            break
        (_, radius, centre), block, unit, at, k = best
        inside = block.near[block.offsets[unit] : block.offsets[unit] + at + 1]
        taken[inside] = True
        observed, expected = int(seen[inside, k].sum()), float(awaited[inside, k].sum())
        statistic = observed * float(np.log(observed / expected)) - observed + expected
        rows = np.flatnonzero(np.isin(places.of_row, inside))
        away = np.hypot(*(places.xy - places.xy[centre]).T)
        out.append(
            Cluster(
                members=rows[np.lexsort((rank[rows], away[places.of_row[rows]]))].astype(np.int64),
                centre=(float(places.xy[centre, 0]), float(places.xy[centre, 1])),
                radius=radius,
                observed=observed,
                expected=expected,
                relative_risk=observed / expected,
                llr=statistic,
                statistic=statistic,
                p=monte_carlo(statistic, maxima),
                p_gumbel=gumbel_chance(statistic, maxima),
                population=float("nan"),
                start=past.steps - 1 - k,
                end=past.steps - 1,
            )
        )
    return tuple(out)


def _conventions(past: Past, options: Options, spread: Spread) -> dict[str, str]:
    phases = len(past.phases)
    return {
        "model": "expectation-based Poisson (Neill 2005)",
        "expected": f"own past: mean of {past.steps - past.now} slices before"
        + (f", {phases} phases apart" if phases > 1 else "")
        + ", one slice of the mean place added",
        "null": f"Monte Carlo, {options.permutations} replications given each place's total, slices as dispersed as "
        "the past's (gamma-Poisson)",
        "dispersion": f"{spread.alone:.6g} of a place by itself, {spread.together():.6g} of all together",
        "p": "(r + 1) / (m + 1), of the largest statistic of each replication",
        "p_gumbel": "moments of the replications' maxima",
        "ties": "whole groups of equal distance (1e-9 relative) enter a window at once",
        "windows": f"the last 1 to {past.now} slices",
        "shape": "circle",
        "max_population": f"{options.max_population:g} of all cases",
        "min_cases": f"{options.min_cases}",
        "side": "high",
        "secondary": "no location in common with a higher ranked cluster",
    }
