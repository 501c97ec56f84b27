"""Hash of the records that a run works on: one for whatever order they are read in, and the same in every version.

A kept run, plan or report names it, so that whoever makes it again sees whether the data are the same.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pyarrow as pa

_PLAINLY_WRITTEN = (1e-4, 1e10)
"""Between them Arrow and Python write a number that is not whole alike, without an exponent."""


def hash_of(
    cells: gpd.GeoDataFrame, records: Sequence[NDArray[Any]], heads: Iterable[tuple[int, int]]
) -> str:
    """Hash of cells in their order, of records in any order, and of head-counts by grid.

    Parameters
    ----------
    cells : GeoDataFrame
        grid_key, population, geometry in degrees: projected coordinates differ in the last digits between versions of
        PROJ.
    records : sequence of (m,) arrays
        Columns.
    heads : iterable of (int, int)
    """
    digest = hashlib.sha256()
    shapes = shapely.to_wkb(cells.geometry.to_numpy(), byte_order=1)
    for key, population, shape in zip(cells["grid_key"], cells["population"], shapes, strict=True):
        digest.update(f"{key}:{population}:".encode() + hashlib.sha256(shape).digest())
    digest.update(sorted_rows(records))
    digest.update(str(sorted(heads)).encode())
    return digest.hexdigest()


def sorted_rows(columns: Sequence[NDArray[Any]]) -> bytes:
    """Write columns as rows, a line each as Python writes a tuple of its values, in the order of their text.

    Parameters
    ----------
    columns : sequence of (m,) arrays
        Whole numbers, floats, and objects that are text or None.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    # Line by line in Python it costs three seconds a million.
    lines = pc.binary_join_element_wise(*map(_written, columns), pa.scalar(", ", pa.large_string()))
    lines = pc.binary_join_element_wise(
        *(pa.scalar(s, pa.large_string()) if isinstance(s, str) else s for s in ("(", lines, ")\n", ""))
    )
    lines = lines.take(pc.array_sort_indices(lines))
    return b"" if not len(lines) else bytes(lines.buffers()[2])[:-1]


def _written(values: NDArray[Any]) -> pa.Array:
    import pyarrow as pa
    import pyarrow.compute as pc

    if values.dtype == object:
        told = pa.array(values, pa.large_string()).dictionary_encode()
        words = pa.array([repr(word) for word in told.dictionary.to_pylist()], pa.large_string())
        return pc.fill_null(words.take(told.indices), "None")
    text = pc.cast(pa.array(values), pa.large_string())
    if values.dtype.kind != "f":
        return text
    size = np.abs(values)
    whole = (values == np.trunc(values)) & (size < _PLAINLY_WRITTEN[1]) & (values != 0.0)
    if whole.any():
        numbers = pc.cast(pa.array(np.where(whole, values, 0.0).astype(np.int64)), pa.large_string())
        dotted = pc.binary_join_element_wise(numbers, *(pa.scalar(s, pa.large_string()) for s in (".0", "")))
        text = pc.if_else(pa.array(whole), dotted, text)
    other = np.isfinite(values) & ~whole & ~((size >= _PLAINLY_WRITTEN[0]) & (size < _PLAINLY_WRITTEN[1]))
    if other.any():
        by_python = pa.array([repr(value) for value in values[other].tolist()], pa.large_string())
        text = pc.replace_with_mask(text, pa.array(other), by_python)
    return text
