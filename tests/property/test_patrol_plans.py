"""What holds for every plan."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridmap.analysis.patrol import (
    Break,
    Iterations,
    Objective,
    Shift,
    Stop,
    Team,
    plan,
    solve_orienteering,
    violations,
)
from gridmap.domain.gridkey import Scope, make_key

VILLAGES = [make_key(330681105, 1, v) for v in (1, 2, 3)]
SHIFT = Shift(0.0, 10_000.0)
BASES = 2
BALANCE, MOST_WAIT = st.sampled_from([None, 0.0, 0.05]), st.sampled_from([np.inf, 900.0])


@st.composite
def problems(draw: st.DrawFn) -> tuple[list[Team], list[Stop], dict[str, np.ndarray]]:  # type: ignore[type-arg]
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n = draw(st.integers(0, 14))
    travel = {
        m: rng.integers(30, top, (n + BASES, n + BASES)).astype(float)
        for m, top in (("car", 900), ("foot", 3000))
    }
    if draw(st.booleans()):
        travel["foot"][rng.random(travel["foot"].shape) < 0.2] = np.inf
    stops = [
        Stop(
            f"s{i}",
            BASES + i,
            float(rng.integers(0, 20)),
            float(rng.integers(600, 900)),
            VILLAGES[rng.integers(3)],
            windows=()
            if rng.random() < 0.6
            else (
                (float(rng.integers(0, 2000)), float(rng.integers(2000, 5000))),
                (float(rng.integers(5000, 7000)), float(rng.integers(7000, 10_000))),
            ),
            must=bool(rng.random() < 0.15),
            closed_to=frozenset({"foot"}) if rng.random() < 0.2 else frozenset(),
            visits=int(rng.integers(1, 4)),
            min_gap_s=float(rng.integers(0, 4000)),
            min_size=int(rng.integers(1, 4)),
            max_interval_s=float(rng.integers(2000, 9000)) if rng.random() < 0.2 else None,
        )
        for i in range(n)
    ]
    teams = [
        Team(
            f"t{r}",
            int(rng.integers(BASES)),
            int(rng.integers(BASES)),
            "car" if rng.random() < 0.6 else "foot",
            float(rng.integers(0, 3000)),
            float(rng.integers(2000, 12_000)),
            None if rng.random() < 0.6 else Break(3000.0, float(rng.integers(3000, 6000)), 900.0),
            float(rng.choice([0.8, 1.0, 1.5])),
            int(rng.integers(1, 5)),
            Scope.whole() if rng.random() < 0.7 else Scope.of_grid(VILLAGES[rng.integers(3)]),
        )
        for r in range(draw(st.integers(0, 3)))
    ]
    return teams, stops, travel


@settings(max_examples=80, deadline=None)
@given(problems(), st.integers(0, 1000), st.sampled_from([0.0, 0.3]), BALANCE, MOST_WAIT)
def test_no_plan_breaks_a_shift_a_window_a_mode_a_base_or_the_one_visit_rule(
    problem: tuple[list[Team], list[Stop], dict[str, np.ndarray]],  # type: ignore[type-arg]
    seed: int,
    share: float,
    balance: float | None,
    most_wait: float,
) -> None:
    teams, stops, travel = problem
    aim = Objective(village_share=share, balance=balance, max_wait_s=most_wait)
    made = plan(teams, stops, travel, shift=SHIFT, objective=aim, seed=seed, stop=Iterations(300))
    assert violations(made, teams, stops, travel, shift=SHIFT) == ()
    assert made.prize <= made.bound <= made.possible + 1e-9
    assert [r.stop for r in made.reasons] == [s.id for s in stops]
    assert made.prize == pytest.approx(sum(v.prize for r in made.routes for v in r.visits))


@settings(max_examples=30, deadline=None)
@given(problems(), st.integers(0, 1000))
def test_the_plan_of_a_permuted_input_is_the_same(
    problem: tuple[list[Team], list[Stop], dict[str, np.ndarray]],  # type: ignore[type-arg]
    seed: int,
) -> None:
    teams, stops, travel = problem
    made = plan(teams, stops, travel, shift=SHIFT, seed=seed, stop=Iterations(300))
    again = plan(teams[::-1], stops[::-1], travel, shift=SHIFT, seed=seed, stop=Iterations(300))
    assert again.prize == made.prize
    assert again.routes == made.routes[::-1]


@settings(max_examples=20, deadline=None)
@given(problems(), st.integers(0, 1000), st.lists(st.integers(1, 9000), min_size=2, max_size=4, unique=True))
def test_more_iterations_never_give_a_worse_plan(
    problem: tuple[list[Team], list[Stop], dict[str, np.ndarray]],  # type: ignore[type-arg]
    seed: int,
    steps: list[int],
) -> None:
    teams, stops, travel = problem
    stops = [Stop(s.id, s.place, s.prize, s.dwell_s, s.village, windows=s.windows) for s in stops]
    made = [
        plan(teams, stops, travel, shift=SHIFT, seed=seed, stop=Iterations(n)).prize for n in sorted(steps)
    ]
    assert all(b >= a - 1e-9 for a, b in pairwise(made))


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    n=st.integers(2, 40),
    routes=st.integers(0, 4),
    lattice=st.booleans(),
    limit=st.floats(0, 30),
)
def test_rows_in_another_order_collect_the_same_prize_within_the_bound(
    seed: int, n: int, routes: int, lattice: bool, limit: float
) -> None:
    rng = np.random.default_rng(seed)
    # Points of a lattice with few prizes are full of symmetries.
    xy = rng.integers(0, 4, (n, 2)).astype(float) if lattice else rng.random((n, 2)) * 8
    prizes = rng.integers(1, 3 if lattice else 30, n).astype(float)
    travel = np.hypot(*(xy[:, None] - xy[None]).transpose(2, 0, 1))
    order = np.concatenate([[0, 1], 2 + rng.permutation(n - 2)])
    found = solve_orienteering(
        prizes, travel, routes=routes, limit=limit, start=0, end=1, seed=seed, stop=Iterations(400)
    )
    again = solve_orienteering(
        prizes[order], travel[np.ix_(order, order)], routes=routes, limit=limit, start=0, end=1, seed=seed,
        stop=Iterations(400),
    )  # fmt: skip
    assert again.prize == found.prize
    assert found.prize <= found.bound
    assert all(length <= limit for length in found.lengths)
    visited = [node for route in found.routes for node in route]
    assert len(visited) == len(set(visited))


@settings(max_examples=20, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    n=st.integers(5, 40),
    steps=st.integers(1, 4000),
    more=st.integers(0, 9000),
)
def test_more_iterations_never_collect_less(seed: int, n: int, steps: int, more: int) -> None:
    rng = np.random.default_rng(seed)
    travel = rng.integers(1, 30, (n, n)).astype(float)
    prizes = rng.random(n)

    def prize(iterations: int) -> float:
        return solve_orienteering(
            prizes, travel, routes=2, limit=25.0, start=0, end=0, seed=seed, stop=Iterations(iterations)
        ).prize

    assert prize(steps + more) >= prize(steps) - 1e-9
