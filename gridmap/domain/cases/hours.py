"""A week's hours in words: read as people write them, said in both languages."""

from __future__ import annotations

import re

from gridmap.domain.cases.directory import Week, week_of
from gridmap.errors import InvalidInput

_ZH_DAYS = {"一": "Mo", "二": "Tu", "三": "We", "四": "Th", "五": "Fr", "六": "Sa", "日": "Su", "天": "Su"}
_EN = tuple(dict.fromkeys(_ZH_DAYS.values()))
_ZH = tuple("一二三四五六日")
_PLAIN = str.maketrans({"：": ":", "；": ";", "，": ";"} | dict.fromkeys("至到~～—－–", "-"))
_DAY = "(?:Mo|Tu|We|Th|Fr|Sa|Su)"
# A part is read whole or not at all: what is left out would close a body that is open.
_WHOLE = re.compile(rf"(?:{_DAY}(?:-{_DAY})?\s+\d{{2}}:\d{{2}}-\d{{2}}:\d{{2}}\s*)+|24/7")


def read_week(words: str) -> dict[str, list[list[str]]]:
    """Read a week such as ``Mo-Fr 08:30-17:00; Sa 09:00-12:00`` or ``周一至周五 08:30-17:00``.

    Parameters
    ----------
    words : str

    Returns
    -------
    dict
        ISO weekday to spans, as the directory keeps it.

    Raises
    ------
    InvalidInput
        When a part of it says no days and hours.
    """
    plain = words.strip().translate(_PLAIN)
    for zh, en in _ZH_DAYS.items():
        for prefix in ("周", "星期", "礼拜"):
            plain = plain.replace(prefix + zh, en)
    hours: dict[str, list[list[str]]] = {}
    parts = [part.strip() for part in plain.split(";") if part.strip()]
    try:
        weeks = [week_of(None, part) for part in parts]
        whole = all(_WHOLE.fullmatch(part) for part in parts)
        read = (
            whole and all(weeks) and all(a < b for week in weeks for spans in week.values() for a, b in spans)
        )
    except ValueError:
        weeks, read = [], False
    if not weeks or not read:
        raise InvalidInput(
            "hours-unread",
            f"看不懂时间“{words}”。请写成：周一至周五 08:30-17:00；周六 09:00-12:00",
            f"{words!r} says no hours. Write them as: Mo-Fr 08:30-17:00; Sa 09:00-12:00",
        )
    for week in weeks:
        for day, spans in week.items():
            hours.setdefault(str(day), []).extend([f"{a:%H:%M}", f"{b:%H:%M}"] for a, b in spans)
    return hours


def say_week(week: Week, *, english: bool = False) -> str:
    """Return a week in words, days of the same hours together; empty where none is told.

    Parameters
    ----------
    week : mapping
        ISO weekday to spans.
    english : bool
    """
    names = _EN if english else _ZH
    runs: list[tuple[int, int, str]] = []
    for day in sorted(week):
        text = " ".join(f"{a:%H:%M}-{b:%H:%M}" for a, b in sorted(week[day]))
        if runs and runs[-1][1] == day - 1 and runs[-1][2] == text:
            runs[-1] = (runs[-1][0], day, text)
        else:
            runs.append((day, day, text))
    before, until = ("", "-") if english else ("周", "至周")
    return "; ".join(
        f"{before}{names[a - 1]}{'' if a == b else until + names[b - 1]} {text}" for a, b, text in runs
    )
