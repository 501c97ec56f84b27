"""Sheets as towns have them are read as a person would, and what was assumed is said."""

from __future__ import annotations

import csv
import datetime as dt
from pathlib import Path
from typing import Any

import openpyxl
import pyproj
import pytest
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from gridmap.domain.records import NOUNS
from gridmap.errors import InvalidInput
from gridmap.ingest.headings import heading_key, heading_row
from gridmap.ingest.model import ParsedTable
from gridmap.ingest.rows import parse_table
from gridmap.ingest.rows.headers import known_keys, match_headings
from gridmap.ingest.rows.sheets import record_sheets

HEAD = ["事件编号", "领域", "类型", "发生时间", "经度", "纬度", "摘要"]
HEAD_EN = ["uid", "domain", "kind", "occurred_at", "lon", "lat", "summary"]
BOUNDS = (120.32, 29.72, 120.52, 29.88)


def record(n: int = 0, **other: Any) -> list[Any]:
    """A row of a sheet, some cells of it other than usual."""
    usual = [
        f"A-{n:03d}",
        "纠纷",
        "02",
        f"2026-10-{n + 1:02d} 08:30",
        120.4176 + n / 1000,
        29.7894,
        f"滴水{n}",
    ]
    return [other.get(name, value) for name, value in zip(HEAD, usual, strict=True)]


def workbook(path: Path, **sheets: list[list[Any]]) -> openpyxl.Workbook:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return book


def read(path: Path, **options: Any) -> ParsedTable:
    return parse_table(
        path, "incidents", bounds=BOUNDS, now=dt.datetime(2026, 11, 1, tzinfo=dt.UTC), **options
    )


def said(parsed: ParsedTable) -> set[str]:
    return {notice.code for notice in parsed.warnings}


def test_headings_below_titles_are_found_and_totals_are_no_records(tmp_path: Path) -> None:
    rows = [
        ["2026年10月事件台账"],
        ["填报单位：综治中心", None, None, "2026-11-01"],
        HEAD,
        record(0),
        record(1),
    ]
    workbook(tmp_path / "a.xlsx", 台账=[*rows, ["合计", 2], ["审核：", None, "日期："]])
    parsed = read(tmp_path / "a.xlsx")
    assert parsed.table["uid"].to_pylist() == ["A-000", "A-001"]
    assert parsed.table["row"].to_pylist() == [4, 5]
    assert {"headings-below-titles", "rows-no-record"} <= said(parsed)
    with (tmp_path / "a.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([*rows, ["合计", 2, "", "", "", "", ""]])
    flat = read(tmp_path / "a.csv")
    assert flat.table["uid"].to_pylist() == ["A-000", "A-001"]
    assert flat.table["row"].to_pylist() == [4, 5]
    assert {"headings-below-titles", "rows-no-record"} <= said(flat)


def test_a_record_that_begins_like_a_total_stays_one(tmp_path: Path) -> None:
    workbook(tmp_path / "a.xlsx", 表=[HEAD, record(0, 事件编号="合计-1")])
    assert read(tmp_path / "a.xlsx").table["uid"].to_pylist() == ["合计-1"]


def test_the_sheet_with_the_records_is_chosen_and_the_others_are_named(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    workbook(path, 说明=[["填表说明"]], 九月=[HEAD, record(0)], 十月=[HEAD, record(1), record(2)])
    parsed = read(path)
    assert parsed.table["uid"].to_pylist() == ["A-000"]
    told = next(n for n in parsed.warnings if n.code == "sheet-chosen")
    assert "“说明”1 行" in told.zh
    assert "“十月”2 行" in told.zh
    assert read(path, sheet="十月").accepted_rows == 2
    with pytest.raises(InvalidInput, match="九月"):
        read(path, sheet="七月")


def test_two_rows_of_headings_are_read_as_one(tmp_path: Path) -> None:
    book = workbook(
        tmp_path / "a.xlsx",
        表=[
            ["事件编号", "领域", "类型", "发生时间", "位置", None, "摘要"],
            [None, None, None, None, "经度", "纬度", None],
            record(0),
        ],
    )
    parsed = read(tmp_path / "a.xlsx")
    assert "headings-two-rows" in said(parsed)
    assert parsed.table["lat"].to_pylist() == [29.7894]
    sheet = book["表"]
    sheet.merge_cells("E1:F1")
    for column in "ABCDG":
        sheet.merge_cells(f"{column}1:{column}2")
    book.save(tmp_path / "a.xlsx")
    parsed = read(tmp_path / "a.xlsx")
    assert parsed.table["lon"].to_pylist() == [120.4176]
    assert parsed.table["row"].to_pylist() == [3]
    assert said(parsed) & {"headings-two-rows", "headings-below-titles"}


def test_headings_of_a_column_that_stand_in_the_upper_row_alone_are_read(tmp_path: Path) -> None:
    workbook(
        tmp_path / "a.xlsx",
        表=[
            ["枫桥镇矛盾纠纷台账", None, None, None, None, None, None],
            ["事件编号", "基本情况", None, None, "位置", None, "摘要"],
            [None, "领域", "类型", "发生时间", "经度", "纬度", None],
            record(0),
        ],
    )
    parsed = read(tmp_path / "a.xlsx")
    assert "headings-two-rows" in said(parsed)
    assert parsed.table["uid"].to_pylist() == [record(0)[0]]
    assert parsed.table["row"].to_pylist() == [4]


def test_sheets_of_records_are_told_from_the_others(tmp_path: Path) -> None:
    workbook(
        tmp_path / "a.xlsx",
        一月=[["台账"], HEAD, record(0)],
        二月=[HEAD, record(1)],
        说明=[["请如实填写"]],
        空=[HEAD],
    )
    assert record_sheets(tmp_path / "a.xlsx", "incidents") == ("一月", "二月")


def test_merged_cells_are_filled_and_hidden_rows_are_told(tmp_path: Path) -> None:
    book = workbook(tmp_path / "a.xlsx", 表=[HEAD, record(0), record(1, 领域=None), record(2, 领域=None)])
    book["表"].merge_cells("B2:B4")
    book["表"].row_dimensions[3].hidden = True
    book.save(tmp_path / "a.xlsx")
    parsed = read(tmp_path / "a.xlsx")
    assert parsed.table["domain"].to_pylist() == ["dispute"] * 3
    assert {"merged-filled", "rows-hidden"} <= said(parsed)


def test_a_workbook_that_counts_from_1904_gives_its_own_days(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.epoch = CALENDAR_MAC_1904
    sheet = book.active
    sheet.append(HEAD)
    sheet.append(record(0, 发生时间=44833.354166667))
    sheet.append(record(1, 发生时间=dt.datetime(2026, 10, 5, 8, 30, tzinfo=dt.UTC).replace(tzinfo=None)))
    book.save(tmp_path / "a.xlsx")
    local = [
        t.astimezone(dt.timezone(dt.timedelta(hours=8)))
        for t in read(tmp_path / "a.xlsx").table["occurred_at"].to_pylist()
    ]
    assert [f"{t:%Y-%m-%d %H:%M}" for t in local] == ["2026-09-30 08:30", "2026-10-05 08:30"]


def test_an_error_value_refuses_its_row_alone_and_once(tmp_path: Path) -> None:
    value = "#REF!"
    book = openpyxl.Workbook()
    sheet = book.active
    for row in (HEAD, record(0, 经度=value), record(1, 事件编号=value), record(2)):
        sheet.append(row)
    sheet["E2"].data_type = sheet["A3"].data_type = "e"
    book.save(tmp_path / "a.xlsx")
    parsed = read(tmp_path / "a.xlsx")
    assert parsed.table["uid"].to_pylist() == ["A-002"]
    assert parsed.refused[["row", "code", "value"]].to_numpy().tolist() == [
        [2, "cell-error", value],
        [3, "cell-error", value],
    ]


def test_a_formula_that_was_never_computed_is_no_blank_cell(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for row in (HEAD, record(0, 发生时间="=TODAY()"), record(1, 事件编号='=A2&"x"'), record(2)):
        book.active.append(row)
    book.save(tmp_path / "a.xlsx")
    parsed = read(tmp_path / "a.xlsx")
    # Neither a moment nor a number is invented in its place.
    assert parsed.table["uid"].to_pylist() == ["A-002"]
    assert parsed.refused[["row", "code"]].to_numpy().tolist() == [[2, "cell-error"], [3, "cell-error"]]


def test_a_sheet_that_is_not_there_is_answered_with_those_that_are(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.title = "9月"
    book.active.append(HEAD)
    book.active.append(record(0))
    book.save(tmp_path / "a.xlsx")
    with pytest.raises(InvalidInput, match="9月") as told:
        read(tmp_path / "a.xlsx", sheet="12月")
    assert told.value.code == "sheet-unknown"


def test_a_code_that_lost_its_digits_is_named_as_that(tmp_path: Path) -> None:
    head = ["事件编号", "领域", "类型", "发生时间", "网格编码"]
    rows = [
        [f"A-{i}", "纠纷", "02", "2026-10-01", code]
        for i, code in enumerate((33068110901008039, "3.30681E+16", "33068110901008039"))
    ]
    workbook(tmp_path / "a.xlsx", 表=[head, *rows])
    parsed = read(tmp_path / "a.xlsx")
    assert parsed.table["grid_code"].to_pylist() == ["33068110901008039"]
    assert parsed.refused["code"].tolist() == ["code-digits-lost"] * 2


def test_coordinates_are_read_as_people_write_them(tmp_path: Path) -> None:
    written = [
        ("120.4176,29.7894", ""),
        ("（120.4176；29.7894）", ""),
        ("E120.4176", "N29.7894"),
        ("东经120.4176°", "北纬29.7894°"),
        ("120.4176°", "29.7894°"),
        ("１２０．４１７６", "２９．７８９４"),
        (" 120.4176 ", "\u300029.7894"),
    ]
    one = [*HEAD[:4], "经纬度", "备用", HEAD[6]]
    workbook(tmp_path / "a.xlsx", 表=[HEAD, *(record(i, 经度=x, 纬度=y) for i, (x, y) in enumerate(written))])
    workbook(tmp_path / "b.xlsx", 表=[one, record(0, 经度="120.4176， 29.7894", 纬度=None)])
    for parsed, count in ((read(tmp_path / "a.xlsx"), len(written)), (read(tmp_path / "b.xlsx"), 1)):
        assert parsed.refused.empty
        assert parsed.table["lon"].to_pylist() == pytest.approx([120.4176] * count)
        assert parsed.table["lat"].to_pylist() == pytest.approx([29.7894] * count)


def test_surveyors_northings_in_front_are_told_apart_by_where_the_town_is(tmp_path: Path) -> None:
    head = [*HEAD[:4], "X", "Y", "摘要"]
    workbook(
        tmp_path / "a.xlsx",
        表=[head, record(0, 经度=3296900.2, 纬度=540285.1), record(1, 经度=540285.1, 纬度=3296900.2)],
    )
    parsed = read(tmp_path / "a.xlsx", crs="EPSG:4549")
    assert parsed.table["uid"].to_pylist() == ["A-001"]
    assert parsed.refused["code"].tolist() == ["coordinate-axes-exchanged"]


@pytest.mark.parametrize(
    ("system", "zoned"),
    [
        ("EPSG:4549", False),
        ("EPSG:4528", True),
        ("EPSG:4498", True),
        ("EPSG:4499", True),
        ("EPSG:32651", False),
    ],
)
@pytest.mark.parametrize("northing_first", [False, True])
def test_metres_without_a_system_are_told_by_where_the_town_is(
    tmp_path: Path, system: str, *, zoned: bool, northing_first: bool
) -> None:
    points = [(120.40, 29.79), (120.41, 29.80)]
    # pyproj's own numbers, not the product's.
    move = pyproj.Transformer.from_crs(4326, system, always_xy=True)
    pairs = [move.transform(*point) for point in points]
    assert (pairs[0][0] > 10_000_000) == zoned
    lines = [
        f"A{n},纠纷,2026-10-05 08:30,{'{1},{0}' if northing_first else '{0},{1}'}".format(*pair)
        for n, pair in enumerate(pairs)
    ]
    file = tmp_path / "a.csv"
    file.write_text("\n".join(["编号,领域,发生时间,X,Y", *lines]), "utf-8")
    parsed = read(file)
    assert set(parsed.refused["code"]) == {"coordinate-out-of-range"}
    [notice] = [n for n in parsed.warnings if n.code == "system-likely"]
    assert system in notice.en
    assert ("northing first" in notice.en) == northing_first
    if not northing_first:
        again = read(file, crs=system)
        assert again.table["lon"].to_pylist() == pytest.approx([p[0] for p in points], abs=1e-6)


def test_text_in_utf_16_a_line_that_names_the_separator_and_big5_are_understood_or_named(
    tmp_path: Path,
) -> None:
    lines = "\r\n".join("\t".join(map(str, row)) for row in (HEAD, record(0)))
    (tmp_path / "a.csv").write_text(lines, "utf-16")
    assert read(tmp_path / "a.csv").table["summary"].to_pylist() == ["滴水0"]
    (tmp_path / "b.csv").write_text("sep=;\r\n" + lines.replace("\t", ";"), "utf-8")
    assert read(tmp_path / "b.csv").table["row"].to_pylist() == [2]
    (tmp_path / "c.csv").write_bytes(
        (",".join(HEAD_EN) + "\nB1,dispute,02,2026-10-01 08:00,120.4176,29.7894,鄰里糾紛\n").encode("big5")
    )
    with pytest.raises(InvalidInput, match="Big5") as caught:
        read(tmp_path / "c.csv")
    assert caught.value.code == "encoding-unlikely"
    assert read(tmp_path / "c.csv", encoding="big5").table["summary"].to_pylist() == ["鄰里糾紛"]
    with pytest.raises(InvalidInput) as unknown:
        read(tmp_path / "c.csv", encoding="klingon")
    assert unknown.value.code == "encoding-name"


def test_a_file_is_what_it_holds_whatever_its_name_says(tmp_path: Path) -> None:
    workbook(tmp_path / "a.xlsx", 表=[HEAD, record(0)])
    (tmp_path / "a.xlsx").rename(tmp_path / "a.csv")
    assert read(tmp_path / "a.csv").accepted_rows == 1
    (tmp_path / "b.xls").write_text("<html><table><tr><td>事件编号</td></tr></table></html>", "utf-8")
    with pytest.raises(InvalidInput) as page:
        read(tmp_path / "b.xls")
    assert page.value.code == "xlsx-web-page"
    (tmp_path / "c.et").write_bytes(b"\xd0\xcf\x11\xe0")
    with pytest.raises(InvalidInput, match="WPS"):
        read(tmp_path / "c.et")


@pytest.mark.parametrize(
    ("heading", "field"),
    [
        ("领 域", "domain"),
        ("领域（必填）", "domain"),
        ("*领域", "domain"),
        ("所属领域", "domain"),
        ("发生\n时间", "occurred_at"),
        ("事发时间", "occurred_at"),
        ("经度（°）", "lon"),
        ("经度【度】", "lon"),
        ("经度坐标", "lon"),
        ("摘\u3000要", "summary"),
        ("案件编号", "uid"),
    ],
)
def test_headings_are_known_whatever_people_add_to_them(heading: str, field: str) -> None:
    noun = NOUNS["incidents"]
    usual = {
        "domain": "领域",
        "occurred_at": "发生时间",
        "lon": "经度",
        "summary": "摘要",
        "uid": "事件编号",
    }[field]
    names = [heading if name == usual else name for name in HEAD]
    assert match_headings(names, noun, None, "a.csv").columns[field] == heading


def test_without_known_headings_the_first_row_has_them() -> None:
    known = known_keys(NOUNS["incidents"], {"我的列": "summary"})
    assert heading_key("我的列") in known
    assert heading_row([["甲", "乙"], ["丙", "丁"]], known) == 0
    assert heading_row([["题目"], ["我的列", "领域"]], known) == 1


def test_the_sheets_found_in_use_come_out_right(found_in_use: Path) -> None:
    files = found_in_use / "files"
    for name, rows in {
        "utf16_tab.csv": 3,
        "sep_line.csv": 3,
        "title_rows.xlsx": 3,
        "notes_first_sheet.xlsx": 3,
        "month_sheets.xlsx": 3,
        "hidden_row.xlsx": 4,
        "merged_cells.xlsx": 4,
        "dates.csv": 11,
        "coordinates.csv": 7,
        "year1904_number.xlsx": 2,
        "error_cells.xlsx": 0,
        "one_column_place.xlsx": 2,
        "headings_blanks.xlsx": 1,
        "codes_as_numbers.xlsx": 2,
        "old_excel.xls": 3,
        "old_excel_renamed.xlsx": 3,
        "semicolon_decimal_comma.csv": 0,
    }.items():
        assert (name, read(files / name).accepted_rows) == (name, rows)
    table = read(files / "dates.csv").table
    with (files / "dates.csv").open(encoding="utf-8-sig") as file:
        dates = list(csv.DictReader(file))
    for row in dates:
        at = dict(zip(table["uid"].to_pylist(), table["occurred_at"].to_pylist(), strict=True)).get(
            row["事件编号"]
        )
        local = at and f"{at.astimezone(dt.timezone(dt.timedelta(hours=8))):%Y-%m-%d %H:%M}"
        assert (row["事件编号"], local or "refuse") == (row["事件编号"], row["right"])
