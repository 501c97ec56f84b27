"""What the nights before did: when each place was last visited, and what each village got."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from gridmap import crs
from gridmap.domain.patrols import KeptVisit
from gridmap.domain.shown_plans import PlanSummary
from gridmap.services.patrols.ask.prize import LOOK_BACK_DAYS
from gridmap.storage.patrols import plans as stored
from gridmap.storage.patrols.codec import kept_routes
from gridmap.storage.patrols.plans import SeenPlan

_SAME_PLACE_M = 100.0
_WEEK_DAYS = 6


@dataclass(frozen=True, slots=True, eq=False)
class History:
    """Visits of the nights before a shift: those with evidence where it was looked for, else those that were planned.

    Attributes
    ----------
    xy : (n, 2) float64
        Metres.
    at_s : (n,) float64
        Seconds since 1970-01-01 UTC.
    week : dict of village to (float, float)
        Prize that it got on the six nights before, and that it had.
    plans : tuple of int
        Plans that were read.
    """

    xy: NDArray[np.float64]
    at_s: NDArray[np.float64]
    week: dict[int, tuple[float, float]]
    plans: tuple[int, ...]

    def days_since(self, xy: NDArray[np.float64], begins_at: dt.datetime) -> list[float | None]:
        """Days from the last visit within 100 m of each place, shape (k, 2), to a beginning; None without any."""
        out: list[float | None] = []
        for x, y in xy:
            near = np.hypot(self.xy[:, 0] - x, self.xy[:, 1] - y) <= _SAME_PLACE_M
            last = float(self.at_s[near].max()) if near.any() else None
            out.append(None if last is None else max(0.0, begins_at.timestamp() - last) / 86_400.0)
        return out


def read_history(session: Session, begins_at: dt.datetime, epsg: int) -> History:
    """Read the nights before a shift.

    Parameters
    ----------
    session : Session
    begins_at : datetime
        Of the shift, aware.
    epsg : int
        System of the metres.

    Returns
    -------
    History
    """
    # A plan that begins within half a day is of the same night, made anew with a team more or less.
    until = begins_at - dt.timedelta(hours=12)
    plans = stored.plans_between(session, begins_at - dt.timedelta(days=LOOK_BACK_DAYS, hours=12), until)
    rows: list[tuple[float, float, float]] = []
    week: dict[int, tuple[float, float]] = {}
    for plan in plans:
        made = _made(session, plan)
        rows += [(v.lon, v.lat, v.start.timestamp()) for v in made]
        if plan["begins_at"] >= begins_at - dt.timedelta(days=_WEEK_DAYS, hours=12):
            _add(week, plan["summary"], made)
    table = np.array(rows, dtype=np.float64).reshape(len(rows), 3)
    xy = np.column_stack(crs.from_wgs84(table[:, 0], table[:, 1], epsg)) if rows else np.zeros((0, 2))
    return History(xy, table[:, 2], week, tuple(int(plan["patrol_id"]) for plan in plans))


def _made(session: Session, plan: SeenPlan) -> list[KeptVisit]:
    seen = plan["seen"]
    return [
        visit
        for route in kept_routes(session, plan["patrol_id"])
        for visit in route.visits
        if seen is None or visit.stop in seen
    ]


def _add(week: dict[int, tuple[float, float]], summary: PlanSummary, made: list[KeptVisit]) -> None:
    for village in summary.get("villages", []):
        key = int(village["grid_key"])
        got, had = week.get(key, (0.0, 0.0))
        week[key] = got, had + float(village["possible"])
    for visit in made:
        if visit.village in week:
            got, had = week[visit.village]
            week[visit.village] = got + visit.prize, had
