"""Dates as people write them.

Uniform ISO columns are converted in one cast. What remains is brought to ISO form by a few regular
expressions over whole columns, and only what still remains is read value by value.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from dataclasses import dataclass
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

NAT = np.datetime64("NaT", "us")
_ISO = r"^\d{4}-\d\d-\d\d(?:[ T]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?)?$"
_OFFSET = r"^\d{4}-\d\d-\d\d[ T]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)? ?(?:Z|z|[+-]\d\d:?\d\d)$"
# Each step leaves alone what it does not match, so a column may mix all of these forms.
_DAY = r"^(\d{4}-\d\d-\d\d)"
_ZONE = r"($| ?Z$| ?[+-]\d\d:?\d\d$)"
_STEPS = (
    (r"^\s+|\s+$", ""),
    (
        r"^(\d{4})\s*[年/.\-]\s*(\d{1,2})\s*[月/.\-]\s*(\d{1,2})(?:\s*[日号]\s*|[T\s]+|$)",
        r"\1-\2-\3 ",
    ),
    (r"^(\d{4})(\d\d)(\d\d)$", r"\1-\2-\3"),
    (r"^(\d{4})(\d\d)(\d\d)[T ]?(\d\d):?(\d\d)$", r"\1-\2-\3 \4:\5"),
    (r"^(\d{4})(\d\d)(\d\d)[T ]?(\d\d):?(\d\d):?(\d\d)$", r"\1-\2-\3 \4:\5:\6"),
    (r"^(\d{4})-(\d)-", r"\1-0\2-"),
    (r"^(\d{4}-\d\d)-(\d) ", r"\1-0\2 "),
    (_DAY + r" (\d{1,2})[时点]整?$", r"\1 \2:00"),
    (_DAY + r" (\d{1,2})\s*[:时点]\s*(\d{1,2})\s*分?" + _ZONE, r"\1 \2:\3\4"),
    (
        _DAY + r" (\d{1,2})\s*[:时点]\s*(\d{1,2})\s*[:分]\s*(\d{1,2}(?:\.\d+)?)\s*秒?" + _ZONE,
        r"\1 \2:\3:\4\5",
    ),
    (_DAY + r" (\d):", r"\1 0\2:"),
    (_DAY + r" (\d\d):(\d)($|[: Z+\-])", r"\1 \2:0\3\4"),
    (_DAY + r" (\d\d:\d\d):(\d)($|[. Z+\-])", r"\1 \2:0\3\4"),
    (r"\s+$", ""),
    (r"(\d) +(Z|[+-]\d\d:?\d\d)$", r"\1\2"),
)
_SINCE_1904_DAYS = 1462
_SERIAL = r"^\d{5}(?:\.\d+)?$"
_EPOCH = np.datetime64("1899-12-30", "us")
_HALF_DAY = "上午|下午|中午|凌晨|早上|早晨|晚上|傍晚|夜里|夜间|am|pm|a.m.|p.m."
_SPOKEN = re.compile(
    rf"(?P<y>\d{{4}})\s*[-/.、年]\s*(?P<m>\d{{1,2}})\s*[-/.、月]\s*(?P<d>\d{{1,2}})\s*[日号]?\s*[,，T]?\s*"
    rf"(?:[(（]?(?:星期|周|礼拜)[一二三四五六日天][)）]?)?\s*"
    rf"(?:(?P<half>{_HALF_DAY})?\s*(?P<h>\d{{1,2}})\s*"
    r"(?:(?:[:时]|点钟?)\s*(?:(?P<quarter>半|一刻|三刻)|(?P<min>\d{1,2})\s*分?(?:(?:(?<=分)|:)\s*(?P<s>\d{1,2})\s*秒?)?)?"
    r"|(?=\s*(?:am|pm|a\.m\.|p\.m\.)))\s*(?P<half2>am|pm|a\.m\.|p\.m\.)?\s*[许左右整]*)?"
    r"(?:\s*[(（]?(?:星期|周|礼拜)[一二三四五六日天][)）]?)?",
    re.IGNORECASE,
)
_DAY_MONTH = re.compile(
    r"(?P<a>\d{1,2})[/.\-](?P<b>\d{1,2})[/.\-](?P<y>\d{4})"
    r"(?:[ T,]+(?P<h>\d{1,2}):(?P<min>\d\d)(?::(?P<s>\d\d))?\s*(?P<half>am|pm)?)?",
    re.IGNORECASE,
)

UNREADABLE = "date-unreadable"
AMBIGUOUS = "date-ambiguous"
REASONS = {
    UNREADABLE: (
        "看不懂这个日期。请写成 2026-01-05 08:30 的样子。",
        "this date cannot be read. Write it like 2026-01-05 08:30.",
    ),
    AMBIGUOUS: (
        "日和月的顺序不清楚。请写成 2026-01-05 的样子，或在导入时说明日在前还是月在前。",
        "day and month cannot be told apart. Write it like 2026-01-05, or say at import which comes first.",
    ),
}


@dataclass(frozen=True)
class Instants:
    """A column of dates, read.

    Attributes
    ----------
    values : ndarray of datetime64[us], shape (n,)
        UTC; NaT where empty or unreadable.
    problems : dict
        Reason code to the row positions.
    """

    values: NDArray[np.datetime64]
    problems: dict[str, NDArray[np.int64]]


def read_instants(
    column: pa.ChunkedArray, zone: str, *, dayfirst: bool | None = None, since_1904: bool = False
) -> Instants:
    """Read a column of dates and times.

    Parameters
    ----------
    column : pyarrow.ChunkedArray of string, length n
    zone : str
        IANA name of the time zone of values that do not say theirs.
    dayfirst : bool, optional
        How 01/02/2026 is meant; without it such values are refused.
    since_1904 : bool
        Whether a number counts the days since 1904 (workbooks of old Macs) and not since 1900.

    Returns
    -------
    Instants
    """
    fast = _cast(column)
    if fast is not None:
        return Instants(_to_utc(fast, zone), {})
    n = len(column)
    local = np.full(n, NAT)
    utc = np.full(n, NAT)
    left = _valid(column)
    problems: dict[str, NDArray[np.int64]] = {}
    text = column.take(pa.array(left))
    text, left = _take_matching(text, left, _ISO, local, _cast_naive)
    text, left = _take_matching(text, left, _OFFSET, utc, _cast_offset)
    if left.size:
        serial = partial(_cast_serial, since_1904=since_1904)
        text, left = _take_matching(text, left, _SERIAL, local, serial)
        text = _bring_to_iso(text)
        text, left = _take_matching(text, left, _ISO, local, _cast_naive)
        text, left = _take_matching(text, left, _OFFSET, utc, _cast_offset)
    if left.size:
        problems = _one_by_one(column, left, local, utc, dayfirst)
    said = ~np.isnat(utc)
    values = _to_utc(local, zone)
    values[said] = utc[said]
    return Instants(values, problems)


def _valid(column: pa.ChunkedArray) -> NDArray[np.int64]:
    return np.flatnonzero(pc.is_valid(column).to_numpy(zero_copy_only=False)).astype(np.int64)


def _cast(column: pa.ChunkedArray) -> NDArray[np.datetime64] | None:
    try:
        values = pc.cast(column, pa.timestamp("us"))
    except pa.ArrowInvalid:
        return None
    return _numpy(values)


def _numpy(values: Any) -> NDArray[np.datetime64]:
    array: NDArray[np.datetime64] = values.to_numpy(zero_copy_only=False).astype("datetime64[us]")
    return array


def _take_matching(
    text: pa.ChunkedArray, rows: NDArray[np.int64], pattern: str, target: NDArray[np.datetime64], convert: Any
) -> tuple[pa.ChunkedArray, NDArray[np.int64]]:
    """Convert the values that match, write them to their rows, and return the texts and rows left."""
    fits = pc.match_substring_regex(text, pattern).to_numpy(zero_copy_only=False)
    if not fits.any():
        return text, rows
    values = convert(text.filter(pa.array(fits)))
    target[rows[fits]] = values
    done = np.zeros(rows.size, dtype=bool)
    done[np.flatnonzero(fits)[~np.isnat(values)]] = True
    return text.filter(pa.array(~done)), rows[~done]


def _cast_naive(text: pa.ChunkedArray) -> NDArray[np.datetime64]:
    fast = _cast(text)
    if fast is not None:
        return fast
    return _coerce(text, utc=False)


def _cast_offset(text: pa.ChunkedArray) -> NDArray[np.datetime64]:
    try:
        return _numpy(pc.cast(text, pa.timestamp("us", "UTC")))
    except pa.ArrowInvalid:
        return _coerce(text, utc=True)


def _coerce(text: pa.ChunkedArray, *, utc: bool) -> NDArray[np.datetime64]:
    index = pd.DatetimeIndex(pd.to_datetime(text.to_pandas(), format="ISO8601", errors="coerce", utc=utc))
    if utc:
        index = index.tz_localize(None)
    return index.to_numpy().astype("datetime64[us]")


def _cast_serial(text: pa.ChunkedArray, *, since_1904: bool) -> NDArray[np.datetime64]:
    days = pc.cast(text, pa.float64()).to_numpy(zero_copy_only=False) + since_1904 * _SINCE_1904_DAYS
    fits = (days >= 20_000) & (days < 80_000)
    seconds = np.rint(np.where(fits, days, 0.0) * 86400.0).astype(np.int64)
    values = _EPOCH + seconds.astype("timedelta64[s]").astype("timedelta64[us]")
    values[~fits] = NAT
    return values


def _bring_to_iso(text: pa.ChunkedArray) -> pa.ChunkedArray:
    text = pc.replace_substring(pc.utf8_normalize(text, form="NFKC"), "、", "-")
    for pattern, replacement in _STEPS:
        text = pc.replace_substring_regex(text, pattern, replacement)
    return text


def _to_utc(local: NDArray[np.datetime64], zone: str) -> NDArray[np.datetime64]:
    index = pd.DatetimeIndex(local)
    # In the hour that a clock shows twice the first is meant; in the one that it skips, the moment after.
    aware = index.tz_localize(
        ZoneInfo(zone), ambiguous=np.ones(len(index), dtype=bool), nonexistent="shift_forward"
    )
    return aware.tz_convert("UTC").tz_localize(None).to_numpy().astype("datetime64[us]")


def _one_by_one(
    column: pa.ChunkedArray,
    rows: NDArray[np.int64],
    local: NDArray[np.datetime64],
    utc: NDArray[np.datetime64],
    dayfirst: bool | None,
) -> dict[str, NDArray[np.int64]]:
    encoded = column.take(pa.array(rows)).combine_chunks().dictionary_encode()
    read = [read_spoken(v, dayfirst=dayfirst) for v in encoded.dictionary.to_pylist()]
    found: dict[str, list[int]] = {UNREADABLE: [], AMBIGUOUS: []}
    for row, i in zip(rows.tolist(), encoded.indices.to_pylist(), strict=True):
        value = read[i]
        if isinstance(value, str):
            found[value].append(row)
        elif value.tzinfo is not None:
            utc[row] = np.datetime64(value.astimezone(dt.UTC).replace(tzinfo=None), "us")
        else:
            local[row] = np.datetime64(value, "us")
    return {k: np.array(v, dtype=np.int64) for k, v in found.items() if v}


def read_spoken(text: str, *, dayfirst: bool | None = None) -> dt.datetime | str:
    """Read one date in a form that the column patterns do not know.

    Returns
    -------
    datetime or str
        The date, with its time zone if it names one; or the reason code.
    """
    text = unicodedata.normalize("NFKC", text).strip()
    match = _SPOKEN.fullmatch(text)
    if match:
        return _compose(match, int(match["m"]), int(match["d"]))
    match = _DAY_MONTH.fullmatch(text)
    if match:
        first, second = int(match["a"]), int(match["b"])
        if first == second or second > 12:
            return _compose(match, first, second)
        if first > 12 or dayfirst is True:
            return _compose(match, second, first)
        if dayfirst is None:
            return AMBIGUOUS
        return _compose(match, first, second)
    try:
        return dt.datetime.fromisoformat(text) if re.match(r"\d{4}-", text) else UNREADABLE
    except ValueError:
        return UNREADABLE


def _compose(match: re.Match[str], month: int, day: int) -> dt.datetime | str:
    part = match.groupdict()
    hour = int(part.get("h") or 0)
    minute = int(part.get("min") or 0)
    if part.get("quarter"):
        minute = {"半": 30, "一刻": 15, "三刻": 45}[part["quarter"]]
    half = (part.get("half") or part.get("half2") or "").replace(".", "").lower()
    if half in {"下午", "晚上", "傍晚", "夜里", "夜间", "pm"} and 1 <= hour < 12:
        # "夜里2点" is after midnight, and nobody says "晚上3点" of the afternoon.
        hour += 0 if half in {"夜里", "夜间"} and hour < 6 else 12
    elif half == "中午" and 1 <= hour <= 2:
        hour += 12
    elif half in {"am", "上午", "凌晨"} and hour == 12:
        hour = 0
    if half in {"am", "上午", "凌晨"} and hour > 12:
        return UNREADABLE
    # "晚上12点" is the midnight with which the day ends.
    ends = hour == 12 and half in {"晚上", "夜里", "夜间"}
    hour = 0 if ends else hour
    try:
        at = dt.datetime(int(part["y"]), month, day, hour, minute, int(part.get("s") or 0))  # noqa: DTZ001
        return at + dt.timedelta(days=ends)
    except (ValueError, OverflowError):
        return UNREADABLE
