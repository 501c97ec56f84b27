"""Numeric loops of contiguity: shared corners and shared edges found by hashing."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gridmap.analysis._compiled import compiled

_A = np.uint64(0x9E3779B97F4A7C15)
_B = np.uint64(0xC2B2AE3D27D4EB4F)


@compiled
def numbered(first: NDArray[np.uint64], second: NDArray[np.uint64]) -> tuple[NDArray[np.int32], int]:
    """Give each distinct pair of words a number, in the order of first appearance."""
    n = len(first)
    size = 16
    while size < 2 * n:
        size *= 2
    mask = np.uint64(size - 1)
    slot_of = np.full(size, -1, np.int32)
    number = np.empty(n, np.int32)
    found = 0
    for i in range(n):
        word = first[i] * _A ^ (second[i] * _B + (first[i] >> np.uint64(29)))
        word ^= word >> np.uint64(32)
        word *= _A
        slot = (word >> np.uint64(20)) & mask
        while True:
            at = slot_of[slot]
            if at < 0:
                slot_of[slot] = i
                number[i] = found
                found += 1
                break
            if first[at] == first[i] and second[at] == second[i]:
                number[i] = number[at]
                break
            slot = (slot + np.uint64(1)) & mask
    return number, found


@compiled
def corners(
    begin: NDArray[np.int64], of_polygon: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Positions of all corners without the closing ones, and the polygon of each."""
    n_rings = len(begin) - 1
    total = begin[n_rings] - n_rings
    at = np.empty(total, np.int64)
    owner = np.empty(total, np.int32)
    fill = 0
    for polygon in range(len(of_polygon) - 1):
        for ring in range(of_polygon[polygon], of_polygon[polygon + 1]):
            for i in range(begin[ring], begin[ring + 1] - 1):
                at[fill] = i
                owner[fill] = polygon
                fill += 1
    return at, owner


@compiled
def following(begin: NDArray[np.int64], number: NDArray[np.int32]) -> NDArray[np.int32]:
    """Find the number of the corner that follows each corner on its ring."""
    out = np.empty(len(number), np.int32)
    fill = 0
    for ring in range(len(begin) - 1):
        length = begin[ring + 1] - begin[ring] - 1
        for i in range(length):
            out[fill + i] = number[fill + (i + 1) % length]
        fill += length
    return out


@compiled
def adjacency(
    item: NDArray[np.int32], owner: NDArray[np.int32], n_items: int, n_owners: int
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Compressed rows of owners that share an item. `owner` ascends."""
    start = np.zeros(n_items + 1, np.int64)
    for i in range(len(item)):
        start[item[i] + 1] += 1
    for i in range(n_items):
        start[i + 1] += start[i]
    fill = start[:-1].copy()
    holders = np.empty(len(item), np.int32)
    for i in range(len(item)):
        holders[fill[item[i]]] = owner[i]
        fill[item[i]] += 1
    bound = 0
    for i in range(n_items):
        c = start[i + 1] - start[i]
        bound += c * (c - 1)
    indices = np.empty(bound, np.int32)
    indptr = np.zeros(n_owners + 1, np.int64)
    seen = np.full(n_owners, -1, np.int32)
    out = 0
    i = 0
    for row in range(n_owners):
        seen[row] = row
        first = out
        while i < len(item) and owner[i] == row:
            for j in range(start[item[i]], start[item[i] + 1]):
                other = holders[j]
                if seen[other] != row:
                    seen[other] = row
                    at = out
                    while at > first and indices[at - 1] > other:
                        indices[at] = indices[at - 1]
                        at -= 1
                    indices[at] = other
                    out += 1
            i += 1
        indptr[row + 1] = out
    return indptr, indices[:out].copy()


@compiled
def lattice(rows: int, cols: int, queen: bool) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Compressed rows of a regular lattice."""
    indptr = np.zeros(rows * cols + 1, np.int32)
    indices = np.empty(rows * cols * (8 if queen else 4), np.int32)
    out = 0
    for r in range(rows):
        for c in range(cols):
            for i in range(max(r - 1, 0), min(r + 2, rows)):
                for j in range(max(c - 1, 0), min(c + 2, cols)):
                    if (i == r and j == c) or (not queen and i != r and j != c):
                        continue
                    indices[out] = i * cols + j
                    out += 1
            indptr[r * cols + c + 1] = out
    return indptr, indices[:out].copy()
