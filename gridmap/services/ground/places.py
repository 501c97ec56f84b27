"""A grid as people name it: by key, official code, or name."""

from __future__ import annotations

from gridmap.domain.gridkey import VILLAGE, Scope, is_region
from gridmap.errors import NotFound
from gridmap.services.ground import regions
from gridmap.storage.database import Database
from gridmap.storage.ground import grids


def grid_of(database: Database, scope: Scope, named: str) -> int:
    """Return the key of the grid that a key, an official code or a name means, or the code of a region.

    Raises
    ------
    NotFound
        When the scope has no such grid now, or several of that name.
    """
    wanted = named.strip()
    with database.scoped_session(scope) as session:
        found = grids.keys_named(session, wanted)
        # A grid's own code may have as few digits as a region's.
        if not found and wanted.isdecimal() and is_region(code := int(wanted)):
            regions.towns_in(session, code)
            return code
    if len(found) != 1:
        raise NotFound(
            "grid-named",
            f"没有（或不止一个）名为“{wanted}”的网格。用 gridmap grids list 查看编码。",
            f"There is no grid “{wanted}”, or more than one. See the codes with gridmap grids list.",
        )
    return found.pop()


def names_of(database: Database, scope: Scope) -> dict[int, tuple[str, str]]:
    """Return the Chinese and English name of every grid down to the villages, by key."""
    with database.scoped_session(scope) as session:
        rows = grids.list_grids(session, geometry=False)
    return {int(row["grid_key"]): (row["name_zh"], row["name_en"]) for row in rows if row["level"] <= VILLAGE}
