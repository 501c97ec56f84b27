"""Nearest teams, while they move."""

from __future__ import annotations

import numpy as np
import pytest

from gridmap.analysis.reach.nearest import TeamIndex
from gridmap.crs import distance_m
from gridmap.errors import InvalidInput


def _sorted(places: dict[int, tuple[float, float]], lon: float, lat: float) -> list[tuple[int, float]]:
    teams = sorted(places)
    at = np.array([places[t] for t in teams])
    n = len(teams)
    away = distance_m(np.full(n, lon), np.full(n, lat), at[:, 0], at[:, 1]).tolist()
    return sorted(zip(teams, away, strict=True), key=lambda pair: (pair[1], pair[0]))


@pytest.mark.parametrize("centre", [(120.415, 29.79), (-90.05, 35.15), (25.0, 68.0)])
@pytest.mark.parametrize("k", [1, 3, 8])
def test_the_nearest_teams_are_those_of_a_plain_sort_while_they_move(
    centre: tuple[float, float], k: int
) -> None:
    rng = np.random.default_rng(k)
    index, places = TeamIndex(), {}
    for step in range(400):
        team = int(rng.integers(60))
        if step % 7 == 6 and team in places:
            index.remove(team)
            del places[team]
        else:
            places[team] = (centre[0] + rng.normal(0, 0.06), centre[1] + rng.normal(0, 0.06))
            index.move(team, *places[team])
        lon, lat = centre[0] + rng.normal(0, 0.06), centre[1] + rng.normal(0, 0.06)
        found = index.nearest(lon, lat, k=k)
        expected = _sorted(places, lon, lat)[:k]
        assert [t for t, _ in found] == [t for t, _ in expected]
        assert [d for _, d in found] == pytest.approx([d for _, d in expected])
        assert len(index) == len(places)


def test_teams_at_one_place_come_in_the_order_of_their_numbers() -> None:
    index = TeamIndex()
    for team in (5, 2, 9, 1):
        index.move(team, 120.4, 29.8)
    assert [t for t, _ in index.nearest(120.41, 29.8, k=3)] == [1, 2, 5]


def test_a_team_is_where_it_went_last() -> None:
    index = TeamIndex()
    index.move(1, 120.4, 29.8)
    index.move(1, 120.5, 29.8)
    assert len(index) == 1
    assert index.nearest(120.5, 29.8, k=5) == [(1, 0.0)]
    index.remove(1)
    index.remove(1)
    assert index.nearest(120.5, 29.8) == []


@pytest.mark.parametrize(("lon", "lat"), [(181, 0), (0, -91), (float("nan"), 0), (0, float("inf"))])
def test_a_place_that_is_not_on_earth_is_refused(lon: float, lat: float) -> None:
    index = TeamIndex()
    with pytest.raises(InvalidInput):
        index.move(1, lon, lat)
    assert len(index) == 0


def test_no_team_is_nearest_to_nothing() -> None:
    assert TeamIndex().nearest(120, 30) == []
    index = TeamIndex()
    index.move(1, 120, 30)
    assert index.nearest(120, 30, k=0) == []
