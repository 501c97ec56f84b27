"""Rows of the table of grids from a draft of the boundaries."""

from __future__ import annotations

import datetime as dt
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gridmap import crs
from gridmap.ingest.boundaries.draft import polygons_only
from gridmap.services.ground.succession import is_missing, text_of


def named_as_in_force(grids: pd.DataFrame, old: pd.DataFrame) -> pd.DataFrame:
    """Let grids that were made of those below them, and named for want of a name, keep the one that is in force.

    Parameters
    ----------
    grids : DataFrame
        Of a draft, with ``made``.
    old : DataFrame
        Those in force.
    """
    invented = grids["made"].astype(bool) & grids["name_en"].notna()
    here = invented & grids["grid_key"].isin(old["grid_key"])
    if here.any():
        told = old.set_index("grid_key").loc[grids.loc[here, "grid_key"]]
        grids = grids.copy()
        for column in ("name_zh", "name_en", "code"):
            grids.loc[here, column] = told[column].to_numpy()
    return grids


def rows_of_version(
    grids: gpd.GeoDataFrame, epsg: int, day: dt.date, *, file_decides: bool
) -> gpd.GeoDataFrame:
    """Return the rows of the table of grids.

    Parameters
    ----------
    grids : GeoDataFrame
        Of a draft; EPSG:4326.
    epsg : int
        Projected system in which areas are measured, m2.
    day : date
        First day of the version.
    file_decides : bool
        Whether a first day that the file itself gives counts.
    """
    frame = gpd.GeoDataFrame(
        {
            "grid_key": grids["grid_key"].astype("int64"),
            "level": grids["level"].astype(int),
            "code": [text_of(c) or str(k) for c, k in zip(grids["code"], grids["grid_key"], strict=True)],
            "illustrative": [v is True or str(v).lower() == "true" for v in grids["illustrative"]],
        },
        geometry=_valid(grids.geometry.to_numpy()),
        crs="EPSG:4326",
    )
    for zh, en in (("name_zh", "name_en"), ("name_en", "name_zh")):
        frame[zh] = [
            text_of(a) or text_of(b) or code
            for a, b, code in zip(grids[zh], grids[en], frame["code"], strict=True)
        ]
    for column in ("population", "households"):
        frame[column] = [None if is_missing(v) else int(v) for v in grids[column]]
        frame[column] = frame[column].astype(object).where(frame[column].notna(), None)
    frame["area_m2"] = crs.area_m2(frame.geometry.to_numpy(), epsg)
    frame["valid_from"] = [day if is_missing(v) or not file_decides else _day(v) for v in grids["valid_from"]]
    frame["valid_to"] = None
    return frame


def _valid(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    """Repair what is valid in metres but crosses itself, by a rounding error, in degrees."""
    broken = ~shapely.is_valid(shapes)
    if broken.any():
        shapes = shapes.copy()
        shapes[broken] = polygons_only(np.asarray(shapely.make_valid(shapes[broken]), dtype=object))
    return shapes


def _day(value: Any) -> dt.date:
    return value.date() if isinstance(value, dt.datetime) else dt.date.fromisoformat(str(value)[:10])
