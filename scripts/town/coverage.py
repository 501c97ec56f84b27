"""Villages and micro-grids: land cells grown from seeds, along watersheds, rivers and roads, into one coverage."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components, dijkstra
from scipy.spatial import cKDTree

from .mesh import Mesh
from .plan import TOWN_AREA_KM2, Village
from .shapes import dissolve, simplify_coverage
from .terrain import MIDDLE, fractal_noise

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Progress = Callable[[str], None]


def crossing(mesh: Mesh, lines: list[shapely.LineString]) -> NDArray[np.bool_]:
    """Which links between neighbouring cells cross one of the lines, shape (m,)."""
    links = shapely.linestrings(np.stack([mesh.xy[mesh.left], mesh.xy[mesh.right]], axis=1))
    hit = np.zeros(len(links), dtype=bool)
    if lines:
        hit[shapely.STRtree(links).query(lines, predicate="intersects")[1]] = True
    return hit


def grow(graph: csr_array, seeds: Ints, head_start: Floats) -> tuple[Ints, Floats]:
    """Nearest seed of each cell by cost, each seed with a head start; (owner or -1, cost), both of shape (n,)."""
    n = graph.shape[0]
    coo = graph.tocoo()
    row, col = coo.coords
    starts = n + np.arange(len(seeds))
    late = head_start.max() - head_start + 1.0
    wide = coo_array(
        (np.r_[coo.data, late], (np.r_[row, starts], np.r_[col, seeds])),
        shape=(n + len(seeds), n + len(seeds)),
    )
    cost, _, source = dijkstra(wide.tocsr(), indices=starts, min_only=True, return_predecessors=True)
    owner = np.where(np.isfinite(cost[:n]), source[:n] - n, -1)
    return owner.astype(np.int64), cost[:n]


def _field(mesh: Mesh, rng: np.random.Generator, octaves: tuple[int, ...]) -> Floats:
    side = 220
    noise = fractal_noise(rng, side, octaves, 0.75)
    at = np.clip(((mesh.xy - MIDDLE) / 18_600 + 0.5) * side, 0, side - 1).astype(np.int64)
    return np.asarray(noise[at[:, 1], at[:, 0]])


def _largest(mesh: Mesh, inside: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Fill the holes of a set of cells."""
    out = ~inside
    keep = out[mesh.left] & out[mesh.right]
    _, part = connected_components(mesh.graph(np.ones(len(mesh.left)), keep), directed=False)
    rim = np.hypot(*(mesh.xy - MIDDLE).T) > 8500
    return inside | ~np.isin(part, np.unique(part[rim]))


def _town_cells(
    mesh: Mesh, seeds: Ints, cost: Floats, head_start: Floats, uneven: Floats
) -> NDArray[np.bool_]:
    """Cells of the town: those reached most cheaply from its villages, in one piece without holes."""
    _, reached = grow(mesh.graph(cost), seeds, head_start)
    east, north = (mesh.xy - MIDDLE).T
    reached = 0.62 * reached + 0.95 * np.hypot(east, north * 1.06) + uneven
    low, high = 2000.0, 12_000.0
    for _ in range(26):
        middle = (low + high) / 2
        inside = _largest(mesh, reached < middle)
        if mesh.area_m2[inside].sum() / 1e6 < TOWN_AREA_KM2:
            low = middle
        else:
            high = middle
    inside = _largest(mesh, reached < low)
    keep = inside[mesh.left] & inside[mesh.right]
    _, part = connected_components(mesh.graph(np.ones(len(keep)), keep), directed=False)
    return np.asarray(inside & (part == part[seeds[0]]))


def draw_villages(
    mesh: Mesh, villages: tuple[Village, ...], river: NDArray[np.bool_], rng: np.random.Generator
) -> Ints:
    """Give each cell its village, or -1 outside the town, so that sizes come close to the plan.

    Parameters
    ----------
    mesh : Mesh
    villages : tuple of Village
    river : ndarray of bool, shape (m,)
        Links that cross a river.
    rng : numpy.random.Generator

    Returns
    -------
    ndarray of int, shape (n,)
    """
    climb = np.abs(mesh.height_m[mesh.left] - mesh.height_m[mesh.right])
    rough = np.exp(0.38 * _field(mesh, rng, (20, 40, 80, 160)))
    cost = mesh.step_m * 0.5 * (rough[mesh.left] + rough[mesh.right]) + 4.2 * climb
    seeds = mesh.nearest(np.array([[v.x_m, v.y_m] for v in villages]))
    size = np.array([v.size_km2 for v in villages])
    uneven = 260.0 * _field(mesh, rng, (7, 13, 26))
    inside = _town_cells(mesh, seeds, cost + 60.0 * river - 2.2 * climb, 560.0 * np.sqrt(size), uneven)
    keep = inside[mesh.left] & inside[mesh.right]
    graph = mesh.graph(cost + 330.0 * river, keep)
    head = 300.0 * np.sqrt(size)
    pull = 420.0
    for _ in range(44):
        owner, _ = grow(graph, seeds, head)
        got = np.bincount(owner[inside], mesh.area_m2[inside], len(villages)) / 1e6
        head = head + np.clip(pull * (size - got) / np.sqrt(size), -240, 240)
        pull *= 0.975
    owner, _ = grow(graph, seeds, head)
    return np.where(inside, owner, -1)


def _spread(xy: Floats, weight: Floats, count: int, rng: np.random.Generator) -> Ints:
    """Pick cells so that each serves about the same weight: weighted k-means, then the nearest distinct cells."""
    centre = xy[rng.choice(len(xy), count, replace=False, p=weight / weight.sum())]
    for _ in range(14):
        owner = cKDTree(centre).query(xy)[1]
        mass = np.bincount(owner, weight, count)
        for k in range(2):
            mean = np.bincount(owner, weight * xy[:, k], count) / np.maximum(mass, 1e-9)
            centre[:, k] = np.where(mass > 0, mean, centre[:, k])
        light, heavy = int(np.argmin(mass)), int(np.argmax(mass))
        if mass[heavy] > 2.2 * mass[light]:
            centre[light] = centre[heavy] + rng.normal(0, 25, 2)
    chosen: list[int] = []
    tree = cKDTree(xy)
    for point in centre:
        for candidate in np.atleast_1d(tree.query(point, min(60, len(xy)))[1]).tolist():
            if candidate not in chosen:
                chosen.append(candidate)
                break
    return np.array(chosen)


def draw_micro_grids(
    mesh: Mesh,
    villages: tuple[Village, ...],
    village_of: Ints,
    people: Floats,
    *,
    barrier: Floats,
    rng: np.random.Generator,
) -> Ints:
    """Give each cell its micro-grid, numbered through the town village by village, or -1 outside.

    Parameters
    ----------
    mesh : Mesh
    villages : tuple of Village
    village_of : ndarray of int, shape (n,)
    people : ndarray of float, shape (n,)
        Residents of each cell.
    barrier : ndarray of float, shape (m,)
        Extra metres for links across rivers and roads, so that borders settle there.
    rng : numpy.random.Generator

    Returns
    -------
    ndarray of int, shape (n,)
        ``village index * 100 + number``.
    """
    rough = np.exp(0.3 * _field(mesh, rng, (30, 60, 120, 200)))
    climb = np.abs(mesh.height_m[mesh.left] - mesh.height_m[mesh.right])
    cost = mesh.step_m * 0.5 * (rough[mesh.left] + rough[mesh.right]) + 2.5 * climb + barrier
    micro = np.full(len(mesh.xy), -1, dtype=np.int64)
    for index, village in enumerate(villages):
        cells = np.flatnonzero(village_of == index)
        land = mesh.area_m2[cells] / mesh.area_m2[cells].sum()
        folk = people[cells] / people[cells].sum()
        seeds = _spread(mesh.xy[cells], 0.72 * folk + 0.28 * land, village.micro_grids, rng)
        keep = (village_of[mesh.left] == index) & (village_of[mesh.right] == index)
        place = np.full(len(mesh.xy), -1)
        place[cells] = np.arange(len(cells))
        left, right = place[mesh.left[keep]], place[mesh.right[keep]]
        both = (np.r_[left, right], np.r_[right, left])
        graph = csr_array((np.r_[cost[keep], cost[keep]], both), shape=(len(cells), len(cells)))
        owner, _ = grow(graph, seeds, np.zeros(len(seeds)))
        micro[cells] = index * 100 + _reading_order(mesh.xy[cells], mesh.area_m2[cells], owner)[owner]
    return micro


def _reading_order(xy: Floats, area: Floats, owner: Ints) -> Ints:
    """Rank of each part, west to east in bands from north to south."""
    mass = np.bincount(owner, area)
    x = np.bincount(owner, area * xy[:, 0]) / mass
    y = np.bincount(owner, area * xy[:, 1]) / mass
    bands = max(1, round(len(mass) ** 0.5))
    band = np.minimum(((y.max() - y) / (np.ptp(y) + 1e-9) * bands).astype(np.int64), bands - 1)
    rank = np.empty(len(mass), dtype=np.int64)
    rank[np.lexsort((x, band))] = np.arange(len(mass))
    return rank


def polygons_of(mesh: Mesh, label: Ints, tolerance_m: float) -> dict[int, shapely.Polygon]:
    """Turn labels into one polygon each, neighbours sharing every vertex.

    Raises
    ------
    ValueError
        When a label is in several pieces.
    """
    faces, found = dissolve(mesh, label)
    if len(np.unique(found)) != len(found):
        raise ValueError("a grid is in several pieces")
    thin = simplify_coverage(faces, tolerance_m)
    return {int(k): thin[i] for i, k in sorted(enumerate(found), key=lambda item: item[1])}
