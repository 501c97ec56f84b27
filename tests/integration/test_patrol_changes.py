"""A kept plan is changed: with wishes for the whole night, or while the shift runs; and two plans are compared."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from gridmap.domain.gridkey import Scope
from gridmap.errors import Conflict, InvalidInput, NotFound
from gridmap.services.patrols.ask.request import PatrolRequest
from gridmap.services.patrols.keep import codec as frame
from gridmap.services.patrols.keep import plans as kept_plans
from gridmap.services.patrols.keep.compare import compare_plans
from gridmap.services.patrols.make import plans
from gridmap.services.patrols.make.changed import Added, Changed, Taken
from gridmap.services.patrols.make.changes import replan_patrol
from gridmap.storage.database import Database
from gridmap.storage.patrols import plans as stored

WHOLE = Scope.whole()
NIGHT = dt.date(2026, 11, 1)
STEPS = 3_000


@pytest.fixture(scope="module")
def town(hot_town: Database) -> Database:
    return hot_town


@pytest.fixture(scope="module")
def tonight(town: Database) -> dict[str, Any]:
    return plans.plan_patrols(
        town, WHOLE, PatrolRequest(on=NIGHT, seed=7, seconds=None, iterations=20_000, rest="23:00-01:00/30")
    )


def teams_of(plan: dict[str, Any]) -> dict[str, str]:
    return {v["stop"]: route["team_code"] for route in plan["routes"] for v in route["visits"]}


def visits_of(plan: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    return {route["team_code"]: route["visits"] for route in plan["routes"]}


def busiest(plan: dict[str, Any]) -> dict[str, Any]:
    return max(plan["routes"], key=lambda route: len(route["visits"]))


def test_what_is_kept_gives_back_the_very_plan_that_was_made(town: Database, tonight: dict[str, Any]) -> None:
    _, first, _ = frame.load_kept(town, WHOLE, tonight["patrol_id"])
    again = frame.plan_from_json(frame.plan_to_json(first))
    assert again == first
    told = {route["team_code"]: route for route in tonight["routes"]}
    for route in first.routes:
        assert [v.stop for v in route.visits] == [
            v["stop"] for v in told.get(route.team, {"visits": []})["visits"]
        ]
    assert round(first.prize, 3) == tonight["summary"]["prize"]


def test_lists_and_pages_do_not_carry_the_frame(town: Database, tonight: dict[str, Any]) -> None:
    assert stored.FRAME not in tonight["parameters"]
    assert all(stored.FRAME not in plan["parameters"] for plan in kept_plans.list_plans(town, WHOLE))


def test_a_locked_stop_is_visited_by_its_team_and_one_left_out_by_nobody(
    town: Database, tonight: dict[str, Any]
) -> None:
    old = teams_of(tonight)
    locked = next(stop for stop, team in old.items() if team != "T02")
    dropped = next(stop for stop in old if stop != locked)
    given: dict[str, Any] = {"locks": {locked: "T02"}, "leave_out": (dropped,), "iterations": STEPS}
    made = plans.solve_again(town, WHOLE, tonight["patrol_id"], **given)
    assert teams_of(made)[locked] == "T02"
    assert dropped not in teams_of(made)
    assert made["replaces_id"] == tonight["patrol_id"]
    assert made["parameters"]["locks"] == {locked: "T02"}
    assert next(r for r in made["summary"]["reasons"] if r["stop"] == dropped)["code"] == "left-out"
    again = plans.solve_again(town, WHOLE, tonight["patrol_id"], **given)
    assert again["routes"] == made["routes"]
    freed = plans.solve_again(town, WHOLE, made["patrol_id"], locks={}, leave_out=(), iterations=20_000)
    assert dropped in teams_of(freed)
    kept = plans.solve_again(town, WHOLE, made["patrol_id"], iterations=STEPS)
    assert teams_of(kept)[locked] == "T02"


def test_a_lock_that_cannot_hold_names_stop_and_team_in_both_languages(
    town: Database, tonight: dict[str, Any]
) -> None:
    # A volunteer team of a village without a hotspot: no hotspot is its own.
    bound, stop = "T12", tonight["summary"]["reasons"][0]["stop"]
    with pytest.raises(InvalidInput) as refused:
        plans.solve_again(town, WHOLE, tonight["patrol_id"], locks={stop: bound}, iterations=100)
    assert refused.value.code == "lock-cannot-hold"
    for sentence in (refused.value.zh, refused.value.en):
        assert stop in sentence
        assert bound in sentence


def test_locks_that_cannot_hold_together_are_told(town: Database, tonight: dict[str, Any]) -> None:
    everything = dict.fromkeys(teams_of(tonight), "T02")
    made = plans.solve_again(town, WHOLE, tonight["patrol_id"], locks=everything, iterations=STEPS)
    missed = {n["stop"] for n in made["summary"]["notices"] if n["code"] == "lock-missed"}
    assert missed == set(everything) - set(teams_of(made))
    assert missed


@pytest.mark.parametrize(
    ("wish", "code"),
    [
        ({"locks": {"H999": "T02"}}, "patrol-stop-unknown"),
        ({"locks": {"H1": "T99"}}, "patrol-team-unknown"),
        ({"leave_out": ("H999",)}, "patrol-stop-unknown"),
    ],
)
def test_wishes_for_what_is_not_there_are_refused(
    town: Database, tonight: dict[str, Any], wish: dict[str, Any], code: str
) -> None:
    with pytest.raises(NotFound) as refused:
        plans.solve_again(town, WHOLE, tonight["patrol_id"], iterations=10, **wish)
    assert refused.value.code == code


def begun_before(plan: dict[str, Any], at: dt.datetime) -> dict[str, list[str]]:
    return {
        team: [v["stop"] for v in visits if dt.datetime.fromisoformat(v["arrive"]) < at]
        for team, visits in visits_of(plan).items()
    }


def test_when_a_team_drops_out_done_stops_stay_and_its_others_are_taken_over(
    town: Database, tonight: dict[str, Any]
) -> None:
    lost = busiest(tonight)["team_code"]
    at = dt.datetime.fromisoformat(tonight["begins_at"]).replace(hour=21, minute=30)
    made = replan_patrol(
        town, WHOLE, tonight["patrol_id"], Changed("21:30", teams_out=(lost,)), iterations=STEPS
    )
    assert made["replaces_id"] == tonight["patrol_id"]
    for team, done in begun_before(tonight, at).items():
        now = [v["stop"] for v in visits_of(made)[team]]
        if team != lost:
            assert now[: len(done)] == done
    ends = {r["team_code"]: (r["visits"], r["end"]) for r in tonight["routes"]}
    for route in made["routes"]:
        visits, end = ends.get(route["team_code"], (None, None))
        if route["team_code"] != lost and route["visits"] == visits:
            assert route["end"] == end
    finished = [v["stop"] for v in visits_of(tonight)[lost] if dt.datetime.fromisoformat(v["leave"]) <= at]
    assert [v["stop"] for v in visits_of(made)[lost]] == finished
    change = made["summary"]["change"]
    assert set(change["moved"]) <= set(teams_of(made))
    assert not set(change["dropped"]) & set(teams_of(made))
    reasons = {r["stop"]: r for r in made["summary"]["reasons"]}
    assert {s for s, r in reasons.items() if r["visited"]} == set(teams_of(made))


def test_an_emergency_takes_a_team_there_and_the_way_on_begins_there(
    town: Database, tonight: dict[str, Any]
) -> None:
    route = busiest(tonight)
    lon, lat = tonight["routes"][-1]["base_lon"], tonight["routes"][-1]["base_lat"]
    changed = Changed("21:30", taken=(Taken(route["team_code"], lon, lat, "22:15"),))
    made = replan_patrol(town, WHOLE, tonight["patrol_id"], changed, iterations=STEPS)
    mine = next(r for r in made["routes"] if r["team_code"] == route["team_code"])
    (event,) = mine["taken"]
    assert (event["lon"], event["lat"]) == (lon, lat)
    for visit in mine["visits"][event["after"] :]:
        assert visit["arrive"] >= event["free_at"]
    told = (
        sum(v["leg"]["length_m"] for v in mine["visits"])
        + mine["home"]["length_m"]
        + event["leg"]["length_m"]
    )
    assert told == pytest.approx(mine["length_m"], abs=1.0)
    # Where the plan has the team follows the way that it was sent.
    kept = kept_plans.kept_plan(town, WHOLE, made["patrol_id"])
    assert kept.epsg == 4549
    typed = next(r for r in kept.routes if r.team_code == route["team_code"])
    assert len(typed.ways()) == len(mine["visits"]) + 2
    for way, leg in zip(typed.ways(), typed.lines(kept.epsg), strict=True):
        assert leg.length == pytest.approx(way.leg.length_m, abs=1.0)
    then = typed.place_at(dt.datetime.fromisoformat(event["free_at"]) - dt.timedelta(seconds=1))
    assert then.stop is None
    assert abs(then.lon - event["lon"]) + abs(then.lat - event["lat"]) < 0.02
    # A second change, while the team is still there, leaves it there.
    later = replan_patrol(
        town, WHOLE, made["patrol_id"], Changed("22:00", added=(Added(lon, lat, "老街"),)), iterations=STEPS
    )
    still = next(r for r in later["routes"] if r["team_code"] == route["team_code"])
    assert [e["free_at"] for e in still["taken"]] == [event["free_at"]]
    assert all(v["arrive"] >= event["free_at"] for v in still["visits"][event["after"] :])
    assert "A1" in teams_of(later)
    assert later["summary"]["change"]["added"] == ["A1"]
    with pytest.raises(Conflict):
        plans.solve_again(town, WHOLE, later["patrol_id"], iterations=10)


def test_a_team_that_dropped_out_stays_out_in_later_changes(town: Database, tonight: dict[str, Any]) -> None:
    lost = busiest(tonight)["team_code"]
    first = replan_patrol(
        town, WHOLE, tonight["patrol_id"], Changed("20:30", teams_out=(lost,)), iterations=STEPS
    )
    again = replan_patrol(
        town,
        WHOLE,
        first["patrol_id"],
        Changed("21:00", leave_out=(next(iter(teams_of(first))),)),
        iterations=STEPS,
    )
    assert visits_of(again).get(lost, []) == visits_of(first).get(lost, [])


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        (Changed("12:00"), "moment-outside-shift"),
        (Changed("soon"), "clock-time"),
        (Changed("21:30", teams_out=("T99",)), "team-unknown"),
        (Changed("21:30", taken=(Taken("T01", 121.9, 31.2, "22:00"),)), "place-off-road"),
        (
            Changed("21:30", teams_out=("T01",), taken=(Taken("T01", 120.35, 29.8, "22:00"),)),
            "team-twice-changed",
        ),
    ],
)
def test_a_change_that_makes_no_sense_is_refused(
    town: Database, tonight: dict[str, Any], changed: Changed, code: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        replan_patrol(town, WHOLE, tonight["patrol_id"], changed, iterations=10)
    assert refused.value.code == code


def test_two_plans_are_compared_by_stop_team_and_village(town: Database, tonight: dict[str, Any]) -> None:
    gone = next(iter(teams_of(tonight)))
    made = plans.solve_again(town, WHOLE, tonight["patrol_id"], leave_out=(gone,), iterations=STEPS)
    found = compare_plans(town, WHOLE, tonight["patrol_id"], made["patrol_id"])
    a, b = teams_of(tonight), teams_of(made)
    assert {s["stop"] for s in found["only_a"]} == set(a) - set(b)
    assert {s["stop"] for s in found["only_b"]} == set(b) - set(a)
    assert {s["stop"] for s in found["moved"]} == {s for s in set(a) & set(b) if a[s] != b[s]}
    assert found["same"] == sum(a[s] == b[s] for s in set(a) & set(b))
    assert sum(t["stops_a"] for t in found["teams"]) == len(a)
    assert sum(v["stops_b"] for v in found["villages"]) == len(b)
    assert all(v["name_zh"] for v in found["villages"])
    same = compare_plans(town, WHOLE, tonight["patrol_id"], tonight["patrol_id"])
    assert same["same"] == len(a)
    assert not same["only_a"] + same["only_b"] + same["moved"]
