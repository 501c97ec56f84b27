"""Who is there first, and what lies within reach."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from gridmap.analysis.roads.routing import Router
from gridmap.errors import InvalidInput

_HULL_RATIO = 0.2
_WALK_M = 30.0


@dataclass(frozen=True, slots=True, eq=False)
class Ranking:
    """Teams by their time to an incident.

    Attributes
    ----------
    order : (k,) int64
        Rows of the teams, the first to arrive first; of equally fast ones the lower row. Teams without a way last.
    seconds : (k,) float64
        Time of each team, in the order of the input; infinite where there is no way.
    """

    order: NDArray[np.int64]
    seconds: NDArray[np.float64]


def rank_teams(router: Router, incident_xy: ArrayLike, teams_xy: ArrayLike) -> Ranking:
    """Rank teams by road time to an incident: one search backwards from the incident.

    Parameters
    ----------
    router : Router
    incident_xy : (2,) array_like
        Metres.
    teams_xy : (k, 2) array_like
        Metres.
    """
    places = router.snap(np.asarray(teams_xy, dtype=np.float64).reshape(-1, 2))
    seconds = router.cost_matrix(places, router.snap(incident_xy))[:, 0]
    return Ranking(np.argsort(seconds, kind="stable").astype(np.int64), seconds)


def isochrone(
    router: Router, base_xy: ArrayLike, limit_s: float, *, arriving: bool = False
) -> shapely.Polygon:
    """Outline of what lies within reach of a place.

    The hull, with hollows, of the reached nodes and of the points on half-reached segments where time runs out.

    Parameters
    ----------
    router : Router
    base_xy : (2,) array_like
        Metres.
    limit_s : float
    arriving : bool
        Whether to ask from where the place is reached in time, in place of what is reached from it.

    Returns
    -------
    shapely Polygon
        Metres.

    Raises
    ------
    InvalidInput
        When the limit is not positive.

    References
    ----------
    Duckham, Kulik, Worboys and Galton (2008), Efficient generation of simple polygons for characterizing the shape of
    a set of points in the plane, Pattern Recognition 41 (the hull).
    """
    if not limit_s > 0:
        raise InvalidInput("isochrone-limit", "时间应为正数。", "The time must be positive.")
    origin = router.snap(base_xy)
    reached = router.reach(origin, limit_s, arriving=arriving)
    graph = router.graph
    points = [graph.nodes[np.isfinite(reached.nodes)], np.asarray(base_xy, dtype=np.float64).reshape(1, 2)]
    ahead, back = graph.forward_s[router.mode], graph.backward_s[router.mode]
    if arriving:
        ahead, back = back, ahead
    for met, pace, from_tail in ((reached.tail, ahead, True), (reached.head, back, False)):
        left = limit_s - met
        part = np.isfinite(pace) & (left > 0) & (left < pace)
        share = left[part] / pace[part]
        at = share if from_tail else 1.0 - share
        ends = shapely.line_interpolate_point(graph.lines[part], at, normalized=True)
        points.append(shapely.get_coordinates(ends))
    segment, offset_m = int(origin.segment[0]), float(origin.offset_m[0])
    length_m = float(graph.length_m[segment])
    # The place's own segment may be longer than the time allows, so that neither of its ends is met.
    for pace_s, turn in ((ahead[segment], 1.0), (back[segment], -1.0)):
        if np.isfinite(pace_s):
            end_m = np.clip(offset_m + turn * limit_s / pace_s * length_m, 0.0, length_m)
            points.append(
                shapely.get_coordinates(shapely.line_interpolate_point(graph.lines[segment], end_m))
            )
    # The hull is that of the vertices whatever they belong to, and one line is made sooner than many points.
    cloud = shapely.linestrings(np.concatenate([points[1], *points]))
    hull: Any = shapely.concave_hull(cloud, ratio=_HULL_RATIO)
    # Few points, or points in a line, have a hull without an area: what a person reaches on foot beside the road.
    outline: shapely.Polygon = hull if hull.area > 0 else shapely.buffer(hull, _WALK_M)
    return outline
