"""What became of plans, over the API: visits, check-ins, teams against plan, before and after."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any

import jsonschema
import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

PLANS = "/api/v1/patrol-plans"
RUNS = "/api/v1/hotspot-runs"


Ended = Callable[[TestResponse], dict[str, Any]]


def finished(ended: Ended, answer: TestResponse) -> int:
    told = ended(answer)
    assert told["state"] == "done", told
    return int(told["run_id"])


def newest_night(client: FlaskClient) -> dt.date:
    """Day of the shift from which the newest positions come."""
    times = [f["properties"]["position_at"] for f in client.get("/api/v1/teams").get_json()["features"]]
    return (dt.datetime.fromisoformat(max(t for t in times if t)) - dt.timedelta(hours=12)).date()


@pytest.fixture(scope="module")
def plan(client: FlaskClient, ended: Ended) -> Iterator[dict[str, Any]]:
    run = finished(ended, client.post(RUNS, json={"method": "gi", "domain": "policing", "seed": 7}))
    body = {"on": newest_night(client).isoformat(), "hotspot_run_id": run, "seed": 7, "seconds": 1}
    number = finished(ended, client.post(PLANS, json=body))
    yield client.get(f"{PLANS}/{number}").get_json()
    client.delete(f"{PLANS}/{number}")
    client.delete(f"{RUNS}/{run}")


@pytest.fixture
def address(plan: dict[str, Any]) -> str:
    return f"{PLANS}/{plan['plan']['patrol_id']}"


@pytest.fixture
def first(plan: dict[str, Any]) -> dict[str, Any]:
    """A stop of the plan with its team and the time that was planned."""
    route = plan["features"][0]["properties"]
    visit = route["visits"][0]
    return {"stop": visit["stop"], "team": route["team_code"], "at": visit["arrive"]}


def told_visit(client: FlaskClient, address: str, first: dict[str, Any]) -> dict[str, Any]:
    teams = client.get(f"{address}/visits").get_json()["done"]["teams"]
    own = next(t for t in teams if t["team_code"] == first["team"])
    found: dict[str, Any] = next(v for v in own["visits"] if v["stop"] == first["stop"])
    return found


@pytest.mark.parametrize(
    ("rest", "query"),
    [
        ("visits", ""),
        ("live", ""),
        ("live", "?at=2026-11-01T13:30:00Z"),
        ("effect", "?weeks=4&domain=policing"),
    ],
)
def test_what_became_of_a_plan_is_answered_with_the_documented_schema(
    client: FlaskClient, address: str, rest: str, query: str
) -> None:
    answer = client.get(f"{address}/{rest}{query}")
    document = client.get("/api/v1/openapi.json").get_json()
    responses = document["paths"][f"{PLANS}/{{patrol_id}}/{rest}"]["get"]["responses"]
    if rest == "effect" and answer.status_code == 422:
        assert answer.get_json()["message_zh"]
        return
    assert answer.status_code == 200, answer.text
    schema = responses["200"]["content"]["application/json"]["schema"]
    named = schema | {"components": document["components"]}
    jsonschema.Draft202012Validator(named).validate(answer.get_json(force=True))


def test_positions_tell_visits_and_the_stretches_that_were_driven(
    client: FlaskClient, address: str, plan: dict[str, Any]
) -> None:
    found = client.get(f"{address}/visits").get_json()
    done = found["done"]
    assert done["source"] == "positions"
    assert done["planned"] == sum(len(f["properties"]["visits"]) for f in plan["features"])
    assert done["made"] == sum(v["made"] for t in done["teams"] for v in t["visits"])
    assert all(f["geometry"]["type"] == "LineString" for f in found["features"])
    assert sum(t["driven"] for t in done["teams"]) == len(found["features"])


def test_a_check_in_makes_a_visit_and_taking_it_back_unmakes_it(
    client: FlaskClient, address: str, first: dict[str, Any]
) -> None:
    before = told_visit(client, address, first)
    made = client.post(f"{address}/check-ins", json=first)
    assert made.status_code == 200, made.text
    number = made.get_json()["visit_id"]
    assert made.get_json()["stop"] == first["stop"]
    assert client.post(f"{address}/check-ins", json=first).get_json()["visit_id"] is None
    after = told_visit(client, address, first)
    assert after["made"]
    assert after["check_in"] == number
    assert "check-in" in after["evidence"]
    assert client.delete(f"{address}/check-ins/{number}").status_code == 200
    assert told_visit(client, address, first) == before
    assert client.delete(f"{address}/check-ins/{number}").status_code == 404


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ({"stop": "H999"}, 422),
        ({"team": "T99"}, 422),
        ({"at": "2020-01-01T21:00:00+08:00"}, 422),
        ({"at": "2026-11-01T21:00:00"}, 422),
        ({"note": "打 13812345678"}, 422),
        ({"note": "x" * 201}, 422),
        ({"nonsense": 1}, 422),
    ],
)
def test_a_check_in_that_fits_nothing_is_refused_in_both_languages(
    client: FlaskClient, address: str, first: dict[str, Any], given: dict[str, Any], status: int
) -> None:
    answer = client.post(f"{address}/check-ins", json=first | given)
    assert answer.status_code == status, answer.text
    problem = answer.get_json()
    assert problem["message_zh"]
    assert problem["message_en"]
    assert "13812345678" not in answer.text


def test_live_tells_each_team_of_the_plan_at_a_moment(
    client: FlaskClient, address: str, plan: dict[str, Any]
) -> None:
    routes = {f["properties"]["team_code"]: f["properties"] for f in plan["features"]}
    early = client.get(f"{address}/live", query_string={"at": plan["plan"]["begins_at"]}).get_json()
    late = client.get(f"{address}/live", query_string={"at": plan["plan"]["ends_at"]}).get_json()
    for found in (early, late):
        assert {t["team_code"] for t in found["teams"]} == set(routes)
    for team in late["teams"]:
        route = routes[team["team_code"]]
        assert team["stops"] == len(route["visits"])
        assert team["made"] + team["missed"] <= team["stops"]
        assert (team["state"] == "done") == (team["next"] is None and team["missed"] == 0)
        if team["next"]:
            place = next(n for n, v in enumerate(route["visits"]) if v["stop"] == team["next"]["stop"])
            assert place >= team["missed"]
    assert all(t["made"] == 0 or t["state"] == "done" for t in early["teams"] if t["state"] == "not-begun")


def test_a_team_that_went_on_is_not_sent_back_to_a_stop_that_it_passed_by(
    client: FlaskClient, address: str, plan: dict[str, Any]
) -> None:
    route = max((f["properties"] for f in plan["features"]), key=lambda p: len(p["visits"]))
    last = len(route["visits"]) - 2
    visit = route["visits"][last]
    body = {"stop": visit["stop"], "team": route["team_code"], "at": visit["arrive"]}
    number = client.post(f"{address}/check-ins", json=body).get_json()["visit_id"]
    found = client.get(f"{address}/live", query_string={"at": visit["leave"]}).get_json()["teams"]
    client.delete(f"{address}/check-ins/{number}")
    team = next(t for t in found if t["team_code"] == route["team_code"])
    assert team["missed"] > 0
    assert team["made"] + team["missed"] + (team["next"] is not None) == team["stops"]
    if team["next"]:
        assert team["next"]["stop"] == route["visits"][last + 1]["stop"]
        assert team["late_s"] == 0
    else:
        assert team["state"] == "missed"


def test_a_time_without_its_zone_is_refused(client: FlaskClient, address: str) -> None:
    answer = client.get(f"{address}/live?at=2026-11-01T21:30:00")
    assert answer.status_code == 422
    assert answer.get_json()["code"] == "time-without-zone"


@pytest.mark.parametrize("rest", ["visits", "live", "effect"])
def test_of_a_plan_that_is_not_there_nothing_is_told(client: FlaskClient, rest: str) -> None:
    assert client.get(f"{PLANS}/999999/{rest}").status_code == 404


def test_a_page_of_another_site_checks_nobody_in(
    client: FlaskClient, address: str, first: dict[str, Any]
) -> None:
    foreign = {"Origin": "http://elsewhere.example"}
    before = told_visit(client, address, first)
    assert client.post(f"{address}/check-ins", json=first, headers=foreign).status_code == 403
    assert client.delete(f"{address}/check-ins/1", headers=foreign).status_code == 403
    assert told_visit(client, address, first) == before
