"""Where lines meet, and lines cut there: the geometry behind noding.

All coordinates are metres, rounded to the millimetre, so that equal places are equal numbers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from gridmap.analysis.roads.graph import Floats, Ints

Lines = NDArray[np.object_]
_PLACES = 3
_HALF_MM = 0.0005
_PAIRS_AT_ONCE = 200_000


@dataclass(frozen=True, slots=True, eq=False)
class Cuts:
    """Places at which lines are cut.

    Attributes
    ----------
    row : (c,) int64
    at_m : (c,) float64
        Distance along the line.
    xy : (c, 2) float64
        What the line's vertex becomes there.
    """

    row: Ints
    at_m: Floats
    xy: Floats


def ends_of(lines: Lines) -> Floats:
    """First vertices of all lines, then their last ones; shape (2 m, 2)."""
    ends = [shapely.get_coordinates(shapely.get_point(lines, i)) for i in (0, -1)]
    return np.concatenate(ends)


def unique_points(xy: Floats) -> tuple[Floats, Ints]:
    """Distinct points in order of x and y, and the row of each given one among them."""
    # Sorting complex numbers is sorting by x and then y, without the cost of unique rows.
    packed, index = np.unique(xy[:, 0] + 1j * xy[:, 1], return_inverse=True)
    return np.column_stack([packed.real, packed.imag]), np.asarray(index).reshape(-1).astype(np.int64)


def join_ends(lines: Lines, touch_m: float) -> tuple[Lines, NDArray[np.bool_]]:
    """Move ends that lie within the tolerance of one another onto the first of them.

    Returns
    -------
    lines : (m,) object
    moved : (m,) bool
    """
    moved = np.zeros(len(lines), bool)
    if len(lines) == 0:
        return lines, moved
    nodes, of_end = unique_points(ends_of(lines))
    leader = _leaders(nodes, touch_m)
    ends = nodes[leader[of_end]].reshape(2, -1, 2)
    moved = (leader[of_end] != of_end).reshape(2, -1).any(axis=0)
    out = lines.copy()
    for i in np.flatnonzero(moved):
        points = shapely.get_coordinates(lines[i])
        points[0], points[-1] = ends[0, i], ends[1, i]
        points = points[np.r_[True, (points[1:] != points[:-1]).any(axis=1)]]
        out[i] = shapely.LineString(points) if len(points) > 1 else shapely.LineString()
    return out, moved


def cut_points(lines: Lines, bridge: NDArray[np.bool_], touch_m: float) -> Cuts:
    """Find where lines that are no bridges cross one another or themselves, or are touched by an end of any line."""
    if len(lines) == 0:
        return Cuts(np.empty(0, np.int64), np.empty(0), np.empty((0, 2)))
    ground = np.flatnonzero(~bridge)
    nodes, of_end = unique_points(ends_of(lines))
    tree = shapely.STRtree(lines[ground])
    row, xy = _crossed(lines, ground, tree)
    own_row, own_xy, own_at = _crossed_itself(lines, ground)
    crossed = _settled(np.concatenate([xy, own_xy]), nodes, touch_m)
    at = shapely.line_locate_point(lines[row], shapely.points(crossed[: len(row)]))
    touched, which = tree.query(shapely.points(nodes), predicate="dwithin", distance=touch_m)
    touching_row = ground[which]
    touching_at = shapely.line_locate_point(lines[touching_row], shapely.points(nodes[touched]))
    rows = np.concatenate([row, own_row, touching_row])
    ats = np.concatenate([at, own_at, touching_at])
    places = np.concatenate([crossed, nodes[touched]])
    half = len(lines)
    tails, heads = nodes[of_end[:half]], nodes[of_end[half:]]
    length_m = shapely.length(lines)
    inner = (ats > _HALF_MM) & (ats < length_m[rows] - _HALF_MM)
    # A line that passes its own end again is cut there; near its two ends it is not.
    for ends, along in ((tails, ats), (heads, length_m[rows] - ats)):
        inner &= ~((places == ends[rows]).all(axis=1) & (along <= 2.0 * touch_m + _HALF_MM))
    rows, ats, places = rows[inner], ats[inner], places[inner]
    order = np.lexsort((places[:, 1], places[:, 0], ats, rows))
    return Cuts(rows[order].astype(np.int64), ats[order], places[order])


def cut(lines: Lines, cuts: Cuts, touch_m: float) -> tuple[Lines, Ints]:
    """Cut lines; return the pieces in order along their lines, and the row of the line of each."""
    if len(lines) == 0:
        return lines, np.empty(0, np.int64)
    near = max(touch_m, _HALF_MM)
    row, at, xy = cuts.row, cuts.at_m, cuts.xy
    if len(row):
        # The same place once more is a loop that comes back, unless it was found twice.
        again = np.r_[
            False, (np.diff(row) == 0) & (xy[1:] == xy[:-1]).all(axis=1) & (np.diff(at) <= 2 * near)
        ]
        row, at, xy = row[~again], at[~again], xy[~again]
    points, of = shapely.get_coordinates(lines, return_index=True)
    first = np.r_[True, of[1:] != of[:-1]]
    last = np.r_[of[1:] != of[:-1], True]
    along = _along(points, first)
    # A vertex at the crossing itself would leave a hook beside the place that all lines share.
    kept = first | last | ~_near_a_cut(of, along, row, at, near)
    rows = np.concatenate([of[kept], row])
    ats = np.concatenate([along[kept], at])
    places = np.concatenate([points[kept], xy])
    is_cut = np.r_[np.zeros(int(kept.sum()), bool), np.ones(len(row), bool)]
    begins = np.r_[first[kept], np.zeros(len(row), bool)]
    order = np.lexsort((np.r_[np.flatnonzero(kept), np.arange(len(row))], ats, rows))
    # A cut ends one piece and begins the next, so it stands twice.
    twice = np.repeat(order, np.where(is_cut[order], 2, 1))
    second = np.r_[False, (twice[1:] == twice[:-1])]
    piece = np.cumsum(begins[twice] | second) - 1
    spots, owner = places[twice], rows[twice]
    fresh = np.r_[True, (piece[1:] != piece[:-1]) | (spots[1:] != spots[:-1]).any(axis=1)]
    spots, piece, owner = spots[fresh], piece[fresh], owner[fresh]
    long = (np.bincount(piece) > 1)[piece]
    spots, owner = spots[long], owner[long]
    _, start, index = np.unique(piece[long], return_index=True, return_inverse=True)
    return shapely.linestrings(spots, indices=index), owner[start].astype(np.int64)


def _along(points: Floats, first: NDArray[np.bool_]) -> Floats:
    """Distance of vertices along their lines; each line begins where `first` is true."""
    step = np.r_[0.0, np.hypot(*np.diff(points, axis=0).T)]
    step[first] = 0.0
    total = np.cumsum(step)
    along: Floats = total - np.repeat(total[first], np.diff(np.r_[np.flatnonzero(first), len(points)]))
    return along


def _near_a_cut(of: Ints, along: Floats, row: Ints, at: Floats, near: float) -> NDArray[np.bool_]:
    if len(row) == 0:
        return np.zeros(len(of), bool)
    apart = 2.0 * (max(along.max(), at.max()) + 1.0)
    cuts, vertices = row * apart + at, of * apart + along
    after = np.searchsorted(cuts, vertices)
    gap = np.minimum(
        np.abs(cuts[np.minimum(after, len(cuts) - 1)] - vertices),
        np.abs(vertices - cuts[np.maximum(after - 1, 0)]),
    )
    close: NDArray[np.bool_] = gap <= near
    return close


def _crossed(lines: Lines, ground: Ints, tree: shapely.STRtree) -> tuple[Ints, Floats]:
    """Rows and places where two lines share points: crossings, and the ends of what they share."""
    i, j = tree.query(lines[ground], predicate="intersects")
    i, j = i[i < j], j[i < j]
    order = np.lexsort((j, i))
    a, b = ground[i[order]], ground[j[order]]
    rows: list[Ints] = []
    places: list[Floats] = []
    for start in range(0, len(a), _PAIRS_AT_ONCE):
        left, right = a[start : start + _PAIRS_AT_ONCE], b[start : start + _PAIRS_AT_ONCE]
        shared = shapely.intersection(lines[left], lines[right])
        lengthy = shapely.length(shared) > 0
        ends = shapely.boundary(shapely.line_merge(_lines_only(shared[lengthy])))
        for shapes, pair in ((shared, np.arange(len(left))), (ends, np.flatnonzero(lengthy))):
            parts, of = shapely.get_parts(shapes, return_index=True)
            dots = shapely.get_type_id(parts) == shapely.GeometryType.POINT.value
            xy = np.round(shapely.get_coordinates(parts[dots]), _PLACES)
            both = pair[of[dots]]
            rows += [left[both], right[both]]
            places += [xy, xy]
    if not rows:
        return np.empty(0, np.int64), np.empty((0, 2))
    return np.concatenate(rows).astype(np.int64), np.concatenate(places)


def _lines_only(shapes: Lines) -> Lines:
    parts, of = shapely.get_parts(shapes, return_index=True)
    kept = shapely.get_type_id(parts) == shapely.GeometryType.LINESTRING.value
    out = np.empty(len(shapes), dtype=object)
    if kept.any():
        shapely.multilinestrings(parts[kept], indices=of[kept], out=out)
    return out


def _crossed_itself(lines: Lines, ground: Ints) -> tuple[Ints, Floats, Floats]:
    """Rows, places and distances along the line where lines cross themselves; each passing is one."""
    rows: list[int] = []
    places: list[Floats] = []
    ats: list[float] = []
    for row in ground[~shapely.is_simple(lines[ground])].tolist():
        points = shapely.get_coordinates(lines[row])
        along = np.r_[0.0, np.cumsum(np.hypot(*np.diff(points, axis=0).T))]
        steps = np.asarray(shapely.linestrings(np.stack([points[:-1], points[1:]], axis=1)), dtype=object)
        i, j = shapely.STRtree(steps).query(steps, predicate="intersects")
        apart = j > i + 1
        for a, b in sorted(zip(i[apart].tolist(), j[apart].tolist(), strict=True)):
            for place in np.round(shapely.get_coordinates(shapely.intersection(steps[a], steps[b])), _PLACES):
                for step in (a, b):
                    rows.append(row)
                    places.append(place)
                    ats.append(float(along[step] + np.hypot(*(place - points[step]))))
    return (
        np.array(rows, dtype=np.int64),
        np.array(places, dtype=np.float64).reshape(-1, 2),
        np.array(ats, dtype=np.float64),
    )


def _settled(xy: Floats, nodes: Floats, touch_m: float) -> Floats:
    """Crossings within the tolerance of an end become that end; those near one another become one."""
    if len(xy) == 0:
        return xy
    places, of = unique_points(xy)
    tree = shapely.STRtree(_dots(nodes))
    dots = _dots(places)
    pair, distance = tree.query_nearest(
        dots, max_distance=max(touch_m, _HALF_MM), return_distance=True, all_matches=True
    )
    order = np.lexsort((pair[1], distance, pair[0]))
    near, first = np.unique(pair[0][order], return_index=True)
    settled = places.copy()
    settled[near] = nodes[pair[1][order][first]]
    free = np.setdiff1d(np.arange(len(places)), near)
    if len(free):
        settled[free] = places[free][_leaders(places[free], touch_m)]
    return settled[of]


def _leaders(points: Floats, touch_m: float) -> Ints:
    """Row of the first of the points that hang together by steps within the tolerance; points are sorted."""
    count = len(points)
    dots = _dots(points)
    a, b = shapely.STRtree(dots).query(dots, predicate="dwithin", distance=touch_m)
    net = sparse.coo_array((np.ones(len(a)), (a, b)), shape=(count, count)).tocsr()
    _, label = connected_components(net, directed=False)
    first = np.full(label.max(initial=-1) + 1, count)
    np.minimum.at(first, label, np.arange(count))
    leaders: Ints = first[label].astype(np.int64)
    return leaders


def _dots(xy: Floats) -> Lines:
    return np.asarray(shapely.points(xy), dtype=object)
