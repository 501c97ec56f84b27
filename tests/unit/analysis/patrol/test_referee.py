"""PyVRP, a solver of another house, looks at the same nights: no plan of ours is below its, no bound either."""

from __future__ import annotations

import numpy as np
import pytest
import pyvrp

from gridmap.analysis.patrol import Iterations, Shift, Stop, Team, plan
from scripts.bench import sizes


@pytest.mark.parametrize(
    ("stops", "teams", "steps", "iterations"), [(60, 4, 10_000, 400), (230, 9, 30_000, 600)]
)
def test_another_solver_finds_no_better_plan_and_nothing_above_the_bound(
    stops: int, teams: int, steps: int, iterations: int
) -> None:
    travel, prizes = sizes.drawn(stops, seed=3)
    crews = [
        Team(f"T{n:02}", n % sizes.BASES, n % sizes.BASES, "car", 0.0, sizes.HOURS_S) for n in range(teams)
    ]
    asked = [Stop(f"S{n:03}", sizes.BASES + n, float(prize), sizes.DWELL_S) for n, prize in enumerate(prizes)]
    made = plan(
        crews, asked, {"car": travel}, shift=Shift(0.0, sizes.HOURS_S), seed=1, stop=Iterations(steps)
    )
    routes = sizes.with_pyvrp(travel, prizes, teams, pyvrp.stop.MaxIterations(iterations))
    theirs = sizes.collected(travel, prizes, routes, teams)
    assert np.isfinite(theirs)
    assert theirs > 0.9 * made.prize, "the referee does not play the same game"
    assert made.prize >= 0.995 * theirs
    assert theirs <= made.bound
