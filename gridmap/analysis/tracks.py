"""What became of a plan: stays at its stops, stretches of its routes that were driven, and which visit was which."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import linear_sum_assignment

from gridmap.analysis._given import numbers_of
from gridmap.errors import InvalidInput

Floats = NDArray[np.float64]

RADIUS_M, LEAST_S, GAP_S, ABSENT_S = 100.0, 300.0, 600.0, 120.0
BUFFER_M, LEAST_SHARE, STEP_M = 50.0, 0.8, 25.0
OTHER_TEAM_S = 1800.0


@dataclass(frozen=True, slots=True)
class Stay:
    """A time at a place.

    Attributes
    ----------
    place : int
        Row of the places.
    arrive_s, leave_s : float
    """

    place: int
    arrive_s: float
    leave_s: float


@dataclass(frozen=True, slots=True)
class Drive:
    """A stretch that was driven.

    Attributes
    ----------
    begin_s, end_s : float
    share : float
        Part of its length between the first and the last fix on it, 0 to 1.
    """

    begin_s: float
    end_s: float
    share: float


@dataclass(frozen=True, slots=True)
class Coming:
    """A team at a stop: planned, or made.

    Attributes
    ----------
    stop, team : str
    arrive_s : float
    """

    stop: str
    team: str
    arrive_s: float


def stays(
    track_s: ArrayLike,
    track_xy: ArrayLike,
    places_xy: ArrayLike,
    *,
    radius_m: float = RADIUS_M,
    least_s: float = LEAST_S,
    gap_s: float = GAP_S,
    absent_s: float = ABSENT_S,
) -> tuple[Stay, ...]:
    """Find the times that a track spends within a radius of places.

    Parameters
    ----------
    track_s : (n,) array_like
        Seconds, rising.
    track_xy : (n, 2) array_like
        Metres; between two fixes the team goes straight at an even speed.
    places_xy : (k, 2) array_like
        Metres.
    radius_m : float
    least_s : float
        Shorter stays do not count: driving past is no visit.
    gap_s : float
        Between fixes further apart in time nothing is known, and nothing counts.
    absent_s : float
        Being outside for less does not end a stay: fixes scatter.

    Returns
    -------
    tuple of Stay
        By place and time.

    Raises
    ------
    InvalidInput
        When shapes differ, times fall, a number is not finite, or a limit is not positive.
    """
    times, xy = _track(track_s, track_xy)
    places = numbers_of(places_xy, "停靠点坐标", "Coordinates of places").reshape(-1, 2)
    _check_positive(radius_m=radius_m, least_s=least_s, gap_s=gap_s)
    out = []
    begin, length = times[:-1], np.diff(times)
    known = (length > 0) & (length <= gap_s)
    for row, place in enumerate(places):
        enter, leave = _inside(xy[:-1] - place, np.diff(xy, axis=0), radius_m)
        hit = known & (enter < leave)
        for first, last in _joined(
            begin[hit] + enter[hit] * length[hit], begin[hit] + leave[hit] * length[hit], absent_s
        ):
            if last - first >= least_s:
                out.append(Stay(row, first, last))
    return tuple(out)


def _inside(start: Floats, way: Floats, radius_m: float) -> tuple[Floats, Floats]:
    """Part of each straight way that lies in a circle about the origin, as shares of it; empty where enter >= leave."""
    a = (way**2).sum(axis=1)
    b = (start * way).sum(axis=1)
    c = (start**2).sum(axis=1) - radius_m**2
    still = a == 0
    under = b**2 - a * c
    root = np.sqrt(np.maximum(under, 0.0))
    safe = np.where(still, 1.0, a)
    enter, leave = (-b - root) / safe, (-b + root) / safe
    enter = np.where(still, np.where(c <= 0, 0.0, 1.0), enter)
    leave = np.where(still, np.where(c <= 0, 1.0, 0.0), leave)
    missed = ~still & (under <= 0)
    return np.where(missed, 1.0, np.clip(enter, 0.0, 1.0)), np.where(missed, 0.0, np.clip(leave, 0.0, 1.0))


def _joined(first: Floats, last: Floats, absent_s: float) -> list[tuple[float, float]]:
    out: list[tuple[float, float]] = []
    for begin, end in zip(first.tolist(), last.tolist(), strict=True):
        if out and begin - out[-1][1] <= absent_s:
            out[-1] = out[-1][0], max(end, out[-1][1])
        else:
            out.append((begin, end))
    return out


def drive(
    track_s: ArrayLike,
    track_xy: ArrayLike,
    leg: shapely.LineString,
    *,
    within_s: tuple[float, float] = (-np.inf, np.inf),
    buffer_m: float = BUFFER_M,
    least_share: float = LEAST_SHARE,
    gap_s: float = GAP_S,
) -> Drive | None:
    """Tell whether and when a stretch was driven from its beginning to its end.

    Parameters
    ----------
    track_s : (n,) array_like
        Seconds, rising.
    track_xy : (n, 2) array_like
        Metres.
    leg : LineString
        Metres.
    within_s : pair of float
        Only what lies in this time is looked at.
    buffer_m : float
        How far from the stretch a fix may lie.
    least_share : float
        Part of the length, and of the fixes, that has to be on it.
    gap_s : float
        Between fixes further apart in time nothing is known.

    Returns
    -------
    Drive or None
        None where it was not driven.

    Raises
    ------
    InvalidInput
        As for :func:`stays`.

    Notes
    -----
    Fixes near the stretch are projected onto it; the longest run of them that goes forward (a longest rising
    subsequence) is what was driven. It must reach over the share of the length, and of the fixes between its ends the
    same share must lie near. Between two fixes nothing is assumed: at one a minute a car's straight line leaves a
    winding road.
    """
    times, xy = _track(track_s, track_xy)
    _check_positive(buffer_m=buffer_m, least_share=least_share, gap_s=gap_s)
    inside = (times >= within_s[0]) & (times <= within_s[1])
    times, points = times[inside], np.asarray(shapely.points(xy[inside]), dtype=object)
    if leg.length == 0 or len(times) < 2:
        return None
    near = np.asarray(shapely.distance(leg, points) <= buffer_m)
    along, passed = np.asarray(shapely.line_locate_point(leg, points[near])), times[near]
    if leg.length <= 2 * STEP_M:
        # Too short to see a direction in: whoever was there has driven it.
        return Drive(float(passed[0]), float(passed[-1]), 1.0) if near.any() else None
    chain = _longest_rising(along)
    if len(chain) < 2:
        return None
    # Waiting at an end is no driving: it begins with the last fix there, and ends with the first.
    first = int(np.flatnonzero(along[chain] <= along[chain[0]] + STEP_M)[-1])
    last = int(np.flatnonzero(along[chain] >= along[chain[-1]] - STEP_M)[0])
    if first >= last:
        return None
    waits = (along <= along[chain[0]] + STEP_M) & (passed < passed[chain[first + 1]])
    there = (along >= along[chain[-1]] - STEP_M) & (passed > passed[chain[last - 1]])
    begin, end = float(passed[waits].max()), float(passed[there].min())
    instants = np.concatenate([[begin], passed[chain[first + 1 : last]], [end]])
    share = float((along[chain[last]] - along[chain[first]]) / leg.length)
    kept = float(near[(times >= begin) & (times <= end)].mean()) if begin < end else 0.0
    whole = share >= least_share and kept >= least_share and np.diff(instants).max() <= gap_s
    return Drive(begin, end, share) if whole else None


def _longest_rising(along: Floats) -> NDArray[np.int64]:
    """Rows of a longest subsequence that does not fall (patience sorting)."""
    tails: list[float] = []
    ends: list[int] = []
    before = np.full(len(along), -1, dtype=np.int64)
    for row, value in enumerate(along.tolist()):
        length = bisect_right(tails, value)
        before[row] = ends[length - 1] if length else -1
        if length == len(tails):
            tails.append(value)
            ends.append(row)
        else:
            tails[length], ends[length] = value, row
    out = []
    row = ends[-1] if ends else -1
    while row >= 0:
        out.append(row)
        row = int(before[row])
    return np.array(out[::-1], dtype=np.int64)


def matched(planned: Sequence[Coming], made: Sequence[Coming]) -> tuple[int | None, ...]:
    """Tell which visit that was made is which that was planned.

    Parameters
    ----------
    planned, made : sequence of Coming

    Returns
    -------
    tuple of int or None
        For each planned one the row of the one that was made; each is used once.

    Notes
    -----
    Stop by stop, the assignment with the least sum of differences in time; another team's visit counts as half an hour
    off.
    """
    out: list[int | None] = [None] * len(planned)
    for stop in sorted({p.stop for p in planned}):
        wanted = [i for i, p in enumerate(planned) if p.stop == stop]
        there = [j for j, m in enumerate(made) if m.stop == stop]
        cost = [
            [
                abs(planned[i].arrive_s - made[j].arrive_s)
                + (OTHER_TEAM_S if planned[i].team != made[j].team else 0.0)
                for j in there
            ]
            for i in wanted
        ]
        if there:
            for i, j in zip(*linear_sum_assignment(np.array(cost)), strict=True):
                out[wanted[i]] = there[j]
    return tuple(out)


def _track(track_s: ArrayLike, track_xy: ArrayLike) -> tuple[Floats, Floats]:
    times = numbers_of(track_s, "轨迹时刻", "Times of a track")
    xy = numbers_of(track_xy, "轨迹坐标", "Coordinates of a track").reshape(-1, 2)
    if times.ndim != 1 or len(times) != len(xy):
        raise InvalidInput(
            "track-shape",
            "轨迹的时刻与坐标个数不同。",
            "A track must have one coordinate pair for each of its times.",
        )
    if not (np.isfinite(times).all() and np.isfinite(xy).all()) or (np.diff(times) < 0).any():
        raise InvalidInput(
            "track-order",
            "轨迹的时刻须递增，且不能有空值。",
            "The times of a track must rise, and no number may be missing.",
        )
    return times, xy


def _check_positive(**limits: float) -> None:
    for name, value in limits.items():
        if not value > 0:
            raise InvalidInput(
                f"{name.replace('_', '-')}-positive",
                f"参数 {name} 应大于 0。",
                f"{name} must be above 0.",
            )
