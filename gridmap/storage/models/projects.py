"""Projects with the steps of their risk assessment, and the book of questions and rulings."""

from __future__ import annotations

import datetime as dt
from typing import Any

from geoalchemy2 import Geometry, WKBElement
from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Date,
    DateTime,
    Identity,
    Index,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from gridmap.storage.models.base import Base, GridKey, Instant, Str


class Project(Base):
    """What is to be built, moved or decided on a piece of land, with the five steps of its risk assessment (稳评)."""

    __tablename__ = "projects"
    __table_args__ = (
        CheckConstraint("decision in ('issue', 'put_off', 'not')", name="decision"),
        CheckConstraint(
            "coalesce(in_favour, 0) + coalesce(against, 0) + coalesce(unsure, 0)"
            " <= coalesce(asked, 9223372036854775807)",
            name="answers",
        ),
        UniqueConstraint("code"),
        Index("ix_projects_grid_key", "grid_key"),
    )

    project_id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    code: Mapped[Str]
    name_zh: Mapped[Str]
    name_en: Mapped[str | None] = mapped_column(Text)
    kind: Mapped[Str]
    lead: Mapped[str | None] = mapped_column(Text)
    plan_on: Mapped[dt.date | None] = mapped_column(Date)
    consult_on: Mapped[dt.date | None] = mapped_column(Date)
    analyse_on: Mapped[dt.date | None] = mapped_column(Date)
    report_on: Mapped[dt.date | None] = mapped_column(Date)
    decide_on: Mapped[dt.date | None] = mapped_column(Date)
    asked: Mapped[int | None] = mapped_column(BigInteger)
    in_favour: Mapped[int | None] = mapped_column(BigInteger)
    against: Mapped[int | None] = mapped_column(BigInteger)
    unsure: Mapped[int | None] = mapped_column(BigInteger)
    risk: Mapped[str | None] = mapped_column(Text)
    decision: Mapped[str | None] = mapped_column(Text)
    decision_note: Mapped[str | None] = mapped_column(Text)
    begins_on: Mapped[dt.date | None] = mapped_column(Date)
    follow_up_on: Mapped[dt.date | None] = mapped_column(Date)
    follow_up: Mapped[str | None] = mapped_column(Text)
    grid_key: Mapped[GridKey]
    geom: Mapped[WKBElement] = mapped_column(Geometry("MULTIPOLYGON", srid=4326, spatial_index=False))
    import_run_id: Mapped[int | None] = mapped_column(BigInteger)
    withdrawn_at: Mapped[Instant | None] = mapped_column(DateTime(timezone=True))
    withdrawn_why: Mapped[str | None] = mapped_column(Text)
    history: Mapped[Any] = mapped_column(JSONB, server_default=text("'[]'"))


class Ruling(Base):
    """A question that came up in the week, what was ruled, where it holds, and for which cases."""

    __tablename__ = "rulings"
    __table_args__ = (UniqueConstraint("code"), Index("ix_rulings_grid_key", "grid_key", "on_day"))

    ruling_id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    code: Mapped[Str]
    on_day: Mapped[dt.date] = mapped_column(Date)
    question: Mapped[Str]
    ruling: Mapped[str | None] = mapped_column(Text)
    ruled_by: Mapped[str | None] = mapped_column(Text)
    domain: Mapped[str | None] = mapped_column(Text)
    kind: Mapped[str | None] = mapped_column(Text)
    words: Mapped[str | None] = mapped_column(Text)
    grid_key: Mapped[GridKey]
    import_run_id: Mapped[int | None] = mapped_column(BigInteger)
    withdrawn_at: Mapped[Instant | None] = mapped_column(DateTime(timezone=True))
    withdrawn_why: Mapped[str | None] = mapped_column(Text)
    history: Mapped[Any] = mapped_column(JSONB, server_default=text("'[]'"))
