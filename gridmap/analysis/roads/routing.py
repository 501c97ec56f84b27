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

from gridmap.analysis.roads.graph import Floats, Ints, RoadGraph
from gridmap.analysis.roads.modes import Mode
from gridmap.analysis.roads.snapping import Snapped, Snapper
from gridmap.analysis.roads.states import Reached, Use, states_of
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
        self.states = states_of(graph, mode)
        self.snapper = Snapper(graph, mode, _apart(graph, mode, graph.matrix(mode)))
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
        doors = self.states.leaving(far) if reverse else self.states.arriving(far)
        wanted, place = np.unique(doors.states, return_inverse=True)
        place = place.reshape(doors.states.shape)
        reached = self._times(near, wanted, arriving=reverse)
        best = self._along(near, far, reverse=reverse)
        for column in range(len(doors.sides)):
            np.minimum(best, reached[:, place[:, column]] + doors.seconds[:, column], out=best)
        return best

    def _times(self, places: Snapped, states: Ints, *, arriving: bool, limit_s: float = np.inf) -> Floats:
        """Seconds from places to states (or, arriving, from states to places); infinite beyond the limit."""
        if arriving:
            return self.states.reverse.times(self.states.arriving(places), states, limit_s)
        return self.states.forward.times(self.states.leaving(places), states, limit_s)

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

    def reach(self, origin: Snapped, limit_s: float = np.inf, *, arriving: bool = False) -> Reached:
        """Return seconds from a place to every junction (or from every junction to it), infinite beyond a limit."""
        every = np.arange(len(self.states.forward.indptr) - 1)
        seconds = np.asarray(self._times(origin, every, arriving=arriving, limit_s=limit_s)[0])
        return self.states.reached(seconds, arriving=arriving)

    def arrival_s(self, origins: Snapped, destination: Snapped, reached: Reached) -> Floats:
        """Seconds from places to one place from which a search has gone backwards.

        Parameters
        ----------
        origins : Snapped
            k places.
        destination : Snapped
            One place.
        reached : Reached
            What ``reach(destination, arriving=True)`` gave.

        Returns
        -------
        (k,) float64 array
            The same as ``cost_matrix(origins, destination)[:, 0]``.
        """
        doors = self.states.leaving(origins)
        best = (reached.states[doors.states] + doors.seconds).min(axis=1, initial=np.inf)
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

    def _pieces(self, origin: Snapped, destination: Snapped, a: int, b: int) -> list[Use]:
        states, length_m = self.states, self.graph.length_m
        leave, arrive = states.leaving(origin), states.arriving(destination)
        every = np.arange(len(states.forward.indptr) - 1)
        near = states.forward.times(leave, every, np.inf)[0]
        j = int(np.argmin(near[arrive.states[0]] + arrive.seconds[0]))
        at, pieces = int(arrive.states[0, j]), []
        begun: dict[int, int] = {}
        for i in np.flatnonzero(near[leave.states[0]] == leave.seconds[0])[::-1].tolist():
            begun[int(leave.states[0, i])] = i
        # The first start that is the beginning of the way, and else the first of the states that lead here in time.
        while at not in begun:
            before = self._before(near, at)
            pieces.append(states.between(before, at))
            at = before
        from_m, to_m = float(origin.offset_m[0]), float(destination.offset_m[0])
        first = (a, from_m, leave.turn_m(begun[at], from_m, float(length_m[a])))
        last = (b, arrive.turn_m(j, to_m, float(length_m[b])), to_m)
        return [first, *reversed(pieces), last]

    def _before(self, near: Floats, at: int) -> int:
        """Return the state before one on the fastest way."""
        back = self.states.reverse
        into = slice(back.indptr[at], back.indptr[at + 1])
        before = back.indices[into]
        return int(before[np.flatnonzero(near[before] + back.seconds[into] == near[at])[0]])

    def _told(self, pieces: list[Use], seconds: float) -> Path:
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
