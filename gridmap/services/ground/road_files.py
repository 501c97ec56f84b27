"""Ways and areas within reach as files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import shapely

from gridmap import crs
from gridmap.files.gpx import Place, write_gpx
from gridmap.files.layers import write_layer
from gridmap.services.ground.roads import Reach, Route


def write_route(route: Route, path: Path, names: tuple[str, str]) -> None:
    """Write a route to a file.

    Parameters
    ----------
    route : Route
    path : Path
        ``.gpx``, or a format of :func:`gridmap.files.layers.write_layer`.
    names : tuple of str
        Of the start and the end, for GPX.

    Raises
    ------
    InvalidInput
        When the ending is not that of a format, or the folder may not be written.
    """
    if path.suffix.lower() == ".gpx":
        points = shapely.get_coordinates(route.line)
        ends = [Place(name, *xy) for name, xy in zip(names, points[[0, -1]].tolist(), strict=True)]
        write_gpx(path, [(f"{names[0]} – {names[1]}", points)], places=ends)
        return
    columns: dict[str, Any] = {
        "mode": [route.mode],
        "minutes": [round(route.seconds / 60.0, 2)],
        "length_km": [round(route.length_m / 1000.0, 3)],
        "streets": ["、".join(s.name or "无名路" for s in route.streets)],
    }
    write_layer(gpd.GeoDataFrame(columns, geometry=[route.line], crs=crs.WGS84), path, layer="route")


def write_reach(reach: Reach, path: Path) -> None:
    """Write an area within reach to a file; formats as :func:`gridmap.files.layers.write_layer`."""
    columns = {
        "mode": [reach.mode],
        "minutes": [reach.minutes],
        "direction": ["to" if reach.arriving else "from"],
        "area_km2": [round(reach.area_km2, 4)],
    }
    write_layer(gpd.GeoDataFrame(columns, geometry=[reach.outline], crs=crs.WGS84), path, layer="isochrone")
