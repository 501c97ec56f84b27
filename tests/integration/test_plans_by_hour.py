"""Plans whose prizes change with the hour, and yield where patrols found and stayed; told beside routes by place."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest
from sqlalchemy import text

from gridmap.domain.gridkey import Scope
from gridmap.services.hotspots.forecasts import score_forecast
from gridmap.services.hotspots.kept_forecasts import WeekAsked, keep_forecast
from gridmap.services.hotspots.observations import load_inputs
from gridmap.services.hotspots.runs import newest_run
from gridmap.services.hotspots.spec import HotspotSpec
from gridmap.services.patrols.ask.request import PatrolRequest
from gridmap.services.patrols.ask.rules import Rules
from gridmap.services.patrols.follow.hours import plan_hours
from gridmap.services.patrols.keep.codec import load_kept
from gridmap.services.patrols.make import plans
from gridmap.storage.database import Database

WHOLE = Scope.whole()
ASKED: dict[str, Any] = {
    "on": dt.date(2026, 12, 20),
    "seed": 5,
    "seconds": None,
    "iterations": 1_000,
    "teams": ("T02", "T03"),
}


@pytest.fixture(scope="module")
def town(hot_town: Database) -> Database:
    return hot_town


def planned(town: Database, **given: Any) -> Any:
    return plans.plan_patrols(town, WHOLE, PatrolRequest(**ASKED | given))


@pytest.fixture(scope="module")
def by_hour(town: Database) -> Any:
    return planned(town, by_hour=True)


def test_a_plan_by_hours_tells_what_the_same_teams_by_place_only_would_cover(
    town: Database, by_hour: Any
) -> None:
    told = plan_hours(town, WHOLE, by_hour["patrol_id"])
    assert sum(row["covered"] for row in told["hours"]) == pytest.approx(told["covered"], abs=1e-3)
    assert told["covered_by_place"] is not None
    assert 0.0 < told["covered_by_place"] < told["expected"]
    beside = by_hour["summary"]["by_place"]
    assert beside["prize"] <= by_hour["summary"]["prize"] + 1e-3
    assert {visit["team"] for visit in beside["visits"]} <= {"T02", "T03"}
    hours = [reason["by_hour"] for reason in by_hour["summary"]["reasons"] if not reason.get("fixed")]
    assert any(len({row["prize"] for row in own}) > 1 for own in hours)


def test_prizes_by_hour_come_from_the_forecast_of_the_week_where_there_is_one_and_the_plan_says_which(
    town: Database, by_hour: Any
) -> None:
    def said(made: Any) -> list[str]:
        return [n["code"] for n in made["summary"]["notices"] if n["code"].startswith("hours-")]

    assert said(by_hour) == ["hours-records"]
    monday = dt.date(2026, 12, 14)
    run = newest_run(town, WHOLE, "gi")
    assert run is not None
    for domain, expected in (
        ("land" if run.domain != "land" else "safety", "hours-records"),
        (run.domain, "hours-forecast"),
    ):
        told = keep_forecast(town, WHOLE, WeekAsked(domain, run.level, None, monday), owner=None)
        made = planned(town, by_hour=True)
        assert said(made) == [expected]
    words = next(n["zh"] for n in made["summary"]["notices"] if n["code"] == "hours-forecast")
    assert f"{monday}" in words
    assert f"第 {told.forecast_id} 号" in words
    # What is expected by hour is the forecast's, and so are the prizes.
    before, after = (
        {r["stop"]: r["by_hour"] for r in one["summary"]["reasons"] if r.get("by_hour")}
        for one in (by_hour, made)
    )
    assert before.keys() == after.keys()
    assert before != after
    prizes = [sum(row["prize"] for own in one.values() for row in own) for one in (before, after)]
    assert prizes[1] == pytest.approx(prizes[0], rel=0.01)
    sunday = dict(ASKED, on=dt.date(2026, 12, 21))
    next_week = plans.plan_patrols(town, WHOLE, PatrolRequest(**sunday | {"by_hour": True}))
    assert said(next_week) == ["hours-records"]


def test_a_plan_by_place_has_the_prizes_that_it_had_and_no_routes_beside_it(town: Database) -> None:
    made = planned(town)
    (notice,) = (n for n in made["summary"]["notices"] if n["code"] == "prizes-of-run")
    assert f"第 {made['hotspot_run_id']} 次热点分析（热点 Gi*，按件数" in notice["zh"]
    assert "by_place" not in made["summary"]
    assert all("by_hour" not in reason for reason in made["summary"]["reasons"])
    assert plan_hours(town, WHOLE, made["patrol_id"])["covered_by_place"] is None


def test_a_prize_that_is_set_by_hand_holds_at_all_hours(town: Database) -> None:
    rules = Rules.model_validate({"stops": [{"stop": "H1", "prize": 7}]})
    made = planned(town, by_hour=True, rules=rules)
    (reason,) = (r for r in made["summary"]["reasons"] if r["stop"] == "H1")
    assert "by_hour" not in reason
    assert reason["prize"] == 7.0


def test_a_plan_by_hours_is_solved_again_with_wishes_and_keeps_its_hours(
    town: Database, by_hour: Any
) -> None:
    stop = next(v["stop"] for route in by_hour["routes"] for v in route["visits"])
    again = plans.solve_again(town, WHOLE, by_hour["patrol_id"], leave_out=(stop,), iterations=500)
    told = {r["stop"]: r for r in again["summary"]["reasons"]}
    assert told[stop]["visited"] == 0
    before = {r["stop"]: r.get("by_hour") for r in by_hour["summary"]["reasons"]}
    assert {name: r.get("by_hour") for name, r in told.items()} == before


def test_a_plan_that_a_former_release_kept_is_opened_and_solved_again(town: Database) -> None:
    made = planned(town)
    number = made["patrol_id"]
    with town.scoped_session(WHOLE, write=True) as session:
        kept = session.execute(
            text("select parameters from patrols where patrol_id = :n"), {"n": number}
        ).scalar_one()
        frame = next(v for v in kept.values() if isinstance(v, dict) and "plan" in v)
        for stop in [*frame["free_stops"], *frame["plan"]["stops"]]:
            del stop["by_hour"]
        del frame["plan"]["by_place"]
        del kept["by_hour"]
        session.execute(
            text("update patrols set parameters = cast(:p as jsonb) where patrol_id = :n"),
            {"p": json.dumps(kept), "n": number},
        )
    _, old, _ = load_kept(town, WHOLE, number)
    assert old.prize == pytest.approx(made["summary"]["prize"], abs=1e-3)
    assert plans.solve_again(town, WHOLE, number, iterations=500)["replaces_id"] == number


def test_what_patrols_found_is_left_out_of_prizes_and_forecasts_unless_it_is_asked_for(
    town: Database,
) -> None:
    before = planned(town)
    with town.scoped_session(WHOLE, write=True) as session:
        session.execute(
            text("update incidents set channel = 'patrol' where incident_id % 3 = 0 and not sealed")
        )
    after, everything = planned(town), planned(town, patrol_found=True)
    was = {r["stop"]: r for r in before["summary"]["reasons"] if r["terms"]}
    hot = [(was[r["stop"]], r) for r in after["summary"]["reasons"] if r["stop"] in was]
    assert any(now["terms"]["patrol_found"] > 0 for _, now in hot)
    for old, now in hot:
        own = now["terms"]["patrol_found"] - old["terms"]["patrol_found"]
        assert now["terms"]["excess"] == pytest.approx(max(old["terms"]["excess"] - own, 1.0), abs=1e-3)
    assert any(n["code"] == "patrol-found" for n in after["summary"]["notices"])
    assert not any(n["code"] == "patrol-found" for n in everything["summary"]["notices"])
    fewer, more = (plan_hours(town, WHOLE, made["patrol_id"]) for made in (after, everything))
    assert fewer["expected"] < more["expected"]
    assert 0.5 < fewer["incidents"] / more["incidents"] < 0.8

    asked = HotspotSpec("gi", dt.date(2026, 5, 1), dt.date(2026, 10, 31), domain="policing", level=3, seed=1)
    alone = load_inputs(town, WHOLE, asked, patrol_found=False)
    whole = load_inputs(town, WHOLE, asked)
    assert 0.5 < (alone.counts.sum() + alone.outside) / (whole.counts.sum() + whole.outside) < 0.8
    assert score_forecast(town, WHOLE, asked, weeks=4)["data_sha256"] == alone.sha256_as_reported
    assert (
        score_forecast(town, WHOLE, asked, weeks=4, patrol_found=True)["data_sha256"]
        == whole.sha256_as_reported
    )

    with town.scoped_session(WHOLE.for_upkeep(), write=True) as session:
        session.execute(text("update incidents set withdrawn_at = now() where channel = 'patrol'"))
    withdrawn = planned(town)
    told = [r["terms"]["patrol_found"] for r in withdrawn["summary"]["reasons"] if r["terms"]]
    assert told == [0] * len(told), "an incident that was withdrawn is none"


def test_incidents_with_a_date_alone_leave_prizes_as_they_are_and_that_is_told(town: Database) -> None:
    clock = "(date_trunc('day', occurred_at at time zone 'Asia/Shanghai')) at time zone 'Asia/Shanghai'"
    with town.scoped_session(WHOLE.for_upkeep(), write=True) as session:
        session.execute(text(f"update incidents set occurred_at = {clock}"))
    made = planned(town, by_hour=True)
    assert [n["code"] for n in made["summary"]["notices"] if n["code"] == "hours-unknown"] == [
        "hours-unknown"
    ]
    assert all("by_hour" not in reason for reason in made["summary"]["reasons"])
