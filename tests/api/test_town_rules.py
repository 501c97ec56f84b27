"""What the town settles of its cases, on its page and over the API: promises."""

from __future__ import annotations

import datetime as dt
import html
import re

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from gridmap.domain.accounts import Role
from gridmap.domain.cases.limits import preset
from gridmap.services.accounts import audit
from gridmap.services.cases import limits, photos
from gridmap.storage.database import Database
from tests.conftest import MakeDatabase
from tests.doors import client_of

VILLAGE = 33068110903290000
TOWN = 33068110900000000
PAGE = {"Accept": "text/html", "Host": "127.0.0.1"}


@pytest.fixture(scope="module")
def town(make_database: MakeDatabase) -> Database:
    return make_database("recorded")


@pytest.fixture(scope="module")
def keeper(town: Database) -> FlaskClient:
    return client_of(town, Role.TOWN_DESK, TOWN)


def sent(client: FlaskClient, path: str, **form: str) -> TestResponse:
    return client.post(path, data=form, headers=PAGE)


def test_limits_are_put_in_force_from_a_preset_or_a_file_and_the_last_change_is_taken_back(
    town: Database, keeper: FlaskClient
) -> None:
    first = limits.show(town)
    assert sent(keeper, "/limits", preset="seven_days").status_code == 303
    assert limits.show(town).name_zh == "四步七日"
    page = keeper.get("/limits?lang=zh", headers=PAGE).get_data(as_text=True)
    assert "四步七日" in page
    assert "7 日" in page
    given = keeper.get("/limits/file", headers=PAGE)
    assert given.get_json() == limits.show(town).as_dict()
    assert "attachment" in given.headers["Content-Disposition"]
    longer = given.get_data(as_text=True).replace('"close": "7d"', '"close": "9d"')
    assert sent(keeper, "/limits", file=longer, name="外镇.json").status_code == 303
    assert limits.show(town).rules[-1].close == "9d"
    assert sent(keeper, "/limits/undo").status_code == 303
    assert limits.show(town).name_zh == "四步七日"
    assert sent(keeper, "/limits/undo").status_code == 409
    told = keeper.put("/api/v1/cases/limits", json={"file": first.as_dict()})
    assert (told.status_code, limits.show(town)) == (200, first)
    assert keeper.post("/api/v1/cases/limits/undo", json={}).get_json()["name_zh"] == "四步七日"
    assert keeper.put("/api/v1/cases/limits", json={"preset": "tiered"}).status_code == 200
    acts = {entry.action for entry in audit.list_entries(town, limit=50)}
    assert acts >= {"load_limits", "take_back_limits"}


@pytest.mark.parametrize(
    ("told", "word"),
    [
        ("{", "这不是期限文件"),
        ("[1]", "这不是期限文件"),
        ('{"name_zh": "甲"}', "外镇.json"),
        ("9" * 5000, "期限文件"),
    ],
)
def test_a_file_of_limits_that_is_wrong_is_refused_by_its_name_and_stays_in_the_form(
    town: Database, keeper: FlaskClient, told: str, word: str
) -> None:
    before = limits.show(town)
    answer = sent(keeper, "/limits?lang=zh", file=told, name="外镇.json")
    assert answer.status_code == 422
    assert word in answer.get_data(as_text=True)
    assert told.replace('"', "&#34;") in answer.get_data(as_text=True)
    assert limits.show(town) == before


@pytest.mark.parametrize("name", ["期限\u202e", "镇期限，问 13812345678"])
def test_a_table_that_is_called_after_a_telephone_or_holds_what_cannot_be_seen_is_not_kept(
    town: Database, keeper: FlaskClient, name: str
) -> None:
    before = limits.show(town)
    given = before.as_dict() | {"name_zh": name}
    assert keeper.put("/api/v1/cases/limits", json={"file": given}).status_code == 422
    assert limits.show(town) == before


def test_days_off_and_weekends_that_are_worked_move_the_limits(town: Database, keeper: FlaskClient) -> None:
    friday = dt.datetime(2026, 9, 25, 2, tzinfo=dt.UTC)
    assert sent(keeper, "/limits/days", off="2026-09-28、2026-09-29", worked="2026-09-27").status_code == 303
    table = limits.show(town)
    assert table.due("1wd", friday, "Asia/Shanghai") == dt.datetime(2026, 9, 27, 2, tzinfo=dt.UTC)
    assert table.due("2wd", friday, "Asia/Shanghai") == dt.datetime(2026, 9, 30, 2, tzinfo=dt.UTC)
    wrong = sent(keeper, "/limits/days?lang=en", off="2026-02-30")
    assert wrong.status_code == 422
    said = html.unescape(wrong.get_data(as_text=True))
    assert "“Days off” cannot be '2026-02-30': it is a day such as 2026-10-05" in said
    assert "holidays" not in said.split("<main")[1].split("<table")[0]
    assert limits.show(town) == table


def test_who_changes_limits_or_days_second_is_told_with_both_versions_and_nothing_is_lost(
    town: Database, keeper: FlaskClient
) -> None:
    def seen() -> str:
        page = keeper.get("/limits?lang=zh", headers=PAGE).get_data(as_text=True)
        return re.findall('name="seen" value="([0-9a-f]+)"', page)[0]

    two = seen()
    assert sent(keeper, "/limits/days", seen=two, off="2026-10-02", worked="").status_code == 303
    first = limits.show(town)
    second = sent(keeper, "/limits/days?lang=zh", seen=two, off="2026-10-09", worked="2026-10-10")
    page = html.unescape(second.get_data(as_text=True))
    assert second.status_code == 409
    assert "已被他人更改" in page
    assert '<span class="nowrap">2026-10-02</span>' in page
    assert ">2026-10-09</textarea>" in page
    assert ">2026-10-10</textarea>" in page
    assert limits.show(town) == first
    for path, form in (("/limits", {"preset": "one_day"}), ("/limits/undo", {})):
        assert sent(keeper, path, seen=two, **form).status_code == 409
    assert limits.show(town) == first
    # Once both are known, what was written is kept.
    again = re.findall('name="seen" value="([0-9a-f]+)"', page)[-1]
    assert sent(keeper, "/limits/days", seen=again, off="2026-10-02 2026-10-09", worked="").status_code == 303
    assert {day.day for day in limits.show(town).calendar.holidays} == {2, 9}
    # Over the API what was answered is sent back as it was, and says by its mark what was looked at.
    told = keeper.get("/api/v1/cases/limits").get_json()
    assert keeper.put("/api/v1/cases/limits", json={"preset": "seven_days"}).status_code == 200
    late = keeper.put("/api/v1/cases/limits", json={"file": told})
    assert (late.status_code, late.get_json()["code"]) == (409, "limits-moved-on")
    told["mark"] = keeper.get("/api/v1/cases/limits").get_json()["mark"]
    assert keeper.put("/api/v1/cases/limits", json={"file": told}).status_code == 200


def test_who_takes_limits_back_over_the_api_after_another_s_change_is_told_with_both_versions_and_takes_back_none(
    town: Database, keeper: FlaskClient
) -> None:
    path = "/api/v1/cases/limits"
    for name in ("tiered", "seven_days"):
        assert keeper.put(path, json={"preset": name}).status_code == 200
    looked_at = keeper.get(path).get_json()
    theirs = keeper.put(path, json={"preset": "one_day"}).get_json()
    late = keeper.post(f"{path}/undo", json={"seen": looked_at["mark"]})
    told = late.get_json()
    assert (late.status_code, told["code"]) == (409, "limits-moved-on")
    assert (told["now"], told["yours"]) == (theirs, preset("seven_days").as_dict())
    assert limits.show(town).mark == theirs["mark"]
    # Over the API a change is told with both, too.
    late = keeper.put(path, json={"preset": "tiered", "seen": looked_at["mark"]}).get_json()
    assert (late["now"], late["yours"]) == (theirs, preset("tiered").as_dict())
    done = keeper.post(f"{path}/undo", json={"seen": told["now"]["mark"]})
    assert (done.status_code, done.get_json()) == (200, looked_at)
    assert keeper.post(f"{path}/undo", json={"looked_at": "x"}).status_code == 422


def test_photos_are_allowed_and_not_by_page_and_api(town: Database, keeper: FlaskClient) -> None:
    assert sent(keeper, "/limits/photos", allowed="1").status_code == 303
    assert photos.are_allowed(town)
    assert keeper.get("/api/v1/cases/photos").get_json() == {"allowed": True}
    assert keeper.put("/api/v1/cases/photos", json={"allowed": False}).status_code == 200
    assert not photos.are_allowed(town)


def test_a_village_sees_the_limits_and_changes_none(town: Database) -> None:
    before, village = limits.show(town), client_of(town, Role.VILLAGE_DESK, VILLAGE)
    page = village.get("/limits", headers=PAGE)
    assert (page.status_code, "<form method" in page.get_data(as_text=True).split("<main")[1]) == (200, False)
    assert sent(village, "/limits", preset="one_day").status_code == 403
    assert village.put("/api/v1/cases/photos", json={"allowed": True}).status_code == 403
    assert sent(village, "/limits/undo").status_code == 403
    assert limits.show(town) == before
