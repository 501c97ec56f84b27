"""What all tables share."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

from geoalchemy2 import Geometry
from sqlalchemy import BigInteger, DateTime, FetchedValue, MetaData, Text, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

SCHEMA = "gridmap"

Instant = Annotated[dt.datetime, mapped_column(DateTime(timezone=True))]
GridKey = Annotated[int, mapped_column(BigInteger)]
Str = Annotated[str, mapped_column(Text)]
Spread = Annotated[
    int, mapped_column(BigInteger, primary_key=True, autoincrement=False, server_default=FetchedValue())
]
"""A number that the database spreads, so that two of them tell nothing of how many there are."""


def point_type() -> Geometry:
    """Return the column type of a point; without a spatial index, which a policy could not use."""
    return Geometry("POINT", srid=4326, spatial_index=False)


class Base(DeclarativeBase):
    """Declarative base of the schema ``gridmap``."""

    metadata = MetaData(
        schema=SCHEMA,
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        },
    )


class Repeatable:
    """What is found by a seeded search over a scope: with all that it takes to find it again, and whose it is."""

    scope_lo: Mapped[GridKey]
    scope_hi: Mapped[GridKey]
    seed: Mapped[int] = mapped_column(BigInteger)
    parameters: Mapped[Any] = mapped_column(JSONB)
    data_sha256: Mapped[Str]
    version: Mapped[Str]
    summary: Mapped[Any] = mapped_column(JSONB)
    owner: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[Instant] = mapped_column(server_default=func.now())
