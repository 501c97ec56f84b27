"""Export of layers to files: each wing describes its own layers, and one export serves them all."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import pandas as pd
from sqlalchemy.orm import Session

from gridmap.crs import WGS84
from gridmap.domain.gridkey import Scope
from gridmap.domain.query import IncidentQuery
from gridmap.files.layers import points_of, write_layer
from gridmap.storage.database import Database

FORMATS = ("geojson", "gpkg", "csv", "xlsx")
_NUMBERS = ("incident_id", "team_id", "cluster_id", "organisation_id")
_READ_TIMEOUT_S = 600


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Which rows of a layer are wanted.

    Attributes
    ----------
    query : IncidentQuery
        Layers that are not about incidents look at its grid alone.
    zone : str
        IANA name of the workspace's time zone.
    now : datetime
        Aware; by it cases are overdue.
    """

    query: IncidentQuery
    zone: str
    now: dt.datetime

    @property
    def inside(self) -> Scope | None:
        """Scope of the subtree."""
        return None if self.query.grid is None else Scope.of_grid(self.query.grid)


@dataclass(frozen=True, slots=True)
class ExportLayer:
    """A layer that can be written to a file.

    Attributes
    ----------
    name : str
    read, count : callable
        Read and count its rows in a scoped session.
    left_out : callable
        Counts the rows that no file has: sealed cases.
    """

    name: str
    read: Callable[[Session, Excerpt], gpd.GeoDataFrame]
    count: Callable[[Session, Excerpt], int]
    left_out: Callable[[Session, Excerpt], int] = lambda _session, _wanted: 0


def export_layer(
    database: Database,
    scope: Scope,
    layer: ExportLayer,
    path: Path,
    *,
    query: IncidentQuery | None = None,
    target_crs: str = WGS84,
    now: dt.datetime | None = None,
) -> int:
    """Write a layer to a file, whole or not at all; return the number of rows.

    Parameters
    ----------
    database : Database
    scope : Scope
    layer : ExportLayer
    path : Path
        The ending tells the format: geojson, gpkg, csv or xlsx.
    query : IncidentQuery, optional
        Which rows; layers that are not about incidents look at its grid alone.
    target_crs : str
        ``EPSG:4326``, ``EPSG:4490``, ``GCJ-02``, ``BD-09`` or any other system.
    now : datetime, optional
        Aware; by it cases are overdue.

    Raises
    ------
    InvalidInput
        When the ending is not that of a format.
    """
    zone = database.settings.timezone
    wanted = Excerpt(query or IncidentQuery(), zone, now or dt.datetime.now(dt.UTC))
    with database.scoped_session(scope, timeout_s=_READ_TIMEOUT_S) as session:
        frame = layer.read(session, wanted)
    return write_layer(frame, path, target_crs=target_crs, layer=layer.name, zone=zone)


def count_rows(database: Database, scope: Scope, layer: ExportLayer, query: IncidentQuery) -> int:
    """Count the rows that an export of a layer would have, without reading them."""
    wanted = Excerpt(query, database.settings.timezone, dt.datetime.now(dt.UTC))
    with database.scoped_session(scope) as session:
        return layer.count(session, wanted)


def count_left_out(database: Database, scope: Scope, layer: ExportLayer, query: IncidentQuery) -> int:
    """Count the rows that an export of a layer leaves out, because they are sealed."""
    wanted = Excerpt(query, database.settings.timezone, dt.datetime.now(dt.UTC))
    with database.scoped_session(scope) as session:
        return layer.left_out(session, wanted)


def points_frame(rows: Sequence[Mapping[str, object]]) -> gpd.GeoDataFrame:
    """Rows with lon and lat (EPSG:4326) as points; an empty point where a place is known by name only."""
    frame = pd.DataFrame(rows, columns=None if rows else ["lon", "lat"])
    places = points_of(frame.pop("lon"), frame.pop("lat"))
    for column in frame.columns:
        if column.endswith("_key"):
            # Seventeen digits do not fit a spreadsheet's or JavaScript's number.
            frame[column] = frame[column].map(str)
    hidden = [c for c in _NUMBERS if c in frame.columns]
    return gpd.GeoDataFrame(frame.drop(columns=hidden), geometry=gpd.GeoSeries(places), crs=WGS84)
