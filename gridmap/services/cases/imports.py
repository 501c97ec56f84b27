"""Kinds of records about cases that files bring in."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa

from gridmap.ingest.model import ParsedTable
from gridmap.services.ground.gridbook import GridBook
from gridmap.services.ground.placing import coordinates, placed_points
from gridmap.services.imports.kinds import ImportKind, Placed
from gridmap.storage.cases import loads


def _incident_rows(parsed: ParsedTable, book: GridBook) -> Placed:
    placed = placed_points(parsed, book)
    accuracy_m = np.nan_to_num(parsed.table["accuracy_m"].to_numpy().astype(np.float64), nan=0.0)
    lon, lat = coordinates(parsed.table, "lon", "lat")
    flags = book.needs_confirmation(lon, lat, accuracy_m)
    rows = placed.rows.append_column("needs_confirmation", pa.array(flags))
    return replace(placed, rows=rows, to_confirm=int(flags.sum()))


def _step_rows(parsed: ParsedTable, book: GridBook) -> Placed:
    keys = book.key_of_codes(parsed.table["to_grid_code"])
    return Placed(parsed.table.append_column("to_grid_key", pa.array(keys, mask=keys == 0)))


INCIDENTS = ImportKind("incidents", loads.INCIDENTS, GridBook.read, _incident_rows)
INCIDENT_STEPS = ImportKind(
    "incident_steps",
    loads.INCIDENT_STEPS,
    GridBook.read,
    _step_rows,
    refers=("uid", loads.incident_numbers),
)
