"""The desk over the API: a case from intake to its end, two at once, the same key twice, a round of screening."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import jsonschema
import pytest
from flask.testing import FlaskClient
from sqlalchemy import text
from werkzeug.test import TestResponse

from gridmap import crs
from gridmap.domain.accounts import Actor, Role
from gridmap.domain.cases.actions import Action
from gridmap.domain.cases.asked import NewCase, Spot, StepAsked
from gridmap.domain.cases.model import Case
from gridmap.domain.gridkey import Scope
from gridmap.errors import Forbidden
from gridmap.services.cases import desk as act_on
from gridmap.services.cases import intake
from gridmap.storage.database import Database
from tests.conftest import MakeDatabase
from tests.doors import client_of, new_word

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


def test_a_phone_s_position_puts_a_case_s_place_right_with_the_step_once_and_is_taken_back_with_it(
    desk: FlaskClient,
) -> None:
    document = desk.get("/api/v1/openapi.json").get_json()
    made = post(desk, "/cases", QUARREL | {"summary": f"位置待核 {new_word()}"}).get_json()
    number, here = made["row"]["number"], made["row"]
    told = {"lon": 120.4100, "lat": 29.7900, "accuracy_m": 35.5, "crs": "gcj02"}
    found = desk.get("/api/v1/cases/point", query_string=told)
    follows(document, "PointAnswer", found.get_json())
    turned = tuple(float(v[0]) for v in crs.to_wgs84([told["lon"]], [told["lat"]], "gcj02"))
    assert (found.get_json()["lon"], found.get_json()["lat"]) == pytest.approx(turned)
    said = {"action": "note", "revision": here["revision"], "note": "到了现场", "spot": told}
    key = str(uuid.uuid4())
    once, twice = (post(desk, f"/cases/{number}/steps", said, key).get_json() for _ in range(2))
    follows(document, "CaseAnswer", once)
    # Turned by the server, with what the phone said beside it.
    assert (once["row"]["lon"], once["row"]["lat"]) == pytest.approx(turned)
    raw = {name: once["told"][name] for name in ("lon", "lat", "accuracy_m", "crs")}
    assert raw == told | {"crs": "GCJ-02"}
    assert once["row"]["grid_key"] == found.get_json()["grid_keys"][-1]
    assert [s["action"] for s in twice["steps"]] == ["accept", "note"]
    assert {"grid_key", "lon", "accuracy_m"} >= set(once["steps"][-1]["details"]["edited"]) >= {"lon"}
    back = post(desk, f"/cases/{number}/undo", {"revision": once["row"]["revision"]}).get_json()
    assert {n: back["row"][n] for n in ("lon", "lat", "accuracy_m", "grid_key")} == {
        n: here[n] for n in ("lon", "lat", "accuracy_m", "grid_key")
    }
    assert back["told"]["crs"] == "EPSG:4326"


@pytest.mark.parametrize(
    ("spot", "code"),
    [
        ({"lon": 120.41}, "spot-half"),
        ({}, "case-no-place"),
        ({"lon": 120.41, "lat": 95.0}, "coordinate-range"),
        ({"lon": 120.41, "lat": 29.79, "crs": "mars9"}, "crs-unknown"),
        ({"lon": 120.41, "lat": 29.79, "accuracy_m": 1e9}, "request-invalid"),
        ({"lon": 120.41, "lat": 29.79, "grid_key": "33068110900000099"}, "case-grid-unknown"),
    ],
)
def test_a_position_that_is_none_is_refused_with_the_whole_step(
    desk: FlaskClient, spot: dict[str, Any], code: str
) -> None:
    row = post(desk, "/cases", QUARREL | {"summary": f"位置有误 {new_word()}"}).get_json()["row"]
    said = {"action": "note", "revision": row["revision"], "note": "到了现场", "spot": spot}
    refused = post(desk, f"/cases/{row['number']}/steps", said)
    assert (refused.status_code, refused.get_json()["code"]) == (422, code)
    assert desk.get(f"/api/v1/cases/{row['number']}").get_json()["row"]["revision"] == row["revision"]


def test_only_whoever_has_a_case_puts_its_place_right_and_only_to_where_he_has_a_duty(town: Database) -> None:
    with town.scoped_session(Scope.whole()) as session:
        mine, other = session.scalars(
            text("select grid_key from grids where level = 3 and valid_to is null order by 1 limit 2")
        ).all()
    village = Actor("网格岗", Role.GRID_POST, Scope.of_grid(mine))
    now = dt.datetime.now(dt.UTC)
    new = NewCase("dispute", now, f"晒场 {new_word()}", kind="02", grid_key=mine)
    case = intake.record(town, village, new, uuid.uuid4())

    def note(actor: Actor, spot: Spot, revision: int) -> Case:
        asked = StepAsked(Action.NOTE, note="到了现场", spot=spot)
        return act_on.act(town, actor, case.row.number, asked, revision, uuid.uuid4())

    with pytest.raises(Forbidden) as outside:
        note(village, Spot(grid_key=other), case.row.revision)
    assert outside.value.code == "place-outside-scope"
    sent = StepAsked(Action.ROUTE, to_grid_key=other, ground="other_village")
    keeper = Actor.at_the_machine()
    passed = act_on.act(town, keeper, case.row.number, sent, case.row.revision, uuid.uuid4())
    receiver = Actor("邻村岗", Role.GRID_POST, Scope.of_grid(other))
    with pytest.raises(Forbidden) as waits:
        note(receiver, Spot(grid_key=other), passed.row.revision)
    assert waits.value.code == "case-not-yours"
    # Whoever signs for it has it, and says with the signature where it is.
    asked = StepAsked(Action.SIGN, spot=Spot(grid_key=other, grid_reason="现场核对"))
    signed = act_on.act(town, receiver, case.row.number, asked, passed.row.revision, uuid.uuid4())
    assert (signed.row.grid_key, signed.row.handler_key) == (other, other)


def test_a_chosen_grid_that_has_the_case_confirms_its_place_and_keeps_its_coordinate(
    desk: FlaskClient,
) -> None:
    row = post(desk, "/cases", QUARREL | {"summary": f"村界 {new_word()}", "accuracy_m": 5000}).get_json()[
        "row"
    ]
    assert row["needs_confirmation"]
    said = {
        "action": "note",
        "revision": row["revision"],
        "note": "就在本村",
        "spot": {"grid_key": row["grid_key"]},
    }
    after = post(desk, f"/cases/{row['number']}/steps", said).get_json()["row"]
    assert not after["needs_confirmation"]
    assert {n: after[n] for n in ("lon", "lat", "accuracy_m", "grid_key")} == {
        n: row[n] for n in ("lon", "lat", "accuracy_m", "grid_key")
    }
