"""Dates as people write them."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from gridmap.ingest.rows.dates import read_instants

ZONE = "Asia/Shanghai"
WRITTEN = {
    "2026-1-5": "2026-01-04T16:00:00",
    "2026/01/05 8:30": "2026-01-05T00:30:00",
    "2026年1月5日 下午3点20分": "2026-01-05T07:20:00",
    "2026.1.5": "2026-01-04T16:00:00",
    "20260105": "2026-01-04T16:00:00",
    "46027": "2026-01-04T16:00:00",
    "46027.5": "2026-01-05T04:00:00",
    "2026-01-05T08:30:00+08:00": "2026-01-05T00:30:00",
    "2026-01-05T08:30:00+0800": "2026-01-05T00:30:00",
    "2026-1-5 8:30 +08:00": "2026-01-05T00:30:00",
    "2026-01-05 08:30:00Z": "2026-01-05T08:30:00",
    "2026-01-05 08:30:00.250": "2026-01-05T00:30:00.250",
    "13/02/2026": "2026-02-12T16:00:00",
    "02/13/2026": "2026-02-12T16:00:00",
    "05/05/2026": "2026-05-04T16:00:00",
    "2026年1月5日8时30分": "2026-01-05T00:30:00",
    "2026年1月5日15点": "2026-01-05T07:00:00",
    "2026年1月5日 8时许": "2026-01-05T00:00:00",
    "2026年1月5日上午9点半": "2026-01-05T01:30:00",
    "2026年1月5日下午3点20分15秒": "2026-01-05T07:20:15",
    "2026年12月25日 晚上8点": "2026-12-25T12:00:00",
    "2026-01-05 夜里2点": "2026-01-04T18:00:00",
    "2026年1月5日 中午12点": "2026-01-05T04:00:00",
    "2026年1月5日晚上12点": "2026-01-05T16:00:00",
    "2026年12月31日夜里12点半": "2026-12-31T16:30:00",
    "2026年1月5日 凌晨12点10分": "2026-01-04T16:10:00",
    "2026年1月5日星期一 8:30": "2026-01-05T00:30:00",
    "202601050830": "2026-01-05T00:30:00",
    "20260105083015": "2026-01-05T00:30:15",
    "2026-1-1 12:30": "2026-01-01T04:30:00",
    "2026/1/5 08:30:07": "2026-01-05T00:30:07",
    "2026-1-5 8pm": "2026-01-05T12:00:00",
    " 2026-01-05 ": "2026-01-04T16:00:00",
    "２０２６-０１-０５": "2026-01-04T16:00:00",
}


def _read(texts: list[str | None], **options: bool) -> tuple[list[str | None], dict[str, list[int]]]:
    read = read_instants(pa.chunked_array([pa.array(texts, pa.string())]), ZONE, **options)
    values = [None if np.isnat(v) else str(v) for v in read.values]
    return values, {k: v.tolist() for k, v in read.problems.items()}


@pytest.mark.parametrize(("text", "utc"), WRITTEN.items(), ids=list(WRITTEN))
def test_a_date_is_read_as_it_is_meant(text: str, utc: str) -> None:
    values, problems = _read([text])
    assert problems == {}
    assert np.datetime64(values[0]) == np.datetime64(utc)


def test_a_column_may_mix_all_forms() -> None:
    values, problems = _read([*WRITTEN, None])
    assert problems == {}
    assert values[-1] is None
    assert [np.datetime64(v) for v in values[:-1]] == [np.datetime64(v) for v in WRITTEN.values()]


@pytest.mark.parametrize(
    "text",
    [
        "2026-02-30",
        "2026-13-01",
        "26-1-5",
        "昨天",
        "2026年1月",
        "2026-01-05 25:00",
        "2026-01-05 8",
        "2026-01-05 083",
        "2026-01-05 13:00 am",
        "2026年1月5日上午15点",
        "99999",
        "12345",
        "3",
    ],
)
def test_what_is_no_date_is_refused(text: str) -> None:
    assert _read(["2026-01-05", text])[1] == {"date-unreadable": [1]}


def test_a_day_that_could_be_a_month_is_refused_unless_told() -> None:
    assert _read(["01/02/2026"])[1] == {"date-ambiguous": [0]}
    assert _read(["01/02/2026"], dayfirst=True)[0] == ["2026-01-31T16:00:00.000000"]
    assert _read(["01/02/2026"], dayfirst=False)[0] == ["2026-01-01T16:00:00.000000"]


def test_the_hour_that_a_clock_shows_twice_is_the_first() -> None:
    read = read_instants(pa.chunked_array([["2025-11-02 01:30", "2025-03-09 02:30"]]), "America/Chicago")
    assert [str(v) for v in read.values] == ["2025-11-02T06:30:00.000000", "2025-03-09T08:00:00.000000"]


def test_an_empty_column_is_empty() -> None:
    assert _read([None, None]) == ([None, None], {})
    assert _read([]) == ([], {})
