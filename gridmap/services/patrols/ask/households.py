"""Households that a plan is to stay near to."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gridmap import crs
from gridmap.analysis.patrol import Households, Team
from gridmap.domain.gridkey import Scope
from gridmap.services.ground.households import inhabited
from gridmap.services.patrols.ask.places import OnRoads
from gridmap.storage.database import Database


def households_of(
    database: Database, scope: Scope, teams: Sequence[Team], roads: OnRoads, near_s: float | None
) -> Households | None:
    """Read where households are, and how long teams take to them from the places of a plan.

    Parameters
    ----------
    database : Database
    scope : Scope
    teams : sequence of Team
    roads : OnRoads
    near_s : float, optional
        None where a plan is not to stay near to them: nothing is read.

    Raises
    ------
    InvalidInput
        When no grid has households.

    Notes
    -----
    They stand at the representative point of their micro-grid, put onto the nearest road of each mode, and are served
    by the teams that serve the grid.
    """
    if near_s is None:
        return None
    rows, _ = inhabited(database, scope)
    xy = np.column_stack(
        crs.from_wgs84([r["label_lon"] for r in rows], [r["label_lat"] for r in rows], roads.epsg)
    )
    keys = np.array([int(row["grid_key"]) for row in rows])
    return Households(
        np.array([row["households"] for row in rows], np.float64),
        {
            mode: router.cost_matrix(roads.snapped[mode], router.snap(xy))
            for mode, router in roads.routers.items()
        },
        {
            team.id: (keys >= team.scope.lo) & (keys <= team.scope.hi)
            for team in teams
            if team.scope != Scope.whole()
        },
    )
