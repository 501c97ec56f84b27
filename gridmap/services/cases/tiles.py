"""Map tiles of incidents for a scope.

Wide views count many cases into few symbols, and many people look at the same ones: such tiles are kept in memory for
as long as the data has the version that was read in the transaction that made them, a minute at most, since what is
overdue changes with the clock.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from gridmap.domain.gridkey import Scope
from gridmap.domain.query import IncidentQuery
from gridmap.errors import InvalidInput
from gridmap.services.cases.query import chosen_by
from gridmap.storage.cases import tiles
from gridmap.storage.database import Database
from gridmap.storage.workspace import settings

MOST_TILES = 16
KEPT_S = 60.0
"""As long as a browser keeps them."""
_MOST_KEPT = 4096


@dataclass(frozen=True, slots=True)
class _Name:
    """Which tile: of which data, for whom, where, and what it counts."""

    version: int
    scope: Scope
    z: int
    x: int
    y: int
    query: IncidentQuery


class _Kept:
    """Tiles of one workspace; one that several ask for at once is made once."""

    def __init__(self, share: int) -> None:
        self._lock = threading.Lock()
        self._most = _MOST_KEPT // share
        self._tiles: OrderedDict[_Name, tuple[float, bytes]] = OrderedDict()
        self._making: dict[_Name, threading.Lock] = {}

    def tile(self, name: _Name, make: Callable[[], bytes]) -> bytes:
        """Return a tile that is kept, or make it."""
        with self._lock:
            making = self._making.setdefault(name, threading.Lock())
        try:
            with making:
                found = self._found(name)
                return self._made(name, make) if found is None else found
        finally:
            with self._lock:
                self._making.pop(name, None)

    def _found(self, name: _Name) -> bytes | None:
        with self._lock:
            at_s, tile = self._tiles.get(name, (float("-inf"), b""))
            return tile if time.monotonic() - at_s < KEPT_S else None

    def _made(self, name: _Name, make: Callable[[], bytes]) -> bytes:
        at_s = time.monotonic()
        tile = make()
        with self._lock:
            self._tiles.pop(name, None)
            self._tiles[name] = at_s, tile
            while len(self._tiles) > self._most:
                self._tiles.popitem(last=False)
        return tile


_kept: dict[str, _Kept] = {}
_lock = threading.Lock()


def incident_tile(database: Database, scope: Scope, z: int, x: int, y: int, query: IncidentQuery) -> bytes:
    """One tile of the incidents that a query means; see :func:`gridmap.storage.cases.tiles.incident_tile`."""
    return _tiles(database, scope, z, [(x, y)], query)[0]


def incident_block(
    database: Database, scope: Scope, z: int, columns: range, rows: range, query: IncidentQuery
) -> list[bytes]:
    """Return the tiles of a block, row by row; each as `incident_tile` gives it.

    Raises
    ------
    InvalidInput
        When the block has no tile, or more than `MOST_TILES`.
    """
    if not 1 <= len(columns) * len(rows) <= MOST_TILES:
        raise InvalidInput(
            "tiles-block",
            f"一次最多取 {MOST_TILES} 块瓦片，至少一块。",
            f"A block has 1 to {MOST_TILES} tiles.",
        )
    return _tiles(database, scope, z, [(x, y) for y in rows for x in columns], query)


def _tiles(
    database: Database, scope: Scope, z: int, places: list[tuple[int, int]], query: IncidentQuery
) -> list[bytes]:
    with database.scoped_session(scope, timeout_s=20) as session:
        chosen = chosen_by(database, query)

        def made(x: int, y: int) -> bytes:
            return tiles.incident_tile(session, z, x, y, chosen)

        if z >= tiles.POINTS_FROM_ZOOM:
            return [made(x, y) for x, y in places]
        # Read before the cases: what is committed in between is newer than the version that it is kept under.
        version = settings.data_version(session)
        kept = _kept_of(database)
        return [kept.tile(_Name(version, scope, z, x, y, query), partial(made, x, y)) for x, y in places]


def _kept_of(database: Database) -> _Kept:
    whose = f"{database.settings.home}\x1f{database.app_url.render_as_string(hide_password=True)}"
    with _lock:
        return _kept.setdefault(whose, _Kept(database.share))
