"""Times and paths between places on the roads."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass

import numpy as np
import shapely
import shapely.ops
from numpy.typing import ArrayLike, NDArray
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from gridmap.analysis.roads import _search
from gridmap.analysis.roads.graph import Floats, Ints, RoadGraph
from gridmap.analysis.roads.modes import Mode
from gridmap.analysis.roads.snapping import Snapped, Snapper
from gridmap.errors import InvalidInput

_REMEMBERED = 16
_SMALL_M = 2000.0


@dataclass(frozen=True, slots=True)
class Stretch:
    """A piece of a path along one street.

    Attributes
    ----------
    name : str or None
    length_m, seconds : float
    """

    name: str | None
    length_m: float
    seconds: float


@dataclass(frozen=True, slots=True, eq=False)
class Path:
    """The fastest way from one place to another.

    Attributes
    ----------
    seconds, length_m : float
    segments : tuple of int
        Rows of the segments in order, the first and last in part.
    line : shapely LineString
        Metres; its length is `length_m`.
    streets : tuple of Stretch
        Turn by turn: neighbouring segments of one name together.
    """

    seconds: float
    length_m: float
    segments: tuple[int, ...]
    line: shapely.LineString
    streets: tuple[Stretch, ...]


class _Search:
    """A matrix of seconds, laid out for the compiled search."""

    def __init__(self, matrix: sparse.csr_array) -> None:
        matrix.sort_indices()
        self.indptr = matrix.indptr.astype(np.int32)
        self.indices = matrix.indices.astype(np.int32)
        self.seconds = np.asarray(matrix.data, dtype=np.float64)
        self.width_s, self.buckets = _search.bucket_width(self.seconds)

    def times(self, seed_node: Ints, seed_s: Floats, nodes: Ints, limit_s: float) -> Floats:
        """Seconds from the seeds of each row to nodes, infinite beyond the limit."""
        out = np.empty((len(seed_node), len(nodes)))
        _search.times(
            self.indptr,
            self.indices,
            self.seconds,
            seed_node.astype(np.int32),
            np.ascontiguousarray(seed_s, dtype=np.float64),
            nodes.astype(np.int32),
            float(limit_s),
            self.width_s,
            self.buckets,
            out,
        )
        return out


class Router:
    """Routes of one mode on one graph. Results are deterministic and do not hang on what was asked before.

    Parameters
    ----------
    graph : RoadGraph
    mode : {'foot', 'bike', 'car'}

    Attributes
    ----------
    top_speed_m_s : float
        Greatest speed on any segment.
    """

    def __init__(self, graph: RoadGraph, mode: Mode) -> None:
        self.graph = graph
        self.mode = mode
        self._edges = graph.edges(mode)
        matrix = self._edges.matrix()
        self.snapper = Snapper(graph, mode, _apart(graph, mode, matrix))
        self._forward = _Search(matrix)
        self._reverse = _Search(sparse.csr_array(matrix.T))
        self._ahead_s = graph.forward_s[mode]
        self._back_s = graph.backward_s[mode]
        self._known: OrderedDict[bytes, Floats] = OrderedDict()
        # One router may answer several requests of a server at once.
        self._lock = threading.Lock()
        paces = np.concatenate([self._ahead_s, self._back_s])
        for search in (self._forward, self._reverse):
            # A place may lie on a loop or on the slower of two parallel segments, which are no edges.
            search.width_s, search.buckets = _search.bucket_width(paces[np.isfinite(paces)])
        self.top_speed_m_s = float(np.max(np.tile(graph.length_m, 2) / paces))

    def snap(self, xy: ArrayLike) -> Snapped:
        """Put places, shape (k, 2) in metres, onto roads that the mode may use."""
        return self.snapper.snap(xy)

    def cost_matrix(self, origins: Snapped, destinations: Snapped) -> Floats:
        """Seconds from each origin to each destination; infinite where there is no way.

        Parameters
        ----------
        origins, destinations : Snapped
            k and l places.

        Returns
        -------
        (k, l) float64 array
        """
        if len(origins) == 0 or len(destinations) == 0:
            return np.empty((len(origins), len(destinations)))
        key = b"".join(part.tobytes() for p in (origins, destinations) for part in (p.segment, p.offset_m))
        with self._lock:
            found = self._known.get(key)
            if found is not None:
                self._known.move_to_end(key)
        if found is None:
            turned = len(destinations) < len(origins)
            found = (
                self._costs(destinations, origins, reverse=True).T
                if turned
                else self._costs(origins, destinations, reverse=False)
            )
            with self._lock:
                self._known[key] = found
                while len(self._known) > _REMEMBERED:
                    self._known.popitem(last=False)
        return found.copy()

    def _costs(self, near: Snapped, far: Snapped, *, reverse: bool) -> Floats:
        ends = np.concatenate([self.graph.tail[far.segment], self.graph.head[far.segment]])
        nodes, place = np.unique(ends, return_inverse=True)
        reached = self._times(near, nodes, arriving=reverse)[:, place]
        to_tail, to_head = self._leaving(far, not reverse)
        best = np.minimum(reached[:, : len(far)] + to_tail, reached[:, len(far) :] + to_head)
        return np.asarray(np.minimum(best, self._along(near, far, reverse=reverse)))

    def _times(self, places: Snapped, nodes: Ints, *, arriving: bool, limit_s: float = np.inf) -> Floats:
        """Seconds from places to nodes (or, arriving, from nodes to places); infinite beyond the limit."""
        search = self._reverse if arriving else self._forward
        ends = np.column_stack([self.graph.tail[places.segment], self.graph.head[places.segment]])
        return search.times(ends, np.column_stack(self._leaving(places, arriving)), nodes, limit_s)

    def _leaving(self, places: Snapped, reverse: bool) -> tuple[Floats, Floats]:
        """Seconds between places and the two ends of their segments: leaving, or (reverse) arriving."""
        segment = places.segment
        share = np.clip(places.offset_m / self.graph.length_m[segment], 0.0, 1.0)
        ahead, back = self._ahead_s[segment], self._back_s[segment]
        if reverse:
            ahead, back = back, ahead
        with np.errstate(invalid="ignore"):
            to_tail, to_head = back * share, ahead * (1.0 - share)
        return _at_end(to_tail, share == 0.0), _at_end(to_head, share == 1.0)

    def _along(self, near: Snapped, far: Snapped, *, reverse: bool) -> Floats:
        """Seconds where both places lie on one segment and the way stays on it."""
        same = near.segment[:, None] == far.segment[None, :]
        out = np.full(same.shape, np.inf)
        i, j = np.nonzero(same)
        segment = near.segment[i]
        share = (far.offset_m[j] - near.offset_m[i]) / self.graph.length_m[segment]
        if reverse:
            share = -share
        pace = np.where(share >= 0, self._ahead_s[segment], self._back_s[segment])
        with np.errstate(invalid="ignore"):
            out[i, j] = np.where(share == 0, 0.0, np.abs(share) * pace)
        return out

    def reach(self, origin: Snapped, limit_s: float = np.inf, *, arriving: bool = False) -> Floats:
        """Return seconds from a place to every node (or from every node to it), infinite beyond a limit; shape (n,)."""
        nodes = np.arange(len(self.graph.nodes))
        return np.asarray(self._times(origin, nodes, arriving=arriving, limit_s=limit_s)[0])

    def arrival_s(self, origins: Snapped, destination: Snapped, reached: Floats) -> Floats:
        """Seconds from places to one place from which a search has gone backwards.

        Parameters
        ----------
        origins : Snapped
            k places.
        destination : Snapped
            One place.
        reached : (n,) float64
            What ``reach(destination, arriving=True)`` gave.

        Returns
        -------
        (k,) float64 array
            The same as ``cost_matrix(origins, destination)[:, 0]``.
        """
        to_tail, to_head = self._leaving(origins, False)
        best = np.minimum(
            reached[self.graph.tail[origins.segment]] + to_tail,
            reached[self.graph.head[origins.segment]] + to_head,
        )
        return np.asarray(np.minimum(best, self._along(origins, destination, reverse=False)[:, 0]))

    def point(self, places: Snapped) -> Floats:
        """Return where places lie on their segments; (k, 2) in metres."""
        points = shapely.line_interpolate_point(self.graph.lines[places.segment], places.offset_m)
        return np.asarray(shapely.get_coordinates(points), dtype=np.float64)

    def path(self, origin: Snapped, destination: Snapped) -> Path:
        """Find the fastest way between two places.

        Raises
        ------
        InvalidInput
            When there is no way.
        """
        seconds = float(self.cost_matrix(origin, destination)[0, 0])
        if not np.isfinite(seconds):
            raise InvalidInput(
                "route-none",
                "两地之间没有可走的路。请检查道路是否相连：gridmap roads check",
                "There is no way between the two places. Look whether the roads meet: gridmap roads check",
            )
        a, b = int(origin.segment[0]), int(destination.segment[0])
        direct = float(self._along(origin, destination, reverse=False)[0, 0])
        if direct <= seconds:
            return self._told([(a, float(origin.offset_m[0]), float(destination.offset_m[0]))], seconds)
        return self._told(self._pieces(origin, destination, a, b), seconds)

    def _pieces(
        self, origin: Snapped, destination: Snapped, a: int, b: int
    ) -> list[tuple[int, float, float]]:
        graph = self.graph
        starts, ends = (int(graph.tail[a]), int(graph.head[a])), (int(graph.tail[b]), int(graph.head[b]))
        leave = [float(seconds[0]) for seconds in self._leaving(origin, False)]
        arrive = [float(seconds[0]) for seconds in self._leaving(destination, True)]
        near = self._forward.times(
            np.array([starts]), np.array([leave]), np.arange(len(graph.nodes)), np.inf
        )[0]
        j = min((0, 1), key=lambda j: near[ends[j]] + arrive[j])
        at, edges = ends[j], []
        # The first start that is the beginning of the way, and else the first of the nodes that lead here in time.
        while not any(at == start and near[at] == leave[i] for i, start in enumerate(starts)):
            at, edge = self._step_back(near, at)
            edges.append(edge)
        i = next(i for i, start in enumerate(starts) if at == start and near[at] == leave[i])
        pieces = [(a, float(origin.offset_m[0]), 0.0 if i == 0 else float(graph.length_m[a]))]
        pieces += [self._segment(edge) for edge in reversed(edges)]
        return [*pieces, (b, 0.0 if j == 0 else float(graph.length_m[b]), float(destination.offset_m[0]))]

    def _step_back(self, near: Floats, at: int) -> tuple[int, int]:
        """Return the node before one on the fastest way, and the edge between them."""
        back = self._reverse
        into = slice(back.indptr[at], back.indptr[at + 1])
        before = back.indices[into]
        node = int(before[np.flatnonzero(near[before] + back.seconds[into] == near[at])[0]])
        begin, end = self._edges.indptr[node], self._edges.indptr[node + 1]
        return node, int(begin + np.searchsorted(self._edges.indices[begin:end], at))

    def _segment(self, edge: int) -> tuple[int, float, float]:
        """Return the segment of an edge and its use: from, to in metres."""
        segment = int(self._edges.segment[edge])
        length_m = float(self.graph.length_m[segment])
        return (segment, 0.0, length_m) if self._edges.along[edge] else (segment, length_m, 0.0)

    def _told(self, pieces: list[tuple[int, float, float]], seconds: float) -> Path:
        graph = self.graph
        used = [(s, a, b) for s, a, b in pieces if a != b] or pieces[:1]
        shapes = [shapely.ops.substring(graph.lines[s], a, b) for s, a, b in used]
        points = np.concatenate([shapely.get_coordinates(shape) for shape in shapes])
        kept = np.r_[True, (np.abs(np.diff(points, axis=0)) > 1e-9).any(axis=1)]
        points = points[kept] if kept.sum() > 1 else np.repeat(points[:1], 2, axis=0)
        line = shapely.LineString(points)
        streets: list[Stretch] = []
        for s, a, b in used:
            metres = abs(b - a)
            pace = self._ahead_s[s] if b >= a else self._back_s[s]
            spent = float(metres / graph.length_m[s] * pace) if metres else 0.0
            if streets and streets[-1].name == graph.names[s]:
                last = streets.pop()
                streets.append(Stretch(last.name, last.length_m + metres, last.seconds + spent))
            else:
                streets.append(Stretch(graph.names[s], metres, spent))
        return Path(
            seconds,
            float(sum(abs(b - a) for _, a, b in used)),
            tuple(s for s, _, _ in used),
            line,
            tuple(streets),
        )


def _apart(graph: RoadGraph, mode: Mode, matrix: sparse.csr_array) -> NDArray[np.bool_]:
    """Tell from which segments little of the network can be reached and left again; shape (m,).

    Segments belong together where each can be reached from the other (strongly connected components). A part is small
    that has less than a tenth of the largest one's length, or less than a third of it and than two kilometres.
    """
    _, label = connected_components(matrix, directed=True, connection="strong")
    usable = np.isfinite(graph.forward_s[mode]) | np.isfinite(graph.backward_s[mode])
    inside = usable & (label[graph.tail] == label[graph.head])
    length_m = np.bincount(label[graph.tail[inside]], graph.length_m[inside], minlength=label.max() + 1)
    longest = length_m.max()
    large = length_m >= max(longest / 10, min(longest / 3, _SMALL_M))
    return np.asarray(~(inside & large[label[graph.tail]]))


def _at_end(seconds: Floats, at_end: NDArray[np.bool_]) -> Floats:
    """Zero at the end itself, where infinity times zero would not be a number."""
    return np.where(at_end, 0.0, np.where(np.isnan(seconds), np.inf, seconds))
