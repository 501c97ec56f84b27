"""The blueprint of the door's pages, and how they are shown."""

from __future__ import annotations

import datetime as dt
from urllib.parse import quote
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, g, make_response, render_template

from gridmap.domain.roles import ROLE_NAMES, Action, may
from web import assets, look
from web.context import database
from web.look import LANGUAGES


def _at(moment: dt.datetime) -> str:
    return f"{moment.astimezone(ZoneInfo(database().settings.timezone)):%Y-%m-%d %H:%M:%S}"


bp = Blueprint("accounts", __name__)


def show(template: str, **given: object) -> Response:
    """Answer a page in the reader's language; it is kept by no browser."""
    language = look.language()
    mine = g.get("signed_in")
    page = make_response(
        render_template(
            template,
            lang=language,
            theme=look.theme(),
            mark=quote(look.MARK),
            built=assets.built(),
            mine=mine,
            may=lambda action: mine is not None and may(mine.post.role, Action(action)),
            at=_at,
            role_names={role: names[LANGUAGES.index(language)] for role, names in ROLE_NAMES.items()},
            **given,
        )
    )
    page.headers["Cache-Control"] = "no-store"
    return look.remember(page)
