"""Roads of an OpenStreetMap extract: highways cut at shared nodes, their tags in our words.

Runs only in the reading process. The file is read twice: first the highways, then the nodes that they name, so that
memory follows the roads and not the file.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import osmium
import pyarrow as pa
import shapely
from numpy.typing import NDArray

from gridmap.crs import M_PER_DEGREE, WGS84, BBox
from gridmap.domain.road_access import WAYS_OF_GOING
from gridmap.ingest.isolated.frame import Refused, count_vertices
from gridmap.ingest.isolated.pbf import check_pbf
from gridmap.ingest.osm_notices import Found, notices
from gridmap.ingest.osm_tags import CELLS, Row, barrier_of, conditions_of, road_of
from gridmap.ingest.osm_turns import Pieces, bans_of, read_turns

_STUB_M = 1.0
_IDS_A_PAGE = 1 << 25
_BITMAP_BYTES = 64 * 1024 * 1024
_FERRY_KMH = 10.0


@dataclass(frozen=True, slots=True)
class _Stop:
    """What stands at a node, and whom it stops."""

    barrier: str
    modes: frozenset[str]


@dataclass(frozen=True, slots=True, eq=False)
class _Pieces:
    """Lines between shared nodes and barriers, in the order of their ways; what stands at their ends."""

    owner: NDArray[np.int64]
    lines: NDArray[np.object_]
    ends: NDArray[np.int64]
    lost: int


def read_osm(
    path: Path, limits: dict[str, int], bounds: BBox | None
) -> tuple[pa.Table, NDArray[np.object_], str, list[list[str]]]:
    """Read the roads of an extract.

    Parameters
    ----------
    path : Path
        Its ending says the format: ``.osm.pbf`` or ``.osm``.
    limits : dict
        As :class:`gridmap.ingest.model.Limits` names them.
    bounds : tuple of float or None
        West, south, east, north in degrees; nodes outside are left out, and with them what hangs on them.

    Returns
    -------
    table : pyarrow.Table of string
        Columns of roads; a way that is cut is numbered ``w1``, ``w1-2``, ….
    geometry : (n,) ndarray of shapely LineString
        EPSG:4326.
    crs : str
    notices : list of (code, zh, en)

    Raises
    ------
    Refused
        When the file is no extract, is damaged, holds no roads, or holds more than is read.
    """
    if path.name.endswith(".pbf"):
        check_pbf(path, limits)
    try:
        ways, refs, left_out, timed = _highways(path, limits)
        ids, lonlat, stops, more = _nodes(path, np.unique(np.frombuffer(refs, dtype=np.int64)), bounds)
        timed += more
        turns = read_turns(_file(path))
    except (RuntimeError, ValueError, OverflowError, osmium.InvalidLocationError):
        raise Refused(
            "file-broken",
            "文件损坏，或不是 OpenStreetMap 数据（可能只是改了扩展名）。请重新导出 .osm.pbf 或 .osm。",
            "it is damaged or no OpenStreetMap data (perhaps only its name was changed). "
            "Export .osm.pbf or .osm again.",
        ) from None
    sizes = np.array([size for _, _, size in ways], dtype=np.int64)
    refs_of_ways = np.frombuffer(refs, dtype=np.int64)
    pieces = _cut_at_shared(refs_of_ways, sizes, ids, lonlat, np.isin(ids, list(stops)))
    owner, geometry, stop, ends = _with_stubs(pieces, ids, stops)
    if len(geometry) == 0:
        raise Refused(
            "no-rows",
            "没有道路（highway 路径）；若工作区已有网格，也可能都在镇外很远处。请检查截取范围。",
            "it has no roads (ways with a highway tag), or none near the workspace's grids. Check what was cut out.",
        )
    if len(geometry) > limits["features"]:
        raise Refused(
            "too-many-features",
            f"道路超过 {limits['features']} 段。请先截取本镇范围。",
            f"it has more than {limits['features']} segments of road. Cut out the town's surroundings first.",
        )
    first = np.r_[True, owner[1:] != owner[:-1]]
    part = np.arange(len(owner)) - np.maximum.accumulate(np.where(first, np.arange(len(owner)), 0)) + 1
    keys = [
        f"w{ways[way][0]}" if number == 1 else f"w{ways[way][0]}-{number}"
        for way, number in zip(owner.tolist(), part.tolist(), strict=True)
    ]
    roads = [_with_speed(_stopped(ways[owner[i]][1], stop[i]), geometry[i]) for i in range(len(geometry))]
    pieces_of = Pieces(keys, [ways[way][0] for way in owner.tolist()], ends, roads)
    bans, followed = bans_of(turns, pieces_of)
    cells = [
        (key, *row, _text(begin), _text(end), ban)
        for key, row, (begin, end), ban in zip(keys, roads, ends, bans, strict=True)
    ]
    names = ("road_id", *CELLS, "begin_node", "end_node", "no_turns")
    table = pa.table(
        {n: pa.array(c, pa.string()) for n, c in zip(names, zip(*cells, strict=True), strict=True)}
    )
    found = Found(left_out, timed, pieces.lost, len(stops), followed)
    return table, geometry, WGS84, notices(found, elsewhere=bounds is not None)


def _text(node: int | None) -> str | None:
    return None if node is None else str(node)


def _highways(
    path: Path, limits: dict[str, int]
) -> tuple[list[tuple[int, Row, int]], array[int], Counter[str], list[str]]:
    """Ways that are roads (number, cells, count of nodes), all their nodes in order, what is left out, conditions."""
    ways: list[tuple[int, Row, int]] = []
    refs = array("q")
    left_out: Counter[str] = Counter()
    timed: list[str] = []
    known: dict[Row, Row] = {}
    reader = osmium.FileProcessor(_file(path), osmium.osm.WAY, thread_pool=osmium.io.ThreadPool(1))
    for way in reader.with_filter(osmium.filter.KeyFilter("highway", "route")):
        if not isinstance(way, osmium.osm.Way) or way.deleted:
            continue
        tags = {t.k: t.v for t in way.tags}
        if "highway" not in tags and tags.get("route") != "ferry":
            continue
        if found := conditions_of(tags):
            timed.append(f"w{way.id} {'; '.join(found)}")
        row = road_of(tags)
        if isinstance(row, str):
            left_out[row] += 1
            continue
        nodes = [n.ref for n in way.nodes]
        nodes = [n for i, n in enumerate(nodes) if i == 0 or n != nodes[i - 1]]
        if len(nodes) < 2:
            continue
        refs.extend(nodes)
        count_vertices(len(refs), limits)
        ways.append((way.id, known.setdefault(row, row), len(nodes)))
    return ways, refs, left_out, timed


def _nodes(
    path: Path, wanted: NDArray[np.int64], bounds: BBox | None
) -> tuple[NDArray[np.int64], NDArray[np.float64], dict[int, _Stop], list[str]]:
    """Nodes of roads: numbers in order, places, the barriers that stop anybody, and what hangs on the time."""
    ids, flat = array("q"), array("d")
    stops: dict[int, _Stop] = {}
    timed: list[str] = []
    west, south, east, north = bounds or (-180.0, -90.0, 180.0, 90.0)
    reader = osmium.FileProcessor(_file(path), osmium.osm.NODE, thread_pool=osmium.io.ThreadPool(1))
    asked = wanted.tolist()
    if _fits_bitmap(wanted):
        reader = reader.with_filter(osmium.filter.IdFilter(asked))
        asked = []
    named = frozenset(asked)
    for node in reader:
        if not isinstance(node, osmium.osm.Node) or (named and node.id not in named):
            continue
        if not node.location.valid():
            continue
        place = node.location
        lon, lat = place.lon, place.lat
        if west <= lon <= east and south <= lat <= north:
            ids.append(node.id)
            flat.extend((lon, lat))
            tags = {t.k: t.v for t in node.tags} if node.tags else {}
            if told := conditions_of(tags):
                timed.append(f"n{node.id} {'; '.join(told)}")
            found = barrier_of(tags)
            if found is None:
                stops.pop(node.id, None)
            else:
                stops[node.id] = _Stop(*found)
    numbers = np.frombuffer(ids, dtype=np.int64)
    # An extract with history, or a forged one, may hold a node twice: the last stands.
    numbers, last = np.unique(numbers[::-1], return_index=True)
    return numbers, np.frombuffer(flat).reshape(-1, 2)[::-1][last], stops, timed


def _fits_bitmap(wanted: NDArray[np.int64]) -> bool:
    """Tell whether osmium's own filter, a bitmap in pages of as many numbers, takes little memory for these."""
    if len(wanted) == 0 or wanted[0] < 0:
        return False
    return len(np.unique(wanted // _IDS_A_PAGE)) * _IDS_A_PAGE // 8 <= _BITMAP_BYTES


def _file(path: Path) -> osmium.io.File:
    return osmium.io.File(str(path), "pbf" if path.name.endswith(".pbf") else "osm")


def _cut_at_shared(
    refs: NDArray[np.int64],
    sizes: NDArray[np.int64],
    ids: NDArray[np.int64],
    lonlat: NDArray[np.float64],
    barred: NDArray[np.bool_],
) -> _Pieces:
    """Cut ways at nodes that they share and at barriers; count the ways that miss nodes."""
    nothing = _Pieces(
        np.empty(0, np.int64), np.empty(0, dtype=object), np.empty((0, 2), np.int64), len(sizes)
    )
    if len(refs) == 0 or len(ids) == 0:
        return nothing
    at = np.minimum(np.searchsorted(ids, refs), len(ids) - 1)
    known = ids[at] == refs
    way = np.repeat(np.arange(len(sizes)), sizes)
    lost = len(np.unique(way[~known]))
    step = np.flatnonzero(known)
    if len(step) == 0:
        return nothing
    way, at = way[step], at[step]
    # Where nodes are missing a way goes on behind the gap as a piece of its own.
    new = np.r_[True, (way[1:] != way[:-1]) | (np.diff(step) > 1)]
    last = np.r_[new[1:], True]
    shared = (np.bincount(at, minlength=len(ids))[at] > 1) | barred[at]
    spot = np.repeat(np.arange(len(at)), np.where(shared & ~new & ~last, 2, 1))
    again = np.r_[False, spot[1:] == spot[:-1]]
    piece = np.cumsum(new[spot] | again) - 1
    long = (np.bincount(piece) > 1)[piece]
    spot, piece = spot[long], piece[long]
    if len(spot) == 0:
        return nothing
    _, start, index = np.unique(piece, return_index=True, return_inverse=True)
    end = np.r_[start[1:], len(spot)] - 1
    return _Pieces(
        way[spot[start]].astype(np.int64),
        np.asarray(shapely.linestrings(lonlat[at[spot]], indices=index), dtype=object),
        np.column_stack([at[spot[start]], at[spot[end]]]),
        lost,
    )


def _with_stubs(
    pieces: _Pieces, ids: NDArray[np.int64], stops: Mapping[int, _Stop]
) -> tuple[NDArray[np.int64], NDArray[np.object_], list[_Stop | None], list[tuple[int | None, int | None]]]:
    """Make the metre beside each barrier a piece of its own: ways, lines, what stops on them, nodes at their ends.

    A graph of segments needs no word for closed nodes then, and whoever is not stopped loses nothing.
    """
    owner: list[int] = []
    lines: list[shapely.LineString] = []
    stop: list[_Stop | None] = []
    nodes: list[tuple[int | None, int | None]] = []
    here = np.array([stops.get(number) for number in ids.tolist()], dtype=object)
    touched = pieces.ends.astype(np.int64)
    for row, (begin, end) in enumerate(touched.tolist()):
        line, way = pieces.lines[row], int(pieces.owner[row])
        first, last = here[begin], here[end]
        parts: list[tuple[shapely.LineString, _Stop | None]] = [(line, None)]
        if first is not None or last is not None:
            parts = _split(line, first, last)
        for n, (part, found) in enumerate(parts):
            owner.append(way)
            lines.append(part)
            stop.append(found)
            nodes.append(
                (int(ids[begin]) if n == 0 else None, int(ids[end]) if n == len(parts) - 1 else None)
            )
    return np.array(owner, dtype=np.int64), np.array(lines, dtype=object), stop, nodes


def _split(
    line: shapely.LineString, first: _Stop | None, last: _Stop | None
) -> list[tuple[shapely.LineString, _Stop | None]]:
    points = shapely.get_coordinates(line)
    parts: list[tuple[shapely.LineString, _Stop | None]] = []
    tail: list[tuple[shapely.LineString, _Stop | None]] = []
    begin, end = points[0].copy(), points[-1].copy()
    if first is not None:
        begin = _beside(points[0], points[1])
        parts = [(shapely.LineString([points[0], begin]), first)]
    if last is not None:
        end = _beside(points[-1], points[-2])
        tail = [(shapely.LineString([end, points[-1]]), last)]
    points[0], points[-1] = begin, end
    return [*parts, (shapely.LineString(points), None), *tail]


def _beside(node: NDArray[np.float64], towards: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the place a metre from a node towards the next one, and less than half of the way."""
    step = towards - node
    metres = float(np.hypot(step[0] * np.cos(np.radians(node[1])), step[1])) * M_PER_DEGREE
    return np.asarray(node + step * min(0.4, _STUB_M / max(metres, 1e-6)))


def _stopped(row: Row, stop: _Stop | None) -> Row:
    if stop is None:
        return row
    cells = dict(zip(CELLS, row, strict=True))
    cells |= {WAYS_OF_GOING[mode]: "no" for mode in stop.modes}
    return tuple((cells | {"barrier": stop.barrier}).values())


def _with_speed(row: Row, line: shapely.LineString) -> Row:
    """Give a ferry the speed at which it takes the time that its tags tell."""
    cells = dict(zip(CELLS, row, strict=True))
    if cells["class"] != "ferry":
        return row
    told = cells["speed_kmh"] or ""
    lon, lat = shapely.get_coordinates(line).T
    x, y = np.diff(lon) * np.cos(np.radians(lat[:-1])), np.diff(lat)
    km = float(np.hypot(x, y).sum()) * M_PER_DEGREE / 1000
    minutes = float(told.removesuffix(" min")) if told.endswith(" min") else 0.0
    kmh = km / minutes * 60 if minutes else _FERRY_KMH
    return tuple((cells | {"speed_kmh": f"{min(max(kmh, 1.0), 60.0):.1f}"}).values())
