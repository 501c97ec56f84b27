"""What all tables share."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from geoalchemy2 import Geometry
from sqlalchemy import BigInteger, DateTime, FetchedValue, MetaData, Text
from sqlalchemy.orm import DeclarativeBase, mapped_column

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
