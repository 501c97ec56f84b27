"""Where temporary residents live close together: groups of sites, for placing services."""

from __future__ import annotations

from typing import TypedDict

import numpy as np

from gridmap import crs
from gridmap.analysis import clusters
from gridmap.domain.gridkey import Scope
from gridmap.errors import InvalidInput
from gridmap.storage.database import Database
from gridmap.storage.teams.sites import list_migrant_clusters

_ROUND = 5


class SiteGroup(TypedDict):
    """Sites that lie close together, about their weighted middle; the head-count is to the nearest five."""

    sites: int
    head_count: int
    lon: float
    lat: float


def migrant_groups(
    database: Database, scope: Scope, *, radius_m: float = 500.0, least: int = 100
) -> list[SiteGroup]:
    """Group the sites of temporary residents by how near they lie, weighted by head-count.

    Parameters
    ----------
    database : Database
    scope : Scope
    radius_m : float
        How far apart two sites of one group may lie.
    least : int
        Head-count within that distance of a site from which a group forms.

    Returns
    -------
    list of SiteGroup
        The largest first.

    Raises
    ------
    InvalidInput
        When there are no sites with a place.
    """
    with database.scoped_session(scope) as session:
        sites = [row for row in list_migrant_clusters(session) if row["lon"] is not None]
    if not sites:
        raise InvalidInput(
            "migrants-absent",
            "还没有带坐标的流动人口聚居点。请先导入：gridmap migrants import FILE",
            "There are no migrant sites with a place yet. Import them first: gridmap migrants import FILE",
        )
    lon, lat = (np.array([row[name] for row in sites]) for name in ("lon", "lat"))
    epsg = crs.metric_crs((lon.min(), lat.min(), lon.max(), lat.max()))
    xy = np.column_stack(crs.from_wgs84(lon, lat, epsg))
    heads = np.array([row["head_count"] for row in sites], dtype=np.float64)
    found = clusters.dbscan(xy, radius_m, least, heads)
    middle_lon, middle_lat = crs.to_wgs84(found.centres[:, 0], found.centres[:, 1], epsg)
    return [
        {
            "sites": int(n),
            "head_count": int(_ROUND * round(size / _ROUND)),
            "lon": round(float(x), 6),
            "lat": round(float(y), 6),
        }
        for n, size, x, y in zip(found.n_points, found.sizes, middle_lon, middle_lat, strict=True)
    ]
