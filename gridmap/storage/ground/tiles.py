"""Vector tiles straight out of PostGIS (Mapbox Vector Tile 2.1, ST_AsMVT)."""

from __future__ import annotations

from functools import cache
from importlib import resources

from sqlalchemy import text
from sqlalchemy.orm import Session

from gridmap.errors import NotFound
from gridmap.tilekey import tile_range

GROUND_LAYERS = frozenset({"grids", "roads", "water", "land", "places"})


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
