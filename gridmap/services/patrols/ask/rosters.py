"""Named shifts of the town, and who a roster names for one of them."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from zoneinfo import ZoneInfo

from gridmap.domain.accounts import Actor
from gridmap.domain.clock import read_time
from gridmap.domain.gridkey import Scope
from gridmap.domain.rosters import (
    DAYS,
    USUAL,
    NamedShift,
    first_day_of,
    read_shifts,
    shift_of,
    shown_shifts,
)
from gridmap.errors import Conflict, InvalidInput, NotFound
from gridmap.files.atomic import replacing
from gridmap.services.cases.limits import require_whole
from gridmap.services.patrols.ask.request import PatrolRequest
from gridmap.services.workspace.shifts import SETTING, shifts_in
from gridmap.storage.database import Database
from gridmap.storage.patrols import rosters as stored
from gridmap.storage.teams.teams import TeamRow
from gridmap.storage.workspace.settings import write_settings

_LONGEST_FILE = 1 << 16


def town_shifts(database: Database, scope: Scope) -> tuple[NamedShift, ...]:
    """Return the town's named shifts: its own, or those that come with the program."""
    with database.scoped_session(scope) as session:
        return shifts_in(session)


def set_shifts(database: Database, actor: Actor, given: object) -> tuple[NamedShift, ...]:
    """Name the town's shifts anew.

    Parameters
    ----------
    database : Database
    actor : Actor
        Has to have the whole workspace.
    given : list of mappings, or None
        code, zh, en, begin, end, night of each; None for those that come with the program.

    Raises
    ------
    InvalidInput
        When one of them is wrong, naming it.
    Forbidden
        When the actor has a part of the workspace only.
    Conflict
        When a roster of this week or a later one names a shift that would be gone.
    """
    require_whole(actor)
    shifts = USUAL if given is None else read_shifts(given)
    today = dt.datetime.now(ZoneInfo(database.settings.timezone)).date()
    with database.scoped_session(Scope.whole(), write=True) as session:
        used = stored.codes_in_use(session, first_day_of(today)) - {shift.code for shift in shifts}
        if used:
            raise Conflict(
                "shift-in-use",
                f"班次 {min(used)} 还在本周或以后的班表中，请先改班表，或保留这个 code、只改时间。",
                f"The shift {min(used)} is in a roster of this week or later: change that first, or keep its code.",
            )
        write_settings(session, **{SETTING: None if given is None else shown_shifts(shifts)})
    return shifts


def load_shifts(database: Database, actor: Actor, path: Path) -> tuple[NamedShift, ...]:
    """Name the town's shifts anew, from a file that :func:`save_shifts` wrote.

    Raises
    ------
    InvalidInput
        When the file is no JSON, or a shift in it is wrong.
    Forbidden, Conflict
        As :func:`set_shifts`.
    """
    try:
        text = path.read_text("utf-8-sig") if path.stat().st_size <= _LONGEST_FILE else ""
        given = json.loads(text)
    except (OSError, ValueError):
        raise InvalidInput(
            "shifts-file",
            f"{path.name} 不是班次文件：应为 UTF-8 的 JSON，如 gridmap shifts save 写出的。",
            f"{path.name} is no file of shifts: UTF-8 JSON, as gridmap shifts save writes it.",
        ) from None
    return set_shifts(database, actor, given)


def save_shifts(database: Database, scope: Scope, path: Path) -> None:
    """Write the town's shifts to a file, to be changed and loaded."""
    told = shown_shifts(town_shifts(database, scope))
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(told, ensure_ascii=False, indent=1) + "\n", "utf-8")


def rostered(database: Database, scope: Scope, on: dt.date, duty: str | None) -> dict[str, NamedShift]:
    """Return the teams that the roster names for a day, with their shifts.

    Parameters
    ----------
    database : Database
    scope : Scope
    on : date
        Day on which the shift begins.
    duty : str or None
        Code or name of a shift; every shift of the day where None.

    Raises
    ------
    NotFound
        When the week has no roster, the town no such shift, or nobody has it on that day.
    """
    with database.scoped_session(scope) as session:
        shifts = shifts_in(session)
        roster = stored.newest_of_week(session, first_day_of(on))
    wanted = None if duty is None else shift_of(shifts, duty)
    if roster is None:
        raise missing_week(first_day_of(on))
    known = {shift.code: shift for shift in shifts}
    day = (on - roster.first_day).days % DAYS
    found = {
        team: known[code]
        for team, week in roster.duties.items()
        if (code := week[day]) in known and (wanted is None or code == wanted.code)
    }
    if not found:
        name = ("任何班次", "any shift") if wanted is None else (wanted.zh, f"the shift {wanted.code}")
        raise NotFound(
            "roster-nobody",
            f"{on} 的班表中没有队伍上{name[0]}。请改班表，或点名队伍。",
            f"The roster names no team for {name[1]} of {on}. Change it, or name the teams.",
        )
    return found


def with_duties(database: Database, scope: Scope, rows: list[TeamRow], asked: PatrolRequest) -> list[TeamRow]:
    """Give teams the hours of the shift that a plan is for, and leave out whom its roster does not name.

    Raises
    ------
    NotFound
        When the town has no such shift, or the roster names nobody.
    """
    if asked.roster:
        named = rostered(database, scope, asked.on, asked.duty)
        return [_timed(row, named[row["code"]]) for row in rows if row["code"] in named]
    if asked.duty is None:
        return rows
    shift = shift_of(town_shifts(database, scope), asked.duty)
    return [_timed(row, shift) for row in rows]


def _timed(row: TeamRow, shift: NamedShift) -> TeamRow:
    return TeamRow(**row | {"shift_start": read_time(shift.begin), "shift_end": read_time(shift.end)})


def missing_week(monday: dt.date) -> NotFound:
    """Return the error of a week without a roster."""
    return NotFound(
        "roster-missing",
        f"{monday} 起的一周还没有班表。请先运行 gridmap rosters make --week {monday}，或点名队伍。",
        f"The week of {monday} has no roster. Run first: gridmap rosters make --week {monday}; or name the teams.",
    )
