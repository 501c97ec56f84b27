"""Prizes that change with the hour: teams come when a stop is worth most, and never earn less than by place only."""

from __future__ import annotations

from dataclasses import replace
from math import fsum

import numpy as np
import pytest

from gridmap.analysis.patrol import Iterations, Objective, Plan, Shift, Stop, Team, plan, replan, violations
from gridmap.errors import InvalidInput
from tests.random_nights import SHIFT as NIGHT
from tests.random_nights import random_night

SHIFT = Shift(0.0, 14_400.0)
STEPS = Iterations(1_500)
LATE = ((0.0, 0.2), (7_200.0, 1.8))
EARLY = ((0.0, 1.8), (7_200.0, 0.2))


def _travel(n: int, seed: int = 3) -> dict[str, np.ndarray]:
    xy = np.random.default_rng(seed).random((n, 2)) * 6_000
    return {"car": np.hypot(*(xy[:, None] - xy[None]).transpose(2, 0, 1)) / 6.0}


def _planned(teams: list[Team], stops: list[Stop], travel: dict[str, np.ndarray], **aim: float) -> Plan:
    made = plan(teams, stops, travel, shift=SHIFT, objective=Objective(**aim), seed=1, stop=STEPS)
    assert violations(made, teams, stops, travel, shift=SHIFT) == ()
    return made


def _by_hours(made: Plan) -> float:
    """What the routes by place only earn in the hours in which they come."""
    whole = 0.0
    for stop in made.stops:
        starts = [v.start_s for route in made.by_place for v in route.visits if v.stop == stop.id]
        worth = sorted((stop.prize_at(start) for start in starts), reverse=True)
        whole += fsum(part * stop.revisit_share**k for k, part in enumerate(worth))
    return whole


@pytest.mark.parametrize(("by_hour", "late"), [(LATE, True), (EARLY, False)])
def test_a_team_comes_in_the_half_of_the_shift_in_which_a_stop_is_worth_more(
    by_hour: tuple[tuple[float, float], ...], late: bool
) -> None:
    stops = [Stop(f"s{i}", 1 + i, 10.0, by_hour=by_hour) for i in range(4)]
    made = _planned([Team("a", 0, 0, "car", 0.0, 14_400.0)], stops, _travel(5))
    starts = [v.start_s for v in made.routes[0].visits]
    assert len(starts) == 4
    assert all((start >= 7_200.0) == late for start in starts)
    assert made.prize == pytest.approx(4 * 18.0)


def test_a_team_goes_first_where_the_evening_is_worth_more_and_then_where_the_night_is() -> None:
    stops = [Stop(f"s{i}", 1 + i, 10.0, by_hour=LATE if i % 2 else EARLY) for i in range(6)]
    made = _planned([Team("a", 0, 0, "car", 0.0, 14_400.0)], stops, _travel(7))
    assert [int(v.stop[1:]) % 2 for v in made.routes[0].visits] == [0, 0, 0, 1, 1, 1]
    assert made.prize == pytest.approx(6 * 18.0)
    assert _by_hours(made) < made.prize


@pytest.mark.parametrize("seed", range(12))
def test_a_plan_by_hours_never_earns_less_than_the_same_teams_by_place_only(seed: int) -> None:
    night = random_night(seed)
    night = replace(night, aim=replace(night.aim, village_share=0.0))
    stops = [
        replace(s, by_hour=((0.0, 0.5 + seed % 3), (3_000.0 + 400 * k, 1.5)), max_interval_s=None, must=False)
        for k, s in enumerate(night.stops)
    ]
    night = replace(night, stops=tuple(stops))
    made = night.planned(1_000)
    assert violations(made, night.teams, night.stops, night.travel_s, shift=NIGHT) == ()
    assert made.prize >= _by_hours(made) - 1e-9
    assert made.prize <= made.bound + 1e-9
    assert any(route.visits for route in made.by_place)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("balance", [None, 0.05])
def test_the_prize_by_hours_never_falls_as_more_visits_are_allowed(seed: int, balance: float | None) -> None:
    rng = np.random.default_rng(seed)
    teams = [Team("a", 0, 0, "car", 0.0, 14_400.0), Team("b", 0, 0, "car", 1_800.0, 12_000.0)]
    prizes = rng.integers(1, 30, 8)
    earned = []
    for visits in (1, 2, 3):
        stops = [
            Stop(f"s{i}", 1 + i, float(p), visits=visits, by_hour=(LATE, EARLY)[i % 2])
            for i, p in enumerate(prizes)
        ]
        earned.append(_planned(teams, stops, _travel(9, seed), balance=balance).prize)
    assert earned == sorted(earned)


def test_the_best_hour_of_several_visits_counts_first() -> None:
    stop = Stop("s", 1, 10.0, visits=2, revisit_share=0.5, by_hour=LATE)
    made = _planned([Team("a", 0, 0, "car", 0.0, 14_400.0)], [stop], _travel(2))
    first, second = sorted(made.routes[0].visits, key=lambda v: v.start_s)
    assert (first.number, second.number) == (1, 2)
    assert made.prize == pytest.approx(18.0 + 9.0)
    assert first.start_s >= 7_200.0


def test_a_prize_of_another_hour_does_not_pass_the_check() -> None:
    teams, travel = [Team("a", 0, 0, "car", 0.0, 14_400.0)], _travel(2)
    stops = [Stop("s", 1, 10.0, by_hour=LATE)]
    made = _planned(teams, stops, travel)
    route = made.routes[0]
    wrong = replace(route, visits=(replace(route.visits[0], prize=2.0),))
    told = violations(replace(made, routes=(wrong,)), teams, stops, travel, shift=SHIFT)
    assert any("prize of its hour" in sentence for sentence in told)


@pytest.mark.parametrize("at", [0.0, 3_600.0, 7_200.0])
def test_a_plan_by_hours_that_is_changed_during_its_shift_keeps_the_prizes_of_its_hours(at: float) -> None:
    teams = [Team("a", 0, 0, "car", 0.0, 14_400.0), Team("b", 0, 0, "car", 0.0, 14_400.0)]
    stops = [Stop(f"s{i}", 1 + i, 10.0 + i, visits=2, by_hour=(LATE, EARLY)[i % 2]) for i in range(6)]
    travel = _travel(7)
    made = _planned(teams, stops, travel)
    changed = replan(made, at, [], travel, seed=1, stop=STEPS).plan
    assert violations(changed, teams, stops, travel, shift=SHIFT) == ()
    assert changed.prize >= made.prize - 1e-9
    assert changed.by_place == (), "routes of other wishes are not what these are compared with"


@pytest.mark.parametrize("by_hour", [((0.0, -1.0),), ((100.0, 1.0), (50.0, 2.0)), ((0.0, float("nan")),)])
def test_hours_that_go_backwards_or_are_no_numbers_are_refused(
    by_hour: tuple[tuple[float, float], ...],
) -> None:
    stops = [Stop("s", 1, 10.0, by_hour=by_hour)]
    with pytest.raises(InvalidInput) as said:
        plan([Team("a", 0, 0, "car", 0.0, 14_400.0)], stops, _travel(2), shift=SHIFT, seed=1, stop=STEPS)
    assert said.value.code == "stop-not-valid"
