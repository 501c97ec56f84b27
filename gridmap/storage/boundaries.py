"""Versions of the boundaries: a new one keeps the old one, and the records are assigned again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from geoalchemy2.shape import from_shape
from numpy.typing import NDArray
from sqlalchemy import insert, text, update
from sqlalchemy.orm import Session

from gridmap.storage.models import BoundaryVersion, Grid, GridPredecessor

PLACED_TABLES = ("incidents", "team_positions", "migrant_clusters", "organisations")
"""Tables whose grid follows from their point."""

_ROWS_AT_ONCE = 200_000


def add_version(session: Session, valid_from: dt.date, source: str, *, illustrative: bool) -> int:
    """Record a new version of the boundaries; return its number."""
    version = BoundaryVersion(valid_from=valid_from, source=source, illustrative=illustrative)
    session.add(version)
    session.flush()
    return version.version_id


def close_grids(session: Session, keys: Sequence[int], on: dt.date) -> None:
    """End the validity of grids on a day (exclusive). A grid that began that day or later never was: it goes."""
    for key in keys:
        session.execute(
            Grid.__table__.delete().where(
                Grid.grid_key == key, Grid.valid_to.is_(None), Grid.valid_from >= on
            )
        )
        session.execute(
            update(Grid).where(Grid.grid_key == key, Grid.valid_to.is_(None)).values(valid_to=on)
        )


def add_grids(session: Session, grids: gpd.GeoDataFrame, version_id: int) -> None:
    """Insert grids.

    Parameters
    ----------
    session : Session
    grids : GeoDataFrame
        grid_key, level, code, name_zh, name_en, population, households, area_m2, illustrative, valid_from,
        valid_to, geometry (EPSG:4326).
    version_id : int
    """
    if grids.empty:
        return
    shapes = grids.geometry.to_numpy()
    labels = shapely.point_on_surface(shapes)
    rows: list[dict[str, Any]] = []
    plain = grids.drop(columns=grids.geometry.name).to_dict("records")
    for row, shape, label in zip(plain, shapes, labels, strict=True):
        multi = shape if shape.geom_type == "MultiPolygon" else shapely.MultiPolygon([shape])
        rows.append(
            {str(k): v for k, v in row.items()}
            | {"geom": from_shape(multi, 4326), "label_point": from_shape(label, 4326), "version_id": version_id}
        )
    session.execute(insert(Grid), rows)


def add_predecessors(session: Session, links: Sequence[dict[str, Any]]) -> None:
    """Insert links: grid_key, valid_from, predecessor_key, predecessor_code, share (0 to 1)."""
    if links:
        session.execute(insert(GridPredecessor), list(links))


def points_of(session: Session, table: str) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Row identity (ctid as text is unstable, so the primary key), lon and lat of every row with a point."""
    key = {
        "incidents": "incident_id",
        "migrant_clusters": "cluster_id",
        "organisations": "organisation_id",
        "team_positions": "team_id",
    }[table]
    rows = session.execute(
        text(f"select {key}, ST_X(geom), ST_Y(geom) from {table} where geom is not null order by 1")  # noqa: S608
    ).all()
    ids = np.array([r[0] for r in rows], np.int64)
    return ids, np.array([r[1] for r in rows], float), np.array([r[2] for r in rows], float)
