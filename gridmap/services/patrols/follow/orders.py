"""Issue and receipt: a plan goes out to its teams, and each takes note of it."""

from __future__ import annotations

import datetime as dt
from typing import TypedDict

from gridmap.domain.accounts import Actor
from gridmap.domain.gridkey import Scope
from gridmap.domain.patrols import KeptPlan
from gridmap.errors import Conflict, NotFound
from gridmap.services.patrols.follow.visits import AROUND
from gridmap.services.patrols.keep.plans import kept_plan
from gridmap.storage.database import Database
from gridmap.storage.patrols import orders as stored
from gridmap.storage.patrols.orders import OrderRow


class Order(TypedDict):
    """A team's part of a plan: whether it was issued, and whether the team took note; times are ISO 8601."""

    team_code: str
    name_zh: str
    name_en: str
    stops: int
    issued_at: str | None
    issued_by: str | None
    noted_at: str | None
    noted_by: str | None


class VisitAt(TypedDict):
    """A visit to a stop: which of the shift's it is, the team, and when it is to come (hour and minute)."""

    number: int
    team: str
    time: str


class AtPoint(TypedDict):
    """A running plan that comes to a stop, and its visits there in order of time."""

    patrol_id: int
    visits: list[VisitAt]


def issue_plan(
    database: Database, actor: Actor, patrol_id: int, now: dt.datetime | None = None
) -> list[Order]:
    """Issue a plan to its teams; teams that have it already keep it as it was issued.

    Raises
    ------
    NotFound
        When there is no such plan in the scope.
    Conflict
        When no team has a route, or the shift is over.
    """
    at = now or dt.datetime.now(dt.UTC)
    plan = kept_plan(database, actor.scope, patrol_id)
    if not plan.routes:
        raise Conflict(
            "patrol-nothing-to-issue",
            f"第 {patrol_id} 号计划没有任何队伍的路线，无可下发。请重新规划。",
            f"Plan {patrol_id} has no route for any team: there is nothing to issue. Plan anew.",
        )
    if plan.ends_at + AROUND < at:
        raise Conflict(
            "patrol-over",
            f"第 {patrol_id} 号计划的班次已于 {plan.ends_at:%m-%d %H:%M} 结束，不能再下发。请规划新的班次。",
            f"The shift of plan {patrol_id} ended at {plan.ends_at:%m-%d %H:%M}; it cannot be issued. Plan a new one.",
        )
    with database.scoped_session(actor.scope, write=True) as session:
        stored.issue(session, patrol_id, [route.team_code for route in plan.routes], at, actor.post)
        rows = stored.orders_of(session, patrol_id)
    return _told(plan, rows)


def recall_plan(database: Database, actor: Actor, patrol_id: int) -> list[Order]:
    """Take an issued plan back from the teams that did not take note of it yet.

    Raises
    ------
    NotFound
        When there is no such plan in the scope.
    Conflict
        When there is nothing to take back.
    """
    plan = kept_plan(database, actor.scope, patrol_id)
    with database.scoped_session(actor.scope, write=True) as session:
        if not stored.recall(session, patrol_id):
            raise Conflict(
                "patrol-not-recalled",
                f"第 {patrol_id} 号计划没有可收回的：未下发，或各队都已收到。请改用调整计划，并告知各队。",
                f"Nothing of plan {patrol_id} can be taken back: it is not issued, or every team took note. "
                "Change the plan, and tell the teams.",
            )
        rows = stored.orders_of(session, patrol_id)
    return _told(plan, rows)


def note_order(
    database: Database, actor: Actor, patrol_id: int, team: str, now: dt.datetime | None = None
) -> Order:
    """Keep that a team took note of its part of a plan; the first time stands.

    Raises
    ------
    NotFound
        When there is no such plan in the scope, or it was not issued to the team.
    """
    plan = kept_plan(database, actor.scope, patrol_id)
    with database.scoped_session(actor.scope, write=True) as session:
        stored.note(session, patrol_id, team, now or dt.datetime.now(dt.UTC), actor.post)
        rows = stored.orders_of(session, patrol_id)
    if team not in {row["team_code"] for row in rows}:
        raise NotFound(
            "order-not-found",
            f"第 {patrol_id} 号计划没有下发给队伍 {team}。请等待下发。",
            f"Plan {patrol_id} was not issued to team {team}. Wait until it is.",
        )
    return next(order for order in _told(plan, rows) if order["team_code"] == team)


def orders_of_plan(database: Database, scope: Scope, patrol_id: int) -> list[Order]:
    """Tell of each team of a plan whether its part was issued, and whether it took note.

    Raises
    ------
    NotFound
        When there is no such plan in the scope.
    """
    plan = kept_plan(database, scope, patrol_id)
    with database.scoped_session(scope) as session:
        rows = stored.orders_of(session, patrol_id)
    return _told(plan, rows)


def plans_at(database: Database, scope: Scope, stop: str, now: dt.datetime) -> list[AtPoint]:
    """Find the issued visits of the hour to a stop, by plan: what the code at the place leads to."""
    with database.scoped_session(scope) as session:
        issued = {
            number: {row["team_code"] for row in stored.orders_of(session, number)}
            for number in stored.running(session, now, AROUND)
        }
    out: list[AtPoint] = []
    for number, teams in issued.items():
        routes = [route for route in kept_plan(database, scope, number).routes if route.team_code in teams]
        coming = sorted((v.arrive, v.number, r.team_code) for r in routes for v in r.visits if v.stop == stop)
        if coming:
            told: list[VisitAt] = [
                {"number": n, "team": team, "time": f"{at:%H:%M}"} for at, n, team in coming
            ]
            out.append({"patrol_id": number, "visits": told})
    return out


def _told(plan: KeptPlan, rows: list[OrderRow]) -> list[Order]:
    zone = plan.begins_at.tzinfo
    issued = {row["team_code"]: row for row in rows}

    def local(at: dt.datetime | None) -> str | None:
        return None if at is None else at.astimezone(zone).isoformat(timespec="seconds")

    out: list[Order] = []
    for route in plan.routes:
        row = issued.get(route.team_code)
        out.append(
            {
                "team_code": route.team_code,
                "name_zh": route.name_zh,
                "name_en": route.name_en,
                "stops": len(route.visits),
                "issued_at": local(row and row["issued_at"]),
                "issued_by": row and row["issued_by"],
                "noted_at": local(row and row["noted_at"]),
                "noted_by": row and row["noted_by"],
            }
        )
    return out
