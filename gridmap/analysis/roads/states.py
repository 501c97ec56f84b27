"""Where one can be between two places: at junctions, or, where turns are forbidden, at ends of directed segments."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from gridmap.analysis.roads import _search
from gridmap.analysis.roads.graph import Floats, Ints, RoadGraph
from gridmap.analysis.roads.modes import Mode
from gridmap.analysis.roads.snapping import Snapped
from gridmap.analysis.roads.turns import allowed

Use = tuple[int, float, float]
"""A segment and its use: from, to in metres."""


@dataclass(frozen=True, slots=True, eq=False)
class Reached:
    """Times of a search from a place (or, arriving, to it); infinite beyond its limit.

    Attributes
    ----------
    nodes : (n,) float64
        Seconds to each junction.
    tail, head : (m,) float64
        Seconds to the beginning and the end of each segment, for who goes on along it from there.
    states : (s,) float64
        What the search knows.
    """

    nodes: Floats
    tail: Floats
    head: Floats
    states: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Doors:
    """How places hang on states.

    Attributes
    ----------
    states : (k, w) int64
    seconds : (k, w) float64
        Between the places and the states; infinite where a column is not used.
    sides : tuple of int
        Of each column: by the beginning of the place's segment (0), by its end (1), or without it (2).
    """

    states: Ints
    seconds: Floats
    sides: tuple[int, ...]

    def turn_m(self, column: int, offset_m: float, length_m: float) -> float:
        """Metres along the place's segment at which it is left, or entered, by a column."""
        return (0.0, length_m, offset_m)[self.sides[column]]


class Search:
    """A matrix of seconds, laid out for the compiled search."""

    def __init__(self, matrix: sparse.csr_array, paces: Floats) -> None:
        matrix.sort_indices()
        self.indptr = matrix.indptr.astype(np.int32)
        self.indices = matrix.indices.astype(np.int32)
        self.seconds = np.asarray(matrix.data, dtype=np.float64)
        # A place may lie on a loop or on the slower of two parallel segments, which are no edges.
        self.width_s, self.buckets = _search.bucket_width(paces)

    def times(self, doors: Doors, states: Ints, limit_s: float) -> Floats:
        """Seconds from the doors of each row to states, infinite beyond the limit."""
        out = np.empty((len(doors.states), len(states)))
        _search.times(
            self.indptr,
            self.indices,
            self.seconds,
            doors.states.astype(np.int32),
            np.ascontiguousarray(doors.seconds, dtype=np.float64),
            states.astype(np.int32),
            float(limit_s),
            self.width_s,
            self.buckets,
            out,
        )
        return out


class States(ABC):
    """What the search goes over, and how places on segments hang on it.

    Attributes
    ----------
    forward, reverse : Search
    """

    def __init__(self, graph: RoadGraph, mode: Mode, matrix: sparse.csr_array) -> None:
        self.graph = graph
        self.ahead_s = graph.forward_s[mode]
        self.back_s = graph.backward_s[mode]
        paces = np.concatenate([self.ahead_s, self.back_s])
        paces = paces[np.isfinite(paces)]
        self.forward = Search(matrix, paces)
        self.reverse = Search(sparse.csr_array(matrix.T), paces)

    @abstractmethod
    def leaving(self, places: Snapped) -> Doors:
        """States at which one is first, and seconds from the places to them."""

    @abstractmethod
    def arriving(self, places: Snapped) -> Doors:
        """States from which the places are reached without another, and seconds to them."""

    @abstractmethod
    def reached(self, seconds: Floats, *, arriving: bool) -> Reached:
        """Tell the times of a search to all states by junctions and segments."""

    @abstractmethod
    def between(self, before: int, after: int) -> Use:
        """Tell which segment leads from a state to the next."""

    def end_seconds(self, places: Snapped, *, arriving: bool) -> tuple[Floats, Floats]:
        """Seconds between places and the two ends of their segments: leaving, or arriving."""
        segment = places.segment
        share = np.clip(places.offset_m / self.graph.length_m[segment], 0.0, 1.0)
        ahead, back = self.ahead_s[segment], self.back_s[segment]
        if arriving:
            ahead, back = back, ahead
        with np.errstate(invalid="ignore"):
            to_tail, to_head = back * share, ahead * (1.0 - share)
        return _at_end(to_tail, share == 0.0), _at_end(to_head, share == 1.0)

    def whole(self, segment: int, *, along: bool) -> Use:
        """Tell the use of a whole segment."""
        length_m = float(self.graph.length_m[segment])
        return (segment, 0.0, length_m) if along else (segment, length_m, 0.0)


class Junctions(States):
    """States are junctions: every turn is free."""

    def __init__(self, graph: RoadGraph, mode: Mode) -> None:
        self._edges = graph.edges(mode)
        super().__init__(graph, mode, self._edges.matrix())

    def _doors(self, places: Snapped, *, arriving: bool) -> Doors:
        ends = np.column_stack([self.graph.tail[places.segment], self.graph.head[places.segment]])
        return Doors(ends, np.column_stack(self.end_seconds(places, arriving=arriving)), (0, 1))

    def leaving(self, places: Snapped) -> Doors:
        """See :meth:`States.leaving`: the tail, the head."""
        return self._doors(places, arriving=False)

    def arriving(self, places: Snapped) -> Doors:
        """See :meth:`States.arriving`: the tail, the head."""
        return self._doors(places, arriving=True)

    def reached(self, seconds: Floats, *, arriving: bool) -> Reached:  # noqa: ARG002 - the other states need it
        """See :meth:`States.reached`."""
        return Reached(seconds, seconds[self.graph.tail], seconds[self.graph.head], seconds)

    def between(self, before: int, after: int) -> Use:
        """See :meth:`States.between`."""
        edges = self._edges
        begin, end = edges.indptr[before], edges.indptr[before + 1]
        edge = int(begin + np.searchsorted(edges.indices[begin:end], after))
        return self.whole(int(edges.segment[edge]), along=bool(edges.along[edge]))


class DirectedSegments(States):
    """States are the ends of directed segments, come along them, and starts at junctions: not every turn is free.

    Row i of the graph come along its line is state i, against it m + i; a start at junction v, from where every road
    may be taken, is 2m + v.

    Source: Caldwell (1961), On finding minimum routes in a network with turn penalties, Communications of the ACM 4.
    """

    def __init__(self, graph: RoadGraph, mode: Mode) -> None:
        m, n = len(graph.tail), len(graph.nodes)
        seconds = np.concatenate([graph.forward_s[mode], graph.backward_s[mode]])
        begins, ends = np.concatenate([graph.tail, graph.head]), np.concatenate([graph.head, graph.tail])
        usable = np.isfinite(seconds)
        coming, going = allowed(graph.tail, graph.head, usable, graph.forbidden[mode], n)
        rows = np.flatnonzero(usable)
        before, after = np.r_[coming, 2 * m + begins[rows]], np.r_[going, rows]
        size = 2 * m + n
        matrix = sparse.csr_array((seconds[after], (before, after)), shape=(size, size))
        super().__init__(graph, mode, matrix)
        # By which states one comes to a junction: along a road, or because one starts there.
        order = rows[np.argsort(ends[rows], kind="stable")]
        self._into = np.searchsorted(ends[order], np.arange(n + 1))
        self._coming = order
        # Each junction's start stands behind the roads that come to it.
        self._at_junctions = np.insert(order, self._into[1:], 2 * m + np.arange(n))
        self._turning_in = self.reverse.indices.astype(np.int64)

    def leaving(self, places: Snapped) -> Doors:
        """See :meth:`States.leaving`: back along the segment, ahead along it, any road where it lies at a junction."""
        m = len(self.graph.tail)
        segment = places.segment
        to_tail, to_head = self.end_seconds(places, arriving=False)
        here = self._junction(places)
        start = np.where(here >= 0, 2 * m + here, 0)
        return Doors(
            np.column_stack([m + segment, segment, start]),
            np.column_stack([to_tail, to_head, np.where(here >= 0, 0.0, np.inf)]),
            (0, 1, 2),
        )

    def arriving(self, places: Snapped) -> Doors:
        """See :meth:`States.arriving`: by each state from which one may turn into the segment at either end."""
        m = len(self.graph.tail)
        segment = places.segment
        from_tail, from_head = self.end_seconds(places, arriving=True)
        entries = [
            (*self._before(segment), np.where(np.isfinite(self.ahead_s[segment]), from_tail, np.inf), 0),
            (*self._before(m + segment), np.where(np.isfinite(self.back_s[segment]), from_head, np.inf), 1),
            (*self._at(self._junction(places)), np.zeros(len(places)), 2),
        ]
        states, seconds, sides = [], [], []
        for first, size, source, own, side in entries:
            for step in range(int(size.max(initial=0))):
                used = step < size
                states.append(np.where(used, source[np.where(used, first + step, 0)], 0))
                seconds.append(np.where(used, own, np.inf))
                sides.append(side)
        if not states:
            return Doors(np.zeros((len(places), 1), np.int64), np.full((len(places), 1), np.inf), (2,))
        return Doors(np.column_stack(states).astype(np.int64), np.column_stack(seconds), tuple(sides))

    def reached(self, seconds: Floats, *, arriving: bool) -> Reached:
        """See :meth:`States.reached`."""
        m, n = len(self.graph.tail), len(self.graph.nodes)
        starts = seconds[2 * m :]
        if arriving:
            return Reached(starts, seconds[m : 2 * m], seconds[:m], seconds)
        nodes = np.minimum(starts, _least(self._into, seconds[self._coming], n))
        entered = _least(self.reverse.indptr[: 2 * m + 1], seconds[self.reverse.indices], 2 * m)
        return Reached(nodes, entered[:m], entered[m:], seconds)

    def between(self, before: int, after: int) -> Use:  # noqa: ARG002 - the other states need it
        """See :meth:`States.between`."""
        m = len(self.graph.tail)
        return self.whole(after % m, along=after < m)

    def _junction(self, places: Snapped) -> Ints:
        """Return the junction at which each place lies; -1 where it lies between two."""
        at_tail = places.offset_m <= 0.0
        at_head = places.offset_m >= self.graph.length_m[places.segment]
        head = np.where(at_head, self.graph.head[places.segment], -1)
        return np.asarray(np.where(at_tail, self.graph.tail[places.segment], head))

    def _before(self, directed: Ints) -> tuple[Ints, Ints, Ints]:
        """Return where the states from which one may turn into directed segments begin, how many, and all of them."""
        first = self.reverse.indptr[directed].astype(np.int64)
        return first, self.reverse.indptr[directed + 1] - first, self._turning_in

    def _at(self, junctions: Ints) -> tuple[Ints, Ints, Ints]:
        """Return where the states at junctions begin, how many, and all: roads that come there, and the start."""
        known = np.maximum(junctions, 0)
        size = np.where(junctions >= 0, self._into[known + 1] - self._into[known] + 1, 0)
        return self._into[known] + known, size, self._at_junctions


def states_of(graph: RoadGraph, mode: Mode) -> States:
    """Return the smaller states where every turn is free to a mode."""
    turns = graph.forbidden.get(mode)
    return Junctions(graph, mode) if turns is None or len(turns) == 0 else DirectedSegments(graph, mode)


def _least(first: Ints, values: Floats, rows: int) -> Floats:
    """Least value of each row, infinite where it is empty; values of a row stand together."""
    out = np.full(rows, np.inf)
    filled = np.flatnonzero(np.diff(first) > 0)
    if len(filled):
        out[filled] = np.minimum.reduceat(values, first[filled])
    return out


def _at_end(seconds: Floats, at_end: NDArray[np.bool_]) -> Floats:
    """Zero at the end itself, where infinity times zero would not be a number."""
    return np.where(at_end, 0.0, np.where(np.isnan(seconds), np.inf, seconds))
