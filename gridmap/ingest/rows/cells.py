"""What stands in tables beside plain values: totals, signatures, error values, two numbers in a cell."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from gridmap.ingest.model import Notice, RawTable
from gridmap.ingest.rows.refused import Refusals

_NO_RECORD = (
    r"^\s*(?:合\s*计|小\s*计|总\s*计|累\s*计|本页|本月|审\s*核|审\s*批|复\s*核|制\s*表|填\s*表|填\s*报|单位|负责|签字|签\s*名|盖\s*章|"
    r"备\s*注|说\s*明|注\s*[:：]|[Tt]otals?|[Ss]ubtotals?|[Ss]um\b|[Nn]otes?\s*:|[Ss]igned)"
)
_FEW = 3
"""A row with a word of those and more filled cells than these is taken for a record."""

_ERROR = r"^#(?:N/A|REF!|VALUE!|DIV/0!|NAME\?|NUM!|NULL!|SPILL!|CALC!|FIELD!|BUSY!|GETTING_DATA|ERROR!|NOT-COMPUTED!)$"
_NUMBER = r"[+\-]?[0-9０-９]{1,8}(?:[.．][0-9０-９]+)?\s*°?"
_PAIR = rf"^\s*[(（\[]?\s*(?P<first>{_NUMBER})\s*[,，;；、/\s]\s*(?P<second>{_NUMBER})\s*[)）\]]?\s*$"


def without_totals(raw: RawTable) -> RawTable:
    """Leave out rows of a sheet that begin with 合计, 审核 and the like and hold little else, and say which.

    Parameters
    ----------
    raw : RawTable

    Returns
    -------
    RawTable
    """
    table = raw.table
    if raw.format not in {"csv", "xlsx"} or not table.num_columns or not table.num_rows:
        return raw
    filled = np.zeros(table.num_rows, np.int64)
    first = pc.cast(table.columns[0], pa.string())
    for column in table.columns:
        filled += pc.is_valid(column).to_numpy(zero_copy_only=False)
        first = pc.coalesce(first, column)
    told = pc.fill_null(pc.match_substring_regex(first, _NO_RECORD), fill_value=False)
    out = told.to_numpy(zero_copy_only=False) & (filled <= min(_FEW, max(table.num_columns - 1, 1)))
    if not out.any():
        return raw
    rows, words = raw.row_numbers[out], first.filter(pa.array(out)).to_pylist()
    shown = "、".join(f"{row}（{word.strip()[:10]}）" for row, word in zip(rows[:10], words, strict=False))
    notice = Notice(
        "rows-no-record",
        f"第 {shown} 行是合计或签字，不是记录，未读取。",
        f"Rows {', '.join(str(row) for row in rows[:10])} are totals or signatures, not records, and are not read.",
    )
    keep = ~out
    return replace(
        raw,
        table=table.filter(pa.array(keep)),
        row_numbers=raw.row_numbers[keep],
        geometry=None if raw.geometry is None else raw.geometry[keep],
        notices=(*raw.notices, notice),
    )


def without_errors(column: pa.ChunkedArray, heading: str, refusals: Refusals) -> pa.ChunkedArray:
    """Refuse the rows in which a spreadsheet's error value stands in place of a value.

    Parameters
    ----------
    column : pyarrow.ChunkedArray of string, length n
    heading : str
    refusals : Refusals

    Returns
    -------
    pyarrow.ChunkedArray
        The column, empty in those rows.
    """
    wrong = pc.fill_null(pc.match_substring_regex(column, _ERROR), fill_value=False)
    if not pc.any(wrong).as_py():
        return column
    refusals.add(
        wrong.to_numpy(zero_copy_only=False),
        heading,
        column,
        code="cell-error",
        zh="单元格是公式错误值，或没有算出值的公式，不是数据。请在电子表格软件中改正并重新保存，或直接填入数值。",
        en="the cell holds a formula's error value, or a formula that was never computed. Mend it and save it from a "
        "spreadsheet program, or type the value.",
    )
    return pc.if_else(wrong, pa.scalar(None, pa.string()), column)


def split_pairs(x: pa.ChunkedArray, y: pa.ChunkedArray | None) -> tuple[pa.ChunkedArray, pa.ChunkedArray]:
    """Take cells that hold both coordinates apart.

    Parameters
    ----------
    x : pyarrow.ChunkedArray of string, length n
        Longitudes, or cells such as ``120.4176,29.7894``.
    y : pyarrow.ChunkedArray of string, length n, optional
        Latitudes; where one stands the cell beside it is left alone.

    Returns
    -------
    x, y : pyarrow.ChunkedArray of string
    """
    parts = pc.extract_regex(x, _PAIR)
    alone = pc.is_valid(parts)
    if y is not None:
        alone = pc.and_(alone, pc.is_null(y))
    rest = pa.nulls(len(x), pa.string()) if y is None else y
    return (
        pa.chunked_array([_whole(pc.if_else(alone, pc.struct_field(parts, "first"), x))]),
        pa.chunked_array([_whole(pc.if_else(alone, pc.struct_field(parts, "second"), rest))]),
    )


def _whole(values: pa.ChunkedArray | pa.Array) -> pa.Array:
    return values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
