"""Profiles of the day: they go around the clock, hold what was drawn, and say when there is nothing to say."""

from __future__ import annotations

import numpy as np
import pytest

from gridmap.analysis.hours import HOURS, hourly_profile, weekly_profile
from gridmap.errors import InvalidInput


def drawn(rng: np.random.Generator, size: int) -> tuple[np.ndarray, np.ndarray]:
    """A day with two peaks, one of them over midnight, and incidents from it."""
    at = np.arange(HOURS)
    around = (at[:, None] - np.array([0.5, 17.0]) + 12) % HOURS - 12
    true = 0.3 + (np.exp(-0.5 * (around / np.array([2.0, 3.0])) ** 2) * [2.0, 1.0]).sum(axis=1)
    true /= true.sum()
    return true, rng.multinomial(size, true)


def test_a_profile_is_turned_with_its_counts_and_sums_to_one() -> None:
    _, counts = drawn(np.random.default_rng(1), 500)
    found, turned = hourly_profile(counts, seed=3), hourly_profile(np.roll(counts, 7), seed=3)
    assert found.share.sum() == pytest.approx(1.0)
    np.testing.assert_allclose(np.roll(found.share, 7), turned.share, atol=1e-12)
    assert found.bandwidth_h == turned.bandwidth_h
    assert (found.low <= found.share).all()
    assert (found.share <= found.high).all()
    # The peak over midnight is one peak: the hour before it is high though few were counted after it.
    assert min(found.share[23], found.share[0]) > found.share[8]


def test_intervals_hold_the_truth_about_as_often_as_they_say_and_narrow_with_more() -> None:
    rng = np.random.default_rng(5)
    held, widths = [], {}
    for size in (200, 2_000):
        found = []
        for _ in range(40):
            true, counts = drawn(rng, size)
            profile = hourly_profile(counts, seed=1, level=0.9)
            held.append(((profile.low <= true) & (true <= profile.high)).mean())
            found.append((profile.high - profile.low).mean())
        widths[size] = np.mean(found)
    assert 0.75 <= np.mean(held) <= 0.98
    assert widths[2_000] < 0.6 * widths[200]


def test_a_smoothed_profile_is_nearer_to_the_truth_than_the_counts() -> None:
    rng = np.random.default_rng(9)
    ours = raw = 0.0
    for _ in range(40):
        true, counts = drawn(rng, 120)
        ours += np.abs(hourly_profile(counts, seed=0).share - true).sum()
        raw += np.abs(counts / 120 - true).sum()
    assert ours < 0.8 * raw


def test_few_or_none_say_that_all_hours_are_equal() -> None:
    for counts in (np.zeros(HOURS), np.eye(HOURS)[3]):
        found = hourly_profile(counts, seed=0)
        np.testing.assert_allclose(found.share, 1 / HOURS)
        assert np.isinf(found.bandwidth_h)
    with pytest.raises(InvalidInput):
        hourly_profile(np.ones(23), seed=0)
    with pytest.raises(InvalidInput):
        hourly_profile(-np.ones(HOURS), seed=0)


def test_a_week_turned_by_hours_has_a_profile_turned_by_hours() -> None:
    counts = np.random.default_rng(5).poisson(3.0, size=(7, 24))
    first, turned = weekly_profile(counts), weekly_profile(np.roll(counts, 5, axis=1))
    np.testing.assert_allclose(np.roll(first.share, 5, axis=1), turned.share)
    assert first.share.sum() == pytest.approx(1.0)


def test_days_of_one_course_are_pooled_and_a_market_day_keeps_its_own() -> None:
    rng = np.random.default_rng(6)
    course = 4.0 + 3.0 * np.sin(np.arange(24) / 24 * 2 * np.pi)
    alike = weekly_profile(rng.poisson(course, size=(7, 24)))
    assert alike.pooled >= 0.75
    counts = rng.poisson(course, size=(7, 24))
    counts[5, 8:12] += rng.poisson(40.0, 4)
    market = weekly_profile(counts)
    assert market.pooled <= 0.25
    assert market.share[5, 8:12].sum() > 3 * market.share[4, 8:12].sum()


def test_unseen_weeks_are_likelier_under_the_smoothed_week_than_under_raw_counts() -> None:
    rng = np.random.default_rng(7)
    truth = np.repeat((1.0 + 0.9 * np.sin(np.arange(24) / 24 * 2 * np.pi))[None], 7, axis=0)
    past, coming = rng.poisson(truth), rng.poisson(truth * 10)
    smooth, raw = weekly_profile(past).share, (past + 1e-3) / (past + 1e-3).sum()
    assert (coming * np.log(smooth)).sum() > (coming * np.log(raw)).sum()


@pytest.mark.parametrize("counts", [np.zeros((7, 23)), -np.ones((7, 24)), np.full((7, 24), np.nan)])
def test_no_week_is_refused(counts: np.ndarray) -> None:
    with pytest.raises(InvalidInput) as refused:
        weekly_profile(counts)
    assert refused.value.code == "weekly-counts"
