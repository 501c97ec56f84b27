"""Work that a case or a grid is owed, rounds of screening, clinics, and the drawing of numbers."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Date,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Text,
    Time,
    func,
)
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from gridmap.storage.models.base import Base, GridKey, Instant, Spread, Str
from gridmap.storage.models.cases import Incident


class Task(Base):
    """Something that a grid, body or post is to do by a day: a visit, a decision, a follow-up."""

    __tablename__ = "tasks"
    __table_args__ = (
        CheckConstraint(
            "kind in ('follow_up', 'visit', 'decision', 'household_visit', 'risk_review', 'confirmation', "
            "'satisfaction')",
            name="kind",
        ),
        CheckConstraint("(done_at is null) = (result is null)", name="done"),
        Index("ix_tasks_grid_key_due_on", "grid_key", "due_on"),
        Index("ix_tasks_incident_id", "incident_id"),
    )

    task_id: Mapped[Spread]
    kind: Mapped[Str]
    incident_id: Mapped[int | None] = mapped_column(ForeignKey(Incident.incident_id, ondelete="CASCADE"))
    grid_key: Mapped[GridKey]
    body_code: Mapped[str | None] = mapped_column(Text)
    post: Mapped[str | None] = mapped_column(Text)
    due_on: Mapped[dt.date] = mapped_column(Date)
    text: Mapped[Str]
    made_by: Mapped[Str]
    made_at: Mapped[Instant] = mapped_column(server_default=func.now())
    done_at: Mapped[Instant | None] = mapped_column(DateTime(timezone=True))
    result: Mapped[str | None] = mapped_column(Text)
    details: Mapped[Any] = mapped_column(JSONB, server_default=sql("'{}'"))
    done_by: Mapped[str | None] = mapped_column(Text)


class ScreeningRound(Base):
    """A round of screening that every grid of a level under one root answers."""

    __tablename__ = "screening_rounds"
    __table_args__ = (CheckConstraint("begins_on <= ends_on", name="days"),)

    round_id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    name: Mapped[Str]
    text: Mapped[str | None] = mapped_column(Text)
    level: Mapped[int] = mapped_column(BigInteger)
    root_key: Mapped[GridKey]
    begins_on: Mapped[dt.date] = mapped_column(Date)
    ends_on: Mapped[dt.date] = mapped_column(Date)
    made_by: Mapped[Str]
    made_at: Mapped[Instant] = mapped_column(server_default=func.now())


class ScreeningAnswer(Base):
    """What a grid answered: done, nothing found, or so many found."""

    __tablename__ = "screening_answers"
    __table_args__ = (
        CheckConstraint("answer in ('done', 'nothing', 'found')", name="answer"),
        CheckConstraint("(answer = 'found') = (n > 0) and n >= 0", name="n"),
    )

    round_id: Mapped[int] = mapped_column(
        ForeignKey(ScreeningRound.round_id, ondelete="CASCADE"), primary_key=True
    )
    grid_key: Mapped[GridKey] = mapped_column(primary_key=True)
    answer: Mapped[Str]
    n: Mapped[int] = mapped_column(BigInteger, server_default=sql("0"))
    post: Mapped[Str]
    at: Mapped[Instant]


class Clinic(Base):
    """A dated clinic of a body: at its office, out in a village, or a conference of several."""

    __tablename__ = "clinics"
    __table_args__ = (
        CheckConstraint("kind in ('outpatient', 'outreach', 'conference')", name="kind"),
        CheckConstraint("opens < closes", name="hours"),
        Index("ix_clinics_on_day", "on_day"),
    )

    clinic_id: Mapped[Spread]
    grid_key: Mapped[GridKey]
    body_code: Mapped[Str]
    kind: Mapped[Str]
    on_day: Mapped[dt.date] = mapped_column(Date)
    opens: Mapped[dt.time] = mapped_column(Time)
    closes: Mapped[dt.time] = mapped_column(Time)
    place: Mapped[str | None] = mapped_column(Text)
    text: Mapped[str | None] = mapped_column(Text)


class CaseDay(Base):
    """How many of a town's numbers of a day are drawn, the seed of their order, and digits that cases brought along."""

    __tablename__ = "case_days"
    __table_args__ = (CheckConstraint("drawn between 0 and 100000", name="drawn"),)

    town: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    day: Mapped[dt.date] = mapped_column(Date, primary_key=True)
    drawn: Mapped[int] = mapped_column(BigInteger)
    seed: Mapped[int] = mapped_column(BigInteger)
    kept: Mapped[list[int]] = mapped_column(ARRAY(BigInteger), server_default=sql("'{}'"))
