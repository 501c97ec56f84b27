"""Shapes found by their cells: what reaches a place is a few ranges of integers, an index's work under any policy."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import TypedDict

from sqlalchemy import text
from sqlalchemy.orm import Session

from gridmap.domain.gridkey import LEVELS
from gridmap.tilekey import Box, cells_reaching, tile_box

TILE_MARGIN = 1 / 64
"""How far beyond its edge a tile draws, as a part of its width."""

_CROWDED_TO_ZOOM = 12
"""Down to it a tile has thousands of shapes, and reading one in vain costs more than another range."""


class CellArrays(TypedDict):
    """Ranges of cells as statements take them."""

    lo: list[int]
    hi: list[int]
    first: list[int]
    last: list[int]


def cell_arrays(boxes: Iterable[Box], **how: int) -> CellArrays:
    """Return the ranges of cells whose shapes can reach one of some boxes (west, south, east, north in degrees).

    `how` is that of :func:`gridmap.tilekey.cells_reaching`.
    """
    ranges = cells_reaching(boxes, **how)
    return {
        "lo": [r.lo for r in ranges],
        "hi": [r.hi for r in ranges],
        "first": [r.zoom_lo for r in ranges],
        "last": [r.zoom_hi for r in ranges],
    }


@lru_cache(maxsize=4096)
def cells_of_tile(z: int, x: int, y: int) -> CellArrays:
    """Return the ranges of cells whose shapes a tile may draw.

    Raises
    ------
    InvalidInput
        When there is no such tile.
    """
    finer = 4 if z <= _CROWDED_TO_ZOOM else 3
    return cell_arrays([tile_box(z, x, y, margin=TILE_MARGIN)], finer=finer)


_GRIDS = """
select distinct s.grid_key
from unnest(cast(:levels as smallint[])) as l (level),
     unnest(cast(:lo as bigint[]), cast(:hi as bigint[]), cast(:first as bigint[]), cast(:last as bigint[]))
       as c (lo, hi, first, last),
     lateral (
       select g.grid_key from grids g
       where g.level = l.level and g.valid_to is null
         and g.cell_key between c.lo and c.hi and g.cell_zoom between c.first and c.last
       offset 0
     ) s
"""


def grids_reaching(session: Session, boxes: Iterable[Box], levels: Iterable[int] = LEVELS) -> list[int]:
    """Return the keys of the grids that stand now and can reach one of some boxes; a few others may be among them."""
    asked = cell_arrays(boxes)
    return [int(key) for key in session.scalars(text(_GRIDS), {**asked, "levels": [*levels]})]
