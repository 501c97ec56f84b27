"""Cells that say that a stored field is to be emptied."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from gridmap.domain.fields import Field, Noun
from gridmap.ingest.rows.refused import Refusals

MARKS = ("[清空]", "【清空】", "<清空>", "[clear]", "<clear>")
"""What a cell says that empties its field; a blank cell leaves it alone."""
COLUMN = "cleared"
"""Column of accepted rows that names the fields which each of them empties."""
_OF_PLACE = frozenset({"grid_code", "village_name", "accuracy_m", "base_lon", "base_lat"})
_OF_STEPS = frozenset({"incidents", "incident_steps"})
_DERIVED = frozenset({"closed_at", "due_at", "code_system", "source_kind"})


def may_be_cleared(noun: Noun, field: Field) -> bool:
    """Tell whether a field of a stored record can be empty, and is emptied by itself."""
    needed = field.required or field.default is not None or field.name in noun.unique
    derived = noun.name in _OF_STEPS and field.name in _DERIVED
    # A ruling that names no grid holds in the whole town; other records would lie nowhere.
    placing = field.name in _OF_PLACE and (noun.name, field.name) != ("rulings", "grid_code")
    return not (needed or derived or field.kind in {"x", "y"} or placing)


def take_marks(
    column: pa.ChunkedArray,
    noun: Noun,
    field: Field,
    heading: str,
    refusals: Refusals,
    *,
    blank: bool,
) -> tuple[pa.ChunkedArray, NDArray[np.bool_]]:
    """Take the marks out of a column as written.

    Parameters
    ----------
    column : pyarrow.ChunkedArray of string
    noun : Noun
    field : Field
    heading : str
    refusals : Refusals
        Gets the marks in fields that every record needs.
    blank : bool
        Whether a blank cell is a mark, where the field may be empty.

    Returns
    -------
    column : pyarrow.ChunkedArray
        Null where a mark stood.
    cleared : ndarray of bool, shape (n,)
    """
    if noun.name == "incident_steps":
        return column, np.zeros(len(column), np.bool_)
    texts = pc.utf8_trim_whitespace(column)
    marked = pc.fill_null(pc.is_in(texts, pa.array(MARKS)), fill_value=False).to_numpy()
    if marked.any():
        column = pc.if_else(pa.array(marked), pa.scalar(None, pa.string()), column)
    if not may_be_cleared(noun, field):
        refusals.add(
            marked,
            heading,
            texts,
            code="cell-not-cleared",
            zh=f"{field.zh}不能清空。请填写新值，或留空表示不改。",
            en=f"{field.name} cannot be emptied. Give a new value, or leave the cell blank to change nothing.",
        )
        return column, np.zeros(len(column), np.bool_)
    if blank:
        empty = pc.fill_null(pc.equal(pc.utf8_length(texts), 0), fill_value=True).to_numpy()
        marked = marked | empty
    return column, marked


def named(cleared: Mapping[str, NDArray[np.bool_]], n: int) -> Any:
    """Return, for each of `n` rows, the fields that it empties, parted by blanks; null where there are none."""
    if not cleared:
        return pa.nulls(n, pa.string())
    names = list(cleared)
    table = np.column_stack([cleared[name] for name in names])
    return pa.array(
        [" ".join(name for name, on in zip(names, row, strict=True) if on) or None for row in table.tolist()],
        pa.string(),
    )
