"""Writes are taken from the program's own pages, and from programs on this machine, never from another site's page."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import request

from gridmap.errors import Forbidden, InvalidInput

_READING = frozenset({"GET", "HEAD", "OPTIONS"})
_OWN = frozenset({"same-origin", "none"})
_LOCAL = frozenset({"127.0.0.1", "localhost", "::1"})


def check_write() -> None:
    """Refuse a write that a page of another site asks for in the user's browser.

    Raises
    ------
    Forbidden
        When the browser says that the request comes from another origin, or the name by which it reached this server is
        not this machine's own (a foreign name that was made to point here).
    InvalidInput
        When a body is not JSON: a form of another site can send a body only in the types of forms.
    """
    if request.method in _READING:
        return
    check_own_page()
    if request.content_length and request.mimetype != "application/json":
        raise InvalidInput(
            "body-not-json",
            "请求内容应为 JSON（Content-Type: application/json）。",
            "The body must be JSON (Content-Type: application/json).",
        )


def check_own_page() -> None:
    """Refuse what a page of another site asks for in the user's browser.

    Raises
    ------
    Forbidden
        When the browser says that the request comes from another origin, or the name by which it reached this server is
        not this machine's own (a foreign name that was made to point here).
    """
    here = urlsplit(f"//{request.host}")
    origin = request.headers.get("Origin")
    site = request.headers.get("Sec-Fetch-Site")
    foreign = origin is not None and urlsplit(origin).netloc != request.host
    if foreign or (site is not None and site not in _OWN) or here.hostname not in _LOCAL:
        raise Forbidden(
            "other-origin",
            "拒绝来自其他网站页面的写入。请在本程序的页面上操作。",
            "Writes from the pages of another site are refused. Use this program's own page.",
        )
