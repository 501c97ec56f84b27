"""Documents that are made again and again: each week, month or quarter, of the span that has just ended."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Literal, get_args

Every = Literal["week", "month", "quarter"]
EVERY: tuple[Every, ...] = get_args(Every)
WEEKS = 4
"""A single week holds too little: what is made each week is of so many."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """A hotspot report that is made by itself.

    Attributes
    ----------
    number : int
    every : {'week', 'month', 'quarter'}
    within : int or None
        Key of the grid that it is about; all that its post sees where None.
    languages : {'zh', 'en', 'both'}
    purpose : str
    post : str
        Whose it is: made in what that post may see, and no more once it is locked.
    made_until : date
        Last day of the newest span of which it was made, or that had ended when it was asked for.
    """

    number: int
    every: Every
    within: int | None
    languages: Literal["zh", "en", "both"]
    purpose: str
    post: str
    made_until: dt.date


def newest_span(every: Every, today: dt.date) -> tuple[dt.date, dt.date]:
    """Return the first and last day of the newest span that had ended before today.

    Parameters
    ----------
    every : {'week', 'month', 'quarter'}
        Weeks end on Sunday and are told by four.
    today : date
    """
    if every == "week":
        monday = today - dt.timedelta(days=today.weekday())
        return monday - dt.timedelta(weeks=WEEKS), monday - dt.timedelta(days=1)
    months = 3 if every == "quarter" else 1
    ended = today.replace(day=1, month=(today.month - 1) // months * months + 1)
    number = ended.year * 12 + ended.month - 1 - months
    return dt.date(number // 12, number % 12 + 1, 1), ended - dt.timedelta(days=1)
