"""Files that are handed over on the page: part by part, whole or not at all, beside what waits already."""

from __future__ import annotations

import uuid
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from gridmap.domain.accounts import Actor, Role
from gridmap.domain.gridkey import Scope
from gridmap.domain.profiles import Profile
from gridmap.services.accounts import audit
from gridmap.services.imports import incoming, profiles
from gridmap.storage.database import Database
from tests.conftest import MakeDatabase
from tests.doors import client_of

KEEPER = Actor("数据岗", Role.KEEPER, Scope.whole())
TABLE = "code,name_zh,kind\nZ1,甲队,专业巡防队\n".encode() * 3


@pytest.fixture(scope="module")
def town(make_database: MakeDatabase) -> Database:
    database = make_database("villages")
    profiles.save(database, KEEPER, Profile("省平台", "teams"))
    return database


@pytest.fixture
def folder(town: Database) -> Path:
    found = incoming.folder_of(town.settings.home, "省平台")
    for path in found.glob("*") if found.is_dir() else ():
        path.unlink()
    for path in found.glob(".*"):
        path.unlink()
    return found


def send(
    client: FlaskClient, name: str, part: bytes, offset: int, whole: int, number: str, source: str = "省平台"
) -> TestResponse:
    return client.post(
        f"/sources/{source}/files/{name}",
        query_string={"number": number, "offset": offset, "whole": whole},
        data=part,
        content_type="application/octet-stream",
    )


def test_parts_make_the_file_whatever_is_sent_twice_and_it_waits_once_it_is_whole(
    town: Database, folder: Path
) -> None:
    client, number = client_of(town, Role.KEEPER), uuid.uuid4().hex
    first, second = TABLE[:20], TABLE[20:]
    for _ in range(2):
        assert send(client, "队伍.csv", first, 0, len(TABLE), number).get_json() == {"name": None}
        assert incoming.waiting(town, quiet_s=0) == []
    assert send(client, "队伍.csv", second, 20, len(TABLE), number).get_json() == {"name": "队伍.csv"}
    [found] = incoming.waiting(town, quiet_s=0)
    assert found.path.read_bytes() == TABLE
    assert "队伍.csv" in client.get("/sources/省平台").get_data(as_text=True)
    written = [one for one in audit.list_entries(town, limit=50) if "队伍.csv" in one.object]
    assert len(written) == 1


def test_no_other_file_is_written_over(town: Database, folder: Path) -> None:
    client = client_of(town, Role.KEEPER)
    for expected in ("a.csv", "a-2.csv", "a-3.csv"):
        answer = send(client, "a.csv", TABLE, 0, len(TABLE), uuid.uuid4().hex)
        assert answer.get_json() == {"name": expected}
    assert len(incoming.waiting(town, quiet_s=0)) == 3


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("a.exe", "upload-ending"),
        ("a", "upload-ending"),
        (".a.csv", "upload-name"),
        ("~a.csv", "upload-name"),
        ("..%5Ca.csv", "upload-name"),
        ("a%00.csv", "address-nul"),
        ("a%E2%80%AEb.csv", "upload-name"),
        ("长" * 90 + ".csv", "upload-name"),
    ],
)
def test_a_name_that_no_file_may_have_is_refused_and_nothing_is_kept(
    town: Database, folder: Path, name: str, code: str
) -> None:
    answer = send(client_of(town, Role.KEEPER), name, TABLE, 0, len(TABLE), uuid.uuid4().hex)
    assert answer.status_code in {400, 422}
    assert answer.get_json()["code"] == code
    assert not folder.is_dir() or not list(folder.iterdir())


def test_parts_that_do_not_fit_are_refused_and_say_what_to_do(town: Database, folder: Path) -> None:
    client, number = client_of(town, Role.KEEPER), uuid.uuid4().hex
    assert send(client, "a.csv", TABLE, 5, len(TABLE) + 5, number).get_json()["code"] == "upload-gap"
    assert send(client, "a.csv", TABLE, 0, 1, number).get_json()["code"] == "upload-malformed"
    assert send(client, "a.csv", TABLE, 0, len(TABLE), "../../x").get_json()["code"] == "upload-malformed"
    assert send(client, "a.csv", b"", 0, 0, number).get_json()["code"] == "upload-empty"
    assert send(client, "a.csv", TABLE, 0, 1 << 40, number).status_code == 413
    assert send(client, "a.csv", TABLE, 0, len(TABLE), number, "没有").status_code == 404
    assert incoming.waiting(town, quiet_s=0) == []


def test_only_who_may_import_hands_files_over(town: Database, folder: Path) -> None:
    for role in (Role.VILLAGE_DESK, Role.LIAISON, Role.AUDITOR):
        answer = send(client_of(town, role), "a.csv", TABLE, 0, len(TABLE), uuid.uuid4().hex)
        assert answer.status_code == 403
    assert incoming.waiting(town, quiet_s=0) == []
