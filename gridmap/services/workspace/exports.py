"""Export of layers to files."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely

from gridmap.crs import WGS84
from gridmap.domain.gridkey import Scope
from gridmap.errors import NotFound
from gridmap.files.layers import write_layer
from gridmap.services.ground.grids import incident_filter
from gridmap.storage.database import Database
from gridmap.storage.ground import grids as stored
from gridmap.storage.teams import field
from gridmap.storage.workspace import exports

LAYERS = ("grids", "incidents", "teams", "migrants", "organisations", "roads")
FORMATS = ("geojson", "gpkg", "csv", "xlsx")


def export_layer(
    database: Database,
    scope: Scope,
    layer: str,
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
    layer : str
        One of `LAYERS`.
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
    NotFound
        When there is no such layer.
    InvalidInput
        When the ending is not that of a format.
    """
    if layer not in LAYERS:
        raise NotFound(
            "layer-unknown",
            f"没有图层 {layer}，可用：{'、'.join(LAYERS)}。",
            f"There is no layer {layer}; there are {', '.join(LAYERS)}.",
        )
    with database.scoped_session(scope, timeout_s=600) as session:
        if layer == "grids":
            frame: pd.DataFrame = stored.current_frame(session)
            inside = None if within is None else Scope.of_grid(within)
            if inside:
                frame = frame[frame["grid_key"].between(inside.lo, inside.hi)]
            frame = frame.assign(grid_key=frame["grid_key"].astype(str))
        elif layer == "incidents":
            chosen = incident_filter(database, since, until, domain=domain, within=within)
            frame = _points(exports.incident_rows(session, chosen))
        elif layer == "roads":
            rows = exports.road_rows(session)
            shapes = shapely.from_wkb([bytes(r.pop("wkb")) for r in rows])
            frame = gpd.GeoDataFrame(rows, geometry=shapes, crs=WGS84)
        elif layer == "teams":
            frame = _points(_teams(field.list_teams(session), within))
        elif layer == "migrants":
            frame = _points(field.list_migrant_clusters(session, within))
        else:
            frame = _points(field.list_organisations(session, within))
    return write_layer(frame, path, target_crs=target_crs, layer=layer, zone=database.settings.timezone)


def _teams(rows: list[dict[str, Any]], within: int | None) -> list[dict[str, Any]]:
    inside = None if within is None else Scope.of_grid(within)
    kept = ("code", "name_zh", "name_en", "kind", "professional", "grid_key", "shift_start", "shift_end")
    more = ("mode", "speed_kmh", "size")
    return [
        {k: row[k] for k in (*kept, *more)} | {"lon": row["base_lon"], "lat": row["base_lat"]}
        for row in rows
        if inside is None or int(row["grid_key"]) in inside
    ]


def _points(rows: list[dict[str, Any]]) -> gpd.GeoDataFrame:
    """Rows with lon and lat as points; an empty point where a place is known by name only."""
    places = [shapely.Point(row["lon"], row["lat"]) if row["lon"] is not None else None for row in rows]
    frame = pd.DataFrame(rows).drop(columns=["lon", "lat"], errors="ignore")
    for column in frame.columns:
        if column.endswith("_key"):
            # Seventeen digits do not fit a spreadsheet's or JavaScript's number.
            frame[column] = frame[column].map(str)
    hidden = [c for c in ("incident_id", "team_id", "cluster_id", "organisation_id") if c in frame.columns]
    return gpd.GeoDataFrame(frame.drop(columns=hidden), geometry=gpd.GeoSeries(places), crs=WGS84)
