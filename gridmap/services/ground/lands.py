"""Which grid a piece of land lies in."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely

from gridmap.domain.gridkey import LEVELS, TOWN, UNASSIGNED, ancestor, level_of
from gridmap.services.ground.gridbook import GridBook

_STEP_DEG = 0.002
"""About 200 m: no grid is that narrow."""


def _common(keys: np.ndarray[Any, np.dtype[np.int64]]) -> int:
    """Return the deepest grid that holds all of some grids; 0 where one lies in none, or there is no such grid."""
    some = {int(k) for k in keys}
    if not some or UNASSIGNED in some:
        some.discard(UNASSIGNED)
        towns = {ancestor(k, TOWN) for k in some}
        return towns.pop() if len(towns) == 1 else UNASSIGNED
    for level in reversed(LEVELS):
        above = {ancestor(k, level) for k in some}
        if len(above) == 1 and all(level_of(k) >= level for k in some):
            return above.pop()
    return UNASSIGNED


def grid_of_land(shape: Any, book: GridBook) -> int:
    """Return the deepest grid that holds a piece of land; 0 where a part of it lies in none.

    Parameters
    ----------
    shape : shapely.Geometry or None
        EPSG:4326.
    book : GridBook
    """
    if shape is None:
        return UNASSIGNED
    # Bends alone would miss a village that a long edge crosses.
    points = shapely.get_coordinates(shapely.segmentize(shape, _STEP_DEG))
    inside = shapely.get_coordinates(shapely.point_on_surface(shape))
    xy = np.vstack([points, inside])
    return _common(book.assign(xy[:, 0], xy[:, 1]).grid_key)
