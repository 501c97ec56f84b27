"""Cells of rules for patrols are read as people write them, and a number without sense is refused by row and field."""

from __future__ import annotations

from pathlib import Path

import pytest

from gridmap.errors import InvalidInput
from gridmap.services.patrols.ask.rules import read_rules


@pytest.mark.parametrize(
    ("heading", "cell", "field", "meant"),
    [
        ("停靠点", "Ｈ１", "stop", "H1"),
        ("次数", "２", "visits", 2),
        ("次数", "3次", "visits", 3),
        ("停留（分钟）", "15分钟", "dwell_min", 15.0),
        ("间隔", "９０ 分", "min_gap_min", 90.0),
        ("最长间隔", "120", "max_interval_min", 120.0),
        ("再访比例", "60%", "revisit_share", 0.6),
        ("必到", "√", "must", True),
        ("必到", "不", "must", False),
        ("开放时段", "20：00到21：00；23:00至24:00", "windows", ("20:00到21:00", "23:00至24:00")),
        ("禁行方式", "步行、汽车", "closed_to", ("foot", "car")),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
def test_a_cell_is_read_as_people_write_it(
    tmp_path: Path, heading: str, cell: str, field: str, meant: object, encoding: str
) -> None:
    file = tmp_path / "规则.csv"
    rows = f"{heading}\n{cell}\n" if field == "stop" else f"停靠点,{heading}\nH1,{cell}\n"
    file.write_text(rows, encoding=encoding)
    (rule,) = read_rules(file).stops
    assert getattr(rule, field) == meant


@pytest.mark.parametrize(
    ("heading", "cell"), [("停留", "1.5小时"), ("次数", "60%"), ("再访比例", "3次"), ("停留", "十五")]
)
def test_a_number_without_its_sense_is_refused_by_row_and_field(
    tmp_path: Path, heading: str, cell: str
) -> None:
    file = tmp_path / "规则.csv"
    file.write_text(f"停靠点,{heading}\nH1,{cell}\n", encoding="utf-8")
    with pytest.raises(InvalidInput) as said:
        read_rules(file)
    assert "行 2" in said.value.zh
    assert cell in said.value.en


def test_a_break_may_name_its_unit(tmp_path: Path) -> None:
    file = tmp_path / "规则.csv"
    file.write_text("队伍,休息\nT01,22：00到23：00／45分钟\n", encoding="utf-8")
    assert read_rules(file).teams[0].rest


def test_json_with_chinese_keys_and_words_means_what_the_table_means(tmp_path: Path) -> None:
    table, given = tmp_path / "规则.csv", tmp_path / "规则.json"
    table.write_text(
        "停靠点,必到,禁行方式,开放时段,次数\nH1,是,步行、汽车,20:00-21:00；23:00-24:00,3次\n", "utf-8"
    )
    row = '"必到": "是", "禁行方式": ["步行", "汽车"], "开放时段": "20:00-21:00；23:00-24:00", "次数": "3次"'
    given.write_text(f'{{"停靠点": [{{"停靠点": "H1", {row}}}]}}', "utf-8")
    assert read_rules(given) == read_rules(table)
    given.write_text('{"stops": [{"stop": "H1", "必到": true, "must": true}]}', "utf-8")
    with pytest.raises(InvalidInput) as refused:
        read_rules(given)
    assert "stops[0]" in refused.value.zh


@pytest.mark.parametrize(
    ("name", "text", "field"),
    [
        ("a.csv", "地点,巡逻队,停留分钟\nH1,T02,abc\n", "停留分钟"),
        ("a.csv", "stop,最多次数\nH1,99\n", "最多次数"),
        ("a.json", '{"停靠点": [{"站点": "H1", "最少人数": "许多"}]}', "最少人数"),
    ],
)
def test_what_is_wrong_is_told_by_the_file_s_own_heading(
    tmp_path: Path, name: str, text: str, field: str
) -> None:
    path = tmp_path / name
    path.write_text(text, "utf-8")
    with pytest.raises(InvalidInput, match=f"字段 {field}：.*field {field}: "):
        read_rules(path)


def test_a_heading_that_no_rule_has_is_answered_with_those_there_are(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("停靠点,优先\nH1,5\n", "utf-8")
    with pytest.raises(
        InvalidInput, match=r"字段 优先：没有这样的字段。可用：停靠点、.*次数.*field 优先: .*visits"
    ):
        read_rules(path)
