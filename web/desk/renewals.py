"""Renewals of pages: many screens of one post that show the same ask the database for it once.

A page that hears of a new revision asks for itself. Fifty screens would have fifty pages made at the same moment, most
of them alike; so the first is made, and who asks for the same at the same revision gets it, too. What leaves a row in
the audit is made for each who asks.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass

from flask import Flask, Response, g, request

from web import look
from web.desk.live import told_revision
from web.rights import WRITTEN_DOWN

HEADER = "X-Renews"
_MOST = 64
"""Pages that are kept: more than a town's posts show at once."""
_WAITS_S = 5.0
"""How long one waits for another's page before making its own."""


@dataclass(frozen=True, slots=True)
class _Made:
    body: bytes
    headers: tuple[tuple[str, str], ...]


class Renewals:
    """Pages of the newest revision, by who sees them and where."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._made: OrderedDict[str, _Made] = OrderedDict()
        self._making: dict[str, threading.Lock] = {}
        self._of = ""

    def answer(self) -> Response | None:
        """Answer a renewal that is made already; let whoever is the first make it."""
        if HEADER not in request.headers or request.method != "GET" or "signed_in" not in g:
            return None
        if request.endpoint in WRITTEN_DOWN:
            return None
        revision = told_revision(request.headers[HEADER])
        key = "\n".join(
            (repr(g.actor), g.signed_in.kind, request.full_path, look.language(), look.theme(), _coding())
        )
        with self._lock:
            if revision != self._of:
                self._of = revision
                self._made.clear()
                self._making.clear()
            making = self._making.setdefault(key, threading.Lock())
        if making.acquire(timeout=_WAITS_S):
            g.renewal = (revision, key, making)
        with self._lock:
            made = self._made.get(key) if revision == self._of else None
        if made is None:
            return None
        return Response(made.body, headers=list(made.headers))

    def keep(self, answer: Response) -> Response:
        """Keep a page that was made for a renewal."""
        mine = g.get("renewal")
        if mine is None or answer.status_code != 200 or answer.is_streamed or "Set-Cookie" in answer.headers:
            return answer
        revision, key, _ = mine
        with self._lock:
            if revision == self._of:
                self._made[key] = _Made(answer.get_data(), tuple(answer.headers.items()))
                while len(self._made) > _MOST:
                    self._made.popitem(last=False)
        return answer

    @staticmethod
    def let_go(_error: BaseException | None) -> None:
        """Let those go on who waited for the page."""
        mine = g.pop("renewal", None)
        if mine is not None:
            mine[2].release()


def _coding() -> str:
    return "gzip" if request.accept_encodings["gzip"] > 0 else ""


def install(app: Flask) -> None:
    """Stand behind the guard, and before answers go out."""
    renewals = Renewals()
    app.before_request(renewals.answer)
    app.after_request(renewals.keep)
    app.teardown_request(renewals.let_go)
