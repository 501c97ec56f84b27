"""The API keeps to its own OpenAPI document."""

from __future__ import annotations

import re
from typing import Any

import jsonschema
import openapi_spec_validator
import pytest
from flask.testing import FlaskClient

TOWN, VILLAGE = "33068110900000000", "33068110901004000"
SANE = {
    "/api/v1/projects": "",
    "/api/v1/imports": "limit=3",
    "/api/v1/records/{kind}": "q=T0",
    "/api/v1/records/{kind}/{code}": "",
    "/api/v1/rulings": "from=2026-01-01&to=2026-12-31",
    "/api/v1/cases": "q=FQ25&limit=3",
    "/api/v1/cases/limits": "",
    "/api/v1/cases/lists": "",
    "/api/v1/cases/photos": "",
    "/api/v1/cases/point": "lon=120.41&lat=29.79&crs=gcj02&accuracy_m=20",
    "/api/v1/cases/tasks": "kind=follow_up,visit&limit=5",
    "/api/v1/cases/{number}": "",
    "/api/v1/cases/{number}/photos": "",
    "/api/v1/handovers": "",
    "/api/v1/counts": "level=2&domain=dispute&from=2026-01-01&to=2026-03-31",
    "/api/v1/coverage": "at=21:00&minutes=5,10",
    "/api/v1/dispatches": "open=true&limit=5",
    "/api/v1/dispatches/times": "by=village&from=2026-01-01",
    "/api/v1/exports/columns/{name}.{format}": "from=2026-10-01&to=2026-10-31",
    "/api/v1/exports/{layer}.{format}": "",
    "/api/v1/grids": f"level=3&parent={TOWN}",
    "/api/v1/grids/{grid_key}": "on=2026-01-01",
    "/api/v1/grids/{grid_key}/summary": "domain=safety",
    "/api/v1/incidents": f"grid={VILLAGE}&stage=archived&limit=5",
    "/api/v1/incidents/{incident_id}": "",
    "/api/v1/incidents/{uid}/teams": "k=2&at=2026-10-30T23:00",
    "/api/v1/clinics": "since=2026-11-01&until=2026-11-30",
    "/api/v1/fixed-points": f"grid={VILLAGE}",
    "/api/v1/forms/disputes": "period=2026-10&level=2",
    "/api/v1/forms/meeting": "period=2026-10",
    "/api/v1/grids/{grid_key}/posts": "",
    "/api/v1/jobs": "state=done&limit=5",
    "/api/v1/migrant-clusters": f"grid={VILLAGE}",
    "/api/v1/organisations": f"grid={VILLAGE}",
    "/api/v1/patrol-weeks": "since=2026-11-02",
    "/api/v1/posts/terms": "",
    "/api/v1/profiles": "",
    "/api/v1/reports": "limit=3",
    "/api/v1/reports/services": "mode=car",
    "/api/v1/screening-rounds": "",
    "/api/v1/shares": "of=on-time&domain=dispute",
    "/api/v1/teams": "",
    "/api/v1/teams/nearest": "lon=120.41&lat=29.79&k=4",
    "/api/v1/teams/{code}/track": "",
    "/api/v1/timeline": "step=week",
    "/api/v1/workspace": "",
}
PARTS = {
    "layer": "teams",
    "kind": "teams",
    "format": "csv",
    "grid_key": VILLAGE,
    "incident_id": "17",
    "uid": "FQ25-000002",
    "code": "T01",
    "number": "FQ25-000002",
    "name": "gbt31000",
}


@pytest.fixture(scope="module")
def document(client: FlaskClient) -> dict[str, Any]:
    answer = client.get("/api/v1/openapi.json")
    assert answer.status_code == 200
    found: dict[str, Any] = answer.get_json()
    return found


def _filled(path: str) -> str:
    return re.sub(r"\{(\w+)\}", lambda m: PARTS[m[1]], path)


def test_the_document_is_valid_openapi(document: dict[str, Any]) -> None:
    openapi_spec_validator.validate(document)


def test_every_address_of_the_api_is_in_the_document(client: FlaskClient, document: dict[str, Any]) -> None:
    rules = {
        re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)
        for rule in client.application.url_map.iter_rules()
        if rule.rule.startswith("/api/") and rule.endpoint != "openapi"
    }
    assert rules == set(document["paths"])
    # Runs, forecasts, plans and schedules are made and deleted, too: their own files have their promises.
    written = (
        "/api/v1/hotspot-runs",
        "/api/v1/forecasts",
        "/api/v1/patrol-plans",
        "/api/v1/reports/schedules",
        "/api/v1/beats",
        "/api/v1/rosters",
        "/api/v1/shifts",
    )
    reading = {path: m for path, m in document["paths"].items() if not path.startswith(written)}
    evidence = {
        path.rpartition("}/")[2]: set(document["paths"][path])
        for path in document["paths"]
        if "/patrol-plans/{" in path
    }
    assert [evidence[part] for part in ("visits", "live", "effect", "check-ins")] == [{"get"}] * 3 + [
        {"post"}
    ]
    assert set(reading.pop("/api/v1/coverage/sites")) == {"post"}
    assert set(reading.pop("/api/v1/reports/hotspots")) == {"post"}
    assert set(reading.pop("/api/v1/jobs/{job_id}")) == {"get", "delete"}
    assert set(reading.pop("/api/v1/jobs/{job_id}/file")) == {"get"}
    sent = {path: reading.pop(path) for path in sorted(reading) if path.startswith("/api/v1/dispatches/{")}
    for path, methods in sent.items():
        assert set(methods) == ({"get"} if path.endswith("}") else {"post"}), path
    desk = (
        "/cases/duplicates",
        "/open",
        "/steps",
        "/undo",
        "/done",
        "/answers",
        "/volunteers",
        "/removed",
        "/remove",
        "/taken",
        "/off",
        "/told",
        "/merged",
        "/change",
        "/withdraw",
        "/merge",
        "/restore",
    )
    for path in [path for path in reading if path.endswith(desk)]:
        assert set(reading.pop(path)) == {"post"}, path
    assert set(reading.pop("/api/v1/screening-rounds/{round_id}")) == {"get"}
    assert set(reading.pop("/api/v1/projects/{code}")) == {"get"}
    assert set(reading.pop("/api/v1/profiles/{name}")) == {"get"}
    assert set(reading) == set(SANE)
    both = {"/api/v1/dispatches", "/api/v1/cases", "/api/v1/cases/tasks", "/api/v1/screening-rounds"}
    both |= {
        "/api/v1/handovers",
        "/api/v1/cases/{number}/photos",
        "/api/v1/clinics",
        "/api/v1/profiles",
        "/api/v1/projects",
        "/api/v1/rulings",
        "/api/v1/records/{kind}",
        "/api/v1/forms/disputes",
        "/api/v1/grids/{grid_key}/posts",
    }
    for path, methods in reading.items():
        more = "post" if path in both else "put" if path in PUT else "get"
        assert set(methods) == {"get", more}, path


PUT = {"/api/v1/cases/limits", "/api/v1/cases/photos"}
"""Settings of the town that are set whole."""


@pytest.mark.parametrize("path", SANE)
def test_a_sane_request_is_answered_with_the_documented_schema(
    client: FlaskClient, document: dict[str, Any], path: str
) -> None:
    listed = client.get("/api/v1/incidents?limit=1").get_json(force=True)["features"]
    filled = _filled(path.replace("{incident_id}", str(listed[0]["id"])))
    answer = client.get(f"{filled}?{SANE[path]}")
    assert answer.status_code == 200, answer.text
    content = document["paths"][path]["get"]["responses"]["200"]["content"]
    if path.startswith("/api/v1/exports"):
        assert answer.mimetype in {name.partition(";")[0] for name in content}
        return
    schema = content["application/json"]["schema"] | {"components": document["components"]}
    jsonschema.Draft202012Validator(schema).validate(answer.get_json(force=True))
    assert schema.get("$ref"), "an answer without a named schema promises nothing"


@pytest.mark.parametrize("path", SANE)
def test_a_misspelt_parameter_is_refused_not_overlooked(client: FlaskClient, path: str) -> None:
    answer = client.get(f"{_filled(path)}?{SANE[path]}&domian=dispute")
    _is_problem(answer, 422)
    assert "domian" in answer.get_json()["message_en"]


BAD = [
    ("/api/v1/grids?level=5", 422),
    ("/api/v1/grids?level=x", 422),
    ("/api/v1/grids?parent=5", 422),
    ("/api/v1/grids?parent=-1", 422),
    ("/api/v1/grids?parent=999999999999999999999", 422),
    ("/api/v1/grids?on=2026-13-01", 422),
    ("/api/v1/grids?on=yesterday", 422),
    ("/api/v1/grids/33068110977000000", 404),
    ("/api/v1/grids/0", 404),
    ("/api/v1/grids/99999999999999999999", 422),
    ("/api/v1/grids/abc", 404),
    ("/api/v1/grids/33068110977000000/summary", 404),
    ("/api/v1/grids/5/summary", 404),
    ("/api/v1/counts?domain=weather", 422),
    ("/api/v1/counts?from=2026-03-01&to=2026-02-01", 422),
    ("/api/v1/counts?parent=5", 422),
    ("/api/v1/timeline?step=hour", 422),
    ("/api/v1/timeline?grid=7", 422),
    ("/api/v1/incidents?limit=0", 422),
    ("/api/v1/incidents?limit=100000", 422),
    ("/api/v1/incidents?stage=lost", 422),
    ("/api/v1/incidents?cursor=nonsense", 422),
    ("/api/v1/incidents?cursor=WyIyMDI1LTAxLTAxIiwgSW5maW5pdHld", 422),
    ("/api/v1/incidents?cursor=%FF%FE", 422),
    ("/api/v1/incidents/0", 422),
    ("/api/v1/incidents/99999999", 404),
    ("/api/v1/incidents/99999999999999999999", 422),
    ("/api/v1/teams/nearest?lon=200&lat=0", 422),
    ("/api/v1/teams/nearest?lon=nan&lat=0", 422),
    ("/api/v1/teams/nearest?lon=120", 422),
    ("/api/v1/teams/T99/track", 404),
    ("/api/v1/teams/%00/track", 422),
    ("/api/v1/migrant-clusters?grid=0", 422),
    ("/api/v1/jobs/" + "0" * 32, 404),
    ("/api/v1/jobs/nonsense", 422),
    ("/api/v1/jobs?state=lost", 422),
    ("/api/v1/exports/people.csv", 422),
    ("/api/v1/exports/grids.exe", 422),
    ("/api/v1/exports/columns/gbt31000.gpkg", 422),
    ("/api/v1/exports/columns/nobody.csv", 422),
    ("/api/v1/profiles/nobody", 404),
    ("/api/v1/exports/grids.csv?crs=EPSG:3857", 422),
    ("/api/v1/patrol-plans/999999/visits", 404),
    ("/api/v1/patrol-plans/999999/live", 404),
    ("/api/v1/patrol-plans/999999/effect", 404),
    ("/api/v1/patrol-plans/0/visits", 422),
    ("/api/v1/patrol-plans/1/visits?at=21:00", 422),
    ("/api/v1/patrol-plans/1/live?at=nonsense", 422),
    ("/api/v1/patrol-plans/1/live?att=2026-11-01T13:30:00Z", 422),
    ("/api/v1/patrol-plans/1/effect?weeks=1", 422),
    ("/api/v1/patrol-plans/1/effect?domain=" + "x" * 41, 422),
    ("/api/v1/nothing", 404),
    ("/tiles/1/grids/30/0/0.mvt", 422),
    ("/tiles/1/grids/2/9/0.mvt", 422),
    ("/tiles/1/people/2/1/1.mvt", 404),
    ("/tiles/1/incidents/2/1/1.mvt?domain=weather", 422),
    ("/tiles/1/incidents/2/1/1.mvt?from=2026-03-01&to=2026-02-01", 422),
]


@pytest.mark.parametrize(("address", "status"), BAD)
def test_a_bad_request_is_answered_with_what_is_wrong(client: FlaskClient, address: str, status: int) -> None:
    _is_problem(client.get(address), status)


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31", "1900-01-01"])
def test_days_at_the_ends_of_the_calendar_do_no_harm(client: FlaskClient, day: str) -> None:
    for address in ("counts?", "timeline?", "incidents?limit=1&"):
        assert client.get(f"/api/v1/{address}from={day}").status_code == 200
        assert client.get(f"/api/v1/{address}to={day}").status_code == 200
    assert client.get(f"/api/v1/grids?on={day}&geometry=false").status_code == 200
    assert client.get(f"/tiles/1/incidents/10/854/422.mvt?to={day}").status_code in {200, 204}


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_records_and_grids_are_not_written_through_the_api(client: FlaskClient, method: str) -> None:
    written = {"/api/v1/dispatches", "/api/v1/cases", "/api/v1/cases/tasks", "/api/v1/screening-rounds"}
    written |= {"/api/v1/clinics", "/api/v1/forms/disputes", "/api/v1/grids/{grid_key}/posts"}
    written |= {
        "/api/v1/handovers",
        "/api/v1/profiles",
        "/api/v1/projects",
        "/api/v1/rulings",
        "/api/v1/records/{kind}",
        "/api/v1/cases/{number}/photos",
    }
    taken = {"post": written, "put": PUT}.get(method, set())
    closed = [path for path in SANE if path not in taken]
    assert len(closed) == len(SANE) - len(taken) > 0
    for path in closed:
        _is_problem(getattr(client, method)(_filled(path)), 405)


def _is_problem(answer: Any, status: int) -> None:
    assert answer.status_code == status, answer.text
    problem = answer.get_json()
    assert set(problem) == {"code", "message_zh", "message_en"}
    assert all(problem.values())
    _tells_nothing(answer.text)


def _tells_nothing(said: str) -> None:
    lower = said.lower()
    for word in (
        "select ",
        "psycopg",
        "sqlalchemy",
        "traceback",
        "gridmap_app",
        "/work",
        "postgres",
        "relation",
    ):
        assert word not in lower, said


METACHARACTERS = (
    "'",
    "';drop table incidents;--",
    "1 or 1=1",
    '"',
    "%",
    "\\",
    "$$",
    ":x",
    "a\x00b",
    "%(x)s",
    "{}",
    "<script>",
)


@pytest.mark.parametrize("value", METACHARACTERS)
def test_metacharacters_are_values_and_nothing_more(client: FlaskClient, value: str) -> None:
    before = client.get("/api/v1/counts").get_json()["counts"]
    for name in ("domain", "from", "to", "parent", "level"):
        _is_problem(client.get("/api/v1/counts", query_string={name: value}), 422)
    for name in ("cursor", "stage", "grid"):
        _is_problem(client.get("/api/v1/incidents", query_string={name: value}), 422)
    from urllib.parse import quote

    answer = client.get(f"/api/v1/teams/{quote(value, safe='')}/track")
    _is_problem(answer, 422 if "\x00" in value else 404)
    assert "<script>" not in answer.text or answer.mimetype == "application/json"
    assert before
    assert client.get("/api/v1/counts").get_json()["counts"] == before
