"""Map tiles for a scope."""

from __future__ import annotations

import threading

from gridmap.domain.gridkey import Scope
from gridmap.services.ground.tile_cache import TileCache, TileName
from gridmap.storage.database import Database
from gridmap.storage.ground import tiles

_caches: dict[str, TileCache] = {}
_lock = threading.Lock()


def ground_tile(
    database: Database, scope: Scope, layer: str, z: int, x: int, y: int, *, version: int | None = None
) -> bytes:
    """One tile of grids, roads, water, land or places; see :func:`gridmap.storage.ground.tiles.ground_tile`.

    Parameters
    ----------
    database : Database
    scope : Scope
    layer : str
    z, x, y : int
        XYZ address.
    version : int, optional
        Version of the data that is asked for; what was made of it before comes from memory, without the database.
    """
    tiles.require_layer(layer)
    # What a scope opens is told on no tile of the ground.
    name = TileName(scope.opening(None), layer, z, x, y)
    cache = _cache_of(database)
    if version is not None and (tile := cache.remembered(version, name)) is not None:
        return tile
    with database.scoped_session(scope, timeout_s=20) as session:
        made_of, mark = tiles.mark(session)
        tile = cache.read(mark, name)
        fresh = tile is None
        if tile is None:
            tile = tiles.ground_tile(session, layer, z, x, y)
    cache.remember(made_of, name, tile)
    if fresh:
        cache.write(mark, name, tile)
    return tile


def _cache_of(database: Database) -> TileCache:
    whose = f"{database.settings.home}\x1f{database.app_url.render_as_string(hide_password=True)}"
    with _lock:
        return _caches.setdefault(whose, TileCache(database.settings.home, database.share))
