"""Perturbed twins of the counts: what leaves the house, made of cells that are the same whoever asks and however."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NotRequired, TypedDict
from zoneinfo import ZoneInfo

import numpy as np
from sqlalchemy.orm import Session

from gridmap.analysis.cell_key import PerturbationTable, perturbation_table, protect
from gridmap.analysis.suppress import NOT_SHOWN
from gridmap.domain import protection
from gridmap.domain.cases.figures import GLANCE_NAMES, STANDING, Figure, Glance, GridCounts
from gridmap.domain.gridkey import TOWN, UNASSIGNED
from gridmap.domain.protection import Counts
from gridmap.domain.query import IncidentQuery
from gridmap.domain.terms import MINIMUM
from gridmap.services.cases.query import told
from gridmap.storage.cases import figures, incidents
from gridmap.storage.cases import protected as stored
from gridmap.storage.cases.incidents import IncidentFilter
from gridmap.storage.cases.protected import Cells, Laid

# `class` and `from` are words of the language, so these types are made by calls.
_Class = TypedDict("_Class", {"class": str, "additive": bool, "query": dict[str, str], "as_of": str})
Period = TypedDict("Period", {"from": str | None, "to": str | None})


class OfClass(_Class):
    """What every answer says of its numbers; perturbed ones are told from ``below`` on."""

    below: NotRequired[int]


class GridCount(OfClass, Period):
    """Incidents by grid; grids without any are absent. Perturbed numbers are None where they are not told."""

    level: int
    counts: dict[str, int]
    total: int | None
    sealed: int | None
    unassigned: int | None
    outside: int | None


class Course(OfClass):
    """Incidents a day or week: pairs of the first day and the count, None where it is not told."""

    step: str
    points: list[tuple[str, int | None]]


class Story(OfClass):
    """A grid's incidents in all, and by domain, stage and kind."""

    incidents: Mapping[str, int | None]
    by_domain: dict[str, int]
    by_stage: dict[str, int]
    by_kind: dict[str, int]


def table() -> PerturbationTable:
    """Return the perturbation table of everything that leaves the house."""
    return perturbation_table(protection.BOUND, protection.VARIANCE, protection.NONE_UP_TO)


def told_counts(cells: Cells, spans: Sequence[str] = ()) -> dict[Any, int]:
    """Perturb cells and add up those of a group; what holds or would tell too few is in no sum.

    Parameters
    ----------
    cells : Cells
    spans : sequence of str
        Kinds of the blocks that the period is made of: where one is too fine to be told, nothing is, since a sum
        without it would be read as the whole period's.

    Returns
    -------
    dict
        Group to number; groups of which nothing is told are absent.
    """
    about = {kind.rpartition("/")[0] for kind in cells.kinds}
    if not all(protection.is_told(f"{kind}/{span}") for kind in about for span in set(spans)):
        return {}
    shown = protect(
        cells.counts,
        cells.keys,
        table(),
        least_held=MINIMUM,
        least_told=protection.LEAST_TOLD,
    )
    out: dict[Any, int] = {}
    for row in np.flatnonzero(shown != NOT_SHOWN):
        if not protection.is_told(cells.kinds[row]):
            continue
        out[cells.groups[row]] = out.get(cells.groups[row], 0) + int(shown[row])
    return out


def banded(cells: Cells) -> dict[Any, int]:
    """Perturb cells and add up those of a group; tell the middle of the band that the sum lies in.

    Groups are places that a method found. Nothing but that a place holds fewer than five is kept back: the lowest band
    says no more than that, and a place of which nothing is told would say that it holds few.
    """
    perturbed = table().look_up(cells.counts, cells.keys)
    held: dict[Any, int] = {}
    sums: dict[Any, int] = {}
    for row, group in enumerate(cells.groups):
        held[group] = held.get(group, 0) + int(cells.counts[row])
        sums[group] = sums.get(group, 0) + int(perturbed[row])
    return {
        group: protection.middle_of_band(number) for group, number in sums.items() if held[group] >= MINIMUM
    }


def told_total(cells: Cells, spans: Sequence[str] = ()) -> int | None:
    """Perturb cells of one group, None where nothing is told."""
    return next(iter(told_counts(cells, spans).values()), None)


def laid(
    session: Session, asked: IncidentFilter, *, level: int | None = None, code: str | None = None
) -> Laid:
    """Lay a query on the calendar's blocks, so wide that cells of the table by a level or code are told."""
    span = incidents.span(session)
    first, last = (at.astimezone(asked.tz).date() for at in span or (asked.now, asked.now))
    kind = protection.protect(asked.query, first, last).kind_of_cell(level, code)
    protected = protection.wide_enough(asked.query, first, last, kind)
    return Laid(protected, replace(asked, query=protected.query))


def _too_fine(found: Laid, level: int | None) -> frozenset[str]:
    """Return which counts are never told of grids of a level in such a period, however great they are."""
    kinds = {
        name: found.protected.kind_of_cell(level, state="" if name in stored.ALL else name)
        for name in STANDING
    }
    return frozenset(
        name
        for name, kind in kinds.items()
        if not all(protection.is_told(f"{kind}/{block}") for block in found.protected.spans)
    )


def of_class(chosen: IncidentFilter, counts: Counts = Counts.TRUE) -> OfClass:
    """Return what every answer says of its numbers: their class, whether they add up, and the question."""
    asked = told(chosen)
    return {
        "class": str(counts),
        "additive": counts is Counts.TRUE,
        "query": asked["query"],
        "as_of": asked["as_of"],
    }


def period_of(query: IncidentQuery) -> Period:
    """Return the period that an answer is about."""
    return {
        "from": query.since.isoformat() if query.since else None,
        "to": query.until.isoformat() if query.until else None,
    }


def of_grids(session: Session, asked: IncidentFilter, level: int) -> tuple[dict[int, int], IncidentQuery]:
    """Count incidents by grid, without totals; also return the query with the period as it is answered."""
    found = laid(session, asked, level=level)
    counts = told_counts(stored.cells(session, found, level=level), found.protected.spans)
    counts.pop(UNASSIGNED, None)
    return counts, found.protected.query


def count_by_grid(session: Session, asked: IncidentFilter, level: int) -> GridCount:
    """Count incidents by grid; the total is a cell of its own, not the sum."""
    found = laid(session, asked, level=level)
    spans = found.protected.spans
    counts = told_counts(stored.cells(session, found, level=level), spans)
    unassigned = counts.pop(UNASSIGNED, None)
    nowhere = laid(session, _nowhere(replace(asked, query=found.protected.query)))
    outside = told_total(stored.cells(session, nowhere), spans)
    return {
        "level": level,
        **period_of(found.protected.query),
        "counts": {str(k): n for k, n in sorted(counts.items())},
        "total": told_total(stored.cells(session, found), spans),
        # How many are sealed is not told beside a perturbed number.
        "sealed": None,
        # In no grid of the town's level is in no grid at all, and the same cell shows the same number.
        "unassigned": outside if level == TOWN else unassigned,
        "outside": outside,
        "below": protection.LEAST_TOLD,
        **of_class(asked, Counts.PERTURBED),
    }


def _nowhere(asked: IncidentFilter) -> IncidentFilter:
    return replace(asked, query=replace(asked.query, grid=UNASSIGNED))


def story(session: Session, asked: IncidentFilter) -> Story:
    """Return a grid's incidents in all, and by domain, stage and kind."""
    found = laid(session, asked)
    spans = found.protected.spans
    by = {
        code: {
            str(k): n
            for k, n in told_counts(stored.cells(session, found, code=code), spans).items()
            if k is not None
        }
        for code in stored.PARTS
    }
    totals = {name: told_total(cells, spans) for name, cells in stored.totals(session, found).items()}
    return {
        # How many are sealed is not told beside a perturbed number.
        "incidents": totals | {"sealed": None},
        "by_domain": by["domain"],
        "by_stage": by["stage"],
        "by_kind": by["kind"],
        "below": protection.LEAST_TOLD,
        # The period may be wider than the one that was asked for.
        **of_class(replace(asked, query=found.protected.query), Counts.PERTURBED),
    }


def timeline(session: Session, asked: IncidentFilter) -> Course:
    """Count incidents by week; a day is a block of its own nowhere."""
    found = laid(session, asked)
    # Weeks at the ends are told whole: cut by the period they would be other cells than elsewhere.
    begin, after = found.protected.bounds[0], found.protected.bounds[-1]
    begin -= dt.timedelta(days=begin.weekday())
    last_day = after + dt.timedelta(days=-after.weekday() % 7 - 1)
    whole = replace(found.chosen, query=replace(found.chosen.query, since=begin, until=last_day))
    weeks = {
        at.date(): n for at, n in told_counts(stored.by_week(session, replace(found, chosen=whole))).items()
    }
    points: list[tuple[str, int | None]] = []
    if weeks:
        day, last = min(weeks), max(weeks)
        while day <= last:
            points.append((day.isoformat(), weeks.get(day)))
            day += dt.timedelta(days=7)
    return {
        "step": "week",
        "points": points,
        "below": protection.LEAST_TOLD,
        **of_class(asked, Counts.PERTURBED),
    }


def by_grid(
    session: Session, asked: IncidentFilter, level: int
) -> tuple[list[GridCounts], GridCounts, IncidentQuery]:
    """How the cases of each grid of a level stand; medians and shares are not told.

    Returns
    -------
    rows : list of GridCounts
    total : GridCounts
        Cells of their own, not the sums.
    query : IncidentQuery
        With the period as it is answered.
    """
    found = laid(session, asked, level=level)
    spans = found.protected.spans
    columns = {
        name: told_counts(cells, spans) for name, cells in stored.standing(session, found, level).items()
    }
    in_all = {name: told_total(cells, spans) for name, cells in stored.standing(session, found, None).items()}
    grids = sorted({key for counts in columns.values() for key in counts})
    fine = _too_fine(found, level)
    rows = [
        GridCounts.told(key, {name: counts.get(key) for name, counts in columns.items()}, fine)
        for key in grids
    ]
    return rows, GridCounts.told(UNASSIGNED, in_all, _too_fine(found, None)), found.protected.query


def glance(session: Session, moments: tuple[dt.datetime, ...], zone: str) -> Glance:
    """Return the town's figures at the last midnight or noon: each new case would otherwise be seen to come in."""
    halves = [protection.half_day(moment.astimezone(ZoneInfo(zone))) for moment in moments]
    then: list[dict[str, int | None]] = []
    for half, told_cells in zip(halves, stored.at_moments(session, halves, zone), strict=True):
        found = {name: told_total(cells) for name, cells in told_cells.items()}
        # Teams are no incidents.
        then.append({**found, "teams_out": figures.teams_out(session, half)})
    told_figures = tuple(Figure(name, then[0][name], then[1][name], then[2][name]) for name in GLANCE_NAMES)
    earliest, latest = figures.ends(session)
    return Glance(told_figures, halves[0], latest, Counts.PERTURBED, earliest)
