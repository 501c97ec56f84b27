"""Whole columns of texts, each different text looked at once."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from gridmap.ingest.personal.marks import may_hold_re2, rules_are_compiled
from gridmap.ingest.personal.plain import FIGURES, LIKE_FIGURES
from gridmap.ingest.personal.texts import REFUSED, find_in, personal_in, starred

# RE2 without look-around: whatever could hold a number, cheaply.
_FIGURE = rf"[{FIGURES}{LIKE_FIGURES}\p{{Nd}}\p{{No}}]"
_SUSPECT = rf"(?:{_FIGURE}[^\p{{Nd}}\p{{Han}}]{{0,8}}){{5}}"
_SPACE = r"[\r\n\t\p{Zs}]"
_FEW = 100
"""To look into so many texts takes less than to compile the patterns that tell which are worth it."""
_SERIAL_AT_LEAST = 20
_SERIAL_SHARE = 0.3


@dataclass(frozen=True, slots=True)
class Starred:
    """A column in which what points at a person is starred out.

    Attributes
    ----------
    column : pyarrow.ChunkedArray of string, length n
    rows : ndarray of int64
        Rows that were changed, ascending.
    kinds : list of tuple of str
        For each of them what was found.
    """

    column: pa.ChunkedArray
    rows: NDArray[np.int64]
    kinds: list[tuple[str, ...]]


def find_personal(
    column: pa.ChunkedArray, *, identifier: bool = False
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows of a text column that hold an identity or telephone number.

    Parameters
    ----------
    column : pyarrow.ChunkedArray of string, length n
    identifier : bool
        See :func:`gridmap.ingest.personal.texts.find_in`.

    Returns
    -------
    identity, phone : ndarray of int64
        Row positions, ascending.
    """
    suspected = (
        column.is_valid()
        if len(column) <= _FEW
        else pc.fill_null(pc.match_substring_regex(column, _SUSPECT), fill_value=False)
    )
    suspects = np.flatnonzero(suspected.to_numpy(zero_copy_only=False))
    found: dict[str, list[int]] = {kind: [] for kind in REFUSED}
    if suspects.size:
        encoded = column.take(pa.array(suspects)).combine_chunks().dictionary_encode()
        values = encoded.dictionary.to_pylist()
        kinds = [personal_in(v, identifier=identifier) for v in values]
        if identifier and _is_serial_numbering(values, kinds):
            kinds = [None if k == "identity" else k for k in kinds]
        for row, i in zip(suspects.tolist(), encoded.indices.to_pylist(), strict=True):
            kind = kinds[i]
            if kind is not None:
                found[kind].append(row)
    identity, phone = (np.array(found[kind], dtype=np.int64) for kind in REFUSED)
    return identity, phone


def _is_serial_numbering(values: list[str], kinds: list[str | None]) -> bool:
    """Tell whether 18-digit codes are serial numbers: by chance one in eleven has a valid check digit."""
    long = [k for v, k in zip(values, kinds, strict=True) if re.fullmatch(r"[0-9]{17}[0-9Xx]", v.strip())]
    return len(long) >= _SERIAL_AT_LEAST and sum(k == "identity" for k in long) < _SERIAL_SHARE * len(long)


def _worth_a_look(different: pa.StringArray) -> list[bool]:
    """Tell which texts may hold something; False is certain."""
    if len(different) <= _FEW and rules_are_compiled():
        return [True] * len(different)
    compared = pc.replace_substring_regex(pc.utf8_normalize(different, "NFKC"), _SPACE, " ")
    may_hold = pc.match_substring_regex(different, _SUSPECT)
    for pattern in may_hold_re2():
        may_hold = pc.or_(may_hold, pc.match_substring_regex(compared, pattern))
    return [bool(held) for held in may_hold.to_pylist()]


def star_out(column: pa.ChunkedArray) -> Starred:
    """Star out what points at a person in a column of free text.

    Parameters
    ----------
    column : pyarrow.ChunkedArray of string, length n
        Rows with identity or telephone numbers are refused before; what else is found is starred out here.

    Returns
    -------
    Starred
    """
    encoded = column.combine_chunks().dictionary_encode()
    different = encoded.dictionary
    texts: list[str] = []
    kinds: list[tuple[str, ...]] = []
    for text, looked in zip(different.to_pylist(), _worth_a_look(different), strict=True):
        found = find_in(text) if looked else []
        texts.append(starred(text, found))
        kinds.append(tuple(dict.fromkeys(f.kind for f in found)))
    changed = pa.array([bool(k) for k in kinds], pa.bool_())
    hit = pc.fill_null(pc.take(changed, encoded.indices), fill_value=False) if kinds else None
    rows = np.flatnonzero(hit.to_numpy(zero_copy_only=False)) if hit is not None else np.empty(0, np.int64)
    if not rows.size:
        return Starred(column, np.empty(0, np.int64), [])
    whole = pa.DictionaryArray.from_arrays(encoded.indices, pa.array(texts, pa.string())).cast(pa.string())
    of_row = encoded.indices.take(pa.array(rows)).to_pylist()
    return Starred(pa.chunked_array([whole]), rows.astype(np.int64), [kinds[i] for i in of_row])
