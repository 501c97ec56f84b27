"""A hierarchy of grids that has been read but not yet accepted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from gridmap.ingest.model import Notice

COLUMNS = (
    "level",
    "code",
    "name_zh",
    "name_en",
    "parent",
    "population",
    "households",
    "grid_key",
    "parent_key",
    "valid_from",
    "valid_to",
    "predecessors",
    "illustrative",
    "made",
    "code_fits",
    "file",
    "row",
    "geometry",
)


@dataclass(frozen=True)
class BoundaryDraft:
    """Grids of one version of the boundaries.

    Attributes
    ----------
    grids : GeoDataFrame
        One line a grid, EPSG:4326, sorted by ``grid_key``. Columns: level (1 to 4), code (official, may be
        None), name_zh, name_en, parent (as the file names it), population, households, grid_key and
        parent_key (int64; 0 for the town's parent), valid_from, valid_to, predecessors, illustrative, made
        (True where the grid is the union of those below it), code_fits (whether the key has the official
        digits), file, row, geometry.
    notices : tuple of Notice
    file_sha256 : dict
        File name to digest.
    source_crs : str
    """

    grids: gpd.GeoDataFrame
    notices: tuple[Notice, ...]
    file_sha256: dict[str, str]
    source_crs: str

    def level(self, level: int) -> gpd.GeoDataFrame:
        """Grids of one level."""
        return self.grids[self.grids["level"] == level]

    @property
    def levels(self) -> tuple[int, ...]:
        """Levels that the draft has."""
        return tuple(sorted(int(v) for v in self.grids["level"].unique()))


def union(geometries: Any) -> shapely.Geometry:
    """Union of polygons that keeps the vertices of a valid coverage exactly.

    Parameters
    ----------
    geometries : array_like of shapely polygons
    """
    array = polygons_only(np.asarray(geometries, dtype=object))
    array = array[~shapely.is_missing(array) & ~shapely.is_empty(array)]
    if array.size and shapely.is_valid(array).all() and shapely.coverage_is_valid(array):
        joined = shapely.coverage_union_all(array)
    else:
        joined = shapely.union_all(shapely.make_valid(array))
    whole: shapely.Geometry = polygons_only(np.array([joined], dtype=object))[0]
    return whole


def polygons_only(geometries: NDArray[np.object_]) -> NDArray[np.object_]:
    """Polygonal part of each geometry: repairing may leave stray lines and points behind."""
    out = geometries.copy()
    collections = shapely.get_type_id(out) == shapely.GeometryType.GEOMETRYCOLLECTION.value
    for i in np.flatnonzero(collections).tolist():
        parts = [p for p in shapely.get_parts(out[i]) if p.geom_type in {"Polygon", "MultiPolygon"}]
        out[i] = shapely.union_all(parts)
    return out
