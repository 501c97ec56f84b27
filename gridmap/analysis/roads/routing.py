"""Times and paths between places on the roads."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import shapely
import shapely.ops
from numpy.typing import ArrayLike, NDArray
from scipy import sparse
from scipy.sparse.csgraph import dijkstra

from gridmap.analysis.roads.graph import Floats, RoadGraph
from gridmap.analysis.roads.modes import Mode
from gridmap.analysis.roads.snapping import Snapped, Snapper
from gridmap.errors import InvalidInput

_REMEMBERED = 16


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
        self.snapper = Snapper(graph, mode)
        self._forward = graph.matrix(mode)
        self._reverse = sparse.csr_array(self._forward.T)
        self._ahead_s = graph.forward_s[mode]
        self._back_s = graph.backward_s[mode]
        self._known: OrderedDict[bytes, Floats] = OrderedDict()
        # One router may answer several requests of a server at once.
        self._lock = threading.Lock()
        paces = np.concatenate([self._ahead_s, self._back_s])
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
        matrix = self._with_places(near, arriving=reverse)
        n, k = len(self.graph.nodes), len(near)
        reached = dijkstra(matrix, directed=True, indices=np.arange(n, n + k))
        to_tail, to_head = self._leaving(far, not reverse)
        best: Floats = np.minimum(
            reached[:, self.graph.tail[far.segment]] + to_tail,
            reached[:, self.graph.head[far.segment]] + to_head,
        )
        return np.minimum(best, self._along(near, far, reverse=reverse))

    def _with_places(self, places: Snapped, *, arriving: bool) -> sparse.csr_array:
        """Return the graph with a node more for each place, from which its segment's ends are reached."""
        matrix = self._reverse if arriving else self._forward
        n, k = len(self.graph.nodes), len(places)
        to_tail, to_head = self._leaving(places, arriving)
        seconds = np.concatenate([to_tail, to_head])
        rows = np.tile(np.arange(k), 2)
        columns = np.concatenate([self.graph.tail[places.segment], self.graph.head[places.segment]])
        usable = np.isfinite(seconds)
        # A loop's two ends are one node, and entries at one place of a matrix would be added up.
        order = np.lexsort((seconds, columns, rows))[: len(rows)]
        order = order[usable[order]]
        first = np.ones(len(order), dtype=bool)
        first[1:] = (np.diff(rows[order]) != 0) | (np.diff(columns[order]) != 0)
        order = order[first]
        counts = np.bincount(rows[order], minlength=k)
        indptr = np.concatenate([matrix.indptr, matrix.indptr[-1] + np.cumsum(counts)])
        return sparse.csr_array(
            (
                np.concatenate([matrix.data, seconds[order]]),
                np.concatenate([matrix.indices, columns[order]]),
                indptr,
            ),
            shape=(n + k, n + k),
        )

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
        n = len(self.graph.nodes)
        matrix = self._with_places(origin, arriving=arriving)
        return np.asarray(dijkstra(matrix, directed=True, indices=n, limit=limit_s)[:n], dtype=np.float64)

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
        leave, arrive = self._leaving(origin, False), self._leaving(destination, True)
        starts, ends = (graph.tail[a], graph.head[a]), (graph.tail[b], graph.head[b])
        reached, before = dijkstra(
            self._forward, directed=True, indices=np.array(starts), return_predecessors=True
        )
        options = [(leave[i][0] + reached[i, ends[j]] + arrive[j][0], i, j) for i in (0, 1) for j in (0, 1)]
        _, i, j = min(options)
        nodes = [int(ends[j])]
        while nodes[-1] != starts[i]:
            nodes.append(int(before[i, nodes[-1]]))
        nodes.reverse()
        pieces = [(a, float(origin.offset_m[0]), 0.0 if i == 0 else float(graph.length_m[a]))]
        pieces += [self._segment(u, v) for u, v in pairwise(nodes)]
        return [*pieces, (b, 0.0 if j == 0 else float(graph.length_m[b]), float(destination.offset_m[0]))]

    def _segment(self, u: int, v: int) -> tuple[int, float, float]:
        """Return the fastest segment from a node to the next (the first of equals) and its use: from, to in metres."""
        graph = self.graph
        along = np.flatnonzero((graph.tail == u) & (graph.head == v))
        against = np.flatnonzero((graph.tail == v) & (graph.head == u))
        choices = [(float(self._ahead_s[s]), int(s), 0.0, float(graph.length_m[s])) for s in along]
        choices += [(float(self._back_s[s]), int(s), float(graph.length_m[s]), 0.0) for s in against]
        _, segment, begin, end = min(choices)
        return segment, begin, end

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


def _at_end(seconds: Floats, at_end: NDArray[np.bool_]) -> Floats:
    """Zero at the end itself, where infinity times zero would not be a number."""
    return np.where(at_end, 0.0, np.where(np.isnan(seconds), np.inf, seconds))
