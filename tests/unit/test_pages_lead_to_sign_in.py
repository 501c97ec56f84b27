"""Whoever opens a page without being signed in is led to the sign-in, on every page that there is."""

from __future__ import annotations

from flask import Flask

from web import desk
from web.access import _PAGES


def test_every_blueprint_of_the_desk_leads_to_the_sign_in() -> None:
    app = Flask("desk")
    desk.register(app)
    # What the open page asks for by itself is no page.
    behind = {"live"}
    assert {name for name in app.blueprints if not f"{name}.".startswith(_PAGES)} == behind
