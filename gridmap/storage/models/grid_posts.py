"""Who serves a grid, as posts with an office's telephone, and how many volunteers of each role: never a person."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from gridmap.storage.models.base import Base, GridKey, Str


class GridPost(Base):
    """A post that serves a grid: committee, representative, grid post, mediator."""

    __tablename__ = "grid_posts"

    grid_key: Mapped[GridKey] = mapped_column(primary_key=True)
    title: Mapped[Str] = mapped_column(primary_key=True)
    duty: Mapped[Str]
    phone: Mapped[str | None] = mapped_column(Text)
    hours: Mapped[Any | None] = mapped_column(JSONB)


class GridVolunteers(Base):
    """Head-count of a grid's volunteers of one role."""

    __tablename__ = "grid_volunteers"
    __table_args__ = (CheckConstraint("n > 0", name="n"),)

    grid_key: Mapped[GridKey] = mapped_column(primary_key=True)
    role: Mapped[Str] = mapped_column(primary_key=True)
    n: Mapped[int] = mapped_column(BigInteger)
