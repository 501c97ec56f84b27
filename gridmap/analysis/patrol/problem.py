"""The arrays that a search works on, and the order that makes it blind to the order of its input."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gridmap.analysis.patrol.nearness import Homes

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

FAR = 1e15
"""Stands for a leg that does not exist: longer than any shift, and still exact to add to."""

NEVER = 1e300
"""Time of a break that a team does not take."""

MANY_STOPS, NEAREST = 200, 80
"""From how many stops on a step of the search looks at near ones only, and at how many of them at most."""

_ROUNDS_MAX, _CHUNK = 64, 256


@dataclass(frozen=True, slots=True, eq=False)
class Problem:
    """Visits that may be made and teams that may make them; times in one unit.

    Attributes
    ----------
    travel : ndarray of float64, shape (profiles, places, places)
    profile : ndarray of int64, shape (teams,)
    place, opens, closes, dwell : ndarray, shape (visits,)
        Where a visit is, earliest and latest start, and how long it takes. A visit along a line has a place of its own:
        the legs that lead there end where the line begins, and those that lead on begin where it ends.
    teams : ndarray of float64, shape (teams, 6)
        Begin, end, break's begin and end, and the places where a route begins and ends.
    value : ndarray of float64, shape (stops, k + 1)
        Prize of a stop's first, second, ... visit in its best hour; the last column is zero.
    stop, slot : ndarray of int64, shape (visits,)
        Stop that a visit is to, and the slot of which only one visit is made.
    village : ndarray of int64, shape (stops,)
    need : ndarray of float64, shape (villages,)
        Prize that each village ought to get.
    shortfall : ndarray of float64, shape (villages,)
        Price of each unit that a village lacks.
    liked : ndarray of float64, shape (teams, visits)
        What it is worth that a team makes a visit, besides its prize.
    must : ndarray of float64, shape (stops,)
        Price of leaving a stop out.
    allowed : ndarray of bool, shape (teams, visits)
    gap, interval : ndarray of float64, shape (stops,)
        Least and most time from the start of a visit to that of the next; none without them.
    spans : ndarray of float64, shape (stops, spans, 2)
        When the interval holds; from the beginning to the first visit and from the last one to the end, too.
    most_wait : float
        Most time that a team waits for a visit.
    begins, part : ndarray of float64, shape (stops, pieces)
        From when on a visit earns which part of its prize, 0 to 1; the first piece begins at minus infinity, what a
        stop has fewer at infinity. The whole prize at all times without them.
    around : ndarray of int64, optional
        The nearest stops of each, nearest first, shape (stops, k), itself among them; kept where there are many.
    homes : Homes, optional
        Households that teams are to stay near to.
    way : ndarray of int64, shape (visits,), optional
        Number of the stop's way, times the profiles, plus the profile whose teams make the visit so; -1 for a stay.
    """

    travel: Floats
    profile: Ints
    place: Ints
    opens: Floats
    closes: Floats
    dwell: Floats
    teams: Floats
    value: Floats
    stop: Ints
    slot: Ints
    village: Ints
    need: Floats
    shortfall: Floats
    liked: Floats
    must: Floats
    allowed: NDArray[np.bool_]
    gap: Floats | None = None
    interval: Floats | None = None
    spans: Floats | None = None
    most_wait: float = np.inf
    begins: Floats | None = None
    part: Floats | None = None
    around: Ints | None = None
    way: Ints | None = None
    homes: Homes | None = None

    def way_of(self, visit: int) -> int | None:
        """Return which of its stop's ways a visit goes; None for a stay."""
        number = -1 if self.way is None else int(self.way[visit])
        return None if number < 0 else number // len(self.travel)

    @property
    def ends(self) -> Floats:
        """Last moment of each piece, shape (stops, pieces)."""
        if self.begins is None:
            return np.full((len(self.value), 1), np.inf)
        then = np.column_stack([self.begins[:, 1:], np.full(len(self.begins), np.inf)])
        out: Floats = np.where(np.isfinite(then), np.nextafter(then, -np.inf), np.inf)
        return out

    def pieces_at(self, stop: Ints, at: Floats) -> Ints:
        """Return the piece of its stop in which each moment lies."""
        if self.begins is None:
            return np.zeros(len(stop), np.int64)
        out: Ints = (self.begins[stop] <= at[:, None]).sum(axis=1) - 1
        return out

    def in_pieces(self, hours: Floats, starts: Mapping[int, float]) -> Floats:
        """Narrow hours of visits, shape (2, visits), to the pieces in which they start."""
        if self.begins is None or not starts:
            return hours
        visits, at = np.array(list(starts), np.int64), np.array(list(starts.values()))
        stop = self.stop[visits]
        piece = self.pieces_at(stop, at)
        hours[0, visits] = np.maximum(hours[0, visits], self.begins[stop, piece])
        hours[1, visits] = np.minimum(hours[1, visits], self.ends[stop, piece])
        return hours

    @property
    def hours(self) -> Floats:
        """Time of each team without its break, shape (teams,)."""
        begin, end, pause, resume = self.teams[:, :4].T
        out: Floats = end - begin - np.maximum(0.0, np.minimum(end, resume) - np.maximum(begin, pause))
        return out

    def near(self) -> Ints:
        """Visits by the time there and back in the fastest profile, nearest first, shape (visits, k).

        All others; where there are many stops those of the nearest ones, the first of each stop's own left out.
        """
        stops = len(self.value)
        if stops <= MANY_STOPS:
            around = self._around(self.place, self.place)
            np.fill_diagonal(around, -1.0)
            return np.argsort(around, axis=1, kind="stable")[:, 1:].astype(np.int64)
        nearest = self.nearest_stops() if self.around is None else self.around
        first = np.searchsorted(self.stop, np.arange(stops + 1))
        each = np.diff(first)
        # As many visits as the stop with most has; a row that is too short repeats its own last one.
        deep = int(each.max())
        visits = first[nearest][..., None] + np.minimum(np.arange(deep), each[nearest][..., None] - 1)
        out: Ints = visits.reshape(stops, -1)[self.stop].astype(np.int64)
        return out

    def nearest_stops(self) -> Ints:
        """Give the nearest stops of each one, nearest first, itself among them, shape (stops, k)."""
        stops = len(self.value)
        at = self.place[np.searchsorted(self.stop, np.arange(stops))]
        rows = []
        for chunk in np.array_split(np.arange(stops), -(-stops // _CHUNK)):
            around = self._around(at[chunk], at)
            around[np.arange(len(chunk)), chunk] = -1.0
            nearest = np.argpartition(around, NEAREST, axis=1)[:, : NEAREST + 1]
            order = np.argsort(np.take_along_axis(around, nearest, axis=1), axis=1, kind="stable")
            rows.append(np.take_along_axis(nearest, order, axis=1))
        return np.concatenate(rows).astype(np.int64)

    def _around(self, these: Ints, those: Ints) -> Floats:
        out = np.full((len(these), len(those)), np.inf)
        for matrix in self.travel:
            np.minimum(out, matrix[np.ix_(these, those)], out=out)
        back = np.full((len(those), len(these)), np.inf)
        for matrix in self.travel:
            np.minimum(back, matrix[np.ix_(those, these)], out=back)
        out += back.T
        return out


def alone(problem: Problem) -> tuple[NDArray[np.bool_], Floats]:
    """Whether each team can make each visit when it makes no other, and the slack that it then has.

    Parameters
    ----------
    problem : Problem
        Its `allowed` is not looked at.

    Returns
    -------
    possible : ndarray of bool, shape (teams, visits)
    back : ndarray of float64, shape (teams, visits)
        Time of return.
    """
    count = len(problem.teams), len(problem.place)
    possible, back = np.zeros(count, np.bool_), np.full(count, np.inf)
    for r, (begin, end, pause, resume, base, home) in enumerate(problem.teams):
        matrix = problem.travel[problem.profile[r]]
        out, homeward = matrix[int(base), problem.place], matrix[problem.place, int(home)]
        at = np.maximum(arrivals(np.full(count[1], begin), out, pause, resume), problem.opens)
        at = np.where((at < resume) & (at + problem.dwell > pause), resume, at)
        back[r] = arrivals(at + problem.dwell, homeward, pause, resume)
        possible[r] = (at <= problem.closes) & (back[r] <= end)
    return possible, back


def arrivals(leave: Floats, travel: Floats, pause: float, resume: float) -> Floats:
    """Arrivals of legs that are not under way during a break."""
    through = (leave + travel <= pause) | (leave >= resume)
    return np.where(through, leave + travel, resume + travel)


def canonical_order(features: Floats, matrix: Floats) -> Ints:
    """Order of nodes that depends on what they are and not on where they stand.

    Parameters
    ----------
    features : ndarray of float64, shape (n, k)
        What tells nodes apart by themselves.
    matrix : ndarray of float64, shape (n, n)
        What relates them.

    Returns
    -------
    ndarray of int64, shape (n,)

    Notes
    -----
    Colour refinement with individualisation: nodes that features leave equal are told apart by the multiset of their
    relations to the others; where that leaves a tie (a symmetry), one of the tied is put first and the rest follows.
    """
    n = len(features)
    if n == 0:
        return np.zeros(0, np.int64)
    _, colour = np.unique(features + 0.0, axis=0, return_inverse=True)
    colour = colour.reshape(-1).astype(np.int64)
    relation = _mixed(_bits(matrix) ^ _mixed(_bits(matrix.T)))
    np.fill_diagonal(relation, 0)
    for _ in range(_ROUNDS_MAX):
        colour = _refined(colour, relation)
        sizes = np.bincount(colour)
        tied = np.flatnonzero(sizes[colour] > 1)
        if len(tied) == 0:
            break
        first = tied[np.argmin(colour[tied])]
        colour = 2 * colour + 1
        colour[first] -= 1
    return np.argsort(colour, kind="stable").astype(np.int64)


def _refined(colour: Ints, relation: NDArray[np.uint64]) -> Ints:
    n_colours = 0
    while True:
        # A sum of hashes that wraps around is the same in any order.
        seen = _mixed(relation ^ _mixed(colour.astype(np.uint64))[None, :]).sum(axis=1, dtype=np.uint64)
        pairs = np.stack([colour.astype(np.uint64), seen], axis=1)
        kinds, found = np.unique(pairs, axis=0, return_inverse=True)
        colour = found.reshape(-1).astype(np.int64)
        if len(kinds) == n_colours:
            return colour
        n_colours = len(kinds)


def _bits(values: Floats) -> NDArray[np.uint64]:
    return np.ascontiguousarray(values + 0.0).view(np.uint64)


def _mixed(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Scramble each number (the finaliser of splitmix64)."""
    out = values + np.uint64(0x9E3779B97F4A7C15)
    out = (out ^ (out >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    out = (out ^ (out >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed: NDArray[np.uint64] = out ^ (out >> np.uint64(31))
    return mixed
