"""Compiled kernels behind :mod:`gridmap.analysis.scan`: the likelihood ratios of very many windows.

A window is a prefix of the neighbours of a centre, times an interval of steps. With its expectation given, the
likelihood ratio rises with every case above it, so a ratio beyond some level is a count beyond some whole number. That
number is found once for each window; replications, sixty-four side by side, are then only added up and compared, and
logarithms are taken for the few that pass. The level is the least of the maxima found so far: nothing that counts is
missed.
"""

from __future__ import annotations

import numpy as np

from gridmap.analysis._compiled import compiled

LANES = 64
NEVER = np.iinfo(np.int32).max


@compiled
def log_ratio(count, expected, cases, people):  # type: ignore[no-untyped-def]
    """Logarithm of the likelihood ratio: Poisson where `people` is 0, else Bernoulli among so many people."""
    rest = cases - count
    value = 0.0
    if count > 0:
        value += count * np.log(count / expected)
    if rest > 0:
        value += rest * np.log(rest / (cases - expected))
    if people > 0:
        inside = np.rint(expected * people / cases)
        well = inside - count
        well_rest = people - inside - rest
        if well > 0:
            value += well * np.log(well / (inside - expected))
        if well_rest > 0:
            value += well_rest * np.log(well_rest / (people - inside - cases + expected))
    return value


@compiled
def _least_above(expected, cases, people, level, start):  # type: ignore[no-untyped-def]
    """Smallest count of at least `start` whose ratio is beyond the level, or NEVER."""
    most = cases
    if people > 0:
        most = min(most, int(np.rint(expected * people / cases)))
    low = max(start, int(np.floor(expected)) + 1)
    if low > most:
        return NEVER
    if log_ratio(low, expected, cases, people) > level:
        return low
    step = 1
    high = low + step
    while high < most and log_ratio(high, expected, cases, people) <= level:
        low = high
        step *= 2
        high = low + step
    if high >= most:
        high = most
        if log_ratio(high, expected, cases, people) <= level:
            return NEVER
    while high - low > 1:
        middle = (low + high) // 2
        if log_ratio(middle, expected, cases, people) > level:
            high = middle
        else:
            low = middle
    return high


@compiled
def _most_below(expected, cases, people, level):  # type: ignore[no-untyped-def]
    """Largest count below the expectation whose ratio is beyond the level, or -1."""
    least = 0
    if people > 0:
        inside = int(np.rint(expected * people / cases))
        least = max(0, cases - (people - inside))
    high = int(np.ceil(expected)) - 1
    if high < least or log_ratio(least, expected, cases, people) <= level:
        return -1
    if log_ratio(high, expected, cases, people) > level:
        return high
    low = least
    while high - low > 1:
        middle = (low + high) // 2
        if log_ratio(middle, expected, cases, people) > level:
            low = middle
        else:
            high = middle
    return low


@compiled
def thresholds(near, ends, offsets, until, first, last, cases, people, level, least, high, low):  # type: ignore[no-untyped-def]
    """Find the counts at and beyond which a window matters, and its expectation.

    `until` (n, T + 1) holds each location's expectation before each step; `first` and `last` (K,) the intervals.
    Returns two int32 arrays and one float64 array of shape (steps, K).
    """
    steps, n_intervals = near.shape[0], first.shape[0]
    above = np.full((steps, n_intervals), NEVER, np.int32)
    below = np.full((steps, n_intervals), -1, np.int32)
    expected = np.zeros((steps, n_intervals), np.float64)
    width = until.shape[1]
    total = np.empty(width, np.float64)
    at_least = np.empty(n_intervals, np.int64)
    for unit in range(offsets.shape[0] - 1):
        total[:] = 0.0
        at_least[:] = least
        for step in range(offsets[unit], offsets[unit + 1]):
            place = near[step]
            for t in range(width):
                total[t] += until[place, t]
            if not ends[step]:
                continue
            for k in range(n_intervals):
                e = total[last[k] + 1] - total[first[k]]
                expected[step, k] = e
                # A window of nothing and a window of everything cannot be told from the rest.
                if e <= 0.0 or e >= cases * (1.0 - 1e-12):
                    continue
                if high:
                    # The critical count rises with the expectation, so the last one is where to begin.
                    crossing = _least_above(e, cases, people, level, at_least[k])
                    above[step, k] = crossing
                    if crossing != NEVER:
                        at_least[k] = crossing
                if low:
                    below[step, k] = _most_below(e, cases, people, level)
    return above, below, expected


@compiled
def raise_maxima(  # type: ignore[no-untyped-def]
    maxima, counts, near, ends, offsets, first, last, above, below, expected, cases, people, penalty
):
    """Raise the maximum of each replication over the windows of a block.

    `counts` (groups, n, T, LANES) holds the cases up to and with each step, `maxima` (groups, LANES) is changed.
    """
    width = counts.shape[2]
    n_intervals = first.shape[0]
    total = np.zeros((width, LANES), np.int32)
    value = np.zeros(LANES, np.int32)
    for group in range(counts.shape[0]):
        for unit in range(offsets.shape[0] - 1):
            total[:, :] = 0
            for step in range(offsets[unit], offsets[unit + 1]):
                place = near[step]
                for t in range(width):
                    for lane in range(LANES):
                        total[t, lane] += counts[group, place, t, lane]
                if not ends[step]:
                    continue
                for k in range(n_intervals):
                    top = above[step, k]
                    bottom = below[step, k]
                    begin = first[k]
                    end = last[k]
                    passed = 0
                    if begin == 0:
                        for lane in range(LANES):
                            passed |= (total[end, lane] >= top) | (total[end, lane] <= bottom)
                    else:
                        for lane in range(LANES):
                            within = total[end, lane] - total[begin - 1, lane]
                            value[lane] = within
                            passed |= (within >= top) | (within <= bottom)
                    if passed:
                        for lane in range(LANES):
                            within = total[end, lane] if begin == 0 else value[lane]
                            if within >= top or within <= bottom:
                                ratio = penalty * log_ratio(within, expected[step, k], cases, people)
                                maxima[group, lane] = max(maxima[group, lane], ratio)


@compiled
def best_windows(counts, near, ends, offsets, until, first, last, cases, people, least, high, low):  # type: ignore[no-untyped-def]
    """Find the best window of each centre in the observed counts.

    `counts` (n, T + 1) holds each location's cases before each step. Returns the ratio (0 where no window has
    one), the position in the centre's neighbours and the interval.
    """
    units = offsets.shape[0] - 1
    ratio = np.zeros(units, np.float64)
    position = np.full(units, -1, np.int64)
    interval = np.full(units, -1, np.int64)
    width = until.shape[1]
    total = np.empty(width, np.float64)
    seen = np.empty(width, np.int64)
    for unit in range(units):
        total[:] = 0.0
        seen[:] = 0
        for step in range(offsets[unit], offsets[unit + 1]):
            place = near[step]
            for t in range(width):
                total[t] += until[place, t]
                seen[t] += counts[place, t]
            if not ends[step]:
                continue
            for k in range(first.shape[0]):
                e = total[last[k] + 1] - total[first[k]]
                c = seen[last[k] + 1] - seen[first[k]]
                if e <= 0.0 or e >= cases * (1.0 - 1e-12):
                    continue
                if (high and c > e and c >= least) or (low and c < e):
                    here = log_ratio(c, e, cases, people)
                    # Rounding alone must not prefer a longer window over an equal, earlier one.
                    if here > ratio[unit] * (1.0 + 1e-12) + 1e-12:
                        ratio[unit] = here
                        position[unit] = step - offsets[unit]
                        interval[unit] = k
    return ratio, position, interval
