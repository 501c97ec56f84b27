"""Reading of boundary files: all levels in one, one level a file, or villages alone."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import shapely

from gridmap import crs as systems
from gridmap.domain.records import GRIDS
from gridmap.errors import InvalidInput
from gridmap.ingest.boundaries.draft import BoundaryDraft, polygons_only, union
from gridmap.ingest.boundaries.hierarchy import complete_hierarchy
from gridmap.ingest.boundaries.naming import named
from gridmap.ingest.boundaries.shapes import are_polygons, is_size, kinds_of, system_of
from gridmap.ingest.headings import heading_key
from gridmap.ingest.model import DEFAULT_LIMITS, Limits, Notice, RawTable
from gridmap.ingest.reading import list_layers, read_raw
from gridmap.ingest.rows import convert
from gridmap.ingest.rows.headers import WKT_HEADERS, match_headings
from gridmap.ingest.rows.refused import Refusals

_LEVEL_NAMES = (
    (4, re.compile(r"level_?4|micro|微网格|四级|联户", re.IGNORECASE)),
    (3, re.compile(r"level_?3|village|communit|precinct|村|社区|三级", re.IGNORECASE)),
    (2, re.compile(r"level_?2|(?:^|_)areas?(?:$|_)|片区|二级", re.IGNORECASE)),
    (1, re.compile(r"level_?1|(?:^|_)towns?(?:$|_)|镇|街道|一级", re.IGNORECASE)),
)
_MANY = 5
_ROUNDING = 1e-6


def read_boundaries(
    paths: str | Path | Sequence[str | Path],
    *,
    crs: str | int | None = None,
    mapping: Mapping[str, str] | None = None,
    level: int | None = None,
    layer: str | None = None,
    town_code: str | None = None,
    town_name: str | None = None,
    join: bool = False,
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
    join : bool
        Join rows of one level with the same code: parts of one grid, such as an enclave 飞地.
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
        names = [layer] if layer else list_layers(path, limits=limits)
        for name in names:
            raw = _with_wkt(read_raw(path, layer=name, limits=limits))
            digests[path.name] = raw.file_sha256
            if len(names) > 1 and raw.geometry is not None and not are_polygons(raw.geometry).any():
                notices.append(_layer_left_out(path, name, raw))
                continue
            source, assumed = system_of(raw, crs)
            notices += assumed
            part, more = _grids(raw, source, mapping, level if level is not None else _told(path, name))
            parts.append(part)
            notices += [*raw.notices, *more]
    if not parts:
        raise InvalidInput("grids-empty", "文件中没有网格图形。", "The file holds no grid polygons.")
    grids = pd.concat(parts, ignore_index=True)
    if join:
        grids, more = join_parts(grids)
        notices += more
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


def _with_wkt(raw: RawTable) -> RawTable:
    """Give a table the shapes that a column of it writes as text (WKT)."""
    headings = [n for n in raw.table.column_names if n.strip().lower() in WKT_HEADERS]
    if raw.geometry is not None or len(headings) != 1:
        return raw
    texts = np.array(raw.table[headings[0]].to_pylist(), dtype=object)
    shapes = np.array(shapely.from_wkt(texts, on_invalid="ignore"), dtype=object)
    if shapely.is_missing(shapes).all():
        return raw
    return replace(
        raw, table=raw.table.drop_columns(headings), geometry=np.array(shapely.force_2d(shapes), dtype=object)
    )


def _layer_left_out(path: Path, name: str | None, raw: RawTable) -> Notice:
    zh, en = kinds_of(raw.geometry if raw.geometry is not None else np.empty(0, object))
    return Notice(
        "layer-left-out",
        f"{path.name} 的图层“{name}”只有{zh}，没有面，未读取。",
        f'The layer "{name}" of {path.name} has {en} and no polygons, and is not read.',
    )


def join_parts(grids: pd.DataFrame) -> tuple[pd.DataFrame, list[Notice]]:
    """Join rows of one level that have the same code.

    Parameters
    ----------
    grids : DataFrame
        As read.

    Returns
    -------
    DataFrame
        One row a grid: its shape the union, its counts those of its first part that has any.
    list of Notice
    """
    coded = grids["code"].notna()
    many = coded & grids.duplicated(["level", "code"], keep=False)
    if not many.any():
        return grids, []
    joined = []
    for _, parts in grids[many].groupby(["level", "code"], sort=False):
        whole = parts.iloc[0].copy()
        for column in ("population", "households", "name_zh", "name_en", "parent"):
            given = parts[column].dropna()
            whole[column] = given.iloc[0] if len(given) else None
        whole["geometry"] = union(parts["geometry"].to_numpy(dtype=object))
        joined.append(whole)
    names = "、".join(str(row["name_zh"] or row["code"]) for row in joined[:10])
    notice = Notice(
        "parts-joined",
        f"{len(joined)} 个网格由多块合成：{names}。",
        f"{len(joined)} grids were joined from several parts: {names}.",
    )
    return pd.concat([grids[~many], pd.DataFrame(joined)], ignore_index=True), [notice]


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
    raw, notices = _land_only(raw)
    n = raw.table.num_rows
    mapping = {**_less_specific(raw.table.column_names, mapping or {}), **(mapping or {})}
    headings = match_headings(raw.table.column_names, GRIDS, mapping, file_name)
    headings, taken = named(raw, headings, mapping)
    notices += taken
    named_area = headings.columns.get("parent")
    if named_area is not None and named_area not in mapping and is_size(raw.table[named_area].to_pylist()):
        headings = match_headings(raw.table.column_names, GRIDS, {**mapping, named_area: ""}, file_name)
        notices.append(
            Notice(
                "area-is-size",
                f"{file_name}：列“{named_area}”里是面积而不是片区名称，未当作上级网格。",
                f'{file_name}: the column "{named_area}" holds sizes, no names of areas, and names no parents.',
            )
        )
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
    all_fit(refusals, file_name)
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
    shapes = systems.geometries_to_wgs84(geometry, source)
    if not np.isfinite(shapely.bounds(shapes)[are_polygons(geometry)]).all():
        raise InvalidInput(
            "crs-contradicts-shapes",
            f"{file_name}：坐标与坐标系 {source[:40]} 不符，换算不出经纬度。请用 --crs 指明正确的坐标系。",
            f"{file_name}: its coordinates do not fit {source[:40]}: there are no such places. Name the right system "
            "with --crs.",
        )
    frame["geometry"] = pd.Series(list(shapes), dtype=object)
    return frame, notices


def _less_specific(columns: list[str], mapping: Mapping[str, str]) -> dict[str, str]:
    """Leave out the administrative area of land surveys where they say the village, too, and no mapping names it."""
    if not any(name.upper() in {"ZLDWDM", "ZLDWMC"} for name in columns):
        return {}
    named = {heading_key(name) for name in mapping}
    return {
        name: "" for name in columns if name.upper() in {"XZQDM", "XZQMC"} and heading_key(name) not in named
    }


def _land_only(raw: RawTable) -> tuple[RawTable, list[Notice]]:
    """Leave out rows whose shape is no polygon, and say which; refuse a table without any.

    Raises
    ------
    InvalidInput
    """
    geometry = raw.geometry if raw.geometry is not None else np.empty(0, object)
    # A feature without a shape stays: it is found, and told with its name, when the hierarchy is checked.
    land = are_polygons(geometry) | shapely.is_missing(geometry) | shapely.is_empty(geometry)
    if land.all():
        return raw, []
    zh, en = kinds_of(geometry)
    if not are_polygons(geometry).any():
        raise InvalidInput(
            "grids-no-polygons",
            f"{raw.path.name}：图形是{zh}，不是面。网格边界应为面（多边形）。",
            f"{raw.path.name}: its shapes are {en}, not polygons. Boundaries of grids are polygons.",
        )
    rows = ", ".join(str(r) for r in raw.row_numbers[~land][:10])
    kept = replace(
        raw,
        table=raw.table.filter(pa.array(land)),
        row_numbers=raw.row_numbers[land],
        geometry=geometry[land],
    )
    notice = Notice(
        "shapes-left-out",
        f"{raw.path.name}：第 {rows} 个要素是{zh}，不是面，未读取。",
        f"{raw.path.name}: features {rows} are {en}, not polygons, and are not read.",
    )
    return kept, [notice]


def _level(value: Any, level: int | None) -> int:
    if isinstance(value, str) and value in {"1", "2", "3", "4"}:
        return int(value)
    if level is not None and level not in {1, 2, 3, 4}:
        raise InvalidInput("level-unknown", "网格级别应为 1 到 4。", "The level of a grid is 1, 2, 3 or 4.")
    return level or 3


def all_fit(refusals: Refusals, file_name: str) -> None:
    """Refuse the file when a row has a value that does not fit: boundaries are taken whole or not at all."""
    problems = refusals.frame()
    if problems.empty:
        return
    zh, en = [], []
    for (field, reason_zh, reason_en), rows in problems.groupby(
        ["field", "reason_zh", "reason_en"], sort=False
    ):
        shown = ", ".join(str(row) for row in rows["row"].head(_MANY))
        more = len(rows) > _MANY
        zh.append(f"列“{field}”（第 {shown} {'等' if more else ''}共 {len(rows)} 个要素）：{reason_zh}")
        en.append(f'column "{field}" ({len(rows)} features: {shown}{" …" if more else ""}): {reason_en}')
    column = str(problems["field"].iloc[0])
    raise InvalidInput(
        "grids-refused",
        f'{file_name}：{"；".join(zh)} 不需要的列可在映射文件中写 {{"{column}": ""}} 略去。',
        f'{file_name}: {"; ".join(en)} A column that is not needed is left out by a mapping: {{"{column}": ""}}.',
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
    # Files of the whole world end a rounding error beyond its edges.
    if west < -180 - _ROUNDING or east > 180 + _ROUNDING or south < -90 - _ROUNDING or north > 90 + _ROUNDING:
        raise InvalidInput(
            "coordinate-out-of-range",
            f"{file_name}：坐标超出经纬度范围，可能是投影坐标。请说明坐标系（如 EPSG:4549）。",
            f"{file_name}: its coordinates are no degrees. If they are projected, name the system.",
        )
    return geometry
