"""What is out in the field: teams and where they are, migrant clusters, organisations."""

from __future__ import annotations

import datetime as dt
from typing import Any

from geoalchemy2 import WKBElement
from sqlalchemy import (
    ARRAY,
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
    Time,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from gridmap.storage.models.base import Base, GridKey, Instant, Str, point_type


class Team(Base):
    """A patrol, fire or warden team with its base and shift. A team, never a person."""

    __tablename__ = "teams"
    __table_args__ = (UniqueConstraint("code"), Index("ix_teams_grid_key", "grid_key"))

    team_id: Mapped[int] = mapped_column(Integer, Identity(), primary_key=True)
    code: Mapped[Str]
    name_zh: Mapped[Str]
    name_en: Mapped[str | None] = mapped_column(Text)
    kind: Mapped[Str]
    professional: Mapped[bool | None] = mapped_column(Boolean)
    grid_key: Mapped[GridKey]
    base: Mapped[WKBElement | None] = mapped_column(point_type())
    shift_start: Mapped[dt.time | None] = mapped_column(Time)
    shift_end: Mapped[dt.time | None] = mapped_column(Time)
    mode: Mapped[Str]
    speed_kmh: Mapped[float | None] = mapped_column(Double)
    size: Mapped[int | None] = mapped_column(Integer)
    import_run_id: Mapped[int | None] = mapped_column(BigInteger)
    withdrawn_at: Mapped[Instant | None] = mapped_column(DateTime(timezone=True))
    withdrawn_why: Mapped[str | None] = mapped_column(Text)


class TeamPosition(Base):
    """Where a team was at an instant. Deleted after 30 days."""

    __tablename__ = "team_positions"
    __table_args__ = (
        Index("ix_team_positions_at", "at"),
        Index("ix_team_positions_grid_key", "grid_key"),
    )

    team_id: Mapped[int] = mapped_column(ForeignKey(Team.team_id, ondelete="RESTRICT"), primary_key=True)
    at: Mapped[Instant] = mapped_column(primary_key=True)
    grid_key: Mapped[GridKey]
    tile_key: Mapped[int] = mapped_column(BigInteger)
    accuracy_m: Mapped[float | None] = mapped_column(Double)
    geom: Mapped[WKBElement] = mapped_column(point_type())


class MigrantCluster(Base):
    """A housing or work site with the number of temporary residents who live there; never fewer than ten."""

    __tablename__ = "migrant_clusters"
    __table_args__ = (
        CheckConstraint("head_count >= 10", name="head_count"),
        UniqueConstraint("code"),
        Index("ix_migrant_clusters_grid_key", "grid_key"),
    )

    cluster_id: Mapped[int] = mapped_column(Integer, Identity(), primary_key=True)
    code: Mapped[Str]
    name_zh: Mapped[str | None] = mapped_column(Text)
    kind: Mapped[Str]
    head_count: Mapped[int] = mapped_column(Integer)
    as_of: Mapped[dt.date | None] = mapped_column(Date)
    grid_key: Mapped[GridKey]
    tile_key: Mapped[int | None] = mapped_column(BigInteger)
    geom: Mapped[WKBElement | None] = mapped_column(point_type())
    placed_by: Mapped[Str]
    import_run_id: Mapped[int | None] = mapped_column(BigInteger)
    withdrawn_at: Mapped[Instant | None] = mapped_column(DateTime(timezone=True))
    withdrawn_why: Mapped[str | None] = mapped_column(Text)


class Organisation(Base):
    """A centre, sub-centre, committee, mediation body or service point."""

    __tablename__ = "organisations"
    __table_args__ = (UniqueConstraint("code"), Index("ix_organisations_grid_key", "grid_key"))

    organisation_id: Mapped[int] = mapped_column(Integer, Identity(), primary_key=True)
    code: Mapped[Str]
    name_zh: Mapped[Str]
    name_en: Mapped[str | None] = mapped_column(Text)
    kind: Mapped[Str]
    opens: Mapped[str | None] = mapped_column(Text)
    grid_key: Mapped[GridKey]
    tile_key: Mapped[int | None] = mapped_column(BigInteger)
    geom: Mapped[WKBElement | None] = mapped_column(point_type())
    placed_by: Mapped[Str]
    import_run_id: Mapped[int | None] = mapped_column(BigInteger)
    competence: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    serves_key: Mapped[int | None] = mapped_column(BigInteger)
    hours: Mapped[Any | None] = mapped_column(JSONB)
    closed_days: Mapped[list[dt.date]] = mapped_column(ARRAY(Date), server_default=text("'{}'"))
    phone: Mapped[str | None] = mapped_column(Text)
    withdrawn_at: Mapped[Instant | None] = mapped_column(DateTime(timezone=True))
    withdrawn_why: Mapped[str | None] = mapped_column(Text)
