"""The blueprint of the door's pages, and how they are shown."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, g, make_response, render_template, request

from gridmap.domain.roles import ROLE_NAMES, Action, may
from web import assets
from web.context import database
from web.pages import LANGUAGES, MARK, chosen_language, chosen_theme

_A_YEAR_S = 365 * 24 * 3600


def _at(moment: dt.datetime) -> str:
    return f"{moment.astimezone(ZoneInfo(database().settings.timezone)):%Y-%m-%d %H:%M:%S}"


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
            built=assets.built(),
            mine=mine,
            may=lambda action: mine is not None and may(mine.post.role, Action(action)),
            at=_at,
            role_names={role: names[LANGUAGES.index(language)] for role, names in ROLE_NAMES.items()},
            **given,
        )
    )
    page.headers["Cache-Control"] = "no-store"
    if request.args.get("lang") == language:
        page.set_cookie("lang", language, max_age=_A_YEAR_S, samesite="Lax", path="/")
    return page
