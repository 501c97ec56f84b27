"""Named shifts of a town, and a week's roster of its teams: who has which shift, and which rules of rest it breaks."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any, NamedTuple, TypedDict
from zoneinfo import ZoneInfo

from gridmap.domain import terms
from gridmap.domain.clock import read_time
from gridmap.domain.legible import is_unseen
from gridmap.errors import InvalidInput, NotFound

DAYS = 7
WEEKEND = (5, 6)
"""Days of a week that begins on Monday."""
MOST_SHIFTS = 6
NO_SHIFT = ("off", "休")
"""How a command says a day off."""
_CODE = re.compile(r"[a-z][a-z0-9-]{0,19}")
_HOUR_S = 3600.0
_NAME = 20


@dataclass(frozen=True, slots=True)
class NamedShift:
    """A shift that a town has.

    Attributes
    ----------
    code : str
        Small letters and figures.
    zh, en : str
    begin, end : str
        HH:MM of the clock; one that ends before it begins, or with it, ends on the next day.
    night : bool
        Whether it counts among nights, of which a team has only some in a row.
    """

    code: str
    zh: str
    en: str
    begin: str
    end: str
    night: bool = False

    def hours(self, on: dt.date, zone: ZoneInfo) -> tuple[dt.datetime, dt.datetime]:
        """Return when the shift of a day begins and ends, aware."""
        first, last = read_time(self.begin), read_time(self.end)
        end_on = on if last > first else on + dt.timedelta(days=1)
        return dt.datetime.combine(on, first, zone), dt.datetime.combine(end_on, last, zone)


USUAL = (
    NamedShift("day", "日班", "Day", "07:00", "15:00"),
    NamedShift("evening", "晚班", "Evening", "15:00", "23:00"),
    NamedShift("night", "夜班", "Night", "23:00", "07:00", night=True),
)
"""Shifts of a town that has set none of its own."""


def last_night(
    shifts: Sequence[NamedShift], now: dt.datetime, zone: ZoneInfo
) -> tuple[dt.datetime, dt.datetime] | None:
    """Return when the newest night shift that has begun began, and ends or ended; None of a town without one."""
    today = now.astimezone(zone).date()
    begun = [
        hours
        for shift in shifts
        if shift.night
        for back in (0, 1)
        if (hours := shift.hours(today - dt.timedelta(days=back), zone))[0] <= now
    ]
    return max(begun, default=None)


@dataclass(frozen=True, slots=True)
class RosterRules:
    """What a roster has to keep.

    Attributes
    ----------
    rest_h : float
        Least hours between two shifts of a team.
    nights_in_row : int
        Most nights that a team has on days that follow each other.
    most : int
        Most shifts of a team in the week.
    least : int
        Teams that every shift is to have, whatever is expected of it.
    """

    rest_h: float = terms.ROSTER_REST_H
    nights_in_row: int = terms.ROSTER_NIGHTS
    most: int = terms.ROSTER_MOST
    least: int = terms.ROSTER_LEAST

    def __post_init__(self) -> None:
        """Refuse numbers outside their limits."""
        for term, value in (
            (terms.REST_HOURS, self.rest_h),
            (terms.NIGHTS_IN_ROW, self.nights_in_row),
            (terms.SHIFTS_A_WEEK, self.most),
            (terms.LEAST_TEAMS, self.least),
        ):
            term.refuse(value)


class Duty(NamedTuple):
    """A team's shift on a day."""

    team: str
    on: dt.date
    shift: str


class Breach(TypedDict):
    """A rule that a roster breaks: ``rest``, ``nights-in-row``, ``most``; and on which day."""

    code: str
    team: str
    on: str
    zh: str
    en: str


def read_shifts(given: object) -> tuple[NamedShift, ...]:
    """Read a town's named shifts as JSON holds them.

    Raises
    ------
    InvalidInput
        When they are no list of shifts, naming the one that is wrong.
    """
    if not isinstance(given, list | tuple) or not 1 <= len(given) <= MOST_SHIFTS:
        raise InvalidInput(
            "shifts-list",
            f"班次应为一个列表，含 1 至 {MOST_SHIFTS} 个班次，每个有 code、zh、en、begin、end、night。",
            f"Shifts are a list of 1 to {MOST_SHIFTS}, each with code, zh, en, begin, end, night.",
        )
    out = tuple(_read_shift(number, row) for number, row in enumerate(given, 1))
    # A shift is asked for by its code or either name: each means one shift alone.
    taken = set(NO_SHIFT)
    for shift in out:
        words = {shift.code, shift.zh.casefold(), shift.en.casefold()}
        if twice := words & taken:
            raise InvalidInput(
                "shifts-twice",
                f"“{min(twice)}”已是另一个班次或休息的代码或名称，请改其中一个。",
                f"“{min(twice)}” is the code or a name of another shift, or of a day off: change one of them.",
            )
        taken |= words
    return out


def _read_shift(number: int, row: object) -> NamedShift:
    if not isinstance(row, Mapping):
        raise _wrong(number, "code", "应为一个对象", "it is no object")
    code, zh, en = (" ".join(str(row.get(name) or "").split()) for name in ("code", "zh", "en"))
    if not _CODE.fullmatch(code):
        raise _wrong(number, "code", "应为小写字母开头的短代码，如 night", "write a short code, as night")
    for name, value in (("zh", zh), ("en", en)):
        if not 1 <= len(value) <= _NAME:
            raise _wrong(number, name, f"应为 1 至 {_NAME} 个字", f"write 1 to {_NAME} characters")
        if any(is_unseen(character) for character in value):
            raise _wrong(
                number, name, "含有看不见的字符，请重新输入", "a character cannot be seen; type it again"
            )
    for name in ("begin", "end"):
        try:
            read_time(str(row.get(name) or ""))
        except InvalidInput:
            raise _wrong(number, name, "应为 HH:MM", "write HH:MM") from None
    night = row.get("night", False)
    if not isinstance(night, bool):
        raise _wrong(number, "night", "应为 true 或 false", "write true or false")
    begin, end = (f"{read_time(str(row[name])):%H:%M}" for name in ("begin", "end"))
    return NamedShift(code, zh, en, begin, end, night)


def _wrong(number: int, name: str, zh: str, en: str) -> InvalidInput:
    return InvalidInput(
        "shift-field", f"第 {number} 个班次的 {name} 不对：{zh}。", f"Shift {number}, {name}: {en}."
    )


def shown_shifts(shifts: Iterable[NamedShift]) -> list[dict[str, object]]:
    """Return shifts as JSON holds them."""
    return [asdict(shift) for shift in shifts]


def shift_of(shifts: Sequence[NamedShift], code: str) -> NamedShift:
    """Return a town's shift by its code or one of its names.

    Raises
    ------
    NotFound
        When the town has none of that name.
    """
    found = next((s for s in shifts if code in {s.code, s.zh, s.en}), None)
    if found is None:
        known = "、".join(f"{s.code} {s.zh}" for s in shifts)
        raise NotFound(
            "shift-unknown",
            f"没有名为 {code} 的班次，可用：{known}。",
            f"There is no shift {code}; there are: {', '.join(s.code for s in shifts)}.",
        )
    return found


def first_day_of(day: dt.date) -> dt.date:
    """Return the Monday of a day's week."""
    return day - dt.timedelta(days=day.weekday())


def require_in_week(on: dt.date, monday: dt.date) -> None:
    """Refuse a day of another week.

    Raises
    ------
    InvalidInput
    """
    if not 0 <= (on - monday).days < DAYS:
        raise InvalidInput(
            "roster-other-week",
            f"{on} 不在 {monday} 起的一周内。",
            f"{on} is not in the week of {monday}.",
        )


def breaches(
    duties: Iterable[Duty],
    shifts: Sequence[NamedShift],
    rules: RosterRules,
    zone: ZoneInfo,
    *,
    first_day: dt.date,
) -> list[Breach]:
    """Tell which rules of rest the duties of teams break on the days of a week.

    Parameters
    ----------
    duties : iterable of Duty
        Of the week, and of the weeks beside it: rest and nights in a row do not end with a week.
    shifts : sequence of NamedShift
    rules : RosterRules
    zone : ZoneInfo
    first_day : date
        Only what concerns this day and the six after it is told.
    """
    known = {shift.code: shift for shift in shifts}
    by_team: dict[str, list[Duty]] = {}
    for duty in sorted(duties):
        if duty.shift in known:
            by_team.setdefault(duty.team, []).append(duty)
    week = {first_day + dt.timedelta(days=n) for n in range(DAYS)}
    out: list[Breach] = []
    for team, own in by_team.items():
        out += _short_rests(team, own, known, rules, zone, week)
        out += _long_nights(team, own, known, rules, week)
        mine = [duty for duty in own if duty.on in week]
        if len(mine) > rules.most:
            out.append(
                {
                    "code": "most",
                    "team": team,
                    "on": max(duty.on for duty in mine).isoformat(),
                    "zh": f"队伍 {team} 本周 {len(mine)} 个班，多于 {rules.most} 个。",
                    "en": f"Team {team} has {len(mine)} shifts in the week, more than {rules.most}.",
                }
            )
    return out


def _short_rests(
    team: str,
    own: list[Duty],
    known: Mapping[str, NamedShift],
    rules: RosterRules,
    zone: ZoneInfo,
    week: set[dt.date],
) -> list[Breach]:
    spans = sorted((*known[duty.shift].hours(duty.on, zone), duty.on) for duty in own)
    out: list[Breach] = []
    for (_, ended, before), (begins, _, on) in pairwise(spans):
        # In seconds of the same clock: a change of the clock shortens a rest.
        rest_s = begins.timestamp() - ended.timestamp()
        if rest_s < rules.rest_h * _HOUR_S and not week.isdisjoint({before, on}):
            hours = rest_s / _HOUR_S
            out.append(
                {
                    "code": "rest",
                    "team": team,
                    "on": on.isoformat(),
                    "zh": f"队伍 {team} 在 {on} 的班之前只休息 {hours:.1f} 小时，少于 {rules.rest_h:g} 小时。",
                    "en": f"Team {team} rests for {hours:.1f} h before its shift of {on}, less than {rules.rest_h:g}.",
                }
            )
    return out


def _long_nights(
    team: str, own: list[Duty], known: Mapping[str, NamedShift], rules: RosterRules, week: set[dt.date]
) -> list[Breach]:
    nights = {duty.on for duty in own if known[duty.shift].night}
    out: list[Breach] = []
    for on in sorted(nights & week):
        row = 1
        while on - dt.timedelta(days=row) in nights:
            row += 1
        if row > rules.nights_in_row:
            out.append(
                {
                    "code": "nights-in-row",
                    "team": team,
                    "on": on.isoformat(),
                    "zh": f"队伍 {team} 到 {on} 连上 {row} 个夜班，多于 {rules.nights_in_row} 个。",
                    "en": f"Team {team} has {row} nights in a row by {on}, more than {rules.nights_in_row}.",
                }
            )
    return out


@dataclass(frozen=True, slots=True)
class Edit:
    """A change by hand: whose shift of a day became another, from what to what, when and by which post.

    `joined` where the team came into the roster by it.
    """

    team: str
    on: str
    was: str | None
    now: str | None
    at: str
    post: str | None
    joined: bool = False


@dataclass(frozen=True, slots=True)
class KeptRoster:
    """A week's roster as it is kept.

    Attributes
    ----------
    roster_id : int
    first_day : date
        A Monday.
    duties : mapping of team to tuple of str or None
        Codes of the shifts of seven days.
    edits : tuple of Edit
        Changes by hand, oldest first.
    parameters : mapping
        What was asked for.
    summary : mapping
        What was expected and wanted of each shift, and how good the roster is proven to be.
    data_sha256, version : str
    owner : str or None
    created_at : datetime or None
        None for one that is not kept yet.
    """

    roster_id: int
    first_day: dt.date
    duties: Mapping[str, tuple[str | None, ...]]
    edits: tuple[Edit, ...]
    parameters: Mapping[str, Any]
    summary: Mapping[str, Any]
    data_sha256: str
    version: str
    owner: str | None
    created_at: dt.datetime | None = None

    def listed(self) -> list[Duty]:
        """List who has which shift on which day."""
        return [
            Duty(team, self.first_day + dt.timedelta(days=n), shift)
            for team, week in self.duties.items()
            for n, shift in enumerate(week)
            if shift is not None
        ]

    def rules(self) -> RosterRules:
        """Return the rules that it was made by."""
        return RosterRules(**self.parameters["rules"])
