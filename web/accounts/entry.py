"""Signing in and out: by password, by a link that works once, and, in the demonstration town, by trying a post."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Response, redirect, request
from werkzeug.wrappers import Response as Answer

from gridmap.domain.accounts import Role
from gridmap.errors import InvalidInput, NotSignedIn, TooMany
from gridmap.services.accounts import desk, entry
from web.access import cookie_name, signed_in
from web.accounts.blueprint import bp, show
from web.context import database


@bp.get("/sign-in")
def sign_in_page() -> Response:
    """Answer the form of the sign-in."""
    return show("accounts/sign_in.html", next=_next(), failed=None, name="")


@bp.post("/sign-in")
def sign_in() -> Answer:
    """Sign in with name and password; the form again, with what was wrong, where that fails."""
    name = request.form.get("name", "")
    try:
        opened = entry.sign_in(
            database(),
            _tidy(name),
            request.form.get("password", ""),
            code=request.form.get("code", ""),
            address=request.remote_addr or "",
            device=request.user_agent.string,
            before=request.cookies.get(cookie_name()),
        )
    except (NotSignedIn, TooMany) as error:
        answer = show("accounts/sign_in.html", next=_next(), failed=error, name=name)
        answer.status_code = error.status
        if isinstance(error, TooMany):
            answer.headers["Retry-After"] = str(error.retry_after_s)
        return answer
    return _enter(opened, _next())


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
        answer = show("accounts/sign_in.html", next="/", failed=error, name="")
        answer.status_code = error.status
        return answer
    known = opened.post.has_password or opened.post.role is Role.ADMINISTRATOR
    return _enter(opened, "/" if known else "/account")


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
    return _enter(opened, "/")


def _enter(opened: entry.Opened, where: str) -> Answer:
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


def _tidy(name: str) -> str:
    try:
        return desk.tidy_name(name)
    except InvalidInput:
        return ""


def _next() -> str:
    """Where to go after it: an address of this server only."""
    wanted = request.values.get("next", "/")
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
