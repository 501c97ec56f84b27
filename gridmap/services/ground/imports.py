"""Kinds of records of the ground that files bring in."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import shapely

from gridmap.ingest.model import ParsedTable
from gridmap.services.ground.gridbook import GridBook
from gridmap.services.imports.kinds import ImportKind, Placed
from gridmap.storage.ground import loads


def _road_rows(parsed: ParsedTable, _book: GridBook) -> Placed:
    geometry = parsed.geometry if parsed.geometry is not None else np.empty(0, dtype=object)
    names = ["road_class" if c == "class" else c for c in parsed.table.column_names]
    table = parsed.table.rename_columns(names)
    return Placed(table.append_column("wkb", pa.array(shapely.to_wkb(geometry, hex=True), pa.string())))


ROADS = ImportKind("roads", loads.ROADS, GridBook.of, _road_rows, needs_grids=False, undoable=False)
