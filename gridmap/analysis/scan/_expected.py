"""Counts of the past and of now as chance shares them out, and the compiled search of the expectation-based scan."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gridmap.analysis._compiled import compiled

_LEAST = 1e-6
Floats = NDArray[np.float64]
Whole = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Past:
    """Which slices are the past, and which of them are like which.

    Attributes
    ----------
    phases : tuple of (past, now)
        Slices of each phase (a weekday, say) in the past and in the window of now; arrays of int64.
    steps : int
        All slices.
    now : int
        How many of them, at the end, are looked at.
    """

    phases: tuple[tuple[Whole, Whole], ...]
    steps: int
    now: int

    def expected(self, counts: Whole) -> Floats:
        """Expect of each place in each slice of now the mean of its past, and of one slice more of the mean place.

        Parameters
        ----------
        counts : ndarray, shape (..., n, T)

        Returns
        -------
        ndarray of float64, shape (..., n, now)
        """
        out = np.zeros((*counts.shape[:-1], self.now))
        for past, now in self.phases:
            held = counts[..., past].sum(axis=-1).astype(np.float64)
            mean = held.mean(axis=-1, keepdims=True) / len(past)
            of_slice = (held + mean) / (len(past) + 1)
            out[..., now - (self.steps - self.now)] = of_slice[..., None]
        return out

    def spread(self, counts: Whole) -> Spread:
        """Fit from the past how much more than Poisson counts vary from slice to slice."""
        over = local = squares = common = 0.0
        kept: list[tuple[float, float, float, int]] = []
        for past, _ in self.phases:
            w = len(past)
            x = counts[:, past].astype(np.float64)
            mean, variance = x.mean(axis=1), x.var(axis=1, ddof=1)
            over += float(np.sort(variance - mean).sum())
            squares += float(np.sort(mean**2 - variance / w).sum())
            all_of = x.sum(axis=0)
            kept.append((float(all_of.var(ddof=1)), float(all_of.mean()), float(w), w - 1))
        if squares > 0:
            local = max(over / squares, 0.0)
        variances = sum(v for v, *_ in kept)
        means = sum(m for _, m, *_ in kept)
        common = sum(m**2 - v / w for v, m, w, _ in kept) - max(squares, 0.0)
        return Spread(local, variances, means, max(squares, 0.0), common, sum(k[-1] for k in kept))


@dataclass(frozen=True, slots=True)
class Spread:
    """How slices vary beyond Poisson: each place by itself, and all places together.

    Attributes
    ----------
    both : float
        Squared coefficient of variation of a place's rate from slice to slice, what all share included.
    variances, means, squares, common : float
        Moments of the sums of all places.
    freedom : int
        Degrees of freedom of their variance.
    """

    both: float
    variances: float
    means: float
    squares: float
    common: float
    freedom: int

    def together(self, factor: float = 1.0) -> float:
        """Variance that all places have together, were the variance of the sums `factor` times as great."""
        if self.common <= 0:
            return 0.0
        return max((self.variances * factor - self.means - self.both * self.squares) / self.common, 0.0)

    @property
    def alone(self) -> float:
        """What a place has for itself."""
        return max(self.both - self.together(), 0.0)


def replicated(counts: Whole, past: Past, spread: Spread, size: int, rng: np.random.Generator) -> Whole:
    """Share out each place's cases of each phase among its slices anew; shape (size, n, T).

    The number of all that happened at a place is kept, so its rate need not be known, and what is expected of it is
    estimated anew in each replication. How much all places vary together is known from few slices: it is drawn, too.
    """
    n, steps = counts.shape
    together = [spread.together(spread.freedom / rng.chisquare(spread.freedom)) for _ in range(size)]
    shared = np.ones((size, steps))
    for lane, variance in enumerate(together):
        if variance > _LEAST:
            shared[lane] = np.maximum(rng.gamma(1.0 / variance, variance, steps), 1e-12)
    out = np.zeros((size, n, steps), np.int64)
    for slices in (np.concatenate(pair) for pair in past.phases):
        of_place = counts[:, slices].sum(axis=1)
        places = np.flatnonzero(of_place)
        of_case = np.repeat(np.arange(len(places)), of_place[places])
        weight = np.broadcast_to(shared[:, None, slices], (size, len(places), len(slices)))
        if spread.alone > _LEAST:
            own = rng.gamma(1.0 / spread.alone, spread.alone, weight.shape)
            weight = weight * np.maximum(own, 1e-12)
        until = np.cumsum(weight, axis=2)
        until /= until[:, :, -1:]
        drawn = rng.random((size, len(of_case)))
        share_out(out, until, places, of_case, slices, drawn)
    return out


@compiled
def share_out(out, until, places, of_case, slices, drawn):  # type: ignore[no-untyped-def]
    """Count each case in the slice into whose share its random number falls; `out` (lanes, n, T) is changed."""
    last = slices.shape[0] - 1
    for lane in range(drawn.shape[0]):
        for number in range(of_case.shape[0]):
            place = of_case[number]
            step = 0
            while step < last and drawn[lane, number] >= until[lane, place, step]:
                step += 1
            out[lane, places[place], slices[step]] += 1


@compiled
def raise_expected(maxima, seen, awaited, near, ends, offsets, least):  # type: ignore[no-untyped-def]
    """Raise the largest ratio of each replication over the windows of a block.

    `seen` and `awaited` (lanes, n, D) hold the sums of the last 1 … D slices of each place.
    """
    width = seen.shape[2]
    count = np.zeros(width, np.float64)
    expected = np.zeros(width, np.float64)
    for lane in range(seen.shape[0]):
        top = maxima[lane]
        for unit in range(offsets.shape[0] - 1):
            count[:] = 0.0
            expected[:] = 0.0
            for step in range(offsets[unit], offsets[unit + 1]):
                place = near[step]
                for k in range(width):
                    count[k] += seen[lane, place, k]
                    expected[k] += awaited[lane, place, k]
                if not ends[step]:
                    continue
                for k in range(width):
                    c, b = count[k], expected[k]
                    # (c - b)^2 / b is never below the ratio: the logarithm is taken for the few that may pass.
                    if c <= b or c < least or b <= 0.0 or (c - b) * (c - b) <= top * b:
                        continue
                    ratio = c * np.log(c / b) - c + b
                    top = max(top, ratio)
        maxima[lane] = top


@compiled
def best_expected(seen, awaited, near, ends, offsets, taken, least):  # type: ignore[no-untyped-def]
    """Find the best window of each centre that holds no place that is taken: ratio, position, slices less one."""
    units = offsets.shape[0] - 1
    width = seen.shape[1]
    ratio = np.zeros(units, np.float64)
    position = np.full(units, -1, np.int64)
    length = np.full(units, -1, np.int64)
    count = np.zeros(width, np.float64)
    expected = np.zeros(width, np.float64)
    for unit in range(units):
        count[:] = 0.0
        expected[:] = 0.0
        for step in range(offsets[unit], offsets[unit + 1]):
            place = near[step]
            if taken[place]:
                break
            for k in range(width):
                count[k] += seen[place, k]
                expected[k] += awaited[place, k]
            if not ends[step]:
                continue
            for k in range(width):
                c, b = count[k], expected[k]
                if c <= b or c < least or b <= 0.0:
                    continue
                here = c * np.log(c / b) - c + b
                if here > ratio[unit] * (1.0 + 1e-12) + 1e-12:
                    ratio[unit] = here
                    position[unit] = step - offsets[unit]
                    length[unit] = k
    return ratio, position, length
