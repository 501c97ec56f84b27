"""The door: what no request may pass by, before any address is looked up.

A request is turned away here, whatever it asks for: under a name that is not the server's own, from the page of another
site, larger or deeper than anything meant. Who may do what is decided after it, in `web.access`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

from gridmap.errors import Forbidden, GridmapError, InvalidInput, Malformed, TooLarge
from gridmap.settings import LOOPBACK

PEER = "gridmap.peer"
"""Where in a request's environment its peer stands: no header of HTTP has such a name."""
MOST_BODY = 1_048_576
"""Bytes of a request's body: no form or question of the desk comes near it."""
MOST_DEPTH = 32
"""How deep JSON may be nested."""

FORM = "application/x-www-form-urlencoded"
PART = "application/octet-stream"
"""Of a file that is handed over: no part is larger than any other body."""
"""In what type the pages' own forms come."""

_NUL = "%00"
_OWN = frozenset({"same-origin", "none"})
_READING = frozenset({"GET", "HEAD"})
_HOST = re.compile(
    r"(?P<name>[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])(:(?P<port>[0-9]{1,5}))?"
)
_BEHIND_PAGES = ("/api/", "/tiles/", "/static/", "/ogc/", "/open311/", "/metrics", "/healthz")
"""Addresses that pages ask for, and to which nobody navigates."""
_ABSOLUTE = re.compile("[A-Za-z][A-Za-z0-9+.-]*://")
_PAIR = re.compile(rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}")
_HALF = re.compile(rb"\\u[dD][89a-fA-F]")
_QUOTED = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)

Environ = dict[str, Any]
Start = Callable[..., Any]
Application = Callable[[Environ, Start], Iterable[bytes]]


class Door:
    """A WSGI application before another one.

    Parameters
    ----------
    inner : callable
        The application.
    names : iterable of str
        Names under which the server is reached, besides those of the machine itself.
    sign_on : (str, str), optional
        Header by which a proxy says whose post asks, and the proxy's address.
    """

    def __init__(
        self, inner: Application, names: Iterable[str] = (), sign_on: tuple[str, str] | None = None
    ) -> None:
        self._inner = inner
        self._names = LOOPBACK | {name.casefold() for name in names}
        self._sign_on = sign_on

    def __call__(self, environ: Environ, start: Start) -> Iterable[bytes]:
        """Answer a request, or turn it away."""
        try:
            check_host(environ, self._names)
            check_target(environ)
            check_origin(environ)
            if self._sign_on is not None:
                check_sign_on(environ, *self._sign_on)
            _check_address(environ)
            _check_body(environ)
        except GridmapError as error:
            return _refusal(error, environ, start)
        return self._inner(environ, start)


def check_host(environ: Environ, names: Iterable[str]) -> None:
    """Refuse a request that came under another name than the server's own.

    A page of another site whose name is made to point here would otherwise read everything (DNS rebinding).

    Raises
    ------
    Malformed
        When the name is none.
    Forbidden
        When it is not the server's.
    """
    host = environ.get("HTTP_HOST", "")
    found = _HOST.fullmatch(host)
    if found is None or int(found["port"] or 0) > 65535:
        raise Malformed("host-malformed", "请求的 Host 无效。", "The request's Host is malformed.")
    if found["name"].strip("[]").casefold() not in names:
        raise Forbidden(
            "other-host",
            "本服务不以这个名称提供。请用启动时显示的地址，或在 GRIDMAP_NAMES 中加入该名称。",
            "This server does not answer to that name. Use the address it printed, or add the name to GRIDMAP_NAMES.",
        )


def check_target(environ: Environ) -> None:
    """Refuse a request whose first line names another server than its Host does.

    By RFC 9112, 3.2.2, the name in the first line is the one that is meant, so it must be the server's own, too.

    Raises
    ------
    Malformed
    """
    target = environ.get("REQUEST_URI", "")
    if not _ABSOLUTE.match(target):
        return
    try:
        named = urlsplit(target).netloc
    except ValueError:
        named = ""
    scheme = environ["wsgi.url_scheme"]
    if _full(named, scheme) != _full(environ["HTTP_HOST"], scheme):
        raise Malformed(
            "host-target",
            "请求行中的地址与 Host 不一致。请用启动时显示的地址。",
            "The request's first line and its Host name different servers. Use the address that the server printed.",
        )


def check_origin(environ: Environ) -> None:
    """Refuse what a page of another site asks for in a person's browser.

    Allowed is one's own navigation to a page: a link that is followed.

    Raises
    ------
    Malformed
        When the origin is none.
    Forbidden
    """
    origin = environ.get("HTTP_ORIGIN")
    if origin is not None and not _is_own(origin, environ):
        raise _foreign()
    site = environ.get("HTTP_SEC_FETCH_SITE")
    if site is None or site in _OWN:
        return
    navigating = (
        environ.get("REQUEST_METHOD") in _READING
        and environ.get("HTTP_SEC_FETCH_MODE") == "navigate"
        and environ.get("HTTP_SEC_FETCH_DEST") == "document"
        and not environ.get("PATH_INFO", "").startswith(_BEHIND_PAGES)
    )
    if not navigating:
        raise _foreign()


def check_sign_on(environ: Environ, header: str, proxy: str) -> None:
    """Refuse a request that says by the proxy's header whose post asks, and does not come from the proxy.

    Raises
    ------
    Forbidden
    """
    told = environ.get(variable_of(header))
    peer = str(environ.get(PEER, environ.get("REMOTE_ADDR", "")))
    if told is not None and not _is_same(peer, proxy):
        raise Forbidden(
            "sign-on-peer",
            "登录信息只接受来自本机代理的请求头。请从代理的地址访问。",
            "Who signs on is believed from the proxy on this machine only. Use the proxy's address.",
        )


def variable_of(header: str) -> str:
    """Return the name under which WSGI keeps a header."""
    return f"HTTP_{header.upper().replace('-', '_')}"


def _is_same(peer: str, proxy: str) -> bool:
    return peer == proxy or (proxy == "localhost" and peer in LOOPBACK)


def _is_own(origin: str, environ: Environ) -> bool:
    if origin == "null":
        return False
    try:
        parts = urlsplit(origin)
        valid = _HOST.fullmatch(parts.netloc) is not None and not (
            parts.path or parts.query or parts.fragment
        )
    except ValueError:
        valid = False
    if not valid:
        raise Malformed("origin-malformed", "请求的 Origin 无效。", "The request's Origin is malformed.")
    scheme = environ["wsgi.url_scheme"]
    return parts.scheme == scheme and _full(parts.netloc, scheme) == _full(environ["HTTP_HOST"], scheme)


def _full(host: str, scheme: str) -> str:
    """Return a host with the port that its scheme means."""
    host = host.casefold()
    known = _HOST.fullmatch(host)
    if known is not None and known["port"]:
        return host
    return f"{host}:{443 if scheme == 'https' else 80}"


def _foreign() -> Forbidden:
    return Forbidden(
        "other-origin",
        "拒绝来自其他网站页面的请求。请在本程序的页面上操作。",
        "Requests from the pages of another site are refused. Use this program's own page.",
    )


def _check_address(environ: Environ) -> None:
    """Refuse NUL in an address: no record, day or word holds one, and the database takes none."""
    if "\x00" in environ.get("PATH_INFO", "") or _NUL in environ.get("QUERY_STRING", ""):
        raise InvalidInput(
            "address-nul",
            "请求地址含有空字符（NUL，%00）。请删除后重试。",
            "The address holds NUL (%00). Remove it and try again.",
        )


def _check_body(environ: Environ) -> None:
    """Read the body here, whole and within limits, so that nothing behind parses what is too large or too deep."""
    declared = environ.get("CONTENT_LENGTH") or "0"
    if not declared.isascii() or not declared.isdigit():
        raise Malformed("length-malformed", "请求长度无效。", "The request's length is malformed.")
    if int(declared) > MOST_BODY:
        raise _too_large()
    if environ.get("REQUEST_METHOD") in _READING or "wsgi.input" not in environ:
        return
    body = environ["wsgi.input"].read(int(declared))
    environ["wsgi.input"] = BytesIO(body)
    mimetype = environ.get("CONTENT_TYPE", "").partition(";")[0].strip().casefold()
    if mimetype == "application/json" or mimetype.endswith("+json"):
        check_json(body)
    elif mimetype == FORM and _NUL.encode() in body:
        raise _nul()


def check_json(body: bytes) -> None:
    """Refuse JSON that is nested deeper than anything meant, or holds NUL or half a character, before it is parsed.

    Raises
    ------
    InvalidInput
    """
    if b"\x00" in body or b"\\u0000" in body:
        raise _nul()
    if _HALF.search(_PAIR.sub(b"", body.replace(b"\\\\", b""))):
        raise InvalidInput(
            "body-half-character",
            "请求内容含有半个字符（不成对的代理项）。请重新输入文字。",
            "The body holds half a character (a surrogate without its pair). Type the text again.",
        )
    depth = deepest = 0
    for byte in _QUOTED.sub(b"", body):
        if byte in b"[{":
            depth += 1
            deepest = max(deepest, depth)
        elif byte in b"]}":
            depth -= 1
    if deepest > MOST_DEPTH:
        raise InvalidInput(
            "body-deep",
            f"请求内容嵌套超过 {MOST_DEPTH} 层。",
            f"The body is nested deeper than {MOST_DEPTH} levels.",
        )


def _nul() -> InvalidInput:
    return InvalidInput(
        "body-nul",
        "请求内容含有空字符（NUL）。请删除后重试。",
        "The body holds NUL. Remove it and try again.",
    )


def _too_large() -> TooLarge:
    return TooLarge(
        "body-large",
        "请求内容超过 1 MiB。大文件请用 gridmap … import 导入。",
        "The body is larger than 1 MiB. Large files come in by gridmap … import.",
    )


_STATUS = {400: "Bad Request", 403: "Forbidden", 413: "Content Too Large", 422: "Unprocessable Content"}


def _refusal(error: GridmapError, environ: Environ, start: Start) -> Iterable[bytes]:
    body = json.dumps(error.as_dict(), ensure_ascii=False).encode()
    headers = [
        ("Content-Type", "application/json"),
        ("Content-Length", str(len(body))),
        ("Cache-Control", "no-store"),
        ("X-Content-Type-Options", "nosniff"),
        ("Cross-Origin-Resource-Policy", "same-origin"),
    ]
    start(f"{error.status} {_STATUS[error.status]}", headers)
    return [] if environ.get("REQUEST_METHOD") == "HEAD" else [body]
