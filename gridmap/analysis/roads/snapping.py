"""Places off the road put onto the nearest segment."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from gridmap.analysis.roads.graph import RoadGraph
from gridmap.analysis.roads.modes import Mode
from gridmap.errors import InvalidInput


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


class Snapper:
    """Finds the nearest segment that a mode may use.

    Parameters
    ----------
    graph : RoadGraph
    mode : {'foot', 'bike', 'car'}, optional
        Only segments that the mode may use in one direction at least; all by default.

    Raises
    ------
    InvalidInput
        When the mode may use no segment.
    """

    def __init__(self, graph: RoadGraph, mode: Mode | None = None) -> None:
        usable = np.ones(len(graph.lines), dtype=bool)
        if mode is not None:
            usable = np.isfinite(graph.forward_s[mode]) | np.isfinite(graph.backward_s[mode])
        if not usable.any():
            raise InvalidInput(
                "mode-no-roads", f"没有 {mode} 可走的道路。", f"There is no road that {mode} may use."
            )
        self._rows = np.flatnonzero(usable)
        self._lines = graph.lines[self._rows]
        self._tree = shapely.STRtree(self._lines)

    def snap(self, xy: ArrayLike) -> Snapped:
        """Put places onto their nearest segments; of equally near ones the first.

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
        if not np.isfinite(at).all():
            raise InvalidInput(
                "coordinate-not-finite", "坐标含有空值或无穷大。", "A coordinate is not finite."
            )
        points = shapely.points(at)
        pairs, distance = self._tree.query_nearest(points, return_distance=True, all_matches=True)
        # Equally near segments come in the tree's own order, which hangs on its nodes.
        order = np.lexsort((pairs[1], pairs[0]))
        place, first = np.unique(pairs[0][order], return_index=True)
        chosen = order[first]
        assert len(place) == len(at)  # noqa: S101 - a tree that is not empty has a nearest line for every point
        row = pairs[1][chosen]
        offset = shapely.line_locate_point(self._lines[row], points)
        return Snapped(self._rows[row].astype(np.int64), np.asarray(offset), np.asarray(distance[chosen]))
