"""One door for every format."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from gridmap.crs import BBox
from gridmap.ingest.model import DEFAULT_LIMITS, Limits, RawTable
from gridmap.ingest.reading.csvfile import read_csv
from gridmap.ingest.reading.files import (
    OSM,
    check_size,
    format_of,
    open_regular,
    text_inside,
    workbook_inside,
)
from gridmap.ingest.reading.sandbox import read_isolated


def read_raw(
    path: str | Path,
    *,
    sheet: str | None = None,
    layer: str | None = None,
    bounds: BBox | None = None,
    encoding: str | None = None,
    known: Collection[str] = (),
    limits: Limits = DEFAULT_LIMITS,
) -> RawTable:
    """Read one table of an untrusted file as it stands.

    CSV is read in this process; every other format in a process of its own with limits on memory and time.

    Parameters
    ----------
    path : str or Path
    sheet : str, optional
        Worksheet of a workbook; by default the one with most known headings.
    layer : str, optional
        Layer of a GeoPackage, KML or zip; the only one by default.
    bounds : tuple of float, optional
        West, south, east, north (EPSG:4326): of an OpenStreetMap extract only the roads there are read.
    encoding : str, optional
        Of a CSV file; found from its bytes by default.
    known : collection of str
        Headings that are expected, by which the row of headings is found; the first row by default.
    limits : Limits

    Returns
    -------
    RawTable

    Raises
    ------
    InvalidInput
        Naming the file, when it is not a readable file of a known format within the limits.
    """
    path = Path(path)
    kind = format_of(path)
    with open_regular(path) as source:
        check_size(path, source.seek(0, 2), kind, limits)
        source.seek(0)
        if kind == "csv" and workbook_inside(source):
            kind = "xlsx"
        elif kind == "xlsx" and path.suffix.lower() == ".xls" and text_inside(source):
            # Many a system hands out its tables of text under this name.
            kind = "csv"
        if kind == "csv":
            return read_csv(path, source, limits, known=known, encoding=encoding)
        return read_isolated(path, source, kind, sheet or layer, limits=limits, known=known, bounds=bounds)


def list_layers(path: str | Path, *, limits: Limits = DEFAULT_LIMITS) -> list[str | None]:
    """Names of the layers of a vector file; ``[None]`` for a format that has only one.

    Raises
    ------
    InvalidInput
        As :func:`read_raw`.
    """
    path = Path(path)
    kind = format_of(path)
    if kind in {"csv", "geojson", "geojsonl", "parquet", "xlsx"} | OSM:
        return [None]
    with open_regular(path) as source:
        check_size(path, source.seek(0, 2), kind, limits)
        raw = read_isolated(path, source, kind, None, limits=limits, layers_only=True)
    return [str(name) for name in raw.table["layer"].to_pylist()]
