"""Places off the road put onto the nearest segment."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from gridmap.analysis.roads.graph import RoadGraph
from gridmap.analysis.roads.modes import Mode
from gridmap.errors import InvalidInput

NEAR_BY_M = 250.0
"""How much further a road may lie from which one can come and go, in place of one that leads nowhere."""
_FEW = 500
_AT_END_M = 1e-3


@dataclass(frozen=True, slots=True, eq=False)
class Snapped:
    """Places on segments.

    Attributes
    ----------
    segment : (k,) int64
        Row of the segment.
    offset_m : (k,) float64
        Metres along the segment's line.
    distance_m : (k,) float64
        Metres between the place and the segment.
    """

    segment: NDArray[np.int64]
    offset_m: NDArray[np.float64]
    distance_m: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.segment)

    def only(self, place: int) -> Snapped:
        """Return one of the places alone."""
        here = slice(place, place + 1)
        return Snapped(self.segment[here], self.offset_m[here], self.distance_m[here])


class Snapper:
    """Finds the nearest segment that a mode may use.

    Parameters
    ----------
    graph : RoadGraph
    mode : {'foot', 'bike', 'car'}, optional
        Only segments that the mode may use in one direction at least; all by default.
    apart : (m,) bool, optional
        Segments from which little of the network can be reached and left again: a place is put onto one only where no
        other segment lies within :data:`NEAR_BY_M` further.

    Raises
    ------
    InvalidInput
        When the mode may use no segment.
    """

    def __init__(
        self, graph: RoadGraph, mode: Mode | None = None, apart: NDArray[np.bool_] | None = None
    ) -> None:
        usable = np.ones(len(graph.lines), dtype=bool)
        if mode is not None:
            usable = np.isfinite(graph.forward_s[mode]) | np.isfinite(graph.backward_s[mode])
        if not usable.any():
            raise InvalidInput(
                "mode-no-roads", f"没有 {mode} 可走的道路。", f"There is no road that {mode} may use."
            )
        rows = np.flatnonzero(usable)
        alone = np.zeros(len(rows), bool) if apart is None else apart[rows]
        self._all = _Index(graph, rows)
        self._apart = rows[alone]
        self._joined = _Index(graph, rows[~alone]) if alone.any() and not alone.all() else None

    def snap(self, xy: ArrayLike) -> Snapped:
        """Put places onto their nearest segments, of equally near ones the first; rather onto one that leads on.

        Parameters
        ----------
        xy : (k, 2) array_like
            Metres.

        Raises
        ------
        InvalidInput
            When coordinates are missing.
        """
        at = np.asarray(xy, dtype=np.float64).reshape(-1, 2)
        near = self._all.nearest(at)
        if self._joined is None:
            return near
        lost = np.flatnonzero(np.isin(near.segment, self._apart))
        if len(lost) == 0:
            return near
        other = self._joined.nearest(at[lost])
        better = other.distance_m <= near.distance_m[lost] + NEAR_BY_M
        for name in ("segment", "offset_m", "distance_m"):
            getattr(near, name)[lost[better]] = getattr(other, name)[better]
        return near


class _Index:
    """Some segments of a graph, found by place."""

    def __init__(self, graph: RoadGraph, rows: NDArray[np.int64]) -> None:
        self._rows = rows
        self._lines = graph.lines[rows]
        self._length_m = graph.length_m[rows]
        self._tree = shapely.STRtree(self._lines)

    def nearest(self, at: NDArray[np.float64]) -> Snapped:
        if not np.isfinite(at).all():
            raise InvalidInput(
                "coordinate-not-finite", "坐标含有空值或无穷大。", "A coordinate is not finite."
            )
        # Neighbours one after another find the tree's nodes in the processor's cache: twice as fast for many places.
        turn = _along_curve(at)
        points = np.asarray(shapely.points(at), dtype=object)
        pairs, distance = self._tree.query_nearest(points[turn], return_distance=True, all_matches=True)
        pairs[0] = turn[pairs[0]]
        # Equally near segments come in the tree's own order, which hangs on its nodes.
        order = np.lexsort((pairs[1], pairs[0]))
        place, first = np.unique(pairs[0][order], return_index=True)
        chosen = order[first]
        if len(place) != len(at):
            raise InvalidInput(
                "place-without-road",
                "有的位置找不到最近的道路，请检查道路数据后重新导入。",
                "A place has no nearest road; check the roads and import them again.",
            )
        row = pairs[1][chosen]
        offset = np.asarray(shapely.line_locate_point(self._lines[row], points))
        # Less than a millimetre before a junction is at it: on a one-way street that decides where one comes from.
        offset = np.where(offset < _AT_END_M, 0.0, offset)
        offset = np.where(offset > self._length_m[row] - _AT_END_M, self._length_m[row], offset)
        return Snapped(self._rows[row].astype(np.int64), np.asarray(offset), np.asarray(distance[chosen]))


def _along_curve(xy: NDArray[np.float64]) -> NDArray[np.int64]:
    """Order of places along Morton's curve over their own extent."""
    if len(xy) < _FEW:
        return np.arange(len(xy))
    low, high = xy.min(axis=0), xy.max(axis=0)
    cells = ((xy - low) / np.maximum(high - low, 1e-9) * 65_535).astype(np.uint64)
    for shift, mask in ((8, 0x00FF00FF), (4, 0x0F0F0F0F), (2, 0x33333333), (1, 0x55555555)):
        cells = (cells | (cells << np.uint64(shift))) & np.uint64(mask)
    return np.argsort(cells[:, 0] | (cells[:, 1] << np.uint64(1)), kind="stable")
