"""Shortest times from places to nodes: Dijkstra's search with buckets in place of a heap."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gridmap.analysis._compiled import compiled

_MOST_BUCKETS = 1 << 14
_NOT_QUEUED = -2


def bucket_width(seconds: NDArray[np.float64]) -> tuple[float, int]:
    """Width of a bucket in seconds, and how many (a power of two) hold every distance that is open at once."""
    if len(seconds) == 0:
        return 1.0, 2
    longest = float(seconds.max())
    # A quarter to a half of the usual edge: narrower ones are mostly empty, wider ones look at nodes twice.
    width = max(float(np.median(seconds)) / 3.0, longest / (_MOST_BUCKETS - 3))
    return width, 1 << int(np.ceil(np.log2(longest / width + 3)))


@compiled
def _put(first: Any, after: Any, before: Any, slot: int, node: int) -> None:
    """Put a node in front of a bucket's list."""
    following = first[slot]
    after[node], before[node] = following, -1
    if following >= 0:
        before[following] = node
    first[slot] = node


@compiled
def _begin(
    first: Any, after: Any, before: Any, best: Any, nodes: Any, given_s: Any, inverse: float
) -> tuple[Any, int]:
    """Put the seeds of one row into buckets; return the first bucket and how many wait."""
    at, queued = np.int64(0), 0
    for k in range(len(nodes)):
        best[nodes[k]] = min(best[nodes[k]], given_s[k])
    for k in range(len(nodes)):
        node = nodes[k]
        if best[node] < np.inf and before[node] == _NOT_QUEUED:
            bucket = np.int64(best[node] * inverse)
            _put(first, after, before, bucket & (len(first) - 1), node)
            at = bucket if queued == 0 else min(at, bucket)
            queued += 1
    return at, queued


# The lists are changed in place here, not by calls: passing arrays on costs as much as the search itself.
@compiled
def times(  # noqa: PLR0915
    indptr: Any,
    indices: Any,
    seconds: Any,
    seed_node: Any,
    seed_s: Any,
    targets: Any,
    limit_s: float,
    width_s: float,
    buckets: int,
    out: Any,
) -> None:
    """Fill the seconds from each place (two seeds a row, infinite where unusable) to the targets.

    A node that gets a shorter time within the bucket at hand is looked at again, so the times are those of the
    textbook's search to the last bit: the least of the sums from left to right. The search of a row ends with the
    bucket in which its last target is met, or that begins beyond the limit.

    Source: Dial (1969), Algorithm 360, Communications of the ACM 12; for real lengths Dinitz's and the
    delta-stepping's buckets (Meyer and Sanders 2003, Journal of Algorithms 49).
    """
    n = len(indptr) - 1
    mask = buckets - 1
    inverse = 1.0 / width_s
    first = np.full(buckets, -1, np.int32)
    after = np.empty(n, np.int32)
    before = np.empty(n, np.int32)
    wanted = np.zeros(n, np.bool_)
    wanted[targets] = True
    kinds = wanted.sum()
    met = np.full(n, -1, np.int32)
    best = np.empty(n, np.float64)
    for row in range(len(seed_node)):
        best[:] = np.inf
        before[:] = _NOT_QUEUED
        first[:] = -1
        at, queued = _begin(first, after, before, best, seed_node[row], seed_s[row], inverse)
        left = kinds
        while queued > 0:
            u = first[at & mask]
            if u < 0:
                at += 1
                if left == 0 or at * width_s > limit_s:
                    break
                continue
            following = after[u]
            first[at & mask] = following
            if following >= 0:
                before[following] = -1
            before[u] = _NOT_QUEUED
            queued -= 1
            if wanted[u] and met[u] != row:
                met[u] = row
                left -= 1
            so_far = best[u]
            for e in range(indptr[u], indptr[u + 1]):
                v = indices[e]
                arrival = so_far + seconds[e]
                known = best[v]
                if arrival >= known:
                    continue
                best[v] = arrival
                bucket = np.int64(arrival * inverse)
                if before[v] != _NOT_QUEUED:
                    held = np.int64(known * inverse)
                    if held == bucket:
                        continue
                    previous, following = before[v], after[v]
                    if previous == -1:
                        first[held & mask] = following
                    else:
                        after[previous] = following
                    if following >= 0:
                        before[following] = previous
                    queued -= 1
                following = first[bucket & mask]
                after[v], before[v] = following, -1
                if following >= 0:
                    before[following] = v
                first[bucket & mask] = v
                queued += 1
        for j in range(len(targets)):
            arrival = best[targets[j]]
            out[row, j] = arrival if arrival <= limit_s else np.inf
