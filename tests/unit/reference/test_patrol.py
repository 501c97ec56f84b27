"""Published team orienteering instances, and a drawn case with mixed teams."""

from __future__ import annotations

import csv
import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from gridmap.analysis.patrol import (
    Iterations,
    Shift,
    Stop,
    Team,
    mix,
    plan,
    replan,
    solve_orienteering,
    violations,
)
from gridmap.analysis.patrol.replan import TeamTaken

pytestmark = pytest.mark.reference

SHIFT = Shift(0.0, 14_400.0)


@pytest.fixture(scope="module")
def folder(reference_dir: Path) -> Path:
    return reference_dir / "patrol"


def _instance(folder: Path, name: str) -> tuple[NDArray[np.float64], NDArray[np.float64], int, float]:
    lines = (folder / "instances" / f"{name}.txt").read_text(encoding="utf-8").split()
    routes, limit = int(lines[1].split(";")[1]), float(lines[2].split(";")[1])
    rows = np.array([[float(x) for x in line.split(";")] for line in lines[3:]])
    xy = rows[:, :2]
    return rows[:, 2], np.hypot(*(xy[:, None] - xy[None]).transpose(2, 0, 1)), routes, limit


@pytest.mark.parametrize(
    "name",
    [
        "p1.2.i",
        "p1.4.p",
        "p2.3.k",
        "p3.2.k",
        "p3.4.t",
        "p4.3.h",
        "p5.2.l",
        "p5.3.r",
        "p5.4.q",
    ],
)
def test_published_scores_are_reached_within_one_percent(folder: Path, name: str) -> None:
    with (folder / "best_known.csv").open(encoding="utf-8", newline="") as rows:
        best = {row["instance"]: float(row["best_known"]) for row in csv.DictReader(rows)}[name]
    prizes, travel, routes, limit = _instance(folder, name)
    end = len(prizes) - 1
    found = solve_orienteering(
        prizes, travel, routes=routes, limit=limit, start=0, end=end, seed=1, stop=Iterations(48_000)
    )
    assert found.prize >= 0.99 * best
    assert found.bound >= best
    for route in found.routes:
        assert not route or sum(float(travel[a, b]) for a, b in pairwise((0, *route, end))) <= limit


def _patrol80(folder: Path) -> tuple[list[Team], list[Stop], dict[str, NDArray[np.float64]]]:
    case = json.loads((folder / "patrol80.json").read_text(encoding="utf-8"))
    teams = [Team(str(t["id"]), t["base"], t["base"], t["mode"], t["start"], t["end"]) for t in case["teams"]]
    stops = [
        Stop(
            f"{i:02}", case["n_bases"] + i, float(prize), float(dwell), village,
            visits=2, min_gap_s=2_400.0, revisit_share=case["second_visit_factor"],
        )
        for i, (village, prize, dwell) in enumerate(zip(case["village"], case["severity"], case["dwell"], strict=True))
    ]  # fmt: skip
    return teams, stops, {mode: np.array(times, float) for mode, times in case["durations"].items()}


def test_the_drawn_case_is_planned_and_changed_without_breaking_a_rule(folder: Path) -> None:
    teams, stops, travel = _patrol80(folder)
    made = plan(teams, stops, travel, shift=SHIFT, seed=1, stop=Iterations(40_000))
    assert violations(made, teams, stops, travel, shift=SHIFT) == ()
    assert 2_000 <= made.prize <= made.bound
    again = replan(made, 5_000.0, [TeamTaken("1", 40, 9_000.0)], travel, seed=1, stop=Iterations(8_000))
    longer = replan(
        made, 5_000.0, [TeamTaken("1", 40, 9_000.0)], travel, seed=2, stop=Iterations(60_000), loyalty=0.0
    )
    assert again.plan.prize >= 0.99 * longer.plan.prize


def test_fourteen_nights_of_the_drawn_case_are_fair_and_hard_to_foresee(folder: Path) -> None:
    teams, stops, travel = _patrol80(folder)
    nights = mix(
        teams, stops, travel, shift=SHIFT, nights=14, loss=0.03, pool=60, seed=1, stop=Iterations(120_000)
    )
    assert nights.kept >= 0.97
    assert nights.unvisited == ()
    assert min(nights.village_coverage.values()) >= 0.6
    assert nights.arrival_entropy_bits >= 4
