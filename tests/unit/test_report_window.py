"""A report of a month looks back: at the weeks before it for what rose, at two years of records for its forecast."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import pytest

from gridmap.analysis import scan
from gridmap.errors import InvalidInput
from gridmap.reporting.methods import method_words
from gridmap.reporting.words import headline
from gridmap.services.hotspots.by_scan import high_since
from gridmap.services.hotspots.slices import slices
from gridmap.services.reports.looked_back import BACK_WEEKS, HISTORY_WEEKS, history_of, window_of
from gridmap.services.reports.request import ReportRequest
from tests.unit.test_reporting import CLUSTER, REPORT

LONG_AGO = dt.date(2020, 1, 1)
MONTHS = [dt.date(2026, month, 1) for month in range(1, 13)]


def _spec(since: dt.date, until: dt.date):  # type: ignore[no-untyped-def]
    return ReportRequest(since, until, level=4).spec


@pytest.mark.parametrize("first", MONTHS, ids=str)
def test_each_month_is_seen_against_the_weeks_before_it_up_to_its_last_whole_week(first: dt.date) -> None:
    spec = _spec(first, (first + dt.timedelta(days=31)).replace(day=1) - dt.timedelta(days=1))
    window = window_of(spec, LONG_AGO)
    cut = slices(window.of(spec))
    assert window.is_wider
    assert len(cut.names) == BACK_WEEKS
    assert cut.starts[0].weekday() == 0
    assert 0 <= (spec.until - cut.starts[-1]).days + 1 < 7


@pytest.mark.parametrize(
    ("since", "until", "step"),
    [
        (dt.date(2026, 5, 1), dt.date(2026, 10, 31), "month"),
        (dt.date(2026, 9, 1), dt.date(2026, 10, 31), "week"),
    ],
)
def test_a_period_that_shows_a_rise_by_itself_is_seen_alone(
    since: dt.date, until: dt.date, step: str
) -> None:
    spec = _spec(since, until)
    window = window_of(spec, LONG_AGO)
    assert (window.since, window.until, window.step, window.is_wider) == (since, until, step, False)


def test_a_week_is_seen_against_the_weeks_before_it_and_never_before_the_records_begin() -> None:
    spec = _spec(dt.date(2026, 10, 19), dt.date(2026, 10, 25))
    assert slices(window_of(spec, LONG_AGO).of(spec)).starts[-1] == dt.date(2026, 10, 26)
    assert window_of(spec, dt.date(2026, 9, 3)).since == dt.date(2026, 9, 7)


def test_where_records_are_too_young_the_report_says_from_which_end_on_it_can_be_done() -> None:
    spec = _spec(dt.date(2026, 10, 1), dt.date(2026, 10, 31))
    with pytest.raises(InvalidInput) as refused:
        window_of(spec, dt.date(2026, 10, 8))
    assert "2026-11-08" in refused.value.en
    later = _spec(dt.date(2026, 11, 2), dt.date(2026, 11, 8))
    assert window_of(later, dt.date(2026, 10, 8)).since == dt.date(2026, 10, 12)


def test_a_forecast_learns_from_records_up_to_the_end_two_years_at_most() -> None:
    spec = _spec(dt.date(2026, 10, 1), dt.date(2026, 10, 31))
    assert history_of(spec, dt.date(2025, 12, 2)).since == dt.date(2025, 12, 2)
    longest = history_of(spec, LONG_AGO)
    assert (longest.until - longest.since).days + 1 == 7 * HISTORY_WEEKS


@pytest.mark.parametrize(("ends", "found"), [(4, False), (12, True)])
def test_a_cluster_that_is_over_before_the_period_is_not_looked_for(ends: int, found: bool) -> None:
    rng = np.random.default_rng(3)
    x, y = np.meshgrid(np.arange(6.0), np.arange(6.0))
    cases = rng.poisson(2.0, (36, 13))
    cases[14, ends - 3 : ends] += 25
    told = scan.space_time(
        np.column_stack([x.ravel(), y.ravel()]),
        cases,
        np.ones(36),
        reaching=10,
        permutations=99,
    )
    assert told.conventions["windows"] == "those that end in the last 3 of 13 steps"
    assert all(cluster.end >= 10 for cluster in told)
    assert any(cluster.p <= 0.05 and 14 in cluster.members for cluster in told) is found


def test_a_rise_that_is_over_is_not_told_for_ending_in_the_first_week_of_the_period() -> None:
    cube = np.full((36, 13), 2)
    cube[14, 7:10] += 25
    cube[20, 8:12] += 15
    x, y = np.meshgrid(np.arange(6.0), np.arange(6.0))
    xy = np.column_stack([x.ravel(), y.ravel()])
    told = scan.space_time(xy, cube, np.ones(36), max_population=0.03, reaching=10, permutations=99)
    assert {14, 20} <= {member for cluster in told for member in cluster.members}
    kept = high_since(told, cube, np.full((36, 13), cube.mean()), 10)
    places = {member for cluster in kept for member in cluster.members}
    assert 20 in places
    assert 14 not in places
    assert kept.conventions["late"].startswith("high in those steps themselves")


@pytest.mark.parametrize("reaching", [-1, 13])
def test_a_step_that_is_none_is_refused(reaching: int) -> None:
    with pytest.raises(InvalidInput) as refused:
        scan.space_time(np.eye(2), np.ones((2, 13), int), np.ones(2), reaching=reaching, permutations=0)
    assert refused.value.code == "scan-reaching"


def test_a_report_says_how_far_it_looked_back_and_only_where_it_did() -> None:
    told = replace(REPORT, window_since="2026-07-27", clusters=(replace(CLUSTER, whole=True),))
    said = " ".join(text.en for text in method_words(told))
    assert "look from 2026-07-27 on" in said
    assert "look from" not in " ".join(text.en for text in method_words(REPORT))
    assert "High all along since 2026-07-27: 1; nowhere was there a rise since then." in headline(told)[-1].en
