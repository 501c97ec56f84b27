"""Teams that the hotspots leave nothing to do get what is next best near their bases."""

from __future__ import annotations

import datetime as dt
from typing import Any, cast

import shapely

from gridmap.domain.gridkey import make_key
from gridmap.domain.hotspots import Finding, KeptRun
from gridmap.services.patrols.ask.own_places import next_best
from gridmap.storage.teams.teams import TeamRow

VILLAGE, OTHER = make_key(330681105, 1, 1), make_key(330681105, 1, 2)
AT = 120.40, 29.80
METRE = 1.0 / 111_000


def place(rank: int, north_m: float, *, label: str = "none", observed: int = 9, cells: int = 1) -> Finding:
    key = VILLAGE + rank
    told: Any = {"observed": observed, "expected": 1.0, "words_zh": "词", "words_en": "words", "cells": cells}
    square = shapely.box(AT[0], AT[1] + north_m * METRE, AT[0] + METRE, AT[1] + (north_m + 1) * METRE)
    return Finding(label, key, square, told, rank)


def team(code: str, *, mode: str = "car", bound: bool = False) -> TeamRow:
    row: dict[str, Any] = {
        "code": code, "mode": mode, "professional": not bound, "grid_key": VILLAGE if bound else 0,
        "speed_kmh": None, "base_lon": AT[0], "base_lat": AT[1], "shift_start": dt.time(20), "shift_end": dt.time(2),
    }  # fmt: skip
    return cast("TeamRow", row)


def chosen(findings: list[Finding], teams: list[TeamRow]) -> list[int]:
    run = cast("KeptRun", type("Run", (), {"findings": tuple(findings)})())
    hot = [f for f in findings if f.label != "none"]
    return [f.rank for f in next_best(run, hot, teams, 720.0)]


def test_a_team_whose_hotspot_is_far_to_walk_gets_a_place_at_hand() -> None:
    far = [
        place(1, 3_000, label="hot"),
        place(2, 2_900, observed=90),
        place(3, 200),
        place(4, 100, observed=3),
    ]
    assert chosen(far, [team("T1", mode="foot", bound=True)]) == [3]
    assert chosen(far, [team("T1", bound=True)]) == []


def test_each_team_more_than_there_are_hotspots_gets_a_place_of_its_own() -> None:
    findings = [place(1, 300, label="hot"), place(2, 400), place(3, 500), place(4, 600)]
    assert chosen(findings, [team("T1")]) == []
    assert chosen(findings, [team("T1"), team("T2"), team("T3")]) == [2, 3]


def test_a_place_of_several_cells_stands_for_the_base_of_a_team_bound_to_its_village_only() -> None:
    findings = [place(1, 300, label="hot"), place(2, 9_000, cells=4)]
    assert chosen(findings, [team("T1"), team("T2")]) == []
    assert chosen(findings, [team("T1"), team("T2", mode="foot", bound=True)]) == [2]


def test_a_team_bound_to_another_village_gets_none_of_this_one() -> None:
    elsewhere = team("T2", bound=True)
    elsewhere["grid_key"] = OTHER
    assert chosen([place(1, 300, label="hot"), place(2, 400)], [team("T1"), elsewhere]) == []
