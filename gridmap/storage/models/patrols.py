"""Patrols: plans for a shift with their routes, and what became of them."""

from __future__ import annotations

import datetime as dt
from typing import Any

from geoalchemy2 import Geometry, WKBElement
from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Date,
    DateTime,
    Double,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from gridmap.storage.models.base import Base, GridKey, Instant, Repeatable, Spread, Str, point_type
from gridmap.storage.models.hotspots import HotspotRun


class Patrol(Repeatable, Base):
    """A plan for a shift, with all that it takes to make it again."""

    __tablename__ = "patrols"
    __table_args__ = (
        CheckConstraint("scope_lo <= scope_hi", name="scope"),
        CheckConstraint("begins_at < ends_at", name="shift"),
        Index("ix_patrols_begins_at", "begins_at"),
        Index("ix_patrols_replaces_id", "replaces_id"),
    )

    patrol_id: Mapped[Spread]
    begins_at: Mapped[Instant]
    ends_at: Mapped[Instant]
    hotspot_run_id: Mapped[int | None] = mapped_column(
        BigInteger, ForeignKey(HotspotRun.run_id, ondelete="RESTRICT")
    )
    iterations: Mapped[int] = mapped_column(BigInteger)
    replaces_id: Mapped[int | None] = mapped_column(
        BigInteger, ForeignKey("gridmap.patrols.patrol_id", ondelete="SET NULL")
    )
    evidence_at: Mapped[Instant | None] = mapped_column(DateTime(timezone=True))


class FixedPoint(Base):
    """A place that patrols must come to on every night, hotspot or not: a school gate, a bank; or a street to walk."""

    __tablename__ = "fixed_points"
    __table_args__ = (UniqueConstraint("code"), Index("ix_fixed_points_grid_key", "grid_key"))

    point_id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    code: Mapped[Str]
    name_zh: Mapped[Str]
    name_en: Mapped[str | None] = mapped_column(Text)
    kind: Mapped[Str]
    times: Mapped[int] = mapped_column(BigInteger)
    hours: Mapped[str | None] = mapped_column(Text)
    minutes: Mapped[float | None] = mapped_column(Double)
    gap_min: Mapped[float | None] = mapped_column(Double)
    in_use: Mapped[bool] = mapped_column(Boolean)
    line: Mapped[WKBElement | None] = mapped_column(Geometry("LINESTRING", srid=4326, spatial_index=False))
    direction: Mapped[str] = mapped_column(Text, server_default=text("'either'"))
    on_foot: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    grid_key: Mapped[GridKey]
    tile_key: Mapped[int | None] = mapped_column(BigInteger)
    placed_by: Mapped[Str]
    geom: Mapped[WKBElement | None] = mapped_column(point_type())
    import_run_id: Mapped[int | None] = mapped_column(BigInteger)
    withdrawn_at: Mapped[Instant | None] = mapped_column(DateTime(timezone=True))
    withdrawn_why: Mapped[str | None] = mapped_column(Text)


class PatrolRoute(Base):
    """What one team does on a shift: its stops in order, and its way along the roads."""

    __tablename__ = "patrol_routes"

    patrol_id: Mapped[int] = mapped_column(ForeignKey(Patrol.patrol_id, ondelete="CASCADE"), primary_key=True)
    team_code: Mapped[str] = mapped_column(Text, primary_key=True)
    properties: Mapped[Any] = mapped_column(JSONB)
    geom: Mapped[WKBElement | None] = mapped_column(Geometry("LINESTRING", srid=4326, spatial_index=False))


class PatrolOrder(Base):
    """A team's part of a plan that was issued to it, and whether the team took note."""

    __tablename__ = "patrol_orders"

    patrol_id: Mapped[int] = mapped_column(ForeignKey(Patrol.patrol_id, ondelete="CASCADE"), primary_key=True)
    team_code: Mapped[str] = mapped_column(Text, primary_key=True)
    issued_at: Mapped[Instant]
    issued_by: Mapped[str | None] = mapped_column(Text)
    noted_at: Mapped[Instant | None] = mapped_column(DateTime(timezone=True))
    noted_by: Mapped[str | None] = mapped_column(Text)


class Roster(Repeatable, Base):
    """A week's roster of teams over named shifts: as it was made, and as it was changed by hand."""

    __tablename__ = "rosters"
    __table_args__ = (
        CheckConstraint("scope_lo <= scope_hi", name="scope"),
        Index("ix_rosters_first_day", "first_day"),
    )

    roster_id: Mapped[Spread]
    first_day: Mapped[dt.date] = mapped_column(Date)
    duties: Mapped[Any] = mapped_column(JSONB)
    edits: Mapped[Any] = mapped_column(JSONB)


class PatrolVisit(Base):
    """A stop of a plan that a team came to: seen from its positions, or told by it."""

    __tablename__ = "patrol_visits"
    __table_args__ = (
        CheckConstraint("evidence in ('position', 'check-in')", name="evidence"),
        CheckConstraint("left_at >= arrived_at", name="stay"),
        UniqueConstraint("patrol_id", "team_code", "stop", "evidence", "arrived_at", name="uq_patrol_visits"),
    )

    visit_id: Mapped[Spread]
    patrol_id: Mapped[int] = mapped_column(ForeignKey(Patrol.patrol_id, ondelete="CASCADE"))
    team_code: Mapped[Str]
    stop: Mapped[Str]
    arrived_at: Mapped[Instant]
    left_at: Mapped[Instant | None] = mapped_column(DateTime(timezone=True))
    evidence: Mapped[Str]
    note: Mapped[str | None] = mapped_column(Text)
    on_spot: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))


class PatrolSegment(Base):
    """A stretch of a planned route that a team drove. It stays when the positions are deleted."""

    __tablename__ = "patrol_segments"
    __table_args__ = (CheckConstraint("begun_at <= ended_at", name="times"),)

    patrol_id: Mapped[int] = mapped_column(ForeignKey(Patrol.patrol_id, ondelete="CASCADE"), primary_key=True)
    team_code: Mapped[str] = mapped_column(Text, primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    begun_at: Mapped[Instant]
    ended_at: Mapped[Instant]
    length_m: Mapped[float] = mapped_column(Double)
    geom: Mapped[WKBElement] = mapped_column(Geometry("LINESTRING", srid=4326, spatial_index=False))
