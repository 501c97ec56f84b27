"""Roads of an OpenStreetMap extract: highways cut at shared nodes, their tags in our words.

Runs only in the reading process. The file is read twice: first the highways, then the nodes that they name, so that
memory follows the roads and not the file.
"""

from __future__ import annotations

import re
from array import array
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import osmium
import pyarrow as pa
import shapely
from numpy.typing import NDArray

from gridmap.crs import WGS84, BBox
from gridmap.ingest.isolated.frame import Refused, count_vertices

# Value of `highway` to our class and, where the class is slower or faster than the value, a speed in km/h.
_CLASSES: dict[str, tuple[str, float | None]] = {
    "motorway": ("trunk", 90.0),
    "trunk": ("trunk", 60.0),
    "primary": ("trunk", 50.0),
    "secondary": ("secondary", None),
    "tertiary": ("tertiary", None),
    "unclassified": ("village", None),
    "residential": ("village", None),
    "road": ("village", None),
    "living_street": ("village", 10.0),
    "service": ("village", 15.0),
    "track": ("path", None),
    "path": ("path", None),
    "footway": ("path", None),
    "cycleway": ("path", None),
    "bridleway": ("path", None),
    "pedestrian": ("path", None),
    "steps": ("path", None),
}
_CLOSED = frozenset({"no", "private"})
_OPEN = frozenset({"yes", "designated", "permissive", "official"})
_ON_WHEELS = ("motor_vehicle", "motorcar", "vehicle")
_ROUND = frozenset({"roundabout", "circular"})
_SPEED = re.compile(r"\s*(\d{1,3}(?:\.\d+)?)\s*(mph|km/?h|kph)?\s*(?:;.*)?", re.IGNORECASE)
_MPH_KMH = 1.609344
_FASTEST_KMH = 150.0
_COLUMNS = ("road_id", "name_zh", "class", "oneway", "speed_kmh", "surface", "bridge")
_NAME_CHARS, _SURFACE_CHARS = 120, 40

Row = tuple[str | None, str, str, str | None, str | None, str]


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
    try:
        ways, refs, left_out, tracker = _highways(path, limits)
        ids, lonlat = _nodes(path, tracker, bounds)
    except (RuntimeError, ValueError, OverflowError, osmium.InvalidLocationError):
        raise Refused(
            "file-broken",
            "文件损坏，或不是 OpenStreetMap 数据（可能只是改了扩展名）。请重新导出 .osm.pbf 或 .osm。",
            "it is damaged or no OpenStreetMap data (perhaps only its name was changed). "
            "Export .osm.pbf or .osm again.",
        ) from None
    sizes = np.array([size for _, _, size in ways], dtype=np.int64)
    owner, geometry, lost = _cut_at_shared(np.frombuffer(refs, dtype=np.int64), sizes, ids, lonlat)
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
    cells: list[tuple[str | None, ...]] = []
    for way, number in zip(owner.tolist(), part.tolist(), strict=True):
        number_of, row, _ = ways[way]
        cells.append((f"w{number_of}" if number == 1 else f"w{number_of}-{number}", *row))
    columns = zip(*cells, strict=True)
    table = pa.table({n: pa.array(c, pa.string()) for n, c in zip(_COLUMNS, columns, strict=True)})
    return table, geometry, WGS84, _notices(left_out, lost, elsewhere=bounds is not None)


def _highways(
    path: Path, limits: dict[str, int]
) -> tuple[list[tuple[int, Row, int]], array[int], Counter[str], osmium.IdTracker]:
    """Ways that are roads (number, cells, count of nodes), all their nodes one after another, and what is left out."""
    ways: list[tuple[int, Row, int]] = []
    refs = array("q")
    left_out: Counter[str] = Counter()
    tracker = osmium.IdTracker()
    known: dict[Row, Row] = {}
    reader = osmium.FileProcessor(_file(path), osmium.osm.WAY, thread_pool=osmium.io.ThreadPool(1))
    for way in reader.with_filter(osmium.filter.KeyFilter("highway")):
        if not isinstance(way, osmium.osm.Way) or way.deleted:
            continue
        row = road_of({t.k: t.v for t in way.tags})
        if isinstance(row, str):
            left_out[row] += 1
            continue
        nodes = [n.ref for n in way.nodes]
        nodes = [n for i, n in enumerate(nodes) if i == 0 or n != nodes[i - 1]]
        if len(nodes) < 2:
            continue
        tracker.add_references(way)
        refs.extend(nodes)
        count_vertices(len(refs), limits)
        ways.append((way.id, known.setdefault(row, row), len(nodes)))
    return ways, refs, left_out, tracker


def _nodes(
    path: Path, tracker: osmium.IdTracker, bounds: BBox | None
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    ids, flat = array("q"), array("d")
    west, south, east, north = bounds or (-180.0, -90.0, 180.0, 90.0)
    reader = osmium.FileProcessor(_file(path), osmium.osm.NODE, thread_pool=osmium.io.ThreadPool(1))
    for node in reader.with_filter(tracker.id_filter()):
        if not isinstance(node, osmium.osm.Node) or not node.location.valid():
            continue
        place = node.location
        lon, lat = place.lon, place.lat
        if west <= lon <= east and south <= lat <= north:
            ids.append(node.id)
            flat.extend((lon, lat))
    numbers = np.frombuffer(ids, dtype=np.int64)
    # An extract with history, or a forged one, may hold a node twice: the last stands.
    numbers, last = np.unique(numbers[::-1], return_index=True)
    return numbers, np.frombuffer(flat).reshape(-1, 2)[::-1][last]


def _file(path: Path) -> osmium.io.File:
    return osmium.io.File(str(path), "pbf" if path.name.endswith(".pbf") else "osm")


def _cut_at_shared(
    refs: NDArray[np.int64], sizes: NDArray[np.int64], ids: NDArray[np.int64], lonlat: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.object_], int]:
    """Lines between shared nodes: the way of each, the lines, and how many ways miss nodes."""
    nothing = np.empty(0, np.int64), np.empty(0, dtype=object), len(sizes)
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
    shared = np.bincount(at, minlength=len(ids))[at] > 1
    spot = np.repeat(np.arange(len(at)), np.where(shared & ~new & ~last, 2, 1))
    again = np.r_[False, spot[1:] == spot[:-1]]
    piece = np.cumsum(new[spot] | again) - 1
    long = (np.bincount(piece) > 1)[piece]
    spot, piece = spot[long], piece[long]
    if len(spot) == 0:
        return nothing
    _, start, index = np.unique(piece, return_index=True, return_inverse=True)
    return way[spot[start]].astype(np.int64), shapely.linestrings(lonlat[at[spot]], indices=index), lost


def road_of(tags: Mapping[str, str]) -> Row | str:
    """Cells of a road from the tags of a way: name, class, oneway, speed, surface, bridge.

    Returns
    -------
    tuple of str or None, or str
        ``"closed"`` or ``"other"`` where the way is left out: nobody may use it, or it is no road.
    """
    kind = tags.get("highway", "").removesuffix("_link")
    if kind not in _CLASSES or tags.get("area") == "yes":
        return "other"
    road_class, speed = _CLASSES[kind]
    wheels = next((tags[k] for k in _ON_WHEELS if k in tags), None)
    if tags.get("access") in _CLOSED and wheels not in _OPEN:
        if not any(tags.get(k) in _OPEN for k in ("foot", "bicycle")):
            return "closed"
        road_class, speed = "path", None
    elif wheels in _CLOSED:
        road_class, speed = "path", None
    name = tags.get("name:zh") or tags.get("name") or tags.get("ref")
    surface = tags.get("surface")
    limit = speed_of(tags.get("maxspeed")) or speed
    return (
        name[:_NAME_CHARS] if name else None,
        road_class,
        _oneway(tags, kind),
        None if limit is None else f"{limit:g}",
        surface[:_SURFACE_CHARS] if surface else None,
        "true" if _other_level(tags) else "false",
    )


def speed_of(text: str | None) -> float | None:
    """Speed limit in km/h to a tenth; None where there is none or it is no number.

    Examples
    --------
    >>> speed_of("30 mph")
    48.3
    """
    match = _SPEED.fullmatch(text or "")
    if match is None:
        return None
    kmh = float(match[1]) * (_MPH_KMH if (match[2] or "").lower() == "mph" else 1.0)
    return round(kmh, 1) if 1.0 <= kmh <= _FASTEST_KMH else None


def _oneway(tags: Mapping[str, str], kind: str) -> str:
    said = tags.get("oneway")
    if said in {"yes", "1", "true"}:
        return "yes"
    if said in {"-1", "reverse"}:
        return "reverse"
    if said is None and (tags.get("junction") in _ROUND or tags["highway"] == kind == "motorway"):
        return "yes"
    return "no"


def _other_level(tags: Mapping[str, str]) -> bool:
    if tags.get("bridge", "no") != "no" or tags.get("tunnel", "no") not in {"no", "building_passage"}:
        return True
    return tags.get("layer", "0").strip() not in {"0", ""}


def _notices(left_out: Counter[str], lost: int, *, elsewhere: bool) -> list[list[Any]]:
    notices = [
        [
            "osm-licence",
            "道路数据 © OpenStreetMap 贡献者，按 ODbL 使用；公开图件上须注明来源。",
            "Road data © OpenStreetMap contributors, under the ODbL; name the source on published maps.",
        ]
    ]
    if left_out["closed"]:
        notices.append(
            [
                "osm-closed",
                f"有 {left_out['closed']} 条路不对公众开放（access=no 或 private），未导入。",
                f"{left_out['closed']} ways are closed to the public (access=no or private) and were left out.",
            ]
        )
    if left_out["other"]:
        notices.append(
            [
                "osm-other",
                f"有 {left_out['other']} 条路在建、规划或不是道路，未导入。",
                f"{left_out['other']} ways are planned, being built or no roads, and were left out.",
            ]
        )
    if lost:
        where = ("，或在工作区之外很远", " or lie far outside of the workspace") if elsewhere else ("", "")
        notices.append(
            [
                "osm-incomplete",
                f"有 {lost} 条路的部分节点不在文件中{where[0]}，只导入其余部分。",
                f"Nodes of {lost} ways are not in the file{where[1]}; the rest of them was read.",
            ]
        )
    return notices
