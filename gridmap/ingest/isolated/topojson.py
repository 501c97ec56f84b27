"""TopoJSON: shapes that share their arcs, turned into the features of GeoJSON."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from gridmap.ingest.isolated.frame import Refused, count_vertices


def features_of(document: dict[str, Any], limits: dict[str, int]) -> dict[str, Any]:
    """Return the only object of a topology as a collection of features.

    Parameters
    ----------
    document : dict
        With type ``Topology``.
    limits : dict

    Raises
    ------
    Refused
        When it has several objects, or its arcs cannot be followed.
    """
    objects = document.get("objects")
    if not isinstance(objects, dict) or not objects:
        raise _broken()
    if len(objects) > 1:
        shown = "、".join(list(objects)[:20])
        raise Refused(
            "topojson-objects",
            f"这个 TopoJSON 里有几个对象：{shown}。请在 GIS 软件中把要导入的一个另存为 GeoJSON。",
            f"this TopoJSON holds several objects: {', '.join(list(objects)[:20])}. Save the one that is meant as "
            "GeoJSON.",
        )
    try:
        arcs = _arcs(document, limits)
        transform = document.get("transform")
        whole = next(iter(objects.values()))
        many = whole["geometries"] if whole.get("type") == "GeometryCollection" else [whole]
        return {
            "type": "FeatureCollection",
            "features": [
                {
                    "type": "Feature",
                    "properties": one.get("properties") or {},
                    "geometry": _shape(one, arcs, transform),
                    **({"id": one["id"]} if "id" in one else {}),
                }
                for one in many
            ],
        }
    except (KeyError, IndexError, TypeError, ValueError, AttributeError, shapely.errors.ShapelyError):
        raise _broken() from None


def _broken() -> Refused:
    return Refused(
        "topojson-broken",
        "TopoJSON 的弧线编号或坐标对不上。请重新导出，或另存为 GeoJSON。",
        "its arcs or coordinates do not fit together. Export it again, or save it as GeoJSON.",
    )


def _placed(points: Any, transform: dict[str, Any] | None, *, deltas: bool) -> NDArray[np.float64]:
    if any(type(v) not in {int, float} for p in points for v in p[:2]):
        raise TypeError
    xy = np.array([p[:2] for p in points], dtype=np.float64).reshape(-1, 2)
    if transform is None:
        return xy
    if deltas:
        xy = np.cumsum(xy, axis=0)
    placed: NDArray[np.float64] = xy * np.array(transform["scale"], float) + np.array(
        transform["translate"], float
    )
    return placed


def _arcs(document: dict[str, Any], limits: dict[str, int]) -> list[NDArray[np.float64]]:
    count_vertices(sum(len(arc) for arc in document["arcs"]), limits)
    return [_placed(arc, document.get("transform"), deltas=True) for arc in document["arcs"]]


def _line(numbers: list[int], arcs: list[NDArray[np.float64]]) -> NDArray[np.float64]:
    parts: list[NDArray[np.float64]] = []
    for n in numbers:
        if type(n) is not int:
            raise TypeError
        # A negative number is the ones' complement of an arc that is walked backwards.
        arc = arcs[n] if n >= 0 else arcs[~n][::-1]
        parts.append(arc if not parts else arc[1:])
    return np.concatenate(parts)


def _polygon(rings: list[list[int]], arcs: list[NDArray[np.float64]]) -> shapely.Polygon:
    shell, *holes = [_line(ring, arcs) for ring in rings]
    return shapely.Polygon(shell, holes)


def _shape(one: dict[str, Any], arcs: list[NDArray[np.float64]], transform: Any) -> shapely.Geometry | None:
    kind = one.get("type")
    if kind is None:
        return None
    if kind == "Polygon":
        return _polygon(one["arcs"], arcs)
    if kind == "MultiPolygon":
        return shapely.MultiPolygon([_polygon(part, arcs) for part in one["arcs"]])
    if kind == "LineString":
        return shapely.LineString(_line(one["arcs"], arcs))
    if kind == "MultiLineString":
        return shapely.MultiLineString([_line(part, arcs) for part in one["arcs"]])
    if kind == "Point":
        return shapely.Point(_placed([one["coordinates"]], transform, deltas=False)[0])
    if kind == "MultiPoint":
        return shapely.MultiPoint(_placed(one["coordinates"], transform, deltas=False))
    raise ValueError
