"""Counts of cases that are kept beside them."""

from __future__ import annotations

import datetime as dt
import uuid

from sqlalchemy import ARRAY, BigInteger, Boolean, CheckConstraint, Date, Integer, Uuid, func
from sqlalchemy.orm import Mapped, mapped_column

from gridmap.storage.models.base import Base, GridKey, Instant, Str


class CaseCount(Base):
    """How many cases a village or a town has had in a year, up to each day from the first of them to the last.

    ``days[n]``, counted from 1, is how many there were until the n-th day, ``first_day`` being the first.
    """

    __tablename__ = "case_counts"
    __table_args__ = (CheckConstraint("level in (1, 3)", name="level"),)

    level: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    scope_lo: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    scope_hi: Mapped[GridKey]
    year: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    domain: Mapped[Str] = mapped_column(primary_key=True)
    sealed: Mapped[bool] = mapped_column(Boolean, primary_key=True)
    open: Mapped[bool] = mapped_column(Boolean, primary_key=True)
    first_day: Mapped[dt.date] = mapped_column(Date)
    days: Mapped[list[int]] = mapped_column(ARRAY(Integer))


class CaseCountChange(Base):
    """What one statement changed of a village's count, until it is folded."""

    __tablename__ = "case_count_changes"

    change_id: Mapped[uuid.UUID] = mapped_column(
        Uuid, primary_key=True, server_default=func.gen_random_uuid()
    )
    scope_lo: Mapped[GridKey]
    scope_hi: Mapped[GridKey]
    occurred_at: Mapped[Instant]
    domain: Mapped[Str]
    sealed: Mapped[bool] = mapped_column(Boolean)
    open: Mapped[bool] = mapped_column(Boolean)
    n: Mapped[int] = mapped_column(BigInteger)
