"""What next, for a team that was held up: answered from what was found when its plan was kept."""

from __future__ import annotations

import datetime as dt
from typing import Any, TypedDict, cast

from gridmap.analysis.patrol.interruption import DELAYS_S
from gridmap.domain.gridkey import Scope
from gridmap.domain.patrols import KeptRoute, KeptVisit
from gridmap.errors import Conflict, InvalidInput, NotFound
from gridmap.services.patrols.follow.visits import plan_against_done
from gridmap.services.patrols.keep.codec import load_kept
from gridmap.services.patrols.keep.plans import kept_plan
from gridmap.services.patrols.keep.policy import policy_of
from gridmap.storage.database import Database
from gridmap.storage.patrols import plans as stored

DELAYS_MIN = tuple(round(delay / 60) for delay in DELAYS_S)


class NextVisit(TypedDict):
    """A visit that is still made, or left out; times are ISO 8601. ``row`` is its place in the route, from 1."""

    row: int
    stop: str
    number: int
    name_zh: str
    name_en: str
    arrive: str
    start: str
    leave: str
    moved: bool


class WhatNext(TypedDict):
    """How a team goes on: reckoned for the next longer delay that was looked at, ``reckoned_min``."""

    patrol_id: int
    team_code: str
    after: int
    delay_min: float
    reckoned_min: int
    visits: list[NextVisit]
    dropped: list[NextVisit]
    home: str


def what_next(
    database: Database,
    scope: Scope,
    patrol_id: int,
    team: str,
    delay_min: float,
    after: int | None = None,
    now: dt.datetime | None = None,
) -> WhatNext:
    """Tell how a team goes on when it is held up.

    Parameters
    ----------
    database : Database
    scope : Scope
    patrol_id : int
    team : str
        Code.
    delay_min : float
        From when it ought to have left where it is to when it is free there; 60 at most.
    after : int, optional
        How many visits of its route it has left behind; those that it is known to have made where absent, and those
        that were to be over where nothing is known, or nothing for an hour. It is then as late as the next visit is
        overdue, at least.
    now : datetime, optional
        Aware; the present by default.

    Raises
    ------
    NotFound
        When there is no such plan in the scope, or no route of the team.
    InvalidInput
        When the delay is longer than was looked at, or the route has no such visit.
    Conflict
        When an emergency took the team, it dropped out, or the roads have left it no way home: its plan is to be
        changed.
    """
    plan = kept_plan(database, scope, patrol_id)
    route = next((r for r in plan.routes if r.team_code == team), None)
    if route is None:
        raise NotFound(
            "route-not-found",
            "这份计划里没有这支队伍的路线。请核对路线单。",
            "This plan has no route for that team. Look at the sheet again.",
        )
    reckoned = next((minutes for minutes in DELAYS_MIN if delay_min <= minutes), None)
    if reckoned is None or delay_min < 0:
        raise InvalidInput(
            "onward-delay",
            f"耽搁 {delay_min:g} 分钟不在 0 至 {DELAYS_MIN[-1]} 之间。更久请调整计划："
            f"gridmap patrols replan {patrol_id} --at 时刻",
            f"A delay of {delay_min:g} min is not within 0 to {DELAYS_MIN[-1]}. For a longer one change the plan: "
            f"gridmap patrols replan {patrol_id} --at TIME",
        )
    gone = after
    if gone is None:
        gone, behind = _gone(database, scope, patrol_id, route, now or dt.datetime.now(dt.UTC))
        reckoned = next(minutes for minutes in DELAYS_MIN if max(reckoned, behind) <= minutes)
    if not 0 <= gone <= len(route.visits):
        raise InvalidInput(
            "onward-after",
            f"队伍 {team} 的路线有 {len(route.visits)} 站，已完成的站数应在 0 至 {len(route.visits)} 之间。",
            f"The route of team {team} has {len(route.visits)} stops: those that it has left are 0 to that many.",
        )
    found = _found(database, scope, patrol_id, team, gone, reckoned)
    begins = plan.begins_at
    dropped = [int(i) for i in found["dropped"]]
    moved = {row[0]: [begins + dt.timedelta(seconds=s) for s in row[1:]] for row in found["moved"]}
    home = begins + dt.timedelta(seconds=found["end_s"])
    left = list(enumerate(route.visits))[gone:]
    return {
        "patrol_id": patrol_id,
        "team_code": team,
        "after": gone,
        "delay_min": delay_min,
        "reckoned_min": reckoned,
        "visits": [_told(i, visit, moved.get(i)) for i, visit in left if i not in dropped],
        "dropped": [_told(i, visit, None) for i, visit in left if i in dropped],
        "home": home.isoformat(),
    }


def _found(
    database: Database, scope: Scope, patrol_id: int, team: str, after: int, minutes: int
) -> dict[str, Any]:
    with database.scoped_session(scope) as session:
        row = stored.find_patrol(session, patrol_id, frame=True)
    frame = cast("dict[str, Any]", row["parameters"]).get(stored.FRAME) if row is not None else None
    policy = None if frame is None else frame.get("onward")
    if policy is None:
        # A plan of a former release: its routes are looked at now, without a search.
        inputs, made, _ = load_kept(database, scope, patrol_id)
        policy = policy_of(inputs, made, {c["team"] for c in inputs.carried})
    wanted = (after, minutes * 60)
    found = next((r for r in policy.get(team, ()) if (r["after"], r["delay_s"]) == wanted), None)
    if found is None:
        raise Conflict(
            "onward-changed",
            f"队伍 {team} 在本班次中被抽调、已退出，或从此处已无路可回，请调整计划："
            f"gridmap patrols replan {patrol_id} --at 时刻",
            f"Team {team} was taken during this shift, is out, or has no way home from there any more. Change the "
            f"plan: gridmap patrols replan {patrol_id} --at TIME",
        )
    return cast("dict[str, Any]", found)


def _gone(
    database: Database, scope: Scope, patrol_id: int, route: KeptRoute, at: dt.datetime
) -> tuple[int, float]:
    """How many visits a team has behind it, and how many minutes late it is at least.

    Up to the last visit that it is known to have made, and late since the next one was to begin; where nothing is
    known, or nothing for an hour, up to those that were to be over.
    """
    done = plan_against_done(database, scope, patrol_id)
    own = next(t for t in done["teams"] if t["team_code"] == route.team_code)
    made = max((number for number, visit in enumerate(own["visits"], 1) if visit["made"]), default=0)
    coming = route.visits[made].start if made < len(route.visits) else route.end
    late = (at - coming).total_seconds() / 60
    if made and late <= DELAYS_MIN[-1]:
        return made, late
    return max(made, sum(visit.leave <= at for visit in route.visits)), 0.0


def _told(i: int, visit: KeptVisit, times: list[dt.datetime] | None) -> NextVisit:
    arrive, start, leave = times or (visit.arrive, visit.start, visit.leave)
    return {
        "row": i + 1,
        "stop": visit.stop,
        "number": visit.number,
        "name_zh": visit.name_zh,
        "name_en": visit.name_en,
        "arrive": arrive.isoformat(),
        "start": start.isoformat(),
        "leave": leave.isoformat(),
        "moved": times is not None,
    }
