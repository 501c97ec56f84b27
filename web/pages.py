"""The map page, its language and theme, and how long a browser may keep what it loads."""

from __future__ import annotations

import mimetypes

from flask import (
    Blueprint,
    Response,
    g,
    make_response,
    redirect,
    request,
    send_from_directory,
    url_for,
)

from gridmap.domain.roles import Action, may
from web import assets, context, look
from web.access import may_now
from web.desk import shown
from web.opening import opening

_FONTS_S = 30 * 24 * 3600
_CODINGS = {"br": ".br", "gzip": ".gz"}
"""What bundled files are kept in besides plain, best first, and how the files' names end."""

bp = Blueprint("pages", __name__)


@bp.get("/")
def index() -> Response:
    """Answer the desk to whoever sees cases; the map to others, and where the address says what it is to show."""
    if set(request.args) - {"lang"} or not may(context.actor().role, Action.SEE_CASES):
        return map_page()
    answer = make_response(redirect(url_for("desk.show")))
    return look.remember(answer)


@bp.get("/map")
def map_page() -> Response:
    """Answer the map page in the language of the address, else of the cookie, else in Chinese."""
    page = shown.page(
        "index.html",
        "map",
        live=False,
        opening=opening(),
        may=" ".join(sorted(action for action in Action if may_now(action))),
    )
    # It holds what the API answers as not to be kept.
    page.headers["Cache-Control"] = "no-store"
    return page


@bp.get("/static/built/<name>")
def built_file(name: str) -> Response:
    """Answer a bundled file, compressed where the browser takes that.

    Its name has a hash of what it holds, so it may be kept for good.
    """
    folder = assets.built_folder()
    wanted = request.accept_encodings
    coding = next(
        (c for c in _CODINGS if wanted[c] > 0 and (folder / f"{name}{_CODINGS[c]}").is_file()), None
    )
    answer = send_from_directory(folder, name + _CODINGS.get(coding or "", ""), mimetype=_type_of(name))
    if coding:
        answer.content_encoding = coding
    answer.vary.add("Accept-Encoding")
    answer.cache_control.no_cache = None
    answer.cache_control.public = True
    answer.cache_control.max_age = look.A_YEAR_S
    answer.cache_control.immutable = True
    return answer


def _type_of(name: str) -> str | None:
    return mimetypes.guess_type(name)[0]


@bp.get("/favicon.ico")
def favicon() -> Response:
    """Answer the mark in the browser's tab."""
    answer = make_response(look.MARK)
    answer.mimetype = "image/svg+xml"
    answer.cache_control.max_age = _FONTS_S
    return answer


@bp.after_app_request
def keep(answer: Response) -> Response:
    """Let browsers keep fonts for long, and ask whether scripts, styles and the page have changed."""
    if request.endpoint == "static" and answer.status_code in {200, 206, 304}:
        fixed = request.path.endswith(".woff2")
        answer.cache_control.no_cache = None if fixed else True
        answer.cache_control.public = True
        answer.cache_control.max_age = _FONTS_S if fixed else None
    elif g.get("keep_fresh") and not answer.cache_control.no_store:
        answer.cache_control.no_cache = True
    return answer
