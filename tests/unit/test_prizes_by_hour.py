"""Prizes of stops by hour, from the hours of the kinds of their incidents."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from gridmap.analysis.hours import hourly_profile
from gridmap.analysis.patrol import Stop
from gridmap.domain.forecasts import KeptForecast, ToldCells
from gridmap.domain.gridkey import Scope
from gridmap.domain.hotspots import Finding
from gridmap.services.hotspots.hours import KindHours
from gridmap.services.patrols.ask.by_hour import shares_of, with_hours
from gridmap.services.patrols.ask.foretold import foretold_shares
from gridmap.services.patrols.keep.by_place import prizes_by_hour

ZONE = ZoneInfo("Asia/Shanghai")
DAY = np.bincount([9, 10, 11, 14, 15] * 20, minlength=24)
NIGHT = np.bincount([21, 22, 23, 0, 1] * 20, minlength=24)


def told(domain: str | None, kind: str | None, counts: np.ndarray) -> KindHours:
    return KindHours(domain, kind, hourly_profile(counts, seed=1), 0)


ALL = [told(None, None, DAY + NIGHT), told("p", "day", DAY), told("p", "night", NIGHT)]


def at(hour: int, minute: int = 0, day: int = 1) -> dt.datetime:
    return dt.datetime(2026, 11, day, hour, minute, tzinfo=ZONE)


def test_a_stop_has_the_hours_of_its_kinds_by_their_numbers() -> None:
    mixed, only, none = shares_of([{("p", "day"): 1, ("p", "night"): 3}, {("p", "night"): 2}, {}], ALL) or []
    assert mixed == pytest.approx(0.25 * ALL[1].profile.share + 0.75 * ALL[2].profile.share)
    assert only == pytest.approx(ALL[2].profile.share)
    assert none == pytest.approx(ALL[0].profile.share)
    assert mixed.sum() == pytest.approx(1.0)


def test_a_kind_of_few_incidents_has_the_hours_of_all() -> None:
    few = told("p", "rare", np.bincount([3] * 29, minlength=24))
    (share,) = shares_of([{("p", "rare"): 5}], [ALL[0], few]) or []
    assert share == pytest.approx(ALL[0].profile.share)


def test_incidents_without_a_time_of_day_make_no_hours() -> None:
    assert shares_of([{("p", "day"): 5}], [told(None, None, np.zeros(24))]) is None


@pytest.mark.parametrize(
    ("begin", "end"), [(at(20, 30), at(4, 30, 2)), (at(20), at(4, 0, 2)), (at(9), at(9, 45))]
)
def test_prizes_have_the_same_sum_in_the_mean_of_the_shift(begin: dt.datetime, end: dt.datetime) -> None:
    stops = (Stop("d", 0, 30.0), Stop("n", 1, 10.0))
    length = (end - begin).total_seconds()
    out = with_hours(stops, [ALL[1].profile.share, ALL[2].profile.share], begin, end, ZONE)
    seconds = np.arange(0.0, length, 60.0)
    assert sum(np.mean([s.prize_at(t) for t in seconds]) for s in out) == pytest.approx(40.0)


def test_what_happens_by_day_counts_for_less_at_night() -> None:
    stops = (Stop("d", 0, 10.0), Stop("n", 1, 10.0))
    begin, end = at(20), at(4, 0, 2)
    day, night = with_hours(stops, [ALL[1].profile.share, ALL[2].profile.share], begin, end, ZONE)
    assert day.most < 5.0
    assert night.most > 10.0
    told_ = prizes_by_hour(night, begin, end)
    assert [row["hour"] for row in told_] == [20, 21, 22, 23, 0, 1, 2, 3]
    assert max(told_, key=lambda row: row["prize"])["hour"] in {22, 23}


def test_hours_begin_upon_the_hour_of_the_clock_of_the_town() -> None:
    kathmandu = ZoneInfo("Asia/Kathmandu")
    begin = dt.datetime(2026, 11, 1, 20, 20, tzinfo=kathmandu)
    (stop,) = with_hours(
        (Stop("n", 0, 10.0),), [ALL[2].profile.share], begin, begin + dt.timedelta(hours=3), kathmandu
    )
    assert [since for since, _ in stop.by_hour] == [0.0, 2_400.0, 6_000.0, 9_600.0]


def test_hours_that_are_all_alike_change_nothing() -> None:
    (stop,) = with_hours((Stop("n", 0, 10.0),), [np.full(24, 1 / 24)], at(20), at(4, 0, 2), ZONE)
    assert stop.prize_at(0.0) == pytest.approx(10.0)
    assert len(stop.by_hour) == 1


MONDAY = dt.date(2026, 11, 2)
ONE, OTHER = 33068110901004001, 33068110901004002


def forecast(week: np.ndarray) -> KeptForecast:
    cells = ToldCells((ONE, OTHER), (1.0, 1.0), (7.0, 21.0), (7.0, 21.0), (7, 21))
    hours = tuple(tuple(day) for day in (week / week.sum()).tolist())
    return KeptForecast(
        Scope.whole(), None, 4, MONDAY, "count", "count", cells, {"count": 1.0}, 28, hours, 28, "", "0"
    )


def place(*keys: int) -> Finding:
    return Finding("hot", keys[0], None, {"cells": len(keys), "members": [str(key) for key in keys]})


EVEN = np.full(24, 1 / 24)
TUESDAY = dt.datetime.combine(MONDAY, dt.time(18)) + dt.timedelta(days=1)


def test_a_forecast_that_says_what_the_past_does_changes_no_hour() -> None:
    share = ALL[1].profile.share
    told_ = forecast(np.tile(share, (7, 1)))
    (got,) = foretold_shares(told_, [place(ONE)], [share], [1.0], TUESDAY)
    # 7 incidents a week are one a day.
    assert got == pytest.approx(share, abs=1e-9)


def test_a_stop_where_the_forecast_expects_more_than_the_past_had_is_worth_more() -> None:
    told_ = forecast(np.ones((7, 24)))
    one, other, both = foretold_shares(
        told_, [place(ONE), place(OTHER), place(ONE, OTHER)], [EVEN] * 3, [1.0, 1.0, 2.0], TUESDAY
    )
    assert one.sum() == pytest.approx(1.0)
    assert other.sum() == pytest.approx(3.0)
    assert both.sum() == pytest.approx(2.0)


def test_the_weekday_of_each_hour_of_the_shift_counts_and_kinds_keep_their_hours() -> None:
    week = np.ones((7, 24))
    week[1, :] = 3.0
    told_ = forecast(week)
    # From Tuesday 18:00 over midnight: the evening is Tuesday's, the night Wednesday's.
    (even,) = foretold_shares(told_, [place(ONE)], [EVEN], [1.0], TUESDAY)
    assert even[20] == pytest.approx(3 * even[2])
    (night,) = foretold_shares(told_, [place(ONE)], [ALL[2].profile.share], [1.0], TUESDAY)
    assert night[22] / even[22] == pytest.approx(ALL[2].profile.share[22] * 24)
    # A Sunday's night belongs to the Monday of the same week.
    week = np.ones((7, 24))
    week[0, :] = 5.0
    (sunday,) = foretold_shares(
        forecast(week), [place(ONE)], [EVEN], [1.0], TUESDAY + dt.timedelta(days=5, hours=2)
    )
    assert sunday[2] == pytest.approx(5 * sunday[21])


def test_a_place_that_the_forecast_does_not_know_keeps_its_number_and_has_the_hours_of_the_week() -> None:
    week = np.ones((7, 24))
    week[1, :] = 2.0
    told_ = forecast(week)
    elsewhere = [place(ONE, 33068110901004009), Finding("hot", None, None, {"cells": 5})]
    for got in foretold_shares(told_, elsewhere, [EVEN, EVEN], [4.0, 4.0], TUESDAY):
        assert got[20] / got[2] == pytest.approx(2.0)
        assert got[20] == pytest.approx(7 * 2 / (8 * 24))
