"""Patrols: plans for a shift with their routes."""

from __future__ import annotations

from typing import Any

from geoalchemy2 import Geometry, WKBElement
from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, Text, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from gridmap.storage.models.base import Base, GridKey, Instant, Str
from gridmap.storage.models.hotspots import HotspotRun


class Patrol(Base):
    """A plan for a shift, with all that it takes to make it again."""

    __tablename__ = "patrols"
    __table_args__ = (
        CheckConstraint("scope_lo <= scope_hi", name="scope"),
        CheckConstraint("begins_at < ends_at", name="shift"),
        Index("ix_patrols_begins_at", "begins_at"),
    )

    patrol_id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    scope_lo: Mapped[GridKey]
    scope_hi: Mapped[GridKey]
    begins_at: Mapped[Instant]
    ends_at: Mapped[Instant]
    hotspot_run_id: Mapped[int | None] = mapped_column(
        BigInteger, ForeignKey(HotspotRun.run_id, ondelete="SET NULL")
    )
    seed: Mapped[int] = mapped_column(BigInteger)
    iterations: Mapped[int] = mapped_column(BigInteger)
    parameters: Mapped[Any] = mapped_column(JSONB)
    data_sha256: Mapped[Str]
    version: Mapped[Str]
    summary: Mapped[Any] = mapped_column(JSONB)
    created_at: Mapped[Instant] = mapped_column(server_default=func.now())


class PatrolRoute(Base):
    """What one team does on a shift: its stops in order, and its way along the roads."""

    __tablename__ = "patrol_routes"

    patrol_id: Mapped[int] = mapped_column(ForeignKey(Patrol.patrol_id, ondelete="CASCADE"), primary_key=True)
    team_code: Mapped[str] = mapped_column(Text, primary_key=True)
    properties: Mapped[Any] = mapped_column(JSONB)
    geom: Mapped[WKBElement | None] = mapped_column(Geometry("LINESTRING", srid=4326, spatial_index=False))
