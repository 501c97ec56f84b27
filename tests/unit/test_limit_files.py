"""A file of limits is loaded whole, or refused by file, line and field; nothing of it does nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from gridmap.domain.cases.limits import preset, presets
from gridmap.errors import InvalidInput
from gridmap.services.cases.limits import read_file

ALL = {"sign": "1d", "act": "1d", "close": "7wd"}


def written(folder: Path, changed: dict[str, Any]) -> Path:
    path = folder / "别镇期限.json"
    # As a text editor on Windows leaves it.
    path.write_text(json.dumps(preset().as_dict() | changed, ensure_ascii=False), "utf-8-sig")
    return path


@pytest.mark.parametrize("name", presets())
def test_what_one_town_writes_another_reads(name: str, tmp_path: Path) -> None:
    assert read_file(written(tmp_path, preset(name).as_dict())) == preset(name)


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"rules": [ALL | {"domain": "land"}, {"sign": "1d", "act": "1d"}]}, "第 2 行 缺少 close"),
        ({"rules": [ALL | {"level": "3"}, ALL]}, "第 1 行 level 应为：1（镇）"),
        ({"rules": [ALL | {"level": 4}, ALL]}, "第 1 行 level"),
        ({"rules": [ALL | {"kind": 10}, ALL]}, "第 1 行 kind"),
        ({"rules": [ALL | {"domain": ["dispute"]}, ALL]}, "第 1 行 domain"),
        ({"rules": [ALL | {"co_bodies": ["pub"]}]}, "第 1 行 co_bodies"),
        ({"rules": [ALL | {"close": "0d"}]}, "第 1 行 close"),
        ({"name_zh": "长" * 201}, "name_zh 应为：一段文字，最多 200"),
        ({"calendar": {"holidays": ["0206-10-01"]}}, "1949 至 2199"),
        (
            {"calendar": {"holidays": ["2026-10-10"], "working_weekends": ["2026-10-10"]}},
            "2026-10-10 同时列为放假和上班",
        ),
        ({"rules": [ALL | {"close": "9999wd"}]}, "第 1 行 close"),
        ({"rules": [ALL, ALL | {"domain": "dispute"}]}, "第 2 行永远用不到：第 1 行"),
        ({"rules": [ALL | {"domain": "dispute", "kind": "1"}, ALL]}, "第 1 行 kind 不是纠纷类型“1”"),
        ({"rules": ["1d"]}, "第 1 行 rules"),
        ({"calendar": {"working_days": []}}, "working_days 应为"),
        ({"calendar": {"working_days": [8]}}, "working_days 应为"),
        ({"calendar": {"holiday": ["2026-10-01"]}}, "没有“holiday”这一项"),
        ({"calendar": {"holidays": "2026-10-01"}}, "holidays 应为"),
        ({"calender": {}}, "没有“calender”这一项"),
        ({"source": None}, "source 应为"),
    ],
)
def test_what_would_stop_the_desk_or_do_nothing_is_refused_by_line_and_field(
    changed: dict[str, Any], told: str, tmp_path: Path
) -> None:
    with pytest.raises(InvalidInput, match=told) as refused:
        read_file(written(tmp_path, changed))
    assert refused.value.code == "limits-fault"
    assert "别镇期限.json" in str(refused.value)
