"""Compiled kernels behind :mod:`gridmap.analysis.near_repeat`: pairs of events, and times shuffled many at once."""

from __future__ import annotations

import numpy as np

from gridmap.analysis._compiled import compiled

# As many permutations at once as make the compiler use wide registers.
LANES = 128
_CHUNK = 16384


@compiled
def count_before(first, second, begins, times, breaks):  # type: ignore[no-untyped-def]
    """Count the pairs of each band of space that lie closer in time than each break.

    `first` and `second` are the pairs' events, band after band; band b has the pairs begins[b] to begins[b + 1].
    `times` (n, LANES) and `breaks` (K,) are of one type. Returns (bands, K, LANES).
    """
    n_bands, n_breaks = begins.shape[0] - 1, breaks.shape[0]
    counts = np.zeros((n_bands, n_breaks, LANES), np.int32)
    apart = np.zeros(LANES, times.dtype)
    # Short counters, emptied before they can overflow, take half the time.
    short = np.zeros((n_breaks, LANES), np.int16)
    for band in range(n_bands):
        for begin in range(begins[band], begins[band + 1], _CHUNK):
            short[:, :] = 0
            for pair in range(begin, min(begin + _CHUNK, begins[band + 1])):
                one, other = times[np.uint32(first[pair])], times[np.uint32(second[pair])]
                for lane in range(LANES):
                    apart[lane] = abs(one[lane] - other[lane])
                for k in range(n_breaks):
                    limit = breaks[k]
                    count = short[k]
                    for lane in range(LANES):
                        count[lane] += np.int16(apart[lane] < limit)
            counts[band] += short
    return counts


@compiled
def pairs_before(ordered, limit):  # type: ignore[no-untyped-def]
    """Count all pairs of sorted times that are closer than a limit."""
    total = 0
    low = 0
    for high in range(ordered.shape[0]):
        while low < high and not ordered[high] - ordered[low] < limit:
            low += 1
        total += high - low
    return total


@compiled
def degrees_before(ordered, limit):  # type: ignore[no-untyped-def]
    """Count for each of the sorted times the others that are closer than a limit."""
    n = ordered.shape[0]
    out = np.zeros(n, np.int64)
    low = 0
    high = 0
    for at in range(n):
        while low < at and not ordered[at] - ordered[low] < limit:
            low += 1
        high = max(high, at)
        while high + 1 < n and ordered[high + 1] - ordered[at] < limit:
            high += 1
        out[at] = high - low
    return out


@compiled
def shared_neighbours(near_space, near_time, slots):  # type: ignore[no-untyped-def]
    """Count the events that are among another's nearest in space and in time too.

    `near_space` (n, k) holds events, `near_time` (n, k) places in the order of time, `slots` (n, LANES) each event's
    place in that order. Returns (LANES,).
    """
    out = np.zeros(LANES, np.int64)
    for event in range(near_space.shape[0]):
        for k in range(near_space.shape[1]):
            other = near_space[event, k]
            for lane in range(LANES):
                mine, its = slots[event, lane], slots[other, lane]
                for m in range(near_time.shape[1]):
                    out[lane] += near_time[mine, m] == its
    return out


@compiled
def raised(distance, constant, power):  # type: ignore[no-untyped-def]
    """Distance of the Mantel test, transformed."""
    if power == -1.0:
        return 1.0 / (distance + constant)
    if power == 1.0:
        return distance + constant
    return (distance + constant) ** power


@compiled
def mantel_products(x, y, times, means, space, time, manhattan):  # type: ignore[no-untyped-def]
    """Sum over all pairs of the products of both transformed distances, less the mean of that in space.

    `times` is (n, LANES); `space` and `time` are (constant, power); `means` the mean distance in space
    and in time. Returns (LANES,).
    """
    out = np.zeros(LANES, np.float64)
    n = x.shape[0]
    for i in range(n):
        for j in range(i):
            dx, dy = abs(x[i] - x[j]), abs(y[i] - y[j])
            apart = dx + dy if manhattan else np.sqrt(dx * dx + dy * dy)
            a = raised(apart, space[0], space[1]) - means[0]
            for lane in range(LANES):
                b = raised(abs(times[i, lane] - times[j, lane]), time[0], time[1])
                out[lane] += a * (b - means[1])
    return out


@compiled
def mantel_moments(x, y, times, space, time, manhattan):  # type: ignore[no-untyped-def]
    """Return the means, and the sums of squares about them, of both transformed distances over all pairs."""
    n = x.shape[0]
    mean_space, mean_time, square_space, square_time = 0.0, 0.0, 0.0, 0.0
    count = 0
    for i in range(n):
        for j in range(i):
            count += 1
            dx, dy = abs(x[i] - x[j]), abs(y[i] - y[j])
            a = raised(dx + dy if manhattan else np.sqrt(dx * dx + dy * dy), space[0], space[1])
            b = raised(abs(times[i] - times[j]), time[0], time[1])
            step_a, step_b = a - mean_space, b - mean_time
            mean_space += step_a / count
            mean_time += step_b / count
            square_space += step_a * (a - mean_space)
            square_time += step_b * (b - mean_time)
    return mean_space, mean_time, square_space, square_time
