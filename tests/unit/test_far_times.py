"""What lies out of reach, or is no number, is refused before anything computes with it."""

from __future__ import annotations

import dataclasses
import datetime as dt
from pathlib import Path
from typing import Any

import click
import pytest

from gridmap.cli.common import Moment, read_mapping
from gridmap.domain.cases.asked import NewCase
from gridmap.errors import InvalidInput
from gridmap.ingest.reading.entry import read_raw
from gridmap.services.cases.new_case import check_new
from gridmap.services.patrols.ask.rules import read_rules

NOW = dt.datetime(2026, 11, 28, 12, tzinfo=dt.UTC)
PLAIN = NewCase(domain="dispute", summary="邻里漏水", occurred_at=NOW, lon=120.4176, lat=29.7894)


@pytest.mark.parametrize(
    "text", ["9999-12-31T23:59", "9999-12-31T23:59-12:00", "0001-01-01T00:00", "2200-01-01T00:00"]
)
def test_a_time_out_of_reach_is_refused_by_the_command(text: str) -> None:
    with pytest.raises(click.UsageError, match="1949"):
        Moment().convert(text, None, None)
    assert Moment().convert("2199-12-31T23:59", None, None).year == 2199


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"lon": float("nan")}, "case-place-number"),
        ({"lat": float("inf")}, "case-place-number"),
        ({"accuracy_m": float("nan")}, "case-place-number"),
        ({"accuracy_m": -5.0}, "case-place-number"),
        ({"occurred_at": dt.datetime(1, 1, 1, tzinfo=dt.UTC)}, "case-time"),
        ({"people_count": 99_999_999_999}, "case-count"),
    ],
)
def test_a_case_is_not_taken_in_with_what_is_no_number_or_no_time(given: dict[str, Any], code: str) -> None:
    check_new(PLAIN, NOW)
    with pytest.raises(InvalidInput) as refused:
        check_new(dataclasses.replace(PLAIN, **given), NOW)
    assert refused.value.code == code


def test_json_that_is_nested_without_end_is_refused_with_the_file_s_name(tmp_path: Path) -> None:
    deep = tmp_path / "deep.json"
    deep.write_text("[" * 100_000)
    with pytest.raises(InvalidInput, match=r"deep\.json"):
        read_rules(deep)
    deep.write_text('{"a":' * 100_000)
    with pytest.raises(InvalidInput, match=r"deep\.json"):
        read_mapping(deep)


def test_two_columns_of_one_meaning_and_rules_without_a_subject_are_refused(tmp_path: Path) -> None:
    rules = tmp_path / "rules.csv"
    rules.write_text("停靠点,站点,队伍\nH1,H2,T02\n", encoding="utf-8")
    with pytest.raises(InvalidInput, match=r"停靠点、站点.*同一字段"):
        read_rules(rules)
    rules.write_text("foo,bar\n1,2\n", encoding="utf-8")
    with pytest.raises(InvalidInput, match="foo、bar"):
        read_rules(rules)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("事件编号，领域，发生时间\nA1，dispute，2026-10-20\n", "csv-separator"),
        ("uid|domain|occurred_at\nA1|dispute|2026-10-20\n", "csv-separator"),
        ("<html><table><tr><td>uid</td></tr></table></html>\n", "csv-web-page"),
    ],
)
def test_what_is_no_table_of_commas_is_told_as_what_it_is(tmp_path: Path, text: str, code: str) -> None:
    table = tmp_path / "a.csv"
    table.write_text(text, encoding="utf-8")
    with pytest.raises(InvalidInput) as refused:
        read_raw(table, known=set())
    assert refused.value.code == code
