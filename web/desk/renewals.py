"""Renewals of pages: what many screens show is asked of the database once.

A page that hears of a new revision asks for itself. Fifty screens would have fifty pages made at the same moment, most
of them alike; so the first is made, and who asks for the same at the same revision gets it, too. Pages that differ have
figures in common where they see the same scope: these are counted once as well, all at the moment at which the revision
was first heard of. What leaves a row in the audit is made for each who asks.
"""

from __future__ import annotations

import datetime as dt
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import TypeVar, cast

from flask import Flask, Response, current_app, g, request

from web import context, look
from web.rights import WRITTEN_DOWN
from web.watch import RENEWS, told_revision

_MOST = 64
"""Pages that are kept: more than a town's posts show at once."""
_WAITS_S = 5.0
"""How long one waits for another's page before making its own."""


@dataclass(frozen=True, slots=True)
class _Made:
    body: bytes
    headers: tuple[tuple[str, str], ...]


_Found = TypeVar("_Found")


class Renewals:
    """Pages of the newest revision, by who sees them and where; and what they share, by the scope that sees it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._made: OrderedDict[str, _Made] = OrderedDict()
        self._shared: dict[Hashable, object] = {}
        self._making: dict[Hashable, threading.Lock] = {}
        self._of = ""
        self._at = dt.datetime.now(dt.UTC)

    def answer(self) -> Response | None:
        """Answer a renewal that is made already; let whoever is the first make it."""
        if RENEWS not in request.headers or request.method != "GET" or "signed_in" not in g:
            return None
        if request.endpoint in WRITTEN_DOWN:
            return None
        revision = told_revision(request.headers[RENEWS])
        key = "\n".join(
            (repr(g.actor), g.signed_in.kind, request.full_path, look.language(), look.theme(), _coding())
        )
        with self._lock:
            if revision != self._of:
                self._of, self._at = revision, dt.datetime.now(dt.UTC)
                self._made.clear()
                self._shared.clear()
                self._making.clear()
            g.now = self._at
            making = self._making.setdefault(key, threading.Lock())
        if making.acquire(timeout=_WAITS_S):
            g.renewal = (revision, key, making)
        with self._lock:
            made = self._made.get(key) if revision == self._of else None
        if made is None:
            return None
        return Response(made.body, headers=list(made.headers))

    def once(self, key: Hashable, make: Callable[[], _Found]) -> _Found:
        """Return what pages of a revision share, which the first of them makes."""
        revision, _, _ = g.renewal
        with self._lock:
            if revision != self._of:
                return make()
            making = self._making.setdefault(key, threading.Lock())
        with making:
            with self._lock:
                if revision == self._of and key in self._shared:
                    return cast("_Found", self._shared[key])
            found = make()
            with self._lock:
                if revision == self._of:
                    self._shared[key] = found
            return found

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


def once(name: str, make: Callable[[], _Found], *of: Hashable) -> _Found:
    """Return what is made for whoever asks; at a renewal, what was made for another page of the same scope.

    Parameters
    ----------
    name : str
    make : callable
        Its answer hangs on the data, on the scope of whoever asks, on the moment of the request and on `of`, and on
        nothing else.
    *of : hashable
    """
    if "renewal" not in g:
        return make()
    renewals: Renewals = current_app.extensions["gridmap_renewals"]
    return renewals.once((name, context.scope(), of), make)


def install(app: Flask) -> None:
    """Stand behind the guard, and before answers go out."""
    renewals = app.extensions["gridmap_renewals"] = Renewals()
    app.before_request(renewals.answer)
    app.after_request(renewals.keep)
    app.teardown_request(renewals.let_go)
