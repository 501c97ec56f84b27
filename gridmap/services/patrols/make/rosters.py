"""Rosters of weeks: made from what is expected of each shift, changed by hand, and taken back."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import TypedDict
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gridmap import __version__
from gridmap.analysis.hours import HOURS, weekly_profile
from gridmap.analysis.rostering import Beside, RosterProblem, make_roster, wanted_teams
from gridmap.domain import terms
from gridmap.domain.codes import require_domain
from gridmap.domain.duties import SERVICE_TEAM
from gridmap.domain.gridkey import Scope
from gridmap.domain.query import IncidentQuery
from gridmap.domain.rosters import (
    DAYS,
    WEEKEND,
    Duty,
    KeptRoster,
    NamedShift,
    RosterRules,
    breaches,
    first_day_of,
    require_in_week,
    shift_of,
    shown_shifts,
)
from gridmap.errors import Conflict, NotFound
from gridmap.services.cases.query import chosen_by
from gridmap.services.hotspots.observations import has_time, local_days
from gridmap.services.patrols.ask.crew import chosen_teams
from gridmap.services.patrols.ask.request import PatrolRequest
from gridmap.services.patrols.keep.rosters import ShownRoster, beside_week, show_roster
from gridmap.services.workspace.shifts import shifts_in
from gridmap.storage.database import Database
from gridmap.storage.hotspots.runs import incident_points
from gridmap.storage.patrols import rosters as stored
from gridmap.storage.teams import teams as stored_teams
from gridmap.storage.teams.teams import TeamRow

Floats = NDArray[np.float64]

_PERIOD_DAYS = 364
_STEP = dt.timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class RosterRequest:
    """What a roster is asked for.

    Attributes
    ----------
    first_day : date
        Any day of its week.
    teams : tuple of str or None
        Codes; every professional team with a base where None.
    rules : RosterRules
    off : tuple of (str, date)
        Days on which teams have no shift.
    domain : str or None
        Incidents of this domain are what the shifts are for; all where None.
    seconds : float
    """

    first_day: dt.date
    teams: tuple[str, ...] | None = None
    rules: RosterRules = field(default_factory=RosterRules)
    off: tuple[tuple[str, dt.date], ...] = ()
    domain: str | None = "policing"
    seconds: float = terms.ROSTER_S

    def __post_init__(self) -> None:
        """Refuse numbers and days that make no sense."""
        terms.ROSTERING.refuse(self.seconds)
        require_domain(self.domain)
        monday = first_day_of(self.first_day)
        for _, on in self.off:
            require_in_week(on, monday)
        # The same days as of a plan: who is rostered is to be planned for.
        PatrolRequest(self.first_day)


class TeamToRoster(TypedDict):
    """A team that a roster may have; `usual` where it has it unless teams are named."""

    code: str
    name_zh: str
    name_en: str
    usual: bool


def teams_to_roster(database: Database, scope: Scope) -> list[TeamToRoster]:
    """List the teams that a roster may have: those with a base that patrol."""
    with database.scoped_session(scope) as session:
        rows = stored_teams.list_teams(session)
    return [
        {
            "code": row["code"],
            "name_zh": row["name_zh"],
            "name_en": row["name_en"] or row["name_zh"],
            "usual": bool(row["professional"]),
        }
        for row in sorted(rows, key=lambda row: row["code"])
        if row["kind"] != SERVICE_TEAM and row["base_lon"] is not None
    ]


def make_week(
    database: Database,
    scope: Scope,
    asked: RosterRequest,
    *,
    owner: str | None = None,
    on_progress: Callable[[str, int, int], None] | None = None,
) -> ShownRoster:
    """Make the roster of a week and keep it; an older one of the week stays, and holds again when this is deleted.

    Parameters
    ----------
    database : Database
    scope : Scope
    asked : RosterRequest
    owner : str, optional
    on_progress : callable, optional

    Returns
    -------
    ShownRoster

    Raises
    ------
    InvalidInput
        When there is no team.
    NotFound
        When a team is not there.
    Unavailable
        When no roster was found in the time.
    """
    tell = on_progress or (lambda *_: None)
    tell("read", 0, 1)
    zone = ZoneInfo(database.settings.timezone)
    monday = first_day_of(asked.first_day)
    with database.scoped_session(scope) as session:
        shifts = shifts_in(session)
        rows = [
            row for row in stored_teams.list_teams(session) if asked.teams is not None or row["professional"]
        ]
        beside = beside_week(session, monday)
    # A roster gives the hours: those that a team has of its own do not count.
    timed = [TeamRow(**row | {"shift_start": dt.time(), "shift_end": dt.time()}) for row in rows]
    chosen, _ = chosen_teams(timed, PatrolRequest(asked.first_day, teams=asked.teams))
    codes = [row["code"] for row in chosen]
    off = _off(asked, codes, monday)
    expected, counted = _expected(database, scope, asked, monday, shifts, zone)
    tell("read", 1, 1)
    wanted = wanted_teams(expected, teams=len(codes), most=asked.rules.most, least=asked.rules.least)
    hours = [[shift.hours(monday + dt.timedelta(days=n), zone) for shift in shifts] for n in range(DAYS)]
    begin, end = (np.array([[span[k].timestamp() for span in day] for day in hours]) for k in (0, 1))
    tell("plan", 0, 1)
    found = make_roster(
        RosterProblem(
            len(codes),
            begin,
            end,
            np.array([shift.night for shift in shifts]),
            np.isin(np.arange(DAYS), WEEKEND),
            wanted,
            expected / np.maximum(wanted, 1),
            off,
            asked.rules.rest_h * 3600.0,
            asked.rules.nights_in_row,
            asked.rules.most,
            tuple(
                _as_beside(duty, codes, shifts, monday, zone) for duty in beside if _fits(duty, codes, shifts)
            ),
        ),
        seconds=asked.seconds,
    )
    tell("plan", 1, 1)
    duties = {
        code: tuple(None if n < 0 else shifts[n].code for n in found.shift[t]) for t, code in enumerate(codes)
    }
    made = KeptRoster(
        0,
        monday,
        duties,
        (),
        {
            "rules": asdict(asked.rules),
            "teams": list(asked.teams) if asked.teams is not None else None,
            "off": [[team, on.isoformat()] for team, on in asked.off],
            "domain": asked.domain,
            "seconds": asked.seconds,
        },
        {
            "expected": expected.round(4).tolist(),
            "wanted": wanted.tolist(),
            "shifts": shown_shifts(shifts),
            "incidents": counted,
            "gap": round(found.gap, 6),
            "short": round(found.short, 4),
            "short_bound": round(found.short_bound, 4),
            "spread": found.spread,
            "spread_bound": found.spread_bound,
        },
        hashlib.sha256(json.dumps([expected.tolist(), codes, shown_shifts(shifts)]).encode()).hexdigest(),
        __version__,
        owner,
    )
    refuse_broken_roster(made, shifts, asked.rules, beside, zone)
    with database.scoped_session(scope, write=True) as session:
        number = stored.add_roster(session, scope, made)
    tell("save", 1, 1)
    return show_roster(database, scope, number)


def refuse_broken_roster(
    made: KeptRoster,
    shifts: Sequence[NamedShift],
    rules: RosterRules,
    beside: Sequence[Duty],
    zone: ZoneInfo,
) -> None:
    """Stop a roster of the solver that breaks a rule: it must never be kept."""
    own = {duty.team for duty in made.listed()}
    old = {
        (b["team"], b["code"], b["on"])
        for b in breaches(beside, shifts, rules, zone, first_day=made.first_day)
    }
    found = breaches([*made.listed(), *beside], shifts, rules, zone, first_day=made.first_day)
    new = [b for b in found if b["team"] in own and (b["team"], b["code"], b["on"]) not in old]
    if new:
        raise Conflict("roster-broken", f"班表有误，未保存：{new[0]['zh']}", f"Not kept: {new[0]['en']}")


def _off(asked: RosterRequest, codes: Sequence[str], monday: dt.date) -> NDArray[np.bool_]:
    off = np.zeros((len(codes), DAYS), dtype=bool)
    for team, on in asked.off:
        if team not in codes:
            raise NotFound(
                "roster-team",
                f"队伍 {team} 不在这份班表中，请核对休假的队伍编号。",
                f"Team {team} is not in this roster; check the team that has the day off.",
            )
        off[codes.index(team), (on - monday).days] = True
    return off


def _fits(duty: Duty, codes: Sequence[str], shifts: Sequence[NamedShift]) -> bool:
    return duty.team in codes and any(shift.code == duty.shift for shift in shifts)


def _as_beside(
    duty: Duty, codes: Sequence[str], shifts: Sequence[NamedShift], monday: dt.date, zone: ZoneInfo
) -> Beside:
    shift = shift_of(shifts, duty.shift)
    begins, ends = shift.hours(duty.on, zone)
    return Beside(
        codes.index(duty.team), (duty.on - monday).days, begins.timestamp(), ends.timestamp(), shift.night
    )


def _expected(
    database: Database,
    scope: Scope,
    asked: RosterRequest,
    monday: dt.date,
    shifts: Sequence[NamedShift],
    zone: ZoneInfo,
) -> tuple[Floats, int]:
    """Incidents expected in each shift of the week, from a year before it; and of how many."""
    until = min(monday, dt.datetime.now(zone).date()) - dt.timedelta(days=1)
    since = until - dt.timedelta(days=_PERIOD_DAYS - 1)
    query = IncidentQuery(None, since, until, (asked.domain,) if asked.domain else ())
    with database.scoped_session(scope, timeout_s=60) as session:
        points, _ = incident_points(session, chosen_by(database, query), by_village=True, patrol_found=False)
    at = pd.to_datetime(points.at_s, unit="s", utc=True).tz_convert(zone)
    timed = has_time(local_days(points.at_s, dt.date(1970, 1, 1), zone))
    counts = np.zeros((DAYS, HOURS))
    np.add.at(counts, (at.day_of_week.to_numpy()[timed], at.hour.to_numpy()[timed]), 1)
    # Those with a date alone are taken to fall as the others do.
    a_week = weekly_profile(counts).share * len(points) / (_PERIOD_DAYS / DAYS)
    out = np.zeros((DAYS, len(shifts)))
    for day in range(DAYS):
        for n, shift in enumerate(shifts):
            moment, end = shift.hours(monday + dt.timedelta(days=day), zone)
            while moment < end:
                out[day, n] += a_week[moment.weekday(), moment.hour] * (_STEP / dt.timedelta(hours=1))
                moment += _STEP
    return out, len(points)
