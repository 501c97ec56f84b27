"""The town in ten seconds, and how each grid's cases stand, with what a share can be believed."""

from __future__ import annotations

import calendar
import datetime as dt
from dataclasses import dataclass, replace
from functools import lru_cache
from zoneinfo import ZoneInfo

from gridmap.domain.cases.figures import ADDED, GLANCE_NAMES, Figure, Glance, GridCounts
from gridmap.domain.gridkey import Scope
from gridmap.domain.protection import Counts
from gridmap.domain.query import IncidentQuery
from gridmap.services.cases import protected
from gridmap.services.cases.query import chosen_by
from gridmap.storage.cases import figures as stored
from gridmap.storage.database import Database


@dataclass(frozen=True, slots=True)
class ByGrid:
    """How the cases of a query stand, by grid and in all."""

    rows: tuple[GridCounts, ...]
    total: GridCounts
    query: IncidentQuery
    level: int
    as_of: dt.datetime
    counts: Counts = Counts.TRUE


def glance(
    database: Database, scope: Scope, now: dt.datetime | None = None, counts: Counts = Counts.TRUE
) -> Glance:
    """Return the town's figures now, a day and a year before, and their mean over that month; all at the same time.

    Parameters
    ----------
    database : Database
    scope : Scope
    now : datetime, optional
        Aware; the present by default. Perturbed figures are those of the last midnight or noon.
    counts : Counts
        Class of the figures.
    """
    at = now or dt.datetime.now(dt.UTC)
    zone = database.settings.timezone
    here = at.astimezone(ZoneInfo(zone))
    before = here - dt.timedelta(days=1)
    year_before = _year_before(here)
    with database.scoped_session(scope) as session:
        if counts is Counts.PERTURBED:
            return protected.glance(session, (at, before, year_before), zone)
        then = stored.at_moments(session, (at, before, year_before), zone)
        earliest, latest = stored.ends(session)
        first = year_before.replace(day=1)
        days = calendar.monthrange(first.year, first.month)[1]
        means = stored.month_means(session, first, days, zone)
    here_now, day_before, then_before = then
    figures = tuple(
        Figure(
            name,
            here_now.counts[name],
            day_before.counts[name],
            then_before.counts[name],
            sealed=here_now.sealed[name],
            month_mean=means[name],
        )
        for name in GLANCE_NAMES
    )
    return Glance(figures, at, latest, earliest_at=earliest)


def _year_before(here: dt.datetime) -> dt.datetime:
    try:
        return here.replace(year=here.year - 1)
    except ValueError:  # the 29th of February
        return here.replace(year=here.year - 1, day=28)


def by_grid(
    database: Database,
    scope: Scope,
    query: IncidentQuery,
    level: int,
    *,
    now: dt.datetime | None = None,
    counts: Counts = Counts.TRUE,
) -> ByGrid:
    """Return how the cases of a query stand in each grid of a level that has any.

    Parameters
    ----------
    database : Database
    scope : Scope
    query : IncidentQuery
    level : int
    now : datetime, optional
        Aware; the present by default.
    counts : Counts
        Class of the counts.
    """
    chosen = chosen_by(database, query, now)
    with database.scoped_session(scope) as session:
        if counts is Counts.PERTURBED:
            told, total, answered = protected.by_grid(session, chosen, level)
            return ByGrid(tuple(told), total, answered, level, chosen.now, counts)
        rows = stored.by_grid(session, chosen, level)
        median = stored.median_days(session, chosen, level)
    return ByGrid(tuple(rows), total_of(rows, median), query, level, chosen.now)


def total_of(rows: list[GridCounts], median_days: float | None = None) -> GridCounts:
    """Add up the counts of grids."""
    return replace(
        GridCounts(0),
        **{name: sum(getattr(row, name) for row in rows) for name in ADDED},
        median_days=median_days,
    )


@lru_cache(maxsize=4096)
def interval(part: int, whole: int) -> tuple[float, float] | None:
    """Return Wilson's 95 % interval of a share; None where there is nothing to share.

    Parameters
    ----------
    part, whole : int
    """
    if whole == 0:
        return None
    # Imported when it is asked for: every command would wait for it.
    from scipy.stats import binomtest

    found = binomtest(part, whole).proportion_ci(0.95, method="wilson")
    return float(found.low), float(found.high)
