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


def local_day(moment: dt.datetime | None, zone: str) -> dt.date:
    """Return the day on which a moment falls in a zone; today's where there is none."""
    return (moment or dt.datetime.now(dt.UTC)).astimezone(ZoneInfo(zone)).date()
