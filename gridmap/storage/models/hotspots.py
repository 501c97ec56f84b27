"""Hotspot runs and what they found."""

from __future__ import annotations

import datetime as dt
from typing import Any

from geoalchemy2 import Geometry, WKBElement
from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Date,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from gridmap.storage.models.base import Base, GridKey, Instant, Repeatable, Spread, Str


class HotspotRun(Repeatable, Base):
    """One run of a method over the incidents of a scope and a period, with all that it takes to repeat it."""

    __tablename__ = "hotspot_runs"
    __table_args__ = (
        CheckConstraint("scope_lo <= scope_hi", name="scope"),
        CheckConstraint("since <= until", name="period"),
        Index("ix_hotspot_runs_created_at", "created_at"),
    )

    run_id: Mapped[Spread]
    method: Mapped[Str]
    domain: Mapped[str | None] = mapped_column(Text)
    kind: Mapped[str | None] = mapped_column(Text)
    since: Mapped[dt.date] = mapped_column(Date)
    until: Mapped[dt.date] = mapped_column(Date)
    level: Mapped[int] = mapped_column(SmallInteger)


class HotspotFeature(Base):
    """One area, cluster or stretch of road that a run found; an aggregate of at least five incidents."""

    __tablename__ = "hotspot_features"
    __table_args__ = (CheckConstraint("counts in ('true', 'perturbed')", name="counts"),)

    run_id: Mapped[int] = mapped_column(ForeignKey(HotspotRun.run_id, ondelete="CASCADE"), primary_key=True)
    counts: Mapped[str] = mapped_column(Text, primary_key=True, server_default=text("'true'"))
    rank: Mapped[int] = mapped_column(Integer, primary_key=True)
    label: Mapped[Str]
    grid_key: Mapped[int | None] = mapped_column(BigInteger)
    properties: Mapped[Any] = mapped_column(JSONB)
    geom: Mapped[WKBElement | None] = mapped_column(Geometry("GEOMETRY", srid=4326, spatial_index=False))


class Forecast(Base):
    """What was said of a week before it came: kept as it was, whatever becomes known later."""

    __tablename__ = "forecasts"
    __table_args__ = (
        CheckConstraint("scope_lo <= scope_hi", name="scope"),
        UniqueConstraint(
            "first_day",
            "scope_lo",
            "scope_hi",
            "level",
            "domain",
            name="uq_forecasts_first_day",
            postgresql_nulls_not_distinct=True,
        ),
    )

    forecast_id: Mapped[Spread]
    scope_lo: Mapped[GridKey]
    scope_hi: Mapped[GridKey]
    domain: Mapped[str | None] = mapped_column(Text)
    level: Mapped[int] = mapped_column(BigInteger)
    first_day: Mapped[dt.date] = mapped_column(Date)
    model: Mapped[Str]
    comparator: Mapped[Str]
    cells: Mapped[Any] = mapped_column(JSONB)
    parameters: Mapped[Any] = mapped_column(JSONB)
    data_sha256: Mapped[Str]
    version: Mapped[Str]
    owner: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[Instant] = mapped_column(server_default=func.now())
