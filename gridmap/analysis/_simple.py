"""Compiled check that a ring does not cross itself: quick to say yes, and it never says so wrongly.

Rings that it is not sure of are for GEOS to judge, at about five times the cost.
"""

from __future__ import annotations

import numpy as np

from gridmap.analysis._compiled import compiled

# Shewchuk's bound for the rounding error of a 2 x 2 determinant of differences, (3 + 16 eps) eps with eps = 2**-53.
_CCW_BOUND = (3.0 + 16.0 * 2.0**-53) * 2.0**-53
_LARGEST = 1e150
_SMALLEST = 1e-280
_EDGES_PER_BAND = 4
_PAIRS_PER_EDGE = 64


@compiled
def _side(ax, ay, bx, by, cx, cy):  # type: ignore[no-untyped-def]
    """1 or -1 for the side of a-b that c lies on, 0 when rounding leaves it open."""
    left = (ax - cx) * (by - cy)
    right = (ay - cy) * (bx - cx)
    size = abs(left) + abs(right)
    det = left - right
    if size < _SMALLEST or abs(det) <= _CCW_BOUND * size:
        return 0
    return 1 if det > 0.0 else -1


@compiled
def _apart(at, i, j, n):  # type: ignore[no-untyped-def]
    """Whether edges i < j of a closed ring surely share no more than the corner between neighbours."""
    ax, ay, bx, by = at[i, 0], at[i, 1], at[i + 1, 0], at[i + 1, 1]
    cx, cy, dx, dy = at[j, 0], at[j, 1], at[j + 1, 0], at[j + 1, 1]
    if j == i + 1:
        return _side(ax, ay, bx, by, dx, dy) != 0
    if i == 0 and j == n - 1:
        return _side(ax, ay, bx, by, cx, cy) != 0
    if max(ax, bx) < min(cx, dx) or max(cx, dx) < min(ax, bx):
        return True
    if max(ay, by) < min(cy, dy) or max(cy, dy) < min(ay, by):
        return True
    one = _side(ax, ay, bx, by, cx, cy)
    if one != 0 and one == _side(ax, ay, bx, by, dx, dy):
        return True
    other = _side(cx, cy, dx, dy, ax, ay)
    return other != 0 and other == _side(cx, cy, dx, dy, bx, by)


@compiled
def _is_simple(at):  # type: ignore[no-untyped-def]
    """Compare the edges of one closed ring that share a level band."""
    n = at.shape[0] - 1
    if n < 3:
        return False
    low, high = at[0, 1], at[0, 1]
    for k in range(n + 1):
        if not (abs(at[k, 0]) < _LARGEST and abs(at[k, 1]) < _LARGEST):
            return False
        low = min(low, at[k, 1])
        high = max(high, at[k, 1])
    if not high > low:
        return False
    bands = n // _EDGES_PER_BAND + 1
    scale = bands / (high - low)
    if not scale < _LARGEST:
        return False
    count = np.zeros(bands + 1, np.int64)
    first = np.empty(n, np.int64)
    last = np.empty(n, np.int64)
    for e in range(n):
        a, b = at[e, 1], at[e + 1, 1]
        first[e] = min(bands - 1, int((min(a, b) - low) * scale))
        last[e] = min(bands - 1, int((max(a, b) - low) * scale))
        for band in range(first[e], last[e] + 1):
            count[band + 1] += 1
    pairs = 0
    for band in range(bands):
        pairs += count[band + 1] * count[band + 1]
        count[band + 1] += count[band]
    if pairs > 2 * _PAIRS_PER_EDGE * n:
        return False
    members = np.empty(count[bands], np.int64)
    fill = count[:-1].copy()
    for e in range(n):
        for band in range(first[e], last[e] + 1):
            members[fill[band]] = e
            fill[band] += 1
    for band in range(bands):
        for p in range(count[band], count[band + 1]):
            for q in range(p + 1, count[band + 1]):
                if not _apart(at, members[p], members[q], n):
                    return False
    return True


@compiled
def surely_simple(at, rings):  # type: ignore[no-untyped-def]
    """Tell which rings surely touch themselves nowhere.

    Parameters
    ----------
    at : ndarray of float64, shape (n, 2)
        Corners of all rings, the first of each repeated at its end.
    rings : ndarray of int64, shape (m + 1,)
        Where each ring begins in `at`.

    Returns
    -------
    ndarray of bool, shape (m,)
        False where the ring touches itself or the check is not sure.
    """
    out = np.empty(rings.shape[0] - 1, np.bool_)
    for r in range(out.shape[0]):
        out[r] = _is_simple(at[rings[r] : rings[r + 1]])
    return out


@compiled
def edges_of_rings(at, rings):  # type: ignore[no-untyped-def]
    """Segments of closed rings, shape (n - m, 4): x and y of both ends.

    Parameters
    ----------
    at : ndarray of float64, shape (n, 2)
    rings : ndarray of int64, shape (m + 1,)
        As for :func:`surely_simple`.
    """
    out = np.empty((at.shape[0] - (rings.shape[0] - 1), 4))
    e = 0
    for r in range(rings.shape[0] - 1):
        for k in range(rings[r], rings[r + 1] - 1):
            out[e, 0], out[e, 1] = at[k, 0], at[k, 1]
            out[e, 2], out[e, 3] = at[k + 1, 0], at[k + 1, 1]
            e += 1
    return out
