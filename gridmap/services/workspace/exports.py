"""Export of layers to files: each wing describes its own layers, and one export serves them all."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely
from sqlalchemy.orm import Session

from gridmap.crs import WGS84
from gridmap.domain.gridkey import Scope
from gridmap.files.layers import write_layer
from gridmap.storage.database import Database

FORMATS = ("geojson", "gpkg", "csv", "xlsx")
_NUMBERS = ("incident_id", "team_id", "cluster_id", "organisation_id")
_READ_TIMEOUT_S = 600


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Which rows of a layer are wanted.

    Attributes
    ----------
    zone : str
        IANA name of the workspace's time zone.
    within : int or None
        Only this grid's subtree.
    domain, since, until : optional
        Where the layer knows them: domain, and local days, both ends included.
    """

    zone: str
    within: int | None = None
    domain: str | None = None
    since: dt.date | None = None
    until: dt.date | None = None

    @property
    def inside(self) -> Scope | None:
        """Scope of the subtree."""
        return None if self.within is None else Scope.of_grid(self.within)


@dataclass(frozen=True, slots=True)
class ExportLayer:
    """A layer that can be written to a file: its name, what reads its rows in a scoped session, what counts them."""

    name: str
    read: Callable[[Session, Excerpt], gpd.GeoDataFrame]
    count: Callable[[Session, Excerpt], int]


def export_layer(
    database: Database,
    scope: Scope,
    layer: ExportLayer,
    path: Path,
    *,
    target_crs: str = WGS84,
    within: int | None = None,
    domain: str | None = None,
    since: dt.date | None = None,
    until: dt.date | None = None,
) -> int:
    """Write a layer to a file, whole or not at all; return the number of rows.

    Parameters
    ----------
    database : Database
    scope : Scope
    layer : ExportLayer
    path : Path
        The ending tells the format: geojson, gpkg, csv or xlsx.
    target_crs : str
        ``EPSG:4326``, ``EPSG:4490``, ``GCJ-02``, ``BD-09`` or any other system.
    within : int, optional
        Only this grid's subtree.
    domain, since, until : optional
        Incidents only: domain and local days, both ends included.

    Raises
    ------
    InvalidInput
        When the ending is not that of a format.
    """
    wanted = Excerpt(database.settings.timezone, within, domain, since, until)
    with database.scoped_session(scope, timeout_s=_READ_TIMEOUT_S) as session:
        frame = layer.read(session, wanted)
    return write_layer(frame, path, target_crs=target_crs, layer=layer.name, zone=database.settings.timezone)


def count_rows(database: Database, scope: Scope, layer: ExportLayer, wanted: Excerpt) -> int:
    """Count the rows that an export of a layer would have, without reading them."""
    with database.scoped_session(scope) as session:
        return layer.count(session, wanted)


def points_frame(rows: list[dict[str, Any]]) -> gpd.GeoDataFrame:
    """Rows with lon and lat (EPSG:4326) as points; an empty point where a place is known by name only."""
    places = [shapely.Point(row["lon"], row["lat"]) if row["lon"] is not None else None for row in rows]
    frame = pd.DataFrame(rows).drop(columns=["lon", "lat"], errors="ignore")
    for column in frame.columns:
        if column.endswith("_key"):
            # Seventeen digits do not fit a spreadsheet's or JavaScript's number.
            frame[column] = frame[column].map(str)
    hidden = [c for c in _NUMBERS if c in frame.columns]
    return gpd.GeoDataFrame(frame.drop(columns=hidden), geometry=gpd.GeoSeries(places), crs=WGS84)
