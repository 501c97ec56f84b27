"""Cases as official forms ask of them, and forms that were handed in."""

from __future__ import annotations

from typing import Any

from sqlalchemy import case, func, insert, select
from sqlalchemy.orm import Session

from gridmap.domain.gridkey import SUBTREE_SIZE
from gridmap.domain.official_forms import FormCase
from gridmap.storage.cases.counted import counted_by
from gridmap.storage.cases.counts import deep_enough
from gridmap.storage.cases.incidents import IncidentFilter, is_open, outcome_untold, overdue, solved
from gridmap.storage.models import OfficialForm


def list_cases(session: Session, chosen: IncidentFilter, level: int) -> list[FormCase]:
    """Cases of a query with what a form asks of each; sealed ones without their number.

    Parameters
    ----------
    session : Session
    chosen : IncidentFilter
    level : int
        Of the rows, at most the village.
    """
    of = counted_by(chosen)
    size = SUBTREE_SIZE[level]
    still_open = is_open(of)
    # Sealed cases do not tell when somebody acted; their stage does.
    acted = of.acted_at.is_not(None) | of.stage.in_(("mediating", "paused")) | ~still_open
    query = select(
        of.incident_id,
        case((deep_enough(of, level), of.grid_key - of.grid_key % size), else_=0).label("row_key"),
        func.coalesce(of.kind, "").label("kind"),
        still_open.label("is_open"),
        func.coalesce(overdue(of, chosen.now), False).label("is_overdue"),
        acted.label("acted"),
        solved(of).label("solved"),
        of.solved_level,
        outcome_untold(of).label("untold"),
        (of.reopened > 0).label("reopened"),
    ).where(*chosen.conditions(of))
    return [FormCase(**row) for row in session.execute(query).mappings()]


def count_cases(session: Session, chosen: IncidentFilter) -> int:
    """How many cases a query has, sealed ones too."""
    of = counted_by(chosen)
    return int(session.scalar(select(func.count()).where(*chosen.conditions(of))) or 0)


def hand_in(session: Session, **values: Any) -> str:
    """Keep a form as it was handed in; gives its number."""
    return str(session.scalars(insert(OfficialForm).values(**values).returning(OfficialForm.form_id)).one())


def handed_in(
    session: Session, form: str, *, grid_key: int | None = None, period: str | None = None
) -> list[dict[str, Any]]:
    """Forms that were handed in, the newest first, without their cells."""
    query = select(
        OfficialForm.form_id,
        OfficialForm.grid_key,
        OfficialForm.period,
        OfficialForm.level,
        OfficialForm.made_by,
        OfficialForm.made_at,
    ).where(OfficialForm.form == form)
    if grid_key is not None:
        query = query.where(OfficialForm.grid_key == grid_key)
    if period is not None:
        query = query.where(OfficialForm.period == period)
    rows = session.execute(query.order_by(OfficialForm.made_at.desc(), OfficialForm.form_id)).mappings()
    return [dict(row) for row in rows]


def newest(session: Session, form: str, grid_key: int, period: str) -> dict[str, Any] | None:
    """Return the form that was handed in last, whole; None where there is none."""
    query = (
        select(*OfficialForm.__table__.columns)
        .where(OfficialForm.form == form, OfficialForm.grid_key == grid_key, OfficialForm.period == period)
        .order_by(OfficialForm.made_at.desc())
        .limit(1)
    )
    row = session.execute(query).mappings().one_or_none()
    return None if row is None else dict(row)
