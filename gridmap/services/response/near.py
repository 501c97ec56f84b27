"""Staying near: the share of households that some team of a plan could soon be at, through its shift."""

from __future__ import annotations

import datetime as dt
from typing import TypedDict

import numpy as np

from gridmap.analysis.patrol import Plan
from gridmap.analysis.patrol.nearness import on_duty
from gridmap.domain.duties import on_shift
from gridmap.domain.gridkey import Scope
from gridmap.domain.patrols import KeptPlan
from gridmap.domain.shown_plans import NearAsked
from gridmap.errors import InvalidInput
from gridmap.services.ground.households import inhabited
from gridmap.services.ground.roads import load_roads
from gridmap.services.patrols.keep.codec import made_of
from gridmap.services.patrols.keep.plans import kept_plan
from gridmap.services.response.coverage import Homes, PlacedTeam
from gridmap.storage.database import Database
from gridmap.storage.teams import teams as field
from gridmap.storage.teams.teams import TeamRow

PROMISED_MIN = (1.0, 3.0, 5.0)
"""Minutes that towns promise: a policeman in one, a patrol in three, help in five."""

_QUARTER = dt.timedelta(minutes=15)


class NearQuarter(TypedDict):
    """A moment of the shift: teams that are out or ready, and the share of households near to one of them."""

    at: str
    teams: int
    shares: list[float]


class Near(TypedDict):
    """Households near to some team, by quarter of an hour; ``least`` and ``mean`` over the shift.

    ``asked`` is what the plan was asked for: minutes and share; None where it was not.
    """

    patrol_id: int
    minutes: list[float]
    asked: NearAsked | None
    level: int
    households: int
    quarters: list[NearQuarter]
    least: list[float]
    mean: list[float]


class NearHome(TypedDict):
    """Where the households of a micro-grid stand; minutes of the nearest team, None where none can come."""

    grid_key: str
    lon: float
    lat: float
    households: int
    minutes: float | None


class NearMoment(TypedDict):
    """A quarter of an hour of a plan's shift on the ground: where teams are, and how near each place is to one."""

    quarter: int
    at: str
    homes: list[NearHome]
    teams: list[PlacedTeam]


def staying_near(database: Database, scope: Scope, patrol_id: int) -> Near:
    """Tell for each quarter of an hour of a plan's shift how many households some team is near to.

    Parameters
    ----------
    database : Database
    scope : Scope
    patrol_id : int

    Returns
    -------
    Near
        Shares from 0 to 1 for each of :data:`PROMISED_MIN`, and of the minutes that the plan was asked for.

    Raises
    ------
    NotFound
        When the plan is not in the scope.
    InvalidInput
        When there are no roads or no households.

    Notes
    -----
    Teams are where the plan has them in the hours that it gives them, those without a stop at their base; who dropped
    out or is at an emergency is near to nobody. Households stand at
    their micro-grid's representative point, put onto the nearest road; times are by road at the team's own speed.
    """
    plan = kept_plan(database, scope, patrol_id)
    rows, level = inhabited(database, scope)
    homes = Homes(load_roads(database, scope), rows)
    with database.scoped_session(scope) as session:
        teams = {row["code"]: row for row in field.list_teams(session)}
    households = np.array([row["households"] for row in rows])
    total = int(households.sum())
    made = made_of(database, scope, patrol_id)
    asked = plan.summary.get("near")
    minutes = sorted({*PROMISED_MIN, *([asked["minutes"]] if asked else [])})
    quarters: list[NearQuarter] = []
    for number in range(_count(plan)):
        moment = plan.begins_at + number * _QUARTER
        placed = _placed(plan, made, teams, moment)
        seconds = homes.least_seconds(placed)
        shares = [round(float(households[seconds <= 60.0 * m].sum()) / total, 4) for m in minutes]
        quarters.append({"at": moment.isoformat(), "teams": len(placed), "shares": shares})
    by_limit = np.array([quarter["shares"] for quarter in quarters])
    return {
        "patrol_id": patrol_id,
        "minutes": minutes,
        "asked": asked,
        "level": level,
        "households": total,
        "quarters": quarters,
        "least": by_limit.min(axis=0).round(4).tolist(),
        "mean": by_limit.mean(axis=0).round(4).tolist(),
    }


def _count(plan: KeptPlan) -> int:
    return -((plan.begins_at - plan.ends_at) // _QUARTER)


def near_at(database: Database, scope: Scope, patrol_id: int, quarter: int) -> NearMoment:
    """Tell of one quarter of an hour of a plan's shift where its teams are, and how near each place is to one of them.

    Parameters
    ----------
    database : Database
    scope : Scope
    patrol_id : int
    quarter : int
        From 0 at the shift's beginning.

    Returns
    -------
    NearMoment
        Of the same teams and places as :func:`staying_near`.

    Raises
    ------
    NotFound
        When the plan is not in the scope.
    InvalidInput
        When the shift has no such quarter, or there are no roads or no households.
    """
    plan = kept_plan(database, scope, patrol_id)
    if not 0 <= quarter < _count(plan):
        raise InvalidInput(
            "near-quarter",
            f"第 {patrol_id} 号计划的班次没有第 {quarter} 个刻钟，应为 0 至 {_count(plan) - 1}。",
            f"The shift of plan {patrol_id} has no quarter {quarter}: 0 to {_count(plan) - 1}.",
        )
    rows, _ = inhabited(database, scope)
    roads = load_roads(database, scope)
    with database.scoped_session(scope) as session:
        teams = {row["code"]: row for row in field.list_teams(session)}
    moment = plan.begins_at + quarter * _QUARTER
    placed = _placed(plan, made_of(database, scope, patrol_id), teams, moment)
    seconds = Homes(roads, rows).least_seconds(placed)
    return {
        "quarter": quarter,
        "at": moment.isoformat(),
        "homes": [
            {
                "grid_key": str(row["grid_key"]),
                "lon": row["label_lon"],
                "lat": row["label_lat"],
                "households": row["households"],
                "minutes": round(float(s) / 60.0, 2) if np.isfinite(s) else None,
            }
            for row, s in zip(rows, seconds, strict=True)
        ],
        "teams": [where for _, where in placed],
    }


def _placed(
    plan: KeptPlan, made: Plan | None, teams: dict[str, TeamRow], moment: dt.datetime
) -> list[tuple[TeamRow, PlacedTeam]]:
    """Teams of a plan that are at hand at a moment, with where they are; a plan of before has no hours of its own."""
    at_s = (moment - plan.begins_at).total_seconds()
    ready: dict[str, bool] = {}
    if made is not None:
        hours = {team.id: team for team in made.teams}
        ready = {r.team: on_duty(r, hours[r.team], made.shift, at_s) for r in made.routes}
    where = {code: (at.lon, at.lat) for code, at in plan.place_at(moment).items()}
    out: list[tuple[TeamRow, PlacedTeam]] = []
    for code in [*where, *plan.summary["idle"]]:
        row = teams.get(code)
        if row is None or not ready.get(code, on_shift(row["shift_start"], row["shift_end"], moment.time())):
            continue
        lon, lat = where.get(code, (row["base_lon"], row["base_lat"]))
        if lon is None or lat is None:
            continue
        placed: PlacedTeam = {
            "code": code,
            "name_zh": row["name_zh"],
            "name_en": row["name_en"],
            "mode": row["mode"],
            "from": "plan" if code in where else "base",
            "lon": lon,
            "lat": lat,
        }
        out.append((row, placed))
    return out
