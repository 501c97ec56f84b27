"""How much a place is looked at: what patrols found there, and how long they were there."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from zoneinfo import ZoneInfo

import numpy as np
import shapely
from numpy.typing import NDArray

from gridmap.domain.gridkey import Scope
from gridmap.domain.protection import LEAST_TOLD
from gridmap.services.hotspots.observations import Inputs
from gridmap.services.patrols.ask.history import Stayed, stays_between
from gridmap.services.reports.request import ReportRequest
from gridmap.storage.database import Database

_NEAR_M = 100.0
"""A team is at a place so near to it, as for a stop of a plan."""


def stays_in(database: Database, scope: Scope, request: ReportRequest, epsg: int) -> tuple[Stayed, ...]:
    """Read where teams were seen in a report's period."""
    zone = ZoneInfo(database.settings.timezone)
    since = dt.datetime.combine(request.since, dt.time(), zone)
    until = dt.datetime.combine(request.until + dt.timedelta(days=1), dt.time(), zone)
    with database.scoped_session(scope) as session:
        return stays_between(session, since, until, epsg)


def patrol_hours(stays: Sequence[Stayed], place: shapely.Geometry) -> float | None:
    """Tell how many hours teams were seen at a place; None where none was seen anywhere.

    Parameters
    ----------
    stays : sequence of Stayed
    place : shapely geometry
        In the same system.
    """
    if not stays:
        return None
    points = shapely.points([(stay.x, stay.y) for stay in stays])
    there = shapely.dwithin(points, place, _NEAR_M)
    spans = np.array([stay.left_s - stay.came_s for stay in stays])
    return round(float(spans[there].sum()) / 3600.0, 1)


def found_share(inputs: Inputs, inside: NDArray[np.bool_], domain: str) -> float | None:
    """Tell which share of a place's incidents patrols and screening found, in tenths.

    Parameters
    ----------
    inputs : Inputs
    inside : (m,) bool
        Incidents of the place.
    domain : str

    Returns
    -------
    float or None
        Of perturbed numbers, neither of which is told. 0 where of those that were found none may be told, for they are
        too few; None where the place itself has too few to say so.
    """
    kind = inputs.guard.kind(None, domain)
    whole = inputs.guard.told_set(inside, f"{kind}place looked at", found=True)
    told = inputs.guard.told_set(inside & inputs.found, f"{kind}place found", found=True)
    if whole is None:
        return None
    if told is None:
        return 0.0 if whole >= 2 * LEAST_TOLD else None
    return min(round(10.0 * told / whole) / 10.0, 1.0)
