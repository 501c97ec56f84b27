"""Keys of records: given ones must be unique, absent ones are derived from the content."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import shapely
from numpy.typing import NDArray

from gridmap.domain.fields import Noun
from gridmap.ingest.model import Notice
from gridmap.ingest.rows.headers import Headings
from gridmap.ingest.rows.places import Places
from gridmap.ingest.rows.refused import Refusals

_CONTENT = ("occurred_at", "domain", "kind", "grid_code", "village_name", "summary")
"""What makes an incident the same one: not its stage or dates of work, which change."""


def complete_keys(
    columns: dict[str, Any],
    places: Places,
    geometry: NDArray[np.object_] | None,
    *,
    noun: Noun,
    headings: Headings,
    refusals: Refusals,
) -> list[Notice]:
    """Derive missing keys of incidents and roads, and refuse keys that stand twice.

    Parameters
    ----------
    columns : dict
        Field to typed column; the key column is completed in place.
    places : Places
    geometry : ndarray of shapely geometries, optional
    noun : Noun
    headings : Headings
    refusals : Refusals

    Returns
    -------
    list of Notice
        About rows whose content is the same.
    """
    key = noun.unique[0]
    notices: list[Notice] = []
    missing = pc.is_null(columns[key]).to_numpy(zero_copy_only=False)
    if missing.any() and noun.name in {"incidents", "roads"}:
        rows = np.flatnonzero(missing)
        content = _road_content(geometry) if noun.name == "roads" else _incident_content(columns, places)
        derived, same = _derive(content, rows)
        if rows.size == missing.size:
            columns[key] = derived
        else:
            columns[key] = pc.replace_with_mask(_flat(columns[key]), pa.array(missing), derived)
        if same:
            notices.append(
                Notice(
                    "rows-identical",
                    f"有 {same} 行没有编号且内容与前面的行相同，仍作为不同的{noun.zh}导入；如重复请删除。",
                    f"{same} rows without a key are identical to an earlier row and are kept apart; "
                    "delete them if they are repetitions.",
                )
            )
    _refuse_twice(columns, noun, headings, refusals)
    return notices


def _flat(column: Any) -> pa.Array:
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def _incident_content(columns: dict[str, Any], places: Places) -> Any:
    parts = []
    for name in _CONTENT:
        column = columns[name]
        if pa.types.is_timestamp(column.type):
            column = column.cast(pa.int64())
        parts.append(pc.fill_null(pc.cast(_flat(column), pa.string()), ""))
    for axis in (places.lon, places.lat):
        # Seven decimals are a centimetre, so that another program's rounding keeps the key.
        scaled = np.rint(np.where(np.isfinite(axis), axis, 0.0) * 1e7).astype(np.int64)
        parts.append(pc.cast(pa.array(scaled), pa.string()))
    return pc.binary_join_element_wise(*parts, "\x1f")


def _road_content(geometry: NDArray[np.object_] | None) -> Any:
    if geometry is None:
        return pa.array([], pa.string())
    wkb = shapely.to_wkb(shapely.normalize(shapely.set_precision(geometry, 1e-7)), hex=True, byte_order=1)
    return pa.array(["" if w is None else str(w) for w in wkb], pa.string())


def _derive(content: Any, rows: NDArray[np.int64]) -> tuple[pa.Array, int]:
    """Hash the content of rows; the n-th of identical rows gets a key of its own."""
    texts = content.take(pa.array(rows)).to_pylist()
    seen: dict[str, int] = {}
    keys = []
    same = 0
    for text in texts:
        times = seen.get(text, 0)
        seen[text] = times + 1
        if times:
            same += 1
            text = f"{text}\x1e{times}"  # noqa: PLW2901
        keys.append("h" + hashlib.blake2b(text.encode(), digest_size=10).hexdigest())
    return pa.array(keys, pa.string()), same


def _refuse_twice(columns: dict[str, Any], noun: Noun, headings: Headings, refusals: Refusals) -> None:
    parts = [columns[name] for name in noun.unique]
    if len(parts) == 1:
        key = parts[0]
        if len(pc.unique(key).drop_null()) == len(key) - key.null_count:
            return
    else:
        texts = [
            pc.cast(_flat(p).cast(pa.int64()) if pa.types.is_timestamp(p.type) else _flat(p), pa.string())
            for p in parts
        ]
        key = pc.binary_join_element_wise(*texts, "\x1f")
    series = pd.Series(_flat(key).to_pandas())
    again = series.duplicated(keep="first").to_numpy() & series.notna().to_numpy()
    if not again.any():
        return
    first = {v: i for i, v in zip(range(len(series) - 1, -1, -1), reversed(series.tolist()), strict=True)}
    rows = np.flatnonzero(again)
    earlier = [int(refusals.row_numbers[first[series.iloc[i]]]) for i in rows.tolist()]
    names = " + ".join(headings.columns.get(n, n) for n in noun.unique)
    refusals.add(
        rows,
        names,
        _flat(parts[0]),
        code="key-twice",
        zh=[f"与第 {n} 行编号相同。请删除重复行，或改正编号。" for n in earlier],
        en=[f"row {n} has the same key. Delete the repeated row, or correct the key." for n in earlier],
    )
