"""The directory of bodies: whom each serves, what it is competent for, and when it is open."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from gridmap.domain.gridkey import AREA, TOWN, UNASSIGNED, VILLAGE, Scope, ancestor, level_of
from gridmap.errors import InvalidInput

Span = tuple[dt.time, dt.time]
Week = Mapping[int, tuple[Span, ...]]
"""ISO weekday to the spans in which a body is open."""

_DAYS = {name: n for n, name in enumerate(("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"), 1)}
_PART = re.compile(r"(Mo|Tu|We|Th|Fr|Sa|Su)(?:-(Mo|Tu|We|Th|Fr|Sa|Su))?\s+(\d{2}:\d{2})-(\d{2}:\d{2})")

_USUAL: Mapping[str, tuple[str, ...]] = {
    "centre": ("dispute", "land", "social_service", "policing", "safety", "emergency"),
    "sub_centre": ("dispute", "land", "social_service", "safety"),
    "committee": ("dispute", "land", "social_service", "safety"),
    "village_mediation": ("dispute",),
    "area_mediation": ("dispute",),
    "town_mediation": ("dispute",),
    "mediation_body": ("dispute",),
    "studio": ("dispute",),
    "justice_office": ("dispute",),
    "court": ("dispute",),
    "lawyer": ("dispute",),
    "police_station": ("policing",),
    "union": ("dispute:10",),
    "hospital": ("dispute:13",),
    "self_management": ("dispute", "social_service"),
    "service_point": ("social_service",),
    "professional_mediation": (),
}
_LEVEL_SERVED: Mapping[str, int] = {
    "committee": VILLAGE,
    "village_mediation": VILLAGE,
    "mediation_body": VILLAGE,
    "self_management": VILLAGE,
    "service_point": VILLAGE,
    "sub_centre": AREA,
    "area_mediation": AREA,
}
_OF_COMMITTEE = frozenset({"committee", "village_mediation", "mediation_body"})
_WAYS: Mapping[str, frozenset[str]] = {
    "police": frozenset({"police_station"}),
    "doctor": frozenset({"hospital"}),
    "court": frozenset({"court"}),
}


def may_take(
    body: Mapping[str, Any],
    domain: str,
    kind: str | None,
    grid_key: int,
    *,
    barred: Collection[str] = (),
    committee_is_party: bool = False,
) -> bool:
    """Tell whether a body may take a case.

    Parameters
    ----------
    body : mapping
        ``kind``, ``competence`` (domains, or domain and kind as ``dispute:10``; empty: what its kind usually takes),
        ``grid_key`` and ``serves_key``.
    domain, kind : str
        Of the case.
    grid_key : int
        Grid of its place.
    barred : collection of str
        Ways to show where it may not be mediated: only such bodies are offered.
    committee_is_party : bool
        Then no committee of the place may have it.
    """
    if not is_fit(body["kind"], barred=barred, committee_is_party=committee_is_party):
        return False
    if barred:
        return True
    competence = body["competence"] or _USUAL.get(body["kind"], ())
    fits = domain in competence or f"{domain}:{kind}" in competence
    return fits and (grid_key == UNASSIGNED or grid_key in served(body))


def is_fit(kind: str, *, barred: Collection[str] = (), committee_is_party: bool = False) -> bool:
    """Tell whether bodies of a kind may have a case at all: see `may_take`."""
    if barred:
        return any(kind in _WAYS[way] for way in barred)
    return not (committee_is_party and kind in _OF_COMMITTEE)


def served(body: Mapping[str, Any]) -> Scope:
    """Return the ground that a body serves: what it says, or what its kind usually serves."""
    if body["serves_key"]:
        return Scope.of_grid(body["serves_key"])
    key = body["grid_key"]
    if not key:
        return Scope.whole()
    level = min(_LEVEL_SERVED.get(body["kind"], TOWN), level_of(key))
    return Scope.of_grid(ancestor(key, level))


def seat(body: Mapping[str, Any]) -> int:
    """Return the grid that has what a body has: the one that it serves, wherever its office stands.

    A court stands in some village; its cases are the town's, and what it solves was not solved in that village.
    """
    return served(body).lo or int(body["grid_key"] or UNASSIGNED)


def week_of(hours: Mapping[str, Sequence[Sequence[str]]] | None, opens: str | None) -> Week:
    """Return a body's week, from its entry in the directory or else from words such as ``Mo-Fr 08:30-17:00``."""
    if hours:
        return {
            int(day): tuple((dt.time.fromisoformat(a), dt.time.fromisoformat(b)) for a, b in spans)
            for day, spans in hours.items()
        }
    if opens is None:
        return {}
    if opens.strip() == "24/7":
        return {day: ((dt.time(), dt.time.max),) for day in range(1, 8)}
    out: dict[int, tuple[Span, ...]] = {}
    for first, last, begin, end in _PART.findall(opens):
        span = (dt.time.fromisoformat(begin), dt.time.fromisoformat(end))
        for day in range(_DAYS[first], _DAYS[last or first] + 1):
            out[day] = (*out.get(day, ()), span)
    return out


def check_hours(hours: Mapping[str, Sequence[Sequence[str]]]) -> None:
    """Refuse a week that is not one.

    Raises
    ------
    InvalidInput
    """
    try:
        week = week_of(hours, None)
        good = all(1 <= day <= 7 and all(a < b for a, b in spans) for day, spans in week.items())
    except (ValueError, TypeError):
        good = False
    if not good:
        raise InvalidInput(
            "body-hours",
            '开放时间应写成 {"1": [["08:30", "17:00"]]}，1 为星期一。',
            'Weekly hours are written {"1": [["08:30", "17:00"]]}, Monday being 1.',
        )


def is_open(week: Week, closed_days: Collection[dt.date], at: dt.datetime, zone: str) -> bool:
    """Tell whether a body is open at an instant."""
    local = at.astimezone(ZoneInfo(zone))
    if local.date() in closed_days:
        return False
    return any(a <= local.time() < b for a, b in week.get(local.isoweekday(), ()))


def opens_next(
    week: Week, closed_days: Collection[dt.date], at: dt.datetime, zone: str
) -> dt.datetime | None:
    """Return when a body opens next, within two weeks; None where it does not."""
    local = at.astimezone(ZoneInfo(zone))
    for ahead in range(15):
        day = local.date() + dt.timedelta(days=ahead)
        if day in closed_days:
            continue
        for begin, _ in sorted(week.get(day.isoweekday(), ())):
            moment = dt.datetime.combine(day, begin, local.tzinfo)
            if moment > local:
                return moment
    return None
