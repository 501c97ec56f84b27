"""Limits: by when a case is to be signed for, acted upon and closed; a table that a town edits and hands on."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache, lru_cache
from importlib import resources
from typing import Any, Literal
from zoneinfo import ZoneInfo

from gridmap.domain.cases.lists import codes_of
from gridmap.domain.codes import codes
from gridmap.errors import InvalidInput, NotFound

DEFAULT = "tiered"
WARN_SHARES = (0.5, 0.8)
"""Shares of a limit's time at which a case is warned of."""

_SPAN = re.compile(r"(\d{1,4})(min|h|d|wd)")
_LONGEST_WALK_DAYS = 2000


@dataclass(frozen=True, slots=True)
class Calendar:
    """Which days a town works.

    Attributes
    ----------
    working_days : tuple of int
        ISO weekdays, Monday 1.
    holidays, working_weekends : frozenset of date
        Days off, and days worked in their place.
    """

    working_days: tuple[int, ...] = (1, 2, 3, 4, 5)
    holidays: frozenset[dt.date] = frozenset()
    working_weekends: frozenset[dt.date] = frozenset()

    def works(self, day: dt.date) -> bool:
        """Tell whether the town works on a day."""
        if day in self.working_weekends:
            return True
        return day.isoweekday() in self.working_days and day not in self.holidays


@dataclass(frozen=True, slots=True)
class LimitRule:
    """One line of the table. What is None fits everything; the first line that fits is taken.

    Attributes
    ----------
    domain, kind, scale, risk : str or None
    level : int or None
        Of the grid that has the case.
    body : str or None
        Kind of body that should have it.
    co_bodies : tuple of str
    sign, act, close : str
        Spans: ``8min``, ``24h``, ``7d`` (days of the calendar), ``7wd`` (working days).
    """

    sign: str
    act: str
    close: str
    domain: str | None = None
    kind: str | None = None
    scale: str | None = None
    risk: str | None = None
    level: int | None = None
    body: str | None = None
    co_bodies: tuple[str, ...] = ()

    def fits(self, domain: str, kind: str | None, scale: str | None, risk: str, level: int) -> bool:
        """Tell whether the line is about such a case."""
        return all(
            wanted is None or wanted == given
            for wanted, given in (
                (self.domain, domain),
                (self.kind, kind),
                (self.scale, scale),
                (self.risk, risk),
                (self.level, level),
            )
        )


@dataclass(frozen=True, slots=True)
class LimitTable:
    """A town's limits: lines in order, and its calendar.

    Attributes
    ----------
    name_zh, name_en, source : str
        What it is called and where it comes from.
    """

    name_zh: str
    name_en: str
    source: str
    rules: tuple[LimitRule, ...]
    calendar: Calendar = Calendar()

    def rule_for(self, domain: str, kind: str | None, scale: str | None, risk: str, level: int) -> LimitRule:
        """Return the first line that fits; the last line fits everything."""
        return next(r for r in self.rules if r.fits(domain, kind, scale, risk, level))

    def due(self, span: str, since: dt.datetime, zone: str) -> dt.datetime:
        """Return the end of a span that begins at an instant."""
        return end_of(span, since, self.calendar, zone)

    @property
    def mark(self) -> str:
        """Return a short text that is another one for another table: by it a change tells what it was made from."""
        told = json.dumps(self.as_dict(), ensure_ascii=False, sort_keys=True)
        return hashlib.sha256(told.encode()).hexdigest()[:16]

    def as_dict(self) -> dict[str, Any]:
        """Return the table as a file holds it; `read_table` reads it again."""
        calendar = self.calendar
        return {
            "name_zh": self.name_zh,
            "name_en": self.name_en,
            "source": self.source,
            "calendar": {
                "working_days": list(calendar.working_days),
                "holidays": sorted(day.isoformat() for day in calendar.holidays),
                "working_weekends": sorted(day.isoformat() for day in calendar.working_weekends),
            },
            "rules": [
                {
                    n: list(v) if isinstance(v, tuple) else v
                    for n, v in asdict(r).items()
                    if v not in (None, ())
                }
                for r in self.rules
            ],
        }


def end_of(span: str, since: dt.datetime, calendar: Calendar, zone: str) -> dt.datetime:
    """Return when a span that begins at an instant is over.

    Working days end at the same time of the clock as they begin; what begins on a day off begins at the next working
    day's midnight.

    Raises
    ------
    InvalidInput
        When it is no span, or the calendar has too few working days.
    """
    match = _SPAN.fullmatch(span)
    if match is None:
        raise _no_span(span)
    n, unit = int(match[1]), match[2]
    if unit != "wd":
        return (
            since
            + {"min": dt.timedelta(minutes=n), "h": dt.timedelta(hours=n), "d": dt.timedelta(days=n)}[unit]
        )
    local = since.astimezone(ZoneInfo(zone))
    day, clock = local.date(), local.timetz()
    if not calendar.works(day):
        clock = dt.time(tzinfo=local.tzinfo)
        n += 1
    return dt.datetime.combine(_working_day(calendar, day, n), clock).astimezone(dt.UTC)


@lru_cache(maxsize=20_000)
def _working_day(calendar: Calendar, day: dt.date, n: int) -> dt.date:
    """Return the n-th working day after a day."""
    for _ in range(_LONGEST_WALK_DAYS):
        if n == 0:
            return day
        day += dt.timedelta(days=1)
        n -= calendar.works(day)
    raise InvalidInput(
        "calendar-empty",
        "工作日历中几乎没有工作日，期限无法计算。请检查节假日。",
        "The calendar has hardly any working days, so no limit can be told. Check its holidays.",
    )


Warned = Literal["none", "half", "soon", "over"]


def warning(since: dt.datetime, due: dt.datetime | None, now: dt.datetime) -> Warned:
    """Tell how far a limit has been used: ``half`` from 50 %, ``soon`` from 80 %, ``over`` when it is past."""
    if due is None or due <= since:
        return "none" if due is None or now < due else "over"
    share = (now - since) / (due - since)
    half, soon = WARN_SHARES
    return "over" if share > 1 else "soon" if share >= soon else "half" if share >= half else "none"


@cache
def preset(name: str = DEFAULT) -> LimitTable:
    """Return a table that comes with the program.

    Raises
    ------
    NotFound
        Naming those that there are.
    """
    if name not in presets():
        raise NotFound(
            "limits-preset-unknown",
            f"没有名为 {name} 的预设期限，可选：{'、'.join(presets())}。",
            f"There is no preset {name}; there are {', '.join(presets())}.",
        )
    text = resources.files("gridmap.domain.cases").joinpath(f"presets/{name}.json").read_text("utf-8")
    return read_table(json.loads(text))


@cache
def presets() -> tuple[str, ...]:
    """Return the names of the tables that come with the program."""
    folder = resources.files("gridmap.domain.cases").joinpath("presets")
    return tuple(sorted(f.name.removesuffix(".json") for f in folder.iterdir() if f.name.endswith(".json")))


def read_table(given: Mapping[str, Any]) -> LimitTable:
    """Read a table from what a file holds.

    Raises
    ------
    InvalidInput
        Naming the line that is wrong, and why.
    """
    try:
        calendar = given.get("calendar", {})
        table = LimitTable(
            str(given["name_zh"]),
            str(given.get("name_en", given["name_zh"])),
            str(given["source"]),
            tuple(_rule(n, line) for n, line in enumerate(given["rules"], 1)),
            Calendar(
                tuple(int(d) for d in calendar.get("working_days", (1, 2, 3, 4, 5))),
                frozenset(dt.date.fromisoformat(d) for d in calendar.get("holidays", ())),
                frozenset(dt.date.fromisoformat(d) for d in calendar.get("working_weekends", ())),
            ),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as wrong:
        raise InvalidInput(
            "limits-unreadable",
            f"期限文件无法读取：{wrong}。需要 name_zh、source、rules（每行 sign、act、close）。",
            f"The file of limits cannot be read: {wrong}. It needs name_zh, source and rules with sign, act, close.",
        ) from None
    last = table.rules[-1] if table.rules else None
    if last is None or any((last.domain, last.kind, last.scale, last.risk, last.level)):
        raise InvalidInput(
            "limits-open-end",
            "期限表的最后一行须适用于所有事件（不写领域、类型、规模、风险和级别）。",
            "The last line of the limits must fit every case: no domain, kind, scale, risk or level.",
        )
    return table


def _rule(n: int, line: Mapping[str, Any]) -> LimitRule:
    known = set(LimitRule.__dataclass_fields__)
    wrong = sorted(set(line) - known)
    for name, allowed in (
        ("domain", codes("domain")),
        ("scale", codes("scale")),
        ("risk", codes_of("risk")),
        ("body", codes_of("body_kind")),
    ):
        if line.get(name) is not None and line[name] not in allowed:
            wrong.append(f"{name}={line[name]}")
    wrong += [f"co_bodies={body}" for body in line.get("co_bodies", ()) if body not in codes_of("body_kind")]
    wrong += [
        f"{name}={line[name]}" for name in ("sign", "act", "close") if not _SPAN.fullmatch(str(line[name]))
    ]
    if wrong:
        raise InvalidInput(
            "limits-line",
            f"期限表第 {n} 行有误：{'、'.join(wrong)}。",
            f"Line {n} of the limits is wrong: {', '.join(wrong)}.",
        )
    return LimitRule(**{**line, "co_bodies": tuple(line.get("co_bodies", ()))})


def _no_span(span: str) -> InvalidInput:
    return InvalidInput(
        "limits-span",
        f"“{span}”不是时长，应为 8min、24h、7d（自然日）或 7wd（工作日）。",
        f"{span!r} is no span: write 8min, 24h, 7d (days of the calendar) or 7wd (working days).",
    )
