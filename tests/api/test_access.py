"""Every address asks for a right of the one table; who has it not is refused, before anything is done."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from gridmap.domain.accounts import Role
from gridmap.domain.gridkey import Scope
from gridmap.domain.roles import MAY, Action, may
from gridmap.storage.database import Database
from tests.conftest import MakeDatabase
from tests.doors import client_of
from web.app import create_app
from web.rights import ASKED, OPEN, WRITTEN_DOWN

VILLAGE, OTHER = 33068110901004000, 33068110901241000
FILLED = {
    "uid": "none",
    "code": "none",
    "format": "csv",
    "job_id": "0" * 32,
    "layer": "teams",
    "name": "none.js",
}
STATES_CHANGED_BY = ("POST", "PUT", "PATCH", "DELETE")


@pytest.fixture(scope="module")
def bare(make_database: MakeDatabase) -> Database:
    """Tables without rows: what passes the door finds nothing."""
    return make_database("with_schema")


@pytest.fixture(scope="module")
def anybody(bare: Database) -> FlaskClient:
    return create_app(bare).test_client(use_cookies=False)


def asked(app: Flask) -> list[tuple[Rule, str]]:
    """Every address with every method that it takes."""
    other = {"OPTIONS", "HEAD"}
    rules = [(rule, m) for rule in app.url_map.iter_rules() for m in (rule.methods or set()) - other]
    assert len(rules) > 60
    return sorted(rules, key=lambda pair: (pair[0].rule, pair[1]))


def address(rule: Rule) -> str:
    return re.sub(
        r"<(?:(\w+):)?(\w+)>", lambda m: "99999999" if m[1] == "int" else FILLED.get(m[2], "x"), rule.rule
    )


def test_every_address_is_in_the_table_and_no_other(anybody: FlaskClient) -> None:
    endpoints = {rule.endpoint for rule in anybody.application.url_map.iter_rules()}
    assert endpoints == set(ASKED) | OPEN
    assert not set(ASKED) & OPEN
    assert set(WRITTEN_DOWN) <= set(ASKED)


def test_only_health_sign_in_and_built_files_are_open(anybody: FlaskClient) -> None:
    assert {
        "healthz", "static", "pages.built_file", "pages.favicon",
        "accounts.sign_in_page", "accounts.sign_in", "accounts.openid_begin", "accounts.openid_back",
        "accounts.enter", "accounts.enter_by_button",
    } == OPEN  # fmt: skip
    for rule, method in asked(anybody.application):
        if rule.endpoint in OPEN:
            continue
        answer = anybody.open(address(rule), method=method)
        assert answer.status_code == 401, f"{method} {rule.rule}"
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("role", Role)
def test_a_role_passes_exactly_where_the_table_says(bare: Database, role: Role) -> None:
    client = client_of(bare, role)
    refused, expected = set(), set()
    for rule, method in asked(client.application):
        if rule.endpoint in OPEN:
            continue
        answer = client.open(address(rule), method=method, json={} if method in STATES_CHANGED_BY else None)
        if answer.status_code == 403 and answer.get_json()["code"] == "role-may-not":
            refused.add(f"{method} {rule.rule}")
        if not may(role, ASKED[rule.endpoint]):
            expected.add(f"{method} {rule.rule}")
    assert refused == expected


def test_an_address_that_is_in_no_table_is_refused_even_to_the_administrator(bare: Database) -> None:
    client = client_of(bare)
    rule = Rule("/forgotten", endpoint="forgotten")
    client.application.url_map.add(rule)
    client.application.view_functions["forgotten"] = lambda: "everything"
    answer = client.get("/forgotten")
    assert (answer.status_code, answer.get_json()["code"]) == (403, "address-unlisted")


def test_default_is_deny() -> None:
    assert set(MAY) == set(Role)
    assert not may("stranger", Action.SEE_MAP)  # type: ignore[arg-type]
    assert {role for role in Role if may(role, Action.MANAGE_POSTS)} == {Role.ADMINISTRATOR}
    assert {role for role in Role if may(role, Action.SEE_AUDIT)} == {
        Role.ADMINISTRATOR,
        Role.SUPERVISOR,
        Role.AUDITOR,
    }
    for role in (Role.LIAISON, Role.SUPERVISOR, Role.AUDITOR, Role.TEAM, Role.PLANNER):
        assert not may(role, Action.SEE_CASES)


def test_what_is_no_address_tells_a_stranger_nothing(anybody: FlaskClient) -> None:
    for path in ("/nothing", "/api/v1/nothing", "/api/v1/incidents/1/2/3"):
        assert anybody.get(path).status_code == 401


def _json(client: FlaskClient, path: str) -> Any:
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    return answer.get_json(force=True)


def test_a_village_desk_sees_its_own_village_and_no_other(
    demo_database: Database, client: FlaskClient
) -> None:
    village = client_of(demo_database, Role.VILLAGE_DESK, VILLAGE)
    scope = Scope.of_grid(VILLAGE)
    whole, part = (_json(c, "/api/v1/counts?level=3") for c in (client, village))
    assert 0 < part["total"] < whole["total"]
    assert set(part["counts"]) == {str(VILLAGE)}
    assert part["counts"][str(VILLAGE)] == whole["counts"][str(VILLAGE)]
    listed = _json(village, "/api/v1/incidents?limit=200")
    # Who has a case that was passed on is told; where it happened is the village's own.
    keys = {int(feature["properties"]["grid_key"]) for feature in listed["features"]}
    assert keys
    assert all(key in scope for key in keys)
    assert village.get(f"/api/v1/grids/{OTHER}").status_code == 404
    assert _json(village, f"/api/v1/counts?grid={OTHER}&level=3")["total"] == 0
