"""Rows of files get their grid: by coordinates, by code, by village's name."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from gridmap.ingest.model import ParsedTable
from gridmap.services.ground.gridbook import GridBook
from gridmap.services.imports.kinds import Placed
from gridmap.tilekey import tile_key


def coordinates(table: pa.Table, *names: str) -> tuple[NDArray[np.float64], ...]:
    """Columns of coordinates as arrays of shape (n,); not a number where there is none."""
    return tuple(table[n].to_numpy().astype(np.float64) for n in names)


def placed_points(parsed: ParsedTable, book: GridBook) -> Placed:
    """Give each row the grid and the map tile of its point, or the grid that it names.

    Parameters
    ----------
    parsed : ParsedTable
        With columns ``lon`` and ``lat`` (degrees, EPSG:4326).
    book : GridBook
    """
    table = parsed.table
    lon, lat = coordinates(table, "lon", "lat")
    keys = book.assign(lon, lat).grid_key
    placed = np.isfinite(lon) & np.isfinite(lat)
    if "grid_code" in table.column_names:
        keys = np.where(placed, keys, book.key_of_codes(table["grid_code"]))
    if "village_name" in table.column_names:
        keys = np.where(placed | (keys != 0), keys, book.key_of_villages(table["village_name"]))
    tiles = np.zeros(len(lon), np.int64)
    tiles[placed] = tile_key(lon[placed], lat[placed])
    table = table.append_column("grid_key", pa.array(keys))
    table = table.append_column("tile_key", pa.array(tiles, mask=~placed))
    # A row of a few columns may say nothing of its place: its record keeps the one that it has.
    said = table["placed_by"].is_valid().to_numpy()
    return Placed(table, int(((keys == 0) & said).sum()))
