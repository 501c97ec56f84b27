"""Times of the clock as sets of spans of a shift."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from gridmap.domain.clock import moments_s, read_break, read_moment, read_span, read_time, spans_s
from gridmap.errors import InvalidInput

BEGINS = dt.datetime(2026, 12, 20, 19, 30, tzinfo=ZoneInfo("Asia/Shanghai"))
ENDS = BEGINS + dt.timedelta(hours=9)
HOUR = 3_600.0


@pytest.mark.parametrize(
    ("spans", "found"),
    [
        (["08:00-22:00"], [(None, 2.5)]),
        (["20:00-08:00"], [(0.5, 12.5)]),
        (["03:00-04:00"], [(7.5, 8.5)]),
        (["20:00-21:00", "23:00-24:00"], [(0.5, 1.5), (3.5, 4.5)]),
        (["20:00-21:00", "20:30-22:00"], [(0.5, 2.5)]),
        (["03:00-20:00"], [(None, 0.5), (7.5, None)]),
        (["08:00-10:00"], []),
        (["20：00～21：00"], [(0.5, 1.5)]),
        (["20:00至21:00"], [(0.5, 1.5)]),
    ],
)
def test_a_daily_span_is_every_part_that_it_has_of_the_shift(
    spans: list[str], found: list[tuple[float | None, float | None]]
) -> None:
    made = spans_s([read_span(text) for text in spans], BEGINS, ENDS)
    assert len(made) == len(found)
    for (low, high), (begin, end) in zip(made, found, strict=True):
        assert low == begin * HOUR if begin is not None else low <= 0
        assert high == end * HOUR if end is not None else high >= 9 * HOUR


@pytest.mark.parametrize("text", ["00:00-23:59", "00:00-24:00", "00:00-00:00", "06:00-06:00"])
def test_a_whole_day_is_one_span_that_holds_the_shift(text: str) -> None:
    ((low, high),) = spans_s([read_span(text)], BEGINS, ENDS)
    assert low <= 0
    assert high >= 9 * HOUR


def test_a_time_of_the_clock_is_each_moment_of_a_long_shift() -> None:
    assert moments_s(read_time("20:00"), BEGINS, BEGINS + dt.timedelta(hours=30)) == (1_800.0, 88_200.0)
    assert moments_s(read_time("12:00"), BEGINS, ENDS) == ()


def test_a_break_is_read_with_chinese_signs() -> None:
    assert read_break("23：00—01：00／30") == (dt.time(23), dt.time(1), 1_800.0)


def test_a_moment_after_midnight_is_in_the_shift_and_one_at_noon_is_not() -> None:
    assert read_moment("02:00", BEGINS, ENDS) == BEGINS + dt.timedelta(hours=6.5)
    with pytest.raises(InvalidInput):
        read_moment("12:00", BEGINS, ENDS)
