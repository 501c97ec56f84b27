"""Jobs: work that costs more than an answer may take."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, DateTime, Index, Text, Uuid, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from gridmap.storage.models.base import Base, GridKey, Instant, Str


class Job(Base):
    """One piece of work: whose it is, what is asked, how far it is, and how it ended."""

    __tablename__ = "jobs"
    __table_args__ = (
        CheckConstraint("scope_lo <= scope_hi", name="scope"),
        CheckConstraint("state in ('queued', 'running', 'done', 'failed', 'cancelled')", name="state"),
        CheckConstraint("(state = 'running') = (worker_key is not null)", name="worker"),
        CheckConstraint(
            "(state in ('done', 'failed', 'cancelled')) = (ended_at is not null)",
            name="end",
        ),
        Index("ix_jobs_state_created_at", "state", "created_at"),
        Index("ix_jobs_owner_created_at", "owner", "created_at"),
    )

    job_id: Mapped[uuid.UUID] = mapped_column(
        Uuid, primary_key=True, server_default=text("gen_random_uuid()")
    )
    owner: Mapped[Str]
    scope_lo: Mapped[GridKey]
    scope_hi: Mapped[GridKey]
    kind: Mapped[Str]
    parameters: Mapped[Any] = mapped_column(JSONB)
    state: Mapped[Str] = mapped_column(Text, server_default=text("'queued'"))
    step: Mapped[Str] = mapped_column(Text, server_default=text("'wait'"))
    done: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    total: Mapped[int] = mapped_column(BigInteger, server_default=text("1"))
    so_far: Mapped[Any | None] = mapped_column(JSONB(none_as_null=True))
    result: Mapped[Any | None] = mapped_column(JSONB(none_as_null=True))
    error: Mapped[Any | None] = mapped_column(JSONB(none_as_null=True))
    file_name: Mapped[str | None] = mapped_column(Text)
    attempts: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    worker_key: Mapped[int | None] = mapped_column(BigInteger)
    worker: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[Instant] = mapped_column(server_default=func.now())
    started_at: Mapped[Instant | None] = mapped_column(DateTime(timezone=True))
    heartbeat_at: Mapped[Instant | None] = mapped_column(DateTime(timezone=True))
    cancel_asked_at: Mapped[Instant | None] = mapped_column(DateTime(timezone=True))
    ended_at: Mapped[Instant | None] = mapped_column(DateTime(timezone=True))
