"""The graph that roads are routed on: street lattices in settlements, land cells between them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import cKDTree

from .mesh import Mesh
from .settlement import Hamlet

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(slots=True)
class Ground:
    """Everything a road may run along.

    Attributes
    ----------
    xy : ndarray of shape (n, 2)
        Nodes, local metres.
    ends : ndarray of shape (m, 2)
        Nodes at both ends of each link.
    cost : ndarray of shape (m,)
        Metres, dearer on slopes and across water.
    street : ndarray of bool, shape (m,)
        Links of a street lattice.
    wet : ndarray of bool, shape (m,)
        Links that cross a river.
    home : ndarray of int, shape (m,)
        Hamlet of a street link (-1: the centre; -2: no street).
    """

    xy: Floats
    ends: Ints
    cost: Floats
    street: NDArray[np.bool_]
    wet: NDArray[np.bool_]
    home: Ints

    @property
    def length_m(self) -> Floats:
        """Length of each link."""
        d = self.xy[self.ends[:, 0]] - self.xy[self.ends[:, 1]]
        return np.hypot(d[:, 0], d[:, 1])

    def graph(self, cost: Floats) -> csr_array:
        """Undirected graph with one cost a link."""
        a, b = self.ends.T
        n = len(self.xy)
        return csr_array((np.r_[cost, cost], (np.r_[a, b], np.r_[b, a])), shape=(n, n))

    def paths(self, cost: Floats, start: int, goals: list[int], limit_m: float = np.inf) -> list[list[int]]:
        """Cheapest node sequences from one node to each goal; empty where there is none within the limit."""
        reach, before = dijkstra(self.graph(cost), indices=start, return_predecessors=True, limit=limit_m)
        found = []
        for goal in goals:
            if not np.isfinite(reach[goal]):
                found.append([])
                continue
            path = [goal]
            while path[-1] != start:
                path.append(int(before[path[-1]]))
            found.append(path[::-1])
        return found

    def nearest(self, xy: Floats) -> int:
        """Node nearest to a local point."""
        return int(np.argmin(np.hypot(*(self.xy - xy).T)))


def _lattice(
    rng: np.random.Generator, xy: Floats, reach_m: float, step_m: tuple[float, float], turn: float
) -> tuple[Floats, Ints]:
    """Warped street lattice around a point: nodes (n, 2) and links (m, 2)."""
    nx, ny = (int(reach_m / s) + 1 for s in step_m)
    u = np.arange(-nx, nx + 1) * step_m[0] + rng.uniform(-0.22, 0.22, 2 * nx + 1) * step_m[0]
    v = np.arange(-ny, ny + 1) * step_m[1] + rng.uniform(-0.22, 0.22, 2 * ny + 1) * step_m[1]
    gu, gv = np.meshgrid(u, v)
    # The lattice bends with distance, as streets do that grew along old ways.
    phase = rng.uniform(0, 6.28, 4)
    bend = 0.16 * min(reach_m, 1200)
    wu = gu + bend * 0.5 * np.sin(gv / (reach_m * 0.62) + phase[0]) + 12 * np.sin(gv / 170 + phase[1])
    wv = gv + bend * 0.5 * np.sin(gu / (reach_m * 0.7) + phase[2]) + 12 * np.sin(gu / 190 + phase[3])
    c, s = np.cos(turn), np.sin(turn)
    nodes = np.column_stack([(c * wu - s * wv).ravel(), (s * wu + c * wv).ravel()]) + xy
    nodes += rng.uniform(-5, 5, nodes.shape)
    number = np.arange(gu.size).reshape(gu.shape)
    across = np.column_stack([number[:, :-1].ravel(), number[:, 1:].ravel()])
    up = np.column_stack([number[:-1].ravel(), number[1:].ravel()])
    return nodes, np.vstack([across, up])


def make_ground(
    mesh: Mesh,
    hamlets: list[Hamlet],
    level: Floats,
    *,
    water: shapely.Geometry,
    rivers: list[shapely.LineString],
    allowed: NDArray[np.bool_],
    rng: np.random.Generator,
) -> Ground:
    """Lay street lattices over settlements and join them to the land cells around.

    Parameters
    ----------
    mesh : Mesh
    hamlets : list of Hamlet
    level : ndarray of shape (n,)
        How built-up each cell is.
    water : shapely geometry
        Lakes and ponds: no road crosses them.
    rivers : list of LineString
        Crossed at a price.
    allowed : ndarray of bool, shape (n,)
        Cells where roads may run.
    rng : numpy.random.Generator
    """
    nodes: list[Floats] = []
    links: list[Ints] = []
    homes: list[Ints] = []
    count = 0
    claimed = np.zeros((0, 2))
    sites = [(-1, np.array([0.0, -50.0]), 1750.0, (96.0, 128.0), 0.30)]
    for k, hamlet in enumerate(hamlets):
        if hamlet.radius_m > 72:
            step = (58.0, 76.0) if not hamlet.urban else (88.0, 112.0)
            sites.append((k, hamlet.xy, hamlet.radius_m * 1.25, step, float(rng.uniform(0, 1.57))))
    for home, xy, reach, step, turn in sites:
        if home >= 0 and len(claimed) and np.hypot(*(claimed - xy).T).min() < reach * 0.4:
            continue
        here, joined = _lattice(rng, xy, reach, step, turn)
        inside = level[mesh.nearest(here)] > (-0.04 if home < 0 else -0.1)
        inside &= np.hypot(*(here - xy).T) < reach * 1.15
        if len(claimed):
            inside &= cKDTree(claimed).query(here)[0] > 62
        joined = joined[inside[joined].all(axis=1)]
        used = np.unique(joined)
        if len(used) < 4:
            continue
        place = np.full(len(here), -1)
        place[used] = np.arange(len(used)) + count
        nodes.append(here[used])
        links.append(place[joined])
        homes.append(np.full(len(joined), home))
        claimed = np.vstack([claimed, here[used]])
        count += len(used)
    streets = np.vstack(nodes)
    free = np.flatnonzero(allowed & (cKDTree(streets).query(mesh.xy)[0] > 52))
    place = np.full(len(mesh.xy), -1)
    place[free] = np.arange(len(free)) + count
    both = (place[mesh.left] >= 0) & (place[mesh.right] >= 0)
    open_links = np.column_stack([place[mesh.left[both]], place[mesh.right[both]]])
    far, near = cKDTree(mesh.xy[free]).query(streets, k=2, distance_upper_bound=170)
    row, col = np.nonzero(np.isfinite(far))
    joints = np.column_stack([row, near[row, col] + count])
    xy = np.vstack([streets, mesh.xy[free]])
    ends = np.vstack([*links, open_links, joints]).astype(np.int64)
    home = np.r_[np.concatenate(homes), np.full(len(open_links) + len(joints), -2)].astype(np.int64)
    height = np.r_[mesh.height_m[mesh.nearest(streets)], mesh.height_m[free]]
    return _priced(xy, ends, home, height, water=water, rivers=rivers)


def _priced(
    xy: Floats,
    ends: Ints,
    home: Ints,
    height: Floats,
    *,
    water: shapely.Geometry,
    rivers: list[shapely.LineString],
) -> Ground:
    lines = shapely.linestrings(xy[ends])
    tree = shapely.STRtree(lines)
    wet = np.zeros(len(lines), dtype=bool)
    wet[tree.query(rivers, predicate="intersects")[1]] = True
    sunk = np.zeros(len(lines), dtype=bool)
    sunk[tree.query(shapely.get_parts(water), predicate="intersects")[1]] = True
    length = shapely.length(lines)
    slope = np.abs(height[ends[:, 0]] - height[ends[:, 1]]) / length
    cost = length * (1 + np.minimum((slope / 0.07) ** 2, 30)) + 170.0 * wet
    keep = ~sunk
    return Ground(xy, ends[keep], np.round(cost[keep], 6), home[keep] > -2, wet[keep], home[keep])
