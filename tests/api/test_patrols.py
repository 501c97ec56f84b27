"""Patrol plans over the API: made in the background, shown as lines, exported, deleted; by nobody else's page."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

import gpxpy
import pandas as pd
import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from gridmap.storage.database import Database
from tests.doors import client_of
from web.app import create_app

PLANS = "/api/v1/patrol-plans"
RUNS = "/api/v1/hotspot-runs"


Ended = Callable[[TestResponse], dict[str, Any]]


@pytest.fixture(scope="module")
def run_id(client: FlaskClient, ended: Ended) -> Iterator[int]:
    body = {"method": "gi", "domain": "policing", "seed": 7}
    number = int(ended(client.post(RUNS, json=body))["run_id"])
    yield number
    client.delete(f"{RUNS}/{number}")


@pytest.fixture(scope="module")
def plan_id(client: FlaskClient, ended: Ended, run_id: int) -> Iterator[int]:
    body = {"on": "2026-11-01", "hotspot_run_id": run_id, "seed": 7, "seconds": 1}
    told = ended(client.post(PLANS, json=body))
    assert told["state"] == "done", told
    yield int(told["run_id"])
    client.delete(f"{PLANS}/{told['run_id']}")


def test_a_plan_is_a_line_a_team_with_its_stops_in_order(client: FlaskClient, plan_id: int) -> None:
    answer = client.get(f"{PLANS}/{plan_id}").get_json()
    assert answer["plan"]["patrol_id"] == plan_id
    assert answer["plan"]["begins_at"].endswith("+08:00")
    assert answer["features"]
    for feature in answer["features"]:
        assert feature["geometry"]["type"] == "LineString"
        visits = feature["properties"]["visits"]
        assert [v["arrive"] for v in visits] == sorted(v["arrive"] for v in visits)
        assert all(isinstance(v["grid_key"], str) for v in visits)


def test_plans_are_listed_newest_first_without_their_routes(client: FlaskClient, plan_id: int) -> None:
    listed = client.get(PLANS).get_json()["plans"]
    assert listed[0]["patrol_id"] == plan_id
    assert "routes" not in listed[0]


def test_a_plan_is_a_file_for_a_phone_and_a_table(client: FlaskClient, plan_id: int) -> None:
    answer = client.get(f"{PLANS}/{plan_id}/export?format=gpx")
    assert answer.content_type == "application/gpx+xml"
    tracks = gpxpy.parse(answer.text).tracks
    assert len(tracks) == len(client.get(f"{PLANS}/{plan_id}").get_json()["features"])
    table = pd.read_csv(io.BytesIO(client.get(f"{PLANS}/{plan_id}/export?format=csv").data))
    assert {"arrive", "leave", "streets"} <= set(table.columns)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"seconds": 0}, 422),
        ({"nonsense": 1}, 422),
        ({"hotspot_run_id": -1}, 422),
    ],
)
def test_nonsense_is_refused_before_any_work(client: FlaskClient, body: dict[str, Any], status: int) -> None:
    assert client.post(PLANS, json=body).status_code == status


def test_an_unknown_team_ends_the_job_with_its_name_in_both_languages(
    client: FlaskClient, ended: Ended, run_id: int
) -> None:
    body = {"teams": ["T99"], "hotspot_run_id": run_id, "seconds": 0.5}
    told = ended(client.post(PLANS, json=body))
    assert told["state"] == "failed"
    assert "没有队伍 T99" in str(told["problem"])
    assert "no team T99" in str(told["problem"])


def test_a_page_of_another_site_plans_and_deletes_nothing(client: FlaskClient, plan_id: int) -> None:
    foreign = {"Origin": "http://elsewhere.example"}
    assert client.post(PLANS, json={}, headers=foreign).status_code == 403
    assert client.delete(f"{PLANS}/{plan_id}", headers=foreign).status_code == 403
    assert client.get(f"{PLANS}/{plan_id}").status_code == 200


def test_a_plan_that_is_not_there_is_not_found(client: FlaskClient) -> None:
    for request in (client.get, client.delete):
        assert request(f"{PLANS}/999999").status_code == 404


def test_a_plan_is_solved_again_with_a_lock_and_compared_with_the_old_one(
    client: FlaskClient, ended: Ended, plan_id: int
) -> None:
    before = client.get(f"{PLANS}/{plan_id}").get_json()
    visits = {
        v["stop"]: f["properties"]["team_code"] for f in before["features"] for v in f["properties"]["visits"]
    }
    stop = next(iter(visits))
    body = {"locks": {stop: "T02"}, "seconds": 0.5}
    told = ended(client.post(f"{PLANS}/{plan_id}/replan", json=body))
    assert told["state"] == "done", told
    again = client.get(f"{PLANS}/{told['run_id']}").get_json()
    assert again["plan"]["replaces_id"] == plan_id
    assert again["plan"]["parameters"]["locks"] == {stop: "T02"}
    assert "frame" not in again["plan"]["parameters"]
    teams = {
        v["stop"]: f["properties"]["team_code"] for f in again["features"] for v in f["properties"]["visits"]
    }
    assert teams[stop] == "T02"
    compared = client.get(f"{PLANS}/compare?a={plan_id}&b={told['run_id']}").get_json()
    assert compared["b"]["replaces_id"] == plan_id
    assert {s["stop"] for s in compared["moved"]} == {
        s for s in visits if s in teams and teams[s] != visits[s]
    }
    client.delete(f"{PLANS}/{told['run_id']}")


def test_a_plan_is_changed_from_a_time_on(client: FlaskClient, ended: Ended, plan_id: int) -> None:
    first = client.get(f"{PLANS}/{plan_id}").get_json()["features"][0]["properties"]
    body = {"at": "21:30", "teams_out": [first["team_code"]], "seconds": 0.5}
    told = ended(client.post(f"{PLANS}/{plan_id}/replan", json=body))
    assert told["state"] == "done", told
    changed = client.get(f"{PLANS}/{told['run_id']}").get_json()["plan"]
    assert changed["summary"]["change"]["teams_out"] == [first["team_code"]]
    client.delete(f"{PLANS}/{told['run_id']}")


@pytest.mark.parametrize(
    "body",
    [
        {"teams_out": ["T01"]},
        {"at": "21:30", "taken": [{"team": "T01", "lon": 200, "lat": 0, "free_at": "22:00"}]},
        {"nonsense": 1},
        {"seconds": 0},
    ],
)
def test_a_change_without_sense_is_refused_before_any_work(
    client: FlaskClient, plan_id: int, body: dict[str, Any]
) -> None:
    assert client.post(f"{PLANS}/{plan_id}/replan", json=body).status_code == 422
    assert client.post(f"{PLANS}/999999/replan", json={}).status_code == 404
    assert client.get(f"{PLANS}/compare?a={plan_id}&b=999999").status_code == 404


def test_a_lock_that_cannot_hold_ends_the_job_with_stop_and_team(
    client: FlaskClient, ended: Ended, plan_id: int
) -> None:
    plan = client.get(f"{PLANS}/{plan_id}").get_json()["plan"]
    # A volunteer team of a village without a hotspot: no hotspot is its own.
    bound, stop = "T12", plan["summary"]["reasons"][0]["stop"]
    told = ended(client.post(f"{PLANS}/{plan_id}/replan", json={"locks": {stop: bound}}))
    assert told["state"] == "failed"
    assert stop in str(told["problem"])
    assert bound in str(told["problem"])


def test_a_sheet_for_print_comes_as_a_page(client: FlaskClient, plan_id: int) -> None:
    answer = client.get(f"{PLANS}/{plan_id}/export?format=html&url=http://10.0.0.5:8010")
    assert answer.content_type.startswith("text/html")
    assert answer.text.count('<section class="sheet">') == len(
        client.get(f"{PLANS}/{plan_id}").get_json()["features"]
    )
    for nowhere in ("javascript:1", "http://127.0.0.1:8010", "http://localhost:8010"):
        assert client.get(f"{PLANS}/{plan_id}/export?format=html&url={nowhere}").status_code == 422


def test_the_code_of_a_sheet_opens_a_page_with_every_stop(
    client: FlaskClient, plan_id: int, demo_database: Database
) -> None:
    route = client.get(f"{PLANS}/{plan_id}").get_json()["features"][0]["properties"]
    path = f"/patrols/{plan_id}/{route['team_code']}"
    page = client.get(path)
    assert page.status_code == 200
    assert page.text.count('href="geo:') == len(route["visits"]) > 0
    # A telephone that nobody signed in on is led to the sign-in, and back.
    stranger = create_app(demo_database).test_client()
    led = stranger.get(path, headers={"Accept": "text/html"})
    assert (led.status_code, led.headers["Location"]) == (303, f"/sign-in?next={quote(path, safe='')}")
    assert client.get(f"/patrols/{plan_id}/none").status_code == 404


def test_a_case_s_code_is_printed_where_a_telephone_can_come(demo_database: Database) -> None:
    client = client_of(demo_database)
    client.application.wsgi_app = create_app(demo_database, names=("10.0.0.5",)).wsgi_app
    for host, printed in (("10.0.0.5:8010", 1), ("127.0.0.1:8010", 0)):
        page = client.get("/cases/FQ25-000002", headers={"Host": host, "Accept": "text/html"})
        assert page.status_code == 200
        assert page.text.count("/qr.svg") == printed


def test_rules_and_a_break_are_taken_with_a_plan(client: FlaskClient, ended: Ended, run_id: int) -> None:
    body = {
        "on": "2026-11-01",
        "hotspot_run_id": run_id,
        "seconds": 0.5,
        "rest": {"earliest": "22:00", "latest": "23:00", "minutes": 30},
        "rules": {"stops": [{"stop": "H1", "leave_out": True}]},
    }
    told = ended(client.post(PLANS, json=body))
    assert told["state"] == "done", told
    answer = client.get(f"{PLANS}/{told['run_id']}").get_json()
    assert all(v["stop"] != "H1" for f in answer["features"] for v in f["properties"]["visits"])
    assert all(f["properties"]["rest"] for f in answer["features"])
    client.delete(f"{PLANS}/{told['run_id']}")
    bad = body | {"rules": {"stops": [{"stop": "H1", "windows": ["late"]}]}}
    assert client.post(PLANS, json=bad).status_code == 422
