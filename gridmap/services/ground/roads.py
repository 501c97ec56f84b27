"""The road graph beside the data, and what a person asks of it: a way, an area within reach."""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import json
import math
import threading
from collections import OrderedDict
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import shapely

from gridmap import __version__, crs
from gridmap.analysis.roads import SPEED_KMH, Mode, RoadGraph, Router, Snapper, Stretch
from gridmap.analysis.roads import isochrone as outline_of
from gridmap.domain.gridkey import Scope
from gridmap.errors import GridmapError, InvalidInput
from gridmap.services.ground.graph_files import read_graph, write_graph
from gridmap.services.ground.graph_rows import graph_of
from gridmap.storage.database import Database
from gridmap.storage.ground import grids as stored_grids
from gridmap.storage.ground import roads as stored
from gridmap.storage.ground.roads import road_rows

LonLat = tuple[float, float]
_FOLDER = "roads"
_KEPT_GRAPHS = 2
_FORMAT = 4
_FAR_M = 2000.0
_AT_ROAD_M = 30.0
_IN_SIGHT_M = 60.0
_LONGEST_MIN = 240.0


@dataclass(frozen=True, slots=True, eq=False)
class Route:
    """A way between two places.

    Attributes
    ----------
    mode : str
    seconds, length_m : float
        On roads; without the steps between the places and the road.
    streets : tuple of Stretch
    line : shapely LineString
        EPSG:4326.
    start_off_m, end_off_m : float
        Metres between the places and the road.
    """

    mode: Mode
    seconds: float
    length_m: float
    streets: tuple[Stretch, ...]
    line: shapely.LineString
    start_off_m: float
    end_off_m: float


@dataclass(frozen=True, slots=True, eq=False)
class Reach:
    """The area within reach of a place.

    Attributes
    ----------
    mode : str
    minutes : float
    area_km2 : float
    outline : shapely Polygon
        EPSG:4326.
    off_m : float
        Metres between the place and the road.
    arriving : bool
        Whether it is the area from which the place is reached.
    """

    mode: Mode
    minutes: float
    area_km2: float
    outline: shapely.Polygon
    off_m: float
    arriving: bool = False


class Roads:
    """A graph with a router for each mode, kept in the process for as long as the roads stay the same.

    Attributes
    ----------
    graph : RoadGraph
    epsg : int
        The system of its metres.
    """

    def __init__(self, graph: RoadGraph, epsg: int) -> None:
        self.graph = graph
        self.epsg = epsg
        self._routers: dict[Mode, Router] = {}
        self._lock = threading.Lock()

    @cached_property
    def nearest(self) -> Snapper:
        """Finds the nearest road, whoever may use it."""
        return Snapper(self.graph)

    def router(self, mode: Mode) -> Router:
        """Return the router of a mode, which several threads may use at once."""
        with self._lock:
            if mode not in self._routers:
                router = Router(self.graph, mode)
                # The index of segments is built by its first question, which must not be asked twice at once.
                router.snap(self.graph.nodes[:1])
                self._routers[mode] = router
            return self._routers[mode]


_kept: OrderedDict[Path, Roads] = OrderedDict()
# The mark under which each workspace's roads were last seen, and their graph.
_marked: dict[str, tuple[tuple[str, int], Roads]] = {}
_kept_lock = threading.Lock()


def load_roads(database: Database, scope: Scope) -> Roads:
    """Return the stored roads, ready for questions; the two graphs used last stay in memory.

    A graph is known by a hash of the roads, so changed roads are never answered from an old one; while the mark that
    the database gives to every change of roads is the same, the hash is not asked for again.

    Raises
    ------
    InvalidInput
        When there are no roads.
    """
    whose = f"{database.settings.home}\x1f{database.app_url.render_as_string(hide_password=True)}"
    with database.scoped_session(scope, timeout_s=600) as session:
        bounds = stored_grids.bounds(session) or stored.bounds(session)
        if bounds is None:
            raise _absent()
        epsg = crs.metric_crs(bounds)
        mark = stored.version(session)
        with _kept_lock:
            found = _marked.get(whose)
            if found is not None and found[0] == (mark, epsg):
                return found[1]
        path = _file(database, stored.fingerprint(session), epsg)
        with _kept_lock:
            roads = _kept.get(path)
        graph = read_graph(path) if roads is None else roads.graph
        rows = road_rows(session) if graph is None else []
        # Where roads changed in between, neither the mark nor the hash of before stands for what was read after.
        changed = stored.version(session) != mark
    if graph is None:
        graph = graph_of(rows, epsg)
        if changed:
            return Roads(graph, epsg)
        # A folder that cannot be written costs the time of building again, not the answer.
        with contextlib.suppress(OSError, GridmapError):
            write_graph(graph, path)
    with _kept_lock:
        roads = _kept.setdefault(path, roads or Roads(graph, epsg))
        _kept.move_to_end(path)
        while len(_kept) > _KEPT_GRAPHS:
            _kept.popitem(last=False)
        if mark is not None and not changed:
            _marked.pop(whose, None)
            _marked[whose] = ((mark, epsg), roads)
        while len(_marked) > _KEPT_GRAPHS:
            del _marked[next(iter(_marked))]
    return roads


def forget_roads() -> None:
    """Empty the process's memory of graphs; the next question reads them from the folder, or builds them again."""
    with _kept_lock:
        _kept.clear()
        _marked.clear()


def load_graph(database: Database, scope: Scope) -> tuple[RoadGraph, int]:
    """Return the graph of the stored roads, from memory or the workspace's folder where it was built before.

    Parameters
    ----------
    database : Database
    scope : Scope

    Returns
    -------
    graph : RoadGraph
        Segments in order of their identifier.
    epsg : int
        The system of its metres.

    Raises
    ------
    InvalidInput
        When there are no roads.
    """
    roads = load_roads(database, scope)
    return roads.graph, roads.epsg


def find_route(database: Database, scope: Scope, start: LonLat, end: LonLat, mode: Mode) -> Route:
    """Find the fastest way between two places.

    Parameters
    ----------
    database : Database
    scope : Scope
    start, end : (lon, lat)
        EPSG:4326.
    mode : {'foot', 'bike', 'car'}

    Raises
    ------
    InvalidInput
        When there are no roads, a place is more than 2 km from one, it lies at a road that the mode may not use and
        far from one that it may, or there is no way.
    """
    roads = load_roads(database, scope)
    router, epsg = roads.router(mode), roads.epsg
    x, y = crs.from_wgs84([start[0], end[0]], [start[1], end[1]], epsg)
    places = [router.snap([[x[i], y[i]]]) for i in (0, 1)]
    off = [float(place.distance_m[0]) for place in places]
    for place, distance in zip((start, end), off, strict=True):
        _check_near(place, distance)
    for i, place in enumerate((start, end)):
        _check_open(roads, mode, place, (float(x[i]), float(y[i])), off[i])
    path = router.path(*places)
    line = crs.geometries_to_wgs84([path.line], epsg)[0]
    return Route(mode, path.seconds, path.length_m, path.streets, line, *off)


def find_reach(
    database: Database, scope: Scope, at: LonLat, minutes: float, mode: Mode, *, arriving: bool = False
) -> Reach:
    """Find the area within reach of a place, or the area from which the place is within reach.

    Parameters
    ----------
    database : Database
    scope : Scope
    at : (lon, lat)
        EPSG:4326.
    minutes : float
        More than 0, at most 240.
    mode : {'foot', 'bike', 'car'}
    arriving : bool
        Who can be at the place in time, in place of where one can be from it: one-way streets tell them apart.

    Raises
    ------
    InvalidInput
        When there are no roads, the place is more than 2 km from one, or the time is out of range.
    """
    if not 0 < minutes <= _LONGEST_MIN:
        raise InvalidInput(
            "isochrone-limit",
            f"时间应大于 0、不超过 {_LONGEST_MIN:g} 分钟。",
            f"The time must be more than 0 and at most {_LONGEST_MIN:g} minutes.",
        )
    router, epsg = _router(database, scope, mode)
    x, y = crs.from_wgs84([at[0]], [at[1]], epsg)
    off_m = float(router.snap([[x[0], y[0]]]).distance_m[0])
    _check_near(at, off_m)
    outline = outline_of(router, [x[0], y[0]], minutes * 60.0, arriving=arriving)
    line = crs.geometries_to_wgs84([outline], epsg)[0]
    return Reach(mode, minutes, float(outline.area) / 1e6, line, off_m, arriving)


def leave_at(arrive_by: dt.time, seconds: float) -> tuple[dt.time, int]:
    """Latest whole minute at which to leave so as to be there in time, and how many midnights before.

    Travel times are the same at any hour, so the time of the clock is all that is needed.

    Examples
    --------
    >>> leave_at(dt.time(0, 5), 601.0)
    (datetime.time(23, 54), 1)
    """
    minute = math.floor((arrive_by.hour * 3600 + arrive_by.minute * 60 + arrive_by.second - seconds) / 60.0)
    days, minute = divmod(minute, 24 * 60)
    return dt.time(minute // 60, minute % 60), -days


def _router(database: Database, scope: Scope, mode: Mode) -> tuple[Router, int]:
    roads = load_roads(database, scope)
    return roads.router(mode), roads.epsg


def _absent() -> InvalidInput:
    return InvalidInput(
        "roads-absent",
        "还没有道路。请先导入：gridmap roads import FILE",
        "There are no roads yet. Import them first: gridmap roads import FILE",
    )


def _check_near(place: LonLat, distance_m: float) -> None:
    if distance_m > _FAR_M:
        raise InvalidInput(
            "place-off-road",
            f"{place[0]:.5f},{place[1]:.5f} 离最近的道路 {distance_m / 1000:.1f} 公里。请检查：经度在前，纬度在后。",
            f"{place[0]:.5f},{place[1]:.5f} is {distance_m / 1000:.1f} km from the nearest road. "
            "Look whether longitude comes first and latitude second.",
        )


def _check_open(roads: Roads, mode: Mode, place: LonLat, xy: tuple[float, float], distance_m: float) -> None:
    """Refuse a place at a road that the mode may not use, where the next one that it may is out of sight."""
    if distance_m <= _AT_ROAD_M + _IN_SIGHT_M:
        return
    nearest_m = float(roads.nearest.snap([xy]).distance_m[0])
    if nearest_m <= _AT_ROAD_M and distance_m - nearest_m > _IN_SIGHT_M:
        raise InvalidInput(
            "route-none",
            f"{place[0]:.5f},{place[1]:.5f} 处的道路不通 {mode}，最近的可通行道路在 {distance_m:.0f} 米外。"
            "请改用那条路上的位置，或换一种出行方式。",
            f"The road at {place[0]:.5f},{place[1]:.5f} is closed to {mode}; the next one that is open lies "
            f"{distance_m:.0f} m away. Give a place on that road, or another mode.",
        )


def _file(database: Database, fingerprint: str, epsg: int) -> Path:
    made_by = json.dumps([_FORMAT, __version__, epsg, sorted(SPEED_KMH.items()), fingerprint])
    digest = hashlib.sha256(made_by.encode()).hexdigest()[:32]
    return database.settings.home / _FOLDER / f"graph-{digest}.npz"
