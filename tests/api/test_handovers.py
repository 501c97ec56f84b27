"""The shift is left and taken over by page, command and API, each act once."""

from __future__ import annotations

import uuid
from dataclasses import fields

import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from gridmap.cli.main import main
from gridmap.domain.accounts import Role
from gridmap.domain.gridkey import Scope
from gridmap.services.cases.handover import Handover
from gridmap.storage.database import Database
from gridmap.storage.workspace.settings import read_settings
from tests.conftest import MakeDatabase
from tests.doors import client_of
from tests.towns import environment_of

VILLAGE = 33068110903290000
PAGE = {"Accept": "text/html"}


@pytest.fixture
def town(make_database: MakeDatabase) -> Database:
    return make_database("villages")


def post(client: FlaskClient, path: str, body: dict[str, str], key: str) -> TestResponse:
    return client.post(path, json=body, headers={"Idempotency-Key": key})


def test_a_shift_is_given_and_taken_once_over_the_api_and_seen_on_the_page(town: Database) -> None:
    client, give, take = client_of(town), str(uuid.uuid4()), str(uuid.uuid4())
    given = post(client, "/api/v1/handovers", {"note": "晚上八点再看一次"}, give).get_json()
    assert (given["number"], given["open"], given["taken_at"]) == (1, 0, None)
    assert post(client, "/api/v1/handovers", {"note": "晚上八点再看一次"}, give).get_json() == given
    assert post(client, "/api/v1/handovers", {}, str(uuid.uuid4())).get_json()["code"] == "handover-not-taken"
    assert "晚上八点再看一次" in client.get("/handover", headers=PAGE).text
    taken = post(client, "/api/v1/handovers/1/taken", {}, take).get_json()
    assert taken["taken_by"] == given["given_by"]
    # Whoever has taken the shift reads it again when it is needed.
    assert "晚上八点再看一次" in client.get("/handover", headers=PAGE).text
    assert post(client, "/api/v1/handovers/1/taken", {}, take).get_json() == taken
    # By the same post it is the same act, whatever names it; nobody else takes it after that.
    assert post(client, "/api/v1/handovers/1/taken", {}, str(uuid.uuid4())).get_json() == taken
    other = client_of(town)
    assert post(other, "/api/v1/handovers/1/taken", {}, str(uuid.uuid4())).status_code == 409
    assert client.get("/api/v1/handovers").get_json() == {"handovers": [taken]}
    village = client_of(town, Role.VILLAGE_DESK, VILLAGE)
    assert village.get("/api/v1/handovers").get_json() == {"handovers": []}


def test_a_handover_is_kept_as_programs_from_before_its_acts_had_keys_read_it(town: Database) -> None:
    client = client_of(town)
    post(client, "/api/v1/handovers", {"note": "无事"}, str(uuid.uuid4()))
    post(client, "/api/v1/handovers/1/taken", {}, str(uuid.uuid4()))
    scope = Scope.whole()
    with town.scoped_session(scope) as session:
        kept = read_settings(session)[f"handovers_{scope.lo}_{scope.hi}"]
    assert [set(told) for told in kept] == [{field.name for field in fields(Handover)}]


def test_a_shift_is_given_and_taken_by_command(town: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in environment_of(town).items():
        monkeypatch.setenv(name, value)

    def told(*words: str) -> tuple[int, str]:
        answer = CliRunner().invoke(main, ["cases", "handover", *words])
        return answer.exit_code, answer.output

    key = str(uuid.uuid4())
    for _ in range(2):
        assert told("give", "--note", "无事", "--key", key)[0] == 0
    assert told("give")[0] == 1
    for _ in range(2):
        assert told("take", "1")[0] == 0
    assert told("take", "2")[0] == 1
    assert "无事" in told("list")[1]
