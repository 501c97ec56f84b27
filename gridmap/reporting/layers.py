"""Layers of a hotspot report for desktop GIS: the same numbers as its tables, with the looks of its map."""

from __future__ import annotations

import json

import geopandas as gpd
import pandas as pd
import shapely

from gridmap import crs
from gridmap.domain.geojson import Shape
from gridmap.files.geopackage import Fill, Look
from gridmap.reporting.model import HotspotReport
from gridmap.reporting.still_map import ACCENT, INK, QUIET
from gridmap.reporting.tables import frames
from gridmap.reporting.words import SURE, sureness

_EMPTY = "#ffffff"
_PATTERNS = ("dense2", "b_diagonal", "dense6")
_HOTSPOTS = Look(
    "sureness",
    tuple(
        Fill(str(n), f"{name.zh} / {name.en}", ACCENT, _PATTERNS[n], "#2d2170")
        for n, (_, name) in enumerate(SURE)
    ),
    "number",
)
_CLUSTERS = Look(
    "ongoing",
    tuple(
        Fill(value, label, _EMPTY, "no", INK, "dash", 0.6)
        for value, label in (("true", "仍在持续 / going on"), ("false", "已结束 / over"))
    ),
    "letter",
)
_OUTLINES = Look(
    "level",
    tuple(
        Fill(str(level), label, _EMPTY, "no", QUIET, "solid", width)
        for level, label, width in ((1, "镇 / town", 0.6), (2, "片区 / area", 0.4), (3, "村 / village", 0.2))
    ),
    "name_zh",
)


def layers(report: HotspotReport) -> dict[str, tuple[gpd.GeoDataFrame, Look]]:
    """Return the report's layers by name, EPSG:4326, with how each is drawn; those without rows are left out.

    Parameters
    ----------
    report : HotspotReport
    """
    told = frames(report)
    hotspots = told["hotspots"][1].assign(sureness=[str(sureness(h.q)) for h in report.hotspots])
    clusters = told["clusters"][1].assign(ongoing=["true" if c.ongoing else "false" for c in report.clusters])
    outlines = pd.DataFrame(
        [{"level": str(o.level), "name_zh": o.name.zh, "name_en": o.name.en} for o in report.ground.outlines]
    )
    made = {
        "hotspots": (hotspots, [h.geometry for h in report.hotspots], _HOTSPOTS),
        "clusters": (clusters, [c.geometry for c in report.clusters], _CLUSTERS),
        "outlines": (outlines, [o.geometry for o in report.ground.outlines], _OUTLINES),
    }
    return {
        name: (gpd.GeoDataFrame(frame, geometry=_shapes(geometries), crs=crs.WGS84), look)
        for name, (frame, geometries, look) in made.items()
        if geometries
    }


def _shapes(geometries: list[Shape]) -> list[shapely.Geometry]:
    return [shapely.from_geojson(json.dumps(geometry)) for geometry in geometries]
