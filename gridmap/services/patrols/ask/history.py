"""What the nights before did: when each place was last visited, and what each village got."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import NamedTuple

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
from gridmap.storage.patrols.visits import stays_of

_SAME_PLACE_M = 100.0
_WEEK_DAYS = 6


class Stayed(NamedTuple):
    """A team's stay at a place in metres, in seconds since 1970-01-01 UTC."""

    team: str
    x: float
    y: float
    came_s: float
    left_s: float


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
    stays : tuple of Stayed
        Of the seven days before, of all plans.
    """

    xy: NDArray[np.float64]
    at_s: NDArray[np.float64]
    week: dict[int, tuple[float, float]]
    plans: tuple[int, ...]
    stays: tuple[Stayed, ...] = ()

    def delivered_min(self, xy: NDArray[np.float64]) -> list[float]:
        """Minutes that teams were seen within 100 m of each place, shape (k, 2); what two plans tell of counts once."""
        out = []
        for x, y in xy:
            near = [s for s in self.stays if np.hypot(s.x - x, s.y - y) <= _SAME_PLACE_M]
            whole, until = 0.0, {s.team: -np.inf for s in near}
            for stay in sorted(near, key=lambda s: (s.team, s.came_s)):
                whole += max(0.0, stay.left_s - max(stay.came_s, until[stay.team]))
                until[stay.team] = max(until[stay.team], stay.left_s)
            out.append(whole / 60.0)
        return out

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
    numbers = tuple(int(plan["patrol_id"]) for plan in plans)
    return History(
        xy,
        table[:, 2],
        week,
        numbers,
        stays_between(session, begins_at - dt.timedelta(days=LOOK_BACK_DAYS), until, epsg),
    )


def stays_between(session: Session, since: dt.datetime, until: dt.datetime, epsg: int) -> tuple[Stayed, ...]:
    """Read the stays of shifts that began in a time, where the plans that tell of them have their stops.

    Parameters
    ----------
    session : Session
    since, until : datetime
        Aware; the end is not in it.
    epsg : int
        System of the metres.
    """
    rows = stays_of(session, since, until)
    where: dict[tuple[int, str], tuple[float, float]] = {}
    for number in sorted({row["patrol_id"] for row in rows}):
        plan = stored.find_patrol(session, number)
        told = [] if plan is None else plan["summary"].get("reasons", [])
        where |= {(number, r["stop"]): (r["lon"], r["lat"]) for r in told}
        # Where a team stands for a stop comes before where the stop is.
        for route in kept_routes(session, number):
            where |= {(number, visit.stop): (visit.lon, visit.lat) for visit in route.visits}
    known = [
        (row, where[row["patrol_id"], row["stop"]])
        for row in rows
        if (row["patrol_id"], row["stop"]) in where
    ]
    if not known:
        return ()
    lon, lat = np.array([place for _, place in known]).T
    xs, ys = crs.from_wgs84(lon, lat, epsg)
    return tuple(
        Stayed(
            row["team_code"], float(x), float(y), row["arrived_at"].timestamp(), row["left_at"].timestamp()
        )
        for (row, _), x, y in zip(known, xs, ys, strict=True)
    )


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
