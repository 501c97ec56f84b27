"""Rules for single stops and teams, from a file or a request."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from gridmap.domain.clock import read_break, read_span, read_time
from gridmap.domain.gridkey import MAX_KEY
from gridmap.domain.spellings import spellings
from gridmap.errors import InvalidInput
from gridmap.ingest.headings import heading_key
from gridmap.ingest.reading.entry import read_raw
from gridmap.ingest.rows.cells import without_totals

_LARGEST = 4_000_000
_LISTS = ("closed_to", "windows")
_LISTED = "[;；、,，]"


HEADINGS = {
    heading_key(spelling): field
    for field, names in {
        "stop": "stop 停靠点 站点 点位 地点 巡防点 巡逻点 热点 编号",
        "team": "team 队伍 队伍编号 指定队伍 巡防队 巡逻队 小队 班组",
        "prize": "prize 得分 收益 分值",
        "must": "must 必到 必去 是否必到",
        "closed_to": "closed_to 不通行方式 禁行方式 不开放方式",
        "windows": "windows 开放时段 时段 开放时间 时间窗",
        "visits": "visits 次数 到访次数 最多次数",
        "min_gap_min": "min_gap_min 间隔 最短间隔 间隔分钟",
        "max_interval_min": "max_interval_min 最长间隔 至多间隔",
        "revisit_share": "revisit_share 再访得分比例 再访比例",
        "dwell_min": "dwell_min 停留 停留分钟 驻留分钟",
        "min_size": "min_size 最少人数",
        "leave_out": "leave_out 排除 不去 不安排",
        "rest": "rest 休息 休息时间",
        "grid_key": "grid_key 网格 网格编码",
        "size": "size 人数 队伍人数",
        "begin": "begin 开始 上岗 上岗时间 开始时间",
        "end": "end 结束 下岗 下岗时间 结束时间",
    }.items()
    for spelling in names.split()
}
"""What people write above the columns of rules, as headings are compared."""


class _Rule(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class StopRule(_Rule):
    """What holds for one stop; what is absent stays as it is.

    ``team`` keeps the stop for one team; ``must`` makes the visit come before any prize; ``visits`` are the most in the
    shift, ``min_gap_min`` apart from start to start, each further one at ``revisit_share`` of the one before.
    """

    stop: str = Field(min_length=1, max_length=40)
    prize: float | None = Field(None, ge=0, le=1e6)
    must: bool | None = None
    closed_to: tuple[Literal["car", "bike", "foot"], ...] | None = None
    windows: tuple[str, ...] | None = Field(None, max_length=12, description="Opening hours, HH:MM-HH:MM.")
    visits: int | None = Field(None, ge=1, le=6)
    min_gap_min: float | None = Field(None, ge=0, le=720)
    revisit_share: float | None = Field(None, ge=0, le=1)
    dwell_min: float | None = Field(None, ge=1, le=120)
    team: str | None = Field(None, min_length=1, max_length=40)
    min_size: int | None = Field(None, ge=1, le=1000)
    max_interval_min: float | None = Field(
        None, ge=10, le=720, description="Most minutes that the stop is left alone."
    )
    leave_out: bool = False

    @model_validator(mode="after")
    def _one_way(self) -> StopRule:
        if self.leave_out and self.must:
            raise ValueError(
                "既必到又排除，请取消其一 / asks for both: must and leave_out; take one of the two back"
            )
        return self

    @field_validator("windows")
    @classmethod
    def _spans(cls, value: tuple[str, ...] | None) -> tuple[str, ...] | None:
        for text in value or ():
            _told(read_span, text)
        return value


class TeamRule(_Rule):
    """What holds for one team tonight."""

    team: str = Field(min_length=1, max_length=40)
    rest: str | None = Field(None, description="Break: earliest-latest/minutes, as 23:00-01:00/30.")
    grid_key: int | None = Field(None, ge=0, le=MAX_KEY, description="Bound to this grid's subtree.")
    size: int | None = Field(None, ge=1, le=1000)
    begin: str | None = Field(None, description="Begins at HH:MM.")
    end: str | None = Field(None, description="Ends at HH:MM.")

    @field_validator("rest")
    @classmethod
    def _break(cls, value: str | None) -> str | None:
        if value is not None:
            _told(read_break, value)
        return value

    @field_validator("begin", "end")
    @classmethod
    def _clock(cls, value: str | None) -> str | None:
        if value is not None:
            _told(read_time, value)
        return value


class Rules(_Rule):
    """Rules for stops and teams; one for each at most."""

    stops: tuple[StopRule, ...] = Field((), max_length=2000)
    teams: tuple[TeamRule, ...] = Field((), max_length=500)

    @model_validator(mode="after")
    def _once(self) -> Rules:
        for names in ([r.stop for r in self.stops], [r.team for r in self.teams]):
            twice = sorted({name for name in names if names.count(name) > 1})
            if twice:
                raise ValueError(f"{twice[0]}: 重复 / {twice[0]}: is there twice")
        return self

    def as_dict(self) -> Mapping[str, object]:
        """Return the rules as JSON holds them, without what is absent."""
        return self.model_dump(mode="json", exclude_none=True)


def _told(read: Any, text: str) -> None:
    try:
        read(text)
    except InvalidInput as refused:
        raise ValueError(f"{refused.zh.rstrip('。')} / {refused.en.rstrip('.')}") from None


def read_rules(path: Path) -> Rules:
    """Read rules from a JSON file or a table (CSV, xlsx).

    Parameters
    ----------
    path : Path
        JSON: ``{"stops": [...], "teams": [...]}``. A table: a heading with the names of the fields, in English or in
        Chinese; a row with a stop is that stop's rule, any other the rule of its team; several windows or modes in a
        cell are parted by semicolons, 、or commas. Tables are UTF-8, UTF-16 or GB18030, as every other import.

    Raises
    ------
    InvalidInput
        Naming file, row and field.
    """
    lines: dict[tuple[str, int], int] = {}
    written: dict[str, str] = {}
    given = _of_json(path, written) if path.suffix.lower() == ".json" else _of_table(path, lines, written)
    try:
        return Rules.model_validate(given)
    except ValidationError as refused:
        first = refused.errors()[0]
        where = [str(part) for part in first["loc"]]
        row = f"{where[0]}[{where[1]}]" if len(where) > 1 else "-"
        kind, number = (where[0], int(where[1])) if len(where) > 1 else ("", -1)
        row = str(lines.get((kind, number), row))
        zh, en = _in_words(first, kind)
        field = where[2] if len(where) > 2 else "-"
        raise _refused(path.name, row, written.get(field, field), zh, en) from None


def _of_json(path: Path, written: dict[str, str]) -> Any:
    """Return the rules under the fields' own names; ``written`` receives each field's name in the file."""
    try:
        if path.stat().st_size > _LARGEST:
            raise _refused(path.name, "-", "-", "超过 4 MB", "is larger than 4 MB")
        given = json.loads(path.read_text("utf-8-sig"))
    except (OSError, UnicodeDecodeError):
        raise _refused(
            path.name, "-", "-", "无法读取，应为 UTF-8 文本", "cannot be read as UTF-8 text"
        ) from None
    except (ValueError, RecursionError) as broken:
        raise _refused(path.name, "-", "-", f"不是 JSON：{broken}", f"is no JSON: {broken}") from None
    if not isinstance(given, dict):
        return given
    parts = {str(key): _PARTS.get(heading_key(str(key)), str(key)) for key in given}
    _refuse_twice(path, "-", parts)
    return {parts[key]: _renamed(path, parts[key], rows, written) for key, rows in given.items()}


_PARTS = {
    heading_key(spelling): part
    for part, spellings_ in (("stops", "stops 停靠点 站点 点位 巡防点"), ("teams", "teams 队伍 巡防队 班组"))
    for spelling in spellings_.split()
}


def _renamed(path: Path, part: str, rows: Any, written: dict[str, str]) -> Any:
    """Give the fields of JSON rules their names, and their words their codes, as a table's."""
    if not isinstance(rows, list):
        return rows
    out = []
    for number, row in enumerate(rows):
        if not isinstance(row, dict):
            out.append(row)
            continue
        fields = {str(key): HEADINGS.get(heading_key(str(key)), str(key)) for key in row}
        _refuse_twice(path, f"{part}[{number}]", fields)
        written.update({field: key for key, field in fields.items()})
        out.append({fields[key]: _coded(fields[key], value) for key, value in row.items()})
    return out


def _coded(field: str, value: Any) -> Any:
    """Read a word of JSON as the cell of a table is read; numbers and lists of numbers stay."""
    if isinstance(value, list):
        return [_coded(field, part) for part in value]
    if not isinstance(value, str):
        return value
    text = _cell(field, value)
    if field in _LISTS and re.search(_LISTED, text):
        return [_coded(field, part.strip()) for part in re.split(_LISTED, text) if part.strip()]
    return _CODES.get(field, {}).get(text.lower(), text)


def _refuse_twice(path: Path, row: str, fields: Mapping[str, str]) -> None:
    meant = list(fields.values())
    twice = [name for name, field in fields.items() if meant.count(field) > 1]
    if twice:
        raise _refused(
            path.name,
            row,
            twice[0],
            f"“{'、'.join(twice)}”是同一字段，请删除其一",
            f"{', '.join(twice)} are one field; delete one of them",
        )


_SAID = {
    "missing": ("缺少此项", "is missing"),
    "extra_forbidden": ("没有这样的字段", "is no field of a rule"),
    "string_type": ("应为文字", "must be a text"),
    "string_too_short": ("不能为空", "must not be empty"),
    "string_too_long": ("文字太长", "is too long"),
    "too_long": ("项数太多", "has too many entries"),
    "tuple_type": ("应为列表 […]", "must be a list"),
    "model_type": ("应为对象 {…}", "must be an object"),
    "int_from_float": ("应为整数", "must be a whole number"),
    "int_type": ("应为整数", "must be a whole number"),
    "float_type": ("应为数字", "must be a number"),
    "bool_type": ("应为 true 或 false", "must be true or false"),
    "int_parsing": ("应为整数", "must be a whole number"),
    "float_parsing": ("应为数字", "must be a number"),
    "bool_parsing": ("应为 是 或 否", "must be true or false"),
    "literal_error": ("应为 car（车）、bike（骑行）或 foot（步行）", "must be car, bike or foot"),
}


def _in_words(error: Any, part: str) -> tuple[str, str]:
    """Say what is wrong in both languages, with the value."""
    if error["type"] == "extra_forbidden" and part in _FIELDS:
        return (
            f"没有这样的字段。可用：{'、'.join(_FIELDS[part].values())}",
            f"is no field of a rule. There are {', '.join(_FIELDS[part])}",
        )
    kind, given = str(error["type"]), error.get("input")
    value = f" {given}" if isinstance(given, (str, int, float)) and not isinstance(given, bool) else ""
    if kind in _SAID:
        return f"{_SAID[kind][0]}{f'，写的是{value}' if value else ''}", _SAID[kind][1] + (
            f", not{value}" if value else ""
        )
    if kind in {"greater_than_equal", "less_than_equal"}:
        limit = error["ctx"].get("ge", error["ctx"].get("le"))
        least = kind == "greater_than_equal"
        zh = f"{'不得小于' if least else '不得大于'} {limit}，写的是{value}"
        return zh, f"must be {'at least' if least else 'at most'} {limit}, not{value}"
    message = str(error["msg"]).removeprefix("Value error, ")
    zh, _, en = message.partition(" / ")
    return zh, en or zh


_FIELDS = {
    part: {
        field: next(h for h, f in HEADINGS.items() if f == field and not h.isascii())
        for field in rule.model_fields
    }
    for part, rule in (("stops", StopRule), ("teams", TeamRule))
}
"""Fields of a rule, with the first Chinese heading of each."""
_CODES = {
    "closed_to": spellings(car="汽车 车 驾车", bike="自行车 骑行", foot="步行"),
    "must": spellings(true="是 必到 对 √ yes y t 1", false="否 不 不是 no n f 0"),
    "leave_out": spellings(true="是 排除 不去 对 √ yes y t 1", false="否 不 不是 no n f 0"),
}
_UNITS = {
    field: re.compile(rf"(\d+(?:\.\d+)?)\s*(?:{unit})")
    for fields, unit in (
        ("min_gap_min max_interval_min dwell_min", "分钟?|min"),
        ("visits", "次"),
        ("size min_size", "人"),
    )
    for field in fields.split()
}
_PERCENT = re.compile(r"(\d+(?:\.\d+)?)\s*%")


def _cell(field: str, cell: object) -> str:
    """Return what stands in a cell, with full-width signs as plain ones and a number without its unit."""
    text = unicodedata.normalize("NFKC", str(cell)).strip()
    if field == "revisit_share" and (share := _PERCENT.fullmatch(text)):
        return f"{float(share[1]) / 100:g}"
    number = _UNITS[field].fullmatch(text) if field in _UNITS else None
    return number[1] if number else text


def _require_plain_headings(path: Path, fields: Mapping[str, str]) -> None:
    _refuse_twice(path, "-", fields)
    if not {"stop", "team"}.intersection(fields.values()):
        raise _refused(
            path.name,
            "-",
            "-",
            f"没有“停靠点”或“队伍”一列，读到的表头：{'、'.join(fields)}",
            f"it has no column stop or team; the headings found are {', '.join(fields)}",
        )


def _of_table(path: Path, lines: dict[tuple[str, int], int], written: dict[str, str]) -> dict[str, Any]:
    """Return the rules; ``lines`` receives the row of each, and ``written`` each field's heading."""
    raw = without_totals(read_raw(path, known=HEADINGS.keys()))
    fields = {name: HEADINGS.get(heading_key(name), name) for name in raw.table.column_names}
    _require_plain_headings(path, fields)
    written.update({field: name for name, field in fields.items()})
    out: dict[str, list[dict[str, Any]]] = {"stops": [], "teams": []}
    for row, cells in zip(raw.row_numbers, raw.table.to_pylist(), strict=True):
        rule: dict[str, Any] = {
            fields[name]: _cell(fields[name], cell)
            for name, cell in cells.items()
            if cell is not None and str(cell).strip()
        }
        if not rule:
            continue
        for name in _LISTS:
            if name in rule:
                rule[name] = [part.strip() for part in re.split(_LISTED, rule[name]) if part.strip()]
        for name, codes in _CODES.items():
            if isinstance(rule.get(name), list):
                rule[name] = [codes.get(part.lower(), part) for part in rule[name]]
            elif name in rule:
                rule[name] = codes.get(rule[name].lower(), rule[name])
        kind = "stops" if "stop" in rule else "teams"
        lines[kind, len(out[kind])] = int(row)
        out[kind].append(rule)
    return dict(out)


def _refused(name: str, row: str, name_of_field: str, zh: str, en: str) -> InvalidInput:
    return InvalidInput(
        "patrol-rules",
        f"规则文件 {name}，行 {row}，字段 {name_of_field}：{zh}。",
        f"Rules file {name}, row {row}, field {name_of_field}: {en}.",
    )
