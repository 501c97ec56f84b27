"""Where households are."""

from __future__ import annotations

from gridmap.domain.gridkey import MICRO, VILLAGE, Scope
from gridmap.errors import InvalidInput
from gridmap.storage.database import Database
from gridmap.storage.ground import grids
from gridmap.storage.ground.grids import GridRow


def inhabited(database: Database, scope: Scope) -> tuple[list[GridRow], int]:
    """Return the micro-grids, or villages, in which households are; and their level.

    Raises
    ------
    InvalidInput
        When no grid has households.
    """
    with database.scoped_session(scope) as session:
        for level in (MICRO, VILLAGE):
            found = grids.list_grids(session, level=level, geometry=False)
            rows = [row for row in found if row["households"]]
            if rows:
                return rows, level
    raise InvalidInput(
        "coverage-no-households",
        "网格没有户数，无法计算覆盖。请导入带户数（households）的网格。",
        "No grid has households, so coverage cannot be told. Import grids with households.",
    )
