"""Shapes of a boundary file: polygons only, in a system that their coordinates fit."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pyproj
import shapely
from numpy.typing import NDArray

from gridmap import crs as systems
from gridmap.errors import InvalidInput
from gridmap.ingest.model import Notice, RawTable

_AREAL = frozenset(
    {
        shapely.GeometryType.POLYGON.value,
        shapely.GeometryType.MULTIPOLYGON.value,
        shapely.GeometryType.GEOMETRYCOLLECTION.value,
    }
)
_NAMES = {-1: ("空", "nothing"), 0: ("点", "points"), 1: ("线", "lines"), 2: ("环", "rings")} | {
    4: ("多点", "points"),
    5: ("多线", "lines"),
}
_UNIT_OF_LAND = re.compile(
    r"\s*(?:平方公里|平方千米|平方米|公顷|亩|㎡|㎢|km\^?[2²]|h?m\^?[2²]|ha)$", re.IGNORECASE
)
_ZONE_M = 1_000_000
"""From so many metres on an easting has the number of its zone in front."""
_PAIRS = tuple(
    (first, first + 21, last - first + 1) for first, last in ((4513, 4533), (2349, 2369), (2401, 2421))
)
"""EPSG's three-degree systems of China: first with the zone's number in the easting, then by central meridian."""
_FROM_MERIDIAN_M = 700_000


def are_polygons(geometry: NDArray[np.object_]) -> NDArray[np.bool_]:
    """Tell which geometries may be land: polygons, or collections that hold some."""
    areal: NDArray[np.bool_] = np.isin(shapely.get_type_id(geometry), list(_AREAL)) & ~shapely.is_empty(
        geometry
    )
    return areal


def kinds_of(geometry: NDArray[np.object_]) -> tuple[str, str]:
    """Name the kinds of shape that are no polygons, in Chinese and in English."""
    found = sorted({int(k) for k in shapely.get_type_id(geometry[~are_polygons(geometry)])})
    named = [_NAMES.get(k, ("空面", "empty polygons")) for k in found]
    return "、".join(dict.fromkeys(zh for zh, _ in named)), ", ".join(dict.fromkeys(en for _, en in named))


def system_of(raw: RawTable, given: str | int | None) -> tuple[str, list[Notice]]:
    """Return the coordinate system of a file: named by a person, declared by the file, or EPSG:4326, which is said.

    Raises
    ------
    InvalidInput
        When the coordinates do not fit the system.
    """
    source = systems.normalise(given or raw.crs or systems.WGS84)
    notices = []
    if given is None and raw.crs is None and raw.format not in {"geojson", "kml", "kmz"}:
        notices.append(
            Notice(
                "crs-assumed",
                f"{raw.path.name} 没有写明坐标系，按 {source} 读取。如果不对，请用 --crs 指明。",
                f"{raw.path.name} declares no coordinate system; {source} was taken. If it is another, use --crs.",
            )
        )
    _refuse_other_zone(raw, source)
    return source, notices


def _refuse_other_zone(raw: RawTable, source: str) -> None:
    """Refuse degrees where metres are declared, and eastings far from those of the central meridian."""
    if raw.geometry is None or systems.is_shifted(source) or systems.is_geographic(source):
        return
    expected = _false_easting(source)
    box = shapely.total_bounds(raw.geometry[are_polygons(raw.geometry)])
    if not np.isfinite(box).all():
        return
    if np.abs(box[[0, 2]]).max() <= 180.0 and np.abs(box[[1, 3]]).max() <= 90.0:
        raise InvalidInput(
            "crs-contradicts-shapes",
            f"{raw.path.name}：声明的坐标系以米为单位，文件中的坐标却像经纬度。请改用 --crs EPSG:4490。",
            f"{raw.path.name}: its coordinate system counts metres, but its coordinates look like degrees. Use --crs "
            "EPSG:4490.",
        )
    if expected is None:
        return
    middle = float(box[0] + box[2]) / 2
    if abs(middle - expected) <= _FROM_MERIDIAN_M:
        return
    other = _other_zone(source, middle)
    zh = f"请改用 --crs {other}。" if other else "请用 --crs 指明正确的坐标系。"
    en = f"Use --crs {other}." if other else "Name the right system with --crs."
    raise InvalidInput(
        "crs-contradicts-shapes",
        f"{raw.path.name}：坐标与所声明的坐标系不符：该坐标系的东坐标约为 {expected:,.0f} 米，"
        f"文件中约为 {middle:,.0f}。{zh}",
        f"{raw.path.name}: its coordinates do not fit its coordinate system, whose eastings are near {expected:,.0f} "
        f"m; those of the file are near {middle:,.0f}. {en}",
    )


def _false_easting(source: str) -> float | None:
    operation = pyproj.CRS(source).coordinate_operation
    if operation is None or "Mercator" not in operation.method_name:
        return None
    values = [p.value for p in operation.params if p.name == "False easting"]
    return float(values[0]) if values and float(values[0]) > 0 else None


def _other_zone(source: str, easting_m: float) -> str | None:
    """Return the same projection with, or without, the zone's number in the easting."""
    if not source.startswith("EPSG:"):
        return None
    code = int(source[5:])
    for numbered, plain, count in _PAIRS:
        if numbered <= code < numbered + count and easting_m < _ZONE_M:
            return f"EPSG:{code - numbered + plain}"
        if plain <= code < plain + count and easting_m > _ZONE_M:
            return f"EPSG:{code - plain + numbered}"
    return None


def is_size(values: Any) -> bool:
    """Tell whether texts are sizes of land and no names of areas: each a number, with or without a unit."""
    texts = [_UNIT_OF_LAND.sub("", str(v).strip()) for v in values if v is not None and str(v).strip()]
    try:
        numbers = [float(t) for t in texts]
    except ValueError:
        return False
    if len(numbers) < 2:
        return False
    return any("." in t for t in texts) or len(set(numbers)) == len(numbers)
