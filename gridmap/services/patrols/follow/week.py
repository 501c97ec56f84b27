"""A week of patrols: what was planned, what was driven, and the dose that places and hours got."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Literal, NamedTuple, TypedDict
from zoneinfo import ZoneInfo

import pandas as pd

from gridmap.crs import WGS84
from gridmap.domain.days import EARLIEST_YEAR, FARTHEST
from gridmap.domain.gridkey import Scope
from gridmap.domain.patrols import KeptPlan, KeptRoute
from gridmap.errors import InvalidInput
from gridmap.files.layers import write_layer
from gridmap.services.patrols.follow.shown_visits import Done
from gridmap.services.patrols.follow.visits import SAME_VISIT, plan_against_done
from gridmap.services.patrols.keep.plans import kept_plan
from gridmap.storage.database import Database
from gridmap.storage.patrols import orders as stored
from gridmap.storage.patrols.orders import PlanOfNight

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
    """A plan of the week; minutes are known of visits that were left, `untimed` are the others.

    Of a plan that was replaced only what was done counts, and not what a plan that replaces it tells of too.
    """

    patrol_id: int
    begins_at: str
    issued: bool
    replaced: bool
    teams: int
    noted: int
    untimed: int
    planned_km: float
    driven_km: float


class Week(TypedDict):
    """A week of patrols: plans that were issued or driven; those that were replaced if something was done."""

    since: str
    until: str
    plans: list[NightTold]
    places: list[PlaceDose]
    hours: list[HourDose]
    left_out: int


class _Stay(NamedTuple):
    """A visit that was made."""

    team: str
    place: tuple[str, str]
    came: dt.datetime
    left: dt.datetime | None

    def is_same(self, other: _Stay) -> bool:
        """Tell whether two plans tell of one stay."""
        return (
            (self.team, self.place) == (other.team, other.place)
            and self.came - SAME_VISIT <= (other.left or other.came)
            and other.came - SAME_VISIT <= (self.left or self.came)
        )


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

    Raises
    ------
    InvalidInput
        When the week does not lie from 1949 to 2199.
    """
    if not EARLIEST_YEAR < since.year < FARTHEST.year:
        raise InvalidInput(
            "week-day",
            f"{since} 不在 1950 至 2199 年之间。请换一天。",
            f"{since} does not lie from 1950 to 2199. Take another day.",
        )
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
    replaced = _replaced(rows, [row["patrol_id"] for row, _ in counted])
    places: dict[tuple[str, str], Dose] = defaultdict(_nothing)
    hours: dict[int, list[float]] = {hour: [0.0, 0.0] for hour in range(_HOURS)}
    nights: dict[int, NightTold] = {}
    told_of: list[_Stay] = []
    # Plans before those that they replace: positions are a visit by either.
    for row, done in sorted(counted, key=lambda pair: replaced.get(pair[0]["patrol_id"], 0)):
        plan = kept_plan(database, scope, row["patrol_id"])
        is_replaced = row["patrol_id"] in replaced
        names = _names(plan)
        stays = _stays(done, names, zone)
        if is_replaced:
            stays = [stay for stay in stays if not any(stay.is_same(other) for other in told_of)]
            if not stays:
                continue
        told_of += stays
        planned = [] if is_replaced else plan.routes
        night = _count(planned, names, stays, places, hours, zone)
        orders = issued[row["patrol_id"]]
        nights[row["patrol_id"]] = NightTold(
            **night,
            patrol_id=row["patrol_id"],
            begins_at=plan.begins_at.isoformat(),
            issued=bool(orders),
            replaced=is_replaced,
            teams=len(plan.routes),
            noted=sum(order["noted_at"] is not None for order in orders),
            untimed=sum(stay.left is None for stay in stays),
            planned_km=round(sum(route.length_m for route in planned) / 1000, 1),
            driven_km=round(sum(team["driven_m"] for team in done["teams"]) / 1000, 1),
        )
    told: list[PlaceDose] = [
        {"name_zh": zh, "name_en": en, **_rounded(dose)}
        for (zh, en), dose in sorted(places.items(), key=lambda item: (-item[1]["planned_min"], item[0]))
    ]
    return {
        "since": since.isoformat(),
        "until": (since + dt.timedelta(days=DAYS - 1)).isoformat(),
        "plans": [nights[row["patrol_id"]] for row in rows if row["patrol_id"] in nights],
        "places": told,
        "hours": [
            {"hour": hour, "planned_min": round(a, 1), "delivered_min": round(b, 1)}
            for hour, (a, b) in hours.items()
        ],
        "left_out": len(rows) - len(nights),
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


def _replaced(rows: Sequence[PlanOfNight], counted: Iterable[int]) -> dict[int, int]:
    """Return the plans that those that count replace, and over how many steps at most."""
    older = {row["patrol_id"]: row["replaces_id"] for row in rows}
    out: dict[int, int] = {}
    for number in counted:
        before, steps = older[number], 1
        while before is not None:
            out[before] = max(steps, out.get(before, 0))
            before, steps = older.get(before), steps + 1
    return out


def _names(plan: KeptPlan) -> dict[str, tuple[str, str]]:
    """Return what a plan's stops are called."""
    of_routes = {v.stop: (v.name_zh, v.name_en) for route in plan.routes for v in route.visits}
    return of_routes | {r["stop"]: (r["name_zh"], r["name_en"]) for r in plan.summary["reasons"]}


def _stays(done: Done, names: Mapping[str, tuple[str, str]], zone: ZoneInfo) -> list[_Stay]:
    """Visits that were made, planned or not."""
    found = [
        (visit["by"] or team["team_code"], visit["stop"], visit["arrived_at"], visit["left_at"])
        for team in done["teams"]
        for visit in team["visits"]
    ]
    found += [(v["team_code"], v["stop"], v["arrived_at"], v["left_at"]) for v in done["unplanned"]]
    return [
        _Stay(
            team,
            names.get(stop, (stop, stop)),
            dt.datetime.fromisoformat(came).astimezone(zone),
            None if left is None else dt.datetime.fromisoformat(left).astimezone(zone),
        )
        for team, stop, came, left in found
        if came is not None
    ]


def _count(
    planned: Sequence[KeptRoute],
    names: Mapping[str, tuple[str, str]],
    stays: Iterable[_Stay],
    places: dict[tuple[str, str], Dose],
    hours: dict[int, list[float]],
    zone: ZoneInfo,
) -> Dose:
    """Add a plan to the doses of places and hours; return its own."""
    own = _nothing()
    for route in planned:
        for visit in route.visits:
            place = places[names[visit.stop]]
            _add(own, place, "planned")
            for hour, minutes in minutes_by_hour(visit.start.astimezone(zone), visit.leave.astimezone(zone)):
                _add_minutes(own, place, "planned_min", minutes)
                hours[hour][0] += minutes
    for stay in stays:
        place = places[stay.place]
        _add(own, place, "made")
        if stay.left is None:
            continue
        for hour, minutes in minutes_by_hour(stay.came, stay.left):
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
