"""Findings about boundaries, and a map of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import geopandas as gpd
import shapely

from gridmap import crs
from gridmap.files.atomic import replacing

Severity = Literal["error", "warning"]


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong, or that somebody should look at.

    Attributes
    ----------
    kind : str
        ``invalid``, ``missing``, ``overlap``, ``gap``, ``outside-parent``, ``uncovered``,
        ``duplicate-geometry``, ``duplicate-code``, ``duplicate-name``, ``name-missing`` or ``code-unfit``.
    severity : str
        ``error``: records could get a wrong grid, or none; ``warning``: worth a look.
    level : int
    codes : tuple of str
        Official codes or, where there is none, grid keys of the grids involved.
    names : tuple of str
    area_m2 : float or None
        Size of the land concerned.
    zh, en : str
    geometry : shapely geometry or None
        The place to look at, EPSG:4326.
    """

    kind: str
    severity: Severity
    level: int
    codes: tuple[str, ...]
    names: tuple[str, ...]
    area_m2: float | None
    zh: str
    en: str
    geometry: Any = None


def write_findings_gpkg(findings: Sequence[Finding], path: str | Path) -> int:
    """Write the places to look at to a GeoPackage, one layer for points and one for areas.

    Parameters
    ----------
    findings : sequence of Finding
    path : str or Path
        Replaced in one step when complete.

    Returns
    -------
    int
        Findings written; those without a place are left out.
    """
    placed = [f for f in findings if f.geometry is not None]
    frame = gpd.GeoDataFrame(
        {
            "kind": [f.kind for f in placed],
            "severity": [f.severity for f in placed],
            "level": [f.level for f in placed],
            "codes": [", ".join(f.codes) for f in placed],
            "names": ["、".join(f.names) for f in placed],
            "area_m2": [f.area_m2 for f in placed],
            "text_zh": [f.zh for f in placed],
            "text_en": [f.en for f in placed],
        },
        geometry=[f.geometry for f in placed],
        crs=crs.WGS84,
    )
    points = frame.geometry.geom_type == "Point"
    areas = frame[~points].copy()
    areas["geometry"] = [shapely.MultiPolygon(shapely.get_parts(g).tolist()) for g in areas.geometry]
    with replacing(Path(path)) as temporary:
        areas.to_file(temporary, layer="areas", driver="GPKG")
        frame[points].to_file(temporary, layer="points", driver="GPKG", mode="a")
    return len(placed)
