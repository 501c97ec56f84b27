"""What reading and checking hand on: raw tables, parsed tables, notices and the limits of what is read."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from gridmap.crs import WGS84

MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of a file is read before it is refused.

    Attributes
    ----------
    table_bytes, text_bytes, vector_bytes : int
        Largest CSV, largest GeoJSON or KML, and largest file of any other format.
    unpacked_bytes, unpack_ratio : int
        Largest sum of a zip's members, and largest ratio to their packed size.
    columns, rows, features, vertices : int
        Most columns, table rows, map features, and vertices of all features.
    memory_bytes, cpu_s, wall_s : int
        What the reading process of a format other than CSV may use. The memory is that of its data; with the
        libraries that it maps, the whole process stays below 512 MiB.
    """

    table_bytes: int = 1024 * MIB
    text_bytes: int = 96 * MIB
    vector_bytes: int = 256 * MIB
    unpacked_bytes: int = 512 * MIB
    unpack_ratio: int = 200
    columns: int = 300
    rows: int = 5_000_000
    features: int = 500_000
    vertices: int = 20_000_000
    memory_bytes: int = 384 * MIB
    cpu_s: int = 60
    wall_s: int = 120


DEFAULT_LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class Notice:
    """Something a person should know that does not refuse a row."""

    code: str
    zh: str
    en: str


@dataclass(frozen=True)
class RawTable:
    """One table of a file as it stands, every cell a string.

    Attributes
    ----------
    path : Path
    file_sha256 : str
        Hex digest of the file's bytes.
    format : str
        ``csv``, ``xlsx``, ``geojson``, ``gpkg``, ``shapefile`` or ``kml``.
    table : pyarrow.Table
        Columns of type string; null where a cell is empty.
    row_numbers : ndarray of int64, shape (n,)
        The number a person sees: spreadsheet row (headings are row 1), or the feature's place from 1.
    geometry : ndarray of shapely geometries, shape (n,), optional
        In the file's own coordinates; two-dimensional.
    crs : str, optional
        The system that the file itself declares.
    notices : tuple of Notice
    since_1904 : bool
        Whether a workbook's numbers that are dates count from 1904.
    alike : tuple of str
        Worksheets of the workbook that have such records, in its order.
    """

    path: Path
    file_sha256: str
    format: str
    table: pa.Table
    row_numbers: NDArray[np.int64]
    geometry: NDArray[np.object_] | None = None
    crs: str | None = None
    notices: tuple[Notice, ...] = ()
    since_1904: bool = False
    alike: tuple[str, ...] = ()


STARRED_COLUMNS = ("row", "field", "kinds")
REFUSED_COLUMNS = ("file", "row", "field", "value", "code", "reason_zh", "reason_en")


@dataclass(frozen=True)
class ParsedTable:
    """Accepted rows of a file, typed, and what was refused and why.

    Attributes
    ----------
    noun : str
        Key of :data:`gridmap.domain.records.NOUNS`.
    file_name, file_sha256 : str
    table : pyarrow.Table
        Accepted rows. All fields of the noun, absent ones null, and ``row`` (int64, as seen in the file).
        Nouns with a place have ``lon``, ``lat`` (float64, EPSG:4326), ``raw_x``, ``raw_y``, ``source_crs``
        and ``placed_by`` (``coordinate``, ``grid_code``, ``village_name`` or null); teams have ``base_lon``
        and ``base_lat``. Instants are timestamp[us, UTC].
    geometry : ndarray of shapely geometries, shape (n,), optional
        Lines of accepted roads, EPSG:4326.
    refused : DataFrame
        One line for each problem: file, row, field, value (personal data masked), code, reason_zh, reason_en.
    starred : DataFrame
        One line for each text in which something that points at a person was starred out: row, field, kinds.
    originals : DataFrame
        The refused rows as they stood in the file, indexed by row number.
    headers : dict
        Heading in the file to field.
    ignored : tuple of str
        Headings that are not read.
    warnings : tuple of Notice
    total_rows : int
        Rows in the file.
    source_crs : str
    constants : dict
        Field to the value that every row gets.
    partial : bool
        Whether the file lacks what new records need, and updates known ones by a few columns.
    """

    noun: str
    file_name: str
    file_sha256: str
    table: pa.Table
    geometry: NDArray[np.object_] | None
    refused: pd.DataFrame
    starred: pd.DataFrame
    originals: pd.DataFrame
    headers: dict[str, str]
    ignored: tuple[str, ...]
    warnings: tuple[Notice, ...]
    total_rows: int
    source_crs: str = WGS84
    constants: dict[str, str] = field(default_factory=dict)
    partial: bool = False

    @cached_property
    def rows(self) -> pd.DataFrame:
        """Accepted rows as a DataFrame; a GeoDataFrame in EPSG:4326 where rows have geometry of their own."""
        frame: pd.DataFrame = self.table.to_pandas(types_mapper=_pandas_type)
        if self.geometry is None:
            return frame
        lines: pd.DataFrame = gpd.GeoDataFrame(frame, geometry=self.geometry, crs=WGS84)
        return lines

    @property
    def accepted_rows(self) -> int:
        """Number of rows that were accepted."""
        return int(self.table.num_rows)

    @property
    def refused_rows(self) -> int:
        """Number of rows with at least one problem."""
        return self.total_rows - self.accepted_rows


def _pandas_type(kind: pa.DataType) -> Any:
    if pa.types.is_integer(kind):
        return pd.Int64Dtype()
    if pa.types.is_boolean(kind):
        return pd.BooleanDtype()
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return pd.StringDtype("pyarrow", na_value=np.nan)
    return None
