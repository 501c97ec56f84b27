"""Weeks that are not recorded are refused with how many there are, and with no option that a command lacks."""

from __future__ import annotations

import datetime as dt

import pytest

from gridmap.errors import InvalidInput
from gridmap.services.hotspots.effects import require_recorded

FIRST, LAST = dt.date(2026, 1, 1), dt.date(2026, 6, 30)


def test_weeks_that_are_all_recorded_pass_and_one_more_does_not() -> None:
    require_recorded(FIRST, LAST, FIRST + dt.timedelta(weeks=8), 8)
    require_recorded(FIRST, LAST, LAST + dt.timedelta(days=1) - dt.timedelta(weeks=8), 8)
    with pytest.raises(InvalidInput) as said:
        require_recorded(FIRST, LAST, FIRST + dt.timedelta(weeks=8), 9)
    assert "8 以内" in said.value.zh
    assert "Take 8 weeks at most" in said.value.en


@pytest.mark.parametrize("on", [LAST - dt.timedelta(days=3), dt.date(2026, 12, 20)])
def test_a_day_too_near_the_end_of_the_records_is_told_what_is_to_be_waited_for(on: dt.date) -> None:
    with pytest.raises(InvalidInput) as said:
        require_recorded(FIRST, LAST, on, 8)
    assert "--" not in said.value.zh + said.value.en
    assert str(on + dt.timedelta(weeks=2)) in said.value.en


def test_a_day_before_there_are_records_is_told_from_when_there_are() -> None:
    with pytest.raises(InvalidInput) as said:
        require_recorded(FIRST, LAST, FIRST + dt.timedelta(days=3), 8)
    assert "began after 2026-01-15" in said.value.en
