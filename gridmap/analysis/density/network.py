"""Density of events along roads.

Planar coordinates of any unit. The kernel follows the roads, not the crow, and is shared out where they meet.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import shapely
import shapely.ops
from numpy.typing import ArrayLike, NDArray

from gridmap.analysis._given import real_of
from gridmap.analysis._points import points_of, positive, weights_of
from gridmap.analysis.density import _network_loops as loops
from gridmap.analysis.density._kernels import KernelName, kernel_of
from gridmap.errors import InvalidInput

_LEAST_PART = 1e-4


@dataclass(frozen=True, slots=True, eq=False)
class LineGraph:
    """A network of lines that meet at nodes.

    Attributes
    ----------
    nodes : ndarray of float, shape (n, 2)
        Where lines meet or end.
    edges : ndarray of int64, shape (m, 2)
        First and last node of each edge.
    length_m : ndarray of float, shape (m,)
        Length along the edge, in the unit of the coordinates.
    lines : ndarray of shapely LineString, shape (m,)
        The edges' shapes, from first to last node.
    """

    nodes: NDArray[np.float64]
    edges: NDArray[np.int64]
    length_m: NDArray[np.float64]
    lines: NDArray[np.object_]


@dataclass(frozen=True, slots=True, eq=False)
class NetworkDensity:
    """A density along a network, in pieces of edges (lixels).

    Attributes
    ----------
    edge : ndarray of int64, shape (k,)
        Edge of each lixel.
    begin_m, end_m : ndarray of float, shape (k,)
        Where it begins and ends along its edge.
    values : ndarray of float, shape (k,)
        Events per unit of length.
    midpoints : ndarray of float, shape (k, 2)
    mass : float
        Sum of values times the lixels' lengths.
    snap_m : ndarray of float, shape (n,)
        How far each event was moved to the network.
    n_outside : int
        Events farther from the network than allowed, which were left out.
    conventions : dict of str to str
    """

    edge: NDArray[np.int64]
    begin_m: NDArray[np.float64]
    end_m: NDArray[np.float64]
    values: NDArray[np.float64]
    midpoints: NDArray[np.float64]
    mass: float
    snap_m: NDArray[np.float64]
    n_outside: int
    conventions: dict[str, str]

    def lines(self, graph: LineGraph) -> NDArray[np.object_]:
        """Shape of each lixel, shape (k,), cut from the graph that the density was made with."""
        cut = [
            shapely.ops.substring(graph.lines[e], a, b)
            for e, a, b in zip(self.edge, self.begin_m, self.end_m, strict=True)
        ]
        return np.array(cut, dtype=object)


def line_graph(lines: ArrayLike) -> LineGraph:
    """Build a network from lines that share vertices.

    Parameters
    ----------
    lines : array_like of shapely LineString or MultiLineString, or GeoSeries
        Lines meet where they share a vertex, anywhere along them; bridges that merely cross do not meet.

    Returns
    -------
    LineGraph
        Lines cut at shared vertices; of pieces that lie on each other one is kept.

    Raises
    ------
    InvalidInput
        When a geometry is not a line, or nothing of positive length remains.
    """
    given = lines.geometry if hasattr(lines, "geometry") else lines
    shapes = np.array(given, dtype=object).reshape(-1)
    shapes[~shapely.is_geometry(shapes)] = None
    kinds = shapely.get_type_id(shapes)
    if not np.isin(kinds, (shapely.GeometryType.LINESTRING, shapely.GeometryType.MULTILINESTRING)).all():
        raise InvalidInput(
            "roads-not-lines",
            "道路必须是线（LineString 或 MultiLineString）。",
            "Roads must be lines (LineString or MultiLineString).",
        )
    parts = shapely.get_parts(shapely.force_2d(shapes))
    at, line = shapely.get_coordinates(parts, return_index=True)
    if len(at):
        moved = np.ones(len(at), np.bool_)
        moved[1:] = (line[1:] != line[:-1]) | (at[1:] != at[:-1]).any(axis=1)
        at, line = at[moved], line[moved]
    places, place, count = np.unique(at, axis=0, return_inverse=True, return_counts=True)
    place = place.reshape(-1)
    change = np.flatnonzero(np.diff(line)) + 1
    starts = np.concatenate([[0], change]).astype(np.int64)[: len(at)]
    stops = np.concatenate([change, [len(at)]]).astype(np.int64)[: len(at)]
    is_node = count > 1
    is_node[place[starts]] = True
    is_node[place[stops - 1]] = True
    pieces: dict[tuple[int, ...], NDArray[np.int64]] = {}
    for begin, stop in zip(starts, stops, strict=True):
        run = place[begin:stop]
        cuts = np.flatnonzero(is_node[run])
        for a, b in pairwise(cuts):
            piece = run[a : b + 1]
            forward, backward = tuple(piece.tolist()), tuple(piece[::-1].tolist())
            pieces.setdefault(min(forward, backward), piece)
    if not pieces:
        raise InvalidInput("roads-empty", "没有可用的道路。", "There are no roads to work on.")
    shapes = np.array([shapely.LineString(places[piece]) for piece in pieces.values()], dtype=object)
    ends = np.array([(piece[0], piece[-1]) for piece in pieces.values()], dtype=np.int64)
    used, edges = np.unique(ends, return_inverse=True)
    return LineGraph(places[used], edges.reshape(-1, 2).astype(np.int64), shapely.length(shapes), shapes)


def network_kde(
    graph: LineGraph,
    points: ArrayLike,
    bandwidth_m: float,
    *,
    lixel_m: float = 50.0,
    kernel: KernelName = "quartic",
    weights: ArrayLike | None = None,
    max_snap_m: float | None = None,
) -> NetworkDensity:
    """Estimate the density of events along a network.

    Parameters
    ----------
    graph : LineGraph
        As `line_graph` builds it.
    points : array_like of float, shape (n, 2)
        Events in the graph's coordinates; each is moved to the nearest edge.
    bandwidth_m : float
        Reach of the kernel along the network (its standard deviation if Gaussian).
    lixel_m : float, default 50
        Greatest length of a piece; edges are cut into equal pieces.
    kernel : {"quartic", "gaussian", "epanechnikov", "triangular", "uniform"}, default "quartic"
        Its form along the line.
    weights : array_like of float, shape (n,), optional
        How many events a row stands for.
    max_snap_m : float, optional
        Events farther from the network are left out and counted.

    Returns
    -------
    NetworkDensity
        Values are means over lixels of the exact density, so they integrate to the number of events.

    Raises
    ------
    InvalidInput
        When an argument has the wrong shape, is not finite or not positive.

    Notes
    -----
    The equal-split discontinuous kernel: unbiased for a uniform density along any network, and of mass one on
    any. At a dead end the kernel turns back. A tail that is split to less than 1e-4 of its event stays at the
    junction it has reached.

    References
    ----------
    A. Okabe, T. Satoh and K. Sugihara, *A kernel density estimation method for networks, its computational
    method and a GIS-based tool*, International Journal of Geographical Information Science 23, 2009.
    A. Okabe and K. Sugihara, *Spatial Analysis along Networks*, 2012, chapter 9.
    """
    if not isinstance(graph, LineGraph):
        raise InvalidInput(
            "graph-kind",
            "请先用 line_graph(道路) 建立路网。",
            "Build the network first: line_graph(roads).",
        )
    events = points_of(points)
    size = weights_of(weights, len(events))
    reach = positive(bandwidth_m, "bandwidth-not-positive", "带宽", "bandwidth")
    piece = positive(lixel_m, "lixel-not-positive", "路段长度", "length of a lixel")
    shape = kernel_of(kernel)
    edge, offset, distance = _snap(graph, events)
    farthest = np.inf if max_snap_m is None else real_of(max_snap_m, "最远距离", "max_snap_m")
    kept = distance <= farthest
    size = np.ones(len(events)) if size is None else size
    # Events are added in the order of where they lie, so that the order of rows changes no bit.
    order = np.lexsort((size, offset, edge))
    order = order[kept[order]]
    n_lixels = np.maximum(np.ceil(graph.length_m / piece - 1e-9), 1).astype(np.int64)
    begin = np.concatenate([[0], np.cumsum(n_lixels)]).astype(np.int64)
    mass = np.zeros(int(begin[-1]))
    node_begin, node_halves = _halves(graph)
    n_left = loops.walk(
        edge[order],
        offset[order],
        size[order],
        graph.length_m,
        np.ascontiguousarray(graph.edges.reshape(-1)),
        node_begin,
        node_halves,
        begin,
        shape.code,
        reach,
        shape.support,
        _LEAST_PART,
        mass,
    )
    of_edge = np.repeat(np.arange(len(graph.edges), dtype=np.int64), n_lixels)
    step = (graph.length_m / n_lixels)[of_edge]
    low = (np.arange(len(mass)) - begin[of_edge]) * step
    middle = shapely.line_interpolate_point(graph.lines[of_edge], low + step / 2)
    return NetworkDensity(
        edge=of_edge,
        begin_m=low,
        end_m=low + step,
        values=mass / step,
        midpoints=shapely.get_coordinates(middle),
        mass=float(mass.sum()),
        snap_m=distance,
        n_outside=int(len(events) - kept.sum()),
        conventions={
            "kernel": kernel,
            "bandwidth": "standard deviation" if kernel == "gaussian" else "radius",
            "junctions": "equal split, discontinuous",
            "dead_ends": "turns back",
            "lixels": "mean of the exact density",
            "tails_left_at_junctions": str(n_left),
        },
    )


def _snap(
    graph: LineGraph, events: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Nearest edge of each event (the first of equals), the place along it, and the distance."""
    points = shapely.points(events)
    pairs, distance = shapely.STRtree(graph.lines).query_nearest(
        points, return_distance=True, all_matches=True
    )
    edge = np.full(len(events), len(graph.lines), np.int64)
    np.minimum.at(edge, pairs[0], pairs[1])
    gap = np.zeros(len(events))
    gap[pairs[0]] = distance
    offset = shapely.line_locate_point(graph.lines[edge], points)
    return edge, np.clip(offset, 0, graph.length_m[edge]), gap


def _halves(graph: LineGraph) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Half-edges by node: where each node begins, shape (n + 1,), and the halves, shape (2 m,)."""
    node = graph.edges.reshape(-1)
    halves = np.argsort(node, kind="stable").astype(np.int64)
    begin = np.concatenate([[0], np.cumsum(np.bincount(node, minlength=len(graph.nodes)))]).astype(np.int64)
    return begin, halves
