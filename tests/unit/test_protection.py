"""Which class an answer has, and the blocks of the calendar that perturbed numbers are made of."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridmap.domain.accounts import Actor, Role
from gridmap.domain.gridkey import Scope
from gridmap.domain.protection import (
    Counts,
    Purpose,
    band_text,
    blocks,
    counts_for,
    is_told,
    middle_of_band,
    place_band,
    protect,
    require_true,
    wide_enough,
    widened,
)
from gridmap.domain.query import IncidentQuery
from gridmap.domain.roles import Action, may
from gridmap.errors import Forbidden

DAYS = st.dates(dt.date(2020, 1, 1), dt.date(2030, 12, 31))


@pytest.mark.parametrize("role", list(Role))
def test_the_class_is_decided_from_who_asks_and_what_for(role: Role) -> None:
    actor = Actor("post", role, Scope.whole())
    outside = role in {Role.LIAISON, Role.SUPERVISOR}
    assert counts_for(actor, Purpose.SCREEN) is (Counts.PERTURBED if outside else Counts.TRUE)
    assert counts_for(actor, Purpose.EXPORT) is counts_for(actor, Purpose.SCREEN)
    if outside:
        with pytest.raises(Forbidden, match="true ones only"):
            require_true(actor)
    else:
        require_true(actor)
    for leaves in (Purpose.WALL, Purpose.SHARE, Purpose.REPORT):
        assert counts_for(actor, leaves) is Counts.PERTURBED
    assert may(role, Action.MAKE_FORMS) <= (not outside)


@given(DAYS, DAYS)
def test_a_period_is_widened_to_whole_blocks_that_follow_each_other(one: dt.date, other: dt.date) -> None:
    since, until = sorted((one, other))
    begin, after = widened(since, until)
    assert begin <= since
    assert after > until
    assert widened(begin, after - dt.timedelta(days=1)) == (begin, after)
    cut = blocks(begin, after)
    assert (cut[0], cut[-1]) == (begin, after)
    lengths = {(b - a).days for a, b in pairwise(cut)}
    assert lengths <= {7, *range(28, 32), *range(90, 93), 365, 366}


@given(DAYS, DAYS)
def test_a_year_is_in_every_sum_the_same_block(one: dt.date, other: dt.date) -> None:
    since, until = sorted((one, other))
    cut = protect(IncidentQuery(since=since, until=until), since, until).bounds
    years = [
        y
        for y in range(since.year, until.year + 1)
        if dt.date(y, 1, 1) >= cut[0] and dt.date(y + 1, 1, 1) <= cut[-1]
    ]
    pairs = list(pairwise(cut))
    assert all((dt.date(y, 1, 1), dt.date(y + 1, 1, 1)) in pairs for y in years)
    assert pairs


def test_words_are_not_searched_in_perturbed_numbers() -> None:
    day = dt.date(2026, 1, 1)
    for asked in (IncidentQuery(text="邻里"), IncidentQuery(flags=frozenset({"confirm"}))):
        with pytest.raises(Forbidden, match="could point at one case"):
            protect(asked, day, day)


@given(DAYS, DAYS)
def test_a_period_too_fine_for_a_place_is_answered_by_the_quarters_or_years_that_hold_it(
    one: dt.date, other: dt.date
) -> None:
    since, until = sorted((one, other))
    query = IncidentQuery(since=since, until=until)
    for kind, spans in (
        ("1/all/", {"year", "quarter", "month", "week"}),
        ("2/all/", {"year", "quarter"}),
        ("3/all/", {"year"}),
        ("0/domain/", {"year"}),
    ):
        found = wide_enough(query, since, until, kind)
        assert set(found.spans) <= spans
        assert found.bounds[0] <= since
        assert found.bounds[-1] > until
        # What is answered is asked for itself, and nothing is wider than it must be.
        assert wide_enough(found.query, since, until, kind) == found
        narrow = protect(query, since, until)
        if set(narrow.spans) <= spans:
            assert found == narrow
    # Of a micro-grid not even a year is told.
    assert wide_enough(query, since, until, "4/all/") == protect(query, since, until)


def test_cells_too_fine_are_not_told() -> None:
    assert is_told("1/all//week")
    assert is_told("1/kind//year")
    assert is_told("1/domain//year")
    assert not is_told("1/domain/open/year")
    assert is_told("2/all//quarter")
    assert is_told("3/all//year")
    assert not is_told("1/domain//quarter")
    assert not is_told("2/domain//year")
    assert not is_told("2/all//month")
    assert not is_told("3/all//quarter")
    assert not is_told("3/domain//year")
    assert not is_told("4/all//year")
    assert not is_told("1/kind//quarter")


@pytest.mark.parametrize("state", ["open", "stage", "open+overdue"])
def test_how_cases_stand_is_told_by_whole_years_only(state: str) -> None:
    assert is_told(f"1/all/{state}/year")
    assert is_told(f"2/all/{state}/year")
    assert not is_told(f"1/all/{state}/quarter")
    assert not is_told(f"1/all/{state}/month")
    assert not is_told(f"1/all/{state}/week")
    assert not is_told(f"3/all/{state}/year")
    march = IncidentQuery(since=dt.date(2026, 3, 1), until=dt.date(2026, 3, 31))
    found = wide_enough(march, dt.date(2026, 1, 1), dt.date(2026, 12, 31), f"1/all/{state}")
    assert found.bounds == (dt.date(2026, 1, 1), dt.date(2027, 1, 1))


@given(st.integers(-24, 10**7))
def test_a_number_of_a_place_lies_in_its_band_and_the_middle_names_the_same_band(number: int) -> None:
    low, below = place_band(number)
    assert max(low, number) < below
    assert low <= max(number, 0)
    assert low == 0 or below == 2 * low
    middle = middle_of_band(number)
    assert place_band(middle) == (low, below)
    assert middle_of_band(middle) == middle
    assert band_text(middle) == band_text(number)
