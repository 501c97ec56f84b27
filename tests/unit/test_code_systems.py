"""Codes mean something: each has a system, and a bare number that two systems read differently stands for nothing."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from gridmap.domain.code_systems import (
    GBT31000,
    PRACTICE,
    from_practice,
    proposals,
    read_kind,
    recognised,
    systems,
)
from gridmap.ingest.model import ParsedTable
from gridmap.ingest.rows import parse_table

HEAD = "uid,domain,kind,occurred_at,lon,lat"


def read(path: Path, mapping: dict[str, str] | None = None) -> ParsedTable:
    return parse_table(path, "incidents", mapping=mapping)


def kinds(folder: Path, *texts: str, mapping: dict[str, str] | None = None) -> list[str | None]:
    """What becomes of a column of kinds: a code each, None where the row is refused."""
    path = folder / "k.csv"
    rows = [f"K{i},纠纷,{text},2026-10-20,120.427,29.794" for i, text in enumerate(texts)]
    path.write_text("\n".join([HEAD, *rows]) + "\n", "utf-8")
    parsed = read(path, mapping)
    found = dict(zip(parsed.table["uid"].to_pylist(), parsed.table["kind"].to_pylist(), strict=True))
    return [found.get(f"K{i}") for i in range(len(texts))]


def test_every_entry_of_a_system_has_a_place_in_practice_and_back() -> None:
    practice = systems()[PRACTICE]
    for system in systems().values():
        for code, entry in system.entries.items():
            assert system.crossing(code).code in practice.entries
            assert entry.parent is None or entry.parent in system.entries
    assert set(from_practice()) == set(practice.entries)
    national = systems()[GBT31000]
    for code, told in from_practice().items():
        back = national.crossing(told.code)
        # Where both sides say that nothing is lost, a code comes back as it was.
        assert back.code == code or "same" not in {told.relation, back.relation}


def test_a_bare_number_that_two_systems_read_differently_is_refused_until_one_is_named(
    tmp_path: Path,
) -> None:
    assert kinds(tmp_path, "09", "07", "9") == [None, None, None]
    assert kinds(tmp_path, "09", "07", "0902", mapping={"code_system": "=gbt31000-2015"}) == [
        "07",
        "10",
        "03",
    ]
    assert kinds(tmp_path, "09", "07", mapping={"code_system": "=practice"}) == ["09", "07"]
    # Both mean the same by these.
    assert kinds(tmp_path, "01", "02", "99") == ["01", "02", "99"]


def test_a_column_as_a_whole_tells_its_system(tmp_path: Path) -> None:
    assert kinds(tmp_path, "09", "17") == ["09", "17"]
    assert kinds(tmp_path, "09", "0902") == ["07", "03"]
    assert kinds(tmp_path, "09", "土地及资源权属纠纷") == ["07", "07"]
    assert recognised(["01", "02"]) is None
    # One text that no list has, and nothing is told by the rest.
    assert kinds(tmp_path, "09", "0902", "网络刷单纠纷") == [None, None, None]


def test_names_are_read_in_every_system_with_and_without_their_numbers(tmp_path: Path) -> None:
    told = (
        "邻里纠纷",
        "02邻里纠纷",
        "02 邻里纠纷",
        "02、邻里",
        "物业及其管理",
        "婚恋家庭纠纷",
        "03 邻里纠纷",
    )
    assert kinds(tmp_path, *told) == ["02", "02", "02", "02", "15", "01", None]
    assert "婚姻家庭纠纷" in proposals("婚姻")
    assert read_kind("网络刷单纠纷") is None


def test_what_the_source_called_a_kind_stays_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "k.csv"
    path.write_text(
        f"{HEAD}\nA,纠纷,0902,2026-10-20,120.427,29.794\nB,警务,theft,2026-10-20,120.427,29.794\n", "utf-8"
    )
    table = read(path, {"code_system": "=gbt31000-2015"}).table
    assert table["kind"].to_pylist() == ["03", "theft"]
    assert table["code_system"].to_pylist() == ["gbt31000-2015", None]
    assert table["source_kind"].to_pylist() == ["gbt31000-2015:0902", None]


def test_a_value_that_no_list_has_is_told_once_with_its_rows_and_may_be_mapped(tmp_path: Path) -> None:
    path = tmp_path / "c.csv"
    rows = [f"C{i},纠纷,02,2026-10-20,120.427,29.794,{'流动哨' if i < 3 else '电话'}" for i in range(4)]
    path.write_text("\n".join([f"{HEAD},channel", *rows]) + "\n", "utf-8")
    parsed = read(path)
    told = [n for n in parsed.warnings if n.code == "values-unmapped"]
    assert len(told) == 1
    assert "流动哨（3 行）" in told[0].zh
    mapped = read(path, {"channel=流动哨": "patrol"})
    assert mapped.table["channel"].to_pylist() == ["patrol"] * 3 + ["phone"]


@pytest.mark.parametrize(
    ("mapping", "right"),
    [
        ({}, ["K4", "K5", "K6", "K7"]),
        ({"code_system": "=gbt31000-2015"}, ["K1", "K2", "K3", "K4", "K5", "K6", "K7"]),
    ],
)
def test_the_codes_found_in_use_come_out_right(
    found_in_use: Path, mapping: dict[str, str], right: list[str]
) -> None:
    assert read(found_in_use / "codes" / "k.csv", mapping).table["uid"].to_pylist() == right


def test_the_values_found_in_use_come_out_right(found_in_use: Path) -> None:
    folder = found_in_use / "codes"
    parsed = read(folder / "values.csv")
    with (folder / "values.csv").open(encoding="utf-8-sig") as file:
        right = {row["事件编号"]: row["right"] for row in csv.DictReader(file)}
    taken = {u for u, told in right.items() if told == "dispute 02"}
    assert set(parsed.table["uid"].to_pylist()) == taken
    assert set(parsed.table["kind"].to_pylist()) == {"02"}
    reasons = parsed.refused.set_index("row")["reason_zh"]
    assert "婚姻家庭纠纷" in reasons[5]
    assert "应急管理" in reasons[6]
    national = read(folder / "gbt31000_no_persons.csv")
    assert (national.accepted_rows, national.refused_rows) == (1, 0)
    assert {"domain-from-headings", "columns-ignored"} <= {n.code for n in national.warnings}
    assert national.table["stage"].to_pylist() == ["resolved"]
    assert parse_table(folder / "o.csv", "organisations").accepted_rows == 3


def test_a_table_of_another_system_comes_in_with_its_mapping(found_in_use: Path) -> None:
    folder = found_in_use / "codes"
    mapping = json.loads((folder / "e_mapping.json").read_text("utf-8"))
    parsed = read(folder / "e.csv", mapping)
    assert parsed.refused_rows == 0
    assert parsed.table["channel"].to_pylist() == ["patrol", "hotline_12345"]
    assert parsed.table["stage"].to_pylist() == ["resolved", "mediating"]
    assert parsed.table["domain"].to_pylist() == ["dispute", "safety"]
