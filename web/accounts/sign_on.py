"""Signing on by others: the header of the proxy on this machine, or the town's identity provider."""

from __future__ import annotations

from urllib.parse import parse_qs, urlencode, urljoin

from flask import redirect, request
from werkzeug.wrappers import Response as Answer

from gridmap.errors import GridmapError, NotFound, NotSignedIn
from gridmap.services.accounts import entry, openid
from gridmap.services.accounts.openid import Asking
from web.access import cookie_name, post_named
from web.accounts.blueprint import bp
from web.accounts.entry import enter_session, failed_page, safe_address, tidy_name
from web.context import database
from web.door import variable_of

_BACK = "/sign-in/openid/back"
_MINUTES_10 = 600


def name_in_header() -> str | None:
    """Return the post's name that the proxy says, None where it says none; the door let only the proxy say it."""
    header = database().settings.sign_on_header
    told = None if header is None else request.environ.get(variable_of(header))
    return post_named(told) if told else None


def enter_by_header(name: str, where: str) -> Answer:
    """Sign in whom the proxy names."""
    try:
        opened = entry.sign_on(
            database(),
            name,
            "header",
            device=request.user_agent.string,
            address=request.remote_addr or "",
            before=request.cookies.get(cookie_name()),
        )
    except NotSignedIn as error:
        return failed_page(error, where)
    return enter_session(opened, where)


@bp.get("/sign-in/openid")
def openid_begin() -> Answer:
    """Lead the browser to the identity provider."""
    settings = database().settings
    where = safe_address(request.args.get("next", "/"))
    if not openid.is_offered(settings):
        raise NotFound("sign-on-none", "没有设置统一身份认证。", "No identity provider is set up.")
    try:
        address, asking = openid.begin(settings, _own(_BACK))
    except GridmapError as error:
        return failed_page(error, where)
    answer = redirect(address, 303)
    # The browser's own: whoever comes back without it did not begin here.
    kept = urlencode({"s": asking.state, "n": asking.nonce, "v": asking.verifier, "next": where})
    answer.set_cookie(
        _cookie(),
        kept,
        max_age=_MINUTES_10,
        httponly=True,
        secure=request.is_secure,
        samesite="Lax",
        path=_BACK,
    )
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer


@bp.get(_BACK)
def openid_back() -> Answer:
    """Take what the identity provider led back with."""
    settings = database().settings
    if not openid.is_offered(settings):
        raise NotFound("sign-on-none", "没有设置统一身份认证。", "No identity provider is set up.")
    kept = {k: v[0] for k, v in parse_qs(request.cookies.get(_cookie(), "")).items()}
    where = safe_address(kept.get("next", "/"))
    try:
        if not {"s", "n", "v"} <= set(kept) or "code" not in request.args:
            raise openid.refused("begun elsewhere, or refused by the provider")
        asking = Asking(kept["s"], kept["n"], kept["v"])
        name = openid.finish(
            settings, _own(_BACK), asking, request.args.get("state", ""), request.args["code"]
        )
        opened = entry.sign_on(
            database(),
            tidy_name(name),
            "openid",
            device=request.user_agent.string,
            address=request.remote_addr or "",
            before=request.cookies.get(cookie_name()),
        )
    except GridmapError as error:
        answer: Answer = failed_page(error, where)
    else:
        answer = enter_session(opened, where)
    # Good for one try.
    answer.delete_cookie(_cookie(), path=_BACK)
    return answer


def _cookie() -> str:
    return f"{cookie_name()}_on"


def _own(path: str) -> str:
    return urljoin(request.host_url, path)
