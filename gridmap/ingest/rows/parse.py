"""From an untrusted file to typed rows, with every problem of every row said."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from gridmap import crs as systems
from gridmap.domain.fields import Field, Noun
from gridmap.files.cells import restore_cells
from gridmap.ingest.model import DEFAULT_LIMITS, Limits, Notice, ParsedTable, RawTable
from gridmap.ingest.reading import read_raw
from gridmap.ingest.rows import checks, cleared, convert
from gridmap.ingest.rows.cells import split_pairs, without_errors, without_totals
from gridmap.ingest.rows.geometry import SHAPED, coordinate_columns, read_shapes
from gridmap.ingest.rows.headers import (
    Headings,
    dispute_headings,
    known_keys,
    match_headings,
    noun_of,
    split_values,
)
from gridmap.ingest.rows.known import KnownGrids, check_known, naming_grids
from gridmap.ingest.rows.lines import placed_by_lines
from gridmap.ingest.rows.places import Places, none_placed, read_places
from gridmap.ingest.rows.refused import Refusals
from gridmap.ingest.rows.uid import complete_keys

Progress = Callable[[int, int], None]


def parse_table(
    path: str | Path,
    noun: str,
    *,
    mapping: Mapping[str, str] | None = None,
    crs: str | int | None = None,
    sheet: str | None = None,
    layer: str | None = None,
    encoding: str | None = None,
    bounds: systems.BBox | None = None,
    zone: str = "Asia/Shanghai",
    dayfirst: bool | None = None,
    now: dt.datetime | None = None,
    known: KnownGrids | None = None,
    clear_blank: bool = False,
    on_progress: Progress | None = None,
    limits: Limits = DEFAULT_LIMITS,
) -> ParsedTable:
    """Read and check a file of records.

    Parameters
    ----------
    path : str or Path
        CSV, XLSX, GeoJSON, GeoPackage, KML or zipped Shapefile; of roads also an OpenStreetMap extract.
    noun : str
        A key of :data:`gridmap.domain.records.NOUNS`, such as ``incidents``.
    mapping : mapping of str to str, optional
        Heading to field, heading to ``""`` (not read), or field to ``"=value"`` (the same for every row).
    crs : str or int, optional
        System of the coordinates; by default what the file declares, or EPSG:4326.
    sheet, layer : str, optional
        Which table of the file; by default the worksheet whose headings are best known, or the only layer.
    encoding : str, optional
        Of a CSV file; found from its bytes by default.
    bounds : tuple of float, optional
        West, south, east, north (EPSG:4326) of where rows are expected: tells swapped coordinates.
    zone : str
        IANA time zone of dates that name none.
    dayfirst : bool, optional
        How 01/02/2026 is meant; refused without it.
    now : datetime, optional
        Aware; dates more than a day after it are refused. The present by default.
    known : KnownGrids, optional
        Codes and names of the workspace's grids; rows placed by another are refused.
    clear_blank : bool
        Whether a blank cell of a column that the file has empties the stored field; it leaves it alone otherwise.
    on_progress : callable, optional
        Called with ``(done, total)`` columns checked.
    limits : Limits

    Returns
    -------
    ParsedTable

    Raises
    ------
    InvalidInput
        When the file as a whole cannot be used: unreadable, a personal or a missing column, a bad mapping.
    """
    noun_table = noun_of(noun)
    mapping, meant = split_values(mapping, noun_table)
    raw = read_raw(
        path,
        sheet=sheet,
        layer=layer,
        bounds=bounds,
        encoding=encoding,
        known=known_keys(noun_table, mapping),
        limits=limits,
    )
    return parse_raw(
        without_totals(raw),
        noun_table,
        mapping=mapping,
        meant=meant,
        crs=crs,
        bounds=bounds,
        zone=zone,
        dayfirst=dayfirst,
        now=now or dt.datetime.now(dt.UTC),
        known=known,
        clear_blank=clear_blank,
        on_progress=on_progress,
    )


def parse_raw(
    raw: RawTable,
    noun: Noun,
    *,
    mapping: Mapping[str, str] | None,
    meant: Mapping[str, Mapping[str, str]],
    crs: str | int | None,
    bounds: systems.BBox | None,
    zone: str,
    dayfirst: bool | None,
    now: dt.datetime,
    known: KnownGrids | None = None,
    clear_blank: bool = False,
    on_progress: Progress | None = None,
) -> ParsedTable:
    """Check a table that has been read; see :func:`parse_table`."""
    file_name = raw.path.name
    notices = list(raw.notices)
    if dispute_headings(raw.table.column_names, noun, mapping):
        mapping = {**(mapping or {}), "domain": "=dispute"}
        notices.append(_taken_for_disputes())
    source_crs = systems.normalise(crs or raw.crs or systems.WGS84)
    raw = coordinate_columns(raw, noun)
    headings = match_headings(
        raw.table.column_names,
        noun,
        mapping,
        file_name,
        with_place=raw.geometry is None,
        may_lack=known is not None and known.stored is not None,
    )
    refusals = Refusals(file_name, raw.row_numbers)
    steps = len(noun.fields) + 3
    done = 0

    def tick() -> None:
        nonlocal done
        done += 1
        if on_progress is not None:
            on_progress(min(done, steps), steps)

    columns: dict[str, Any] = {}
    given: dict[str, Any] = {}
    emptied: dict[str, NDArray[np.bool_]] = {}
    for field in noun.fields:
        column = None if field.kind in {"x", "y"} else _given(raw, field, headings)
        if column is not None:
            column = _with_meanings(column, meant.get(field.name, {}))
            heading = headings.columns.get(field.name, field.name)
            column, marked = cleared.take_marks(column, noun, field, heading, refusals, blank=clear_blank)
            if marked.any():
                emptied[field.name] = marked
            given[field.name] = column
            columns[field.name] = convert.column(
                without_errors(column, heading, refusals),
                field,
                heading,
                refusals,
                zone=zone,
                dayfirst=dayfirst,
                since_1904=raw.since_1904,
                source_crs=source_crs,
            )
        tick()
    places, more = _places(raw, noun, headings, refusals, source_crs=source_crs, bounds=bounds)
    notices += more
    places = _by_lines(places, noun, columns, emptied)
    tick()
    geometry = None
    if noun.place in SHAPED:
        geometry = read_shapes(raw, noun, headings, source_crs, refusals)
    columns = _complete(columns, noun, raw.table.num_rows)
    if headings.lacking and known is not None and known.stored is not None:
        _only_known(columns, noun, headings, refusals, known.stored)
    checks.check_rows(columns, places, noun, headings, refusals, given=given, now=now)
    if known is not None:
        check_known(columns, places.placed if noun.place != "none" else None, headings, refusals, known)
    notices += checks.check_ignored(raw, headings, file_name)
    notices += checks.personal_columns(refusals)
    notices += checks.unmapped_values(refusals)
    notices += complete_keys(columns, places, geometry, noun=noun, headings=headings, refusals=refusals)
    tick()
    return _result(
        raw,
        noun,
        headings,
        refusals,
        columns=columns,
        places=places,
        geometry=geometry,
        notices=notices,
        source_crs=source_crs,
        emptied=emptied,
    )


def _only_known(
    columns: dict[str, Any],
    noun: Noun,
    headings: Headings,
    refusals: Refusals,
    stored: Callable[[pa.Array], pa.Array],
) -> None:
    """Refuse rows of a file of a few columns whose records are not there: it says too little to make them."""
    key = columns[noun.unique[0]]
    there = stored(pc.unique(key).drop_null())
    unknown = ~pc.fill_null(pc.is_in(key, there), fill_value=False).to_numpy(zero_copy_only=False)
    lacking = "、".join(headings.lacking)
    heading = headings.columns[noun.unique[0]]
    refusals.add(
        unknown,
        heading,
        key,
        code="record-unknown",
        zh=f"没有这个编号的{noun.zh}；要新建，文件还缺少：{lacking}。请核对编号，或补上这些列。",
        en=f"no {noun.en} has this number; to make one the file lacks {lacking.replace('、', ', ')}. "
        "Check the number, or add the columns.",
    )


def _with_meanings(column: pa.ChunkedArray, table: Mapping[str, str]) -> pa.ChunkedArray:
    """Put what the mapping says that a text means in its place."""
    if not table:
        return column
    texts = pc.utf8_trim_whitespace(column)
    found = pc.index_in(texts, pa.array(list(table), pa.string()))
    return pc.coalesce(pc.take(pa.array(list(table.values()), pa.string()), found), column)


def _taken_for_disputes() -> Notice:
    return Notice(
        "domain-from-headings",
        "没有“领域”一列；表头讲的是化解，全部按“纠纷”读取。如有不同，请增加“领域”一列。",
        "There is no column for the domain; its headings tell of mediation, so all rows are read as disputes. "
        "Add a column domain where that is wrong.",
    )


def _given(raw: RawTable, field: Field, headings: Headings) -> pa.ChunkedArray | None:
    if field.name in headings.columns:
        column = raw.table[headings.columns[field.name]]
        return restore_cells(column) if raw.format in {"csv", "xlsx"} else column
    if field.name in headings.constants:
        value = pa.scalar(headings.constants[field.name], pa.string())
        return pa.chunked_array([pa.repeat(value, raw.table.num_rows)])
    return None


def _places(
    raw: RawTable,
    noun: Noun,
    headings: Headings,
    refusals: Refusals,
    *,
    source_crs: str,
    bounds: systems.BBox | None,
) -> tuple[Places, list[Notice]]:
    names = {f.kind: f for f in noun.fields if f.kind in {"x", "y"}}
    if len(names) < 2:
        return none_placed(raw.table.num_rows), []
    x, y = (_given(raw, names[axis], headings) for axis in ("x", "y"))
    if x is None or y is None:
        return none_placed(raw.table.num_rows), []
    label_x, label_y = (headings.columns.get(names[axis].name, names[axis].name) for axis in ("x", "y"))
    x = without_errors(x, label_x, refusals)
    if label_x == label_y:
        x, y = split_pairs(x, None)
    else:
        x, y = split_pairs(x, without_errors(y, label_y, refusals))
    return read_places((x, y), (label_x, label_y), source_crs, bounds, refusals)


def _by_lines(
    places: Places, noun: Noun, columns: dict[str, Any], emptied: dict[str, NDArray[np.bool_]]
) -> Places:
    """Give rows with a line their place by it; a point in its stead empties it."""
    for field in noun.fields:
        if field.kind == "line" and field.name in columns:
            places, columns[field.name], points = placed_by_lines(places, columns[field.name])
            if points.any():
                emptied[field.name] = emptied.get(field.name, False) | points
    return places


def _complete(columns: dict[str, Any], noun: Noun, n: int) -> dict[str, Any]:
    """Absent columns become null or their default; the order becomes that of the field table."""
    full: dict[str, Any] = {}
    for field in noun.fields:
        if field.kind in {"x", "y"}:
            continue
        kind = convert.ARROW_TYPES[field.kind]
        values = columns.get(field.name)
        if values is None:
            values = pa.nulls(n, kind)
        if field.default is not None:
            default = pa.scalar(field.default).cast(kind)
            values = pc.fill_null(values, default)
        full[field.name] = naming_grids(values) if field.name == "grid_code" else values
    return full


def _result(
    raw: RawTable,
    noun: Noun,
    headings: Headings,
    refusals: Refusals,
    *,
    columns: dict[str, Any],
    places: Places,
    geometry: NDArray[np.object_] | None,
    notices: list[Notice],
    source_crs: str,
    emptied: dict[str, NDArray[np.bool_]],
) -> ParsedTable:
    placed_names = [f.name for f in noun.fields if f.kind in {"x", "y"}]
    data: dict[str, Any] = {"row": pa.array(raw.row_numbers)} | columns
    if placed_names:
        data[placed_names[0]] = pa.array(places.lon, from_pandas=True)
        data[placed_names[1]] = pa.array(places.lat, from_pandas=True)
        data["raw_x"] = pa.array(places.raw_x, from_pandas=True)
        data["raw_y"] = pa.array(places.raw_y, from_pandas=True)
        data["source_crs"] = pc.if_else(
            pa.array(places.placed), pa.scalar(source_crs), pa.scalar(None, pa.string())
        )
        data["placed_by"] = checks.placed_by(columns, places)
    if emptied:
        data[cleared.COLUMN] = cleared.named(emptied, raw.table.num_rows)
    table = pa.table(data)
    bad = refusals.bad
    originals = pd.DataFrame(columns=raw.table.column_names)
    if bad.any():
        table = table.filter(pa.array(~bad))
        originals = raw.table.filter(pa.array(bad)).to_pandas()
        originals.index = pd.Index(raw.row_numbers[bad], name="row")
        if geometry is not None:
            originals = originals.assign(**_as_wkt(raw, headings, bad))
            geometry = geometry[~bad]
    return ParsedTable(
        noun=noun.name,
        file_name=raw.path.name,
        file_sha256=raw.file_sha256,
        table=table,
        geometry=geometry,
        refused=refusals.frame(),
        starred=refusals.starred(),
        originals=originals,
        headers={v: k for k, v in headings.columns.items()},
        ignored=headings.ignored,
        warnings=tuple(notices),
        total_rows=raw.table.num_rows,
        source_crs=source_crs,
        constants=headings.constants,
        partial=bool(headings.lacking),
    )


def _as_wkt(raw: RawTable, headings: Headings, bad: NDArray[np.bool_]) -> dict[str, Any]:
    if headings.wkt is not None or raw.geometry is None:
        return {}
    import shapely

    return {"wkt": shapely.to_wkt(raw.geometry[bad], rounding_precision=9)}
