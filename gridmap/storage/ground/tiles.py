"""Vector tiles straight out of PostGIS (Mapbox Vector Tile 2.1, ST_AsMVT)."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib import resources

from sqlalchemy import TextClause, text
from sqlalchemy.orm import Session

from gridmap.domain.gridkey import LEVELS, MICRO, VILLAGE
from gridmap.errors import NotFound
from gridmap.storage.ground.cells import cells_of_tile

GROUND_LAYERS = ("land", "water", "roads", "places", "grids")
ALL_LAYERS = "ground"
"""Name of the tile that has all of them, grids down to villages: one request in place of five."""
MICRO_LAYER = "micro"
"""Name of the tile that has the micro-grids alone: most of what a town's tiles would hold, and seldom looked at."""

THEMES = ("land", "water", "places")
_DIGITS_OF_VERSION = 12
"""Of the mark, so that a page's numbers, which are exact to 2 ** 53, hold it."""
MICRO_FROM_ZOOM = 11
ROADS_FROM_ZOOM = 11
"""Below it only main roads are drawn."""

# The condition of an index of its own: it must read the same there.
_MAIN_ROADS = "r.road_class in ('motorway', 'trunk', 'primary', 'secondary')"
_ROADS = """(r.road_class in ('motorway', 'trunk', 'primary', 'secondary', 'tertiary')
             or (r.road_class not in ('path', 'track', 'footway', 'cycleway', 'pedestrian', 'steps') and :z >= 12)
             or :z >= 13)"""
"""Roads are drawn by class from the zoom on where they can be told apart."""


@cache
def _sql(name: str) -> str:
    return resources.files("gridmap.storage").joinpath(f"sql/tile_{name}.sql").read_text("utf-8")


@cache
def _format() -> str:
    """Name what this version of the program makes of a ground."""
    made = "".join([_MAIN_ROADS, _ROADS, *(_sql(name) for name in ("features", "roads", "grids"))])
    return hashlib.sha256(made.encode()).hexdigest()[:8]


def mark(session: Session) -> tuple[int, str]:
    """Return the version of the ground as the scope sees it, and a text that no other ground of this workspace has.

    Grids, the basemap and roads have marks of their own, which the database changes with them: what becomes of cases
    leaves the tiles of the ground as they are. A browser keeps tiles by their version for a year, whoever signs in to
    it next: no two scopes have the same.
    """
    told, lo, hi = session.execute(
        text(
            "select concat_ws('.', (select string_agg(concat(key, value #>> '{}'), '.' order by key)"
            " from workspace_settings where key in ('ground_version', 'roads_version')),"
            " (select max(created_at) from boundary_versions)),"
            " current_setting('gridmap.scope_lo', true), current_setting('gridmap.scope_hi', true)"
        )
    ).one()
    name = hashlib.sha256(f"{_format()}.{told}".encode()).hexdigest()[:16]
    version = hashlib.sha256(f"{name}.{lo}.{hi}".encode()).hexdigest()
    return int(version[:_DIGITS_OF_VERSION], 16), name


def require_layer(layer: str) -> None:
    """Refuse what is no layer of the ground.

    Raises
    ------
    NotFound
    """
    if layer not in {*GROUND_LAYERS, ALL_LAYERS, MICRO_LAYER}:
        raise NotFound("layer-unknown", f"没有图层 {layer}。", f"There is no layer {layer}.")


def ground_tile(session: Session, layer: str, z: int, x: int, y: int) -> bytes:
    """One tile of a layer that changes only with an import.

    Parameters
    ----------
    session : Session
        A scoped session.
    layer : str
        One that :func:`require_layer` knows: ``grids``, ``roads``, ``water``, ``land`` or ``places``;
        ``ground`` for all of them in one tile, without micro-grids; ``micro`` for those.
    z, x, y : int
        XYZ address.

    Returns
    -------
    bytes
        The tile; empty where nothing lies in it.

    Raises
    ------
    InvalidInput
        When there is no such tile.
    """
    wanted = {ALL_LAYERS: GROUND_LAYERS, MICRO_LAYER: ("grids",)}.get(layer, (layer,))
    coarsest = MICRO if layer == MICRO_LAYER else LEVELS[0]
    finest = MICRO if layer != ALL_LAYERS and z >= MICRO_FROM_ZOOM else VILLAGE
    given = {
        **cells_of_tile(z, x, y),
        "z": z,
        "x": x,
        "y": y,
        "levels": [level for level in LEVELS if coarsest <= level <= finest],
    }
    # Layers are repeated fields of a tile's message: tiles that stand one after the other are one tile.
    found = [session.scalar(_statement(name, z), given | {"theme": name}) for name in wanted]
    return b"".join(bytes(tile) for tile in found if tile)


def _statement(layer: str, z: int) -> TextClause:
    if layer in THEMES:
        return text(_sql("features"))
    if layer == "roads":
        return text(_sql("roads").format(shown=_MAIN_ROADS if z < ROADS_FROM_ZOOM else _ROADS))
    return text(_sql(layer))
