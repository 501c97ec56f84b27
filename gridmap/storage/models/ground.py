"""The ground under the grids: roads, water, land and places. Not about anybody, so every scope sees it."""

from __future__ import annotations

from geoalchemy2 import Geometry, WKBElement
from sqlalchemy import (
    BigInteger,
    Boolean,
    Double,
    FetchedValue,
    Identity,
    Index,
    Integer,
    SmallInteger,
    Text,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from gridmap.storage.models.base import Base, Str


class Road(Base):
    """One road segment between two junctions; ``oneway`` is yes, no or reverse, seen along the line.

    ``access``, ``foot``, ``bicycle`` and ``motor_vehicle`` are yes, no, destination or dismount; null where the class
    decides. What ``barrier`` stops is said in them. ``begin_node`` and ``end_node`` name the junctions at its ends
    where its source names them: roads of two names do not meet, whatever their coordinates are. ``no_turns`` names the
    roads to which wheels may not turn from this one; see :mod:`gridmap.domain.road_turns`.
    """

    __tablename__ = "roads"
    __table_args__ = (
        Index("uq_roads_road_id", "road_id", unique=True),
        Index("ix_roads_cell_key", "cell_key", "cell_zoom"),
        Index(
            "ix_roads_main_cell_key",
            "cell_key",
            "cell_zoom",
            postgresql_where=text("road_class in ('motorway', 'trunk', 'primary', 'secondary')"),
        ),
    )

    road_key: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    road_id: Mapped[Str]
    name_zh: Mapped[str | None] = mapped_column(Text)
    road_class: Mapped[Str]
    oneway: Mapped[Str]
    speed_kmh: Mapped[float | None] = mapped_column(Double)
    surface: Mapped[str | None] = mapped_column(Text)
    bridge: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    access: Mapped[str | None] = mapped_column(Text)
    foot: Mapped[str | None] = mapped_column(Text)
    bicycle: Mapped[str | None] = mapped_column(Text)
    motor_vehicle: Mapped[str | None] = mapped_column(Text)
    oneway_bicycle: Mapped[str | None] = mapped_column(Text)
    barrier: Mapped[str | None] = mapped_column(Text)
    begin_node: Mapped[str | None] = mapped_column(Text)
    end_node: Mapped[str | None] = mapped_column(Text)
    no_turns: Mapped[str | None] = mapped_column(Text)
    geom: Mapped[WKBElement] = mapped_column(Geometry("LINESTRING", srid=4326, spatial_index=False))
    cell_key: Mapped[int | None] = mapped_column(BigInteger, server_default=FetchedValue())
    cell_zoom: Mapped[int | None] = mapped_column(BigInteger, server_default=FetchedValue())
    import_run_id: Mapped[int | None] = mapped_column(BigInteger)


class BasemapFeature(Base):
    """Water, land cover or a named place, drawn under the data."""

    __tablename__ = "basemap_features"
    __table_args__ = (Index("ix_basemap_features_theme_cell_key", "theme", "cell_key", "cell_zoom"),)

    feature_id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    theme: Mapped[Str]
    kind: Mapped[Str]
    name_zh: Mapped[str | None] = mapped_column(Text)
    name_en: Mapped[str | None] = mapped_column(Text)
    rank: Mapped[int | None] = mapped_column(SmallInteger)
    width_m: Mapped[float | None] = mapped_column(Double)
    min_zoom: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    geom: Mapped[WKBElement] = mapped_column(Geometry("GEOMETRY", srid=4326, spatial_index=False))
    cell_key: Mapped[int | None] = mapped_column(BigInteger, server_default=FetchedValue())
    cell_zoom: Mapped[int | None] = mapped_column(BigInteger, server_default=FetchedValue())
