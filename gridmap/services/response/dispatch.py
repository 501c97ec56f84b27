"""Dispatch: which teams reach an incident first, who was sent, and when they came."""

from __future__ import annotations

import datetime as dt
from typing import Literal, TypedDict
from zoneinfo import ZoneInfo

from gridmap.domain.accounts import Actor
from gridmap.domain.gridkey import Scope
from gridmap.errors import Conflict, InvalidInput, NotFound
from gridmap.services.response.ranking import LeftOut, rank_for_incident
from gridmap.storage.cases.desk import find_id, widen
from gridmap.storage.database import Database
from gridmap.storage.response import dispatches as stored
from gridmap.storage.response.dispatches import DispatchRow


class ShownDispatch(TypedDict):
    """A dispatch as JSON tells it; times in the workspace's zone."""

    dispatch_id: int
    incident_id: int
    team_code: str
    mode: str
    road_s: float
    road_m: float
    sent_at: str
    arrived_at: str | None
    ended_at: str | None
    note: str | None
    uid: str
    domain: str
    kind: str | None
    grid_key: str
    state: Literal["sent", "arrived", "finished", "cancelled"]


def send_team(
    database: Database,
    who: Actor | Scope,
    incident: int | str,
    team: str,
    *,
    now: dt.datetime,
    off_shift: bool = False,
) -> ShownDispatch:
    """Send a team to an incident, and keep the road time and length that are expected; never where the team is.

    Raises
    ------
    NotFound
        When the incident or the team is not in the scope.
    Conflict
        When the team is on another dispatch, or for another reason cannot go; the message says why.
    InvalidInput
        When the incident has no coordinate, or there is no way.
    """
    scope = who.scope if isinstance(who, Actor) else who
    told = rank_for_incident(database, who, incident, at=now, k=1, team=team, off_shift=off_shift)
    if not told["teams"]:
        raise _cannot(told["left_out"][0])
    chosen = told["teams"][0]
    with database.scoped_session(scope, write=True) as session:
        stored.lock_team(session, team)
        on = stored.open_dispatches(session).get(team)
        if on is not None:
            raise Conflict(
                "team-busy",
                f"队伍 {team} 正在出动（第 {on['dispatch_id']} 次，{on['uid']}）。请先完成或撤销，或另选队伍。",
                f"Team {team} is on dispatch {on['dispatch_id']} ({on['uid']}). Finish or cancel it, or send another.",
            )
        widen(session)
        if team in stored.teams_out(session):
            raise Conflict(
                "team-busy",
                f"队伍 {team} 正在出动。请另选队伍。",
                f"Team {team} is on a dispatch. Send another.",
            )
        number = stored.add_dispatch(
            session,
            {
                "incident_id": told["incident"]["incident_id"],
                "team_code": team,
                "mode": chosen["mode"],
                "road_s": chosen["seconds"],
                "road_m": chosen["length_m"],
                "sent_at": now,
            },
        )
    return find_dispatch(database, scope, number)


def _cannot(left: LeftOut) -> Conflict:
    code = "team-busy" if left["code_why"] == "busy" else "team-unfit"
    return Conflict(
        code,
        f"不能派队伍 {left['code']}：{left['zh']}。请另选队伍。",
        f"Team {left['code']} cannot be sent: {left['en']}. Choose another.",
    )


def find_dispatch(database: Database, scope: Scope, number: int) -> ShownDispatch:
    """Return one dispatch.

    Raises
    ------
    NotFound
        When there is no such dispatch in the scope.
    """
    with database.scoped_session(scope) as session:
        return _shown(database, _found(stored.find_dispatch(session, number), number))


def list_dispatches(
    database: Database,
    scope: Scope,
    *,
    incident: int | str | None = None,
    only_open: bool = False,
    limit: int = 100,
) -> list[ShownDispatch]:
    """Return dispatches, newest first; of one incident where it is given."""
    with database.scoped_session(scope) as session:
        number = None
        if incident is not None:
            number = incident if isinstance(incident, int) else find_id(session, incident)
            if number is None:
                return []
        rows = stored.list_dispatches(session, incident_id=number, only_open=only_open, limit=limit)
    return [_shown(database, row) for row in rows]


def mark_arrived(database: Database, scope: Scope, number: int, *, at: dt.datetime) -> ShownDispatch:
    """Note that a team has come.

    Raises
    ------
    NotFound
        When there is no such dispatch in the scope.
    Conflict
        When it came already, or the dispatch is over.
    InvalidInput
        When the instant is before the team was sent.
    """
    with database.scoped_session(scope, write=True) as session:
        row = _found(stored.find_dispatch(session, number, lock=True), number)
        if row["arrived_at"] is not None or row["ended_at"] is not None:
            raise _over(number)
        if at < row["sent_at"]:
            raise InvalidInput(
                "dispatch-arrival",
                "到达时间早于派出时间，请改正。",
                "The arrival is before the team was sent; correct it.",
            )
        stored.mark(session, number, arrived_at=at)
    return find_dispatch(database, scope, number)


def end_dispatch(
    database: Database, scope: Scope, number: int, *, at: dt.datetime, cancel: bool = False
) -> ShownDispatch:
    """Set a team free: its work is finished, or (cancel) it is called back before it arrived.

    Raises
    ------
    NotFound
        When there is no such dispatch in the scope.
    Conflict
        When the dispatch is over; when one is to be cancelled whose team has arrived, or finished whose team has not.
    """
    with database.scoped_session(scope, write=True) as session:
        row = _found(stored.find_dispatch(session, number, lock=True), number)
        if row["ended_at"] is not None:
            raise _over(number)
        if cancel == (row["arrived_at"] is not None):
            zh, en = (
                ("已到达，请用“完成”", "has arrived; finish it")
                if cancel
                else ("还没有到达，请用“到达”或“撤销”", "has not arrived; note the arrival or cancel it")
            )
            raise Conflict(
                "dispatch-stage", f"第 {number} 次出动{zh}。", f"Dispatch {number}: the team {en}."
            )
        stored.mark(session, number, ended_at=max(at, row["arrived_at"] or row["sent_at"]))
    return find_dispatch(database, scope, number)


def _found(row: DispatchRow | None, number: int) -> DispatchRow:
    if row is None:
        raise NotFound(
            "dispatch-not-found",
            f"没有第 {number} 次出动，或超出管辖范围。用 gridmap dispatch list 查看。",
            f"There is no dispatch {number} in your scope. See: gridmap dispatch list",
        )
    return row


def _over(number: int) -> Conflict:
    return Conflict(
        "dispatch-over",
        f"第 {number} 次出动已记录到达或已结束，没有改变。",
        f"Dispatch {number} has its arrival already, or is over; nothing was changed.",
    )


def _shown(database: Database, row: DispatchRow) -> ShownDispatch:
    zone = ZoneInfo(database.settings.timezone)

    def local(at: dt.datetime | None) -> str | None:
        return None if at is None else at.astimezone(zone).isoformat()

    arrived, ended = row["arrived_at"] is not None, row["ended_at"] is not None
    return {
        "dispatch_id": row["dispatch_id"],
        "incident_id": row["incident_id"],
        "team_code": row["team_code"],
        "mode": row["mode"],
        "road_s": row["road_s"],
        "road_m": row["road_m"],
        "sent_at": row["sent_at"].astimezone(zone).isoformat(),
        "arrived_at": local(row["arrived_at"]),
        "ended_at": local(row["ended_at"]),
        "note": row["note"],
        "uid": row["uid"],
        "domain": row["domain"],
        "kind": row["kind"],
        "grid_key": str(row["grid_key"]),
        "state": ("finished" if arrived else "cancelled") if ended else "arrived" if arrived else "sent",
    }
