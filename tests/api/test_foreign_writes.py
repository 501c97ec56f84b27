"""A village's post writes nothing of another village: every address that changes, asked about foreign things."""

from __future__ import annotations

import base64
import datetime as dt
import io
import uuid
from dataclasses import dataclass
from typing import Any

import pytest
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import select, text
from werkzeug.test import TestResponse

from gridmap.domain.accounts import Actor, Role
from gridmap.domain.gridkey import Scope
from gridmap.domain.roles import MAY
from gridmap.services.cases import photos
from gridmap.storage.database import Database
from gridmap.storage.models import Base
from gridmap.storage.models.cases import Incident
from tests.conftest import MakeDatabase
from tests.doors import client_of
from tests.walking import paths
from web.rights import ASKED

MINE, FOREIGN = 33068110901004000, 33068110901241000
DAY = dt.datetime.now(dt.UTC).date()
# Of one's own desk, or no writing: a note to one's own next shift, an order of one's own, likely duplicates.
OWN = frozenset(
    {"handovers.give_shift", "handover.give", "cases.list_duplicates"}
    | {"accounts.sign_out", "accounts.try_post", "accounts.change_password", "accounts.end_session"}
    | {"accounts.turn_on_code", "accounts.turn_off_code"}
)
# Written by whoever asks, or counted of itself.
NOT_FOREIGN = frozenset(
    {"audit", "api_tokens", "sessions", "sign_in_attempts", "case_counts", "case_count_changes"}
)


@dataclass(frozen=True)
class Foreign:
    """What another village has, by the part of an address that names it."""

    town: Database
    named: dict[str, str]
    about: dict[str, Any]


def _made(answer: TestResponse) -> Any:
    assert answer.status_code in {200, 201}, answer.text
    return answer.get_json()


def _post(client: FlaskClient, address: str, told: dict[str, Any]) -> TestResponse:
    return client.post(address, json=told, headers={"Idempotency-Key": str(uuid.uuid4())})


@pytest.fixture(scope="module")
def foreign(make_database: MakeDatabase) -> Foreign:
    town = make_database("demo")
    desk, keeper = client_of(town, Role.VILLAGE_DESK, FOREIGN), client_of(town)
    photos.allow(town, Actor.at_the_machine(), allowed=True)
    with town.scoped_session(Scope.whole()) as session:
        where = "select ST_X(label_point), ST_Y(label_point) from grids where grid_key = :key and valid_to is null"
        lon, lat = session.execute(text(where), {"key": FOREIGN}).one()
        body = session.scalar(
            text("select code from organisations where grid_key between :lo and :lo + 999 limit 1"),
            {"lo": FOREIGN},
        )
    new = {
        "domain": "dispute",
        "kind": "02",
        "summary": "相邻排水",
        "occurred_at": f"{DAY - dt.timedelta(days=1)}T08:00:00+08:00",
        "lon": lon,
        "lat": lat,
    }
    case = _made(_post(desk, "/api/v1/cases", new))["row"]
    other = _made(_post(desk, "/api/v1/cases", new | {"summary": "另一件"}))["row"]
    picture = io.BytesIO()
    Image.new("RGB", (40, 30)).save(picture, "PNG")
    shown = base64.b64encode(picture.getvalue()).decode()
    photo = _made(_post(desk, f"/api/v1/cases/{case['number']}/photos", {"picture": shown}))["photos"][0]
    square = [[lon, lat], [lon + 0.001, lat], [lon + 0.001, lat + 0.001], [lon, lat + 0.001], [lon, lat]]
    land = {"type": "Polygon", "coordinates": [square]}
    fields = {"name_zh": "道路拓宽", "kind": "land"}
    _made(_post(desk, "/api/v1/projects", {"code": "FP1", "fields": fields, "geometry": land}))
    ruling = {"question": "归谁管", "on_day": str(DAY), "grid_code": str(FOREIGN)}
    ruled = _post(desk, "/api/v1/rulings", {"code": "FR1", "fields": ruling})
    assert ruled.status_code in {200, 201, 422}, ruled.text
    task = {"kind": "visit", "grid_key": str(FOREIGN), "due_on": str(DAY), "text": "走访"}
    made_task = _made(_post(desk, "/api/v1/cases/tasks", task))
    clinic = {"body_code": body, "kind": "outreach", "on_day": str(DAY), "opens": "08:00", "closes": "09:00"}
    clinics = _made(_post(desk, "/api/v1/clinics", clinic | {"grid_key": str(FOREIGN)}))
    post = {"title": "某村 岗位", "duty": "grid_post"}
    _made(_post(desk, f"/api/v1/grids/{FOREIGN}/posts", post))
    around = {"begins_on": str(DAY), "ends_on": str(DAY), "level": 3, "root_key": "33068110900000000"}
    round_ = _made(_post(keeper, "/api/v1/screening-rounds", around | {"name": "排查"}))
    shift = _made(_post(desk, "/api/v1/handovers", {"note": "门口积水"}))
    schedule = _post(desk, "/api/v1/reports/schedules", {"every": "month", "within": FOREIGN})
    with town.scoped_session(Scope.whole()) as session:
        revision = session.scalar(select(Incident.revision).where(Incident.number == case["number"]))
    named = {
        "number": case["number"],
        "photo_id": str(photo["photo_id"]) if "photo_id" in photo else photo["address"].rpartition("/")[2],
        "code": "FP1",
        "task_id": str(made_task["task_id"]),
        "clinic_id": str(clinics["clinic_id"]),
        "grid_key": str(FOREIGN),
        "round_id": str(round_["round_id"]),
    }
    about = {
        "case": new,
        "other": other["number"],
        "picture": shown,
        "land": land,
        "fields": fields,
        "ruling": ruling,
        "task": task,
        "clinic": clinic | {"grid_key": str(FOREIGN)},
        "post": post,
        "round": around | {"name": "别村的排查", "root_key": str(FOREIGN)},
        "revision": revision,
        "shift": str(shift["number"]),
        "schedule": str((schedule.get_json() or {}).get("number", 1)),
        "period": f"{DAY:%Y-%m}",
    }
    return Foreign(town, named, about)


def _asked(foreign: Foreign) -> dict[str, Any]:
    """Return what each address is asked, by its view's name: JSON for the API, a form for pages."""
    about, number = foreign.about, foreign.named["number"]
    step = {"action": "note", "note": "我村也看看", "revision": about["revision"]}
    why = {"reason": "改一下"}
    clinic = about["clinic"]
    return {
        "record_case": about["case"],
        "record": about["case"] | {"anyway": "1"},
        "merge": {"other": about["other"]} | why,
        "open_case": {},
        "add_photo": {"picture": about["picture"]},
        "remove_photo": {},
        "remove": {},
        "act": step | {"number": number, "revision_of": number},
        "change": {
            "revision": about["revision"],
            "told": about["case"],
            "fields": about["fields"],
            **about["fields"],
        }
        | why,
        "undo": {"revision": about["revision"]},
        "put_limits": {"limits": []},
        "put": {"limits": ""},
        "put_days": {"days": ""},
        "undo_limits": {},
        "put_photos_allowed": {"allowed": False},
        "allow_photos": {"allowed": "no"},
        "act_each": {
            "cases": [{"number": number, "revision": about["revision"]}],
            "step": {"action": "note", "note": "x"},
        },
        "make_task": about["task"],
        "give": about["task"],
        "finish_task": {"result": "做完了"},
        "done": {"result": "做完了"},
        "announce_clinic": clinic,
        "announce": clinic,
        "call_clinic_off": {},
        "call_off": {},
        "hand_in": {"period": about["period"], "level": 3, "grid": str(FOREIGN)},
        "put_post": about["post"],
        "remove_post": {"title": about["post"]["title"]},
        "put_volunteers": {"volunteers": {"safety": 3}, "safety": "3"},
        "take_shift": {},
        "take": {},
        "cancel_job": {},
        "cancel": {},
        "make_project": {"code": "FP2", "fields": about["fields"], "geometry": about["land"]},
        "make": {"code": "FP2", "shape": str(about["land"]).replace("'", '"')} | about["fields"],
        "change_project": {"fields": about["fields"] | {"lead": "我村"}} | why,
        "undo_project": why,
        "withdraw_project": why,
        "withdraw": why,
        "start_report": {"within": FOREIGN},
        "order": {"within": str(FOREIGN), "kind": "hotspots"},
        "add_schedule": {"every": "month", "within": FOREIGN},
        "schedule": {"every": "month", "within": str(FOREIGN)},
        "delete_schedule": None,
        "unschedule": {},
        "make_ruling": {"code": "FR2", "fields": about["ruling"]},
        "ask": {"code": "FR2"} | about["ruling"],
        "change_ruling": {"fields": {"ruling": "归我村"}} | why,
        "undo_ruling": why,
        "withdraw_ruling": why,
        "begin_round": about["round"],
        "begin": about["round"],
        "answer": {"grid_key": str(FOREIGN), "answer": "nothing", "n": 0},
    }


def _named(foreign: Foreign, endpoint: str, name: str) -> list[str]:
    wing = endpoint.partition(".")[0]
    if name == "code" and "ruling" in endpoint:
        return ["FR1"]
    if name == "number" and wing in {"handover", "handovers"}:
        return [foreign.about["shift"]]
    if name == "number" and wing in {"schedules", "made"}:
        return [foreign.about["schedule"]]
    if name == "number" and wing == "screening":
        return [foreign.named["round_id"]]
    if name == "job_id":
        return ["0" * 32]
    return [foreign.named[name]]


def _kept(town: Database) -> dict[str, str]:
    """Return a digest of every table's rows, withdrawn and sealed ones too."""
    out = {}
    with town.scoped_session(Scope.whole().for_upkeep(), timeout_s=120) as session:
        session.execute(text("select set_config('gridmap.withdrawn', 'shown', true)"))
        for table in Base.metadata.sorted_tables:
            if table.name not in NOT_FOREIGN:
                rows = f"select md5(coalesce(string_agg(md5(t::text), '' order by md5(t::text)), '')) from {table} t"
                out[table.name] = str(session.scalar(text(rows)))
    return out


@pytest.mark.parametrize("role", [Role.VILLAGE_DESK, Role.GRID_POST, Role.MEDIATOR], ids=str)
def test_a_village_s_post_changes_nothing_that_is_another_village_s(foreign: Foreign, role: Role) -> None:
    client, asked = client_of(foreign.town, role, MINE), _asked(foreign)
    before = _kept(foreign.town)
    walked: dict[str, int] = {}
    for rule in client.application.url_map.iter_rules():
        methods = (rule.methods or set()) & {"POST", "PUT", "PATCH", "DELETE"}
        if not methods or rule.endpoint in OWN or ASKED.get(rule.endpoint) not in MAY[role]:
            continue
        view = rule.endpoint.partition(".")[2]
        for path, _ in paths(rule, lambda endpoint, name: _named(foreign, endpoint, name)):
            for method in sorted(methods):
                is_page = not path.startswith("/api/")
                body = {"data" if is_page else "json": asked[view]} if asked[view] is not None else {}
                answer = client.open(
                    path, method=method, headers={"Idempotency-Key": str(uuid.uuid4())}, **body
                )
                assert answer.status_code < 500, (method, path, answer.text[:300])
                if rule.endpoint == "cases.act_each":
                    # Each case of a list is refused for itself.
                    assert [one["refused"]["code"] for one in answer.get_json()["cases"]] == [
                        "case-not-found"
                    ]
                    continue
                walked[f"{method} {path}"] = answer.status_code
    taken = {address: status for address, status in walked.items() if status < 400}
    after = _kept(foreign.town)
    assert {name for name in after if after[name] != before[name]} == set(), (taken, walked)
    assert taken == {}
    assert len(walked) > 15
