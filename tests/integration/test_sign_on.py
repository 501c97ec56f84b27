"""Signing on by others: the proxy's header from this machine only, and a real OpenID provider on 127.0.0.1."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest
import requests
from flask.testing import FlaskClient
from joserfc.jwk import KeySet, RSAKey
from werkzeug.test import TestResponse

from gridmap.domain.accounts import Actor, Role
from gridmap.errors import InvalidInput
from gridmap.services.accounts import audit, desk, openid
from gridmap.settings import load_settings
from gridmap.storage.database import Database
from tests.provider import CLIENT, SECRET, Provider, providing
from web.app import create_app

KEEPER = Actor.at_the_machine()
POST = "枫源村 值班岗"
HEADER = "X-Signed-On"
BROWSER = {"Sec-Fetch-Mode": "navigate", "Accept": "text/html"}


@pytest.fixture
def town(blank: Database) -> Database:
    import datetime as dt

    desk.add_post(blank, KEEPER, POST, Role.VILLAGE_DESK, 0, dt.date(2026, 11, 1))
    desk.add_post(blank, KEEPER, "停用岗", Role.VILLAGE_DESK, 0, dt.date(2026, 11, 1))
    desk.lock(blank, KEEPER, "停用岗")
    return blank


def with_settings(monkeypatch: pytest.MonkeyPatch, database: Database, **given: Any) -> None:
    monkeypatch.setattr(database, "settings", database.settings.model_copy(update=given))


def refusals(database: Database) -> list[str]:
    return [e.details for e in audit.list_entries(database) if e.outcome == "refused"]


# -- The proxy's header ----------------------------------------------------------------------------------------------


@pytest.fixture
def behind_proxy(town: Database, monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    with_settings(monkeypatch, town, sign_on_header=HEADER, proxy="127.0.0.1")
    return create_app(town).test_client()


def enter(client: FlaskClient, name: str, **environ: str) -> TestResponse:
    return client.get(
        "/sign-in?next=/account",
        headers=BROWSER | {HEADER: name},
        environ_base={"REMOTE_ADDR": "127.0.0.1"} | environ,
    )


def test_the_proxy_s_word_signs_a_post_in(behind_proxy: FlaskClient, town: Database) -> None:
    answer = enter(behind_proxy, quote(POST))
    assert (answer.status_code, answer.headers["Location"]) == (303, "/account")
    assert POST in behind_proxy.get("/account", headers=BROWSER | {HEADER: quote(POST)}).text
    assert "header" in audit.list_entries(town)[0].details or "header" in audit.list_entries(town)[1].details


def test_raw_utf_8_is_read_as_well(behind_proxy: FlaskClient) -> None:
    assert enter(behind_proxy, POST.encode().decode("latin-1")).status_code == 303


@pytest.mark.parametrize("name", ["nobody", "停用岗", "", "%ff", "a%00b", "<img src=x>", "x" * 5000])
def test_who_is_no_post_or_a_locked_one_is_not_signed_in(
    behind_proxy: FlaskClient, town: Database, name: str
) -> None:
    answer = enter(behind_proxy, quote(name) if name.isprintable() and "%" not in name else name)
    # An empty header names nobody: the form, as without it.
    assert answer.status_code == (200 if not name else 401)
    assert not answer.headers.getlist("Set-Cookie") or "gridmap" not in str(
        answer.headers.getlist("Set-Cookie")
    )
    assert behind_proxy.get("/account").status_code == 401


def test_the_same_header_from_anybody_else_is_refused(behind_proxy: FlaskClient) -> None:
    for path in ("/sign-in", "/account", "/healthz", "/api/v1/workspace"):
        answer = behind_proxy.get(
            path, headers={HEADER: quote(POST)}, environ_base={"REMOTE_ADDR": "192.0.2.7"}
        )
        assert (answer.status_code, answer.get_json()["code"]) == (403, "sign-on-peer"), path
    # What the trusted proxy forwards is told by the peer, not by where the request came from first.
    forwarded = enter(behind_proxy, quote(POST), **{"REMOTE_ADDR": "192.0.2.7", "gridmap.peer": "127.0.0.1"})
    assert forwarded.status_code == 303


def test_another_name_ends_the_session_of_the_one_before(behind_proxy: FlaskClient) -> None:
    enter(behind_proxy, quote(POST))
    assert behind_proxy.get("/account", headers=BROWSER | {HEADER: "other"}).status_code == 303
    assert behind_proxy.get("/api/v1/workspace", headers={HEADER: "other"}).status_code == 401


def test_without_the_setting_the_header_is_a_header_like_any_other(town: Database) -> None:
    client = create_app(town).test_client()
    assert enter(client, quote(POST)).status_code == 200
    assert client.get("/account", headers={HEADER: quote(POST)}).status_code == 401


@pytest.mark.parametrize(
    "given",
    [
        {"GRIDMAP_SIGN_ON_HEADER": HEADER},
        {"GRIDMAP_SIGN_ON_HEADER": HEADER, "GRIDMAP_PROXY": "192.0.2.1"},
        {"GRIDMAP_SIGN_ON_HEADER": "Cookie", "GRIDMAP_PROXY": "127.0.0.1"},
        {"GRIDMAP_SIGN_ON_HEADER": "X Y", "GRIDMAP_PROXY": "127.0.0.1"},
        {"GRIDMAP_OIDC_ISSUER": "https://id.town.example"},
        {"GRIDMAP_OIDC_ISSUER": "http://id.town.example", "GRIDMAP_OIDC_CLIENT": "x"},
        {"GRIDMAP_OIDC_ISSUER": "id", "GRIDMAP_OIDC_CLIENT": "x"},
    ],
)
def test_settings_that_would_believe_anybody_are_refused(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, str]
) -> None:
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(InvalidInput, match=r"GRIDMAP_(SIGN_ON_HEADER|OIDC_ISSUER)"):
        load_settings()


# -- OpenID Connect --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    with providing() as running:
        yield running


@pytest.fixture
def offered(
    town: Database, provider: Provider, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> FlaskClient:
    secret = tmp_path / "secret"
    secret.write_text(f"{SECRET}\n", "utf-8")
    with_settings(
        monkeypatch, town, oidc_issuer=provider.issuer, oidc_client=CLIENT, oidc_secret_file=secret,
        oidc_claim="preferred_username",
    )  # fmt: skip
    provider.person = {"sub": "4711", "preferred_username": POST}
    provider.told = {}
    provider.client.back = "http://localhost/sign-in/openid/back"
    provider.shown = KeySet([provider.key])
    for cache in (openid._discovered, openid._keys):
        cache.cache_clear()
    return create_app(town).test_client()


def at_provider(client: FlaskClient) -> str:
    """Begin, and let the browser be led through the provider; return the address that it leads back to."""
    begun = client.get("/sign-in/openid?next=/account", headers=BROWSER)
    assert begun.status_code == 303, begun.text
    asked = parse_qs(urlsplit(begun.headers["Location"]).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert len(asked["state"][0]) >= 43
    assert len(asked["nonce"][0]) >= 43
    led = requests.get(begun.headers["Location"], allow_redirects=False, timeout=60)
    assert led.status_code == 302, led.text
    return led.headers["Location"].removeprefix("http://localhost")


def back(client: FlaskClient, address: str) -> TestResponse:
    """Come back as a browser does: from another site, by navigating."""
    site = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Dest": "document"}
    return client.get(address, headers=BROWSER | site)


def test_who_the_provider_names_is_signed_in(offered: FlaskClient, town: Database) -> None:
    assert "/sign-in/openid" in offered.get("/sign-in").text
    answer = back(offered, at_provider(offered))
    assert (answer.status_code, answer.headers["Location"]) == (303, "/account"), answer.text
    assert POST in offered.get("/account", headers=BROWSER).text
    assert any('"by": "openid"' in entry.details for entry in audit.list_entries(town))


def refused(answer: TestResponse, status: int = 401) -> None:
    assert answer.status_code == status, answer.text
    assert 'role="alert"' in answer.text
    assert not [c for c in answer.headers.getlist("Set-Cookie") if c.startswith("gridmap=")]


@pytest.mark.parametrize(
    "person",
    [
        {"preferred_username": "nobody"},
        {"preferred_username": "停用岗"},
        {"preferred_username": None},
        {"preferred_username": ["枫源村 值班岗"]},
        {"name": POST},
    ],
)
def test_an_unknown_subject_is_refused(
    offered: FlaskClient, provider: Provider, town: Database, person: dict[str, Any]
) -> None:
    provider.person = {"sub": "4712"} | person
    refused(back(offered, at_provider(offered)))
    assert offered.get("/account").status_code == 401
    assert "nobody" not in "".join(refusals(town)), "a name that is no post's may be a person's"


@pytest.mark.parametrize(
    "told",
    [
        {"iss": "http://127.0.0.1:1"},
        {"aud": ["another"]},
        {"aud": [CLIENT, "another"], "azp": "another"},
        {"exp": 1},
        {"nonce": "of another sign-on"},
        {"iat": None},
        {"sub": None},
        {"at_hash": "x" * 22},
    ],
)
def test_a_token_that_is_not_for_this_sign_on_is_refused(
    offered: FlaskClient, provider: Provider, told: dict[str, Any]
) -> None:
    provider.told = told
    refused(back(offered, at_provider(offered)))


def test_a_token_signed_by_another_key_is_refused_and_a_changed_key_is_fetched(
    offered: FlaskClient, provider: Provider
) -> None:
    other = RSAKey.generate_key(2048, {"kid": "one"})
    provider.shown = KeySet([other])
    refused(back(offered, at_provider(offered)))
    provider.shown = KeySet([provider.key])
    assert back(offered, at_provider(offered)).status_code == 303, "the provider's keys are asked for again"


def test_state_code_and_browser_belong_together(offered: FlaskClient, town: Database) -> None:
    address = at_provider(offered)
    elsewhere = create_app(town).test_client()
    refused(back(elsewhere, address))
    assert (
        len([c for c in back(offered, address).headers.getlist("Set-Cookie") if c.startswith("gridmap=")])
        == 1
    )
    # Another sign-on's answer, one without a state, a refusal by the provider, and a code that was used.
    former = at_provider(offered)
    at_provider(offered)
    refused(back(offered, former))
    for query in ("code=x", "state=x", "error=access_denied", "code=x&state=x", ""):
        at_provider(offered)
        refused(back(offered, f"/sign-in/openid/back?{query}"))
    used = at_provider(offered)
    assert back(offered, used).status_code == 303
    refused(back(offered, used))


def test_the_code_is_worth_nothing_without_the_browser_s_verifier(
    offered: FlaskClient, provider: Provider
) -> None:
    address = at_provider(offered)
    code = parse_qs(urlsplit(address).query)["code"][0]
    stolen = requests.post(
        f"{provider.issuer}/token",
        data={
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": provider.client.back,
            "code_verifier": "v" * 43,
        },
        auth=(CLIENT, SECRET),
        timeout=60,
    )
    assert stolen.status_code == 400


def test_an_address_that_nobody_confirmed_names_no_post(
    offered: FlaskClient, provider: Provider, town: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_settings(monkeypatch, town, oidc_claim="email")
    provider.person = {"sub": "1", "email": POST}
    refused(back(offered, at_provider(offered)))
    provider.person |= {"email_verified": True}
    assert back(offered, at_provider(offered)).status_code == 303


def test_a_provider_that_does_not_answer_or_calls_itself_otherwise_is_told(
    offered: FlaskClient, provider: Provider, town: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_settings(monkeypatch, town, oidc_issuer="http://127.0.0.1:9")
    answer = offered.get("/sign-in/openid", headers=BROWSER)
    refused(answer, 503)
    assert answer.headers["Retry-After"]
    with_settings(monkeypatch, town, oidc_issuer=f"{provider.issuer}/")
    refused(offered.get("/sign-in/openid", headers=BROWSER), 503)


def test_without_a_provider_there_is_no_such_way_in(town: Database) -> None:
    client = create_app(town).test_client()
    assert "/sign-in/openid" not in client.get("/sign-in").text
    for path in ("/sign-in/openid", "/sign-in/openid/back?code=x&state=y"):
        assert client.get(path).status_code == 404


def test_the_secret_stands_in_a_file_and_is_shown_nowhere(
    offered: FlaskClient, town: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert SECRET not in repr(town.settings)
    assert not [name for name, value in os.environ.items() if SECRET in value]
    with_settings(monkeypatch, town, oidc_secret_file=Path("/nonexistent/secret"))
    refused(offered.get("/sign-in/openid", headers=BROWSER), 422)
