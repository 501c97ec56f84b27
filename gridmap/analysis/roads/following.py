"""The way of a mode along a line that was drawn: by the roads that follow it."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import shapely
from shapely.ops import substring

from gridmap.analysis.roads.routing import Path, Router, Stretch
from gridmap.errors import InvalidInput

_NEAR_M, _STEP_M, _LEAST_M = 60.0, 10.0, 40.0
"""How far a way may lie from the line that it follows, how finely that is looked at, and the shortest piece."""
_LONGER = 1.5


def follow(router: Router, line: shapely.LineString) -> Path | None:
    """Find a mode's way along a line by roads that lie beside it.

    Parameters
    ----------
    router : Router
    line : LineString
        Metres of the router's graph, in the direction in which it is gone.

    Returns
    -------
    Path or None
        From where the line's first place snaps to where its last one does; none where no road follows the line.

    Notes
    -----
    The fastest way between the ends, where that stays within 60 m of the line and the line within 60 m of it; else
    the ways along its two halves. A way half as long again as the line, and 120 m, goes elsewhere.
    """
    found = _along(router, line)
    if found is None or found.length_m > _LONGER * line.length + 2 * _NEAR_M:
        return None
    return found


def joined(paths: list[Path]) -> Path:
    """Put ways that follow each other together."""
    points = np.concatenate([shapely.get_coordinates(path.line) for path in paths])
    streets: list[Stretch] = []
    for street in (street for path in paths for street in path.streets):
        last = (
            streets.pop() if streets and streets[-1].name == street.name else Stretch(street.name, 0.0, 0.0)
        )
        streets.append(Stretch(street.name, last.length_m + street.length_m, last.seconds + street.seconds))
    return Path(
        sum(path.seconds for path in paths),
        sum(path.length_m for path in paths),
        tuple(segment for path in paths for segment in path.segments),
        shapely.LineString(points),
        tuple(streets),
    )


def straight(points: np.ndarray, pace_m_s: float) -> Path:
    """Return the way along places where there is no road, at a pace."""
    line = shapely.LineString(points if len(points) > 1 else np.repeat(points, 2, axis=0))
    seconds = line.length / pace_m_s
    return Path(seconds, line.length, (), line, (Stretch(None, line.length, seconds),))


def _along(router: Router, line: shapely.LineString) -> Path | None:
    ends = router.snap(shapely.get_coordinates(line)[[0, -1]])
    if len(ends) < 2 or (ends.distance_m > _NEAR_M).any():
        return None
    try:
        path: Path | None = router.path(ends.only(0), ends.only(1))
    except InvalidInput:
        path = None
    if path is not None and _beside(path.line, line) and _beside(line, path.line):
        return path
    if line.length < 2 * _LEAST_M:
        return None
    halves = [_along(router, part) for part in _halves(line)]
    if any(half is None for half in halves):
        return None
    return joined([half for half in halves if half is not None])


def _halves(line: shapely.LineString) -> list[shapely.LineString]:
    parts = (substring(line, a, b, normalized=True) for a, b in pairwise((0.0, 0.5, 1.0)))
    return [part for part in parts if isinstance(part, shapely.LineString)]


def _beside(one: shapely.LineString, other: shapely.LineString) -> bool:
    """Whether a line lies beside another everywhere."""
    steps = np.linspace(0.0, 1.0, max(2, int(one.length / _STEP_M) + 1))
    at = shapely.line_interpolate_point(one, steps, normalized=True)
    return bool((shapely.distance(at, other) <= _NEAR_M).all())
