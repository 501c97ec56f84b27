"""Compiled kernels behind :mod:`gridmap.analysis.reach.assign`: which polygon holds each point.

A uniform lattice of cells is laid over the polygons. A cell that no edge touches lies wholly inside or outside a
polygon, so most points are located by one look-up; the others are tested by ray casting against the edges of one row
of cells only. Whatever is closer to an edge than floating point can tell is returned as undecided.
"""

from __future__ import annotations

import numpy as np

from gridmap.analysis._compiled import compiled

OUTSIDE = -1
UNDECIDED = -2
_BLOCK = 32

# Shewchuk's bound for the rounding error of a 2 x 2 determinant of differences, (3 + 16 eps) eps with eps = 2**-53.
_CCW_BOUND = (3.0 + 16.0 * 2.0**-53) * 2.0**-53


@compiled
def _inside(x, y, edges, lo, hi):  # type: ignore[no-untyped-def]
    """1 inside, 0 outside, -1 when the point is on an edge or too near to tell."""
    odd = 0
    for e in range(lo, hi):
        x0, y0, x1, y1 = edges[e, 0], edges[e, 1], edges[e, 2], edges[e, 3]
        below0 = y0 <= y
        below1 = y1 <= y
        if below0 != below1:
            left = (x1 - x0) * (y - y0)
            right = (x - x0) * (y1 - y0)
            det = left - right
            if abs(det) <= _CCW_BOUND * (abs(left) + abs(right)):
                return -1
            if (det > 0.0) == (y1 > y0):
                odd ^= 1
        elif (y1 == y and x1 == x) or (y0 == y and y1 == y and min(x0, x1) <= x <= max(x0, x1)):
            # The half-open rule skips the top vertex of a peak and level edges: a point there is on the boundary.
            return -1
    return odd


@compiled
def _rows_of_edges(edges, owner, n_polygons, y0, inv_h, rows):  # type: ignore[no-untyped-def]
    """First and last lattice row of each polygon, and how many edges each (polygon, row) pair has."""
    first = np.full(n_polygons, rows, np.int64)
    last = np.full(n_polygons, -1, np.int64)
    for e in range(edges.shape[0]):
        a, b = edges[e, 1], edges[e, 3]
        if a > b:
            a, b = b, a
        p = owner[e]
        ra = max(0, int(np.floor((a - y0) * inv_h)))
        rb = min(rows - 1, int(np.floor((b - y0) * inv_h)))
        first[p] = min(first[p], ra)
        last[p] = max(last[p], rb)
    start = np.zeros(n_polygons + 1, np.int64)
    for p in range(n_polygons):
        start[p + 1] = start[p] + max(0, last[p] - first[p] + 1)
    counts = np.zeros(start[n_polygons] + 1, np.int64)
    for e in range(edges.shape[0]):
        a, b = edges[e, 1], edges[e, 3]
        if a > b:
            a, b = b, a
        p = owner[e]
        ra = max(0, int(np.floor((a - y0) * inv_h)))
        rb = min(rows - 1, int(np.floor((b - y0) * inv_h)))
        for r in range(ra, rb + 1):
            counts[start[p] + r - first[p] + 1] += 1
    for i in range(1, counts.shape[0]):
        counts[i] += counts[i - 1]
    by_row = np.empty((counts[-1], 4), np.float64)
    fill = counts.copy()
    for e in range(edges.shape[0]):
        a, b = edges[e, 1], edges[e, 3]
        if a > b:
            a, b = b, a
        p = owner[e]
        ra = max(0, int(np.floor((a - y0) * inv_h)))
        rb = min(rows - 1, int(np.floor((b - y0) * inv_h)))
        for r in range(ra, rb + 1):
            k = start[p] + r - first[p]
            for j in range(4):
                by_row[fill[k], j] = edges[e, j]
            fill[k] += 1
    return first, start, counts, by_row


@compiled
def _column(x, x0, inv_w, columns):  # type: ignore[no-untyped-def]
    return min(columns - 1, max(0, int(np.floor((x - x0) * inv_w))))


@compiled
def _mark_row(by_row, lo, hi, bottom, top, frame, touched):  # type: ignore[no-untyped-def]
    """Mark the columns of a row that its edges touch, a little generously; return the first and last."""
    x0, inv_w, columns, slack = frame
    ca, cb = columns, -1
    for e in range(lo, hi):
        ax, ay, bx, by = by_row[e, 0], by_row[e, 1], by_row[e, 2], by_row[e, 3]
        if ay > by:
            ax, ay, bx, by = bx, by, ax, ay
        xa, xb = ax, bx
        if by > ay:
            if ay < bottom:
                xa = ax + (bx - ax) * ((bottom - ay) / (by - ay))
            if by > top:
                xb = ax + (bx - ax) * ((top - ay) / (by - ay))
        if xa > xb:
            xa, xb = xb, xa
        left = _column(xa - slack, x0, inv_w, columns)
        right = _column(xb + slack, x0, inv_w, columns)
        for c in range(left, right + 1):
            touched[c] = True
        ca = min(ca, left)
        cb = max(cb, right)
    return ca, cb


@compiled
def build(edges, owner, n_polygons, bounds, shape):  # type: ignore[no-untyped-def]
    """Lay the lattice and list for each cell the polygons that touch or cover it, in ascending order.

    Parameters
    ----------
    edges : ndarray of float64, shape (m, 4)
        x0, y0, x1, y1 of every ring segment.
    owner : ndarray of int64, shape (m,)
        Polygon of each edge.
    n_polygons : int
    bounds : tuple of float
        x and y of the lower left corner, columns and rows a unit.
    shape : tuple of int
        Columns, rows.

    Returns
    -------
    tuple
        Candidates in compressed rows (``offsets``, ``polygon``, ``covers``) and the edges by polygon and row.
    """
    x0, y0, inv_w, inv_h = bounds
    columns, rows = shape
    first, start, counts, by_row = _rows_of_edges(edges, owner, n_polygons, y0, inv_h, rows)
    slack = 1e-9 / inv_w
    slack_y = 1e-9 / inv_h
    touched = np.zeros(columns, np.bool_)
    per_cell = np.zeros(columns * rows + 1, np.int64)
    polygon = np.empty(0, np.int32)
    covers = np.empty(0, np.bool_)
    for fill in range(2):
        if fill == 1:
            for i in range(1, per_cell.shape[0]):
                per_cell[i] += per_cell[i - 1]
            polygon = np.empty(per_cell[-1], np.int32)
            covers = np.empty(per_cell[-1], np.bool_)
            cursor = per_cell.copy()
        for p in range(n_polygons):
            for k in range(start[p], start[p + 1]):
                r = first[p] + k - start[p]
                lo, hi = counts[k], counts[k + 1]
                bottom = y0 + r / inv_h - slack_y
                top = y0 + (r + 1) / inv_h + slack_y
                ca, cb = _mark_row(by_row, lo, hi, bottom, top, (x0, inv_w, columns, slack), touched)
                state = -1
                for c in range(ca, cb + 1):
                    if touched[c]:
                        state = -1
                        cover = False
                        touched[c] = False
                    else:
                        if state < 0:
                            state = _inside(x0 + (c + 0.5) / inv_w, y0 + (r + 0.5) / inv_h, by_row, lo, hi)
                        if state == 0:
                            continue
                        cover = True
                    cell = r * columns + c
                    if fill == 0:
                        per_cell[cell + 1] += 1
                    else:
                        polygon[cursor[cell]] = p
                        covers[cursor[cell]] = cover
                        cursor[cell] += 1
    return per_cell, polygon, covers, first, start, counts, by_row


@compiled
def by_block(x, y, bounds, shape):  # type: ignore[no-untyped-def]
    """Order in which points of the same block of cells follow each other (a counting sort).

    Parameters
    ----------
    x, y : ndarray of float64, shape (n,)
    bounds, shape : tuple
        As given to :func:`build`.

    Returns
    -------
    ndarray of int64, shape (n,)
    """
    x0, y0, inv_w, inv_h = bounds
    columns, rows = shape
    across = columns // _BLOCK + 1
    n_blocks = across * (rows // _BLOCK + 1)
    block = np.empty(x.shape[0], np.int32)
    begin = np.zeros(n_blocks + 2, np.int64)
    for i in range(x.shape[0]):
        c = (x[i] - x0) * inv_w
        r = (y[i] - y0) * inv_h
        b = n_blocks
        if 0.0 <= c < columns and 0.0 <= r < rows:
            b = (int(r) // _BLOCK) * across + int(c) // _BLOCK
        block[i] = b
        begin[b + 1] += 1
    for b in range(1, begin.shape[0]):
        begin[b] += begin[b - 1]
    out = np.empty(x.shape[0], np.int64)
    for i in range(x.shape[0]):
        out[begin[block[i]]] = i
        begin[block[i]] += 1
    return out


@compiled
def locate(x, y, order, bounds, shape, index):  # type: ignore[no-untyped-def]
    """Polygon of each point: the lowest that holds it, OUTSIDE, or UNDECIDED.

    Parameters
    ----------
    x, y : ndarray of float64, shape (n,)
    order : ndarray of int64, shape (n,)
        Every row number once; which point is looked for first makes no difference but of speed.
    bounds, shape, index : tuple
        As given to and returned by :func:`build`.

    Returns
    -------
    ndarray of int32, shape (n,)
    """
    x0, y0, inv_w, inv_h = bounds
    columns, rows = shape
    per_cell, polygon, covers, first, start, counts, by_row = index
    out = np.full(x.shape[0], OUTSIDE, np.int32)
    for i in order:
        c = int(np.floor((x[i] - x0) * inv_w))
        r = int(np.floor((y[i] - y0) * inv_h))
        if c < 0 or r < 0 or c >= columns or r >= rows:
            continue
        cell = r * columns + c
        for j in range(per_cell[cell], per_cell[cell + 1]):
            p = polygon[j]
            if covers[j]:
                out[i] = p
                break
            k = start[p] + r - first[p]
            hit = _inside(x[i], y[i], by_row, counts[k], counts[k + 1])
            if hit != 0:
                out[i] = p if hit == 1 else UNDECIDED
                break
    return out


@compiled
def edges_of_rings(at, rings):  # type: ignore[no-untyped-def]
    """Segments of closed rings, shape (n - m, 4): x and y of both ends.

    Parameters
    ----------
    at : ndarray of float64, shape (n, 2)
    rings : ndarray of int64, shape (m + 1,)
        First coordinate of each ring, and their number at the end.
    """
    out = np.empty((at.shape[0] - (rings.shape[0] - 1), 4))
    e = 0
    for r in range(rings.shape[0] - 1):
        for k in range(rings[r], rings[r + 1] - 1):
            out[e, 0], out[e, 1] = at[k, 0], at[k, 1]
            out[e, 2], out[e, 3] = at[k + 1, 0], at[k + 1, 1]
            e += 1
    return out
