"""Hotspot runs over the API: made in the background, kept, shown, exported, deleted; by nobody else's page."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import geopandas as gpd
import jsonschema
import pandas as pd
import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

RUNS = "/api/v1/hotspot-runs"
QUICK = {"method": "gi", "domain": "policing", "level": 3, "seed": 7}


Ended = Callable[[TestResponse], dict[str, Any]]


@pytest.fixture
def kept(client: FlaskClient, ended: Ended) -> Iterator[Callable[..., int]]:
    """Make runs that are deleted after the test."""
    mine: list[int] = []

    def make(**parameters: Any) -> int:
        told = ended(client.post(RUNS, json=QUICK | parameters))
        assert told["state"] == "done", told
        assert (told["done"], told["total"]) == (3, 3)
        mine.append(int(told["run_id"]))
        return mine[-1]

    yield make
    for run_id in mine:
        client.delete(f"{RUNS}/{run_id}")


@pytest.fixture(scope="module")
def document(client: FlaskClient) -> dict[str, Any]:
    found: dict[str, Any] = client.get("/api/v1/openapi.json").get_json()
    return found


def has_schema(document: dict[str, Any], path: str, answer: Any, method: str = "get") -> None:
    responses = document["paths"][path][method]["responses"]
    schema = responses[str(answer.status_code)]["content"]["application/json"]["schema"]
    whole = schema | {"components": document["components"]}
    jsonschema.Draft202012Validator(whole).validate(answer.get_json(force=True))


def is_problem(answer: Any, status: int, code: str | None = None) -> None:
    assert answer.status_code == status, answer.text
    problem = answer.get_json()
    assert set(problem) == {"code", "message_zh", "message_en"}
    assert all(problem.values())
    if code:
        assert problem["code"] == code


def test_a_run_is_made_in_the_background_and_kept_with_what_repeats_it(
    client: FlaskClient, kept: Callable[..., int]
) -> None:
    run_id = kept(**{"from": "2026-01-01", "to": "2026-06-30"})
    listed = client.get(RUNS).get_json()["runs"]
    run = next(r for r in listed if r["run_id"] == run_id)
    assert listed == sorted(listed, key=lambda r: r["created_at"], reverse=True)
    assert (run["method"], run["domain"], run["level"], run["seed"]) == ("gi", "policing", 3, 7)
    assert (run["since"], run["until"]) == ("2026-01-01", "2026-06-30")
    assert len(run["data_sha256"]) == 64
    assert run["summary"]["caption_zh"] == "接报量，不代表危险"
    assert run["parameters"]["by"] == "rate", "the people of the demonstration town are known"
    again = kept(**{"from": "2026-01-01", "to": "2026-06-30"})
    first, second = (client.get(f"{RUNS}/{n}").get_json(force=True)["features"] for n in (run_id, again))
    assert first == second


def test_what_is_left_out_is_the_whole_period_and_the_finest_level(
    client: FlaskClient, kept: Callable[..., int]
) -> None:
    period = client.get("/api/v1/workspace").get_json()["period"]
    run = client.get(f"{RUNS}/{kept(level=None)}").get_json(force=True)["run"]
    assert (run["since"], run["until"], run["level"]) == (period["from"], period["to"], 4)


def test_features_are_geojson_in_words_with_keys_as_text(
    client: FlaskClient, kept: Callable[..., int]
) -> None:
    answer = client.get(f"{RUNS}/{kept()}")
    assert answer.mimetype == "application/geo+json"
    found = answer.get_json(force=True)
    frame = gpd.GeoDataFrame.from_features(found["features"], crs=4326)
    assert frame.geometry.is_valid.all()
    assert [f["id"] for f in found["features"]] == list(range(1, len(found["features"]) + 1))
    for feature in found["features"]:
        p = feature["properties"]
        assert isinstance(p["grid_key"], str)
        assert len(p["grid_key"]) == 17
        assert p["observed"] >= 5
        assert str(p["observed"]) in p["words_zh"]
        assert "reported" in p["words_en"]
    assert {f["properties"]["label"] for f in found["features"]} <= {
        "none",
        *(c["code"] for c in found["classes"]),
    }


@pytest.mark.parametrize("method", ["moran", "scan", "kde", "network-kde", "near-repeat", "emerging"])
def test_every_label_of_a_method_has_words_and_a_definition(
    client: FlaskClient, kept: Callable[..., int], document: dict[str, Any], method: str
) -> None:
    answer = client.get(f"{RUNS}/{kept(method=method, permutations=19)}")
    has_schema(document, RUNS + "/{run_id}", answer)
    found = answer.get_json(force=True)
    known = {c["code"] for c in found["classes"]}
    assert {f["properties"]["label"] for f in found["features"]} - {"none"} <= known
    assert all(c["zh"] and c["en"] and c["definition_zh"] and c["definition_en"] for c in found["classes"])
    assert found["features"] or found["run"]["summary"]["table"]


def test_every_answer_has_the_documented_schema(
    client: FlaskClient, document: dict[str, Any], kept: Callable[..., int], ended: Ended
) -> None:
    has_schema(document, RUNS, client.get(f"{RUNS}?method=gi&limit=5"))
    started = client.post(RUNS, json=QUICK)
    has_schema(document, RUNS, started, "post")
    told = ended(started)
    has_schema(document, "/api/v1/jobs/{job_id}", client.get(f"/api/v1/jobs/{told['job_id']}"))
    other = kept(**{"from": "2026-01-01", "to": "2026-03-31"})
    compared = client.get(f"{RUNS}/{told['run_id']}/compare/{other}")
    has_schema(document, RUNS + "/{run_id}/compare/{other_id}", compared)
    assert {c["change"] for c in compared.get_json()["changes"]} <= {"kept", "new", "gone"}
    gone = client.delete(f"{RUNS}/{told['run_id']}")
    has_schema(document, RUNS + "/{run_id}", gone, "delete")
    is_problem(client.get(f"{RUNS}/{told['run_id']}"), 404, "hotspot-run-not-found")
    is_problem(client.delete(f"{RUNS}/{told['run_id']}"), 404, "hotspot-run-not-found")


def test_a_run_is_exported_with_its_caption(
    client: FlaskClient, kept: Callable[..., int], tmp_path: Path
) -> None:
    run_id = kept()
    n = len(client.get(f"{RUNS}/{run_id}").get_json(force=True)["features"])
    table = pd.read_csv(io.BytesIO(client.get(f"{RUNS}/{run_id}/export?format=csv").data), dtype=str)
    book = pd.read_excel(
        io.BytesIO(client.get(f"{RUNS}/{run_id}/export?format=xlsx").data), dtype=str, engine="calamine"
    )
    for frame in (table, book):
        assert len(frame) == n
        assert set(frame["caption_zh"]) == {"接报量，不代表危险"}
    for name in ("geojson", "gpkg"):
        answer = client.get(f"{RUNS}/{run_id}/export?format={name}")
        assert f"gridmap-hotspots-{run_id}.{name}" in answer.headers["Content-Disposition"]
        file = tmp_path / f"run.{name}"
        file.write_bytes(answer.data)
        assert len(gpd.read_file(file)) == n
    is_problem(client.get(f"{RUNS}/{run_id}/export?format=exe"), 422)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"from": "2020-01-01", "to": "2020-02-01"}, "hotspots-no-incidents"),
        ({"method": "emerging", "from": "2026-10-01", "to": "2026-10-20"}, "slices-too-few"),
        ({"level": 2}, "cells-too-few"),
        ({"method": "scan", "level": 2}, "cells-too-few"),
        ({"method": "scan", "level": 3, "max_population": 0.005}, "scan-no-window"),
        ({"method": "space-time-scan", "level": 3, "max_population": 0.005}, "scan-no-window"),
        (
            {"method": "near-repeat", "level": 4, "season_days": 1, "from": "2026-10-05", "to": "2026-10-11"},
            "near-repeat-orders",
        ),
        ({"within": 5}, "grid-not-found"),
        ({"within": 33068110977000000}, "grid-not-found"),
    ],
)
def test_what_the_data_do_not_allow_is_told_by_the_job_in_both_languages(
    client: FlaskClient, ended: Ended, body: dict[str, Any], code: str
) -> None:
    told = ended(client.post(RUNS, json=QUICK | body))
    assert told["state"] == "failed"
    assert told["problem"]["code"] == code
    assert set(told["problem"]) == {"code", "message_zh", "message_en"}


@pytest.mark.parametrize(("season", "warned"), [(28, False), (91, True), (0, True)])
def test_near_repeats_over_long_seasons_are_said_to_be_no_finding(
    client: FlaskClient, ended: Ended, season: int, warned: bool
) -> None:
    asked = {"method": "near-repeat", "level": 4, "season_days": season, "permutations": 19}
    told = ended(client.post(RUNS, json=QUICK | asked | {"from": "2026-07-01", "to": "2026-10-31"}))
    assert told["state"] == "done", told
    notes = client.get(f"{RUNS}/{told['run_id']}").get_json(force=True)["run"]["summary"]["notes"]
    assert any("no finding" in en for _, en in notes) is warned
    client.delete(f"{RUNS}/{told['run_id']}")


@pytest.mark.parametrize(
    "body",
    [
        {"method": "guess"},
        {"domain": "weather"},
        {"level": 9},
        {"seed": -1},
        {"alpha": 2},
        {"permutations": 10**6},
        {"from": "2026-02-01", "to": "2026-01-01"},
        {"domian": "dispute"},
        {"domain": "dispute", "kind": "01", "level": 4},
        {"hexagons": 8},
        [],
        "x",
    ],
    ids=str,
)
def test_parameters_without_sense_are_refused_before_anything_runs(client: FlaskClient, body: Any) -> None:
    sent = QUICK | body if isinstance(body, dict) else body
    is_problem(client.post(RUNS, json=sent), 422)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/0", 422),
        ("/99999999", 404),
        ("/99999999999999999999", 422),
        ("/1/compare/99999999", 404),
        ("?limit=0", 422),
        ("?metod=gi", 422),
    ],
)
def test_a_bad_address_is_answered_with_what_is_wrong(client: FlaskClient, path: str, status: int) -> None:
    is_problem(client.get(RUNS + path), status)


FOREIGN = [
    {"Origin": "http://elsewhere.example"},
    {"Origin": "null"},
    {"Origin": "http://localhost:9999"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Host": "elsewhere.example"},
]


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
def test_another_site_s_page_can_neither_start_nor_delete_runs(
    client: FlaskClient, kept: Callable[..., int], headers: dict[str, str]
) -> None:
    run_id = kept()
    code = "other-host" if "Host" in headers else "other-origin"
    is_problem(client.post(RUNS, json=QUICK, headers=headers), 403, code)
    is_problem(client.delete(f"{RUNS}/{run_id}", headers=headers), 403, code)
    assert client.get(f"{RUNS}/{run_id}").status_code == 200


def test_a_form_cannot_start_a_run(client: FlaskClient) -> None:
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data"):
        is_problem(client.post(RUNS, data='{"method": "gi"}', content_type=kind), 422)


def test_the_program_s_own_page_may_write(client: FlaskClient) -> None:
    own = {"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}
    is_problem(client.delete(f"{RUNS}/99999999", headers=own), 404)
