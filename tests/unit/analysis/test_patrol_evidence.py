"""Stays, driven stretches and matched visits are what a plain reading of the track says."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from gridmap.analysis.tracks import OTHER_TEAM_S, Coming, drive, matched, stays
from gridmap.errors import InvalidInput


def walked(*points: tuple[float, float, float], every_s: float = 60.0) -> tuple[np.ndarray, np.ndarray]:
    """A track through (second, x, y) with a fix each minute."""
    t, x, y = np.array(points, dtype=float).T
    times = np.arange(t[0], t[-1] + 1, every_s)
    return times, np.column_stack([np.interp(times, t, x), np.interp(times, t, y)])


def test_a_stay_begins_and_ends_where_the_track_crosses_the_circle() -> None:
    times, xy = walked((0, -1000, 0), (600, 0, 0), (1500, 0, 0), (2100, 1000, 0))
    (stay,) = stays(times, xy, [[0, 0]], radius_m=100, least_s=300)
    assert (stay.arrive_s, stay.leave_s) == pytest.approx((540, 1560))


def test_driving_past_is_no_visit() -> None:
    times, xy = walked((0, -5000, 0), (600, 5000, 0))
    assert stays(times, xy, [[0, 0]], radius_m=100, least_s=60) == ()
    assert len(stays(times, xy, [[0, 0]], radius_m=100, least_s=10)) == 1


def test_a_fix_that_jumps_out_does_not_end_a_stay_and_a_long_absence_does() -> None:
    times = np.arange(0, 1801, 60.0)
    xy = np.zeros((31, 2))
    xy[10] = 130, 0
    assert len(stays(times, xy, [[0, 0]], absent_s=120)) == 1
    xy[8:16] = 400, 0
    assert len(stays(times, xy, [[0, 0]], absent_s=120)) == 2


def test_what_happened_between_fixes_that_are_far_apart_is_not_made_up() -> None:
    assert stays([0, 3600], [[0, 0], [0, 0]], [[0, 0]], gap_s=600) == ()
    assert len(stays([0, 3600], [[0, 0], [0, 0]], [[0, 0]], gap_s=3600)) == 1


@given(
    st.lists(
        st.tuples(st.integers(-300, 300), st.integers(-300, 300)), min_size=2, max_size=30, unique_by=None
    )
)
def test_time_within_the_circle_is_that_of_a_fine_sampling(points: list[tuple[int, int]]) -> None:
    times, xy = np.arange(len(points)) * 60.0, np.array(points, dtype=float)
    found = stays(times, xy, [[0, 0]], radius_m=100, least_s=1e-9, absent_s=1e-9)
    fine = np.arange(0, times[-1], 0.05)
    inside = (np.hypot(np.interp(fine, times, xy[:, 0]), np.interp(fine, times, xy[:, 1])) < 100).sum() * 0.05
    assert sum(s.leave_s - s.arrive_s for s in found) == pytest.approx(inside, abs=0.2 + 0.1 * len(points))


LEG = shapely.LineString([(0, 0), (1000, 0), (1000, 1000)])


def test_a_stretch_that_was_driven_is_told_with_its_times() -> None:
    times, xy = walked((0, 0, 0), (600, 0, 0), (900, 1000, 0), (1200, 1000, 1000), (1800, 1000, 1000))
    found = drive(times, xy, LEG)
    assert found is not None
    assert found.share > 0.95
    assert found.begin_s == pytest.approx(600, abs=61)
    assert found.end_s == pytest.approx(1200, abs=61)


def test_a_stretch_driven_backwards_halfway_or_elsewhere_was_not_driven() -> None:
    back = walked((0, 1000, 1000), (300, 1000, 0), (600, 0, 0))
    half = walked((0, 0, 0), (300, 1000, 0), (600, 2000, 0))
    beside = walked((0, 0, 80), (300, 920, 80), (600, 920, 1000))
    for track in (back, half, beside):
        assert drive(*track, LEG) is None
    assert drive(*half, LEG, least_share=0.4) is not None


def test_a_stretch_is_looked_for_in_its_own_time_only() -> None:
    track = walked((0, 0, 0), (300, 1000, 0), (600, 1000, 1000))
    assert drive(*track, LEG, within_s=(700, 1000)) is None


def test_there_and_back_are_two_stretches() -> None:
    track = walked((0, 0, 0), (300, 1000, 0), (600, 1000, 1000), (900, 1000, 0), (1200, 0, 0))
    there, back = drive(*track, LEG), drive(*track, LEG.reverse())
    assert there is not None
    assert back is not None
    assert (there.begin_s, there.end_s) == pytest.approx((0, 600), abs=61)
    assert (back.begin_s, back.end_s) == pytest.approx((600, 1200), abs=61)


def test_a_fast_team_seen_once_a_minute_has_driven_a_winding_road() -> None:
    bends = shapely.LineString([(100.0 * i, 120.0 * (i % 2)) for i in range(41)])
    share = np.linspace(0, 1, 8)
    xy = shapely.get_coordinates(shapely.line_interpolate_point(bends, share, normalized=True))
    assert drive(60.0 * np.arange(8), xy, bends) is not None


def test_another_way_between_the_same_ends_is_not_the_stretch() -> None:
    track = walked((0, 0, 0), (300, 0, 1000), (600, 1000, 1000))
    assert drive(*track, LEG) is None


moments = st.lists(
    st.tuples(st.sampled_from("ab"), st.sampled_from("xy"), st.integers(0, 9)), min_size=0, max_size=4
)


@given(moments, moments)
def test_visits_are_matched_with_the_least_difference_in_time(
    planned: list[tuple[str, str, int]], made: list[tuple[str, str, int]]
) -> None:
    wanted = [Coming(s, t, 600.0 * n) for s, t, n in planned]
    there = [Coming(s, t, 600.0 * n) for s, t, n in made]
    found = matched(wanted, there)
    used = [j for j in found if j is not None]
    assert len(used) == len(set(used))

    def cost(pairs: tuple[int | None, ...]) -> tuple[int, float]:
        both = [(wanted[i], there[j]) for i, j in enumerate(pairs) if j is not None]
        return -len(both), sum(
            abs(p.arrive_s - m.arrive_s) + (OTHER_TEAM_S if p.team != m.team else 0) for p, m in both
        )

    choices = [[None, *(j for j, m in enumerate(there) if m.stop == p.stop)] for p in wanted]
    every = [
        pairs
        for pairs in itertools.product(*choices)
        if len({j for j in pairs if j is not None}) == sum(j is not None for j in pairs)
    ]
    assert cost(found) == min(cost(pairs) for pairs in every)


@pytest.mark.parametrize(
    ("times", "xy"), [([0, 1], [[0, 0]]), ([1, 0], [[0, 0], [1, 1]]), ([0, np.nan], [[0, 0], [1, 1]])]
)
def test_a_track_that_is_none_is_refused(times: list[float], xy: list[list[float]]) -> None:
    with pytest.raises(InvalidInput):
        stays(times, xy, [[0, 0]])
