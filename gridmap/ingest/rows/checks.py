"""Rules that look at more than one cell of a row, or at a whole column."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from gridmap.domain.days import FARTHEST
from gridmap.domain.fields import Noun
from gridmap.domain.records import MIN_HEAD_COUNT
from gridmap.errors import InvalidInput
from gridmap.ingest.model import Notice, RawTable
from gridmap.ingest.personal import find_personal
from gridmap.ingest.rows.headers import Headings
from gridmap.ingest.rows.kinds import read_dispute_kinds
from gridmap.ingest.rows.places import Places
from gridmap.ingest.rows.refused import Refusals

_EARLIEST = dt.datetime(1949, 10, 1, tzinfo=dt.UTC)
_MANY = 10


def _mask(values: Any) -> NDArray[np.bool_]:
    filled: NDArray[np.bool_] = pc.fill_null(values, fill_value=False).to_numpy(zero_copy_only=False)
    return filled


def check_rows(
    columns: dict[str, Any],
    places: Places,
    noun: Noun,
    headings: Headings,
    refusals: Refusals,
    *,
    given: Mapping[str, Any],
    now: dt.datetime,
) -> None:
    """Check what a row as a whole must hold: required cells, a place, the order of its dates.

    Parameters
    ----------
    columns : dict
        Field to typed column; kinds of disputes are replaced by their codes.
    places : Places
    noun : Noun
    headings : Headings
    refusals : Refusals
    given : mapping
        Field to column as written.
    now : datetime
    """
    for field in noun.fields:
        if field.required and field.name in columns and not headings.lacking:
            empty = _mask(pc.is_null(columns[field.name])) & ~refusals.of(
                headings.columns.get(field.name, field.name)
            )
            refusals.add(
                empty,
                headings.columns.get(field.name, field.name),
                None,
                code="value-missing",
                zh=f"缺少{field.zh}。请填写。",
                en=f"{field.name} is missing. Fill it in.",
            )
    if noun.place == "point" and not headings.lacking:
        _need_place(columns, places, headings, refusals)
    if noun.name == "incidents":
        read_dispute_kinds(columns, headings, refusals)
    if noun.name == "migrants":
        _small_counts(columns, headings, refusals, given)
    _order_of_dates(columns, noun, headings, refusals, given=given, now=now)


def placed_by(columns: dict[str, Any], places: Places) -> pa.Array:
    """How each row says where it is: ``coordinate``, ``grid_code``, ``village_name`` or null."""
    n = places.placed.size
    by = pa.nulls(n, pa.string())
    for name in ("village_name", "grid_code"):
        if name in columns:
            by = pc.if_else(pc.is_valid(columns[name]), pa.scalar(name), by)
    by = pc.if_else(pa.array(places.placed), pa.scalar("coordinate"), by)
    return by.combine_chunks() if isinstance(by, pa.ChunkedArray) else by


def _need_place(columns: dict[str, Any], places: Places, headings: Headings, refusals: Refusals) -> None:
    if places.placed.all():
        return
    lacking = _mask(pc.is_null(placed_by(columns, places)))
    # A coordinate that was refused has already been complained about.
    lacking &= ~(np.isfinite(places.raw_x) | np.isfinite(places.raw_y)) & ~refusals.about_place
    for axis in ("lon", "lat"):
        lacking &= ~refusals.of(headings.columns.get(axis, axis))
    names = [n for n in ("grid_code", "village_name") if n in columns]
    zh = "没有位置。请填写经纬度" + ("，或网格编码、村名。" if names else "。")
    en = "there is no place. Give lon and lat" + (f", or {' or '.join(names)}." if names else ".")
    refusals.add(lacking, "lon, lat", None, code="place-missing", zh=zh, en=en)


def _small_counts(
    columns: dict[str, Any], headings: Headings, refusals: Refusals, given: Mapping[str, Any]
) -> None:
    counts = columns["head_count"]
    refusals.add(
        _mask(pc.less(counts, MIN_HEAD_COUNT)),
        headings.columns.get("head_count", "head_count"),
        given.get("head_count"),
        code="head-count-small",
        zh=f"人数少于 {MIN_HEAD_COUNT} 人的聚居点不登记，以免指向个人。请删除该行或与相邻地点合并。",
        en=f"a site of fewer than {MIN_HEAD_COUNT} people would point at persons and is not recorded. "
        "Delete the row, or merge it with a neighbouring site.",
    )


def _order_of_dates(
    columns: dict[str, Any],
    noun: Noun,
    headings: Headings,
    refusals: Refusals,
    *,
    given: Mapping[str, Any],
    now: dt.datetime,
) -> None:
    latest = now + dt.timedelta(days=1)
    for field in noun.fields:
        if field.kind not in {"instant", "day"}:
            continue
        lies_ahead = field.name in {"due_at", "until"} or noun.name == "projects"
        values = columns[field.name]
        if values.null_count == len(values):
            continue
        low: Any = pa.scalar(_EARLIEST if field.kind == "instant" else _EARLIEST.date(), values.type)
        end = FARTHEST if lies_ahead else latest
        high: Any = pa.scalar(end if field.kind == "instant" else end.date(), values.type)
        heading = headings.columns.get(field.name, field.name)
        refusals.add(
            _mask(pc.greater(values, high)),
            heading,
            given.get(field.name),
            code="date-too-far" if lies_ahead else "date-in-future",
            zh="日期在 2200 年以后。请检查年份；没有请留空。" if lies_ahead else "日期在将来。请检查年份。",
            en="the day lies after 2199. Check the year; leave it empty where there is none."
            if lies_ahead
            else "the date lies in the future. Check the year.",
        )
        refusals.add(
            _mask(pc.less(values, low)),
            heading,
            given.get(field.name),
            code="date-too-early",
            zh="日期早于 1949 年 10 月。请检查年份。",
            en="the date lies before October 1949. Check the year.",
        )
    if noun.name == "incidents":
        for later in ("reported_at", "due_at", "closed_at"):
            refusals.add(
                _mask(pc.less(columns[later], columns["occurred_at"])),
                headings.columns.get(later, later),
                given.get(later),
                code="date-before-occurrence",
                zh=f"{noun.field(later).zh}早于发生时间。请检查这两个日期。",
                en=f"{later} lies before occurred_at. Check both dates.",
            )


def check_ignored(raw: RawTable, headings: Headings, file_name: str) -> list[Notice]:
    """Look into columns that are not read, and name what is left out.

    Raises
    ------
    InvalidInput
        When such a column is full of identity or telephone numbers: the file itself should not lie around.
    """
    for name in headings.ignored:
        identity, phone = find_personal(raw.table[name])
        hits = identity.size + phone.size
        if hits >= _MANY and hits * 5 >= raw.table.num_rows - raw.table[name].null_count:
            raise InvalidInput(
                "personal-data-column",
                f"{file_name}：列“{name}”里有 {hits} 个身份证或电话号码。请删除这一列后再导入。",
                f'{file_name}: the column "{name}" holds {hits} identity or telephone numbers. '
                "Delete the column and import again.",
            )
    if not headings.ignored:
        return []
    shown = headings.ignored[:30]
    return [
        Notice(
            "columns-ignored",
            f"以下列没有对应字段，未导入：{'、'.join(shown)}。",
            f"These columns match no field and are not imported: {', '.join(shown)}.",
        )
    ]


def unmapped_values(refusals: Refusals) -> list[Notice]:
    """List each value that no code list has once, with the number of its rows."""
    notices = []
    for field, values in refusals.unknown_values().items():
        shown = list(values.items())[:_MANY]
        more = len(values) - len(shown)
        zh = "、".join(f"{v}（{n} 行）" for v, n in shown) + (f"，另有 {more} 种" if more else "")
        en = ", ".join(f"{v} ({n} rows)" for v, n in shown) + (f" and {more} more" if more else "")
        notices.append(
            Notice(
                "values-unmapped",
                f"列“{field}”有 {len(values)} 种取值没有对应的代码：{zh}。可在映射文件的 values 中写明各指什么。",
                f'The column "{field}" has {len(values)} values without a code: {en}. '
                'Say under "values" in a mapping what each means.',
            )
        )
    return notices


def personal_columns(refusals: Refusals) -> list[Notice]:
    """Name columns in which many cells were refused for personal numbers."""
    return [
        Notice(
            "personal-data-many",
            f"列“{field}”中有 {count} 处身份证或电话号码，建议整列清理。",
            f'The column "{field}" holds {count} identity or telephone numbers; clean the whole column.',
        )
        for field, count in refusals.personal.items()
        if count >= _MANY
    ]
