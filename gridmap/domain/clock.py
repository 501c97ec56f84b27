"""Times of the clock within a shift."""

from __future__ import annotations

import datetime as dt
import re

from gridmap.errors import InvalidInput

_TIME = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")
_BREAK = re.compile(r"([\d:]+)-([\d:]+)/(\d{1,3})")
_SPAN = re.compile(r"([\d:]+)-([\d:]+)")


def read_time(text: str) -> dt.time:
    """Read HH:MM.

    Raises
    ------
    InvalidInput
        When it is no time of the clock.
    """
    match = _TIME.fullmatch(text.strip())
    if match is None:
        raise InvalidInput(
            "clock-time", f"“{text}”不是时刻，应为 HH:MM。", f"{text!r} is no time of the clock: write HH:MM."
        )
    return dt.time(int(match[1]), int(match[2]))


def read_span(text: str) -> tuple[dt.time, dt.time]:
    """Read HH:MM-HH:MM; the end may lie after midnight.

    Raises
    ------
    InvalidInput
        When it is no span.
    """
    match = _SPAN.fullmatch(text.strip())
    if match is None:
        raise InvalidInput(
            "clock-span",
            f"“{text}”不是时段，应为 HH:MM-HH:MM。",
            f"{text!r} is no span of time: write HH:MM-HH:MM.",
        )
    return read_time(match[1]), read_time(match[2])


def read_break(text: str) -> tuple[dt.time, dt.time, float]:
    """Read a break: earliest and latest beginning, and minutes, as 23:00-01:00/30.

    Raises
    ------
    InvalidInput
        When it is no break.
    """
    match = _BREAK.fullmatch(text.strip())
    if match is None or not 1 <= int(match[3]) <= 240:
        raise InvalidInput(
            "clock-break",
            f"“{text}”不是休息安排，应为 最早-最晚/分钟，如 23:00-01:00/30。",
            f"{text!r} is no break: write earliest-latest/minutes, as 23:00-01:00/30.",
        )
    return read_time(match[1]), read_time(match[2]), float(match[3]) * 60.0


def moment(time: dt.time, begins_at: dt.datetime, ends_at: dt.datetime) -> dt.datetime:
    """Return when the clock shows a time: the moment nearest to the middle of the shift."""
    middle = begins_at + (ends_at - begins_at) / 2
    days = (middle.date() + dt.timedelta(days=n) for n in (-1, 0, 1))
    return min(
        (dt.datetime.combine(day, time, begins_at.tzinfo) for day in days), key=lambda at: abs(at - middle)
    )


def span_s(
    span: tuple[dt.time, dt.time], begins_at: dt.datetime, ends_at: dt.datetime
) -> tuple[float, float]:
    """Return a span in seconds of the shift; its end follows its beginning."""
    begin = moment(span[0], begins_at, ends_at)
    end = dt.datetime.combine(begin.date(), span[1], begins_at.tzinfo)
    if end <= begin:
        end += dt.timedelta(days=1)
    return (begin - begins_at).total_seconds(), (end - begins_at).total_seconds()


def read_moment(text: str, begins_at: dt.datetime, ends_at: dt.datetime) -> dt.datetime:
    """Read HH:MM within the shift, or a day with a time, local where it names no zone.

    Raises
    ------
    InvalidInput
        When it is neither, or lies outside the shift.
    """
    if _TIME.fullmatch(text.strip()):
        at = moment(read_time(text), begins_at, ends_at)
    else:
        try:
            at = dt.datetime.fromisoformat(text.strip())
        except ValueError:
            raise InvalidInput(
                "clock-time",
                f"“{text}”不是时刻，应为 HH:MM 或 YYYY-MM-DDTHH:MM。",
                f"{text!r} is no time: write HH:MM or YYYY-MM-DDTHH:MM.",
            ) from None
        at = at.replace(tzinfo=begins_at.tzinfo) if at.tzinfo is None else at
    if not begins_at <= at <= ends_at:
        raise InvalidInput(
            "moment-outside-shift",
            f"{text} 不在班次内：{begins_at:%m-%d %H:%M} 至 {ends_at:%m-%d %H:%M}。",
            f"{text} lies outside the shift: {begins_at:%m-%d %H:%M} to {ends_at:%m-%d %H:%M}.",
        )
    return at
