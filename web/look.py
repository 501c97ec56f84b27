"""In which language and light a page is shown: as its address says, else the cookie, else Chinese."""

from __future__ import annotations

from flask import Response, request
from werkzeug.wrappers import Request

LANGUAGES = ("zh", "en")
THEMES = ("light", "dark")
A_YEAR_S = 365 * 24 * 3600

MARK = (
    "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'>"
    "<path d='M16 2l12 7v14l-12 7-12-7V9z' fill='#4b3b9b'/>"
    "<path d='M16 2v14m12-7l-12 7M4 9l12 7m0 14V16' stroke='#fff' stroke-width='2' fill='none'/></svg>"
)


def language() -> str:
    """Return ``zh`` or ``en``."""
    return language_of(request)


def language_of(request: Request) -> str:
    """Return ``zh`` or ``en``, as a request says."""
    for wanted in (request.args.get("lang"), request.cookies.get("lang")):
        if wanted in LANGUAGES:
            return str(wanted)
    return LANGUAGES[0]


def theme() -> str:
    """Return ``light``, ``dark``, or nothing where the system decides."""
    return theme_of(request)


def theme_of(request: Request) -> str:
    """Return ``light``, ``dark``, or nothing, as a request says."""
    chosen = request.cookies.get("theme")
    return chosen if chosen in THEMES else ""


def remember(answer: Response) -> Response:
    """Keep the language that an address asks for."""
    answer.vary.update(("Cookie",))
    wanted = request.args.get("lang")
    if wanted in LANGUAGES:
        answer.set_cookie("lang", wanted, max_age=A_YEAR_S, samesite="Lax", path="/")
    return answer
