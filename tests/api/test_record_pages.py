"""Records, projects and rulings on their pages and by the API: whoever may, with a reason, within the scope."""

from __future__ import annotations

import json
import re

from shapely import from_wkb, get_coordinates, to_geojson
from sqlalchemy import text

from gridmap.domain.accounts import Role
from gridmap.domain.gridkey import Scope, ancestor
from gridmap.storage.database import Database
from tests.conftest import MakeDatabase
from tests.doors import client_of

WHOLE = Scope.whole()


def village(database: Database) -> tuple[int, str, str]:
    """A village's key, its land as corners and as GeoJSON."""
    with database.scoped_session(WHOLE) as session:
        key, wkb = session.execute(
            text(
                "select grid_key, ST_AsBinary(ST_Envelope(ST_Buffer(label_point, 0.001))) from grids"
                " where level = 3 and valid_to is null order by grid_key limit 1"
            )
        ).one()
    shape = from_wkb(bytes(wkb))
    corners = " ".join(f"{x:.6f},{y:.6f}" for x, y in get_coordinates(shape)[:-1])
    return int(key), corners, to_geojson(shape)


def test_a_team_is_put_right_merged_withdrawn_and_put_back_on_the_page(make_database: MakeDatabase) -> None:
    town = make_database("recorded")
    client = client_of(town, Role.KEEPER)
    listed = client.get("/records/teams").get_data(as_text=True)
    assert "T01" in listed
    page = client.get("/records/teams/T01").get_data(as_text=True)
    assert 'name="base_lon"' in page
    refused = client.post("/records/teams/T01/change", data={"name_zh": "", "reason": "改名"})
    assert refused.status_code == 422
    done = client.post(
        "/records/teams/T01/change", data={"name_zh": "枫桥一队", "size": "", "reason": "改名"}
    )
    assert done.status_code == 303
    assert "枫桥一队" in client.get("/records/teams/T01?lang=en").get_data(as_text=True)
    assert (
        client.post("/records/teams/T01/merge", data={"other": "T02", "reason": "同一队"}).status_code == 303
    )
    assert client.post("/records/teams/T03/withdraw", data={"reason": "解散"}).status_code == 303
    after = client.get("/records/teams").get_data(as_text=True)
    assert after.count("/records/teams/T02/restore") == 1
    assert client.get("/records/teams/T03").status_code == 404
    assert client.post("/records/teams/T03/restore", data={"reason": "没有解散"}).status_code == 303
    assert client.get("/records/teams/T03").status_code == 200
    key = village(town)[0]
    named = client.post(f"/records/grids/{key}/change", data={"name_zh": "新名村", "reason": "更名"})
    assert named.status_code == 303
    assert "新名村" in client.get(f"/records/grids/{key}").get_data(as_text=True)
    assert "更名" in client.get("/imports").get_data(as_text=True)
    for address in ("/records/none", "/records/teams/none", "/records/grids/1"):
        assert client.get(address).status_code == 404, address
    assert client_of(town, Role.VILLAGE_DESK, key).get("/records").status_code == 403


def test_a_fixed_point_is_entered_on_the_page_and_by_the_api_and_taken_back(
    make_database: MakeDatabase,
) -> None:
    town = make_database("recorded")
    client = client_of(town, Role.KEEPER)
    key, corners, _ = village(town)
    lon, lat = corners.split(" ")[0].split(",")
    page = client.get("/records/fixed_points").get_data(as_text=True)
    assert "data-pick" in page
    assert "data-place" in page
    assert "data-pick" not in client.get("/records/teams").get_data(as_text=True)
    written = {
        "code": "B901",
        "name_zh": "校门口",
        "lon": lon,
        "lat": lat,
        "hours": "07:00-08:30",
        "times": "2",
    }
    refused = client.post("/records/fixed_points", data={**written, "hours": "早上", "reason": "开学"})
    assert refused.status_code == 422
    assert 'value="校门口"' in refused.get_data(as_text=True), "what was written is still there"
    for wrong in ({"lat": ""}, {"name_zh": ""}, {"code": ""}, {"code": "H1"}, {"reason": ""}, {"lon": "far"}):
        answer = client.post("/records/fixed_points", data={**written, "reason": "开学", **wrong})
        assert answer.status_code == 422, wrong
    assert client.get("/records/fixed_points/B901").status_code == 404
    done = client.post("/records/fixed_points", data={**written, "reason": "开学"})
    assert done.status_code == 303
    assert "校门口" in client.get(done.headers["Location"]).get_data(as_text=True)
    assert client.post("/records/fixed_points", data={**written, "reason": "再来"}).status_code == 409
    assert "开学" in client.get("/imports").get_data(as_text=True)

    fields = {name: text for name, text in written.items() if name != "code"}
    added = client.post(
        "/api/v1/records/fixed_points", json={"code": "B902", "fields": fields, "reason": "开学"}
    )
    assert added.status_code == 201
    told = client.get("/api/v1/records/fixed_points/B902").get_json()["fields"]
    assert (told["hours"], told["times"]) == ("07:00-08:30", 2)
    undone = client.post(
        f"/api/v1/imports/{added.get_json()['import_id']}/undo", json={"reason": "写错"}
    ).get_json()
    assert (undone["withdrawn"], undone["left"]) == (1, [])
    assert client.get("/api/v1/records/fixed_points/B902").status_code == 404
    for other in ("teams", "grids"):
        answer = client.post(
            f"/api/v1/records/{other}", json={"code": "X1", "fields": fields, "reason": "开学"}
        )
        assert answer.status_code == 404, other
    desk = client_of(town, Role.VILLAGE_DESK, key)
    assert desk.post("/records/fixed_points", data={**written, "reason": "开学"}).status_code == 403


def test_a_fixed_point_is_begun_by_a_click_on_the_map_or_at_a_body(make_database: MakeDatabase) -> None:
    town = make_database("recorded")
    client = client_of(town, Role.KEEPER)
    clicked = client.get("/records/fixed_points?lon=120.41234567&lat=29.78")
    assert clicked.status_code == 200
    page = clicked.get_data(as_text=True)
    assert 'name="lon" value="120.412346"' in page
    assert 'name="lat" value="29.780000"' in page
    for wrong in ("lon=120.4", "lon=far&lat=29", "lon=nan&lat=29", "lon=120&lat=91", "body=NOSUCH"):
        assert client.get(f"/records/fixed_points?{wrong}").status_code in {404, 422}, wrong
    with town.scoped_session(Scope.whole()) as session:
        code, name = session.execute(
            text("select code, name_zh from organisations where geom is not null order by code limit 1")
        ).one()
    told = client.get(f"/records/fixed_points?body={code}").get_data(as_text=True)
    assert f'value="{code}"' in told
    assert f'name="name_zh" value="{name}"' in told
    sent = dict(re.findall(r'name="(code|name_zh|lon|lat)"[^>]*value="([^"]*)"', told))
    assert client.post("/records/fixed_points", data={**sent, "reason": "巡防"}).status_code == 303
    again = client.get(f"/records/fixed_points?body={code}")
    assert again.status_code == 303
    assert again.headers["Location"].endswith(f"/records/fixed_points/{code}")
    # Another kind of record is not begun so.
    assert client.get("/records/teams?lon=far").status_code == 200


def test_whoever_saves_a_record_after_somebody_else_changes_only_what_they_wrote(
    make_database: MakeDatabase,
) -> None:
    client = client_of(make_database("recorded"), Role.KEEPER)
    address = "/records/teams/T01"

    def form() -> dict[str, str]:
        found = re.findall(r'<input[^>]* name="([^"]+)" value="([^"]*)"', client.get(address).text)
        return dict(found) | {"reason": "核对"}

    first, second = form(), form()
    assert first["was-name_zh"] == first["name_zh"] != ""
    assert client.post(f"{address}/change", data=first | {"name_zh": "东队"}).status_code == 303
    later = client.post(f"{address}/change", data=second | {"size": "7"})
    assert later.status_code == 409
    again = dict(re.findall(r'<input[^>]* name="([^"]+)" value="([^"]*)"', later.text)) | {"reason": "核对"}
    # What somebody else has saved stands in the form, and so does what was typed.
    assert (again["name_zh"], again["size"]) == ("东队", "7")
    assert client.post(f"{address}/change", data=again).status_code == 303
    kept = form()
    assert (kept["name_zh"], kept["size"]) == ("东队", "7")
    assert client.post(f"{address}/change", data=kept).status_code == 422


def test_single_records_are_put_right_and_taken_back_by_the_api(make_database: MakeDatabase) -> None:
    town = make_database("recorded")
    client = client_of(town, Role.KEEPER)
    api = "/api/v1/records"
    assert {row["code"] for row in client.get(f"{api}/teams?q=T0").get_json()["records"]} >= {"T01", "T02"}
    seen = client.get(f"{api}/teams/T01").get_json()
    told = {"fields": {"name_zh": "西队"}, "reason": "改名", "seen": seen["version"]}
    done = client.post(f"{api}/teams/T01/change", json=told)
    assert done.status_code == 200, done.text
    assert client.post(f"{api}/teams/T01/change", json=told).status_code == 409
    assert client.get(f"{api}/teams/T01").get_json()["fields"]["name_zh"] == "西队"
    wrong = client.post(f"{api}/teams/T01/change", json=told | {"fields": {"size": "many"}, "seen": None})
    assert (wrong.status_code, wrong.get_json()["code"]) == (422, "record-fields-wrong")
    for fields, code in (
        ({"team_code": "T99"}, "record-field-unknown"),
        ({"name_zh": "西队二", "colour": "red"}, "record-field-unknown"),
        ({"base_lon": "120.42"}, "record-half-place"),
        ({"grid_code": ""}, "edit-nothing"),
    ):
        strange = client.post(f"{api}/teams/T01/change", json={"fields": fields, "reason": "核对"})
        assert (strange.status_code, strange.get_json()["code"]) == (422, code), fields
    act = done.get_json()["import_id"]
    listed = client.get("/api/v1/imports?limit=1").get_json()["imports"][0]
    assert (listed["import_id"], listed["act"], listed["code"]) == (act, "change", "T01")
    undone = client.post(f"/api/v1/imports/{act}/undo", json={"reason": "记错"})
    assert (undone.status_code, undone.get_json()["restored"]) == (200, 1)
    assert client.get(f"{api}/teams/T01").get_json()["fields"]["name_zh"] == seen["fields"]["name_zh"]
    merged = client.post(f"{api}/teams/T01/merge", json={"other": "T02", "reason": "同一队"})
    gone = client.post(f"{api}/teams/T03/withdraw", json={"reason": "解散"})
    assert (merged.status_code, gone.status_code) == (200, 200)
    withdrawn = {row["code"] for row in client.get(f"{api}/teams").get_json()["withdrawn"]}
    assert withdrawn == {"T02", "T03"}
    assert client.post(f"{api}/teams/T03/restore", json={"reason": "没有解散"}).status_code == 200
    with town.scoped_session(WHOLE.for_upkeep(), write=True) as session:
        session.execute(text("update teams set code = 'T/04' where code = 'T04'"))
    slashed = client.post(f"{api}/teams/T/04/change", json={"fields": {"size": "9"}, "reason": "核对"})
    assert slashed.status_code == 200, slashed.text
    assert client.get(f"{api}/teams/T/04").get_json()["fields"]["size"] == 9
    key = str(village(town)[0])
    grid = client.get(f"{api}/grids/{key}").get_json()
    named = {"fields": {"name_zh": "新名村"}, "reason": "更名", "seen": grid["version"]}
    assert client.post(f"{api}/grids/{key}/change", json=named).status_code == 200
    assert client.post(f"{api}/grids/{key}/change", json=named).status_code == 409
    assert client.get(f"{api}/grids?q=新名村").get_json()["records"][0]["code"] == key
    below = client_of(town, Role.VILLAGE_DESK, int(key))
    assert below.get(f"{api}/teams").status_code == 403
    for kind in ("incidents", "nothing"):
        assert client.get(f"{api}/{kind}").status_code == 422, kind


def test_a_project_is_drawn_assessed_taken_back_and_printed_on_the_page(make_database: MakeDatabase) -> None:
    town = make_database("recorded")
    key, corners, _ = village(town)
    client = client_of(town, Role.VILLAGE_DESK, key)
    assert "还没有项目" in client.get("/projects").get_data(as_text=True)
    told = {"code": "P1", "name_zh": "<b>文化礼堂</b>", "kind": "construction", "shape": corners}
    assert client.post("/projects", data=told | {"shape": "1,2"}).status_code == 422
    assert client.post("/projects", data=told).status_code == 303
    assert client.post("/projects", data=told).status_code == 409
    page = client.get("/projects/P1").get_data(as_text=True)
    assert "&lt;b&gt;文化礼堂" in page
    change = {
        "name_zh": "文化礼堂",
        "kind": "construction",
        "asked": "30",
        "in_favour": "31",
        "reason": "征求意见",
    }
    wrong = client.post("/projects/P1/change", data=change)
    assert wrong.status_code == 422
    assert 'value="31"' in wrong.get_data(as_text=True)
    assert client.post("/projects/P1/change", data=change | {"in_favour": "29"}).status_code == 303
    assert "支持 29" in client.get("/projects/P1").get_data(as_text=True)
    assert client.get("/projects/P1/cases?which=before").status_code == 200
    assert client.get("/projects/P1/cases?which=never").status_code == 404
    assert client.get("/projects/P1/papers.docx").data[:2] == b"PK"
    assert client.post("/projects/P1/undo", data={"reason": "误记"}).status_code == 303
    assert "支持 29" not in client.get("/projects/P1?lang=en").get_data(as_text=True)
    assert client.post("/projects/P1/withdraw", data={"reason": "不建了"}).status_code == 303
    assert "已于" in client.get("/projects/P1?lang=zh").get_data(as_text=True)
    other = client_of(town, Role.VILLAGE_DESK, key + 1000)
    assert other.get("/projects/P1").status_code == 404
    assert client_of(town, Role.LIAISON).get("/projects").status_code == 403


def test_a_question_is_ruled_read_below_and_stands_beside_its_cases(make_database: MakeDatabase) -> None:
    town = make_database("recorded")
    key = village(town)[0]
    area = ancestor(key, 2)
    desk, below = client_of(town, Role.AREA_DESK, area), client_of(town, Role.VILLAGE_DESK, key)
    told = {
        "new": "1",
        "code": "Q1",
        "on_day": "2026-10-06",
        "question": "邻里排水？",
        "kind": "02",
        "grid_code": str(area),
    }
    assert desk.post("/rulings", data=told).status_code == 303
    assert "待答复" in below.get("/rulings?week=2026-10-08").get_data(as_text=True)
    ruled = {"code": "Q1", "ruling": "先看现场", "reason": "答复"}
    assert below.post("/rulings", data=ruled).status_code in {403, 404}
    assert desk.post("/rulings", data=ruled).status_code == 303
    assert "先看现场" in below.get("/rulings?every=1&lang=en").get_data(as_text=True)
    assert "先看现场" not in below.get("/rulings?week=2026-10-19").get_data(as_text=True)
    assert below.get("/rulings?week=never").status_code == 422
    assert below.get("/rulings/book.docx?week=2026-10-08").data[:2] == b"PK"
    with town.scoped_session(WHOLE) as session:
        number = session.scalar(
            text(
                "select number from incidents where domain = 'dispute' and kind = '02' and not sealed"
                " and grid_key between :lo and :hi limit 1"
            ),
            {"lo": key, "hi": key + 999},
        )
    assert number is not None
    assert "先看现场" in below.get(f"/cases/{number}").get_data(as_text=True)
    assert desk.post("/rulings/Q1/withdraw", data={"reason": "口径变了"}).status_code == 303
    assert "先看现场" not in below.get("/rulings?every=1").get_data(as_text=True)


def test_the_api_keeps_projects_and_rulings_as_the_pages_do(make_database: MakeDatabase) -> None:
    town = make_database("recorded")
    key, _, shape = village(town)
    client = client_of(town, Role.TOWN_DESK)
    made = {
        "code": "P1",
        "fields": {"name_zh": "道路", "plan_on": "2026-06-01"},
        "geometry": json.loads(shape),
    }
    assert client.post("/api/v1/projects", json=made).status_code == 201
    told = client.get("/api/v1/projects/P1").get_json()
    assert told["fields"]["plan_on"] == "2026-06-01"
    assert ancestor(int(told["fields"]["grid_key"]), 3) == key
    assert {"before", "after", "households", "sites", "history"} <= set(told)
    assert told["warning"] is None
    early = {"fields": {"begins_on": "2026-07-01"}, "reason": "先开工"}
    warned = client.post("/api/v1/projects/P1/change", json=early).get_json()["warning"]
    assert warned["zh"].startswith("实施日期（2026-07-01）已定，尚未确定意见")
    assert "nothing is decided yet" in warned["en"]
    assert client.post("/api/v1/projects/P1/undo", json={"reason": "未开工"}).get_json()["warning"] is None
    wrong = {"fields": {"decision": "issue"}, "reason": "定了"}
    answer = client.post("/api/v1/projects/P1/change", json=wrong)
    assert (answer.status_code, answer.get_json()["code"]) == (422, "project-decision-no-day")
    right = {"fields": {"decision": "issue", "decide_on": "2026-07-01"}, "reason": "定了"}
    assert client.post("/api/v1/projects/P1/change", json=right).get_json()["fields"]["decision"] == "issue"
    back = client.post("/api/v1/projects/P1/undo", json={"reason": "未定"}).get_json()
    assert back["fields"]["decision"] is None
    asked = {"code": "Q1", "fields": {"on_day": "2026-10-06", "question": "谁来办？"}}
    assert client.post("/api/v1/rulings", json=asked).status_code == 201
    ruled = {"fields": {"ruling": "镇里办"}, "reason": "答复"}
    assert client.post("/api/v1/rulings/Q1/change", json=ruled).status_code == 200
    listed = client.get("/api/v1/rulings?from=2026-10-01&to=2026-10-31").get_json()["records"]
    assert [row["ruling"] for row in listed] == ["镇里办"]
    assert client.post("/api/v1/projects/P1/withdraw", json={"reason": "不建"}).status_code == 204
    assert client.get("/api/v1/projects").get_json()["records"] == []
    assert client.get("/api/v1/projects?grid=1").status_code == 422
    assert client_of(town, Role.SUPERVISOR).get("/api/v1/projects").status_code == 403


def test_what_another_saved_meanwhile_is_told_and_what_was_typed_stays_in_the_form(
    make_database: MakeDatabase,
) -> None:
    town = make_database("recorded")
    key, corners, _ = village(town)
    client = client_of(town, Role.KEEPER)
    desk = client_of(town, Role.TOWN_DESK)

    told = {"code": "P1", "name_zh": "礼堂", "kind": "construction", "shape": corners}
    assert desk.post("/projects", data=told).status_code == 303
    asked = {"new": "1", "code": "Q1", "on_day": "2026-10-06", "question": "谁修？", "grid_code": str(key)}
    assert desk.post("/rulings", data=asked).status_code == 303
    for address, sent, theirs, mine in (
        ("/projects/P1", "/projects/P1/change", {"lead": "住建办甲"}, {"lead": "水利站乙"}),
        (
            "/rulings?every=1",
            "/rulings",
            {"code": "Q1", "ruling": "住建办甲"},
            {"code": "Q1", "ruling": "水利站乙"},
        ),
        ("/records/teams/T01", "/records/teams/T01/change", {"name_zh": "住建办甲"}, {"name_zh": "水利站乙"}),
        (
            f"/records/grids/{key}",
            f"/records/grids/{key}/change",
            {"name_zh": "住建办甲"},
            {"name_zh": "水利站乙"},
        ),
    ):
        who = client if address.startswith("/records") else desk
        page = who.get(address).get_data(as_text=True)
        version = re.findall(r'name="seen" value="(\w{16})"', page)[0]
        first = who.post(sent, data=theirs | {"seen": version, "reason": "先存"})
        assert first.status_code == 303, first.get_data(as_text=True)
        second = who.post(sent, data=mine | {"seen": version, "reason": "后存"})
        answer = second.get_data(as_text=True)
        assert (second.status_code, "住建办甲" in answer, "水利站乙" in answer) == (409, True, True), address
        again = re.findall(r'name="seen" value="(\w{16})"', answer)[0]
        assert who.post(sent, data=mine | {"seen": again, "reason": "后存"}).status_code == 303, address
    for address in ("/projects/P1/papers.docx", "/rulings/book.docx?week=2026-10-06"):
        assert client_of(town, Role.PLANNER).get(address).status_code == 403
        assert desk.get(address).data[:2] == b"PK"


def test_a_second_save_leaves_the_outline_and_the_place_that_another_gave_meanwhile(
    make_database: MakeDatabase,
) -> None:
    town = make_database("recorded")
    key, corners, _ = village(town)
    desk = client_of(town, Role.TOWN_DESK)
    drawn = {"code": "P1", "name_zh": "礼堂", "kind": "construction", "shape": corners}
    asked = {"new": "1", "code": "Q1", "on_day": "2026-10-06", "question": "谁修？", "grid_code": str(key)}
    assert (
        desk.post("/projects", data=drawn).status_code,
        desk.post("/rulings", data=asked).status_code,
    ) == (
        303,
        303,
    )

    def said(page: str) -> dict[str, str]:
        hidden = r'<input type="hidden" name="(seen|was-[a-z_]+)" value="([^"]*)"'
        return dict(re.findall(hidden, page.partition('<form method="post" class="inline"')[0]))

    def form(page: str, **mine: str) -> dict[str, str]:
        """What a browser sends of the form that changes a record: what it says, and what somebody wrote."""
        told = said(page)
        same = {name.removeprefix("was-"): value for name, value in told.items() if name != "seen"}
        return told | same | {"code": "Q1"} | mine

    def outline() -> str:
        return said(desk.get("/projects/P1").get_data(as_text=True))["was-shape"]

    def holds() -> str:
        return said(desk.get("/rulings?every=1").get_data(as_text=True))["was-grid_code"]

    triangle = " ".join(corners.split()[:3])
    area = str(ancestor(key, 2))
    for address, sent, theirs, stands, place in (
        ("/projects/P1", "/projects/P1/change", {"shape": triangle}, outline, "图形："),
        ("/rulings?every=1", "/rulings", {"grid_code": area}, holds, "适用网格："),
    ):
        mine = {"lead": "水利站乙"} if "P1" in address else {"ruling": "水利站乙"}
        page = desk.get(address).get_data(as_text=True)
        before = stands()
        first = desk.post(sent, data=form(page, **theirs, reason="先存"))
        assert first.status_code == 303, first.get_data(as_text=True)
        after = stands()
        assert after != before
        second = desk.post(sent, data=form(page, **mine, reason="后存"))
        answer = second.get_data(as_text=True)
        assert (second.status_code, place in answer, "水利站乙" in answer) == (409, True, True), address
        # What comes back says what stands there now, and what this desk wrote.
        name = next(iter(theirs))
        assert said(answer)[f"was-{name}"] == after
        box = r'name="shape"[^>]*>([^<]*)<' if name == "shape" else r'<option value="(\d+)" selected>'
        assert re.findall(box, answer)[0] == after
        again = desk.post(sent, data=form(answer, **mine, reason="后存"))
        assert again.status_code == 303, again.get_data(as_text=True)
        assert stands() == after
        assert "水利站乙" in desk.get(address).get_data(as_text=True)
        # A form that nobody wrote in changes nothing.
        page = desk.get(address).get_data(as_text=True)
        assert desk.post(sent, data=form(page, reason="无变化")).status_code == 422
    # Who draws it anew, knowing what stands there, is heard.
    page = desk.get("/projects/P1").get_data(as_text=True)
    assert desk.post("/projects/P1/change", data=form(page, shape=corners, reason="改回")).status_code == 303
    assert outline() != triangle
