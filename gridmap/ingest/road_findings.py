"""What is odd about roads, as a map to look at."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import geopandas as gpd

from gridmap.files.atomic import replacing

_EMPTY_KIND = {"dead_ends": "Point"}


def write_road_findings(layers: Mapping[str, gpd.GeoDataFrame], path: str | Path) -> int:
    """Write layers of findings to a GeoPackage, which appears complete or not at all.

    Parameters
    ----------
    layers : mapping of str to GeoDataFrame
        EPSG:4326.
    path : str or Path

    Returns
    -------
    int
        Findings written.

    Raises
    ------
    InvalidInput
        When the file's folder may not be written.
    """
    with replacing(Path(path)) as temporary:
        for name, frame in layers.items():
            kind = _EMPTY_KIND.get(name, "LineString")
            frame.to_file(
                temporary,
                layer=name,
                driver="GPKG",
                mode="a" if temporary.exists() else "w",
                geometry_type=kind,
            )
    return sum(len(frame) for frame in layers.values())
