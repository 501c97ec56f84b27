"""Layers of a workspace as GeoDataFrames, for notebooks on the machine itself: ``gridmap.read_grids()`` and so on."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import geopandas as gpd

from gridmap.crs import WGS84
from gridmap.domain.accounts import Actor
from gridmap.domain.codes import require_domain
from gridmap.domain.gridkey import LEVELS
from gridmap.domain.query import IncidentQuery
from gridmap.errors import InvalidInput
from gridmap.services.reports import features
from gridmap.settings import Settings, load_settings
from gridmap.storage.database import Database


def _read(home: Path | str | None, name: str, **asked: Any) -> gpd.GeoDataFrame:
    settings = load_settings() if home is None else Settings(home=Path(home))
    if settings.embedded and not (settings.home / "database").exists():
        raise InvalidInput(
            "home-empty",
            f"{settings.home} 里没有工作区，没有新建。请核对 home，或设置 GRIDMAP_HOME。",
            f"{settings.home} holds no workspace; none was made. Look at home, or set GRIDMAP_HOME.",
        )
    with Database(settings) as database:
        found = list(features.every(database, Actor.at_the_machine(), name, **asked))
    if not found:
        return gpd.GeoDataFrame({"id": []}, geometry=[], crs=WGS84)
    frame = gpd.GeoDataFrame.from_features(found, crs=WGS84)
    frame.insert(0, "id", [feature["id"] for feature in found])
    return frame


def read_grids(home: Path | str | None = None, *, level: int | None = None) -> gpd.GeoDataFrame:
    """Return grids as they stand.

    Parameters
    ----------
    home : path, optional
        The workspace's folder; that of ``GRIDMAP_HOME`` by default.
    level : int, optional
        1 to 4.

    Returns
    -------
    GeoDataFrame
        EPSG:4326; ``grid_key`` is text, it exceeds 2**53.

    Raises
    ------
    InvalidInput
        When there is no such level, or the folder holds no workspace: none is made.
    """
    if level is not None and level not in LEVELS:
        raise InvalidInput("level-unknown", "网格级别应为 1 到 4。", "The level of a grid is 1, 2, 3 or 4.")
    return _read(home, "grids", level=level)


def read_incidents(
    home: Path | str | None = None,
    *,
    since: dt.date | None = None,
    until: dt.date | None = None,
    domain: str | None = None,
    grid: int | None = None,
) -> gpd.GeoDataFrame:
    """Return incidents without the sealed ones; times are ISO 8601 with their zone.

    Parameters
    ----------
    home : path, optional
    since, until : date, optional
        First and last local day.
    domain : str, optional
    grid : int, optional
        Key of the grid whose subtree is meant.

    Raises
    ------
    InvalidInput
        When there is no such domain, or the folder holds no workspace.
    """
    require_domain(domain)
    query = IncidentQuery(grid, since, until, (domain,) if domain else ())
    return _read(home, "incidents", query=query)


def read_roads(home: Path | str | None = None) -> gpd.GeoDataFrame:
    """Return road segments."""
    return _read(home, "roads")


def read_teams(home: Path | str | None = None) -> gpd.GeoDataFrame:
    """Return teams at their bases."""
    return _read(home, "teams")


def read_organisations(home: Path | str | None = None) -> gpd.GeoDataFrame:
    """Return centres, committees, mediation bodies and service points."""
    return _read(home, "organisations")
