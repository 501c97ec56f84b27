"""Plans that were issued to their teams, and whether these took note."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import TypedDict, cast

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from gridmap.storage.models import Patrol, PatrolOrder


class OrderRow(TypedDict):
    """A team's part of a plan as it was issued."""

    patrol_id: int
    team_code: str
    issued_at: dt.datetime
    issued_by: str | None
    noted_at: dt.datetime | None
    noted_by: str | None


class PlanOfNight(TypedDict):
    """A plan, and the one that it replaces."""

    patrol_id: int
    replaces_id: int | None


def orders_of(session: Session, patrol_id: int) -> list[OrderRow]:
    """List what was issued of a plan, by team."""
    query = (
        select(*PatrolOrder.__table__.columns)
        .where(PatrolOrder.patrol_id == patrol_id)
        .order_by(PatrolOrder.team_code)
    )
    return [cast("OrderRow", dict(row)) for row in session.execute(query).mappings()]


def issue(session: Session, patrol_id: int, teams: Sequence[str], at: dt.datetime, by: str | None) -> None:
    """Issue a plan to teams; what was issued before stays as it was."""
    rows = [{"patrol_id": patrol_id, "team_code": t, "issued_at": at, "issued_by": by} for t in teams]
    session.execute(insert(PatrolOrder).on_conflict_do_nothing(), rows)


def note(session: Session, patrol_id: int, team: str, at: dt.datetime, by: str | None) -> None:
    """Keep that a team took note; the first time stands."""
    session.execute(
        update(PatrolOrder)
        .where(
            PatrolOrder.patrol_id == patrol_id,
            PatrolOrder.team_code == team,
            PatrolOrder.noted_at.is_(None),
        )
        .values(noted_at=at, noted_by=by)
    )


def recall(session: Session, patrol_id: int) -> int:
    """Take back what no team took note of yet; return how many teams that are."""
    done = session.execute(
        delete(PatrolOrder).where(PatrolOrder.patrol_id == patrol_id, PatrolOrder.noted_at.is_(None))
    )
    return int(done.rowcount)  # type: ignore[attr-defined]


def running(session: Session, at: dt.datetime, slack: dt.timedelta) -> list[int]:
    """Return numbers of issued plans whose shift is on within some time of a moment, newest first.

    Those that an issued plan replaces, whether or not the plans between them were issued, are left out.
    """
    issued = select(PatrolOrder.patrol_id)
    replaced = (
        select(Patrol.replaces_id.label("patrol_id"))
        .where(Patrol.patrol_id.in_(issued), Patrol.replaces_id.is_not(None))
        .cte("replaced", recursive=True)
    )
    replaced = replaced.union(
        select(Patrol.replaces_id)
        .join(replaced, Patrol.patrol_id == replaced.c.patrol_id)
        .where(Patrol.replaces_id.is_not(None))
    )
    query = (
        select(Patrol.patrol_id)
        .where(
            Patrol.begins_at <= at + slack,
            Patrol.ends_at >= at - slack,
            Patrol.patrol_id.in_(issued),
            Patrol.patrol_id.not_in(select(replaced.c.patrol_id)),
        )
        .order_by(Patrol.patrol_id.desc())
    )
    return list(session.scalars(query))


def plans_between(session: Session, begin: dt.datetime, end: dt.datetime) -> list[PlanOfNight]:
    """Return the plans whose shifts begin within a time, in order."""
    query = (
        select(Patrol.patrol_id, Patrol.replaces_id)
        .where(Patrol.begins_at >= begin, Patrol.begins_at < end)
        .order_by(Patrol.begins_at, Patrol.patrol_id)
    )
    return [cast("PlanOfNight", dict(row)) for row in session.execute(query).mappings()]
