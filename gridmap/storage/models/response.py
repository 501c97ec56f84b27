"""Teams that were sent to incidents."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, DateTime, Double, ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from gridmap.storage.models.base import Base, Instant, Spread, Str
from gridmap.storage.models.cases import Incident


class Dispatch(Base):
    """A team that was sent to an incident, with the time on the road that was expected. Never where it was."""

    __tablename__ = "dispatches"
    __table_args__ = (
        CheckConstraint("arrived_at >= sent_at", name="arrival"),
        CheckConstraint("ended_at >= sent_at", name="end"),
        Index("ix_dispatches_incident_id", "incident_id"),
        Index("ix_dispatches_sent_at", "sent_at"),
    )

    dispatch_id: Mapped[Spread]
    incident_id: Mapped[int] = mapped_column(ForeignKey(Incident.incident_id, ondelete="CASCADE"))
    team_code: Mapped[Str]
    mode: Mapped[Str]
    road_s: Mapped[float] = mapped_column(Double)
    road_m: Mapped[float] = mapped_column(Double)
    sent_at: Mapped[Instant]
    arrived_at: Mapped[Instant | None] = mapped_column(DateTime(timezone=True))
    ended_at: Mapped[Instant | None] = mapped_column(DateTime(timezone=True))
    note: Mapped[str | None] = mapped_column(Text)
