"""Did a patrol or a visit help? The weighted displacement quotient, and before and after beside matched cells."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial import cKDTree

from gridmap.analysis._given import Rng, generator_of, numbers_of, whole_of
from gridmap.errors import InvalidInput

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Displacement:
    """Weighted displacement quotient.

    Attributes
    ----------
    wdq : float
        Above 1: the surroundings gained more than the target; 0 to 1: they gained, too; 0 to -1: some displacement,
        less than the benefit; below -1: displacement undid the benefit. NaN when the target did not improve.
    success : float
        Change of the target's share against the control: negative when the target improved.
    buffer : float
        Change of the surroundings' share against the control.
    low, high : float
        95 % interval of `wdq`, by resampling the counts (Poisson).
    """

    wdq: float
    success: float
    buffer: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, eq=False)
class Change:
    """Before and after in treated cells beside matched ones.

    Attributes
    ----------
    treated_before, treated_after, matched_before, matched_after : float
        Incidents; the matched ones are means over the matches of each treated cell, added up.
    ratio : float
        Ratio of the treated cells' change to that of their matches; below 1 means that incidents fell.
    low, high : float
        95 % interval of `ratio`.
    p : float
        Two-sided, by exchanging the treated cells with untreated ones (placebo sets).
    matches : (k, m) int array
        Row numbers of the matches of each treated cell.
    conventions : dict
    """

    treated_before: float
    treated_after: float
    matched_before: float
    matched_after: float
    ratio: float
    low: float
    high: float
    p: float
    matches: NDArray[np.int64]
    conventions: dict[str, str]


def displacement(
    target: tuple[float, float],
    buffer: tuple[float, float],
    control: tuple[float, float],
    *,
    resamples: int = 999,
    rng: Rng = None,
) -> Displacement:
    """Weighted displacement quotient of counts before and after.

    ``WDQ = (B1/C1 - B0/C0) / (T1/C1 - T0/C0)``.

    Parameters
    ----------
    target, buffer, control : pair of float
        Incidents before and after in the treated area, in the ring around it, and in an area out of reach.
    resamples : int
    rng : Generator or int, optional
        Seed 0 by default.

    Raises
    ------
    InvalidInput
        When a count is negative, or the control had no incidents.

    References
    ----------
    Bowers and Johnson (2003), Measuring the geographical displacement and diffusion of benefit effects of crime
    prevention activity, Journal of Quantitative Criminology 19.
    """
    counts = numbers_of([target, buffer, control], "前后计数", "Counts before and after")
    if (
        counts.shape != (3, 2)
        or not np.isfinite(counts).all()
        or (counts < 0).any()
        or (counts[2] == 0).any()
    ):
        raise InvalidInput(
            "displacement-counts",
            "前后计数应为非负数，且对照区前后都须有事件。",
            "Counts before and after must not be negative, and the control area needs incidents in both.",
        )
    generator = generator_of(rng)
    resamples = _checked_resamples(resamples)
    drawn = generator.poisson(counts, size=(resamples, 3, 2)).astype(np.float64)
    drawn[:, 2] = np.maximum(drawn[:, 2], 1.0)
    _, _, quotients = _quotient(drawn)
    success, around, quotient = (float(v[0]) for v in _quotient(counts[None]))
    kept = quotients[np.isfinite(quotients)]
    low, high = np.percentile(kept, [2.5, 97.5]) if len(kept) else (np.nan, np.nan)
    # A quotient against a target that did not improve has no meaning (Bowers and Johnson 2003).
    return Displacement(quotient if success < 0 else np.nan, success, around, float(low), float(high))


def _checked_resamples(resamples: int) -> int:
    asked = whole_of(resamples, "重复次数", "The number of resamples")
    if asked < 1:
        raise InvalidInput("resamples-positive", "重复次数至少为 1。", "There must be at least one resample.")
    return asked


def _quotient(counts: Floats) -> tuple[Floats, Floats, Floats]:
    share = counts[:, :2] / counts[:, 2:]
    success, around = (share[:, 0, 1] - share[:, 0, 0]), (share[:, 1, 1] - share[:, 1, 0])
    quotient = np.divide(around, success, out=np.full_like(around, np.nan), where=success != 0)
    return success, around, quotient


def before_after(
    before: ArrayLike,
    after: ArrayLike,
    treated: ArrayLike,
    *,
    keep_out: ArrayLike | None = None,
    matches: int = 10,
    lengths: tuple[float, float] = (1.0, 1.0),
    resamples: int = 999,
    rng: Rng = None,
) -> Change:
    """Compare treated cells before and after with untreated cells of the same course before.

    Each treated cell is matched with the untreated cells whose counts before were nearest (Euclidean distance of the
    square roots of the counts, which have equal variances under the Poisson law). The effect is the ratio of the two
    changes; its interval comes from resampling the treated cells with their matches, p from placebo sets of untreated
    cells, matched in the same way.

    Parameters
    ----------
    before : (n, T) array_like
        Counts of each cell in the slices of time before.
    after : (n,) array_like
        Count of each cell after.
    treated : (n,) bool array_like
    keep_out : (n,) bool array_like, optional
        Cells that may not serve as matches, such as the neighbours of treated ones.
    matches : int
        Matches of each treated cell.
    lengths : pair of float
        Length of the time before and after, in one unit.
    resamples : int
    rng : Generator or int, optional
        Seed 0 by default.

    Raises
    ------
    InvalidInput
        When shapes differ, no cell is treated, or there are too few cells to match with.

    References
    ----------
    Abadie and Imbens (2006), Large sample properties of matching estimators, Econometrica 74; placebo sets as in
    Abadie, Diamond and Hainmueller (2010), JASA 105.
    """
    history, later = (
        numbers_of(before, "前期计数", "Counts before"),
        numbers_of(after, "后期计数", "Counts after"),
    )
    chosen = numbers_of(treated, "干预标记", "Marks of treated cells") != 0
    barred = (
        np.zeros(chosen.shape, dtype=bool)
        if keep_out is None
        else numbers_of(keep_out, "排除标记", "Marks of cells to keep out") != 0
    )
    matches, resamples = whole_of(matches, "对照个数", "The number of matches"), _checked_resamples(resamples)
    pool = np.flatnonzero(~chosen & ~barred) if barred.shape == chosen.shape else np.empty(0, np.intp)
    _check_change(history, later, chosen, barred, len(pool), matches)
    generator = generator_of(rng)
    course, total = np.sqrt(history), history.sum(axis=1)
    # A canonical order, so that neither matches nor placebo sets hang on the order of the rows.
    pool = pool[np.lexsort((later[pool], *history[pool].T[::-1]))]
    rows = np.flatnonzero(chosen)
    rows = rows[np.lexsort((later[rows], *history[rows].T[::-1]))]
    _, near = cKDTree(course[pool]).query(course[rows], k=matches)
    partners = pool[np.asarray(near).reshape(len(rows), matches)]
    span = _span(lengths)
    sums = np.column_stack(
        [total[rows], later[rows], total[partners].mean(axis=1), later[partners].mean(axis=1)]
    )
    ratio = _ratio(sums.sum(axis=0), span)
    drawn = generator.integers(0, len(rows), size=(resamples, len(rows)))
    resampled = sums[drawn].sum(axis=1)
    # The mean of m matches rests on m times as many incidents as it counts.
    noise = np.array([1.0, 1.0, matches, matches])
    noisy = generator.poisson(resampled * noise) / noise
    low, high = np.percentile(_ratio(noisy.T, span), [2.5, 97.5])
    p = _placebo_p(
        course, total, later, pool, len(rows), matches, span, float(np.log(ratio)), resamples, generator
    )
    treated_before, treated_after, matched_before, matched_after = sums.sum(axis=0).tolist()
    return Change(
        treated_before,
        treated_after,
        matched_before,
        matched_after,
        float(ratio),
        float(low),
        float(high),
        p,
        partners,
        {
            "matches": f"{matches} untreated cells with the nearest course before, square roots of counts",
            "interval": "95 %, cells resampled with Poisson noise",
            "p": "two-sided, placebo sets of untreated cells",
            "zero counts": "half an incident added to each of the four sums",
        },
    )


def _span(lengths: tuple[float, float]) -> float:
    both = numbers_of(lengths, "时长", "Lengths")
    if both.shape != (2,) or not np.isfinite(both).all() or (both <= 0).any():
        raise InvalidInput(
            "lengths-positive",
            "前后时长应为两个正数。",
            "Lengths must be two positive numbers: of the time before and after.",
        )
    return float(both[1] / both[0])


def _ratio(sums: Floats, span: float) -> Floats:
    treated_before, treated_after, matched_before, matched_after = sums + 0.5
    own = treated_after / treated_before / span
    theirs = matched_after / matched_before / span
    return np.asarray(own / theirs)


def _placebo_p(
    course: Floats,
    total: Floats,
    later: Floats,
    pool: NDArray[np.int64],
    size: int,
    matches: int,
    span: float,
    effect: float,
    resamples: int,
    rng: np.random.Generator,
) -> float:
    """Share of sets of untreated cells whose effect is as strong as the one that was seen."""
    # The nearest cell of the pool is the cell itself.
    _, near = cKDTree(course[pool]).query(course[pool], k=min(matches + 1, len(pool)))
    partners = pool[np.asarray(near)[:, 1:]]
    sums = np.column_stack(
        [total[pool], later[pool], total[partners].mean(axis=1), later[partners].mean(axis=1)]
    )
    drawn = rng.integers(0, len(pool), size=(resamples, size))
    placebo = np.log(_ratio(sums[drawn].sum(axis=1).T, span))
    return float((1 + (np.abs(placebo) >= abs(effect) - 1e-12).sum()) / (resamples + 1))


def _check_change(
    history: Floats,
    later: Floats,
    chosen: NDArray[np.bool_],
    barred: NDArray[np.bool_],
    pool: int,
    matches: int,
) -> None:
    n = len(chosen) if chosen.ndim == 1 else -1
    if history.ndim != 2 or len(history) != n or later.shape != (n,) or barred.shape != (n,):
        raise InvalidInput(
            "change-shape",
            "前期计数应为 单元×时间片，后期计数与标记各为每单元一个。",
            "Counts before must have the shape (cells, slices); counts after and marks one entry a cell.",
        )
    finite = np.isfinite(history).all() and np.isfinite(later).all()
    if not finite or (history < 0).any() or (later < 0).any():
        raise InvalidInput("count-negative", "计数含有负数或空值。", "A count is negative or missing.")
    if not chosen.any():
        raise InvalidInput("change-no-target", "没有标出受干预的单元。", "No cell is marked as treated.")
    if matches < 1 or pool < matches + 1:
        raise InvalidInput(
            "change-few-matches",
            f"可作对照的单元只有 {pool} 个，至少需要 {matches + 1} 个。",
            f"There are only {pool} cells to match with; {matches + 1} are needed.",
        )
