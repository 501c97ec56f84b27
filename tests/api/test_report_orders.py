"""Reports over the API and on their page: asked for, made beside the server, fetched, registered."""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Callable
from typing import Any

import pypdfium2
import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from gridmap.domain.accounts import Role
from gridmap.storage.database import Database
from tests.doors import client_of, new_word

Ended = Callable[[TestResponse], dict[str, Any]]
AREA = 33068110901000000
ASKED = {"from": "2026-05-01", "to": "2026-10-31", "level": 3, "domain": "policing", "permutations": 19}


def fetched(client: FlaskClient, address: str) -> bytes:
    """Content of a file; the answer holds it open until it is closed."""
    answer = client.get(address)
    assert answer.status_code == 200, address
    content = answer.data
    answer.close()
    return content


@pytest.fixture(scope="module")
def made(client: FlaskClient, ended: Ended) -> dict[str, Any]:
    """A report that was asked for over the API."""
    return ended(client.post("/api/v1/reports/hotspots", json=ASKED | {"purpose": "片区例会"}))


def test_a_report_that_is_asked_for_comes_as_page_as_paper_as_tables_and_as_layers(
    client: FlaskClient, made: dict[str, Any]
) -> None:
    assert (made["state"], made["kind"]) == ("done", "report"), made
    assert made["result"]["refused"] == [] or all(part["zh"] for part in made["result"]["refused"])
    assert hashlib.sha256(fetched(client, made["file"])).hexdigest() == made["result"]["file_sha256"]
    contents = {
        name.rpartition(".")[2]: fetched(client, f"{made['file']}?name={name}")
        for name in made["result"]["files"]
    }
    assert set(contents) == {"xlsx", "gpkg", "pdf"}
    assert contents["xlsx"].startswith(b"PK")
    assert contents["gpkg"].startswith(b"SQLite format 3")
    document = pypdfium2.PdfDocument(contents["pdf"])
    assert "片区例会" in "".join(leaf.get_textpage().get_text_range() for leaf in document)


def test_a_report_by_a_template_of_the_town_that_runs_on_ends_as_a_job_that_names_it(
    client: FlaskClient, ended: Ended, demo_database: Database
) -> None:
    folder = demo_database.settings.home / "templates"
    folder.mkdir()
    try:
        (folder / "hotspots.html.j2").write_text(
            "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}", "utf-8"
        )
        told = ended(client.post("/api/v1/reports/hotspots", json=ASKED | {"purpose": "片区例会"}))
    finally:
        shutil.rmtree(folder)
    assert told["state"] == "failed"
    assert told["problem"]["code"] == "template-needs-too-much"
    assert "hotspots.html.j2" in told["problem"]["message_zh"]


def test_only_files_that_the_job_names_are_handed_out(client: FlaskClient, made: dict[str, Any]) -> None:
    for name in ("../../settings", "gridmap-report-tables", "gridmap-report.csv", "..", "/etc/hostname"):
        answer = client.get(made["file"], query_string={"name": name})
        assert (answer.status_code, answer.get_json()["code"]) == (404, "job-file-gone"), name


def test_a_report_is_in_the_register_of_whoever_sees_its_grids_and_of_no_other(
    client: FlaskClient, made: dict[str, Any], demo_database: Database
) -> None:
    [entry] = [
        row
        for row in client.get("/api/v1/reports").get_json()["reports"]
        if row["report_id"] == made["run_id"]
    ]
    assert (entry["purpose"], entry["since"], entry["until"]) == ("片区例会", "2026-05-01", "2026-10-31")
    assert entry["file_sha256"] == made["result"]["file_sha256"]
    narrow = client_of(demo_database, Role.AREA_DESK, AREA)
    numbers = [row["report_id"] for row in narrow.get("/api/v1/reports").get_json()["reports"]]
    assert made["run_id"] not in numbers


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"from": "2026-10-31", "to": "2026-05-01"}, "period-reversed"),
        ({"to": "9999-12-31"}, "report-period"),
        ({"from": "0001-01-01"}, "report-period"),
        ({"domain": "nothing"}, "domain-unknown"),
        ({"purpose": "找 13812345678"}, "purpose-personal"),
        ({"within": 1}, "grid-not-found"),
        ({"permutations": 5}, "request-invalid"),
        ({"languages": "fr"}, "request-invalid"),
    ],
)
def test_a_report_that_cannot_be_made_is_refused_before_it_waits(
    client: FlaskClient, given: dict[str, Any], code: str
) -> None:
    before = client.get("/api/v1/jobs").get_json()["jobs"][:1]
    answer = client.post("/api/v1/reports/hotspots", json=ASKED | given)
    assert answer.get_json()["code"] == code
    assert client.get("/api/v1/jobs").get_json()["jobs"][:1] == before


def test_the_page_makes_a_report_tells_how_far_it_is_and_offers_its_files(
    client: FlaskClient, ended: Ended
) -> None:
    purpose = new_word()
    form = {"period": "own", "since": "2026-05-01", "until": "2026-10-31", "level": "3", "domain": "policing"}
    answer = client.post("/reports", data=form | {"purpose": purpose, "lang_of": "zh"})
    assert answer.status_code == 303
    page = client.get("/reports").text
    item = next(part for part in page.split("<li ") if purpose in part)
    job_id = re.findall(r'data-job="(\w+)"', item)[0]
    told = client.get(f"/api/v1/jobs/{job_id}")
    told.status_code = 202
    told.headers["Location"] = f"/api/v1/jobs/{job_id}"
    assert ended(told)["state"] == "done"
    part = client.get("/reports/waiting").text
    item = next(piece for piece in part.split("<li ") if purpose in piece)
    files = re.findall(r'href="(/reports/\w+/[\w.-]+)"', item)
    assert {name.rpartition(".")[2] for name in files} == {"html", "pdf", "xlsx", "gpkg"}
    assert all(fetched(client, name) for name in files)
    assert purpose in part[part.index('id="register"') :]
    again = client.get(re.findall(r'class="again" href="([^"]+)"', item)[0].replace("&amp;", "&")).text
    assert f'value="{purpose}"' in again
    assert 'value="2026-05-01"' in again


def test_a_form_that_is_wrong_comes_back_with_what_was_written(client: FlaskClient) -> None:
    answer = client.post("/reports", data={"period": "own", "since": "2026-13-01", "purpose": "周会"})
    assert answer.status_code == 422
    assert "2026-13-01" in answer.text
    assert 'value="周会"' in answer.text


def test_a_report_of_another_post_is_not_there(
    client: FlaskClient, made: dict[str, Any], demo_database: Database
) -> None:
    other = client_of(demo_database, Role.TOWN_DESK)
    job_id = made["job_id"]
    assert other.get(f"/reports/{job_id}/gridmap-report.html").status_code == 404
    assert other.post(f"/reports/{job_id}/cancelled").status_code == 404
    assert job_id not in other.get("/reports").text


def test_only_roles_that_make_documents_see_the_page(demo_database: Database) -> None:
    assert client_of(demo_database, Role.LIAISON).get("/reports").status_code == 200
    assert client_of(demo_database, Role.GRID_POST, 33068110901001000).get("/reports").status_code == 403


def test_the_service_report_is_told_over_the_api_and_handed_out_as_paper(client: FlaskClient) -> None:
    told = client.get("/api/v1/reports/services?mode=car").get_json()
    assert told["mode"] == "car"
    assert len(told["villages"]) == 28
    slower = client.get("/api/v1/reports/services?mode=foot").get_json()
    fast, slow = (one["town"]["mediation"]["residents"]["workday"] for one in (told, slower))
    assert fast < slow
    paper = client.get("/reports/services.pdf?mode=car")
    assert paper.data.startswith(b"%PDF")
    assert client.get("/reports/services.pdf?mode=horse").status_code == 422
    assert client.get("/api/v1/reports/services?mode=horse").status_code == 422


def test_who_may_not_see_where_temporary_residents_live_gets_no_service_report(
    demo_database: Database,
) -> None:
    liaison = client_of(demo_database, Role.LIAISON)
    assert liaison.get("/api/v1/reports/services").status_code == 403
    assert "/reports/services.pdf" not in liaison.get("/reports").text
