"""Loops of kernel density estimation. Sums are kept in whole numbers, so that no order of the events changes a bit.

A share of an event is stored times a power of two, chosen such that the sum of all shares fits into 63 bits.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gridmap.analysis._compiled import compiled

UNIFORM, TRIANGULAR, EPANECHNIKOV, QUARTIC, GAUSSIAN = range(5)
Frame = tuple[float, float, float]


@compiled
def extent(x: NDArray[np.float64], y: NDArray[np.float64]) -> tuple[float, float, float, float, bool]:
    """Least x, least y, greatest x, greatest y, and whether all are finite."""
    west, south, east, north = np.inf, np.inf, -np.inf, -np.inf
    total = 0.0
    for i in range(len(x)):
        west, east = min(west, x[i]), max(east, x[i])
        south, north = min(south, y[i]), max(north, y[i])
        total += (x[i] - x[i]) + (y[i] - y[i])
    return west, south, east, north, total == 0.0


@compiled
def shape_of(kernel: int, squared: float) -> float:
    """Height of a kernel that is one in its middle, at a squared distance in bandwidths."""
    if kernel == GAUSSIAN:
        return np.exp(-0.5 * squared)  # type: ignore[no-any-return]
    if squared >= 1.0:
        return 0.0
    if kernel == QUARTIC:
        return (1.0 - squared) ** 2
    if kernel == EPANECHNIKOV:
        return 1.0 - squared
    if kernel == TRIANGULAR:
        return 1.0 - np.sqrt(squared)  # type: ignore[no-any-return]
    return 1.0


@compiled
def bin_cubic(
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    weight: NDArray[np.float64],
    frame: Frame,
    scale: float,
    out: NDArray[np.int64],
) -> None:
    """Share each event among the 4 x 4 nodes around it by cubic Lagrange weights.

    `frame` is x and y of node (0, 0) and the spacing; events lie at least one node inside of `out`. Summed with
    a kernel the shares interpolate that kernel cubically between the nodes. `weight` may be empty.
    """
    left, bottom, step = frame
    per_step = 1.0 / step
    weighted = len(weight) > 0
    for event in range(len(x)):
        at_x = (x[event] - left) * per_step
        at_y = (y[event] - bottom) * per_step
        column, row = int(at_x), int(at_y)
        s, t = at_x - column, at_y - row
        factor = scale * weight[event] if weighted else scale
        a0 = -s * (s - 1) * (s - 2) / 6
        a1 = (s + 1) * (s - 1) * (s - 2) / 2
        a2 = -(s + 1) * s * (s - 2) / 2
        a3 = (s + 1) * s * (s - 1) / 6
        b0 = -t * (t - 1) * (t - 2) / 6 * factor
        b1 = (t + 1) * (t - 1) * (t - 2) / 2 * factor
        b2 = -(t + 1) * t * (t - 2) / 2 * factor
        b3 = (t + 1) * t * (t - 1) / 6 * factor
        for k in range(4):
            b = b0 if k == 0 else b1 if k == 1 else b2 if k == 2 else b3
            line = out[row - 1 + k]
            line[column - 1] += int(a0 * b)
            line[column] += int(a1 * b)
            line[column + 1] += int(a2 * b)
            line[column + 2] += int(a3 * b)


@compiled
def read_cubic(
    x: NDArray[np.float64], y: NDArray[np.float64], frame: Frame, nodes: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Value at each event of a field given at nodes, with the weights of `bin_cubic`."""
    left, bottom, step = frame
    per_step = 1.0 / step
    value = np.empty(len(x))
    for event in range(len(x)):
        at_x = (x[event] - left) * per_step
        at_y = (y[event] - bottom) * per_step
        column, row = int(at_x), int(at_y)
        s, t = at_x - column, at_y - row
        a0 = -s * (s - 1) * (s - 2) / 6
        a1 = (s + 1) * (s - 1) * (s - 2) / 2
        a2 = -(s + 1) * s * (s - 2) / 2
        a3 = (s + 1) * s * (s - 1) / 6
        total = 0.0
        for k in range(4):
            if k == 0:
                b = -t * (t - 1) * (t - 2) / 6
            elif k == 1:
                b = (t + 1) * (t - 1) * (t - 2) / 2
            elif k == 2:
                b = -(t + 1) * t * (t - 2) / 2
            else:
                b = (t + 1) * t * (t - 1) / 6
            line = nodes[row - 1 + k]
            total += b * (
                a0 * line[column - 1] + a1 * line[column] + a2 * line[column + 1] + a3 * line[column + 2]
            )
        value[event] = total
    return value


@compiled
def spread(
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    weight: NDArray[np.float64],
    frame: Frame,
    inside: NDArray[np.bool_],
    kernel: int,
    bandwidth: tuple[float, float, float, float],
    normalise: bool,
    bounded: bool,
    scale: float,
    out: NDArray[np.int64],
) -> NDArray[np.bool_]:
    """Add the exact kernel of each event to the cells; returns which events reach no cell they may lie in.

    `frame` is x and y of the middle of cell (0, 0) and the spacing; `bandwidth` holds the two bandwidths, the
    factor that makes the kernel times the cell's area sum to about one, and the support in bandwidths. With
    `normalise` an event's shares are divided by their sum: over the cells inside where `bounded`, over the
    whole lattice otherwise.
    """
    left, bottom, step = frame
    wide, high, factor, support = bandwidth
    rows, columns = out.shape
    weighted = len(weight) > 0
    stranded = np.zeros(len(x), np.bool_)
    for event in range(len(x)):
        at_x = (x[event] - left) / step
        at_y = (y[event] - bottom) / step
        first_column = int(np.ceil(at_x - support * wide / step))
        last_column = int(np.floor(at_x + support * wide / step))
        first_row = int(np.ceil(at_y - support * high / step))
        last_row = int(np.floor(at_y + support * high / step))
        total = 1.0
        if normalise:
            total = 0.0
            for row in range(first_row, last_row + 1):
                if bounded and (row < 0 or row >= rows):
                    continue
                up = ((row - at_y) * step / high) ** 2
                for column in range(first_column, last_column + 1):
                    if bounded and (column < 0 or column >= columns or not inside[row, column]):
                        continue
                    squared = up + ((column - at_x) * step / wide) ** 2
                    if squared < support * support:
                        total += shape_of(kernel, squared)
            total *= factor
            if total <= 1e-9:
                stranded[event] = True
                continue
        share = scale * factor / total
        if weighted:
            share *= weight[event]
        for row in range(max(first_row, 0), min(last_row + 1, rows)):
            up = ((row - at_y) * step / high) ** 2
            for column in range(max(first_column, 0), min(last_column + 1, columns)):
                squared = up + ((column - at_x) * step / wide) ** 2
                if inside[row, column] and squared < support * support:
                    out[row, column] += int(share * shape_of(kernel, squared))
    return stranded


@compiled
def sum_at(
    at: NDArray[np.float64],
    xy: NDArray[np.float64],
    weight: NDArray[np.float64],
    kernel: int,
    bandwidth: tuple[float, float],
    support: float,
) -> NDArray[np.float64]:
    """Sum over events of kernels that are one in their middle, at any places."""
    out = np.zeros(len(at))
    for place in range(len(at)):
        total = 0.0
        for event in range(len(xy)):
            dx = (at[place, 0] - xy[event, 0]) / bandwidth[0]
            dy = (at[place, 1] - xy[event, 1]) / bandwidth[1]
            squared = dx * dx + dy * dy
            if squared < support * support:
                total += weight[event] * shape_of(kernel, squared)
        out[place] = total
    return out


@compiled
def pair_histogram(
    xy: NDArray[np.float64], size: NDArray[np.float64], total: float, width: float, n_bins: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Pairs of places by distance: weighted by their events, and by events over the events elsewhere.

    The first sums size_i size_j; the second size_i size_j (1 / (total - size_i) + 1 / (total - size_j)). Each
    pair once.
    """
    plain = np.zeros(n_bins)
    left_out = np.zeros(n_bins)
    for i in range(len(xy)):
        own = size[i]
        for j in range(i):
            dx, dy = xy[i, 0] - xy[j, 0], xy[i, 1] - xy[j, 1]
            at = int(np.sqrt(dx * dx + dy * dy) / width)
            if at < n_bins:
                both = own * size[j]
                plain[at] += both
                left_out[at] += both * (1.0 / (total - own) + 1.0 / (total - size[j]))
    return plain, left_out
