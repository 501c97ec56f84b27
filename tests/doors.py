"""Ways in for tests: a signed-in browser's secret, a program's token, a client that shows one."""

from __future__ import annotations

import datetime as dt
import random
import string
import urllib.request
from typing import Any
from urllib.parse import urlsplit

from argon2 import PasswordHasher
from flask.testing import FlaskClient

from gridmap.domain.accounts import Actor, Role
from gridmap.services.accounts import desk, entry, passwords
from gridmap.storage.database import Database

_DRAWN = random.Random()
DEAR = passwords._HASHER
"""What keeps and checks a password where the product runs."""


def make_passwords_cheap() -> None:
    """Let this process keep passwords by the same algorithm at a thousandth of its cost.

    A sign-in takes a tenth of a second of a processor, which is what it is for; the tests have hundreds.
    """
    passwords._HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


def new_word() -> str:
    """Draw a word that is in no other name, of letters: figures at random are a telephone number now and then."""
    return "".join(_DRAWN.choices(string.ascii_lowercase, k=16))


def token_of(database: Database, role: Role = Role.ADMINISTRATOR, grid_key: int = 0) -> str:
    """Make a token for a day; its name is new."""
    ends_at = dt.datetime.now(dt.UTC) + dt.timedelta(days=1)
    return desk.add_token(database, Actor.at_the_machine(), new_word(), role, grid_key, ends_at)[1]


def client_of(database: Database, role: Role = Role.ADMINISTRATOR, grid_key: int = 0) -> FlaskClient:
    """Make a client that has no cookies and shows a token with each request."""
    from web.app import create_app

    client = create_app(database).test_client(use_cookies=False)
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {token_of(database, role, grid_key)}"
    return client


def cookie_of(database: Database, base: str) -> dict[str, Any]:
    """Sign an administrator in, as the printed address does; return the cookie as Playwright takes it."""
    opened = entry.sign_in_by_link(database, entry.first_link(database))
    return {"name": f"gridmap_{urlsplit(base).port}", "value": opened.secret, "url": base}


class ShowingToken(urllib.request.BaseHandler):
    """Shows a token with each request to one server; requests to others go as they are."""

    def __init__(self, base: str, token: str) -> None:
        self._base, self._token = base, token

    def http_request(self, request: urllib.request.Request) -> urllib.request.Request:
        if request.full_url.startswith(f"{self._base}/"):
            request.add_unredirected_header("Authorization", f"Bearer {self._token}")
        return request
