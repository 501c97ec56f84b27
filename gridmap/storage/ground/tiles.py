"""Vector tiles straight out of PostGIS (Mapbox Vector Tile 2.1, ST_AsMVT)."""

from __future__ import annotations

from functools import cache
from importlib import resources

from sqlalchemy import text
from sqlalchemy.orm import Session

from gridmap.domain.gridkey import MICRO, TOWN, VILLAGE
from gridmap.errors import NotFound
from gridmap.tilekey import tile_range

GROUND_LAYERS = ("land", "water", "roads", "places", "grids")
ALL_LAYERS = "ground"
"""Name of the tile that has all of them, grids down to villages: one request in place of five."""
MICRO_LAYER = "micro"
"""Name of the tile that has the micro-grids alone: most of what a town's tiles would hold, and seldom looked at."""


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
        ``grids``, ``roads``, ``water``, ``land`` or ``places``; ``ground`` for all of them in one
        tile, without micro-grids; ``micro`` for those.
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
    if layer not in {*GROUND_LAYERS, ALL_LAYERS, MICRO_LAYER}:
        raise NotFound("layer-unknown", f"没有图层 {layer}。", f"There is no layer {layer}.")
    tile_range(z, x, y)
    wanted = {ALL_LAYERS: GROUND_LAYERS, MICRO_LAYER: ("grids",)}.get(layer, (layer,))
    levels = {
        "coarsest": MICRO if layer == MICRO_LAYER else TOWN,
        "finest": VILLAGE if layer == ALL_LAYERS else MICRO,
    }
    # Layers are repeated fields of a tile's message: tiles that stand one after the other are one tile.
    found = [
        session.scalar(text(_sql(name)), {"z": z, "x": x, "y": y} | (levels if name == "grids" else {}))
        for name in wanted
    ]
    return b"".join(bytes(tile) for tile in found if tile)
