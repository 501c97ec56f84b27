"""Who may ask for what: every address of the server in one table, and one guard before all of them.

An endpoint that is not in the table is refused to everybody, and a test reads the table beside the application's own
map of addresses.
"""

from __future__ import annotations

from urllib.parse import quote, unquote, urlsplit

from flask import Response, g, redirect, request
from werkzeug.exceptions import MethodNotAllowed

from gridmap.domain.accounts import Actor, SignedIn
from gridmap.domain.legible import legible
from gridmap.domain.roles import Action, may, require
from gridmap.errors import Forbidden, InvalidInput, NotSignedIn
from gridmap.services.accounts import audit, desk, entry
from web.context import database
from web.door import FORM, PART, variable_of
from web.rights import ASKED, OPEN, WRITTEN_BY_SERVICE, WRITTEN_DOWN, A
from web.watch import RENEWS, watch

_READING = frozenset({"GET", "HEAD", "OPTIONS"})
_PAGES = (
    "pages.",
    "accounts.",
    "desk.",
    "bulk.",
    "bodies.",
    "rules.",
    "official.",
    "made.",
    "sources.",
    "arrivals.",
    "card.",
    "case.",
    "photo.",
    "town.",
    "handover.",
    "route.",
    "order.",
    "roster.",
    "beat.",
    "screening.",
    "phone.",
    "brought.",
    "task.",
    "projects.",
    "records.",
    "foretold.",
)
"""Blueprints whose answers are read by people: who is not signed in is led to the sign-in."""

_BEHIND_PAGES = ("/api/", "/tiles/", "/static/", "/healthz")
"""Addresses to which nobody navigates."""

_TYPED = ("q", "text", "place")
"""Parameters that hold what somebody typed."""

_WALL = frozenset({A.SEE_MAP, A.SEE_COUNTS, A.SEE_HOTSPOTS})


def guard() -> Response | None:
    """Let a request pass, or refuse it; before routing is told of, for every method and every address.

    Raises
    ------
    NotSignedIn
        When nobody is signed in.
    Forbidden
        When the role may not do this, or the address is in no table.
    InvalidInput
        When the body is neither JSON nor a form of the program's own pages.
    MethodNotAllowed
        When the address is known, but not by this method.
    """
    endpoint = request.endpoint
    if endpoint in OPEN:
        _check_type()
        return None
    if isinstance(request.routing_exception, MethodNotAllowed):
        # By which methods an address is asked is in the public document, and is the same for everybody.
        if (known := _found()) is not None:
            g.actor = known
        raise request.routing_exception
    if (actor := _found()) is None:
        behind = request.path.startswith(_BEHIND_PAGES)
        if (endpoint or "pages.").startswith(_PAGES) and not behind and _wants_page():
            return _to_sign_in()
        raise NotSignedIn(
            "not-signed-in",
            "请先登录。程序请使用令牌：Authorization: Bearer …",
            "Sign in first. Programs show a token: Authorization: Bearer …",
        )
    g.actor = actor
    if endpoint is None:
        # No such address: routing tells so.
        return None
    action = ASKED.get(endpoint)
    if action is None:
        raise Forbidden(
            "address-unlisted",
            "这个地址未列入权限表，不对任何岗位开放。",
            "This address is in no table of rights, so it is open to nobody.",
        )
    try:
        require(actor, action)
        _check_wall(action)
    except Forbidden:
        _write_down(actor, endpoint, "refused")
        raise
    _check_type()
    changing = request.method not in _READING and endpoint not in WRITTEN_BY_SERVICE
    if changing or endpoint in WRITTEN_DOWN:
        # Before the work is done: nothing is changed or handed out without its row.
        _write_down(actor, endpoint, "asked")
    return None


def _to_sign_in() -> Response:
    """Lead to the sign-in, and from there back to where a form was sent from: its page has kept what was typed."""
    asked = request.full_path.rstrip("?")
    if request.method not in _READING:
        asked = _sent_from()
    address = f"/sign-in?next={quote(asked, safe='')}"
    if "HX-Request" in request.headers:
        return Response(status=401, headers={"HX-Redirect": address})
    return redirect(address, 303)  # type: ignore[return-value]


def _sent_from() -> str:
    """Return the address here from which a form was sent; the first page's where the browser names none."""
    try:
        parts = urlsplit(request.headers.get("HX-Current-URL") or request.headers.get("Referer") or "")
    except ValueError:
        return "/"
    return parts.path + (f"?{parts.query}" if parts.query else "") or "/"


def _check_wall(action: Action) -> None:
    if g.get("signed_in") is not None and g.signed_in.kind == "wall" and action not in _WALL:
        raise Forbidden(
            "wall-sees-numbers",
            "大屏只显示汇总数。请在工作台登录查看。",
            "A wall shows aggregates only. Sign in at a desk.",
        )


def may_now(action: Action) -> bool:
    """Tell whether whoever asks may do something else than what is asked: a page shows no more than that."""
    on_a_wall = g.get("signed_in") is not None and g.signed_in.kind == "wall"
    return may(g.actor.role, action) and (not on_a_wall or action in _WALL)


def _found() -> Actor | None:
    """Whoever asks, by a program's token or a browser's session."""
    if "Authorization" in request.headers:
        token = _token()
        program = entry.which_program(database(), token) if token else None
        return None if program is None else entry.actor_of_program(program)
    secret = request.cookies.get(cookie_name())
    # A page that asks whether something changed, or renews, is no sign of a person: its session goes idle all the same.
    if request.endpoint == "live.revision":
        signed_in = watch().who(secret) if secret else None
    else:
        alive = RENEWS not in request.headers
        signed_in = entry.who(database(), secret, touch=alive) if secret else None
    if signed_in is None or not _is_whom_the_proxy_names(signed_in):
        return None
    # A page may outlive the session that it was made for: what one post wrote is not taken as another's.
    wrote = request.headers.get("X-Post")
    if wrote is not None and unquote(wrote) != signed_in.post.name:
        return None
    g.signed_in = signed_in
    return signed_in.post.actor


def _token() -> str | None:
    """Return the token that a program shows: as Bearer, or as the password of Basic: older QGIS knows no other."""
    shown = request.authorization
    if shown is None:
        return None
    return shown.token.strip() if shown.type == "bearer" and shown.token else shown.password


def _is_whom_the_proxy_names(signed_in: SignedIn) -> bool:
    """Tell whether a session is that of the post which the proxy in front names now, where it names one."""
    header = database().settings.sign_on_header
    if header is None or signed_in.kind == "wall":
        return True
    told = request.environ.get(variable_of(header))
    return not told or post_named(told) == signed_in.post.name


def post_named(told: str) -> str:
    """Read the post's name of a header; empty where it can be no post's."""
    try:
        # Headers are bytes: a proxy sends UTF-8, or percent-encoded text.
        return desk.tidy_name(unquote(told.encode("latin-1").decode("utf-8"), errors="strict"))
    except (UnicodeError, InvalidInput):
        return ""


def cookie_name() -> str:
    """Name of the session's cookie: browsers do not keep ports apart, and two workspaces may run on one machine."""
    port = request.host.rpartition(":")[2]
    return f"gridmap_{port}" if port.isdigit() else "gridmap"


def signed_in() -> SignedIn:
    """Return the session of whoever asks.

    Raises
    ------
    Forbidden
        When a program asks, which has none.
    """
    found: SignedIn | None = g.get("signed_in")
    if found is None:
        raise Forbidden(
            "session-needed",
            "此操作只能在浏览器登录后进行，不能使用令牌。",
            "This is done by whoever is signed in with a browser, not with a token.",
        )
    return found


def _check_type() -> None:
    """Refuse bodies in other types than JSON and, for the pages' own forms, that of forms."""
    if request.method in _READING or not request.content_length:
        return
    is_form = request.mimetype == FORM and not request.path.startswith("/api/")
    is_part = request.mimetype == PART and request.endpoint in {"sources.receive", "arrivals.receive"}
    if request.mimetype != "application/json" and not is_form and not is_part:
        raise InvalidInput(
            "body-not-json",
            "请求内容应为 JSON（Content-Type: application/json）。",
            "The body must be JSON (Content-Type: application/json).",
        )


def _wants_page() -> bool:
    return request.accept_mimetypes.best_match(("text/html", "application/json")) == "text/html"


def _write_down(actor: Actor, endpoint: str, outcome: str) -> None:
    named = WRITTEN_DOWN.get(endpoint, endpoint)
    # The question holds codes and days; searched words may be anything, so only their number is kept.
    asked: dict[str, str | int] = {
        k: legible(v) for k, v in request.args.items() if k not in {*_TYPED, "next"}
    }
    if words := "".join(request.args.get(name, "") for name in _TYPED):
        asked["searched_characters"] = len(words)
    audit.record(
        database(),
        actor,
        named,
        legible(f"{request.method} {request.path}"),
        outcome,
        **asked,
    )


def require_also(action: Action) -> None:
    """Refuse figures of a plan that rest on what a post may not see for itself.

    Raises
    ------
    Forbidden
    """
    if not may_now(action):
        raise Forbidden(
            "plan-figures-not-yours",
            "这些数字来自热点和队伍，您的岗位不能查看。请向镇综治中心了解。",
            "These figures rest on hotspots and teams, which your post does not see. Ask the town's centre.",
        )
