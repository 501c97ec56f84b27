"""The blueprint of the door's pages, and how they are shown."""

from __future__ import annotations

from flask import Blueprint, Response, g, make_response, render_template

from gridmap.domain.roles import ROLE_NAMES
from web.pages import LANGUAGES, MARK, chosen_language, chosen_theme

bp = Blueprint("accounts", __name__)


def show(template: str, **given: object) -> Response:
    """Answer a page in the reader's language; it is kept by no browser."""
    language = chosen_language()
    mine = g.get("signed_in")
    page = make_response(
        render_template(
            template,
            lang=language,
            theme=chosen_theme(),
            mark=MARK,
            mine=mine,
            role_names={role: names[LANGUAGES.index(language)] for role, names in ROLE_NAMES.items()},
            **given,
        )
    )
    page.headers["Cache-Control"] = "no-store"
    return page
