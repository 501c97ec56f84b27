"""Numbers, codes, times of day and yes or no, column by column."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from gridmap.domain.fields import Field

_NUMBER = r"^\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?\s*$"
_DMS = re.compile(
    r"([东西南北NSEWnsew]?(?:经|纬)?)\s*(\d{1,3})\s*[°度]\s*(?:([0-5]?\d(?:\.\d+)?)\s*['′分])?"
    r"\s*(?:([0-5]?\d(?:\.\d+)?)\s*(?:[\"″秒]|''|′′))?\s*([NSEWnsew]?)"
)
_LETTERED = re.compile(
    r"([东西南北NSEWnsew](?:经|纬)?)?\s*[:：]?\s*(\d{1,3}(?:\.\d+)?)\s*[°度]?\s*([NSEWnsew])?"
)
_CLOCK = re.compile(r"(\d{1,2})(?:[:时点](\d{1,2})?分?)?(?::(\d{1,2}))?")


@dataclass(frozen=True)
class Numbers:
    """A column of numbers, read.

    Attributes
    ----------
    values : ndarray of float64, shape (n,)
        Not a number where empty or unreadable.
    unreadable : ndarray of int64
        Row positions.
    """

    values: NDArray[np.float64]
    unreadable: NDArray[np.int64]


def read_numbers(column: pa.ChunkedArray) -> Numbers:
    """Read a column of numbers, also with thousands separators, full-width digits or degrees."""
    try:
        return Numbers(_floats(pc.cast(column, pa.float64())), np.empty(0, dtype=np.int64))
    except pa.ArrowInvalid:
        pass
    fits = pc.fill_null(pc.match_substring_regex(column, _NUMBER), fill_value=False)
    plain = pc.if_else(fits, column, pa.scalar(None, pa.string()))
    values = _floats(pc.cast(pc.utf8_trim_whitespace(plain), pa.float64()))
    rest = np.flatnonzero(pc.and_(pc.is_valid(column), pc.invert(fits)).to_numpy(zero_copy_only=False))
    read, back = _distinct(column, rest, _spoken_number)
    for row, i in zip(rest.tolist(), back, strict=True):
        values[row] = np.nan if read[i] is None else read[i]
    unreadable = [row for row, i in zip(rest.tolist(), back, strict=True) if read[i] is None]
    return Numbers(values, np.array(unreadable, dtype=np.int64))


def _floats(values: Any) -> NDArray[np.float64]:
    array: NDArray[np.float64] = np.array(values.to_numpy(zero_copy_only=False), dtype=np.float64)
    return array


def _distinct(
    column: pa.ChunkedArray, rows: NDArray[np.int64], read: Callable[[str], Any]
) -> tuple[list[Any], list[int]]:
    """Apply a function to each distinct value of some rows; returns results and each row's index."""
    if rows.size == 0:
        return [], []
    encoded = column.take(pa.array(rows)).combine_chunks().dictionary_encode()
    return [read(v) for v in encoded.dictionary.to_pylist()], encoded.indices.to_pylist()


def _spoken_number(text: str) -> float | None:
    text = unicodedata.normalize("NFKC", text).strip()
    if text.lower() in {"nan", "inf", "+inf", "-inf", "infinity", "-infinity"}:
        # Kept as infinite, so that the check of the range names it.
        return float("inf")
    match = _DMS.fullmatch(text)
    if match:
        degrees = int(match[2]) + float(match[3] or 0) / 60 + float(match[4] or 0) / 3600
        return -degrees if set(match[1] + match[5].upper()) & set("西南SW") else degrees
    lettered = _LETTERED.fullmatch(text)
    if lettered and (lettered[1] or lettered[3] or "°" in text or "度" in text):
        value = float(lettered[2])
        return -value if set((lettered[1] or "") + (lettered[3] or "").upper()) & set("西南SW") else value
    plain = re.sub(r"(?<=\d),(?=\d{3}(?:\D|$))", "", text)
    if re.fullmatch(r"[+-]?\d+(?:\.\d*)?(?:[eE][+-]?\d{1,3})?", plain):
        return float(plain)
    return None


def read_codes(column: pa.ChunkedArray, codes: Any) -> tuple[pa.Array, NDArray[np.int64]]:
    """Read a column of a code list.

    Parameters
    ----------
    column : pyarrow.ChunkedArray of string, length n
    codes : mapping
        Spelling in lower case to code.

    Returns
    -------
    values : pyarrow.Array of string, length n
        Codes; null where empty or unknown.
    unknown : ndarray of int64
        Row positions.
    """
    encoded = column.combine_chunks().dictionary_encode()
    texts = encoded.dictionary.to_pylist()
    found = [None if t is None else _code(t, codes) for t in texts]
    blank = [t is None or not t.strip() for t in texts]
    dictionary = pa.array(found, pa.string())
    values = dictionary.take(encoded.indices)
    if all(f is not None or b for f, b in zip(found, blank, strict=True)):
        return values, np.empty(0, dtype=np.int64)
    wrong = pa.array([f is None and not b for f, b in zip(found, blank, strict=True)])
    mask = pc.fill_null(wrong.take(encoded.indices), fill_value=False).to_numpy(zero_copy_only=False)
    return values, np.flatnonzero(mask).astype(np.int64)


def _code(text: str, codes: Any) -> str | None:
    plain = unicodedata.normalize("NFKC", text).strip().lower()
    value = codes.get(plain)
    if value is None and re.fullmatch(r"\d(?:\.0)?", plain):
        # A spreadsheet drops the zero of "01".
        value = codes.get("0" + plain[0])
    if value is None and re.fullmatch(r"-?\d+\.0", plain):
        value = codes.get(plain[:-2])
    return None if value is None else str(value)


def read_clocks(column: pa.ChunkedArray) -> tuple[pa.Array, NDArray[np.int64]]:
    """Read times of day such as ``22:00``, ``6点30`` or a spreadsheet's fraction of a day.

    Returns
    -------
    values : pyarrow.Array of time32[s], length n
    unreadable : ndarray of int64
        Row positions.
    """
    encoded = column.combine_chunks().dictionary_encode()
    texts = encoded.dictionary.to_pylist()
    found = [_clock(t) for t in texts]
    values = pa.array(found, pa.time32("s")).take(encoded.indices)
    wrong = pa.array([f is None and bool(t.strip()) for f, t in zip(found, texts, strict=True)], pa.bool_())
    mask = pc.fill_null(wrong.take(encoded.indices), fill_value=False).to_numpy(zero_copy_only=False)
    return values, np.flatnonzero(mask).astype(np.int64)


def _clock(text: str) -> dt.time | None:
    text = unicodedata.normalize("NFKC", text).strip()
    if re.fullmatch(r"0?\.\d+", text):
        seconds = round(float(text) * 86400) % 86400
        return dt.time(seconds // 3600, seconds // 60 % 60, seconds % 60)
    text = re.sub(r"^\d{4}-\d\d-\d\d[ T]", "", text)
    match = _CLOCK.fullmatch(text)
    if not match:
        return None
    hour, minute, second = (int(g or 0) for g in match.groups())
    try:
        # 24:00 is how a shift that ends at midnight is written.
        return dt.time(0 if (hour, minute, second) == (24, 0, 0) else hour, minute, second)
    except ValueError:
        return None


def read_text(column: pa.ChunkedArray, field: Field) -> tuple[pa.ChunkedArray, NDArray[np.int64]]:
    """Trim a column of text; blank cells become null.

    Returns
    -------
    values : pyarrow.ChunkedArray of string, length n
    too_long : ndarray of int64
        Row positions.
    """
    values = pc.utf8_trim_whitespace(column)
    lengths = pc.binary_length(values)
    shortest, longest = (v.as_py() for v in pc.min_max(lengths).values())
    if shortest == 0:
        values = pc.if_else(pc.equal(lengths, 0), pa.scalar(None, pa.string()), values)
    if longest is None or longest <= field.max_chars:
        return values, np.empty(0, dtype=np.int64)
    mask = pc.fill_null(pc.greater(pc.utf8_length(values), field.max_chars), fill_value=False)
    return values, np.flatnonzero(mask.to_numpy(zero_copy_only=False)).astype(np.int64)


def tidy_key(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Codes in one form (NFKC: full-width letters are letters), without the ``.0`` that a spreadsheet adds."""
    column = pc.utf8_normalize(column, form="NFKC")
    if not pc.any(pc.ends_with(column, ".0")).as_py():
        return column
    return pc.replace_substring_regex(column, r"^(\d+)\.0+$", r"\1")
