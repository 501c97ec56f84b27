"""Rules for single stops and teams, from a file or a request."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from gridmap.domain.clock import read_break, read_span, read_time
from gridmap.domain.gridkey import MAX_KEY
from gridmap.errors import InvalidInput

_LARGEST = 4_000_000
_LISTS = ("closed_to", "windows")


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
    leave_out: bool = False

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
                raise ValueError(f"{twice[0]}: 重复 / is there twice")
        return self

    def as_dict(self) -> dict[str, Any]:
        """Return the rules as JSON holds them, without what is absent."""
        return self.model_dump(mode="json", exclude_none=True)


def _told(read: Any, text: str) -> None:
    try:
        read(text)
    except InvalidInput as refused:
        raise ValueError(f"{refused.zh} / {refused.en}") from None


def read_rules(path: Path) -> Rules:
    """Read rules from a JSON or CSV file.

    Parameters
    ----------
    path : Path
        JSON: ``{"stops": [...], "teams": [...]}``. CSV: a heading with the names of the fields; a row with a ``stop``
        is that stop's rule, any other the rule of its ``team``; several windows or modes in a cell are parted by ``;``.

    Raises
    ------
    InvalidInput
        Naming file, row and field.
    """
    try:
        if path.stat().st_size > _LARGEST:
            raise _refused(path.name, "-", "-", "超过 4 MB", "is larger than 4 MB")
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError):
        raise _refused(
            path.name, "-", "-", "无法读取，应为 UTF-8 文本", "cannot be read as UTF-8 text"
        ) from None
    if path.suffix.lower() == ".csv":
        given, lines = _of_csv(text)
    else:
        lines = {}
        try:
            given = json.loads(text)
        except ValueError as broken:
            raise _refused(path.name, "-", "-", f"不是 JSON：{broken}", f"is no JSON: {broken}") from None
    try:
        return Rules.model_validate(given)
    except ValidationError as refused:
        first = refused.errors()[0]
        where = [str(part) for part in first["loc"]]
        row = f"{where[0]}[{where[1]}]" if len(where) > 1 else "-"
        kind, number = (where[0], int(where[1])) if len(where) > 1 else ("", -1)
        row = str(lines.get((kind, number), row))
        message = str(first["msg"]).removeprefix("Value error, ")
        raise _refused(path.name, row, where[2] if len(where) > 2 else "-", message, message) from None


def _of_csv(text: str) -> tuple[dict[str, Any], dict[tuple[str, int], int]]:
    out: dict[str, list[dict[str, Any]]] = {"stops": [], "teams": []}
    lines: dict[tuple[str, int], int] = {}
    reader = csv.DictReader(io.StringIO(text))
    for row in reader:
        rule: dict[str, Any] = {
            str(k or "?").strip(): v.strip() for k, v in row.items() if isinstance(v, str) and v.strip()
        }
        if None in row:
            rule["?"] = "more cells than headings"
        if not rule:
            continue
        rule |= {k: [p.strip() for p in rule[k].split(";") if p.strip()] for k in _LISTS if k in rule}
        kind = "stops" if "stop" in rule else "teams"
        lines[kind, len(out[kind])] = reader.line_num
        out[kind].append(rule)
    return dict(out), lines


def _refused(name: str, row: str, name_of_field: str, zh: str, en: str) -> InvalidInput:
    return InvalidInput(
        "patrol-rules",
        f"规则文件 {name}，行 {row}，字段 {name_of_field}：{zh}。",
        f"Rules file {name}, row {row}, field {name_of_field}: {en}.",
    )
