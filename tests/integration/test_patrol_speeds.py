"""A team's own speed in its plan: half the speed, twice the drive."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import text

from gridmap.domain.gridkey import Scope
from gridmap.services.patrols.ask.request import PatrolRequest
from gridmap.services.patrols.keep.plans import kept_plan
from gridmap.services.patrols.make.changed import Changed
from gridmap.services.patrols.make.changes import replan_patrol
from gridmap.services.patrols.make.plans import plan_patrols
from gridmap.storage.database import Database

WHOLE = Scope.whole()
TEAM = "T04"


def planned(town: Database, speed_kmh: float | None) -> dict[str, Any]:
    with town.scoped_session(WHOLE, write=True) as session:
        session.execute(
            text("update gridmap.teams set speed_kmh = :v where code = :code"),
            {"v": speed_kmh, "code": TEAM},
        )
    asked = PatrolRequest(on=dt.date(2026, 11, 3), teams=(TEAM,), seed=7, seconds=None, iterations=3_000)
    return plan_patrols(town, WHOLE, asked)


def legs(plan: dict[str, Any]) -> dict[tuple[str, str], int]:
    """Seconds of each leg of the team's only route, by the stops at its ends."""
    (route,) = plan["routes"]
    names = ["base", *(visit["stop"] for visit in route["visits"]), "base"]
    seconds = [*(visit["leg"]["seconds"] for visit in route["visits"]), route["home"]["seconds"]]
    return dict(zip(pairwise(names), seconds, strict=True))


def test_half_the_speed_is_twice_the_drive(hot_town: Database) -> None:
    usual, fast, slow = (planned(hot_town, kmh) for kmh in (None, 35.0, 17.5))
    assert legs(usual) == legs(fast)
    same = legs(fast).keys() & legs(slow).keys()
    assert same
    for leg in same:
        assert legs(slow)[leg] == pytest.approx(2 * legs(fast)[leg], abs=1.5)
    for plan, kmh in ((fast, 35.0), (slow, 17.5)):
        (route,) = plan["routes"]
        told = sum(legs(plan).values())
        assert route["travel_s"] == pytest.approx(told, abs=len(route["visits"]) + 2), kmh
        for leg in (*(visit["leg"] for visit in route["visits"]), route["home"]):
            streets = sum(street["seconds"] for street in leg["streets"])
            assert streets == pytest.approx(leg["seconds"], abs=len(leg["streets"]) + 1)
    # Where the plan has the team: on its first leg it is half as far along.
    (kept_fast,), (kept_slow,) = (
        kept_plan(hot_town, WHOLE, plan["patrol_id"]).routes for plan in (fast, slow)
    )
    for kept in (kept_fast, kept_slow):
        first = kept.visits[0]
        half = first.arrive - dt.timedelta(seconds=first.leg.seconds / 2)
        assert kept.place_at(half).doing == "way"
        assert kept.place_at(first.arrive - dt.timedelta(seconds=first.leg.seconds + 2)).doing == "base"


def test_a_plan_is_changed_at_the_speed_that_it_was_made_with(hot_town: Database) -> None:
    slow = planned(hot_town, 17.5)
    planned(hot_town, 70.0)
    (route,) = slow["routes"]
    leave = dt.datetime.fromisoformat(route["visits"][0]["leave"])
    changed = replan_patrol(hot_town, WHOLE, slow["patrol_id"], Changed(leave.isoformat()), iterations=1_000)
    same = legs(slow).keys() & legs(changed).keys()
    assert len(same) >= 2
    assert all(legs(changed)[leg] == legs(slow)[leg] for leg in same)
