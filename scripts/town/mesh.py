"""An irregular mesh of small land cells, finer in the centre: the common grain of boundaries, land cover and roads."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.spatial import Voronoi, cKDTree

from .plan import snap
from .terrain import MIDDLE, Relief

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

REACH_M = 9000.0
FINE_REACH_M = 2600.0
COARSE_STEP_M = 56.0
FINE_STEP_M = 30.0


@dataclass(frozen=True, slots=True)
class Mesh:
    """Cells and the borders between them.

    Attributes
    ----------
    xy : ndarray of shape (n, 2)
        Middle of each cell, local metres.
    height_m, area_m2 : ndarray of shape (n,)
    left, right : ndarray of shape (m,)
        The two cells of each border.
    corner_xy : ndarray of shape (k, 2)
        Corners on the 1 cm lattice.
    border : ndarray of shape (m, 2)
        Corners at both ends of each border.
    """

    xy: Floats
    height_m: Floats
    area_m2: Floats
    left: Ints
    right: Ints
    corner_xy: Floats
    border: Ints
    tree: cKDTree

    @property
    def step_m(self) -> Floats:
        """Length of the link between the two cells of each border."""
        d = self.xy[self.left] - self.xy[self.right]
        return np.sqrt(d[:, 0] ** 2 + d[:, 1] ** 2)

    def graph(self, cost: Floats, keep: NDArray[np.bool_] | None = None) -> csr_array:
        """Undirected graph over cells with one cost a border, shape (n, n)."""
        left, right = self.left, self.right
        if keep is not None:
            left, right, cost = left[keep], right[keep], cost[keep]
        n = len(self.xy)
        both = (np.r_[left, right], np.r_[right, left])
        return csr_array((np.r_[cost, cost], both), shape=(n, n))

    def nearest(self, xy: Floats) -> Ints:
        """Index of the cell nearest to each local point of shape (n, 2)."""
        return np.asarray(self.tree.query(xy)[1], dtype=np.int64)


def _hexagonal(step_m: float, reach_m: float, middle: Floats, rng: np.random.Generator) -> Floats:
    rows = int(reach_m / (step_m * 0.866)) + 1
    cols = int(reach_m / step_m) + 1
    j, i = np.mgrid[-rows : rows + 1, -cols : cols + 1]
    xy = np.column_stack([((i + 0.5 * (j % 2)) * step_m).ravel(), (j * step_m * 0.866).ravel()])
    xy += rng.uniform(-0.36, 0.36, xy.shape) * step_m
    return xy[np.hypot(*xy.T) <= reach_m] + middle


def make_mesh(relief: Relief, rng: np.random.Generator) -> Mesh:
    """Scatter jittered cells and find who borders whom."""
    fine = _hexagonal(FINE_STEP_M, FINE_REACH_M, np.zeros(2), rng)
    coarse = _hexagonal(COARSE_STEP_M, REACH_M, MIDDLE, rng)
    coarse = coarse[np.hypot(*coarse.T) > FINE_REACH_M + 0.45 * COARSE_STEP_M]
    xy = snap(np.vstack([fine, coarse]))
    voronoi = Voronoi(xy)
    corners = np.array(voronoi.ridge_vertices)
    inner = np.hypot(*(voronoi.vertices - MIDDLE).T) < REACH_M - COARSE_STEP_M
    good = (corners >= 0).all(axis=1)
    good[good] = inner[corners[good]].all(axis=1)
    border = corners[good].astype(np.int64)
    left, right = voronoi.ridge_points[good].astype(np.int64).T
    corner_xy = snap(np.clip(voronoi.vertices, -20000, 20000))
    a, b = corner_xy[border[:, 0]], corner_xy[border[:, 1]]
    twice = np.zeros(len(xy))
    for cell in (left, right):
        p, q = a - xy[cell], b - xy[cell]
        np.add.at(twice, cell, np.abs(p[:, 0] * q[:, 1] - p[:, 1] * q[:, 0]))
    return Mesh(xy, relief.sample(xy), twice / 2, left, right, corner_xy, border, cKDTree(xy))
