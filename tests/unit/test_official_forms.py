"""Official forms: periods, cells that add up, what changed since handing in, and a town's own form files."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import docx
import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridmap.domain.official_forms import (
    COLUMNS,
    FormCase,
    differences,
    fill,
    period_before,
    read_period,
    remembered,
    share,
)
from gridmap.errors import InvalidInput
from gridmap.files.endings import require_ending
from gridmap.files.placeholders import fill_file

CASES = st.lists(
    st.builds(
        FormCase,
        incident_id=st.none() | st.integers(1, 60),
        row_key=st.sampled_from([0, 33068110901001000, 33068110901002000]),
        kind=st.sampled_from(["", "02", "09"]),
        is_open=st.booleans(),
        is_overdue=st.booleans(),
        acted=st.booleans(),
        solved=st.booleans(),
        solved_level=st.none() | st.integers(1, 4),
        reopened=st.booleans(),
        untold=st.booleans(),
    ),
    max_size=30,
    unique_by=lambda c: c.incident_id if c.incident_id is not None else object(),
)


@pytest.mark.parametrize(
    ("name", "since", "until", "zh"),
    [
        ("2024-02", "2024-02-01", "2024-02-29", "2024 年 2 月"),
        ("2026-Q4", "2026-10-01", "2026-12-31", "2026 年第 4 季度"),
        ("2026-H1", "2026-01-01", "2026-06-30", "2026 年上半年"),
        ("2026", "2026-01-01", "2026-12-31", "2026 年"),
    ],
)
def test_a_period_has_its_days_and_its_name(name: str, since: str, until: str, zh: str) -> None:
    period = read_period(name)
    assert (period.since.isoformat(), period.until.isoformat(), period.zh) == (since, until, zh)


@pytest.mark.parametrize(
    "name", ["", "2026-13", "2026-00", "2026-H3", "2026-Q5", "10月", "0000", "20261", "2026-1"]
)
def test_what_is_no_period_is_refused_with_how_one_is_written(name: str) -> None:
    with pytest.raises(InvalidInput, match="2026-Q4"):
        read_period(name)


@given(CASES)
def test_rows_of_grids_and_rows_of_kinds_add_up_to_the_total(cases: list[FormCase]) -> None:
    numbers = fill(cases, [33068110901003000], ["11"]).numbers()
    for column in COLUMNS:
        for rows in ("grid ", "kind "):
            parts = sum(cells[column.code] for name, cells in numbers.items() if name.startswith(rows))
            assert parts == numbers["total"][column.code]
    assert numbers["total"]["found"] == len(cases)
    assert numbers["grid 33068110901003000"]["found"] == 0
    assert share({"found": 0, "handled": 0, "succeeded": 0}, "handled_share") is None


@given(CASES, CASES)
def test_the_cases_that_came_and_went_explain_each_difference(
    before: list[FormCase], now: list[FormCase]
) -> None:
    then, today = fill(before, [], []), fill(now, [], [])
    told = {d.column: d for d in differences(then.numbers(), remembered(then), today)}
    assert differences(then.numbers(), remembered(then), then) == []
    for column in COLUMNS:
        sealed = [sum(column.holds(c) for c in cases if c.incident_id is None) for cases in (before, now)]
        change = told.get(column.code)
        old, new = (sheet.numbers()["total"][column.code] for sheet in (then, today))
        if change is None:
            assert old == new
        else:
            moved = len(change.added) - len(change.gone) + sealed[1] - sealed[0]
            assert (change.before, change.now, change.now - change.before) == (old, new, moved)
            assert set(change.new_records) == set(change.added) - {c.incident_id for c in before}


VALUES = {"place": "枫桥镇", "total.found": 12, "danger": "=1+1", "total.share": None}
ROWS = [{"name": "枫源村", "found": 7}, {"name": "乐山村", "found": 5}]


def test_a_workbook_of_the_town_keeps_its_look_and_gets_its_values(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet["A1"], sheet["A2"], sheet["B2"] = "{{place}}情况表", "{{row.name}}", "{{ row.found }}"
    sheet["A3"], sheet["B3"], sheet["C3"], sheet["D3"] = (
        "合计",
        "{{total.found}}",
        "{{danger}}",
        "{{total.share}}",
    )
    sheet["B3"].number_format = "0"
    sheet.merge_cells("A3:A4")
    book.save(tmp_path / "t.xlsx")
    fill_file(tmp_path / "t.xlsx", tmp_path / "o.xlsx", VALUES, ROWS)
    made = openpyxl.load_workbook(tmp_path / "o.xlsx").active
    assert [[c.value for c in line] for line in made.iter_rows(max_row=4, max_col=4)] == [
        ["枫桥镇情况表", None, None, None],
        ["枫源村", 7, None, None],
        ["乐山村", 5, None, None],
        ["合计", 12, "'=1+1", None],
    ]
    assert [str(span) for span in made.merged_cells.ranges] == ["A4:A5"]


def test_a_document_of_the_town_gets_its_values_in_paragraphs_tables_and_headers(tmp_path: Path) -> None:
    document = docx.Document()
    cut = document.add_paragraph("本期 {{pl")
    cut.add_run("ace}} 共 {{total.found}} 件")
    document.sections[0].header.paragraphs[0].text = "{{place}}"
    table = document.add_table(rows=2, cols=2)
    table.rows[0].cells[0].text = "村"
    table.rows[1].cells[0].text, table.rows[1].cells[1].text = "{{row.name}}", "{{row.found}} 件"
    document.save(str(tmp_path / "t.docx"))
    fill_file(tmp_path / "t.docx", tmp_path / "o.docx", VALUES, ROWS)
    made = docx.Document(str(tmp_path / "o.docx"))
    assert made.paragraphs[0].text == "本期 枫桥镇 共 12 件"
    assert made.sections[0].header.paragraphs[0].text == "枫桥镇"
    assert [[c.text for c in row.cells] for row in made.tables[0].rows] == [
        ["村", ""],
        ["枫源村", "7 件"],
        ["乐山村", "5 件"],
    ]


def test_sums_of_a_town_s_own_workbook_are_over_all_rows_that_were_made(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet["A1"], sheet["A2"], sheet["B2"] = "{{place}}", "{{row.name}}", "{{row.found}}"
    sheet["B3"], sheet["C3"] = "=SUM(B2:B2)", '=IF(B$3>0,"B2",$B$3*Sheet!B3+A1)'
    other = book.create_sheet("摘要")
    other["A1"], other["A2"] = "=Sheet!B3", "=SUM(B2:B3)"
    book.save(tmp_path / "t.xlsx")
    fill_file(tmp_path / "t.xlsx", tmp_path / "o.xlsx", VALUES, ROWS)
    made = openpyxl.load_workbook(tmp_path / "o.xlsx")
    assert [c.value for c in made["Sheet"][4]][1:] == ["=SUM(B2:B3)", '=IF(B$4>0,"B2",$B$4*Sheet!B4+A1)']
    assert [made["摘要"][at].value for at in ("A1", "A2")] == ["=Sheet!B4", "=SUM(B2:B3)"]


def test_places_in_tables_within_tables_and_between_tabs_and_links_are_filled(tmp_path: Path) -> None:
    document = docx.Document()
    outer = document.add_table(rows=1, cols=1).rows[0].cells[0]
    inner = outer.add_table(rows=2, cols=1)
    inner.rows[0].cells[0].text, inner.rows[1].cells[0].text = "{{place}}", "{{row.name}}"
    line = document.add_paragraph("{{place}}\t")
    line.add_run("{{total.found}}").bold = True
    document.sections[0].different_first_page_header_footer = True
    document.sections[0].first_page_header.paragraphs[0].text = "{{place}}"
    document.save(str(tmp_path / "t.docx"))
    fill_file(tmp_path / "t.docx", tmp_path / "o.docx", VALUES, ROWS)
    made = docx.Document(str(tmp_path / "o.docx"))
    filled = made.tables[0].rows[0].cells[0].tables[0]
    assert [row.cells[0].text for row in filled.rows] == ["枫桥镇", "枫源村", "乐山村"]
    assert (made.paragraphs[0].text, made.paragraphs[0].runs[-1].bold) == ("枫桥镇\t12", True)
    assert made.sections[0].first_page_header.paragraphs[0].text == "枫桥镇"


def test_a_form_file_that_cannot_be_used_says_what_and_where(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active["B7"] = "{{total.fund}}"
    book.save(tmp_path / "wrong.xlsx")
    with pytest.raises(InvalidInput, match=r"Sheet!B7.*total\.fund"):
        fill_file(tmp_path / "wrong.xlsx", tmp_path / "o.xlsx", VALUES, ROWS)
    (tmp_path / "old.doc").write_bytes(b"x")
    (tmp_path / "damaged.docx").write_bytes(b"PK\x03\x04 cut")
    for name, said in (("old.doc", "另存"), ("damaged.docx", "不是完整")):
        with pytest.raises(InvalidInput, match=said):
            fill_file(tmp_path / name, tmp_path / "o.docx", VALUES, ROWS)
    assert not (tmp_path / "o.xlsx").exists()


@pytest.mark.parametrize(
    ("name", "before"),
    [
        ("2026-01", "2025-12"),
        ("2026-Q1", "2025-Q4"),
        ("2026-H2", "2026-H1"),
        ("2026-H1", "2025-H2"),
        ("2026", "2025"),
    ],
)
def test_the_period_before_ends_the_day_before_and_is_of_the_same_kind(name: str, before: str) -> None:
    period, earlier = read_period(name), period_before(read_period(name))
    assert earlier.name == before
    assert earlier.until == period.since - dt.timedelta(days=1)


@pytest.mark.parametrize(
    "text", ["{{total.found", "total.found}}", "｛｛total.found｝｝", "{{total.found}} {{"]
)
def test_a_place_that_is_not_whole_is_refused_and_stays_in_no_form(tmp_path: Path, text: str) -> None:
    book = openpyxl.Workbook()
    book.active["B2"] = text
    book.save(tmp_path / "t.xlsx")
    paper = docx.Document()
    paper.add_paragraph(text)
    paper.save(str(tmp_path / "t.docx"))
    for name, where in (("t.xlsx", "B2"), ("t.docx", "第 1 段")):
        with pytest.raises(InvalidInput, match="没有成对") as refused:
            fill_file(tmp_path / name, tmp_path / f"o-{name}", VALUES, ROWS)
        assert where in refused.value.zh
        assert not (tmp_path / f"o-{name}").exists()


def test_an_unknown_place_is_answered_with_those_that_are_alike(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active["A1"] = "{{total.fonud}}"
    book.save(tmp_path / "t.xlsx")
    with pytest.raises(InvalidInput, match=r"total\.found"):
        fill_file(tmp_path / "t.xlsx", tmp_path / "o.xlsx", VALUES, ROWS)


def test_a_file_whose_name_promises_another_kind_is_not_written() -> None:
    require_ending(Path("表.XLSX"), ".xlsx")
    with pytest.raises(InvalidInput, match=r"应以 \.xlsx 结尾"):
        require_ending(Path("表.pdf"), ".xlsx")
