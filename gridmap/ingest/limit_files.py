"""A file of limits that comes from another town: whole before a case runs by it, each fault with its line and field."""

from __future__ import annotations

import datetime as dt
import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from gridmap.domain.cases.lists import codes_of
from gridmap.domain.codes import codes
from gridmap.domain.days import EARLIEST_YEAR, FARTHEST
from gridmap.domain.terms import LONGEST
from gridmap.errors import InvalidInput

_MOST_WORKING_DAYS = 250
"""Of one limit: so many are found in any calendar, also where one day a week is worked."""
_SHOWN = 5
_SPAN = re.compile(r"(?!0+[a-z])([0-9]{1,4})(min|h|d|wd)")


def _span(given: str) -> str:
    found = _SPAN.fullmatch(given)
    if found is None or (found[2] == "wd" and int(found[1]) > _MOST_WORKING_DAYS):
        raise ValueError(given)
    return given


def _of(allowed: frozenset[str]) -> AfterValidator:
    def known(given: str) -> str:
        if given not in allowed:
            raise ValueError(given)
        return given

    return AfterValidator(known)


def _day(given: object) -> dt.date:
    if not isinstance(given, str):
        raise ValueError(given)  # noqa: TRY004 - pydantic tells a wrong value from what breaks
    day = dt.date.fromisoformat(given)
    if not EARLIEST_YEAR <= day.year < FARTHEST.year:
        raise ValueError(given)
    return day


_Span = Annotated[str, AfterValidator(_span)]
_Day = Annotated[dt.date, BeforeValidator(_day)]
_Body = Annotated[str, _of(codes_of("body_kind"))]
_Text = Annotated[str, Field(min_length=1, max_length=LONGEST["place"])]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _Calendar(_Strict):
    working_days: Annotated[list[Annotated[int, Field(ge=1, le=7)]], Field(min_length=1)] = [1, 2, 3, 4, 5]
    holidays: list[_Day] = []
    working_weekends: list[_Day] = []


class _Line(_Strict):
    sign: _Span
    act: _Span
    close: _Span
    domain: Annotated[str, _of(codes("domain"))] | None = None
    kind: _Text | None = None
    scale: Annotated[str, _of(codes("scale"))] | None = None
    risk: Annotated[str, _of(codes_of("risk"))] | None = None
    level: Literal[1, 2, 3] | None = None
    body: _Body | None = None
    co_bodies: list[_Body] = []


class _File(_Strict):
    name_zh: _Text
    source: Annotated[str, Field(min_length=1, max_length=LONGEST["note"])]
    rules: Annotated[list[_Line], Field(min_length=1)]
    name_en: _Text | None = None
    calendar: _Calendar = _Calendar()


_SPANS = (
    f"8min、24h、7d（自然日）或 7wd（工作日，最多 {_MOST_WORKING_DAYS}）这样的时长",
    f"a span such as 8min, 24h, 7d (days of the calendar) or 7wd (working days, {_MOST_WORKING_DAYS} at most)",
)
_DAYS = (
    f"2026-10-01 这样的日期列表，{EARLIEST_YEAR} 至 {FARTHEST.year - 1} 年",
    f"a list of dates such as 2026-10-01, from {EARLIEST_YEAR} to {FARTHEST.year - 1}",
)
_BODIES = ("、".join(sorted(codes_of("body_kind"))), ", ".join(sorted(codes_of("body_kind"))))
_WANTED: dict[str, tuple[str, str]] = {
    "sign": _SPANS,
    "act": _SPANS,
    "close": _SPANS,
    "domain": ("、".join(sorted(codes("domain"))), ", ".join(sorted(codes("domain")))),
    "kind": ('引号中的类型代码，如 "01"', 'a kind\'s code in quotes, such as "01"'),
    "scale": ("、".join(sorted(codes("scale"))), ", ".join(sorted(codes("scale")))),
    "risk": ("、".join(sorted(codes_of("risk"))), ", ".join(sorted(codes_of("risk")))),
    "level": ("1（镇）、2（片区）或 3（村），不加引号", "1 (town), 2 (area) or 3 (village), without quotes"),
    "body": _BODIES,
    "co_bodies": (f"列表，可含 {_BODIES[0]}", f"a list of {_BODIES[1]}"),
    "working_days": (
        "1（周一）至 7（周日）的列表，至少一天",
        "a list of 1 (Monday) to 7 (Sunday), one at least",
    ),
    "holidays": _DAYS,
    "working_weekends": _DAYS,
    "calendar": (
        "working_days、holidays、working_weekends 三项",
        "working_days, holidays and working_weekends",
    ),
    "source": (
        f"一段文字，最多 {LONGEST['note']} 个字",
        f"a text of at most {LONGEST['note']} characters",
    ),
    "rules": ("一行或多行，每行写 sign、act、close", "one line or more, each with sign, act and close"),
}
_TEXT = (f"一段文字，最多 {LONGEST['place']} 个字", f"a text of at most {LONGEST['place']} characters")


def check_limits(given: dict[str, Any], name: str) -> None:
    """Refuse a file of limits that would not do, or would silently leave out, what it says.

    Parameters
    ----------
    given : dict
        What the file holds.
    name : str
        Of the file.

    Raises
    ------
    InvalidInput
        Naming the file, and of each fault the line, the field, and what may stand there.
    """
    try:
        read = _File.model_validate(given)
    except ValidationError as wrong:
        faults = [_fault(error["loc"], error["type"]) for error in wrong.errors()[:_SHOWN]]
    else:
        faults = [*_unknown_kinds(read.rules), *_never_reached(read.rules), *_both(read.calendar)][:_SHOWN]
    if not faults:
        return
    raise InvalidInput(
        "limits-fault",
        f"期限文件 {name} 有误，没有载入：{'；'.join(zh for zh, _ in faults)}。请改正后再载入。",
        f"The file of limits {name} was not loaded: {'; '.join(en for _, en in faults)}. Put it right and load it "
        "again.",
    )


def _fault(at: tuple[int | str, ...], kind: str) -> tuple[str, str]:
    names = [part for part in at if isinstance(part, str)]
    field = next((n for n in reversed(names) if n in _WANTED or n in _File.model_fields), names[-1])
    in_line = len(at) > 1 and at[0] == "rules"
    zh_at, en_at = (f"第 {int(at[1]) + 1} 行 ", f"line {int(at[1]) + 1}, ") if in_line else ("", "")
    if kind == "extra_forbidden":
        return f"{zh_at}没有“{names[-1]}”这一项", f"{en_at}there is no field {names[-1]}"
    zh, en = _WANTED.get(field, _TEXT)
    if kind == "missing":
        return f"{zh_at}缺少 {field}（{zh}）", f"{en_at}{field} is missing ({en})"
    return f"{zh_at}{field} 应为：{zh}", f"{en_at}{field} has to be: {en}"


def _unknown_kinds(lines: list[_Line]) -> list[tuple[str, str]]:
    """Tell of lines for a kind that no dispute has, since nothing would ever fit them; other domains name their own."""
    known = codes("dispute_kind")
    return [
        (
            f"第 {n} 行 kind 不是纠纷类型“{line.kind}”，可选：{'、'.join(sorted(known))}",
            f"line {n}, kind: there is no kind of dispute {line.kind!r}; choose of {', '.join(sorted(known))}",
        )
        for n, line in enumerate(lines, 1)
        if line.domain == "dispute" and line.kind is not None and line.kind not in known
    ]


def _both(calendar: _Calendar) -> list[tuple[str, str]]:
    """Tell of days that are said to be off and to be worked."""
    return [
        (
            f"{day} 同时列为放假和上班，请只留一处",
            f"{day} is told as a day off and as a day that is worked; leave it in one of them",
        )
        for day in sorted({*calendar.holidays} & {*calendar.working_weekends})
    ]


_NARROWING = ("domain", "kind", "scale", "risk", "level")


def _never_reached(lines: list[_Line]) -> list[tuple[str, str]]:
    """Tell of lines that are never taken, since one before them fits all that they fit."""
    out = []
    for n, line in enumerate(lines, 1):
        before = next(
            (
                m
                for m, other in enumerate(lines[: n - 1], 1)
                if all(getattr(other, f) in (None, getattr(line, f)) for f in _NARROWING)
            ),
            None,
        )
        if before is not None:
            out.append(
                (
                    f"第 {n} 行永远用不到：第 {before} 行已包括它，请把第 {n} 行移到前面",
                    f"line {n} is never taken: line {before} fits all that it fits; move line {n} before it",
                )
            )
    return out
