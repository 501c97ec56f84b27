"""Times of the clock within a shift."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Iterable

from gridmap.domain.terms import REST
from gridmap.errors import InvalidInput

_MINUTE_S = 60.0
_CHINESE = str.maketrans("：－—–～〜~至到／", ":--------/")
_TIME = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")
_BREAK = re.compile(r"([\d:]+)-([\d:]+)/(\d{1,3})(?:分钟?|min)?")
_SPAN = re.compile(r"([\d:]+)-([\d:]+)")


def read_time(text: str) -> dt.time:
    """Read HH:MM.

    Raises
    ------
    InvalidInput
        When it is no time of the clock.
    """
    match = _TIME.fullmatch(_plain(text))
    if match is None:
        raise InvalidInput(
            "clock-time", f"“{text}”不是时刻，应为 HH:MM。", f"{text!r} is no time of the clock: write HH:MM."
        )
    return dt.time(int(match[1]), int(match[2]))


def read_span(text: str) -> tuple[dt.time, dt.time]:
    """Read HH:MM-HH:MM; the end may lie after midnight, and may be 24:00.

    Raises
    ------
    InvalidInput
        When it is no span.
    """
    match = _SPAN.fullmatch(_plain(text))
    if match is None:
        raise InvalidInput(
            "clock-span",
            f"“{text}”不是时段，应为 HH:MM-HH:MM。",
            f"{text!r} is no span of time: write HH:MM-HH:MM.",
        )
    return read_time(match[1]), dt.time() if match[2] == "24:00" else read_time(match[2])


def _plain(text: str) -> str:
    """Fold the colons and dashes that Chinese keyboards write."""
    return "".join(unicodedata.normalize("NFKC", text.translate(_CHINESE)).split())


def read_break(text: str) -> tuple[dt.time, dt.time, float]:
    """Read a break: earliest and latest beginning, and minutes, as 23:00-01:00/30.

    Raises
    ------
    InvalidInput
        When it is no break.
    """
    match = _BREAK.fullmatch(_plain(text))
    if match is None or not REST.low <= int(match[3]) <= REST.high:
        raise InvalidInput(
            "clock-break",
            f"“{text}”不是休息安排，应为 最早-最晚/分钟，如 23:00-01:00/30。",
            f"{text!r} is no break: write earliest-latest/minutes, as 23:00-01:00/30.",
        )
    return read_time(match[1]), read_time(match[2]), float(match[3]) * 60.0


def moments_s(time: dt.time, begins_at: dt.datetime, ends_at: dt.datetime) -> tuple[float, ...]:
    """Return every moment from the beginning to the end of a shift, both included, at which the clock shows a time."""
    days = (ends_at.date() - begins_at.date()).days + 1
    all_of = (
        dt.datetime.combine(begins_at.date() + dt.timedelta(days=n), time, begins_at.tzinfo)
        for n in range(days)
    )
    return tuple((at - begins_at).total_seconds() for at in all_of if begins_at <= at <= ends_at)


def spans_s(
    spans: Iterable[tuple[dt.time, dt.time]], begins_at: dt.datetime, ends_at: dt.datetime
) -> tuple[tuple[float, float], ...]:
    """Return what daily spans have of a shift, in seconds of it.

    A span is of every day, and one that does not end after it begins ends on the next day: of a night from 19:30 to
    04:00, ``08:00-22:00`` has the part until 22:00. Spans that overlap, or leave a minute between them
    (``00:00-23:59``), are one.

    Parameters
    ----------
    spans : iterable of (time, time)
    begins_at, ends_at : datetime
        Aware.

    Returns
    -------
    tuple of (float, float)
        In order, whole spans where they overlap the shift; none where they have nothing of it.
    """
    days = range(-1, (ends_at.date() - begins_at.date()).days + 2)
    found = []
    for day in (begins_at.date() + dt.timedelta(days=n) for n in days):
        for first, last in spans:
            low = dt.datetime.combine(day, first, begins_at.tzinfo)
            high = dt.datetime.combine(day, last, begins_at.tzinfo)
            found.append((low, high if high > low else high + dt.timedelta(days=1)))
    joined: list[tuple[float, float]] = []
    offsets = sorted(((a - begins_at).total_seconds(), (b - begins_at).total_seconds()) for a, b in found)
    for begin_s, end_s in offsets:
        if joined and begin_s <= joined[-1][1] + _MINUTE_S:
            joined[-1] = joined[-1][0], max(joined[-1][1], end_s)
        else:
            joined.append((begin_s, end_s))
    length_s = (ends_at - begins_at).total_seconds()
    return tuple((low, high) for low, high in joined if low < length_s and high > 0.0)


def read_moment(text: str, begins_at: dt.datetime, ends_at: dt.datetime) -> dt.datetime:
    """Read HH:MM within the shift, or a day with a time, local where it names no zone.

    Raises
    ------
    InvalidInput
        When it is neither, or lies outside the shift.
    """
    if _TIME.fullmatch(_plain(text)):
        shown = moments_s(read_time(text), begins_at, ends_at)
        first = dt.datetime.combine(begins_at.date(), read_time(text), begins_at.tzinfo)
        at = begins_at + dt.timedelta(seconds=shown[0]) if shown else first
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
