"""Kinds of records about teams and sites that files bring in."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from gridmap.ingest.model import ParsedTable
from gridmap.services.ground.gridbook import GridBook
from gridmap.services.ground.placing import coordinates, placed_points
from gridmap.services.imports.kinds import ImportKind, Placed
from gridmap.storage.teams import loads


def _team_rows(parsed: ParsedTable, book: GridBook) -> Placed:
    # A team belongs to the grid that it serves, wherever its base stands.
    keys = book.assign(*coordinates(parsed.table, "base_lon", "base_lat")).grid_key
    named = book.key_of_codes(parsed.table["grid_code"])
    keys = np.where(named != 0, named, keys)
    return Placed(parsed.table.append_column("grid_key", pa.array(keys)), int((keys == 0).sum()))


TEAMS = ImportKind("teams", loads.TEAMS, GridBook.of, _team_rows)
TEAM_POSITIONS = ImportKind(
    "team_positions",
    loads.TEAM_POSITIONS,
    GridBook.of,
    placed_points,
    refers=("team_code", loads.team_codes),
    undoable=False,
)
MIGRANTS = ImportKind("migrants", loads.MIGRANTS, GridBook.of, placed_points)
ORGANISATIONS = ImportKind("organisations", loads.ORGANISATIONS, GridBook.of, placed_points)
