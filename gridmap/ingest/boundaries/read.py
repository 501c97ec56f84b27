"""Reading of boundary files: all levels in one, one level a file, or villages alone."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridmap import crs as systems
from gridmap.domain.records import GRIDS
from gridmap.errors import InvalidInput
from gridmap.ingest.boundaries.draft import BoundaryDraft, polygons_only
from gridmap.ingest.boundaries.hierarchy import complete_hierarchy
from gridmap.ingest.model import DEFAULT_LIMITS, Limits, Notice, RawTable
from gridmap.ingest.reading import list_layers, read_raw
from gridmap.ingest.rows import convert
from gridmap.ingest.rows.headers import match_headings
from gridmap.ingest.rows.refused import Refusals

_LEVEL_NAMES = (
    (4, re.compile(r"level_?4|micro|微网格|四级|联户", re.IGNORECASE)),
    (3, re.compile(r"level_?3|village|communit|precinct|村|社区|三级", re.IGNORECASE)),
    (2, re.compile(r"level_?2|(?:^|_)areas?(?:$|_)|片区|二级", re.IGNORECASE)),
    (1, re.compile(r"level_?1|(?:^|_)towns?(?:$|_)|镇|街道|一级", re.IGNORECASE)),
)
_MANY = 5


def read_boundaries(
    paths: str | Path | Sequence[str | Path],
    *,
    crs: str | int | None = None,
    mapping: Mapping[str, str] | None = None,
    level: int | None = None,
    layer: str | None = None,
    town_code: str | None = None,
    town_name: str | None = None,
    limits: Limits = DEFAULT_LIMITS,
) -> BoundaryDraft:
    """Read the boundaries of grids.

    Parameters
    ----------
    paths : path or sequence of paths
        GeoPackage, zipped Shapefile, GeoJSON or KML. One file with all levels, one file (or layer) a level,
        or a flat file of one level, from which those above are made by union.
    crs : str or int, optional
        System of the coordinates; by default what the file declares, or EPSG:4326.
    mapping : mapping of str to str, optional
        Heading to field, heading to ``""`` (not read), or field to ``"=value"``; the fields are those of
        :data:`gridmap.domain.records.GRIDS`.
    level : int, optional
        Level of rows that name none; by default told from the name of the file or layer, else 3.
    layer : str, optional
        Only this layer.
    town_code, town_name : str, optional
        For files that lack the town.
    limits : Limits

    Returns
    -------
    BoundaryDraft

    Raises
    ------
    InvalidInput
        When a file cannot be read, holds personal data, or a row has a value that does not fit.
    """
    files = [Path(p) for p in ([paths] if isinstance(paths, str | Path) else paths)]
    if not files:
        raise InvalidInput("file-missing", "没有给出边界文件。", "No boundary file was given.")
    parts: list[pd.DataFrame] = []
    notices: list[Notice] = []
    digests: dict[str, str] = {}
    source = ""
    for path in files:
        for name in [layer] if layer else list_layers(path, limits=limits):
            raw = read_raw(path, layer=name, limits=limits)
            digests[path.name] = raw.file_sha256
            source = systems.normalise(crs or raw.crs or systems.WGS84)
            part, more = _grids(raw, source, mapping, level if level is not None else _told(path, name))
            parts.append(part)
            notices += [*raw.notices, *more]
    grids = pd.concat(parts, ignore_index=True)
    # Former grids come along for their codes; they are not part of this version.
    former = grids["valid_to"].notna().to_numpy()
    if former.any() and not former.all():
        notices.append(
            Notice(
                "grids-former",
                f"有 {int(former.sum())} 个网格已失效，本次不导入。",
                f"{int(former.sum())} grids are no longer valid and are left out.",
            )
        )
        grids = grids[~former].reset_index(drop=True)
    whole, more = complete_hierarchy(grids, town_code=town_code, town_name=town_name)
    frame = gpd.GeoDataFrame(whole, geometry="geometry", crs=systems.WGS84)
    frame = frame.sort_values("grid_key", ignore_index=True)
    return BoundaryDraft(frame, tuple(notices + more), digests, source)


def _told(path: Path, layer: str | None) -> int | None:
    """Level that the name of a layer or file tells."""
    for name in (layer or "", path.stem):
        for level, pattern in _LEVEL_NAMES:
            if pattern.search(name):
                return level
    return None


def _grids(
    raw: RawTable, source: str, mapping: Mapping[str, str] | None, level: int | None
) -> tuple[pd.DataFrame, list[Notice]]:
    n = raw.table.num_rows
    file_name = raw.path.name
    if raw.geometry is None:
        raise InvalidInput(
            "geometry-none",
            f"{file_name}：文件里没有图形。请导出为 GeoPackage、Shapefile、GeoJSON 或 KML。",
            f"{file_name}: it has no shapes. Export it as GeoPackage, Shapefile, GeoJSON or KML.",
        )
    headings = match_headings(raw.table.column_names, GRIDS, mapping, file_name)
    refusals = Refusals(file_name, raw.row_numbers)
    data: dict[str, Any] = {}
    for field in GRIDS.fields:
        values = None
        heading = headings.columns.get(field.name)
        if heading is not None:
            values = convert.column(
                raw.table[heading], field, heading, refusals, zone="UTC", dayfirst=None
            ).to_pandas()
        elif field.name in headings.constants:
            values = [headings.constants[field.name]] * n
        data[field.name] = pd.Series(values if values is not None else [None] * n, dtype=object)
    _all_fit(refusals, file_name)
    notices = []
    levels = [_level(value, level) for value in data["level"]]
    if level is None and data["level"].isna().any():
        notices.append(
            Notice(
                "level-assumed",
                f"{file_name} 没有写明网格级别，按第三级（村）处理。",
                f"{file_name} does not say the level of its grids; they are taken for level 3 (villages).",
            )
        )
    if headings.ignored:
        shown = headings.ignored[:30]
        notices.append(
            Notice(
                "columns-ignored",
                f"{file_name}：以下列未导入：{'、'.join(shown)}。",
                f"{file_name}: these columns are not imported: {', '.join(shown)}.",
            )
        )
    frame = pd.DataFrame(data)
    frame["level"] = levels
    frame["given_key"] = frame.pop("grid_key")
    frame["illustrative"] = [v is True for v in frame["illustrative"]]
    frame["file"] = file_name
    frame["row"] = raw.row_numbers
    frame["made"] = False
    geometry = polygons_only(_in_range(raw.geometry, source, file_name))
    frame["geometry"] = pd.Series(list(systems.geometries_to_wgs84(geometry, source)), dtype=object)
    return frame, notices


def _level(value: Any, level: int | None) -> int:
    if isinstance(value, str) and value in {"1", "2", "3", "4"}:
        return int(value)
    if level is not None and level not in {1, 2, 3, 4}:
        raise InvalidInput("level-unknown", "网格级别应为 1 到 4。", "The level of a grid is 1, 2, 3 or 4.")
    return level or 3


def _all_fit(refusals: Refusals, file_name: str) -> None:
    """Refuse the file when a row has a value that does not fit: boundaries are taken whole or not at all."""
    problems = refusals.frame()
    if problems.empty:
        return
    shown = problems.head(_MANY)
    zh = "；".join(f"第 {r.row} 个要素的 {r.field}：{r.reason_zh}" for r in shown.itertuples())
    en = "; ".join(f"feature {r.row}, {r.field}: {r.reason_en}" for r in shown.itertuples())
    more = f"（共 {len(problems)} 处）" if len(problems) > _MANY else ""
    raise InvalidInput(
        "grids-refused",
        f"{file_name}：{zh}{more}",
        f"{file_name}: {en}" + (f" ({len(problems)} problems in all)" if more else ""),
    )


def _in_range(geometry: Any, source: str, file_name: str) -> Any:
    """Refuse coordinates that are not finite, out of range, or swapped."""
    box = shapely.bounds(geometry)
    present = ~shapely.is_missing(geometry) & ~shapely.is_empty(geometry)
    if not np.isfinite(box[present]).all():
        raise InvalidInput(
            "coordinate-not-finite",
            f"{file_name}：图形里有空值（NaN）或无穷大的坐标。请修正后重新导出。",
            f"{file_name}: its shapes hold coordinates that are not finite. Correct and export it again.",
        )
    if not systems.is_geographic(source) or not present.any():
        return geometry
    west, south, east, north = (
        box[present, 0].min(),
        box[present, 1].min(),
        box[present, 2].max(),
        box[present, 3].max(),
    )
    corners = systems.looks_swapped([west, east], [south, north])
    # A town in China whose latitudes lie where its longitudes should is told by China's extent alone.
    china = west >= 15 and east <= 54 and south >= 73 and north <= 136
    if corners.any() or china:
        raise InvalidInput(
            "coordinate-swapped",
            f"{file_name}：经度和纬度写反了。请对调后重新导出。",
            f"{file_name}: longitude and latitude are swapped. Exchange them and export it again.",
        )
    if west < -180 or east > 180 or south < -90 or north > 90:
        raise InvalidInput(
            "coordinate-out-of-range",
            f"{file_name}：坐标超出经纬度范围，可能是投影坐标。请说明坐标系（如 EPSG:4549）。",
            f"{file_name}: its coordinates are no degrees. If they are projected, name the system.",
        )
    return geometry
