"""Incidents and the steps of their handling."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from geoalchemy2 import WKBElement
from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Computed,
    Date,
    DateTime,
    Double,
    ForeignKey,
    Index,
    LargeBinary,
    SmallInteger,
    Text,
    UniqueConstraint,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from gridmap.domain.cases.sealing import SEALED_KINDS
from gridmap.storage.models.base import Base, GridKey, Instant, Spread, Str, point_type

_KINDS = ", ".join(f"'{domain}.{kind}'" for domain, kind in sorted(SEALED_KINDS))
_SEALED = f"sealed_by_risk or domain || '.' || coalesce(kind, '') in ({_KINDS})"


class Incident(Base):
    """Anything recorded at a place and time, in one of the six domains.

    ``grid_key`` is the deepest grid that holds the place; ``handler_key`` the grid that has the case now.
    """

    __tablename__ = "incidents"
    __table_args__ = (
        CheckConstraint("severity between 1 and 5", name="severity"),
        CheckConstraint(r"number ~ '^\d{22}$'", name="number"),
        CheckConstraint("risk in ('green', 'yellow', 'red')", name="risk"),
        CheckConstraint("people_count > 0", name="people_count"),
        UniqueConstraint("uid"),
        Index("uq_incidents_number", "number", unique=True),
        Index("ix_incidents_handler_key", "handler_key"),
        Index("ix_incidents_awaiting_key", "awaiting_key", postgresql_where=text("awaiting_key is not null")),
        Index("ix_incidents_due_at", "due_at", postgresql_where=text("closed_at is null")),
        Index("ix_incidents_grid_key_occurred_at", "grid_key", "occurred_at"),
        Index("ix_incidents_tile_key", "tile_key"),
        Index(
            "ix_incidents_uid_given",
            text("left(uid, -25)"),
            postgresql_where=text("right(uid, 25) = ' (' || number || ')'"),
        ),
        Index("ix_incidents_occurred_at", text("occurred_at desc"), text("incident_id desc")),
        Index("ix_incidents_import_run_id", "import_run_id"),
        Index("ix_incidents_sealed", "grid_key", "occurred_at", postgresql_where=text("sealed")),
    )

    incident_id: Mapped[Spread]
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

    number: Mapped[str | None] = mapped_column(Text)
    code_system: Mapped[str | None] = mapped_column(Text)
    source_kind: Mapped[str | None] = mapped_column(Text)
    place: Mapped[str | None] = mapped_column(Text)
    people_count: Mapped[int | None] = mapped_column(BigInteger)
    sum_band: Mapped[str | None] = mapped_column(Text)
    found_by: Mapped[str | None] = mapped_column(Text)
    risk: Mapped[str] = mapped_column(Text, server_default=text("'green'"))
    risk_grounds: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    risk_review_at: Mapped[Instant | None] = mapped_column(DateTime(timezone=True))
    sealed_by_risk: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    sealed: Mapped[bool] = mapped_column(Boolean, Computed(_SEALED, persisted=True))
    reporter_hidden: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    committee_is_party: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    recorded_by: Mapped[str | None] = mapped_column(Text)
    told_stage: Mapped[str | None] = mapped_column(Text)
    told_due_at: Mapped[Instant | None] = mapped_column(DateTime(timezone=True))
    told_closed_at: Mapped[Instant | None] = mapped_column(DateTime(timezone=True))
    # What a case without steps has of the town: the desk where it lies in no grid, limits where none were told.
    opened_key: Mapped[int | None] = mapped_column(BigInteger)
    opened_act_due_at: Mapped[Instant | None] = mapped_column(DateTime(timezone=True))
    opened_due_at: Mapped[Instant | None] = mapped_column(DateTime(timezone=True))
    told_method: Mapped[str | None] = mapped_column(Text)
    told_body: Mapped[str | None] = mapped_column(Text)
    told_result: Mapped[str | None] = mapped_column(Text)
    evaluated_on: Mapped[dt.date | None] = mapped_column(Date)
    evaluation: Mapped[str | None] = mapped_column(Text)
    withdrawn_at: Mapped[Instant | None] = mapped_column(DateTime(timezone=True))
    text_expired_at: Mapped[Instant | None] = mapped_column(DateTime(timezone=True))

    # Fixes the noise of numbers that leave the house; never changed and never told.
    record_key: Mapped[int] = mapped_column(BigInteger, server_default=text("gridmap.new_record_key()"))

    # With stage, handler_key, due_at and closed_at: what the steps say; only the desk and imports write them.
    revision: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    awaiting_key: Mapped[int | None] = mapped_column(BigInteger)
    awaiting_body: Mapped[str | None] = mapped_column(Text)
    body_code: Mapped[str | None] = mapped_column(Text)
    co_bodies: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    outcome: Mapped[str | None] = mapped_column(Text)
    method: Mapped[str | None] = mapped_column(Text)
    agreement: Mapped[str | None] = mapped_column(Text)
    fulfilled: Mapped[str | None] = mapped_column(Text)
    sign_due_at: Mapped[Instant | None] = mapped_column(DateTime(timezone=True))
    act_due_at: Mapped[Instant | None] = mapped_column(DateTime(timezone=True))
    paused_until: Mapped[Instant | None] = mapped_column(DateTime(timezone=True))
    paused_s: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    deferred: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    accepted_at: Mapped[Instant | None] = mapped_column(DateTime(timezone=True))
    acted_at: Mapped[Instant | None] = mapped_column(DateTime(timezone=True))
    solved_level: Mapped[int | None] = mapped_column(BigInteger)
    reopened: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))


class IncidentStep(Base):
    """One step of an incident's handling: who moved it from which stage to which, and where to."""

    __tablename__ = "incident_steps"
    __table_args__ = (
        CheckConstraint("told_by in ('desk', 'source')", name="told_by"),
        Index("uq_incident_steps", "incident_id", "at", "action", unique=True),
        Index("uq_incident_steps_uid", "uid", unique=True),
    )

    step_id: Mapped[Spread]
    incident_id: Mapped[int] = mapped_column(ForeignKey(Incident.incident_id, ondelete="CASCADE"))
    at: Mapped[Instant]
    action: Mapped[Str]
    stage_from: Mapped[str | None] = mapped_column(Text)
    stage_to: Mapped[str | None] = mapped_column(Text)
    to_grid_key: Mapped[GridKey | None] = mapped_column(BigInteger)
    note: Mapped[str | None] = mapped_column(Text)
    uid: Mapped[uuid.UUID | None] = mapped_column(Uuid, server_default=func.gen_random_uuid())
    seq: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    post: Mapped[str | None] = mapped_column(Text)
    ground: Mapped[str | None] = mapped_column(Text)
    until: Mapped[Instant | None] = mapped_column(DateTime(timezone=True))
    outcome: Mapped[str | None] = mapped_column(Text)
    method: Mapped[str | None] = mapped_column(Text)
    agreement: Mapped[str | None] = mapped_column(Text)
    fulfilled: Mapped[str | None] = mapped_column(Text)
    to_body: Mapped[str | None] = mapped_column(Text)
    told_by: Mapped[str] = mapped_column(Text, server_default=text("'source'"))
    corrects: Mapped[int | None] = mapped_column(BigInteger)
    recorded_at: Mapped[Instant] = mapped_column(server_default=func.now())
    undone_at: Mapped[Instant | None] = mapped_column(DateTime(timezone=True))
    import_run_id: Mapped[int | None] = mapped_column(BigInteger)
    details: Mapped[Any] = mapped_column(JSONB, server_default=text("'{}'"))


class CasePhoto(Base):
    """A photo of a case, without anything that its camera wrote beside the points."""

    __tablename__ = "case_photos"
    __table_args__ = (
        Index("ix_case_photos_incident_id", "incident_id"),
        Index("uq_case_photos_uid", "uid", unique=True),
    )

    photo_id: Mapped[Spread]
    incident_id: Mapped[int] = mapped_column(ForeignKey(Incident.incident_id, ondelete="CASCADE"))
    uid: Mapped[uuid.UUID] = mapped_column(Uuid)
    picture: Mapped[bytes] = mapped_column(LargeBinary)
    width: Mapped[int] = mapped_column(BigInteger)
    height: Mapped[int] = mapped_column(BigInteger)
    post: Mapped[Str]
    added_at: Mapped[Instant] = mapped_column(server_default=func.now())
