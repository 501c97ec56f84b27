"""Relief of the town: uplifted rim, a plain that opens to the north-west, valleys cut by running water."""

from __future__ import annotations

import heapq
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, map_coordinates, zoom

Floats = NDArray[np.float64]

CELL_M = 120.0
SIDE = 172
"""Cells along each side of the square relief: 20.6 km."""
MIDDLE = np.array([700.0, -200.0])
"""Middle of the relief in local metres; the town centre lies a little west of the middle of its land."""

_STEPS = ((-1, 0), (1, 0), (0, -1), (0, 1), (-1, -1), (-1, 1), (1, -1), (1, 1))


@dataclass(frozen=True, slots=True)
class Relief:
    """Heights and drainage on a square raster.

    Attributes
    ----------
    height_m : ndarray of shape (SIDE, SIDE)
        Row 0 is the southern edge.
    receiver : ndarray of shape (SIDE * SIDE,)
        Flat index of the cell that each cell drains to; its own index at an outlet.
    drained_km2 : ndarray of shape (SIDE * SIDE,)
        Land upstream of each cell.
    """

    height_m: Floats
    receiver: NDArray[np.int64]
    drained_km2: Floats

    def cell_xy(self, index: NDArray[np.int64]) -> Floats:
        """Local metres of the middle of cells, shape (n, 2)."""
        row, col = np.divmod(np.asarray(index), SIDE)
        return np.column_stack([col, row]) * CELL_M - (SIDE - 1) * CELL_M / 2 + MIDDLE

    def sample(self, xy: Floats) -> Floats:
        """Height in metres at local points of shape (n, 2)."""
        at = ((xy - MIDDLE) / CELL_M + (SIDE - 1) / 2)[:, ::-1].T
        return np.round(map_coordinates(self.height_m, at, order=1, mode="nearest"), 3)


def fractal_noise(
    rng: np.random.Generator, side: int, octaves: tuple[int, ...], gain: float = 0.55
) -> Floats:
    """Sum of smooth random fields of rising frequency, mean 0 and standard deviation 1, shape (side, side)."""
    total = np.zeros((side, side))
    for level, cells in enumerate(octaves):
        field = rng.standard_normal((cells + 3, cells + 3))
        total += gain**level * zoom(field, (side + 8) / cells, order=3)[4 : side + 4, 4 : side + 4]
    return np.round((total - total.mean()) / total.std(), 6)


def _smoothstep(value: Floats, low: float, high: float) -> Floats:
    t = np.clip((value - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)


def _uplift(rng: np.random.Generator) -> Floats:
    axis = (np.arange(SIDE) - (SIDE - 1) / 2) * CELL_M
    x, y = np.meshgrid(axis + MIDDLE[0], axis + MIDDLE[1])
    warp_x, warp_y = (900 * fractal_noise(rng, SIDE, (5, 9, 18)) for _ in range(2))
    x, y = x + warp_x, y + warp_y
    reach = np.hypot(x, y)
    angle = np.arctan2(y, x)
    # The plain is deepest towards the north-west (135 degrees), where the river leaves.
    open_west = np.clip(np.cos(angle - np.radians(150)), -0.4, 1)
    rim = _smoothstep(reach, 2300 + 3300 * np.maximum(open_west, 0), 7600 + 4200 * np.maximum(open_west, 0))
    gate = np.exp(-((np.cos(np.radians(138)) * y - np.sin(np.radians(138)) * x) ** 2) / 1500.0**2)
    gate = np.where(open_west > 0, gate, 0)
    ridged = 1 - np.abs(fractal_noise(rng, SIDE, (7, 14, 28, 56)))
    hills = _smoothstep(fractal_noise(rng, SIDE, (16, 32)), 1.15, 2.6) * 0.35
    return np.clip(rim * (0.65 + 0.35 * ridged) * (1 - 0.97 * gate) + hills * (reach > 2000), 0, None)


def _drain(height: Floats) -> tuple[list[int], list[int]]:
    """Flood from the edge inwards: order of cells from the outlets up, and where each drains to."""
    flat = height.ravel().tolist()
    n = SIDE * SIDE
    receiver = list(range(n))
    seen = bytearray(n)
    queue: list[tuple[float, int]] = []
    for i in range(n):
        row, col = divmod(i, SIDE)
        if row in (0, SIDE - 1) or col in (0, SIDE - 1):
            seen[i] = 1
            queue.append((flat[i], i))
    heapq.heapify(queue)
    order = []
    around = [dr * SIDE + dc for dr, dc in _STEPS]
    done = bytearray(n)
    while queue:
        level, i = heapq.heappop(queue)
        order.append(i)
        done[i] = 1
        if not (0 < i // SIDE < SIDE - 1 and 0 < i % SIDE < SIDE - 1):
            inner = [i + s for s in around if 0 <= i + s < n and abs((i + s) % SIDE - i % SIDE) < 2]
        else:
            inner = [i + s for s in around]
            best, drop = receiver[i], 0.0
            for k, j in enumerate(inner):
                if done[j]:
                    fall = (level - flat[j]) * (1.0 if k < 4 else 0.7071)
                    if fall > drop:
                        best, drop = j, fall
            receiver[i] = best
        for j in inner:
            if not seen[j]:
                seen[j] = 1
                receiver[j] = i
                flat[j] = max(flat[j], level + 1e-4)
                heapq.heappush(queue, (flat[j], j))
    return order, receiver


def _accumulate(order: list[int], receiver: list[int]) -> list[float]:
    area = [CELL_M * CELL_M / 1e6] * len(order)
    for i in reversed(order):
        if receiver[i] != i:
            area[receiver[i]] += area[i]
    return area


def raise_relief(rng: np.random.Generator, rounds: int = 26) -> Relief:
    """Lift the land and let water cut it: implicit stream-power erosion (Braun & Willett 2013) on a raster.

    Parameters
    ----------
    rng : numpy.random.Generator
    rounds : int
        Erosion rounds.

    Returns
    -------
    Relief
    """
    uplift = _uplift(rng)
    rough = fractal_noise(rng, SIDE, (20, 40, 80))
    height = np.round(6 + 40 * uplift + 2.0 * (rough - rough.min()), 6)
    lift = (uplift * 26).ravel().tolist()
    for _ in range(rounds):
        order, receiver = _drain(height)
        area = _accumulate(order, receiver)
        h = height.ravel().tolist()
        for i in order:
            j = receiver[i]
            if j == i:
                continue
            factor = 0.55 * area[i] ** 0.45
            raised = h[i] + lift[i]
            h[i] = max((raised + factor * h[j]) / (1 + factor), h[j] + 0.02)
        height = np.array(h).reshape(SIDE, SIDE)
        height = np.round(0.82 * height + 0.18 * gaussian_filter(height, 1.0), 6)
    height *= 0.72
    # Water in the plain wanders: it is routed over swells that the smooth relief does not keep.
    swell = fractal_noise(rng, SIDE, (9, 18, 36, 72, 144), 0.8)
    order, receiver = _drain(np.round(height + 5.0 * swell * np.exp(-np.maximum(height - 20, 0) / 40), 6))
    return Relief(np.round(height, 3), np.array(receiver), np.round(_accumulate(order, receiver), 6))
