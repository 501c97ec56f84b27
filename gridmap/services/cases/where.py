"""Where a case may be: the grids of a coordinate at every level, and places by their words."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gridmap import crs
from gridmap.domain.gridkey import LEVELS, UNASSIGNED, Scope, ancestor, level_of
from gridmap.errors import InvalidInput
from gridmap.services.ground.gridbook import GridBook
from gridmap.storage.cases import places as stored
from gridmap.storage.database import Database

_MOST = 8


@dataclass(frozen=True, slots=True)
class Proposed:
    """What a coordinate says of a case's grid.

    Attributes
    ----------
    grid_keys : tuple of int
        Of every level that the place has, the town first; empty outside every grid.
    confirm : bool
        Whether the circle of accuracy crosses an edge between villages.
    """

    lon: float
    lat: float
    grid_keys: tuple[int, ...]
    confirm: bool


@dataclass(frozen=True, slots=True)
class NamedPlace:
    """A place that words may mean; `what` is organisation, place, grid or case."""

    name: str
    what: str
    lon: float
    lat: float


def propose(
    database: Database, lon: float, lat: float, *, source_crs: str = crs.WGS84, accuracy_m: float = 0.0
) -> Proposed:
    """Return the grids of a coordinate.

    Parameters
    ----------
    database : Database
    lon, lat : float
    source_crs : str
        ``gcj02``, ``bd09`` or an EPSG code.
    accuracy_m : float

    Raises
    ------
    InvalidInput
        When the coordinate is not on Earth.
    """
    lons, lats = crs.to_wgs84([lon], [lat], source_crs)
    if not (np.isfinite(lons[0]) and -180 <= lons[0] <= 180 and -90 <= lats[0] <= 90):
        raise InvalidInput("coordinate-range", "坐标超出范围。", "The coordinate is not on Earth.")
    book = GridBook.of(database, Scope.whole())
    if book.is_empty:
        return Proposed(float(lons[0]), float(lats[0]), (), confirm=False)
    key = int(book.assign(lons, lats).grid_key[0])
    confirm = bool(book.needs_confirmation(lons, lats, np.array([accuracy_m]))[0])
    chain = () if key == UNASSIGNED else tuple(ancestor(key, lv) for lv in LEVELS if lv <= level_of(key))
    return Proposed(float(lons[0]), float(lats[0]), chain, confirm)


def by_words(database: Database, scope: Scope, words: str) -> list[NamedPlace]:
    """Return places whose name holds words: bodies, named places, grids, places of cases before."""
    if not words.strip():
        return []
    with database.scoped_session(scope) as session:
        return [NamedPlace(*found) for found in stored.named_places(session, words.strip(), _MOST)]
