"""The door: whose name, whose page, what size; the same for every method and every address."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from gridmap.storage.database import Database
from tests.doors import client_of
from web.app import create_app

ADDRESSES = (
    "/", "/healthz", "/sign-in", "/api/v1/incidents", "/api/v1/exports/incidents.csv", "/tiles/1/grids/2/1/1.mvt",
    "/static/css/tokens.css", "/nothing", "/favicon.ico",
)  # fmt: skip
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")
NAVIGATING = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document", "Accept": "text/html"}


@pytest.fixture(scope="module")
def town(database: Database) -> FlaskClient:
    """An administrator's client over tables without rows."""
    return client_of(database)


def problem(answer: TestResponse, status: int, code: str) -> None:
    assert (answer.status_code, answer.get_json()["code"]) == (status, code), answer.text
    assert set(answer.get_json()) == {"code", "message_zh", "message_en"}
    assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("address", ADDRESSES)
def test_a_name_that_is_not_the_server_s_gets_nothing(town: FlaskClient, address: str, method: str) -> None:
    for host in (
        "elsewhere.example",
        "elsewhere.example:8010",
        "127.0.0.1.elsewhere.example",
        "localhost.evil:80",
    ):
        problem(town.open(address, method=method, headers={"Host": host}), 403, "other-host")


@pytest.mark.parametrize(
    "host",
    [
        "",
        " ",
        "a b",
        "local\thost",
        "127.0.0.1:port",
        "127.0.0.1:99999",
        "[::1",
        "http://localhost",
        "局域网",
        "a/b",
    ],
)
def test_a_malformed_host_is_a_400(town: FlaskClient, host: str) -> None:
    environ = {"HTTP_HOST": host.encode().decode("latin-1")}
    problem(town.get("/api/v1/grids", environ_overrides=environ), 400, "host-malformed")


def test_the_server_answers_to_the_names_that_are_its_own(database: Database) -> None:
    for host in ("localhost", "localhost:8010", "127.0.0.1:5", "[::1]:8010", "LOCALHOST"):
        answer = create_app(database).test_client().get("/healthz", headers={"Host": host})
        assert answer.status_code == 200, host


@pytest.mark.parametrize(
    "origin", ["http://[", "nonsense", "http://a b", "http://localhost:port", "http://localhost/x"]
)
def test_a_malformed_origin_is_a_400(town: FlaskClient, origin: str) -> None:
    for method in ("GET", "POST", "DELETE"):
        answer = town.open("/api/v1/grids", method=method, headers={"Origin": origin})
        problem(answer, 400, "origin-malformed")


@pytest.mark.parametrize(
    "origin",
    [
        "null",
        "http://elsewhere.example",
        "https://localhost",
        "http://localhost:8011",
        "http://localhost.evil",
    ],
)
def test_another_origin_is_refused_whatever_it_asks(town: FlaskClient, origin: str) -> None:
    for method in ("GET", "POST", "DELETE"):
        for address in ADDRESSES:
            answer = town.open(address, method=method, headers={"Origin": origin})
            problem(answer, 403, "other-origin")


def test_https_is_an_origin_of_its_own_unless_the_proxy_speaks_it(town: FlaskClient) -> None:
    secure = {"wsgi.url_scheme": "https"}
    ours = {"Origin": "https://localhost"}
    assert town.get("/api/v1/grids", headers=ours, environ_overrides=secure).status_code == 200
    plain = {"Origin": "http://localhost"}
    problem(town.get("/api/v1/grids", headers=plain, environ_overrides=secure), 403, "other-origin")


@pytest.mark.parametrize(
    "target",
    ["http://elsewhere.example/healthz", "HTTP://localhost.evil:80/x", "http://["],
)
def test_a_first_line_that_names_another_server_than_host_is_refused(town: FlaskClient, target: str) -> None:
    for method in METHODS:
        answer = town.open("/healthz", method=method, environ_overrides={"REQUEST_URI": target})
        problem(answer, 400, "host-target")
    ours = {"REQUEST_URI": "http://LOCALHOST:80/healthz"}
    assert town.get("/healthz", environ_overrides=ours).status_code == 200


@pytest.mark.parametrize(
    "address", ["/ogc/", "/ogc/collections", "/open311/v2/requests.json", "/metrics", "/healthz"]
)
def test_another_site_leads_nobody_to_what_programs_ask_for(town: FlaskClient, address: str) -> None:
    headers = {"Sec-Fetch-Site": "cross-site", **NAVIGATING}
    problem(town.get(address, headers=headers), 403, "other-origin")


@pytest.mark.parametrize("site", ["cross-site", "same-site", "nonsense"])
def test_another_site_may_lead_a_person_to_a_page_and_nothing_else(town: FlaskClient, site: str) -> None:
    headers = {"Sec-Fetch-Site": site, **NAVIGATING}
    assert town.get("/map", headers=headers).status_code == 200
    assert town.get("/audit", headers=headers).status_code == 200
    for address in ADDRESSES[3:7]:
        problem(town.get(address, headers=headers), 403, "other-origin")
    problem(town.post("/sign-in", headers=headers), 403, "other-origin")
    for change in ({"Sec-Fetch-Mode": "no-cors"}, {"Sec-Fetch-Dest": "iframe"}, {"Sec-Fetch-Dest": "image"}):
        problem(town.get("/", headers=headers | change), 403, "other-origin")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"[" * 33 + b"]" * 33, 422, "body-deep"),
        (b"[" * 100_000, 422, "body-deep"),
        (b'{"a": "\\u0000"}', 422, "body-nul"),
        (b'{"a": "\x00"}', 422, "body-nul"),
        (b'"' + b"a" * 1_100_000 + b'"', 413, "body-large"),
    ],
    ids=["deep", "very deep", "escaped NUL", "NUL", "large"],
)
def test_a_body_is_measured_before_it_is_parsed(
    town: FlaskClient, body: bytes, status: int, code: str
) -> None:
    for address in ("/api/v1/hotspot-runs", "/nothing", "/sign-in"):
        problem(town.post(address, data=body, content_type="application/json"), status, code)


def test_brackets_within_text_are_no_depth(town: FlaskClient) -> None:
    answer = town.post("/api/v1/hotspot-runs", json={"method": "[" * 200 + '"' + "{" * 200})
    assert answer.status_code == 422
    assert answer.get_json()["code"] == "request-invalid"


@pytest.mark.parametrize(
    "address",
    [
        "/api/v1/incidents?kind=a%00b",
        "/api/v1/incidents?q=a%00b",
        "/api/v1/counts?level=2&domain=%00",
        "/api/v1/teams/%00/track",
        "/desk/search?q=%00",
        "/sign-in?next=%00",
    ],
)
def test_nul_in_an_address_is_refused_before_it_is_looked_up(town: FlaskClient, address: str) -> None:
    problem(town.get(address), 422, "address-nul")
    form = "application/x-www-form-urlencoded"
    problem(town.post("/sign-in", data="name=a%00b", content_type=form), 422, "body-nul")


def test_a_wrong_method_is_told_which_are_right_whoever_asks(town: FlaskClient) -> None:
    for client in (town, town.application.test_client(use_cookies=False)):
        for address, right in (
            ("/api/v1/grids", {"GET", "HEAD"}),
            ("/api/v1/incidents", {"GET", "HEAD"}),
            ("/api/v1/dispatches/1/arrived", {"POST"}),
            ("/healthz", {"GET", "HEAD"}),
        ):
            answer = client.patch(address)
            assert answer.status_code == 405
            assert right <= set(answer.headers["Allow"].split(", "))


@pytest.mark.parametrize("address", ADDRESSES)
def test_no_answer_may_be_embedded_elsewhere(town: FlaskClient, address: str) -> None:
    with town.get(address) as answer:
        assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert "unsafe" not in answer.headers["Content-Security-Policy"]
