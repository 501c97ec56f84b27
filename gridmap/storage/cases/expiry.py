"""What closed cases tell in words, and where they happened below the grid: emptied when it is out of date."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Text,
    and_,
    cast,
    func,
    null,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.orm import Session

from gridmap.storage.cases import photos
from gridmap.storage.cases.incidents import is_open
from gridmap.storage.models import Dispatch, ImportChange, ImportRun, Incident, IncidentStep, Task

_WORDS = (
    "summary", "place", "geom", "tile_key", "accuracy_m", "raw_x", "raw_y",
    "told_method", "told_body", "told_result", "evaluation",
    "note", "details", "text", "result",
)  # fmt: skip
"""Columns of a case and of its steps and tasks that tell in words, or where it was below the grid."""


def _is_due(closed_before: dt.datetime) -> ColumnElement[bool]:
    # What ended nobody knows when had ended by the time that its source said so.
    told = select(ImportRun.started_at).where(ImportRun.import_run_id == Incident.import_run_id)
    known_by = func.coalesce(told.scalar_subquery(), Incident.reported_at, Incident.occurred_at)
    ended = or_(
        Incident.closed_at < closed_before,
        and_(Incident.closed_at.is_(None), ~is_open(Incident), known_by < closed_before),
    )
    # A photo may have come after the words had gone.
    return and_(ended, or_(Incident.text_expired_at.is_(None), photos.there_are()))


def count_due(session: Session, closed_before: dt.datetime) -> int:
    """Count the cases that were closed before a moment and still tell something."""
    return session.scalar(select(func.count()).select_from(Incident).where(_is_due(closed_before))) or 0


def empty_texts(session: Session, closed_before: dt.datetime, now: dt.datetime, most: int) -> int:
    """Empty texts and places of at most so many cases that are due; return how many there were."""
    due = list(
        session.scalars(
            select(Incident.incident_id)
            .where(_is_due(closed_before))
            .order_by(Incident.incident_id)
            .limit(most)
            .with_for_update()
        )
    )
    if not due:
        return 0
    photos.remove_of(session, due)
    session.execute(
        update(Dispatch).where(Dispatch.incident_id.in_(due), Dispatch.note.is_not(None)).values(note=null())
    )
    session.execute(
        update(Task)
        .where(Task.incident_id.in_(due), or_(Task.text != "", Task.result.is_not(None)))
        .values(text="", result=text("case when result is not null then '' end"))
    )
    session.execute(
        update(IncidentStep)
        .where(IncidentStep.incident_id.in_(due))
        .values(note=null(), details=IncidentStep.details.op("-")("decisions").op("-")("before"))
    )
    session.execute(
        update(Incident)
        .where(Incident.incident_id.in_(due))
        .values(
            summary=null(),
            place=null(),
            told_method=null(),
            told_body=null(),
            told_result=null(),
            evaluation=null(),
            geom=null(),
            tile_key=null(),
            accuracy_m=null(),
            raw_x=null(),
            raw_y=null(),
            text_expired_at=now,
        )
    )
    # What imports changed keeps the row as it was before and after, so the words are in it, too.
    words = ImportChange.before.op("-")(cast(_WORDS, ARRAY(Text)))
    session.execute(
        update(ImportChange)
        .where(ImportChange.before["incident_id"].astext.cast(BigInteger).in_(due))
        .values(before=words, after=ImportChange.after.op("-")(cast(_WORDS, ARRAY(Text))))
    )
    return len(due)
