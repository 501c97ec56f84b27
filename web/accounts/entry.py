"""Signing in and out: by password, by a link that works once, and, in the demonstration town, by trying a post."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Response, redirect, request
from werkzeug.wrappers import Response as Answer

from gridmap.domain.accounts import Role
from gridmap.errors import GridmapError, InvalidInput, NotSignedIn, TooMany, Unavailable
from gridmap.services.accounts import desk, entry, openid
from web.access import cookie_name, signed_in
from web.accounts.blueprint import bp, show
from web.context import database


@bp.get("/sign-in")
def sign_in_page() -> Answer:
    """Answer the form of the sign-in; whom the proxy in front names is signed in at once."""
    from web.accounts import sign_on

    if (told := sign_on.name_in_header()) is not None:
        return sign_on.enter_by_header(told, _next())
    return _form(None)


def _form(failed: GridmapError | None, where: str | None = None, name: str = "") -> Response:
    return show(
        "accounts/sign_in.html",
        next=where or _next(),
        failed=failed,
        name=name,
        openid=openid.is_offered(database().settings),
    )


def failed_page(error: GridmapError, where: str) -> Response:
    """Answer the form of the sign-in with what was wrong."""
    answer = _form(error, where)
    if isinstance(error, TooMany | Unavailable):
        answer.headers["Retry-After"] = str(error.retry_after_s)
    return answer


@bp.post("/sign-in")
def sign_in() -> Answer:
    """Sign in with name and password; the form again, with what was wrong, where that fails."""
    name = request.form.get("name", "")
    try:
        opened = entry.sign_in(
            database(),
            tidy_name(name),
            request.form.get("password", ""),
            code=request.form.get("code", ""),
            address=request.remote_addr or "",
            device=request.user_agent.string,
            before=request.cookies.get(cookie_name()),
        )
    except (NotSignedIn, TooMany) as error:
        answer = _form(error, name=name)
        if isinstance(error, TooMany):
            answer.headers["Retry-After"] = str(error.retry_after_s)
        return answer
    return enter_session(opened, _next())


@bp.get("/enter/<link>")
def enter(link: str) -> Answer:
    """Sign in by a link, which is spent by it.

    What fetches an address to show a preview of it (a chat, a mail's scanner) does not say that it navigates; it gets a
    page with a button, and the link stays good.
    """
    if request.method == "HEAD" or request.headers.get("Sec-Fetch-Mode") != "navigate":
        return show("accounts/enter.html", link=link)
    return _spend(link)


@bp.post("/enter/<link>")
def enter_by_button(link: str) -> Answer:
    """Sign in by a link, from the page with the button."""
    return _spend(link)


def _spend(link: str) -> Answer:
    before = request.cookies.get(cookie_name())
    try:
        opened = entry.sign_in_by_link(
            database(),
            link,
            device=request.user_agent.string,
            address=request.remote_addr or "",
            before=before,
        )
    except NotSignedIn as error:
        # A browser that is signed in already goes on as it is: the address was opened a second time.
        if before and entry.who(database(), before) is not None:
            return redirect("/", 303)
        return failed_page(error, "/")
    known = opened.post.has_password or opened.post.role is Role.ADMINISTRATOR
    return enter_session(opened, "/" if known else "/account")


@bp.post("/sign-out")
def sign_out() -> Answer:
    """End the session, and show the sign-in."""
    entry.sign_out(database(), signed_in())
    answer = redirect("/sign-in", 303)
    answer.delete_cookie(cookie_name(), path="/")
    answer.headers["Clear-Site-Data"] = '"cache", "storage"'
    return answer


@bp.post("/try-post")
def try_post() -> Answer:
    """Take another post of the demonstration town."""
    chosen = request.form.get("post", "")
    opened = entry.take_post(
        database(),
        int(chosen) if chosen.isascii() and chosen.isdigit() and len(chosen) < 18 else 0,
        device=request.user_agent.string,
        before=request.cookies.get(cookie_name()),
    )
    return enter_session(opened, "/")


def enter_session(opened: entry.Opened, where: str) -> Answer:
    """Give the browser its session, and lead it on."""
    answer = redirect(where, 303)
    answer.set_cookie(
        cookie_name(),
        opened.secret,
        max_age=int(entry.LONGEST.total_seconds()),
        httponly=True,
        secure=request.is_secure,
        samesite="Lax",
        path="/",
    )
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer


def tidy_name(name: str) -> str:
    """Return a post's name in its one form; empty where it can be no post's."""
    try:
        return desk.tidy_name(name)
    except InvalidInput:
        return ""


def _next() -> str:
    """Where to go after it: an address of this server only."""
    return safe_address(request.values.get("next", "/"))


def safe_address(wanted: str) -> str:
    """Return an address of this server; that of the desk in place of any other."""
    try:
        parts = urlsplit(wanted)
    except ValueError:
        return "/"
    own = (
        wanted.startswith("/")
        and not wanted.startswith(("//", "/\\"))
        and not parts.scheme
        and not parts.netloc
    )
    return wanted if own and wanted.isprintable() else "/"
