"""Personal data does not come in."""

from __future__ import annotations

import pyarrow as pa
import pytest

from gridmap.domain.records import GRIDS, NOUNS
from gridmap.errors import InvalidInput
from gridmap.ingest.personal import (
    find_personal,
    is_identity_number,
    is_personal_header,
    mask,
    personal_in,
    refuse_personal_headers,
)

# Composed of a region, an impossible year for the living and the right check digit.
_BASE = "33068118800101123"
IDENTITY = next(_BASE + d for d in "0123456789X" if is_identity_number(_BASE + d))


def test_the_check_digit_decides() -> None:
    assert [is_identity_number(IDENTITY[:-1] + d) for d in "0123456789X"].count(True) == 1


@pytest.mark.parametrize(
    "header",
    [
        "姓名",
        "当事人姓名",
        "身份证号码",
        "手机",
        "联系电话",
        "民族",
        "籍贯",
        "户籍地",
        "户籍所在地",
        "报警人",
        "网格员",
        "负责人(签字)",
        "出生日期",
        "宗教信仰",
        "少数民族人数",
        "name_of_person",
        "FirstName",
        "full-name",
        "phone",
        "Mobile",
        "ID_Card",
        "idCardNo",
        "contact",
        "ethnicity",
        "place_of_origin",
        "xingming",
        "victim_name",
    ],
)
def test_headings_that_mean_a_person_are_known(header: str) -> None:
    assert is_personal_header(header)


@pytest.mark.parametrize(
    "header",
    [
        "户籍人口",
        "户籍人口数",
        "网格员人数",
        "村民代表数",
        "name",
        "名称",
        "网格名称",
        "队伍名称",
        "village_name",
        "村名",
        "人数",
        "head_count",
        "发生日期",
        "来源",
        "编码",
        "uid",
        "offense_type",
        "geoid",
        "population",
        "precinct",
        "origin_crs",
        "trace",
        "telescope",
        "报警时间",
        "household_count",
    ],
)
def test_headings_of_places_counts_and_teams_are_let_in(header: str) -> None:
    assert not is_personal_header(header)


def test_no_heading_of_ours_is_personal() -> None:
    spellings = [s for n in (*NOUNS.values(), GRIDS) for f in n.fields for s in (f.name, f.zh, *f.aliases)]
    assert [s for s in spellings if is_personal_header(s)] == []


def test_a_personal_column_is_named_in_the_refusal() -> None:
    with pytest.raises(InvalidInput, match="民族") as caught:
        refuse_personal_headers(["uid", "民族", "phone"], "a.csv")
    assert "a.csv" in caught.value.en
    assert "phone" in caught.value.en
    assert "uid" not in caught.value.en


@pytest.mark.parametrize(
    "text",
    [
        "13812345678",
        "电话138-1234-5678。",
        "+86 138 1234 5678",
        "联系tel13812345678",
        "１３８１２３４５６７８",
        "0575-87041234",
        "(0575) 87041234",
    ],
)
def test_telephone_numbers_are_found_in_text(text: str) -> None:
    assert personal_in(text) == "phone"


@pytest.mark.parametrize(
    "text",
    [
        IDENTITY,
        IDENTITY[:-1] + ("9" if IDENTITY[-1] != "9" else "8"),
        f"居民{IDENTITY}来访",
        IDENTITY[:6] + " " + IDENTITY[6:14] + " " + IDENTITY[14:],
        "330681800101123",
    ],
)
def test_identity_numbers_are_found_in_text(text: str) -> None:
    assert personal_in(text) == "identity"


@pytest.mark.parametrize(
    "text",
    [
        "330681109219",
        "330681109219001",
        "33068110901219001",
        "20260105083015",
        "120.13812345678",
        "120.41512345,29.79",
        "E00000001",
        "2026-01-05 08:30:15",
        "面积12345678901234平方米",
        "12345678901",
        "1381234567",
        "138123456789",
        "330681202610200001",
    ],
)
def test_codes_dates_and_coordinates_are_not_taken_for_persons(text: str) -> None:
    assert personal_in(text) is None
    assert personal_in(text, identifier=True) is None


def test_every_grid_code_of_a_county_passes() -> None:
    codes = [
        f"330681{t:03d}{v:03d}{m:03d}"
        for t in (1, 100, 109, 121, 205, 310)
        for v in range(200, 400, 7)
        for m in range(1, 32)
    ]
    assert [c for c in codes if personal_in(c, identifier=True) or personal_in(c)] == []


def test_serial_numbers_that_hit_a_check_digit_by_chance_are_let_in() -> None:
    uids = pa.chunked_array([[f"33068120260105{i:04d}" for i in range(500)]])
    identity, phone = find_personal(uids, identifier=True)
    assert identity.size == 0
    assert phone.size == 0


def test_a_uid_column_of_identity_numbers_is_found() -> None:
    valid = [
        n
        for n in (f"{IDENTITY[:14]}{i:03d}{c}" for i in range(40) for c in "0123456789X")
        if is_identity_number(n)
    ]
    identity, _ = find_personal(pa.chunked_array([valid]), identifier=True)
    assert identity.tolist() == list(range(40))


def test_rows_are_pointed_at() -> None:
    column = pa.chunked_array([["好", None, "13812345678", f"x{'甲'}{IDENTITY}", "13812345678"]])
    identity, phone = find_personal(column)
    assert identity.tolist() == [3]
    assert phone.tolist() == [2, 4]


def test_masking_leaves_no_number() -> None:
    assert mask("打电话13812345678找他") == "打电话***********找他"
    assert IDENTITY[6:14] not in mask(IDENTITY)
