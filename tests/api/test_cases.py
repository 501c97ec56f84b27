"""The desk over the API: a case from intake to its end, two at once, the same key twice, a round of screening."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import jsonschema
import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from gridmap.storage.database import Database
from tests.conftest import MakeDatabase
from tests.doors import client_of

QUARREL: dict[str, Any] = {
    "domain": "dispute",
    "kind": "02",
    "occurred_at": (dt.datetime.now(dt.UTC) - dt.timedelta(hours=2)).isoformat(),
    "summary": "相邻通道堆物引起争吵",
    "lon": 120.3988,
    "lat": 29.7630,
    "accuracy_m": 20,
}


@pytest.fixture(scope="module")
def town(make_database: MakeDatabase) -> Database:
    return make_database("villages")


@pytest.fixture(scope="module")
def desk(town: Database) -> FlaskClient:
    return client_of(town)


def post(desk: FlaskClient, path: str, body: dict[str, Any], key: str | None = None) -> TestResponse:
    headers = {"Idempotency-Key": key or str(uuid.uuid4())}
    return desk.post(f"/api/v1{path}", json=body, headers=headers)


def follows(document: dict[str, Any], schema: str, told: dict[str, Any]) -> None:
    whole = {"$ref": f"#/components/schemas/{schema}", "components": document["components"]}
    jsonschema.Draft202012Validator(whole).validate(told)


def test_a_case_lives_over_the_api_as_the_document_says(desk: FlaskClient) -> None:
    document = desk.get("/api/v1/openapi.json").get_json()
    key = str(uuid.uuid4())
    made = post(desk, "/cases", QUARREL, key)
    assert made.status_code == 201, made.text
    case = made.get_json()
    follows(document, "CaseAnswer", case)
    number = case["row"]["number"]
    assert post(desk, "/cases", QUARREL, key).get_json()["row"]["number"] == number
    like = post(desk, "/cases/duplicates", QUARREL).get_json()
    assert [row["number"] for row in like["cases"]] == [number]
    lawful = {step["action"]: step for step in case["lawful"]}
    assert lawful["resolve"]["needs"] == ["outcome"]
    first = {"action": "mediate", "revision": case["row"]["revision"]}
    step_key = str(uuid.uuid4())
    for _ in range(2):
        worked = post(desk, f"/cases/{number}/steps", first, step_key)
        assert worked.status_code == 200, worked.text
    assert [s["action"] for s in worked.get_json()["steps"]] == ["accept", "mediate"]
    late = post(desk, f"/cases/{number}/steps", first | {"note": "我也在调处"})
    assert (late.status_code, late.get_json()["code"]) == (409, "case-moved-on")
    assert late.get_json()["yours"]["note"] == "我也在调处"
    revision = late.get_json()["now"]["revision"]
    bare = post(desk, f"/cases/{number}/steps", {"action": "resolve", "revision": revision})
    assert (bare.status_code, bare.get_json()["code"]) == (422, "step-incomplete")
    ended = post(
        desk,
        f"/cases/{number}/steps",
        {"action": "resolve", "revision": revision, "outcome": "agreed", "agreement": "oral"},
    ).get_json()
    follows(document, "CaseAnswer", ended)
    assert (ended["state"]["stage"], ended["state"]["solved_level"]) == ("resolved", 1)
    found = desk.get(f"/api/v1/cases/tasks?number={number}").get_json()["tasks"]
    # Besides, the lot may fall on it.
    assert [t["kind"] for t in found if t["kind"] != "satisfaction"] == ["follow_up"] * 3
    back = post(desk, f"/cases/{number}/undo", {"revision": ended["row"]["revision"]})
    assert back.get_json()["state"]["stage"] == "mediating"
    assert desk.get(f"/api/v1/cases?q={number}").get_json()["cases"][0]["stage"] == "mediating"


def test_an_act_without_a_key_is_refused_and_says_what_is_missing(desk: FlaskClient) -> None:
    without = desk.post("/api/v1/cases", json=QUARREL)
    assert (without.status_code, without.get_json()["code"]) == (422, "request-invalid")
    assert "Idempotency-Key" in without.get_json()["message_en"]
    wrong = post(desk, "/cases", QUARREL, "not a uuid")
    assert (wrong.status_code, wrong.get_json()["code"]) == (422, "key-no-uuid")


def test_a_round_is_answered_over_the_api(desk: FlaskClient) -> None:
    asked = {
        "name": "月度排查",
        "root_key": "33068110900000000",
        "begins_on": "2026-11-02",
        "ends_on": "2026-11-08",
    }
    made = post(desk, "/screening-rounds", asked)
    assert made.status_code == 201, made.text
    address = f"/screening-rounds/{made.get_json()['round_id']}"
    said = post(desk, f"{address}/answers", {"grid_key": "33068110903290000", "answer": "nothing"})
    assert said.get_json()["answer"] == "nothing"
    board = desk.get(f"/api/v1{address}").get_json()
    assert (len(board["lines"]), board["answered"], board["nothing"]) == (28, 1, 1)


def test_one_step_in_many_cases_tells_what_became_of_each(desk: FlaskClient) -> None:
    document = desk.get("/api/v1/openapi.json").get_json()
    made = [post(desk, "/cases", QUARREL | {"summary": f"堆物 {n}"}).get_json()["row"] for n in range(2)]
    cases = [{"number": row["number"], "revision": row["revision"]} for row in made]
    asked = {"cases": [*cases, {"number": "7", "revision": 1}], "step": {"action": "note", "note": "已告知"}}
    key = str(uuid.uuid4())
    told = post(desk, "/cases/steps", asked, key)
    assert told.status_code == 200, told.text
    follows(document, "Outcomes", told.get_json())
    assert [one["refused"] and one["refused"]["code"] for one in told.get_json()["cases"]] == [
        None,
        None,
        "case-not-found",
    ]
    assert post(desk, "/cases/steps", asked, key).get_json() == told.get_json()


def test_who_serves_a_grid_is_kept_and_told_over_the_api(desk: FlaskClient) -> None:
    document = desk.get("/api/v1/openapi.json").get_json()
    village = desk.get("/api/v1/grids?level=3&geometry=false").get_json()["features"][0]["id"]
    path = f"/grids/{village}"
    hours = {"1": [["08:30", "17:00"]]}
    said = post(desk, f"{path}/posts", {"title": "网格岗 1", "duty": "grid_post", "hours": hours}).get_json()
    follows(document, "ServedAnswer", said)
    assert [line["title"] for line in said["posts"]] == ["网格岗 1"]
    assert post(desk, f"{path}/volunteers", {"volunteers": {"safety": 2}}).get_json()["volunteers"] == {
        "safety": 2
    }
    mobile = post(desk, f"{path}/posts", {"title": "网格岗 2", "duty": "grid_post", "phone": "13800138000"})
    assert (mobile.status_code, mobile.get_json()["code"]) == (422, "phone-no-office")
    assert post(desk, f"{path}/posts/removed", {"title": "网格岗 1"}).get_json()["posts"] == []
    assert desk.get("/api/v1/clinics?since=2026-01-01&until=2026-12-31").get_json() == {"clinics": []}
