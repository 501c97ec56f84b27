"""Jobs over the API: what costs is answered with a job; the job is watched, cancelled, and gives its file."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import Any

import jsonschema
import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from gridmap.domain.cases.sealing import is_sealed
from gridmap.domain.gridkey import Scope
from gridmap.errors import Busy, Unavailable
from gridmap.services.jobs import desk
from gridmap.services.workspace.jobs import MOST_INLINE_ROWS

JOBS = "/api/v1/jobs"
LARGE = "/api/v1/exports/incidents.csv"
SMALL = "/api/v1/exports/incidents.csv?from=2026-10-25"
Ended = Callable[[TestResponse], dict[str, Any]]


def test_a_large_export_is_a_job_whose_file_has_every_row(
    client: FlaskClient, ended: Ended, incident_file: list[dict[str, str]]
) -> None:
    assert len(incident_file) > MOST_INLINE_ROWS
    told = ended(client.get(LARGE))
    assert (told["state"], told["kind"]) == ("done", "export")
    told_of = [row for row in incident_file if not is_sealed(row["domain"], row["kind"])]
    assert told["result"] == {"rows": len(told_of), "sealed_left_out": len(incident_file) - len(told_of)}
    answer = client.get(told["file"])
    assert answer.status_code == 200
    assert "gridmap-incidents.csv" in answer.headers["Content-Disposition"]
    rows = list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))
    answer.close()
    assert sorted(row["uid"] for row in rows) == sorted(row["uid"] for row in told_of)


def test_a_small_export_is_answered_at_once_with_the_rows_of_the_large_one(
    client: FlaskClient, incident_file: list[dict[str, str]]
) -> None:
    answer = client.get(SMALL)
    assert answer.status_code == 200
    rows = list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert 0 < len(rows) <= MOST_INLINE_ROWS
    assert {row["uid"] for row in rows} < {row["uid"] for row in incident_file}


def test_another_site_s_page_cannot_start_work_by_a_link(client: FlaskClient) -> None:
    before = client.get(JOBS).get_json()
    answer = client.get(LARGE, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403
    assert client.post("/api/v1/coverage/sites", json={}, headers={"Origin": "null"}).status_code == 403
    assert client.get(JOBS).get_json() == before


def test_jobs_are_listed_newest_first_and_chosen_by_state(client: FlaskClient, ended: Ended) -> None:
    first, second = (ended(client.post("/api/v1/coverage/sites", json={"minutes": m})) for m in (5, 6))
    listed = [job["job_id"] for job in client.get(f"{JOBS}?state=done").get_json()["jobs"]]
    assert listed[:2] == [second["job_id"], first["job_id"]]
    assert first["job_id"] not in str(client.get(f"{JOBS}?state=queued").get_json())


def test_a_job_is_cancelled_by_its_address_and_what_is_over_stays(client: FlaskClient, ended: Ended) -> None:
    told = ended(client.post("/api/v1/coverage/sites", json={}))
    assert client.delete(f"{JOBS}/{told['job_id']}").get_json() == told
    answer = client.get(f"{JOBS}/{told['job_id']}/file")
    assert (answer.status_code, answer.get_json()["code"]) == (404, "job-file-gone")


def test_a_job_answers_with_the_documented_schema(client: FlaskClient, ended: Ended) -> None:
    document = client.get("/api/v1/openapi.json").get_json()
    started = client.get(LARGE)
    told = ended(started)
    for path, method, answer in (
        ("/api/v1/exports/{layer}.{format}", "get", started),
        (JOBS + "/{job_id}", "get", client.get(f"{JOBS}/{told['job_id']}")),
        (JOBS + "/{job_id}", "delete", client.delete(f"{JOBS}/{told['job_id']}")),
        (JOBS, "get", client.get(JOBS)),
    ):
        responses = document["paths"][path][method]["responses"]
        schema = responses[str(answer.status_code)]["content"]["application/json"]["schema"]
        jsonschema.Draft202012Validator(schema | {"components": document["components"]}).validate(
            answer.get_json(force=True)
        )


@pytest.mark.parametrize(("error", "status"), [(Busy, 409), (Unavailable, 503)])
def test_a_refusal_for_want_of_room_says_when_to_come_again(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch, error: type[Busy | Unavailable], status: int
) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise error("jobs-full", "满。", "Full.", retry_after_s=11)

    monkeypatch.setattr(desk, "submit", full)
    answer = client.post("/api/v1/coverage/sites", json={})
    assert (answer.status_code, answer.headers["Retry-After"]) == (status, "11")


def test_a_job_of_a_wider_scope_is_not_there_for_a_narrower_one(
    client: FlaskClient, ended: Ended, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = ended(client.post("/api/v1/coverage/sites", json={}))
    monkeypatch.setattr("web.api.jobs.scope", lambda: Scope.of_grid(33068110901000000))
    for answer in (
        client.get(f"{JOBS}/{told['job_id']}"),
        client.delete(f"{JOBS}/{told['job_id']}"),
        client.get(f"{JOBS}/{told['job_id']}/file"),
    ):
        assert (answer.status_code, answer.get_json()["code"]) == (404, "job-not-found")
    assert client.get(JOBS).get_json() == {"jobs": []}
