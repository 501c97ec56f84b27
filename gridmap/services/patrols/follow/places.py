"""Where a kept plan puts its teams at a time of its shift."""

from __future__ import annotations

import datetime as dt

from gridmap.domain.gridkey import Scope
from gridmap.services.patrols.keep.plans import kept_plan
from gridmap.storage.database import Database

LonLat = tuple[float, float]


def places_at(database: Database, scope: Scope, patrol_id: int, clock: dt.time) -> dict[str, LonLat]:
    """Return where each team with a route is at a local time of day, by the times of its visits.

    Parameters
    ----------
    database : Database
    scope : Scope
    patrol_id : int
    clock : time
        The first such time of day from the plan's begin on.

    Raises
    ------
    NotFound
        When there is no such plan in the scope.
    """
    plan = kept_plan(database, scope, patrol_id)
    begins = plan.begins_at
    at = dt.datetime.combine(begins.date(), clock, begins.tzinfo)
    if at < begins:
        at = dt.datetime.combine(begins.date() + dt.timedelta(days=1), clock, begins.tzinfo)
    return {code: (place.lon, place.lat) for code, place in plan.place_at(at).items()}
