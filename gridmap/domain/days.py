"""Days of the calendar as spans of instants."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

EARLIEST_YEAR = 1949
FARTHEST = dt.datetime(2200, 1, 1, tzinfo=dt.UTC)
"""Nothing that a town plans lies later; near the end of the calendar sums of days overflow."""


def local_span(
    zone: str, since: dt.date | None, until: dt.date | None
) -> tuple[dt.datetime | None, dt.datetime | None]:
    """Turn inclusive local days into a half-open span of instants.

    Parameters
    ----------
    zone : str
        IANA name.
    since, until : date or None
        First and last day.
    """
    tz = ZoneInfo(zone)
    start = dt.datetime.combine(since, dt.time(), tz) if since else None
    # The calendar's last day has no day after it.
    following = until + dt.timedelta(days=1) if until and until < dt.date.max else None
    end = dt.datetime.combine(following, dt.time(), tz) if following else None
    return start, end


def read_moment(text: str, zone: str, *, ends: bool = False) -> dt.datetime:
    """Read an instant of RFC 3339; without an offset it is local, and a bare day is its beginning or its end.

    Parameters
    ----------
    text : str
    zone : str
        IANA name.
    ends : bool
        Whether a day means its last instant (to the microsecond).

    Raises
    ------
    ValueError
        When it is none.
    """
    if len(text) == len("2026-10-05"):
        # The calendar's last day has no day after it.
        return dt.datetime.combine(
            dt.date.fromisoformat(text), dt.time.max if ends else dt.time.min, ZoneInfo(zone)
        )
    at = dt.datetime.fromisoformat(text)
    return at if at.tzinfo else at.replace(tzinfo=ZoneInfo(zone))


def local_day(moment: dt.datetime | None, zone: str) -> dt.date:
    """Return the day on which a moment falls in a zone; today's where there is none."""
    return (moment or dt.datetime.now(dt.UTC)).astimezone(ZoneInfo(zone)).date()
