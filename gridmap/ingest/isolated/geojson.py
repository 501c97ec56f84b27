"""GeoJSON (RFC 7946) by json and shapely."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import shapely
from numpy.typing import NDArray

from gridmap.ingest.isolated.frame import (
    Refused,
    count_vertices,
    geometries_broken,
    heights_dropped,
    rings_closed,
    text_table,
)
from gridmap.ingest.isolated.topojson import features_of

_DEPTHS = {
    "Point": 0,
    "MultiPoint": 1,
    "LineString": 1,
    "MultiLineString": 2,
    "Polygon": 2,
    "MultiPolygon": 3,
}


_TOPOLOGY = re.compile(r'"type"\s*:\s*"Topology"')


class _Broken:
    """Stands for a geometry that could not be built."""


class _Reader:
    """Builds geometries while the text is parsed, so that lists of coordinates never pile up.

    Attributes
    ----------
    closed, high, vertices : int
        Shapes whose rings were closed, shapes with more than two ordinates, vertices so far.
    """

    def __init__(self, limits: dict[str, int]) -> None:
        self.limits = limits
        self.closed = 0
        self.high = 0
        self.vertices = 0

    def plain(self, pairs: list[tuple[str, Any]]) -> Any:
        made = dict(pairs)
        if len(made) != len(pairs):
            keys = [k for k, _ in pairs]
            twice = next(k for k in keys if keys.count(k) > 1)
            raise Refused(
                "json-duplicate-key",
                f"同一对象中“{twice[:40]}”出现了两次，含义不明。请重新导出。",
                f'one object holds "{twice[:40]}" twice, so its meaning is open. Export it again.',
            )
        return made

    def take(self, pairs: list[tuple[str, Any]]) -> Any:
        made = self.plain(pairs)
        kind = made.get("type")
        if isinstance(kind, str) and kind in _DEPTHS and "coordinates" in made:
            return self._geometry(kind, made["coordinates"])
        if kind == "GeometryCollection" and isinstance(made.get("geometries"), list):
            parts = made["geometries"]
            if all(isinstance(p, shapely.Geometry) for p in parts):
                return shapely.GeometryCollection(parts)
            return _Broken()
        return made

    def _geometry(self, kind: str, coordinates: Any) -> Any:
        try:
            geometry, closed, high = _build(kind, coordinates)
        except (ValueError, TypeError, IndexError, shapely.errors.ShapelyError):
            return _Broken()
        self.closed += closed
        self.high += high
        self.vertices += int(shapely.get_num_coordinates(geometry))
        count_vertices(self.vertices, self.limits)
        return geometry


def _line(points: Any) -> tuple[NDArray[np.float64], bool]:
    """Coordinates of shape (n, 2), and whether further ordinates were dropped."""
    if not isinstance(points, list) or any(not isinstance(p, list) or len(p) < 2 for p in points):
        raise ValueError
    # Booleans and numerals in quotes would pass as numbers below.
    if any(type(v) not in {int, float} for p in points for v in p[:2]):
        raise TypeError
    flat = np.array([(p[0], p[1]) for p in points], dtype=np.float64).reshape(-1, 2)
    return flat, any(len(p) > 2 for p in points)


def _polygon(rings: Any) -> tuple[Any, bool, bool]:
    if not isinstance(rings, list) or not rings:
        return shapely.Polygon(), False, False
    lines = [_line(r) for r in rings]
    closed = any(len(xy) and not np.array_equal(xy[0], xy[-1]) for xy, _ in lines)
    shell, *holes = [shapely.LinearRing(xy) for xy, _ in lines]
    return shapely.Polygon(shell, holes), closed, any(h for _, h in lines)


def _build(kind: str, coordinates: Any) -> tuple[Any, bool, bool]:
    if kind == "Polygon":
        return _polygon(coordinates)
    if kind == "MultiPolygon":
        parts = [_polygon(c) for c in coordinates]
        whole = shapely.MultiPolygon([p[0] for p in parts])
        return whole, any(p[1] for p in parts), any(p[2] for p in parts)
    if kind == "MultiLineString":
        lines = [_line(c) for c in coordinates]
        return shapely.MultiLineString([xy for xy, _ in lines]), False, any(h for _, h in lines)
    if kind == "Point":
        if coordinates == []:
            return shapely.Point(), False, False
        xy, high = _line([coordinates])
        return shapely.Point(xy[0]), False, high
    xy, high = _line(coordinates)
    return (shapely.MultiPoint(xy) if kind == "MultiPoint" else shapely.LineString(xy)), False, high


def read_geojson(
    path: Path, limits: dict[str, int], *, one_a_line: bool = False
) -> tuple[pa.Table, NDArray[np.object_], str | None, list[list[str]]]:
    """Read a GeoJSON file, a TopoJSON file, or a sequence of features.

    Parameters
    ----------
    path : Path
    limits : dict
    one_a_line : bool
        Whether each line is a feature by itself (GeoJSON text sequences, RFC 8142, also without record separators).

    Returns
    -------
    table : pyarrow.Table of string
        Properties.
    geometry : ndarray of shapely geometries
    crs : str or None
        Named by the ``crs`` member of older files.
    notices : list of (code, zh, en)

    Raises
    ------
    Refused
    """
    data = path.read_bytes()
    if data[:64].lstrip(b"\xef\xbb\xbf \t\r\n\x1e")[:1] not in {b"{", b"["}:
        raise _not_geojson()
    reader = _Reader(limits)
    try:
        document = _parsed(data.decode("utf-8-sig"), reader, one_a_line=one_a_line)
    except UnicodeDecodeError:
        raise Refused(
            "encoding-unknown",
            "GeoJSON 必须是 UTF-8 编码。请重新导出。",
            "GeoJSON must be encoded in UTF-8. Export it again.",
        ) from None
    except RecursionError:
        raise Refused(
            "json-too-deep",
            "括号嵌套过深，不是正常的 GeoJSON。请重新导出。",
            "its brackets are nested too deeply for GeoJSON. Export it again.",
        ) from None
    except ValueError:
        raise _not_geojson() from None
    del data
    return _table(document, reader, limits)


def _parsed(text: str, reader: _Reader, *, one_a_line: bool) -> Any:
    if not one_a_line:
        if _TOPOLOGY.search(text):
            # Its points are numbers of a raster, and hold their own properties.
            document = json.loads(text, object_pairs_hook=reader.plain, parse_constant=_no_constant)
            if isinstance(document, dict) and document.get("type") == "Topology":
                return document
        return json.loads(text, object_pairs_hook=reader.take, parse_constant=_no_constant)
    features = []
    for line in text.replace("\x1e", "\n").split("\n"):
        if line.strip():
            features.append(json.loads(line, object_pairs_hook=reader.take, parse_constant=_no_constant))
            if len(features) > reader.limits["features"]:
                break
    return {"type": "FeatureCollection", "features": features}


def _no_constant(name: str) -> Any:
    raise Refused(
        "json-not-a-number",
        f"含有 {name}，这不是合法的 JSON 数值。请修正坐标后重新导出。",
        f"it holds {name}, which is not a JSON number. Correct the coordinates and export it again.",
    )


def _not_geojson() -> Refused:
    return Refused(
        "not-geojson",
        "内容不是 GeoJSON（可能只是改了扩展名）。请重新导出为 GeoJSON。",
        "its content is not GeoJSON (perhaps only its name was changed). Export it as GeoJSON.",
    )


def _table(
    document: Any, reader: _Reader, limits: dict[str, int]
) -> tuple[pa.Table, NDArray[np.object_], str | None, list[list[str]]]:
    if isinstance(document, shapely.Geometry):
        document = {"type": "Feature", "properties": {}, "geometry": document}
    if not isinstance(document, dict):
        raise _not_geojson()
    if document.get("type") == "Topology":
        document = features_of(document, limits)
    features = _features(document, limits)
    table = _properties(features, limits)
    shapes = [f.get("geometry") for f in features]
    broken = [i for i, g in enumerate(shapes, 1) if g is not None and not isinstance(g, shapely.Geometry)]
    geometry = np.empty(len(shapes), dtype=object)
    geometry[:] = [g if isinstance(g, shapely.Geometry) else None for g in shapes]
    notices = []
    if reader.closed:
        notices.append(rings_closed(reader.closed))
    if reader.high:
        notices.append(heights_dropped(reader.high))
    if broken:
        notices.append(geometries_broken(broken))
    return table, geometry, _crs(document), notices


def _refuse_other_json(document: dict[str, Any]) -> None:
    """Refuse Esri's JSON by name: it looks like GeoJSON and means its shapes otherwise."""
    step = (
        "请在 GIS 软件中另存为 GeoJSON 或 GeoPackage。",
        "Save it as GeoJSON or GeoPackage in a GIS program.",
    )
    esri = str(document.get("geometryType", "")).startswith("esri") or "esriFieldTypeOID" in str(
        document.get("fields")
    )
    if esri or "spatialReference" in document:
        raise Refused(
            "esri-json",
            f"这是 Esri JSON（ArcGIS 的格式），不是 GeoJSON。{step[0]}",
            f"it is Esri JSON (a format of ArcGIS), not GeoJSON. {step[1]}",
        )
    if document.get("UTF8Encoding"):
        raise Refused(
            "echarts-packed",
            "这是 ECharts 的压缩地图：坐标只精确到约 100 米，不能作网格边界。请用原始的 GeoJSON 或 Shapefile。",
            "it is a map that was packed for ECharts: its coordinates are right to some 100 m only, too coarse "
            "for boundaries. Use the GeoJSON or shapefile that it was made of.",
        )


def _features(document: dict[str, Any], limits: dict[str, int]) -> list[dict[str, Any]]:
    _refuse_other_json(document)
    features = [document] if document.get("type") == "Feature" else document.get("features")
    if not isinstance(features, list) or any(not isinstance(f, dict) for f in features):
        raise _not_geojson()
    if not features:
        raise Refused("no-rows", "没有任何要素。", "it has no features.")
    if len(features) > limits["features"]:
        raise Refused(
            "too-many-features",
            f"有 {len(features)} 个要素，上限 {limits['features']} 个。请分成几个文件。",
            f"it has {len(features)} features, the limit is {limits['features']}. Split it.",
        )
    return features


def _properties(features: list[dict[str, Any]], limits: dict[str, int]) -> pa.Table:
    names: dict[str, None] = {}
    rows: list[dict[str, Any]] = []
    for feature in features:
        properties = feature.get("properties")
        properties = properties if isinstance(properties, dict) else {}
        if "id" in feature and "id" not in properties and not isinstance(feature["id"], dict | list):
            properties = {**properties, "id": feature["id"]}
        names.update(dict.fromkeys(properties))
        if len(names) > limits["columns"]:
            raise Refused(
                "too-many-columns",
                f"属性超过 {limits['columns']} 种。请只保留需要的属性。",
                f"it has more than {limits['columns']} properties. Keep only those that are needed.",
            )
        _refuse_broken_text(len(rows) + 1, properties)
        rows.append(properties)
    return text_table({n: [r.get(n) for r in rows] for n in names}, len(rows))


def _refuse_broken_text(number: int, properties: dict[str, Any]) -> None:
    """Refuse half of a pair of surrogates, which JSON may spell and no text may hold."""
    for name, value in properties.items():
        try:
            json.dumps([name, value], ensure_ascii=False).encode()
        except UnicodeEncodeError:
            shown = name.encode("utf-8", "replace").decode()[:40]
            raise Refused(
                "text-broken",
                f"第 {number} 个要素的“{shown}”中有残缺的字符（半个代理对，如 \\ud800）。请改正这段文字后重新导出。",
                f'feature {number}: "{shown}" holds a broken character (half of a surrogate pair, such as \\ud800). '
                "Correct the text and export it again.",
            ) from None


def _crs(document: dict[str, Any]) -> str | None:
    crs = document.get("crs")
    properties = crs.get("properties") if isinstance(crs, dict) else None
    name = properties.get("name") if isinstance(properties, dict) else None
    return name if isinstance(name, str) and len(name) < 200 else None
