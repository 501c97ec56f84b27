"""Plans of many stops: a step looks at near ones only, and every promise of small plans holds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from gridmap.analysis.patrol import (
    Iterations,
    Objective,
    Plan,
    Shift,
    Stop,
    Team,
    bounds,
    engine,
    plan,
    problem,
    violations,
)
from gridmap.analysis.patrol.build import build

SHIFT = Shift(0.0, 6_000.0)
COUNT, TEAMS = 230, 6


def town(visits: int = 1) -> tuple[list[Team], list[Stop], dict[str, np.ndarray]]:
    """Teams at two bases and more stops than a step looks at, on a plane; some have hours."""
    rng = np.random.default_rng(4)
    at = rng.uniform(0.0, 9_000.0, (COUNT + 2, 2))
    apart = np.hypot(*(at[:, None] - at[None]).transpose(2, 0, 1)) / 8.0
    teams = [
        Team(f"t{r}", r % 2, r % 2, "car", 0.0, 6_000.0, speed=1.0 + 0.5 * (r % 2)) for r in range(TEAMS)
    ]
    stops = [
        Stop(
            f"s{n:03}", n + 2, float(rng.integers(1, 20)), 300.0, village=n % 7, visits=visits, min_gap_s=1_500.0,
            windows=((1_000.0, 4_000.0),) if n % 5 == 0 else (),
        )
        for n in range(COUNT)
    ]  # fmt: skip
    return teams, stops, {"car": apart}


def made(visits: int = 1, steps: int = 400, turned: int = 1) -> Plan:
    teams, stops, travel = town(visits)
    aim = Objective(village_share=0.05, balance=0.01, max_wait_s=900.0)
    return plan(
        teams[::turned], stops[::turned], travel, shift=SHIFT, objective=aim, seed=3, stop=Iterations(steps)
    )


def test_near_stops_are_the_nearest_ones_with_all_their_visits() -> None:
    assert COUNT > problem.MANY_STOPS
    teams, stops, travel = town(visits=2)
    p = build(teams, stops, travel, SHIFT, Objective()).problem
    near = p.near()
    around = p.travel.min(axis=0)[np.ix_(p.place, p.place)]
    around = around + around.T
    assert near.shape == (len(p.stop), 2 * (problem.NEAREST + 1))
    assert near.shape[1] < len(p.stop) - 1
    for visit in range(0, len(p.stop), 37):
        farthest = around[visit, near[visit]].max()
        assert set(np.flatnonzero(around[visit] < farthest - 1e-9)) <= set(near[visit])


@pytest.mark.parametrize("visits", [1, 2])
def test_a_plan_of_many_stops_keeps_every_rule_and_lies_under_its_bound_in_any_order(visits: int) -> None:
    teams, stops, travel = town(visits)
    found = made(visits)
    assert list(violations(found, teams, stops, travel, shift=SHIFT)) == []
    assert 0 < found.prize <= found.bound <= found.possible
    assert made(visits, turned=-1).prize == found.prize


def test_looking_at_near_stops_only_loses_nothing_that_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    near = made(steps=1_500)
    for module in (problem, engine):
        monkeypatch.setattr(module, "MANY_STOPS", COUNT)
    every = made(steps=1_500)
    assert near.prize > 0.97 * every.prize
    assert near.prize != every.prize, "the search did not change its way of looking"


def test_the_bound_of_teams_as_one_is_never_below_that_of_each(monkeypatch: pytest.MonkeyPatch) -> None:
    teams, stops, travel = town()
    built = build(teams, [replace(stop, windows=()) for stop in stops], travel, SHIFT, Objective())
    monkeypatch.setattr(bounds, "_PAIRS", 10**9)
    each = bounds.upper_bound(built.problem)
    monkeypatch.setattr(bounds, "_PAIRS", 0)
    as_one = bounds.upper_bound(built.problem)
    assert each <= as_one < 1.2 * each
