"""Periods by name: today is today, also where the newest record is old."""

from __future__ import annotations

import calendar
import datetime as dt

NAMES = ("today", "days_7", "month", "last_month", "month_last_year", "days_90", "year", "all")


def span(name: str, today: dt.date) -> tuple[dt.date | None, dt.date | None]:
    """Return the first and last day of a period.

    Parameters
    ----------
    name : str
        Of `NAMES`; an unknown one is this month.
    today : date
    """
    first = today.replace(day=1)
    before = first - dt.timedelta(days=1)
    year_ago = first.replace(year=first.year - 1)
    spans: dict[str, tuple[dt.date | None, dt.date | None]] = {
        "today": (today, today),
        "days_7": (today - dt.timedelta(days=6), today),
        "month": (first, today),
        "last_month": (before.replace(day=1), before),
        "month_last_year": (
            year_ago,
            year_ago.replace(day=calendar.monthrange(year_ago.year, year_ago.month)[1]),
        ),
        "days_90": (today - dt.timedelta(days=89), today),
        "year": (today.replace(month=1, day=1), today),
        "all": (None, None),
    }
    return spans.get(name, spans["month"])
