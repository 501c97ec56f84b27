"""A week of patrols: what was planned, what was driven, and the dose that places and hours got."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Literal, TypedDict
from zoneinfo import ZoneInfo

import pandas as pd

from gridmap.crs import WGS84
from gridmap.domain.gridkey import Scope
from gridmap.domain.patrols import KeptPlan
from gridmap.files.layers import write_layer
from gridmap.services.patrols.follow.shown_visits import Done
from gridmap.services.patrols.follow.visits import plan_against_done
from gridmap.services.patrols.keep.plans import kept_plan
from gridmap.storage.database import Database
from gridmap.storage.patrols import orders as stored

DAYS = 7
_HOURS = 24


class Dose(TypedDict):
    """Visits and minutes at a place, or minutes of an hour: planned and delivered."""

    planned: int
    made: int
    planned_min: float
    delivered_min: float


class PlaceDose(Dose):
    """A place of the week."""

    name_zh: str
    name_en: str


class HourDose(TypedDict):
    """An hour of the day, all days of the week together."""

    hour: int
    planned_min: float
    delivered_min: float


class NightTold(Dose):
    """A plan of the week; minutes are known of visits that were left, `untimed` are the others."""

    patrol_id: int
    begins_at: str
    issued: bool
    teams: int
    noted: int
    untimed: int
    planned_km: float
    driven_km: float


class Week(TypedDict):
    """A week of patrols: plans that were issued or driven, the newest of those that replace one another."""

    since: str
    until: str
    plans: list[NightTold]
    places: list[PlaceDose]
    hours: list[HourDose]
    left_out: int


def patrol_week(database: Database, scope: Scope, since: dt.date) -> Week:
    """Tell of the plans whose shifts begin within seven days.

    Parameters
    ----------
    database : Database
    scope : Scope
    since : date
        First local day.

    Returns
    -------
    Week
        Minutes are delivered from arrival to departure, by positions or check-ins; a visit that nobody left is counted
        as made, and its minutes are not known.
    """
    zone = ZoneInfo(database.settings.timezone)
    begin = dt.datetime.combine(since, dt.time(), zone)
    end = dt.datetime.combine(since + dt.timedelta(days=DAYS), dt.time(), zone)
    with database.scoped_session(scope) as session:
        rows = stored.plans_between(session, begin, end)
        issued = {row["patrol_id"]: stored.orders_of(session, row["patrol_id"]) for row in rows}
    found = [(row, plan_against_done(database, scope, row["patrol_id"])) for row in rows]
    counted = [
        (row, done) for row, done in found if issued[row["patrol_id"]] or done["made"] or done["unplanned"]
    ]
    replaced = {row["replaces_id"] for row, _ in counted}
    counted = [(row, done) for row, done in counted if row["patrol_id"] not in replaced]
    places: dict[tuple[str, str], Dose] = defaultdict(_nothing)
    hours: dict[int, list[float]] = {hour: [0.0, 0.0] for hour in range(_HOURS)}
    nights = []
    for row, done in counted:
        plan = kept_plan(database, scope, row["patrol_id"])
        night = _count(plan, done, places, hours, zone)
        orders = issued[row["patrol_id"]]
        nights.append(
            NightTold(
                **night,
                patrol_id=row["patrol_id"],
                begins_at=plan.begins_at.isoformat(),
                issued=bool(orders),
                teams=len(plan.routes),
                noted=sum(order["noted_at"] is not None for order in orders),
                untimed=sum(left is None for _, _, left in _stays(done)),
                planned_km=round(sum(route.length_m for route in plan.routes) / 1000, 1),
                driven_km=round(sum(team["driven_m"] for team in done["teams"]) / 1000, 1),
            )
        )
    told: list[PlaceDose] = [
        {"name_zh": zh, "name_en": en, **_rounded(dose)}
        for (zh, en), dose in sorted(places.items(), key=lambda item: (-item[1]["planned_min"], item[0]))
    ]
    return {
        "since": since.isoformat(),
        "until": (since + dt.timedelta(days=DAYS - 1)).isoformat(),
        "plans": nights,
        "places": told,
        "hours": [
            {"hour": hour, "planned_min": round(a, 1), "delivered_min": round(b, 1)}
            for hour, (a, b) in hours.items()
        ],
        "left_out": len(rows) - len(counted),
    }


def minutes_by_hour(begin: dt.datetime, end: dt.datetime) -> Iterable[tuple[int, float]]:
    """Part a stay at the full hours of its clock: hour of the day and minutes.

    Examples
    --------
    >>> list(minutes_by_hour(dt.datetime(2026, 11, 1, 23, 50), dt.datetime(2026, 11, 2, 0, 5)))
    [(23, 10.0), (0, 5.0)]
    """
    at = begin
    while at < end:
        full = at.replace(minute=0, second=0, microsecond=0) + dt.timedelta(hours=1)
        until = min(full, end)
        yield at.hour, (until - at).total_seconds() / 60
        at = until


def write_week(week: Week, path: Path, zone: str) -> int:
    """Write the doses of places to a table; return how many rows."""
    return write_layer(pd.DataFrame(week["places"]), path, target_crs=WGS84, layer="dosage", zone=zone)


def _nothing() -> Dose:
    return {"planned": 0, "made": 0, "planned_min": 0.0, "delivered_min": 0.0}


def _rounded(dose: Dose) -> Dose:
    return {
        "planned": dose["planned"],
        "made": dose["made"],
        "planned_min": round(dose["planned_min"], 1),
        "delivered_min": round(dose["delivered_min"], 1),
    }


def _stays(done: Done) -> Iterable[tuple[str, str, str | None]]:
    """Visits that were made: stop, and when the team came and left."""
    for team in done["teams"]:
        for visit in team["visits"]:
            if visit["arrived_at"] is not None:
                yield visit["stop"], visit["arrived_at"], visit["left_at"]
    for made in done["unplanned"]:
        yield made["stop"], made["arrived_at"], made["left_at"]


def _count(
    plan: KeptPlan,
    done: Done,
    places: dict[tuple[str, str], Dose],
    hours: dict[int, list[float]],
    zone: ZoneInfo,
) -> Dose:
    """Add a plan to the doses of places and hours; return its own."""
    names = {reason["stop"]: (reason["name_zh"], reason["name_en"]) for reason in plan.summary["reasons"]}
    own = _nothing()
    for route in plan.routes:
        for visit in route.visits:
            names.setdefault(visit.stop, (visit.name_zh, visit.name_en))
            _add(own, places[names[visit.stop]], "planned")
            for hour, minutes in minutes_by_hour(visit.start.astimezone(zone), visit.leave.astimezone(zone)):
                _add_minutes(own, places[names[visit.stop]], "planned_min", minutes)
                hours[hour][0] += minutes
    for stop, came, left in _stays(done):
        place = places[names.get(stop, (stop, stop))]
        _add(own, place, "made")
        if left is None:
            continue
        begin, end = (dt.datetime.fromisoformat(at).astimezone(zone) for at in (came, left))
        for hour, minutes in minutes_by_hour(begin, end):
            _add_minutes(own, place, "delivered_min", minutes)
            hours[hour][1] += minutes
    return _rounded(own)


def _add(own: Dose, place: Dose, what: Literal["planned", "made"]) -> None:
    own[what] += 1
    place[what] += 1


def _add_minutes(
    own: Dose, place: Dose, what: Literal["planned_min", "delivered_min"], minutes: float
) -> None:
    own[what] += minutes
    place[what] += minutes
