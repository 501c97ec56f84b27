"""Figures from the database: how things stood at a moment, and how the cases of each grid stand."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, Time, and_, case, exists, func, or_, select, true
from sqlalchemy.orm import Session, aliased

from gridmap.domain.cases.figures import GlanceName, GridCounts
from gridmap.domain.gridkey import SUBTREE_SIZE, UNASSIGNED, VILLAGE
from gridmap.storage.cases.counted import counted, counted_by
from gridmap.storage.cases.counts import deep_enough
from gridmap.storage.cases.incidents import (
    IncidentFilter,
    is_open,
    judged,
    outcome_untold,
    overdue,
    placed_in_scope,
    solved,
    was_open,
)
from gridmap.storage.models import Dispatch, Incident, IncidentStep

REPEATED_DAYS = 90
_DAY_S = 86_400.0


@dataclass(frozen=True, slots=True)
class Moment:
    """How things stood at a moment, and how many of each count were sealed from the scope."""

    counts: dict[GlanceName, int]
    sealed: dict[GlanceName, int]


def glance_conditions(
    of: Any, at: dt.datetime, zone: str
) -> tuple[dict[GlanceName, ColumnElement[bool]], list[ColumnElement[bool]]]:
    """Return what each figure of a moment counts, and among which cases of any moment."""
    begin = dt.datetime.combine(at.astimezone(ZoneInfo(zone)).date(), dt.time(), ZoneInfo(zone))
    end = dt.datetime.combine(begin.date() + dt.timedelta(days=1), dt.time(), ZoneInfo(zone))
    open_then = was_open(of, at)
    meant: dict[GlanceName, ColumnElement[bool]] = {
        "new_today": of.occurred_at >= begin,
        "open": open_then,
        "due_today": and_(open_then, of.due_at >= at, of.due_at < end),
        "overdue": and_(open_then, of.due_at < at),
    }
    known = {name: and_(of.occurred_at <= at, held) for name, held in meant.items()}
    return known, [placed_in_scope(of), of.withdrawn_at.is_(None)]


def teams_out(session: Session, at: dt.datetime) -> int:
    """How many teams were sent and not back at a moment."""
    out = session.scalar(
        select(func.count())
        .select_from(Dispatch)
        .where(Dispatch.sent_at <= at, or_(Dispatch.ended_at.is_(None), Dispatch.ended_at > at))
    )
    return int(out or 0)


def at_moments(session: Session, moments: Sequence[dt.datetime], zone: str) -> list[Moment]:
    """Tell how the town stood at each of some moments; one reading of the cases.

    What is new that day, open, due later that day, overdue; teams out.
    """
    of = counted()
    sums: list[ColumnElement[int]] = []
    for at in moments:
        meant, where = glance_conditions(of, at, zone)
        sums += [func.count().filter(held) for held in meant.values()]
        sums += [func.count().filter(held, of.hidden) for held in meant.values()]
    row = [int(n) for n in session.execute(select(*sums).where(*where)).one()]
    names = tuple(meant)
    out = []
    for at in moments:
        counts, hidden, row = row[: len(names)], row[len(names) : 2 * len(names)], row[2 * len(names) :]
        out.append(
            Moment(
                dict(zip(names, counts, strict=True)) | {"teams_out": teams_out(session, at)},
                dict(zip(names, hidden, strict=True)) | {"teams_out": 0},
            )
        )
    return out


def month_means(session: Session, first: dt.datetime, days: int, zone: str) -> dict[GlanceName, float]:
    """Mean of each figure of a moment over days, each looked at by the same local time; one reading of the cases.

    Parameters
    ----------
    session : Session
    first : datetime
        Aware; the first of the moments.
    days : int
        How many there are, a local day apart.
    zone : str
    """
    of = counted()
    begin = first.astimezone(ZoneInfo(zone)).replace(tzinfo=None)

    def days_since(at: Any, since: dt.datetime = begin) -> Any:
        return func.extract("epoch", func.timezone(zone, at) - since) / _DAY_S

    def of_day(at: Any) -> Any:
        """Which of the days an instant lies in, from 0."""
        return func.floor(days_since(at, dt.datetime.combine(begin.date(), dt.time())))

    # Moments are numbered from 0: those from the first at which a case is there to the last before it is closed.
    from_ = func.greatest(0, func.ceil(days_since(of.occurred_at)))
    ended = func.least(days, func.ceil(days_since(of.closed_at)))
    until = case((of.closed_at.is_not(None), ended), (is_open(of), days), else_=0)
    late = func.greatest(from_, func.floor(days_since(of.due_at)) + 1)
    due = of_day(of.due_at)
    new = of_day(of.occurred_at)
    after = func.timezone(zone, of.due_at).cast(Time) >= begin.time()
    before = func.timezone(zone, of.occurred_at).cast(Time) <= begin.time()
    sums: dict[GlanceName, Any] = {
        "new_today": func.count().filter(new >= 0, new < days, before),
        "open": func.sum(func.greatest(0, until - from_)),
        "due_today": func.count().filter(due >= from_, due < until, after),
        "overdue": func.sum(func.greatest(0, until - late)).filter(of.due_at.is_not(None)),
    }
    row = session.execute(
        select(*sums.values()).where(
            placed_in_scope(of),
            of.withdrawn_at.is_(None),
            func.timezone(zone, of.occurred_at) <= begin + dt.timedelta(days=days - 1),
        )
    ).one()
    means = {name: float(value or 0) / days for name, value in zip(sums, row, strict=True)}
    out = session.scalar(
        select(
            func.sum(
                func.greatest(
                    0,
                    func.coalesce(func.least(days, func.ceil(days_since(Dispatch.ended_at))), days)
                    - func.greatest(0, func.ceil(days_since(Dispatch.sent_at))),
                )
            )
        )
    )
    return means | {"teams_out": float(out or 0) / days}


def ends(session: Session) -> tuple[dt.datetime | None, dt.datetime | None]:
    """When the oldest and the newest case happened."""
    query = select(func.min(Incident.occurred_at), func.max(Incident.occurred_at))
    first, last = session.execute(query.where(Incident.withdrawn_at.is_(None))).one()
    return first, last


def earliest(session: Session) -> dt.datetime | None:
    """When the oldest case happened."""
    return ends(session)[0]


def by_grid(session: Session, chosen: IncidentFilter, level: int) -> list[GridCounts]:
    """How the cases of each grid of a level stand; key 0 holds those in no grid of that level.

    Below the village sealed cases are not counted.
    """
    of = _asked_about(chosen, level)
    size = SUBTREE_SIZE[level]
    key = case((deep_enough(of, level), of.grid_key - of.grid_key % size), else_=0).label("grid_key")
    columns = [
        func.count().filter(condition).label(name)
        for name, condition in standing_conditions(of, chosen.now, of).items()
    ]
    query = (
        select(key, func.count().label("reported"), *columns, _median_days(of).label("median_days"))
        .group_by(key)
        .order_by(key)
    )
    return [_counts(dict(row)) for row in session.execute(query).mappings()]


_WIDE = frozenset({"summary", "uid", "geom"})


def _asked_about(chosen: IncidentFilter, level: int) -> Any:
    """Return the columns of the cases that a table counts, with what is asked of each once, not for each number."""
    of = counted_by(chosen, more=True)
    query = select(
        *(column for column in of if column.name not in _WIDE),
        *(question.label(name) for name, question in _questions(of).items()),
    )
    return (
        query.where(*chosen.conditions(of), *_at(of, level)).cte("asked_about").prefix_with("materialized").c
    )


def median_days(session: Session, chosen: IncidentFilter, level: int) -> float | None:
    """Return the median over all cases that a level counts; medians of grids do not add up."""
    of = counted_by(chosen)
    found = session.scalar(select(_median_days(of)).where(*chosen.conditions(of), *_at(of, level)))
    return None if found is None else float(found)


def _at(of: Any, level: int) -> list[ColumnElement[bool]]:
    return [of.sealed.is_(False)] if level > VILLAGE else []


@dataclass(frozen=True, slots=True)
class Counted:
    """Which cases a number of the table by grid counts.

    Attributes
    ----------
    chosen : IncidentFilter
        With the grid of the row, or without one for all of them.
    name : str
        Of the count.
    level : int
        Of the table's grids.
    """

    chosen: IncidentFilter
    name: str
    level: int

    def conditions(self, of: Any) -> list[ColumnElement[bool]]:
        """Return what the number counts among `of`, the columns that counts are taken of."""
        chosen, level = self.chosen, self.level
        apart: list[ColumnElement[bool]] = []
        if chosen.query.grid == UNASSIGNED:
            # The table's row of what lies in no grid of its level, which may well lie in one above.
            chosen = replace(chosen, query=replace(chosen.query, grid=None))
            apart = [~deep_enough(of, level)]
        elif chosen.query.grid is not None:
            apart = [deep_enough(of, level)]
        standing = {"reported": true()} | standing_conditions(of, chosen.now)
        return [*chosen.conditions(of), *_at(of, level), *apart, standing[self.name]]


def counted_keys(meant: Counted) -> Select[Any]:
    """Select which cases a number counts, the same way as it counts them: `sealed`, and what names them."""
    of = counted_by(meant.chosen, more=True)
    # Of sealed cases a count is told no number, only the key of their noise.
    return select(of.sealed, func.coalesce(of.incident_id, of.record_key)).where(*meant.conditions(of))


def held_back(session: Session, meant: Counted) -> int:
    """How many of the cases that a number counts are sealed from the scope, and so in no list."""
    of = counted_by(meant.chosen, more=True)
    found = session.scalar(select(func.count()).where(*meant.conditions(of), of.hidden))
    return int(found or 0)


def _questions(of: Any) -> dict[str, ColumnElement[Any]]:
    """Return what of a case takes a look at others or at its steps."""
    return {
        "said": case((and_(solved(of), of.sealed.is_(False)), _satisfied(of))),
        "asked_after": or_(
            of.followed_up.is_(True),
            exists().where(
                IncidentStep.incident_id == of.incident_id,
                IncidentStep.action == "follow_up",
                IncidentStep.undone_at.is_(None),
            ),
        ),
        "happened_before": _repeated(of),
    }


def standing_conditions(of: Any, now: dt.datetime, answered: Any = None) -> dict[str, ColumnElement[bool]]:
    """How a case may stand, by the name of the count.

    Parameters
    ----------
    of : columns
        Of what is counted.
    now : datetime
    answered : columns, optional
        Where the table has what is asked of each case already.
    """
    has_solved, untold = solved(of), outcome_untold(of)
    questions = _questions(of) if answered is None else answered
    said = questions["said"]
    asked = and_(of.sealed.is_(False), said.is_not(None))
    due = judged(of, now)
    return {
        "sealed": of.hidden,
        "open": is_open(of),
        "overdue": overdue(of, now),
        "solved": has_solved,
        "solved_village": has_solved & (of.solved_level >= 3),
        "solved_area": has_solved & (of.solved_level == 2),
        "solved_town": has_solved & (of.solved_level == 1),
        "outcome_untold": untold,
        "unsolved": and_(~is_open(of), ~has_solved, ~untold),
        "reopened": of.reopened > 0,
        "repeated": questions["happened_before"],
        "deferred": of.deferred.is_(True),
        "paused": or_(of.paused_s > 0, of.paused_until.is_not(None)),
        "due": due,
        "closed_of_due": due & of.closed_at.is_not(None),
        "on_time": due & (of.closed_at <= of.due_at),
        "followed_up": questions["asked_after"],
        "asked": has_solved & asked,
        "satisfied": has_solved & asked & (said == "true"),
        "not_asked": has_solved & ~asked,
        "by_villager": of.found_by == "villager",
        "by_staff": of.found_by == "staff",
        "by_police": of.found_by == "police",
    }


def _satisfied(of: Any) -> Any:
    """Return whether the parties that the lot chose were satisfied with the last solution: ``true`` or ``false``.

    What a handler asked of its own accord, and what was said of a solution that did not last, is no answer.
    """
    said = IncidentStep.details["satisfied"].astext
    later = aliased(IncidentStep)
    return (
        select(said)
        .where(
            IncidentStep.incident_id == of.incident_id,
            IncidentStep.action == "follow_up",
            IncidentStep.undone_at.is_(None),
            said.is_not(None),
            IncidentStep.details["drawn"].astext == "true",
            ~exists().where(
                later.incident_id == IncidentStep.incident_id,
                later.action == "resolve",
                later.undone_at.is_(None),
                later.seq > IncidentStep.seq,
            ),
        )
        .order_by(IncidentStep.seq.desc())
        .limit(1)
        .scalar_subquery()
    )


def _repeated(of: Any) -> ColumnElement[bool]:
    earlier = (
        select(1)
        .where(
            of.sealed.is_(False),
            Incident.grid_key == of.grid_key,
            Incident.domain == of.domain,
            Incident.kind == of.kind,
            Incident.withdrawn_at.is_(None),
            Incident.occurred_at < of.occurred_at,
            Incident.occurred_at >= of.occurred_at - dt.timedelta(days=REPEATED_DAYS),
        )
        .exists()
    )
    return or_(of.repeated.is_(True), earlier)


def _median_days(of: Any) -> ColumnElement[Any]:
    begun = func.coalesce(of.accepted_at, of.reported_at, of.occurred_at)
    days = (func.extract("epoch", of.closed_at - begun) - of.paused_s) / _DAY_S
    return func.percentile_cont(0.5).within_group(days.asc())


def _counts(row: dict[str, Any]) -> GridCounts:
    median = row.pop("median_days")
    counts = GridCounts.told(int(row.pop("grid_key")), {name: int(value) for name, value in row.items()})
    return replace(counts, median_days=None if median is None else float(median))
