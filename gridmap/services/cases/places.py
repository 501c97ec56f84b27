"""What names and draws places on a page: grids with names and outlines, kinds of cases, the land of a small map."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import shapely

from gridmap.domain.codes import code_list
from gridmap.domain.gridkey import (
    LEVELS,
    TOWN,
    UNASSIGNED,
    VILLAGE,
    Scope,
    ancestor,
    is_region,
    level_of,
)
from gridmap.services.ground.regions import region_name, root_of
from gridmap.storage.cases import places as stored
from gridmap.storage.database import Database
from gridmap.storage.workspace import settings

_COARSE_DEG = 0.0002
_KEPT = 32
_A_TOWN = 10**8
"""Keys of a town's subtree."""
_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class GridLine:
    """A grid as a form offers it."""

    grid_key: int
    level: int
    name_zh: str
    name_en: str


@dataclass(frozen=True, slots=True)
class Outline:
    """A drawn thing as parts of lon, lat."""

    grid_key: int
    parts: tuple[tuple[tuple[float, float], ...], ...]
    label: tuple[float, float]


@dataclass(frozen=True, eq=False)
class Places:
    """Grids and kinds as a scope sees them.

    Attributes
    ----------
    names : dict
        Grid key to its Chinese and English name: of the grids of the scope, and of those that may receive a case.
    grids : tuple of GridLine
        Of all levels, by key.
    receivers : tuple of GridLine
        To whom a case may be passed, by key: the villages, areas and town of the scope's own town, seen or not.
    kinds : dict
        Domain and kind to names.
    villages : tuple of Outline
        Of level 3; of the level above where a workspace has none.
    roads, water : tuple of lines
        Coarse, for a small map.
    bounds : tuple or None
        West, south, east, north.
    """

    names: dict[int, tuple[str, str]]
    grids: tuple[GridLine, ...]
    receivers: tuple[GridLine, ...]
    kinds: dict[tuple[str, str], tuple[str, str]]
    villages: tuple[Outline, ...]
    roads: tuple[tuple[tuple[float, float], ...], ...]
    water: tuple[tuple[tuple[float, float], ...], ...]
    bounds: tuple[float, float, float, float] | None
    illustrative: bool
    name_zh: str
    name_en: str

    @property
    def levels(self) -> list[int]:
        """Levels that have grids."""
        return [level for level in LEVELS if any(grid.level == level for grid in self.grids)]


_cache: dict[tuple[int, Scope, str], Places] = {}


def places_of(database: Database, scope: Scope) -> Places:
    """Return what names and draws places; kept until the ground changes.

    Parameters
    ----------
    database : Database
    scope : Scope
    """
    with database.scoped_session(scope) as session:
        version = stored.ground_version(session)
        key = (id(database), scope, version)
        with _lock:
            known = _cache.get(key)
        if known is not None:
            return known
        told = settings.read_settings(session)
        lines = tuple(GridLine(*row) for row in stored.names(session))
        shapes = stored.outlines(session, VILLAGE) or stored.outlines(session, TOWN)
        roads = stored.main_roads(session)
        water = stored.wide_water(session)
    receivers = _receivers(database, scope, lines)
    # Several towns go by their region's name.
    top = root_of([line.grid_key for line in lines if line.level == TOWN])
    named = {line.grid_key: (line.name_zh, line.name_en) for line in lines}
    own = ("", "") if top is None else region_name(told, top) if is_region(top) else named[top]
    villages = tuple(_outline(grid_key, wkb) for grid_key, wkb in shapes)
    found = Places(
        names={line.grid_key: (line.name_zh, line.name_en) for line in receivers} | named,
        grids=lines,
        receivers=receivers,
        kinds=_kinds(told),
        villages=villages,
        roads=_lines(roads),
        water=_lines(water),
        bounds=_bounds(villages),
        illustrative=bool(told.get("illustrative", False)),
        name_zh=told.get("name_zh") or own[0],
        name_en=told.get("name_en") or own[1],
    )
    with _lock:
        if len(_cache) >= _KEPT:
            _cache.clear()
        _cache[key] = found
    return found


def name_of(names: Mapping[int, tuple[str, str]], key: int) -> tuple[str, str]:
    """Return what a grid is called; below a village that is not seen, what its village is called."""
    deep = key != UNASSIGNED and level_of(key) > VILLAGE
    found = names.get(key) or (names.get(ancestor(key, VILLAGE)) if deep else None)
    return found or (str(key), str(key))


def names_of(database: Database, scope: Scope) -> dict[int, tuple[str, str]]:
    """Return what the grids of a scope, and those that may receive its cases, are called: `Places.names` alone."""
    with database.scoped_session(scope) as session:
        own = tuple(GridLine(*row) for row in stored.names(session))
    return {line.grid_key: (line.name_zh, line.name_en) for line in (*_receivers(database, scope, own), *own)}


def _receivers(database: Database, scope: Scope, own: tuple[GridLine, ...]) -> tuple[GridLine, ...]:
    """Return the grids that have a desk. What a town's grids are called is no secret from any of its posts."""
    first = ancestor(scope.lo, TOWN)
    town = Scope(first, first + _A_TOWN - 1)
    if scope.lo == UNASSIGNED or scope.hi > town.hi or (scope.lo, scope.hi) == (town.lo, town.hi):
        return tuple(line for line in own if line.level <= VILLAGE)
    with database.scoped_session(town) as session:
        return tuple(GridLine(*row) for row in stored.names(session, deepest=VILLAGE))


def kind_words(database: Database, scope: Scope) -> dict[tuple[str, str], tuple[str, str]]:
    """Return what kinds are called in both languages, the town's own among them, by domain and code."""
    with database.scoped_session(scope) as session:
        return _kinds(settings.read_settings(session))


def _kinds(told: Mapping[str, Any]) -> dict[tuple[str, str], tuple[str, str]]:
    out = {("dispute", c.code): (c.zh, c.en) for c in code_list("dispute_kind")}
    for domain, kinds in told.get("kinds", {}).items():
        out |= {(domain, k["code"]): (k["zh"], k.get("en", k["zh"])) for k in kinds}
    return out


def _outline(grid_key: int, wkb: bytes) -> Outline:
    shape = shapely.simplify(shapely.from_wkb(wkb), _COARSE_DEG)
    label = shapely.point_on_surface(shape)
    return Outline(grid_key, _lines_of(shape), (label.x, label.y))


def _lines(found: list[bytes]) -> tuple[tuple[tuple[float, float], ...], ...]:
    out: list[tuple[tuple[float, float], ...]] = []
    for wkb in found:
        out += _lines_of(shapely.simplify(shapely.from_wkb(wkb), _COARSE_DEG))
    return tuple(out)


def _lines_of(shape: shapely.Geometry) -> tuple[tuple[tuple[float, float], ...], ...]:
    parts = shapely.get_parts(shape)
    lines = [part.exterior if part.geom_type == "Polygon" else part for part in parts]
    return tuple(tuple((float(x), float(y)) for x, y in shapely.get_coordinates(line)) for line in lines)


def _bounds(villages: tuple[Outline, ...]) -> tuple[float, float, float, float] | None:
    points = [point for outline in villages for part in outline.parts for point in part]
    if not points:
        return None
    return (
        min(x for x, _ in points),
        min(y for _, y in points),
        max(x for x, _ in points),
        max(y for _, y in points),
    )
