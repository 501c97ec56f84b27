"""The register of reports."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Date,
    Index,
    Text,
    Uuid,
    func,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from gridmap.storage.models.base import Base, GridKey, Instant, Spread, Str


class ReportRun(Base):
    """One report that was written: for what purpose, over which data, and the hash of its bytes."""

    __tablename__ = "report_runs"
    __table_args__ = (
        CheckConstraint("scope_lo <= scope_hi", name="scope"),
        Index("ix_report_runs_created_at", "created_at"),
    )

    report_id: Mapped[Spread]
    kind: Mapped[Str]
    scope_lo: Mapped[GridKey]
    scope_hi: Mapped[GridKey]
    since: Mapped[dt.date] = mapped_column(Date)
    until: Mapped[dt.date] = mapped_column(Date)
    seed: Mapped[int] = mapped_column(BigInteger)
    purpose: Mapped[Str]
    parameters: Mapped[Any] = mapped_column(JSONB)
    data_sha256: Mapped[Str]
    file_sha256: Mapped[Str]
    version: Mapped[Str]
    owner: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[Instant] = mapped_column(server_default=func.now())


class OfficialForm(Base):
    """A form as it was handed in: every cell's number, and which cases were in it."""

    __tablename__ = "official_forms"
    __table_args__ = (Index("ix_official_forms_grid_key", "grid_key", "form", "period"),)

    form_id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, server_default=func.gen_random_uuid())
    grid_key: Mapped[GridKey]
    form: Mapped[Str]
    period: Mapped[Str]
    level: Mapped[int] = mapped_column(BigInteger)
    made_by: Mapped[Str]
    made_at: Mapped[Instant] = mapped_column(server_default=func.now())
    numbers: Mapped[Any] = mapped_column(JSONB)
    cases: Mapped[Any] = mapped_column(JSONB)
