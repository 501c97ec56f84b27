"""The road network as a directed graph in compressed sparse rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from gridmap.analysis.roads.modes import MODES, Mode, speeds
from gridmap.analysis.roads.turns import NoTurn, directed_pairs
from gridmap.errors import InvalidInput

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_PLACES = 3


@dataclass(frozen=True, slots=True, eq=False)
class Edges:
    """Who may go from which node to which how fast.

    Attributes
    ----------
    indptr : (n + 1,) int64
        Where the edges of each node begin.
    indices : (e,) int64
        Nodes to which they lead, ascending within a node.
    seconds : (e,) float64
    segment : (e,) int64
        Row of the segment that each edge is.
    along : (e,) bool
        Whether it goes along the segment's line, not against it.
    """

    indptr: Ints
    indices: Ints
    seconds: Floats
    segment: Ints
    along: NDArray[np.bool_]

    def matrix(self) -> sparse.csr_array:
        """Seconds from node to node; shape (n, n)."""
        n = len(self.indptr) - 1
        return sparse.csr_array((self.seconds, self.indices, self.indptr), shape=(n, n))


@dataclass(frozen=True, slots=True, eq=False)
class RoadGraph:
    """Segments between junctions, and who may go along them how fast.

    Attributes
    ----------
    nodes : (n, 2) float64
        Junctions and ends in metres, in order of x and y.
    tail, head : (m,) int64
        Nodes at which each segment begins and ends, along its line.
    length_m : (m,) float64
    lines : (m,) object
        Shapely lines in metres.
    names : tuple of str or None
        Name of each segment.
    forward_s, backward_s : dict of mode to (m,) float64
        Seconds along and against the line; infinite where the mode may not go so.
    forbidden : dict of mode to (k, 2) int64
        Turns that may not be taken, as pairs of directed segments: row i along its line is i, against it m + i.
    """

    nodes: Floats
    tail: Ints
    head: Ints
    length_m: Floats
    lines: NDArray[np.object_]
    names: tuple[str | None, ...]
    forward_s: dict[Mode, Floats]
    backward_s: dict[Mode, Floats]
    forbidden: dict[Mode, Ints] = field(default_factory=dict)

    def edges(self, mode: Mode) -> Edges:
        """Directed edges of a mode, as if every turn were free: the fastest of parallel segments, without loops."""
        count = len(self.tail)
        rows = np.concatenate([self.tail, self.head])
        columns = np.concatenate([self.head, self.tail])
        seconds = np.concatenate([self.forward_s[mode], self.backward_s[mode]])
        segment = np.tile(np.arange(count), 2)
        order = np.flatnonzero(np.isfinite(seconds) & (rows != columns))
        order = order[np.lexsort((segment[order], seconds[order], columns[order], rows[order]))]
        first = np.ones(len(order), dtype=bool)
        first[1:] = (np.diff(rows[order]) != 0) | (np.diff(columns[order]) != 0)
        order = order[first]
        indptr = np.zeros(len(self.nodes) + 1, dtype=np.int64)
        np.cumsum(np.bincount(rows[order], minlength=len(self.nodes)), out=indptr[1:])
        return Edges(indptr, columns[order], seconds[order], segment[order], order < count)

    def matrix(self, mode: Mode) -> sparse.csr_array:
        """Seconds from node to node, the fastest of parallel segments; shape (n, n)."""
        return self.edges(mode).matrix()


def build_graph(
    lines: ArrayLike,
    *,
    road_class: Sequence[str],
    oneway: Sequence[str],
    speed_kmh: ArrayLike,
    surface: Sequence[str | None],
    names: Sequence[str | None],
    permission: Mapping[Mode, Sequence[str | None]] | None = None,
    oneway_bike: Sequence[str | None] | None = None,
    junctions: tuple[Sequence[str | None], Sequence[str | None]] | None = None,
    no_turns: Sequence[NoTurn] = (),
) -> RoadGraph:
    """Build the graph of noded segments: lines meet where their ends are equal, and where names say so, those too.

    Parameters
    ----------
    lines : (m,) array_like of shapely LineString
        Projected, metres; cut where they meet.
    road_class : sequence of str
        Keys of :data:`gridmap.analysis.roads.modes.SPEED_KMH`.
    oneway : sequence of {'yes', 'no', 'reverse'}
        Seen along the line; people on foot may go both ways.
    speed_kmh : (m,) array_like
        Limits, NaN where not known.
    surface, names : sequences of str or None
    permission : mapping of mode to sequence of {'yes', 'no', 'destination', 'dismount'} or None, optional
        Who may use each segment where the class does not decide; see :func:`gridmap.analysis.roads.modes.speeds`.
    oneway_bike : sequence of {'yes', 'no', 'reverse'} or None, optional
        What holds for bikes in place of `oneway`; None where that holds.
    junctions : pair of sequences of str or None, optional
        Names of the junctions at which each segment begins and ends. Ends of two names are two nodes, even at one place
        (a bridge split over a road); an end without a name joins what is there.
    no_turns : sequence of NoTurn, optional

    Returns
    -------
    RoadGraph
        The same for any order of the segments but for that order itself.

    Raises
    ------
    InvalidInput
        When there are no segments, lengths differ, or a line is empty.
    """
    shapes = np.asarray(lines, dtype=object)
    count = len(shapes)
    if count == 0:
        raise InvalidInput(
            "roads-absent",
            "还没有道路。请先导入：gridmap roads import FILE",
            "There are no roads yet. Import them first: gridmap roads import FILE",
        )
    said = dict(permission or {})
    of_bikes = list(oneway if oneway_bike is None else oneway_bike)
    columns = (road_class, oneway, surface, names, of_bikes, *said.values())
    if len(np.asarray(speed_kmh)) != count or not all(len(column) == count for column in columns):
        raise InvalidInput("roads-shape", "各列长度不一致。", "The columns differ in length.")
    length_m = shapely.length(shapes)
    if not (length_m > 0).all():
        bad = int(np.flatnonzero(~(length_m > 0))[0])
        raise InvalidInput(
            "road-empty", f"第 {bad + 1} 段道路没有长度。", f"Segment {bad + 1} of the roads has no length."
        )
    ends = np.concatenate([_end(shapes, 0), _end(shapes, -1)])
    nodes, of_end = _nodes(np.round(ends, _PLACES), junctions)
    ways = np.asarray(oneway, dtype=object)
    bike_ways = np.where([way is None for way in of_bikes], ways, np.asarray(of_bikes, dtype=object))
    forward, backward = {}, {}
    for mode in MODES:
        pace = speeds(road_class, speed_kmh, np.asarray(surface, dtype=object), mode, said.get(mode))
        seconds = np.divide(length_m, pace, out=np.full(count, np.inf), where=pace > 0)
        free = mode == "foot"
        way = bike_ways if mode == "bike" else ways
        forward[mode] = np.where(free | (way != "reverse"), seconds, np.inf)
        backward[mode] = np.where(free | (way != "yes"), seconds, np.inf)
    tail, head = of_end[:count], of_end[count:]
    forbidden = directed_pairs(no_turns, tail, head)
    return RoadGraph(nodes, tail, head, length_m, shapes, tuple(names), forward, backward, forbidden)


def _nodes(
    ends: Floats, junctions: tuple[Sequence[str | None], Sequence[str | None]] | None
) -> tuple[Floats, Ints]:
    """Return the places where ends meet, in order of x and y, and the node of each end."""
    places, of_end = np.unique(ends, axis=0, return_inverse=True)
    of_end = np.asarray(of_end).reshape(-1)
    if junctions is None or not any(name is not None for part in junctions for name in part):
        return places, of_end
    known: dict[str, int] = {}
    names = np.array(
        [0 if n is None else known.setdefault(n, len(known) + 1) for part in junctions for n in part],
        np.int64,
    )
    # An end without a name is at the first named junction of its place.
    least = np.full(len(places), np.iinfo(np.int64).max)
    np.minimum.at(least, of_end[names > 0], names[names > 0])
    least = np.where(least == np.iinfo(np.int64).max, 0, least)
    names = np.where(names > 0, names, least[of_end])
    pairs, of_end = np.unique(np.column_stack([of_end, names]), axis=0, return_inverse=True)
    return places[pairs[:, 0]], np.asarray(of_end).reshape(-1).astype(np.int64)


def _end(lines: NDArray[np.object_], index: int) -> Floats:
    return np.asarray(shapely.get_coordinates(shapely.get_point(lines, index)))
