"""A plan that breaks a rule reaches no team, in an optimised Python too."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]

_MAKES_A_BROKEN_PLAN = """
from dataclasses import replace
from types import SimpleNamespace
import numpy as np
from gridmap.analysis.patrol import Iterations, Shift, Stop, Team, plan
from gridmap.errors import GridmapError
from gridmap.services.patrols.make.emergencies import refuse_broken_parts
from gridmap.services.patrols.make.plans import refuse_broken

teams = (Team("T01", 0, 0, "car", 0.0, 7200.0),)
stops = (Stop("H1", 1, 1.0),)
travel_s = {"car": np.array([[0.0, 300.0], [300.0, 0.0]])}
shift = Shift(0.0, 7200.0)
made = plan(teams, stops, travel_s, shift=shift, seed=0, stop=Iterations(10))
inputs = SimpleNamespace(
    teams=teams, stops=stops, roads=SimpleNamespace(travel_s=travel_s), shift=shift, households=None
)
refuse_broken(inputs, made)
refuse_broken_parts(inputs, made, {})
(route,) = made.routes
early = replace(made, routes=(replace(route, visits=(replace(route.visits[0], arrive_s=1.0),)),))
elsewhere = replace(made, stops=(replace(stops[0], only_team="T02"),))
for broken in (early, elsewhere):
    try:
        refuse_broken_parts(inputs, broken, {})
    except GridmapError as error:
        print(error.code)
try:
    refuse_broken(inputs, early)
except GridmapError as error:
    print(error.code, error.status)
"""


def test_a_broken_plan_is_refused_in_an_optimised_python_too() -> None:
    done = subprocess.run(
        [sys.executable, "-O", "-c", _MAKES_A_BROKEN_PLAN], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split("\n")[:3] == [*["patrol-plan-broken"] * 2, "patrol-plan-broken 500"]


def test_nothing_that_runs_rests_on_an_assert() -> None:
    files = [path for folder in ("gridmap", "web") for path in (_ROOT / folder).rglob("*.py")]
    files = [path for path in files if "node_modules" not in path.parts]
    assert len(files) > 200
    found = [
        f"{path.relative_to(_ROOT)}:{node.lineno}"
        for path in files
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Assert)
    ]
    assert found == []
