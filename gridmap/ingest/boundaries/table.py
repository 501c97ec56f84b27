"""Names and counts of grids corrected in a table without shapes: the grids that stand, with what the table says."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa

from gridmap.crs import WGS84
from gridmap.domain.gridkey import parent
from gridmap.domain.records import GRIDS
from gridmap.errors import InvalidInput
from gridmap.ingest.boundaries.draft import COLUMNS, BoundaryDraft
from gridmap.ingest.boundaries.read import all_fit
from gridmap.ingest.model import DEFAULT_LIMITS, Limits, Notice
from gridmap.ingest.reading import read_raw
from gridmap.ingest.rows import convert
from gridmap.ingest.rows.headers import match_headings
from gridmap.ingest.rows.refused import Refusals

_CORRECTED = ("name_zh", "name_en", "population", "households")
TABLES = frozenset({".csv", ".xlsx"})


def correct_from_table(
    path: Path,
    standing: gpd.GeoDataFrame,
    *,
    mapping: Mapping[str, str] | None = None,
    limits: Limits = DEFAULT_LIMITS,
) -> BoundaryDraft:
    """Return the grids that stand, with the names, population and households of a table without shapes.

    Parameters
    ----------
    path : Path
        CSV or XLSX with a column of codes or grid keys; a blank cell leaves what is stored alone.
    standing : GeoDataFrame
        Grids in force (EPSG:4326): grid_key, level, code, name_zh, name_en, population, households, illustrative.
    mapping : mapping of str to str, optional
        Heading to field, as for boundaries.
    limits : Limits

    Raises
    ------
    InvalidInput
        When the table names no grids, corrects nothing, or a row names a grid that there is not.
    """
    raw = read_raw(path, limits=limits)
    headings = match_headings(raw.table.column_names, GRIDS, mapping, path.name)
    by = next((name for name in ("grid_key", "code") if name in headings.columns), None)
    corrected = [name for name in _CORRECTED if name in headings.columns]
    if by is None or not corrected:
        raise InvalidInput(
            "geometry-none",
            f"{path.name}：文件里没有图形。用表格可以按网格编码改正名称、人口、户数（需要“网格编码”一列和要改的列）；"
            "要导入边界，请导出为 GeoPackage、Shapefile、GeoJSON 或 KML。",
            f"{path.name}: it has no shapes. A table can correct names, population and households (columns code "
            "and what is corrected); for boundaries export GeoPackage, Shapefile, GeoJSON or KML.",
        )
    refusals = Refusals(path.name, raw.row_numbers)
    columns: dict[str, list[Any]] = {}
    for name in (by, *corrected):
        field = GRIDS.field(name)
        heading = headings.columns[name]
        read = convert.column(raw.table[heading], field, heading, refusals, zone="UTC", dayfirst=None)
        columns[name] = read.to_pylist()
    index = {str(v): i for i, v in enumerate(standing[by])}
    wanted = [None if v is None else str(v) for v in columns[by]]
    refusals.add(
        np.array([v is None or v not in index for v in wanted]),
        headings.columns[by],
        pa.array(wanted, pa.string()),
        code="grid-unknown",
        zh="现行网格中没有这个编码。请核对（gridmap grids list 可查）。",
        en="no grid in force has this code. Check it (see gridmap grids list).",
    )
    all_fit(refusals, path.name)
    frame = pd.DataFrame(standing).reindex(columns=list(COLUMNS))
    frame["geometry"] = standing.geometry.to_numpy()
    for name in corrected:
        values = frame[name].astype(object).tolist()
        for row, value in zip(wanted, columns[name], strict=True):
            if value is not None and row is not None:
                values[index[row]] = value
        frame[name] = pd.Series(values, dtype=object)
    frame["valid_from"] = frame["valid_to"] = None
    frame["parent_key"] = [parent(int(key)) for key in standing["grid_key"]]
    frame["made"], frame["code_fits"], frame["file"] = False, True, path.name
    frame["row"] = np.arange(1, len(frame) + 1)
    notice = Notice(
        "grids-by-table",
        f"{path.name} 没有图形：按编码改正现行网格的{'、'.join(GRIDS.field(n).zh for n in corrected)}，边界不变。",
        f"{path.name} has no shapes: {', '.join(corrected)} of the grids in force are corrected by code; no boundary "
        "moves.",
    )
    draft = gpd.GeoDataFrame(frame, geometry="geometry", crs=WGS84)
    return BoundaryDraft(draft, (notice,), {path.name: raw.file_sha256}, WGS84)
