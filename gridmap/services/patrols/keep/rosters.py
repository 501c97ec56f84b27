"""Rosters of weeks: told, changed by hand with the conflicts that come of it, taken back."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict, replace
from pathlib import Path
from typing import TypedDict
from zoneinfo import ZoneInfo

import pandas as pd
from sqlalchemy.orm import Session

from gridmap.crs import WGS84
from gridmap.domain.accounts import Actor
from gridmap.domain.gridkey import Scope
from gridmap.domain.rosters import (
    DAYS,
    WEEKEND,
    Breach,
    Duty,
    Edit,
    KeptRoster,
    breaches,
    first_day_of,
    require_in_week,
    shift_of,
    shown_shifts,
)
from gridmap.errors import Conflict, InvalidInput, NotFound
from gridmap.files.layers import write_layer
from gridmap.services.accounts.owners import require_owner
from gridmap.services.patrols.ask.rosters import missing_week
from gridmap.services.workspace.shifts import shifts_in
from gridmap.storage.database import Database
from gridmap.storage.patrols import rosters as stored
from gridmap.storage.teams import teams as stored_teams


class TeamWeek(TypedDict):
    """A team's week."""

    code: str
    name_zh: str
    name_en: str
    duties: list[str | None]
    shifts: int
    nights: int
    weekend_days: int


class ShownRoster(TypedDict):
    """A roster as it is sent; `expected`, `wanted` and `there` are by day and shift, Monday first."""

    roster_id: int
    first_day: str
    days: list[str]
    shifts: list[dict[str, object]]
    teams: list[TeamWeek]
    expected: list[list[float]]
    wanted: list[list[int]]
    there: list[list[int]]
    breaches: list[Breach]
    edits: list[dict[str, object]]
    rules: dict[str, object]
    gap: float
    short: float
    short_bound: float
    spread: float
    spread_bound: float
    incidents: int
    domain: str | None
    owner: str | None
    created_at: str | None


def beside_week(session: Session, monday: dt.date) -> list[Duty]:
    """List the duties of the week before and the week after."""
    step = dt.timedelta(days=DAYS)
    found = [stored.newest_of_week(session, day) for day in (monday - step, monday + step)]
    return [duty for roster in found if roster is not None for duty in roster.listed()]


def show_roster(database: Database, scope: Scope, roster_id: int) -> ShownRoster:
    """Tell a roster: each team's week, how many are there, and which rules of rest it breaks.

    Raises
    ------
    NotFound
    """
    with database.scoped_session(scope) as session:
        return _shown(session, _found(session, roster_id), ZoneInfo(database.settings.timezone))


def show_week(database: Database, scope: Scope, day: dt.date) -> ShownRoster | None:
    """Tell the roster that holds in a day's week; None where there is none."""
    with database.scoped_session(scope) as session:
        roster = stored.newest_of_week(session, first_day_of(day))
        return None if roster is None else _shown(session, roster, ZoneInfo(database.settings.timezone))


def set_duty(
    database: Database, actor: Actor, roster_id: int, team: str, on: dt.date, shift: str | None
) -> ShownRoster:
    """Give a team another shift on a day, or the day off; conflicts are told, not refused.

    Raises
    ------
    NotFound
        When there is no such roster, team or shift.
    InvalidInput
        When the day is not in its week.
    """
    with database.scoped_session(actor.scope, write=True) as session:
        roster = _found(session, roster_id, lock=True)
        shifts = shifts_in(session)
        code = None if shift is None else shift_of(shifts, shift).code
        require_in_week(on, roster.first_day)
        day = (on - roster.first_day).days
        if team not in roster.duties:
            known = {row["code"] for row in stored_teams.list_teams(session)}
            if team not in known:
                raise NotFound(
                    "team-not-found",
                    f"没有队伍 {team}，或超出管辖范围。",
                    f"There is no team {team} in your scope.",
                )
        week = list(roster.duties.get(team, (None,) * DAYS))
        was, week[day] = week[day], code
        now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
        edit = Edit(team, on.isoformat(), was, code, now, actor.post, team not in roster.duties)
        if was != code:
            roster = replace(roster, duties={**roster.duties, team: tuple(week)}, edits=(*roster.edits, edit))
            stored.change_roster(session, roster)
        return _shown(session, roster, ZoneInfo(database.settings.timezone))


def undo_duty(database: Database, actor: Actor, roster_id: int) -> ShownRoster:
    """Take the last change by hand back.

    Raises
    ------
    NotFound
        When there is no such roster.
    Conflict
        When nothing was changed by hand.
    """
    with database.scoped_session(actor.scope, write=True) as session:
        roster = _found(session, roster_id, lock=True)
        if not roster.edits:
            raise Conflict(
                "roster-nothing-to-undo",
                "这份班表没有手工改动，无可撤销。",
                "Nothing of this roster was changed by hand.",
            )
        *rest, last = roster.edits
        duties = dict(roster.duties)
        week = list(duties.pop(last.team))
        week[(dt.date.fromisoformat(last.on) - roster.first_day).days] = last.was
        if not last.joined:
            duties[last.team] = tuple(week)
        roster = replace(roster, duties=dict(sorted(duties.items())), edits=tuple(rest))
        stored.change_roster(session, roster)
        return _shown(session, roster, ZoneInfo(database.settings.timezone))


def delete_roster(database: Database, actor: Actor, roster_id: int) -> None:
    """Delete a roster; an older one of the week holds again.

    Raises
    ------
    NotFound
    Forbidden
        When another post made it.
    """
    with database.scoped_session(actor.scope, write=True) as session:
        require_owner(actor, _found(session, roster_id, lock=True).owner)
        stored.delete_roster(session, roster_id)


def _found(session: Session, roster_id: int, *, lock: bool = False) -> KeptRoster:
    found = stored.find_roster(session, roster_id, lock=lock)
    if found is None:
        raise _missing(roster_id)
    return found


def _missing(roster_id: int) -> NotFound:
    return NotFound(
        "roster-not-found",
        f"没有第 {roster_id} 号班表，或超出管辖范围。",
        f"There is no roster {roster_id} in your scope.",
    )


def _shown(session: Session, roster: KeptRoster, zone: ZoneInfo) -> ShownRoster:
    shifts = shifts_in(session)
    names = {
        row["code"]: (row["name_zh"], row["name_en"] or row["name_zh"])
        for row in stored_teams.list_teams(session)
    }
    rules = roster.rules()
    night = {shift.code for shift in shifts if shift.night}
    codes = [shift.code for shift in shifts]
    there = [[sum(week[d] == code for week in roster.duties.values()) for code in codes] for d in range(DAYS)]
    told = roster.summary
    # What was expected is known of the shifts that it was made for.
    column = {row["code"]: n for n, row in enumerate(told["shifts"])}

    def by_shift(rows: list[list[float]]) -> list[list[float]]:
        return [[day[column[code]] if code in column else 0 for code in codes] for day in rows]

    duties = [*roster.listed(), *beside_week(session, roster.first_day)]
    own = set(roster.duties)
    found = [b for b in breaches(duties, shifts, rules, zone, first_day=roster.first_day) if b["team"] in own]
    return {
        "roster_id": roster.roster_id,
        "first_day": roster.first_day.isoformat(),
        "days": [(roster.first_day + dt.timedelta(days=n)).isoformat() for n in range(DAYS)],
        "shifts": shown_shifts(shifts),
        "teams": [
            {
                "code": team,
                "name_zh": names.get(team, (team, team))[0],
                "name_en": names.get(team, (team, team))[1],
                "duties": list(week),
                "shifts": sum(code is not None for code in week),
                "nights": sum(code in night for code in week),
                "weekend_days": sum(week[d] is not None for d in WEEKEND),
            }
            for team, week in roster.duties.items()
        ],
        "expected": by_shift(told["expected"]),
        "wanted": [[int(n) for n in day] for day in by_shift(told["wanted"])],
        "there": there,
        "breaches": found,
        "edits": [asdict(edit) for edit in roster.edits],
        "rules": asdict(rules),
        "gap": told["gap"],
        "short": told["short"],
        "short_bound": told["short_bound"],
        "spread": told["spread"],
        "spread_bound": told["spread_bound"],
        "incidents": told["incidents"],
        "domain": roster.parameters["domain"],
        "owner": roster.owner,
        "created_at": None if roster.created_at is None else roster.created_at.astimezone(zone).isoformat(),
    }


def write_roster(database: Database, scope: Scope, day: dt.date, path: Path) -> int:
    """Write the roster that holds in a day's week as a table, a row a team; return how many rows.

    Raises
    ------
    NotFound
        When the week has no roster.
    InvalidInput
        When the ending is not that of a table (.csv, .xlsx).
    """
    if path.suffix.lower() not in {".csv", ".xlsx"}:
        raise InvalidInput(
            "roster-format",
            f"班表导出为 .csv 或 .xlsx，不能是 {path.name}。",
            f"A roster is exported as .csv or .xlsx, not {path.name}.",
        )
    found = show_week(database, scope, day)
    if found is None:
        raise missing_week(first_day_of(day))
    names = {str(shift["code"]): str(shift["zh"]) for shift in found["shifts"]}
    rows = [
        {"队伍编号": team["code"], "名称": team["name_zh"]}
        | {
            on: names.get(code or "", code or "")
            for on, code in zip(found["days"], team["duties"], strict=True)
        }
        | {"班数": team["shifts"], "夜班": team["nights"], "周末": team["weekend_days"]}
        for team in found["teams"]
    ]
    zone = database.settings.timezone
    write_layer(pd.DataFrame(rows), path, target_crs=WGS84, layer="rosters", zone=zone)
    return len(rows)
