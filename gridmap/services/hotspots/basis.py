"""Whether places are compared by rate or by count where nobody said which."""

from __future__ import annotations

from typing import Literal

from gridmap.domain.gridkey import Scope
from gridmap.errors import NotFound
from gridmap.services.hotspots.observations import scope_of
from gridmap.services.hotspots.spec import COUNTS_ONLY, Method
from gridmap.storage.database import Database
from gridmap.storage.ground import grids

Basis = Literal["count", "rate"]


def usual_basis(
    database: Database,
    scope: Scope,
    level: int,
    *,
    method: Method = "gi",
    hexagons: int | None = None,
    within: int | None = None,
) -> Basis:
    """Choose the rate wherever everybody who is present is known: by count a place stands out for its many people.

    Parameters
    ----------
    database : Database
    scope : Scope
    level : int
        Level of the cells.
    method : str
        Some look at counts only.
    hexagons : int, optional
        Resolution; the people of a hexagon are not known.
    within : int, optional
        Key of the grid that is looked at.

    Returns
    -------
    {'rate', 'count'}
        The count, too, where the grid that is looked at lies outside the scope: the run says so.
    """
    if method in COUNTS_ONLY or hexagons is not None:
        return "count"
    try:
        inside = scope_of(scope, within)
    except NotFound:
        return "count"
    with database.scoped_session(scope) as session:
        return "rate" if grids.has_population(session, level, inside.lo, inside.hi) else "count"
