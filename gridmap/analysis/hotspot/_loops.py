"""Numeric loops of local statistics: sums over neighbours, content hashes, conditional permutations."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gridmap.analysis._compiled import compiled

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_M1 = np.uint64(0xBF58476D1CE4E5B9)
_M2 = np.uint64(0x94D049BB133111EB)


@compiled
def mixed(word: Any) -> Any:
    """Finalise a word as SplitMix64 does."""
    word = np.uint64(word) + _GOLDEN
    word = (word ^ (word >> np.uint64(30))) * _M1
    word = (word ^ (word >> np.uint64(27))) * _M2
    return word ^ (word >> np.uint64(31))


@compiled
def row_sums(
    indptr: NDArray[Any], indices: NDArray[Any], data: NDArray[np.float64], values: NDArray[np.float64]
) -> tuple[
    NDArray[np.float64],
    NDArray[np.float64],
    NDArray[np.float64],
    NDArray[np.float64],
    NDArray[np.float64],
    NDArray[np.int64],
    bool,
]:
    """Add up off the diagonal: lag, weights, squares, greatest weight; diagonal, degree, one weight for all."""
    n = len(indptr) - 1
    lag, total, squares = np.zeros(n), np.zeros(n), np.zeros(n)
    greatest, diagonal = np.zeros(n), np.zeros(n)
    degree = np.zeros(n, np.int64)
    equal = True
    for i in range(n):
        a = b = c = 0.0
        first = 0.0
        top = 0.0
        count = 0
        for j in range(indptr[i], indptr[i + 1]):
            w = data[j]
            if indices[j] == i:
                diagonal[i] += w
                continue
            if w == 0.0:
                continue
            if count == 0:
                first = w
                top = w
            elif w != first:
                equal = False
                top = max(top, w)
            count += 1
            a += w * values[indices[j]]
            b += w
            c += w * w
        lag[i], total[i], squares[i], greatest[i], degree[i] = a, b, c, top, count
    return lag, total, squares, greatest, diagonal, degree, equal


@compiled
def whole_lag(
    indptr: NDArray[Any], indices: NDArray[Any], data: NDArray[np.float64], values: NDArray[Any]
) -> NDArray[np.int64]:
    """Sum of whole numbers over the neighbours, without the diagonal."""
    n = len(indptr) - 1
    out = np.zeros(n, np.int64)
    for i in range(n):
        total = np.int64(0)
        for j in range(indptr[i], indptr[i + 1]):
            if indices[j] != i and data[j] != 0.0:
                total += values[indices[j]]
        out[i] = total
    return out


@compiled
def started(bits: NDArray[np.uint64], seed: Any) -> NDArray[np.uint64]:
    """Hash each word with a seed."""
    out = np.empty(len(bits), np.uint64)
    key = mixed(np.uint64(seed))
    for i in range(len(bits)):
        out[i] = mixed(bits[i] ^ key)
    return out


@compiled
def refined(
    indptr: NDArray[Any], indices: NDArray[Any], weight_bits: NDArray[np.uint64], state: NDArray[np.uint64]
) -> NDArray[np.uint64]:
    """Mix the hashes of the neighbours into each cell's, whatever their order."""
    out = np.empty(len(state), np.uint64)
    for i in range(len(state)):
        total = np.uint64(0)
        for j in range(indptr[i], indptr[i + 1]):
            total += state[indices[j]] * (weight_bits[j] | np.uint64(1))
        out[i] = mixed(state[i] + mixed(total))
    return out


@compiled
def uniforms(state: NDArray[np.uint64], stream: Any) -> NDArray[np.float64]:
    """Turn each hash into a number strictly between 0 and 1."""
    out = np.empty(len(state))
    key = mixed(np.uint64(stream))
    for i in range(len(state)):
        out[i] = (np.float64(mixed(state[i] ^ key) >> np.uint64(12)) + 0.5) / 4503599627370496.0
    return out


@compiled
def drawn(n: int, size: int, rows: int, seed: Any) -> NDArray[np.int32]:
    """Draw rows of distinct numbers below n: shape (rows, size)."""
    out = np.empty((rows, size), np.int32)
    deck = np.arange(n).astype(np.int32)
    state = mixed(np.uint64(seed))
    for row in range(rows):
        for t in range(size):
            state += _GOLDEN
            high = mixed(state) >> np.uint64(32)
            at = t + np.int64((high * np.uint64(n - t)) >> np.uint64(32))
            deck[t], deck[at] = deck[at], deck[t]
            out[row, t] = deck[t]
    return out


@compiled
def partial_sums(
    draws: NDArray[np.int32], ranked: NDArray[Any], sizes: NDArray[np.int64], wrap: int
) -> NDArray[Any]:
    """Sum the first so many draws of each row: shape (sizes, rows + wrap), the beginning repeated at the end."""
    rows = len(draws)
    out = np.empty((len(sizes), rows + wrap), ranked.dtype)
    for row in range(rows):
        total = ranked[0] - ranked[0]
        taken = 0
        for which in range(len(sizes)):
            while taken < sizes[which]:
                total += ranked[draws[row, taken]]
                taken += 1
            out[which, row] = total
    for which in range(len(sizes)):
        for i in range(wrap):
            out[which, rows + i] = out[which, i]
    return out


@compiled
def inverted(
    draws: NDArray[np.int32], n: int
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int32]]:
    """Where each number was drawn: offsets, rows, positions in the row."""
    rows, size = draws.shape
    start = np.zeros(n + 1, np.int64)
    for row in range(rows):
        for t in range(size):
            start[draws[row, t] + 1] += 1
    for i in range(n):
        start[i + 1] += start[i]
    fill = start[:-1].copy()
    at_row = np.empty(rows * size, np.int32)
    at_place = np.empty(rows * size, np.int32)
    for row in range(rows):
        for t in range(size):
            number = draws[row, t]
            at_row[fill[number]] = row
            at_place[fill[number]] = t
            fill[number] += 1
    return start, at_row, at_place


@compiled
def compared(
    observed: NDArray[Any],
    slack: int,
    own: NDArray[np.int32],
    size_at: NDArray[np.int64],
    sizes: NDArray[np.int64],
    offset: NDArray[np.int64],
    sums: NDArray[Any],
    draws: NDArray[np.int32],
    ranked: NDArray[Any],
    start: NDArray[np.int64],
    at_row: NDArray[np.int32],
    at_place: NDArray[np.int32],
    permutations: int,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """How many reference sums exceed each cell's, and how many equal it, its own value never drawn."""
    n = len(observed)
    rows = len(draws)
    above = np.zeros(n, np.int64)
    equal = np.zeros(n, np.int64)
    for i in range(n):
        which = size_at[i]
        if which < 0:
            continue
        first = offset[i]
        high, low = observed[i] + slack, observed[i] - slack
        window = sums[which, first : first + permutations]
        more = np.int32(0)
        least = np.int32(0)
        for t in range(permutations):
            more += window[t] > high
            least += window[t] >= low
        size = sizes[which]
        rank = own[i]
        mine = ranked[rank]
        for j in range(start[rank], start[rank + 1]):
            if at_place[j] >= size:
                continue
            row = at_row[j]
            since = row - first
            if since < 0:
                since += rows
            if since >= permutations:
                continue
            with_own = sums[which, row]
            instead = with_own - mine + ranked[draws[row, size]]
            more += np.int32(instead > high) - np.int32(with_own > high)
            least += np.int32(instead >= low) - np.int32(with_own >= low)
        above[i] = more
        equal[i] = least - more
    return above, equal


@compiled
def compared_weighted(
    observed: NDArray[np.float64],
    slack: float,
    own: NDArray[np.int32],
    begin: NDArray[np.int64],
    weight: NDArray[np.float64],
    offset: NDArray[np.int64],
    draws: NDArray[np.int32],
    ranked: NDArray[np.float64],
    permutations: int,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """As `compared`, with each cell's own weights on the draws."""
    n = len(observed)
    rows = len(draws)
    above = np.zeros(n, np.int64)
    equal = np.zeros(n, np.int64)
    for i in range(n):
        size = begin[i + 1] - begin[i]
        high, low = observed[i] + slack, observed[i] - slack
        more = 0
        least = 0
        for t in range(permutations):
            row = offset[i] + t
            if row >= rows:
                row -= rows
            total = 0.0
            for s in range(size):
                rank = draws[row, s]
                if rank == own[i]:
                    rank = draws[row, size]
                total += weight[begin[i] + s] * ranked[rank]
            more += total > high
            least += total >= low
        above[i] = more
        equal[i] = least - more
    return above, equal
