"""Write features and tables so that the same town gives the same bytes."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from .plan import DECIMALS, to_lonlat

Properties = Mapping[str, object]


def _ring(xy: Any) -> str:
    return "[" + ",".join(f"[{x:.{DECIMALS}f},{y:.{DECIMALS}f}]" for x, y in xy) + "]"


def geometry_json(shape: shapely.Geometry) -> str:
    """GeoJSON text of a point, line or polygon whose coordinates are degrees already."""
    if shape.geom_type == "Point":
        return f'{{"type":"Point","coordinates":[{shape.x:.{DECIMALS}f},{shape.y:.{DECIMALS}f}]}}'
    if shape.geom_type == "LineString":
        return f'{{"type":"LineString","coordinates":{_ring(shape.coords)}}}'
    if shape.geom_type == "Polygon":
        # RFC 7946: outer rings run counter-clockwise.
        shape = shapely.orient_polygons(shape)
        rings = ",".join(_ring(r.coords) for r in (shape.exterior, *shape.interiors))
        return f'{{"type":"Polygon","coordinates":[{rings}]}}'
    raise ValueError(shape.geom_type)


def degrees(shape: shapely.Geometry) -> shapely.Geometry:
    """Move a local geometry to rounded longitude and latitude."""
    return shapely.transform(shape, to_lonlat)


def write_features(
    path: Path, features: Iterable[tuple[shapely.Geometry, Properties]], about: Mapping[str, object]
) -> None:
    """Write a FeatureCollection, one feature a line; geometries are in degrees already."""
    head = {"type": "FeatureCollection", "name": path.stem, **about}
    lines = [
        f'{{"type":"Feature","properties":{json.dumps(p, ensure_ascii=False, separators=(",", ":"))},'
        f'"geometry":{geometry_json(g)}}}'
        for g, p in features
    ]
    start = json.dumps(head, ensure_ascii=False)[:-1]
    path.write_text(start + ',"features":[\n' + ",\n".join(lines) + "\n]}\n", encoding="utf-8", newline="\n")


def write_table(path: Path, columns: Sequence[str], rows: Iterable[Mapping[str, object]]) -> None:
    """Write a UTF-8 CSV with the columns in the order given; None is an empty cell."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        for row in rows:
            writer.writerow({c: _cell(row[c]) for c in columns})


def _cell(value: object) -> object:
    if value is None:
        return ""
    if isinstance(value, bool | np.bool_):
        return "true" if value else "false"
    return value


def write_json(path: Path, value: object) -> None:
    """Write indented JSON with Chinese as it is."""
    path.write_text(json.dumps(value, ensure_ascii=False, indent=1) + "\n", encoding="utf-8", newline="\n")
