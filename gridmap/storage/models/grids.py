"""Grids: the polygons of the four levels, with validity and predecessors."""

from __future__ import annotations

import datetime as dt

from geoalchemy2 import Geometry, WKBElement
from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Date,
    Double,
    FetchedValue,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    SmallInteger,
    func,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from gridmap.storage.models.base import Base, GridKey, Instant, Str


class BoundaryVersion(Base):
    """One import of boundaries: which file, from which day on."""

    __tablename__ = "boundary_versions"

    version_id: Mapped[int] = mapped_column(Integer, Identity(), primary_key=True)
    valid_from: Mapped[dt.date] = mapped_column(Date)
    source: Mapped[Str]
    illustrative: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    created_at: Mapped[Instant] = mapped_column(server_default=func.now())
    import_run_id: Mapped[int | None] = mapped_column(BigInteger)


class Grid(Base):
    """One grid during one span of days; ``valid_to`` is exclusive and empty while the grid stands."""

    __tablename__ = "grids"
    __table_args__ = (
        CheckConstraint("level between 1 and 4", name="level"),
        CheckConstraint("valid_to > valid_from", name="validity"),
        Index(
            "uq_grids_grid_key_current", "grid_key", unique=True, postgresql_where=text("valid_to is null")
        ),
        Index("ix_grids_level_grid_key", "level", "grid_key"),
        Index("ix_grids_code", "code"),
        Index(
            "ix_grids_level_cell_key",
            "level",
            "cell_key",
            "cell_zoom",
            postgresql_where=text("valid_to is null"),
        ),
    )

    grid_key: Mapped[GridKey] = mapped_column(primary_key=True)
    valid_from: Mapped[dt.date] = mapped_column(Date, primary_key=True)
    valid_to: Mapped[dt.date | None] = mapped_column(Date)
    level: Mapped[int] = mapped_column(SmallInteger)
    code: Mapped[Str]
    name_zh: Mapped[Str]
    name_en: Mapped[Str]
    population: Mapped[int | None] = mapped_column(Integer)
    households: Mapped[int | None] = mapped_column(Integer)
    area_m2: Mapped[float] = mapped_column(Double)
    illustrative: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    version_id: Mapped[int] = mapped_column(ForeignKey(BoundaryVersion.version_id))
    geom: Mapped[WKBElement] = mapped_column(Geometry("MULTIPOLYGON", srid=4326, spatial_index=False))
    label_point: Mapped[WKBElement] = mapped_column(Geometry("POINT", srid=4326, spatial_index=False))
    cell_key: Mapped[int | None] = mapped_column(BigInteger, server_default=FetchedValue())
    cell_zoom: Mapped[int | None] = mapped_column(BigInteger, server_default=FetchedValue())


class GridPredecessor(Base):
    """Which grid a grid came from, and how much of its land it took over."""

    __tablename__ = "grid_predecessors"
    __table_args__ = (
        ForeignKeyConstraint(
            ["grid_key", "valid_from"], [Grid.grid_key, Grid.valid_from], ondelete="CASCADE"
        ),
    )

    grid_key: Mapped[GridKey] = mapped_column(primary_key=True)
    valid_from: Mapped[dt.date] = mapped_column(Date, primary_key=True)
    predecessor_key: Mapped[GridKey] = mapped_column(primary_key=True)
    predecessor_code: Mapped[Str]
    share: Mapped[float] = mapped_column(Double)
