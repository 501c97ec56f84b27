"""Vector tiles straight out of PostGIS (Mapbox Vector Tile 2.1, ST_AsMVT)."""

from __future__ import annotations

import datetime as dt
from functools import cache
from importlib import resources

from sqlalchemy import text
from sqlalchemy.orm import Session

from gridmap.domain.gridkey import MAX_KEY, Scope
from gridmap.errors import NotFound
from gridmap.tilekey import tile_range

GROUND_LAYERS = frozenset({"grids", "roads", "water", "land", "places"})
INCIDENT_LAYER = "incidents"
POINTS_FROM_ZOOM = 15
"""From this zoom on incidents are single points; below, one symbol stands for all in a 64-pixel cell."""

_CELLS_PER_TILE_BITS = 3


@cache
def _sql(name: str) -> str:
    return resources.files("gridmap.storage").joinpath(f"sql/tile_{name}.sql").read_text("utf-8")


def ground_tile(session: Session, layer: str, z: int, x: int, y: int) -> bytes:
    """One tile of a layer that changes only with an import.

    Parameters
    ----------
    session : Session
        A scoped session.
    layer : str
        ``grids``, ``roads``, ``water``, ``land`` or ``places``.
    z, x, y : int
        XYZ address.

    Returns
    -------
    bytes
        The tile; empty where nothing lies in it.

    Raises
    ------
    NotFound
        When there is no such layer.
    InvalidInput
        When there is no such tile.
    """
    if layer not in GROUND_LAYERS:
        raise NotFound("layer-unknown", f"没有图层 {layer}。", f"There is no layer {layer}.")
    tile_range(z, x, y)
    tile = session.scalar(text(_sql(layer)), {"z": z, "x": x, "y": y})
    return bytes(tile or b"")


def incident_tile(
    session: Session,
    z: int,
    x: int,
    y: int,
    *,
    since: dt.datetime,
    until: dt.datetime,
    domain: str | None = None,
    within: Scope | None = None,
) -> bytes:
    """One tile of incidents: symbols with counts below zoom 15, single incidents from there on.

    Parameters
    ----------
    session : Session
        A scoped session.
    z, x, y : int
        XYZ address.
    since, until : datetime
        Half-open span of ``occurred_at``, aware.
    domain : str, optional
        Only this domain.
    within : Scope, optional
        Only this grid's subtree.

    Returns
    -------
    bytes
        Layer ``incidents`` with ``n`` (count), and for single incidents ``id``, ``domain``, ``stage``.
    """
    lo, hi = tile_range(z, x, y)
    shift = max(0, 2 * (22 - z - _CELLS_PER_TILE_BITS))
    name = "incident_points" if z >= POINTS_FROM_ZOOM else "incident_cells"
    within = within or Scope(0, MAX_KEY)
    tile = session.scalar(
        text(_sql(name)),
        {
            "z": z,
            "x": x,
            "y": y,
            "lo": lo,
            "hi": hi,
            "shift": shift,
            "since": since,
            "until": until,
            "domain": domain,
            "grid_lo": within.lo,
            "grid_hi": within.hi,
        },
    )
    return bytes(tile or b"")
