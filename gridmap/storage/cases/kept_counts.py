"""Counts of cases that are kept beside them, and which questions they answer.

The database keeps how many cases each village and each town has by day, domain, seal and whether they are open, and
what statements changed of it since it was last folded (``sql/0034_case_counts.sql``). Both together are what counting
gives, for the questions that `kept_for` says; every other question is counted.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from importlib import resources
from typing import Any

from sqlalchemy import ColumnElement, Date, cast, delete, func, literal, select, text, true, union_all
from sqlalchemy.orm import Session

from gridmap.domain.gridkey import EVERY_SEALED, SUBTREE_SIZE, TOWN, UNASSIGNED, VILLAGE, Scope, level_of
from gridmap.domain.query import IncidentQuery
from gridmap.storage.cases.incidents import IncidentFilter
from gridmap.storage.models import CaseCount, CaseCountChange
from gridmap.storage.workspace.settings import write_settings

LOCK = 0x636F756E
"""Number of the advisory lock of whoever folds or fills."""
MOST_FOLDED = 50_000
"""Changes that are folded at once."""
_ZONE = "(select value #>> '{}' from workspace_settings where key = 'case_counts_zone')"
_ASKER = text(
    "select nullif(current_setting('gridmap.scope_lo', true), '')::bigint,"
    " nullif(current_setting('gridmap.scope_hi', true), '')::bigint,"
    f" nullif(current_setting('gridmap.opens', true), '')::bigint, {_ZONE}"
)
_DAYS_OF = {"day": 1, "week": 7}


@dataclass(frozen=True, slots=True)
class Kept:
    """How a question is answered by what is kept.

    Attributes
    ----------
    chosen : IncidentFilter
    by : {1, 3}
        Level whose counts are read.
    opens : int or None
        Which sealed cases the transaction opens.
    """

    chosen: IncidentFilter
    by: int
    opens: int | None

    @property
    def opens_some(self) -> bool:
        """Whether the transaction opens some sealed cases and not others: those are to be taken off `hidden`."""
        return self.opens is not None and self.opens != EVERY_SEALED

    def columns(self) -> Any:
        """Return what is counted: ``grid_key`` of a village or town, ``domain``, ``sealed``, and how many ``n``."""
        query = self.chosen.query
        n = _up_to(CaseCount, query.until)
        if query.since is not None:
            n = n - _up_to(CaseCount, query.since - dt.timedelta(days=1))
        both = union_all(
            select(
                CaseCount.scope_lo.label("grid_key"), CaseCount.domain, CaseCount.sealed, n.label("n")
            ).where(*self._folded()),
            select(
                CaseCountChange.scope_lo, CaseCountChange.domain, CaseCountChange.sealed, CaseCountChange.n
            ).where(*self._changed()),
        )
        return both.subquery("counted").c

    def hidden(self, of: Any) -> ColumnElement[int]:
        """Sum of those that are sealed from the scope; where it `opens_some`, with those."""
        if self.opens == EVERY_SEALED:
            return literal(0)
        return func.coalesce(func.sum(of.n).filter(of.sealed), 0)

    def course(self, session: Session, step: str) -> list[tuple[dt.date, int]]:
        """Count of each local day or week (Monday) that has incidents, in order."""
        query, width = self.chosen.query, _DAYS_OF[step]
        last_day = CaseCount.first_day + func.cardinality(CaseCount.days) - 1
        row = (
            select(CaseCount.first_day, CaseCount.days, cast(last_day, Date).label("last_day"))
            .where(*self._folded())
            .cte("kept")
            .prefix_with("materialized")
            .c
        )
        ends = select(
            func.date_trunc(step, func.greatest(func.min(row.first_day), query.since)).label("first"),
            func.least(func.max(row.last_day), query.until).label("last"),
        ).cte("ends")
        begin = (
            func.generate_series(ends.c.first, ends.c.last, dt.timedelta(days=width))
            .table_valued("day")
            .render_derived()
        )
        bucket = cast(begin.c.day, Date)
        days = (
            select(
                bucket.label("bucket"),
                func.greatest(bucket, query.since).label("begins"),
                func.least(bucket + (width - 1), query.until).label("ends_on"),
            )
            .select_from(ends.join(begin, true()))
            .cte("buckets")
            .prefix_with("materialized")
            .c
        )
        n = _up_to(row, days.ends_on) - _up_to(row, cast(days.begins - 1, Date))
        folded = (
            select(days.bucket, func.sum(n).label("n"))
            .where(row.first_day <= days.ends_on, row.last_day >= days.begins)
            .group_by(days.bucket)
        )
        at = func.timezone(self.chosen.zone, CaseCountChange.occurred_at)
        changed = select(cast(func.date_trunc(step, at), Date), CaseCountChange.n).where(*self._changed())
        both = union_all(folded, changed).subquery("both").c
        total = func.sum(both.n)
        asked = select(both.bucket, total).group_by(both.bucket).having(total != 0).order_by(both.bucket)
        return [(day, int(count)) for day, count in session.execute(asked)]

    def _folded(self) -> list[ColumnElement[bool]]:
        query = self.chosen.query
        out = [CaseCount.level == self.by, *self._where(CaseCount)]
        if query.since is not None:
            out.append(CaseCount.year >= query.since.year)
        if query.until is not None:
            out.append(CaseCount.year <= query.until.year)
        return out

    def _changed(self) -> list[ColumnElement[bool]]:
        return [*self.chosen.period(CaseCountChange), *self._where(CaseCountChange)]

    def _where(self, of: Any) -> list[ColumnElement[bool]]:
        query = self.chosen.query
        out: list[ColumnElement[bool]] = []
        if query.grid is not None:
            meant = _subtree(query.grid)
            out.append(of.scope_lo.between(meant.lo, meant.hi))
        if query.domains:
            out.append(of.domain.in_(query.domains))
        if "open" in query.flags:
            out.append(of.open)
        return out


def kept_for(session: Session, chosen: IncidentFilter, level: int) -> Kept | None:
    """Say how a question is answered by what is kept, or None where it is to be counted.

    What is kept knows period, domains, whether a case is open, and grids down to the village. A scope of one village
    or less counts: there a sealed case is told where it is opened, and one in which the committee is a party never.

    Parameters
    ----------
    session : Session
    chosen : IncidentFilter
    level : int
        Deepest level that is told apart.
    """
    if level > VILLAGE or not _is_kept(chosen.query):
        return None
    lo, hi, opens, zone = session.execute(_ASKER).one()
    # Counts by day are those of one zone; where they are not filled, there is none.
    if zone != chosen.zone or lo is None or hi is None:
        return None
    if hi - lo < SUBTREE_SIZE[VILLAGE] or not _is_made_of(VILLAGE, Scope(lo, hi)):
        return None
    grid = chosen.query.grid
    meant = Scope.of_grid(grid) if grid else Scope(lo, hi)
    of_towns = _is_made_of(TOWN, Scope(lo, hi)) and _is_made_of(TOWN, meant)
    return Kept(chosen, TOWN if level == TOWN and of_towns else VILLAGE, opens)


def _is_kept(query: IncidentQuery) -> bool:
    if query.kinds or query.stages or query.text or not query.flags <= {"open"}:
        return False
    if query.since is not None and query.until is not None and query.since > query.until:
        return False
    if query.since == dt.date.min:
        return False
    return query.grid is None or query.grid == UNASSIGNED or level_of(query.grid) <= VILLAGE


def _subtree(grid: int) -> Scope:
    return Scope(UNASSIGNED, SUBTREE_SIZE[VILLAGE] - 1) if grid == UNASSIGNED else Scope.of_grid(grid)


def _is_made_of(level: int, scope: Scope) -> bool:
    """Whether a range begins and ends where grids of a level do."""
    size = SUBTREE_SIZE[level]
    return scope.lo % size == 0 and scope.hi % size == size - 1


def _up_to(of: Any, day: Any) -> ColumnElement[int]:
    """Count a row's cases from its first day to another; to its last one where none is told."""
    # Before the first day there is no element.
    last = func.cardinality(of.days)
    at = last if day is None else func.least(cast(day, Date) - of.first_day + 1, last)
    return func.coalesce(of.days[at], 0)


def zone_kept(session: Session) -> str | None:
    """Zone whose days are kept, or None where nothing is filled."""
    zone = session.scalar(text(f"select {_ZONE}"))
    return None if zone is None else str(zone)


def has_changes(session: Session) -> bool:
    """Whether anything is to be folded."""
    return bool(session.scalar(select(select(CaseCountChange).exists())))


def fold(session: Session, zone: str) -> int:
    """Fold some of the changes into the counts, unless somebody else does; return how many.

    Parameters
    ----------
    session : Session
        Of the whole workspace, writing.
    zone : str
        Whose days are kept.
    """
    if not session.scalar(select(func.pg_try_advisory_xact_lock(LOCK))):
        return 0
    return int(session.scalar(_statement("counts_fold"), {"zone": zone, "most": MOST_FOLDED}) or 0)


def fill(session: Session, zone: str) -> None:
    """Count every case anew.

    Parameters
    ----------
    session : Session
        Of the whole workspace with every sealed case, writing, and looking at one moment of it; whoever fills holds
        `LOCK`. What others write meanwhile stays a change.
    zone : str
        IANA name; whose days are kept from now on.
    """
    session.execute(delete(CaseCount))
    session.execute(delete(CaseCountChange))
    session.execute(_statement("counts_fill"), {"zone": zone})
    write_settings(session, case_counts_zone=zone)


def _statement(name: str) -> Any:
    return text(resources.files("gridmap.storage").joinpath(f"sql/{name}.sql").read_text("utf-8"))
