"""Roads cut where they meet, and what is odd about a network."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from gridmap.analysis.roads import _crossings as crossings
from gridmap.analysis.roads.graph import Floats, Ints
from gridmap.errors import InvalidInput

Lines = NDArray[np.object_]
TOUCH_M = 0.02
_PLACES = 3
_EDGE_M = 50.0


@dataclass(frozen=True, slots=True, eq=False)
class Noded:
    """Pieces of lines that meet at their ends only.

    Attributes
    ----------
    lines : (k,) object
        Shapely lines in metres, coordinates rounded to the millimetre; by source and part.
    source : (k,) int64
        Row of the input that each piece comes from.
    part : (k,) int64
        Number of the piece along its source, from 1; a number is missing where a piece was left out.
    whole : (k,) bool
        Whether the piece is its whole source, not cut and not moved but for the rounding.
    duplicate : (d,) int64
        Rows of the input of which at least a piece was left out because another row draws the same.
    duplicate_lines : (d,) object
        A piece left out for each of them.
    empty : (e,) int64
        Rows of the input without length.
    cut : (c,) int64
        Rows of the input that became several pieces.
    joined_ends : int
        Ends that were moved onto another within the tolerance.
    conventions : dict of str to str
    """

    lines: Lines
    source: Ints
    part: Ints
    whole: NDArray[np.bool_]
    duplicate: Ints
    duplicate_lines: Lines
    empty: Ints
    cut: Ints
    joined_ends: int
    conventions: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Component:
    """Roads that hang together.

    Attributes
    ----------
    segments : int
    length_m : float
    """

    segments: int
    length_m: float


@dataclass(frozen=True, slots=True, eq=False)
class Survey:
    """What is odd about a network of noded lines.

    Attributes
    ----------
    components : tuple of Component
        The longest first.
    of_line : (m,) int64
        Row in `components` of each line; 0 is the main network.
    dead_ends : (d, 2) float64
        Nodes of degree 1 inside the study area, in metres, in order of x and y.
    nodes : int
    length_m : float
    conventions : dict of str to str
    """

    components: tuple[Component, ...]
    of_line: Ints
    dead_ends: Floats
    nodes: int
    length_m: float
    conventions: dict[str, str] = field(default_factory=dict)


def node_lines(
    lines: ArrayLike,
    *,
    bridge: ArrayLike,
    oneway: Sequence[str] | None = None,
    identity: Sequence[str] | None = None,
    permission: Sequence[Hashable] | None = None,
    touch_m: float = TOUCH_M,
) -> Noded:
    """Cut lines where they cross or touch at the same level.

    A bridge (or tunnel) is not cut and cuts nothing that it passes; it meets others at its own ends.

    Parameters
    ----------
    lines : (m,) array_like of shapely LineString or MultiLineString
        Projected, metres. Parts of a multi-line are parts of one source.
    bridge : (m,) array_like of bool
    oneway : sequence of {'yes', 'no', 'reverse'}, optional
        Lines drawn twice are duplicates only where they may be used in the same directions.
    identity : sequence of str, optional
        Key of each row; of duplicates the one with the lowest stays. By geometry where absent.
    permission : sequence, optional
        Who may use each row; lines drawn twice are duplicates only where it is equal.
    touch_m : float
        An end this near to another line touches it, and ends this near to one another are one.

    Returns
    -------
    Noded
        The same pieces for any order of the rows.

    Raises
    ------
    InvalidInput
        When a row has no line, a coordinate is not finite, columns differ in length, or the tolerance is negative.
    """
    given = np.asarray(lines, dtype=object).reshape(-1)
    high = np.asarray(bridge, dtype=bool).reshape(-1)
    way = np.array(["no"] * len(given) if oneway is None else list(oneway), dtype=object)
    said = np.zeros(len(given), np.int64) if permission is None else _numbers(permission)
    _check(given, high, way, said, identity, touch_m)
    if len(given) == 0:
        return _nothing(touch_m)
    names = (
        shapely.to_wkb(given, hex=True, byte_order=1) if identity is None else np.asarray(identity, object)
    )
    work, row = shapely.get_parts(given, return_index=True)
    # Which piece of a multi-line comes first is part of its content; the order of the rows is not.
    order = np.argsort(np.unique(np.asarray(names, dtype=str), return_inverse=True)[1][row], kind="stable")
    work, row = _rounded(work[order]), row[order].astype(np.int64)
    long = shapely.length(work) > 0
    work, row = work[long], row[long]
    work, moved = crossings.join_ends(work, touch_m)
    long = shapely.length(work) > 0
    work, row, moved = work[long], row[long], moved[long]
    cuts = crossings.cut_points(work, high[row], touch_m)
    pieces, of_work = crossings.cut(work, cuts, touch_m)
    source = row[of_work]
    untouched = (np.bincount(of_work, minlength=len(work)) == 1) & ~moved
    part = _numbered(source)
    kept = _first_drawn(pieces, high[source], way[source], said[source])
    # A row of which nothing but duplicates or rounding is left is not whole even where one piece stays.
    whole = untouched[of_work] & (np.bincount(row, minlength=len(given))[source] == 1)
    several = np.bincount(source, minlength=len(given)) > 1
    out = np.flatnonzero(kept)
    out = out[np.lexsort((part[out], source[out]))]
    twice, where = np.unique(source[~kept], return_index=True)
    return Noded(
        pieces[out],
        source[out],
        part[out],
        whole[out],
        twice.astype(np.int64),
        pieces[~kept][where],
        np.setdiff1d(np.arange(len(given)), source).astype(np.int64),
        np.flatnonzero(several).astype(np.int64),
        int(moved.sum()),
        _conventions(touch_m),
    )


def survey(lines: ArrayLike, *, outline: shapely.Geometry | None = None, edge_m: float = _EDGE_M) -> Survey:
    """Find disconnected pieces and dead ends of noded lines.

    Parameters
    ----------
    lines : (m,) array_like of shapely LineString
        Projected, metres.
    outline : shapely polygon, optional
        Study area, metres. Ends outside of it or this near to its border are where the data stops, not dead ends.
    edge_m : float

    Returns
    -------
    Survey

    Raises
    ------
    InvalidInput
        When a row has no line.
    """
    shapes = np.asarray(lines, dtype=object).reshape(-1)
    count = len(shapes)
    if (shapely.get_type_id(shapes) != shapely.GeometryType.LINESTRING.value).any():
        raise _no_line(int(np.flatnonzero(shapely.get_type_id(shapes) != 1)[0]))
    words = {"direction": "ignored", "edge": f"{edge_m:g} m", "meeting": "equal ends, millimetre"}
    if count == 0:
        return Survey((), np.empty(0, np.int64), np.empty((0, 2)), 0, 0.0, words)
    nodes, of_end = crossings.unique_points(np.round(crossings.ends_of(shapes), _PLACES))
    tail, head = of_end[:count], of_end[count:]
    length_m = shapely.length(shapes)
    net = sparse.coo_array((np.ones(count), (tail, head)), shape=(len(nodes), len(nodes)))
    groups, label = connected_components(net.tocsr(), directed=False)
    of_line = label[tail]
    metres = np.bincount(of_line, weights=length_m, minlength=groups)
    segments = np.bincount(of_line, minlength=groups)
    first_node = np.full(groups, len(nodes))
    np.minimum.at(first_node, label, np.arange(len(nodes)))
    # Sums of floats in another order of rows differ in their last digits, which must not decide the order.
    order = np.lexsort((first_node, -segments, -np.round(metres, _PLACES)))
    rank = np.empty(groups, np.int64)
    rank[order] = np.arange(groups)
    degree = np.bincount(np.concatenate([tail, head]), minlength=len(nodes))
    dead = nodes[degree == 1]
    if outline is not None and len(dead):
        points = shapely.points(dead)
        inside = shapely.intersects(outline, points)
        near = shapely.distance(shapely.boundary(outline), points) <= edge_m
        dead = dead[inside & ~near]
    return Survey(
        tuple(Component(int(segments[i]), float(metres[i])) for i in order),
        rank[of_line],
        dead,
        len(nodes),
        float(np.sort(length_m).sum()),
        words,
    )


def _check(
    lines: Lines,
    bridge: NDArray[np.bool_],
    oneway: Lines,
    permission: Ints,
    identity: Sequence[str] | None,
    touch_m: float,
) -> None:
    if not touch_m >= 0:
        raise InvalidInput(
            "noding-tolerance",
            "容差不能是负数或空值。",
            "The tolerance must be a number that is not negative.",
        )
    count = len(lines)
    if (
        len(bridge) != count
        or len(permission) != count
        or len(oneway) != count
        or (identity is not None and len(identity) != count)
    ):
        raise InvalidInput("roads-shape", "各列长度不一致。", "The columns differ in length.")
    wrong = ~np.isin(shapely.get_type_id(lines), (1, 5))
    if wrong.any():
        raise _no_line(int(np.flatnonzero(wrong)[0]))
    filled = ~shapely.is_empty(lines)
    if not np.isfinite(shapely.bounds(lines[filled])).all():
        raise InvalidInput("coordinate-not-finite", "坐标含有空值或无穷大。", "A coordinate is not finite.")


def _no_line(row: int) -> InvalidInput:
    return InvalidInput("road-not-line", f"第 {row + 1} 条道路不是线。", f"Road {row + 1} is not a line.")


def _conventions(touch_m: float) -> dict[str, str]:
    return {
        "levels": "a bridge meets others at its own ends only",
        "rounding": "millimetre",
        "tolerance": f"{touch_m:g} m",
        "duplicates": "same line, level, directions and permission; the lowest key stays",
    }


def _nothing(touch_m: float) -> Noded:
    rows, shapes = np.empty(0, np.int64), np.empty(0, dtype=object)
    return Noded(
        shapes, rows, rows, np.empty(0, bool), rows, shapes, rows, rows, 0, _conventions(touch_m)
    )  # fmt: skip


def _rounded(lines: Lines) -> Lines:
    """Round to the millimetre; a line that shrinks to a point keeps two equal vertices."""
    points, index = shapely.get_coordinates(lines, return_index=True)
    points = np.round(points, _PLACES)
    again = np.zeros(len(points), bool)
    again[1:] = (index[1:] == index[:-1]) & (points[1:] == points[:-1]).all(axis=1)
    count = np.bincount(index[~again], minlength=len(lines))
    out = np.full(len(lines), shapely.LineString(), dtype=object)
    usable = count > 1
    used = ~again & usable[index]
    renumbered = np.cumsum(usable) - 1
    if usable.any():
        out[usable] = shapely.linestrings(points[used], indices=renumbered[index[used]])
    return out


def _numbered(source: Ints) -> Ints:
    """Count the pieces of each source from 1, in the order in which they stand."""
    order = np.argsort(source, kind="stable")
    ordered = source[order]
    start = np.r_[True, ordered[1:] != ordered[:-1]]
    first = np.maximum.accumulate(np.where(start, np.arange(len(ordered)), 0))
    part = np.empty(len(source), np.int64)
    part[order] = np.arange(len(ordered)) - first + 1
    return part


def _numbers(values: Sequence[Hashable]) -> Ints:
    """Give equal values equal numbers."""
    known: dict[Hashable, int] = {}
    return np.array([known.setdefault(value, len(known)) for value in values], dtype=np.int64)


def _first_drawn(
    pieces: Lines, bridge: NDArray[np.bool_], oneway: Lines, permission: Ints
) -> NDArray[np.bool_]:
    """Tell which pieces nobody drew before: same line in either direction, same level, directions and permission."""
    points, index = shapely.get_coordinates(pieces, return_index=True)
    borders = np.searchsorted(index, np.arange(len(pieces) + 1))
    seen: set[tuple[bytes, bool, str, int]] = set()
    kept = np.zeros(len(pieces), bool)
    turned_way = {"yes": "reverse", "reverse": "yes"}
    for i in range(len(pieces)):
        own = points[borders[i] : borders[i + 1]]
        forth, back = own.tolist(), own[::-1].tolist()
        way = str(oneway[i])
        if back < forth:
            own, way = own[::-1], turned_way.get(way, way)
        key = (own.tobytes(), bool(bridge[i]), way, int(permission[i]))
        kept[i] = key not in seen
        seen.add(key)
    return kept
