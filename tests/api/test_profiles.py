"""Profiles of source systems go to another town as files, by the page and over the API; cases in a source's columns."""

from __future__ import annotations

import io
import json

import openpyxl
import pytest
from flask.testing import FlaskClient

from gridmap.domain.accounts import Actor, Role
from gridmap.domain.gridkey import Scope
from gridmap.domain.profiles import Profile
from gridmap.services.imports import incoming, profile_files, profiles
from gridmap.storage.database import Database
from tests.conftest import MakeDatabase
from tests.doors import client_of, new_word

KEEPER = Actor("数据岗", Role.KEEPER, Scope.whole())
SAID = {"编号": "uid", "大类": "kind", "channel=网格员上报": "patrol", "domain": "=dispute"}


@pytest.fixture(scope="module")
def town(make_database: MakeDatabase) -> Database:
    return make_database("demo")


@pytest.fixture
def keeper(town: Database) -> FlaskClient:
    return client_of(town, Role.KEEPER)


def test_a_profile_is_taken_from_the_page_of_one_town_to_that_of_another(
    town: Database, keeper: FlaskClient
) -> None:
    here, there = new_word(), new_word()
    kept = Profile(here, mapping=SAID, unknown="refuse", automatic=True, headings=("编号", "大类"))
    profiles.save(town, KEEPER, kept)
    assert f"/sources/{here}/profile.json" in keeper.get(f"/sources/{here}").text
    file = keeper.get(f"/sources/{here}/profile.json")
    assert file.mimetype == "application/json"
    told = file.get_data(as_text=True)
    sent = {"file": told.replace(here, there), "file_name": "省平台.json"}
    answer = keeper.post("/sources/from/file", data=sent)
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/sources/{there}")
    taken = profiles.find(town, there)
    assert (taken.mapping, taken.unknown, taken.headings) == (SAID, "refuse", ("编号", "大类"))
    assert not taken.automatic, "what another town imports by itself waits here at first"
    assert incoming.folder_of(town.settings.home, there).is_dir()
    wrong = keeper.post("/sources/from/file", data={"file": '{"name": 1}', "file_name": "坏.json"})
    assert wrong.status_code == 422
    assert "坏.json" in wrong.text
    assert "name 应为文字" in wrong.text
    # What was pasted is still there to be put right.
    assert "{&#34;name&#34;: 1}" in wrong.text


def test_a_profile_goes_over_the_api_and_comes_back_the_same(town: Database, keeper: FlaskClient) -> None:
    here, there = new_word(), new_word()
    profiles.save(town, KEEPER, Profile(here, mapping=SAID, dayfirst=True, headings=("编号", "大类")))
    told = keeper.get(f"/api/v1/profiles/{here}").get_json(force=True)
    assert told["mapping"] == {
        "编号": "uid",
        "大类": "kind",
        "domain": "=dispute",
        "values": {"channel": {"网格员上报": "patrol"}},
    }
    made = keeper.post("/api/v1/profiles", json=told | {"name": there})
    assert (made.status_code, made.get_json(force=True)) == (201, told | {"name": there})
    assert profiles.find(town, there).mapping == SAID
    listed = keeper.get("/api/v1/profiles").get_json(force=True)["profiles"]
    assert {here, there} <= {one["name"] for one in listed}
    for wrong in (
        {"mapping": {"编号": "nothing"}},
        {"noun": "people"},
        {"unknown": "perhaps"},
        {"owner": "x"},
    ):
        assert keeper.post("/api/v1/profiles", json=told | wrong).status_code == 422, wrong
    assert client_of(town, Role.VILLAGE_DESK).get("/api/v1/profiles").status_code == 403
    # The page's file, the command's and the API's are one.
    assert json.loads(profile_files.text_of(profiles.find(town, here))) == told


def test_cases_leave_over_the_api_in_a_source_s_columns_and_in_those_of_the_standard(
    town: Database, keeper: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = new_word()
    profiles.save(town, KEEPER, Profile(name, mapping=SAID, headings=("编号", "大类")))
    month = "from=2026-10-01&to=2026-10-31"
    own = keeper.get(f"/api/v1/exports/columns/{name}.xlsx?{month}&domain=dispute")
    assert own.status_code == 200
    lines = list(openpyxl.load_workbook(io.BytesIO(own.data)).active.iter_rows(values_only=True))
    assert lines[0][:2] == ("编号", "大类")
    assert len(lines) > 100
    national = keeper.get(f"/api/v1/exports/columns/gbt31000.csv?{month}&domain=dispute")
    assert national.data.decode("utf-8-sig").count("\n") == len(lines)
    monkeypatch.setattr("gridmap.services.cases.own_columns.MOST_IN_COLUMNS", 10)
    assert keeper.get(f"/api/v1/exports/columns/{name}.csv?{month}").status_code == 413
