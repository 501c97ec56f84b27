"""One column of text to one column of its field's type."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from gridmap.crs import WGS84
from gridmap.domain.fields import Field
from gridmap.domain.legible import UNSEEN_RE2
from gridmap.domain.spellings import labels
from gridmap.ingest.personal import find_personal, named_kinds, star_out
from gridmap.ingest.rows import dates, values
from gridmap.ingest.rows.lines import line_column
from gridmap.ingest.rows.refused import Refusals

_LOST_DIGITS = r"^[0-9](?:\.[0-9]+)?[eE]\+?[0-9]{2}$"

ARROW_TYPES: dict[str, pa.DataType] = {
    "text": pa.string(),
    "key": pa.string(),
    "code": pa.string(),
    "instant": pa.timestamp("us", "UTC"),
    "day": pa.date32(),
    "clock": pa.time32("s"),
    "number": pa.float64(),
    "integer": pa.int64(),
    "boolean": pa.bool_(),
    "line": pa.string(),
}


def column(
    raw: pa.ChunkedArray,
    field: Field,
    heading: str,
    refusals: Refusals,
    *,
    zone: str,
    dayfirst: bool | None,
    since_1904: bool = False,
    source_crs: str = WGS84,
) -> Any:
    """Convert a column and refuse the cells that do not fit.

    Parameters
    ----------
    raw : pyarrow.ChunkedArray of string, length n
    field : Field
    heading : str
        What the person calls the column.
    refusals : Refusals
    zone : str
    dayfirst : bool or None
    since_1904 : bool
        See :func:`gridmap.ingest.rows.dates.read_instants`.
    source_crs : str
        System of the coordinates of lines.

    Returns
    -------
    pyarrow array of the field's type, length n
        Null where empty or refused.
    """
    if field.kind in {"text", "key"}:
        return _text(raw, field, heading, refusals)
    if field.kind in {"code", "boolean"}:
        return _code(raw, field, heading, refusals)
    if field.kind == "line":
        return line_column(raw, heading, refusals, source_crs=source_crs)
    if field.kind in {"instant", "day"}:
        # A day is a day of the calendar, so it is read without a zone.
        read = dates.read_instants(
            raw, zone if field.kind == "instant" else "UTC", dayfirst=dayfirst, since_1904=since_1904
        )
        return _date(read, raw, field, heading, refusals)
    if field.kind == "clock":
        clocks, wrong = values.read_clocks(raw)
        refusals.add(
            wrong,
            heading,
            raw,
            code="clock-unreadable",
            zh="看不懂这个时刻。请写成 22:30 的样子。",
            en="this time of day cannot be read. Write it like 22:30.",
        )
        return clocks
    return _number(raw, field, heading, refusals)


def _text(raw: pa.ChunkedArray, field: Field, heading: str, refusals: Refusals) -> Any:
    raw = pc.replace_substring_regex(raw, "\r\n?", "\n")
    text, too_long = values.read_text(raw, field)
    if field.kind == "key":
        text = values.tidy_key(text)
        refusals.add(
            pc.fill_null(pc.match_substring_regex(text, _LOST_DIGITS), fill_value=False),
            heading,
            raw,
            code="code-digits-lost",
            zh="电子表格把长编码当作数字，丢掉了末尾几位。请把这一列设为“文本”，重新填入编码。",
            en="the spreadsheet took a long code for a number and lost its last digits. Make the column text, and "
            "enter the code again.",
        )
    refusals.add(
        too_long,
        heading,
        raw,
        code="text-too-long",
        zh=f"文字超过 {field.max_chars} 个字。请缩短。",
        en=f"the text is longer than {field.max_chars} characters. Shorten it.",
    )
    refusals.add(
        pc.fill_null(pc.match_substring_regex(text, UNSEEN_RE2), fill_value=False),
        heading,
        raw,
        code="text-unseen",
        zh="含有看不见的字符（控制、零宽或方向字符），会造成“看起来一样”的编号或名称。请在原文件中删去后再导入。",
        en="it holds a character that cannot be seen (control, zero width or direction), which makes look-alikes. "
        "Take it out in the file.",
    )
    identity, phone = find_personal(text, identifier=field.kind == "key")
    refusals.add(
        identity,
        heading,
        raw,
        code="personal-identity-number",
        zh="含有身份证号码。个人信息不能导入，请删除号码后再导入。",
        en="it holds an identity number. Delete the number: personal data is never imported.",
        hide=True,
    )
    refusals.add(
        phone,
        heading,
        raw,
        code="personal-phone-number",
        zh="含有电话号码。个人信息不能导入，请删除号码后再导入。",
        en="it holds a telephone number. Delete the number: personal data is never imported.",
        hide=True,
    )
    return _without_persons(text, field, heading, refusals)


def _without_persons(text: pa.ChunkedArray, field: Field, heading: str, refusals: Refusals) -> Any:
    """Star out what points at a person in free text; refuse the row where it stands in a name or a code."""
    if field.kind == "key":
        # Codes of ASCII are left: a number plate of a patrol car stands in Chinese.
        held = pc.if_else(pc.string_is_ascii(text), pa.scalar(None, pa.string()), text)
    elif field.persons == "unasked":
        return text
    else:
        held = text
    found = star_out(held)
    if field.persons == "starred":
        refusals.star(found.rows, heading, found.kinds)
        return found.column
    told = [named_kinds(kinds) for kinds in found.kinds]
    refusals.add(
        found.rows,
        heading,
        text,
        code="personal-in-name",
        zh=[f"名称或编号中有{zh}。请改用单位、地点或岗位的名称。" for zh, _ in told],
        en=[f"a name or code holds {en}. Name the unit, the place or the post instead." for _, en in told],
        hide=True,
    )
    return text


def _code(raw: pa.ChunkedArray, field: Field, heading: str, refusals: Refusals) -> Any:
    spellings = field.codes or {}
    found, unknown = values.read_codes(raw, spellings)
    names = labels(spellings)
    zh, en = "、".join(names), ", ".join(names.values())
    refusals.add(
        unknown,
        heading,
        raw,
        code="code-unknown",
        zh=f"“{field.zh}”没有这个取值。可用：{zh}。",
        en=f'"{field.name}" has no such value. It may be: {en}.',
    )
    if field.kind == "boolean":
        return pc.equal(found, "true")
    return found


def _date(read: dates.Instants, raw: pa.ChunkedArray, field: Field, heading: str, refusals: Refusals) -> Any:
    for code, rows in read.problems.items():
        zh, en = dates.REASONS[code]
        refusals.add(rows, heading, raw, code=code, zh=zh, en=en)
    stamps = pa.array(read.values, pa.timestamp("us"))
    if field.kind == "day":
        return stamps.cast(pa.date32(), safe=False)
    return stamps.cast(pa.timestamp("us", "UTC"))


def _number(raw: pa.ChunkedArray, field: Field, heading: str, refusals: Refusals) -> Any:
    numbers = values.read_numbers(raw)
    refusals.add(
        numbers.unreadable,
        heading,
        raw,
        code="number-unreadable",
        zh="不是数字。",
        en="this is not a number.",
    )
    array = numbers.values
    with np.errstate(invalid="ignore"):
        wrong = np.isinf(array)
        if field.low is not None:
            wrong |= array < field.low
        if field.high is not None:
            wrong |= array > field.high
    limits = f"{_plain(field.low)} – {_plain(field.high)}"
    refusals.add(
        wrong,
        heading,
        raw,
        code="number-out-of-range",
        zh=f"超出范围（{limits}）。",
        en=f"out of range ({limits}).",
    )
    array = np.where(wrong, np.nan, array)
    if field.kind == "integer":
        with np.errstate(invalid="ignore"):
            broken = np.isfinite(array) & (array != np.rint(array))
        refusals.add(
            broken, heading, raw, code="number-not-whole", zh="应为整数。", en="a whole number is needed."
        )
        whole = np.where(broken | ~np.isfinite(array), 0.0, array).astype(np.int64)
        return pa.array(whole, mask=broken | ~np.isfinite(array))
    return pa.array(array, from_pandas=True)


def _plain(value: float | None) -> str:
    return "" if value is None else f"{value:,.10g}"
