"""The map page, its language and theme, and how long a browser may keep what it loads."""

from __future__ import annotations

import mimetypes
from urllib.parse import quote

from flask import Blueprint, Response, g, make_response, render_template, request, send_from_directory

from web import assets

LANGUAGES = ("zh", "en")
THEMES = ("light", "dark")
_A_YEAR_S = 365 * 24 * 3600
_FONTS_S = 30 * 24 * 3600
_CODINGS = {"br": ".br", "gzip": ".gz"}
"""What bundled files are kept in besides plain, best first, and how the files' names end."""

_SIGN = (
    "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'>"
    "<path d='M16 2l12 7v14l-12 7-12-7V9z' fill='#4b3b9b'/>"
    "<path d='M16 2v14m12-7l-12 7M4 9l12 7m0 14V16' stroke='#fff' stroke-width='2' fill='none'/></svg>"
)
MARK = quote(_SIGN)
"""The mark, as a data address has it."""

bp = Blueprint("pages", __name__)


def chosen_language() -> str:
    """Return the language of the address, else of the cookie, else Chinese."""
    for wanted in (request.args.get("lang"), request.cookies.get("lang")):
        if wanted in LANGUAGES:
            return str(wanted)
    return LANGUAGES[0]


def chosen_theme() -> str:
    """Return the theme of the cookie, empty for the system's."""
    theme = request.cookies.get("theme")
    return theme if theme in THEMES else ""


@bp.get("/")
def index() -> Response:
    """Answer the map page in the language of the address, else of the cookie, else in Chinese."""
    g.keep_fresh = True
    language = chosen_language()
    page = make_response(
        render_template("index.html", lang=language, theme=chosen_theme(), built=assets.built(), mark=MARK)
    )
    page.vary.update(("Cookie",))
    if request.args.get("lang") == language:
        page.set_cookie("lang", language, max_age=_A_YEAR_S, samesite="Lax", path="/")
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
    answer.cache_control.max_age = _A_YEAR_S
    answer.cache_control.immutable = True
    return answer


def _type_of(name: str) -> str | None:
    return mimetypes.guess_type(name)[0]


@bp.get("/favicon.ico")
def favicon() -> Response:
    """Answer the mark in the browser's tab."""
    answer = make_response(_SIGN)
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
    elif g.get("keep_fresh"):
        answer.cache_control.no_cache = True
    return answer
