"""Two classes of numbers, never mixed in one table: true ones stay inside, perturbed ones leave the house.

Which class an answer has is decided here and nowhere else, from who asks and what for.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import pairwise
from types import MappingProxyType

from gridmap.domain.accounts import Actor, Role
from gridmap.domain.gridkey import UNASSIGNED, level_of
from gridmap.domain.query import IncidentQuery
from gridmap.errors import Forbidden


class Counts(StrEnum):
    """Class of the numbers of an answer."""

    TRUE = "true"
    PERTURBED = "perturbed"


class Purpose(StrEnum):
    """What numbers are asked for."""

    SCREEN = "screen"
    """Whoever is signed in looks at them."""
    WALL = "wall"
    """A board that anybody in the hall can read."""
    EXPORT = "export"
    """A file of figures for whoever asks, of the class that is on the screen; it is written down."""
    SHARE = "share"
    """A file of figures for others."""
    REPORT = "report"
    """A document of figures for others."""


_OUTSIDE = frozenset({Role.LIAISON, Role.SUPERVISOR})
_LEAVES = frozenset({Purpose.WALL, Purpose.SHARE, Purpose.REPORT})

BOUND = 24
"""No cell is told more than this beside the true one; a sum of blocks of the calendar may be, by so much each."""

VARIANCE = 36.0
"""Of what is added to a count; zero on average."""

NONE_UP_TO = 4
"""No count becomes 1 to this."""

LEAST_TOLD = 15
"""Smallest perturbed number that is told; what is below it, zero too, is told as being below it."""

PLACE_BAND = 40
"""A perturbed number of a place that a run found is told as a band: below this, up to twice this, and so on doubled."""

BOARD_HOURS = 12
"""Figures of a moment, as a board has them, are those at the last whole such span of the day."""

MOST_DETAIL = 3
"""How fine a cell that is told may be, all in all: steps down in place, time and matter together."""

SHORT_WEEKS = 6
"""Periods that so many whole weeks hold are widened to whole weeks, others to whole months."""

NAMES: Mapping[Counts, tuple[str, str]] = MappingProxyType(
    {
        Counts.TRUE: ("真实数", "true counts"),
        Counts.PERTURBED: ("扰动数，已保护", "perturbed counts, protected"),
    }
)

_HINT_EN = (
    "Perturbed to protect those concerned: in each whole year, quarter, month or week the number is within {bound} of "
    "the true one, none is told below {least}, and they do not add up to their total. Areas are told by whole "
    "quarters, villages, domains, kinds and how cases stand by whole years: a shorter period is answered by those that "
    "hold it."
)
_HINT_ZH = (
    "为保护当事人，数字经过扰动：每一整年、季、月或周的数与真实数相差不超过 {bound}，"
    "不足 {least} 的不显示；各数相加不等于合计。"
    "片区按整季，村、单个领域或类别和办理情况按整年提供，较短的时段以所在的整季或整年代替。"
)
HINT = (
    _HINT_ZH.format(bound=BOUND, least=LEAST_TOLD),
    _HINT_EN.format(bound=BOUND, least=LEAST_TOLD),
)
"""Stands with every table of perturbed numbers."""

PLACES_HINT = (
    f"各处的数只分档：不足 {PLACE_BAND}、{PLACE_BAND} 至 {2 * PLACE_BAND - 1}，依次加倍；表中写的是档的中间值。",
    (
        f"Numbers of places are bands: below {PLACE_BAND}, {PLACE_BAND} to {2 * PLACE_BAND - 1}, and so on doubled; a "
        "table of numbers has the middle of the band."
    ),
)
"""Stands with every run and report whose places are told."""

SCREEN_HINT = (
    (
        f"每一整年、季、月或周与真实数相差不超过 {BOUND}；不足 {LEAST_TOLD} 的不显示；"
        "各数相加不等于合计；时段放宽到整周或整月。"
    ),
    (
        f"Each whole year, quarter, month or week within {BOUND} of the true number, none told below {LEAST_TOLD}; "
        "they do not add up; periods are whole weeks or months."
    ),
)
"""The same where there is room for a line only."""


def counts_for(actor: Actor, purpose: Purpose) -> Counts:
    """Decide the class of an answer.

    Parameters
    ----------
    actor : Actor
        Whoever asks; the scope is the database's matter.
    purpose : Purpose

    Notes
    -----
    Forms that the law asks for hold true counts; the table of roles says who may fill them, and no such role is
    outside.
    """
    if purpose in _LEAVES or actor.role in _OUTSIDE:
        return Counts.PERTURBED
    return Counts.TRUE


def require_true(actor: Actor) -> None:
    """Refuse figures that exist as true ones only to whoever is told perturbed ones.

    Raises
    ------
    Forbidden
    """
    if counts_for(actor, Purpose.SCREEN) is Counts.PERTURBED:
        raise Forbidden(
            "true-counts-only",
            "这些数字只有真实数，您的岗位只能查看扰动数。请查看热点分析或请镇综治中心出具报告。",
            "These figures exist as true ones only, and your post sees perturbed ones. See the hotspot runs, or ask "
            "the town's centre for a report.",
        )


@dataclass(frozen=True, slots=True)
class ProtectedQuery:
    """A query as perturbed numbers answer it: the period in whole blocks of the calendar.

    Attributes
    ----------
    query : IncidentQuery
        With the period as it is answered.
    bounds : tuple of date
        First day of each block, in order, and the day after the last.

    Notes
    -----
    Any sum over a period is made of the same few blocks (years, quarters and months, or weeks). A day more or less
    therefore tells nothing of that day, and a block's noise is the same in every sum that holds it: it cannot be
    averaged away by asking for many periods (the dyadic counters of Chan, Shi, Song, *Private and continual release of
    statistics*, 2011).
    """

    query: IncidentQuery
    bounds: tuple[dt.date, ...]

    @property
    def spans(self) -> tuple[str, ...]:
        """Kind of each block: ``year``, ``quarter``, ``month`` or ``week``."""
        lengths = [(after - first).days for first, after in pairwise(self.bounds)]
        return tuple(next(name for name, most in _SPANS if days <= most) for days in lengths)

    def kind_of_cell(self, level: int | None = None, code: str | None = None, state: str = "") -> str:
        """Name the kind of the cells of a table, besides their blocks: each kind has noise of its own.

        Parameters
        ----------
        level : int, optional
            Level of the grids that the table is by; that of the query's grid by default.
        code : {'domain', 'kind', 'stage'}, optional
            Code that the table is by.
        state : str
            Which of the cases, such as ``open``; all of them by default.

        Notes
        -----
        Were the noise fixed by the records alone, two cells of different kinds that show the same number would tell
        that they hold the same records, and two that differ, that there are others.
        """
        query = self.query
        # Within a grid the rows of a table by greater grids hold that grid's records only.
        own = 0 if query.grid is None else -1 if query.grid == UNASSIGNED else level_of(query.grid)
        level = own if level is None or own < 0 else max(level, own)
        matter = (
            "kind"
            if query.kinds or code == "kind"
            else "domain"
            if query.domains or code == "domain"
            else "all"
        )
        states = sorted({*query.flags, state, "stage" if query.stages or code == "stage" else ""} - {""})
        return "/".join((str(level), matter, "+".join(states)))


def place_band(number: int) -> tuple[int, int]:
    """Return the band that a perturbed number of a place lies in: its least number, and the first above it.

    Parameters
    ----------
    number : int
        A number, or the middle of its band.
    """
    below = PLACE_BAND
    while below <= number:
        below *= 2
    return (0 if below == PLACE_BAND else below // 2), below


def middle_of_band(number: int) -> int:
    """Return the middle of the band that a perturbed number of a place lies in: what a table of numbers has."""
    low, below = place_band(number)
    return (low + below) // 2


def band_text(number: int) -> str:
    """Write the band that a perturbed number of a place lies in."""
    low, below = place_band(number)
    return f"{low:,}–{below - 1:,}" if low else f"< {below}"


_PLACE_STEPS = {-1: 0, 0: 0, 1: 0, 2: 2, 3: 3, 4: 4}
_SPAN_STEPS = {"year": 0, "quarter": 1, "month": 2, "week": 3, "hour": 0}
_MATTER_STEPS = {"all": 0, "domain": 2, "kind": 3}
_WHOLE_YEAR = frozenset({"year", "hour"})


def is_told(kind: str) -> bool:
    """Tell whether cells of a kind may be told at all, as `kind_of_cell` and the block's own kind name it.

    Each step down makes cells smaller and gives sums of them more ways to be taken apart. The town and the year are no
    steps; a quarter is one; an area, a month or a domain two; a village, a week or a kind three; a micro-grid four;
    which of the cases (open, overdue) is one more. One matter is told by whole years only: matters have seasons, and
    that a quarter of the town had few emergencies makes few in each of its villages likely, whatever the noise on
    cells. How cases stand is told by whole years only, too, and of one matter not at all: nearly all are closed, solved
    and on time, and many numbers of nearly the same cases take the noise off the few that are not. The steps are those
    at which the attack of ``scripts/bench/cell_key.py`` finds next to nothing.
    """
    level, matter, state, span = kind.split("/")
    if (matter != "all" or state) and span not in _WHOLE_YEAR:
        return False
    if matter != "all" and state:
        return False
    return _PLACE_STEPS[int(level)] + _MATTER_STEPS[matter] + bool(state) + _SPAN_STEPS[span] <= MOST_DETAIL


def wide_enough(query: IncidentQuery, first: dt.date, last: dt.date, kind: str) -> ProtectedQuery:
    """Lay a query on the calendar's blocks; where cells of its blocks are too fine, on whole quarters or years.

    Parameters
    ----------
    query : IncidentQuery
    first, last : date
        As for `protect`.
    kind : str
        Of the cells, as `ProtectedQuery.kind_of_cell` names it.

    Returns
    -------
    ProtectedQuery
        With the period that is answered; as `protect` lays it where not even a year is told.
    """
    asked = protect(query, first, last)
    for months in (0, 3, 12):
        found = asked if not months else protect(_held_by(asked, months), first, last)
        if all(is_told(f"{kind}/{span}") for span in found.spans):
            return found
    return asked


def _held_by(asked: ProtectedQuery, months: int) -> IncidentQuery:
    begin, last = asked.bounds[0], asked.bounds[-1] - dt.timedelta(days=1)
    since = begin.replace(month=begin.month - (begin.month - 1) % months, day=1)
    after = _months_on(last.replace(month=last.month - (last.month - 1) % months, day=1), months)
    return replace(asked.query, since=since, until=after - dt.timedelta(days=1))


_SPANS = (("week", 7), ("month", 31), ("quarter", 92), ("year", 366))


def protect(query: IncidentQuery, first: dt.date, last: dt.date) -> ProtectedQuery:
    """Lay a query on the calendar's blocks.

    Parameters
    ----------
    query : IncidentQuery
    first, last : date
        Days of the first and the last record; an open end of the period reaches the year's end there.

    Raises
    ------
    Forbidden
        When words are searched, or cases to be confirmed: such numbers could be made to speak of one case.
    """
    if query.text or "confirm" in query.flags:
        raise Forbidden(
            "protected-query",
            "扰动数不能按文字或“待确认”筛选，否则可以指向单个事件。请去掉这两项。",
            "Perturbed numbers cannot be narrowed by words or to cases to be confirmed: they could point at one case. "
            "Leave both out.",
        )
    since = query.since or min(first, query.until or first).replace(month=1, day=1)
    until = query.until or max(last, since).replace(month=12, day=31)
    begin, after = widened(since, until)
    shown = replace(
        query,
        since=begin if query.since else None,
        until=after - dt.timedelta(days=1) if query.until else None,
    )
    return ProtectedQuery(shown, blocks(begin, after))


def widened(since: dt.date, until: dt.date) -> tuple[dt.date, dt.date]:
    """Widen a period to whole months, or to whole weeks where it is short; return its first day and the day after.

    Parameters
    ----------
    since, until : date
        Both included.
    """
    after = until + dt.timedelta(days=1)
    whole_months = since.day == 1 and after.day == 1
    monday, next_monday = (
        since - dt.timedelta(days=since.weekday()),
        until + dt.timedelta(7 - until.weekday()),
    )
    if not whole_months and next_monday - monday <= dt.timedelta(weeks=SHORT_WEEKS):
        return monday, next_monday
    return since.replace(day=1), after if after.day == 1 else _months_on(after.replace(day=1), 1)


def half_day(moment: dt.datetime) -> dt.datetime:
    """Return the last midnight or noon before a moment, by its own clock: when figures of a board are told anew."""
    return moment.replace(hour=moment.hour - moment.hour % BOARD_HOURS, minute=0, second=0, microsecond=0)


def blocks(begin: dt.date, after: dt.date) -> tuple[dt.date, ...]:
    """Cut a widened period into the greatest blocks of the calendar: years, quarters, months; or weeks.

    Parameters
    ----------
    begin, after : date
        As `widened` gives them.

    Returns
    -------
    tuple of date
        First day of each block, and the day after the last.
    """
    out = [begin]
    if begin.day != 1 or after.day != 1:
        while out[-1] < after:
            out.append(out[-1] + dt.timedelta(days=7))
        return tuple(out)
    while (at := out[-1]) < after:
        months = next(
            n for n in (12, 3, 1) if (at.month - 1) % n == 0 and (n == 1 or _months_on(at, n) <= after)
        )
        out.append(_months_on(at, months))
    return tuple(out)


def _months_on(day: dt.date, months: int) -> dt.date:
    number = day.year * 12 + day.month - 1 + months
    return dt.date(number // 12, number % 12 + 1, 1)
