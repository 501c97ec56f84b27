"""Incidents and the steps of their handling."""

from __future__ import annotations

from geoalchemy2 import WKBElement
from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    DateTime,
    Double,
    ForeignKey,
    Identity,
    Index,
    SmallInteger,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from gridmap.storage.models.base import Base, GridKey, Instant, Str, point_type


class Incident(Base):
    """Anything recorded at a place and time, in one of the six domains.

    ``grid_key`` is the deepest grid that holds the place; ``handler_key`` the grid that has the case now.
    """

    __tablename__ = "incidents"
    __table_args__ = (
        CheckConstraint("severity between 1 and 5", name="severity"),
        UniqueConstraint("uid"),
        Index("ix_incidents_grid_key_occurred_at", "grid_key", "occurred_at"),
        Index("ix_incidents_tile_key", "tile_key"),
    )

    incident_id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    uid: Mapped[Str]
    domain: Mapped[Str]
    kind: Mapped[str | None] = mapped_column(Text)
    scale: Mapped[str | None] = mapped_column(Text)
    channel: Mapped[str | None] = mapped_column(Text)
    occurred_at: Mapped[Instant]
    reported_at: Mapped[Instant | None] = mapped_column(DateTime(timezone=True))
    due_at: Mapped[Instant | None] = mapped_column(DateTime(timezone=True))
    stage: Mapped[Str]
    closed_at: Mapped[Instant | None] = mapped_column(DateTime(timezone=True))
    severity: Mapped[int | None] = mapped_column(SmallInteger)
    summary: Mapped[str | None] = mapped_column(Text)
    grid_key: Mapped[GridKey]
    handler_key: Mapped[GridKey]
    geom: Mapped[WKBElement | None] = mapped_column(point_type())
    tile_key: Mapped[int | None] = mapped_column(BigInteger)
    accuracy_m: Mapped[float | None] = mapped_column(Double)
    placed_by: Mapped[Str]
    source_crs: Mapped[str | None] = mapped_column(Text)
    raw_x: Mapped[float | None] = mapped_column(Double)
    raw_y: Mapped[float | None] = mapped_column(Double)
    needs_confirmation: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    import_run_id: Mapped[int | None] = mapped_column(BigInteger)


class IncidentStep(Base):
    """One step of an incident's handling: who moved it from which stage to which, and where to."""

    __tablename__ = "incident_steps"
    __table_args__ = (Index("uq_incident_steps", "incident_id", "at", "action", unique=True),)

    step_id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    incident_id: Mapped[int] = mapped_column(ForeignKey(Incident.incident_id, ondelete="CASCADE"))
    at: Mapped[Instant]
    action: Mapped[Str]
    stage_from: Mapped[str | None] = mapped_column(Text)
    stage_to: Mapped[str | None] = mapped_column(Text)
    to_grid_key: Mapped[GridKey | None] = mapped_column(BigInteger)
    note: Mapped[str | None] = mapped_column(Text)
