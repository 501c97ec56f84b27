"""The revision that every page asks for: one small answer, from the database at most twice a second whoever asks."""

from __future__ import annotations

import threading
import time

from flask import Blueprint, Response, current_app, g, jsonify, request

from gridmap.services.workspace.revision import revision as read
from gridmap.storage.database import Database
from web import context

LOOKED_AT_EVERY_S = 0.25
"""How old a revision may be that is told: any number of pages cost the database four small reads a second."""

bp = Blueprint("live", __name__)


class Watch:
    """The newest revision of a workspace, shared by all who ask."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._at_s = -1.0
        self._found = ""
        self._stirred = 0
        self._is_written = False

    def stir(self) -> None:
        """Say that somebody has changed something here, whether or not the data's version tells of it."""
        with self._lock:
            self._is_written = True
            self._at_s = -1.0

    def revision(self) -> str:
        """Return the revision, at most a quarter of a second old."""
        with self._lock:
            if time.monotonic() - self._at_s >= LOOKED_AT_EVERY_S:
                found = read(self._database)
                # What the data's version tells of is one change, not two; anything else is made one here.
                self._stirred += self._is_written and found == self._found
                self._found, self._is_written = found, False
                self._at_s = time.monotonic()
            return f"{self._found}.{self._stirred}"


def _watch() -> Watch:
    watch: Watch = current_app.extensions.setdefault("gridmap_watch", Watch(context.database()))
    return watch


def told_revision() -> str:
    """Return the revision of the data; a new minute is a new one, since what is due changes with the clock."""
    return f"{_watch().revision()}.{minute()}"


def minute() -> int:
    """Return which minute it is."""
    return int(time.time() // 60)


@bp.after_app_request
def stir(answer: Response) -> Response:
    """Tell every page of what was changed by a request: answers of a screening, tasks, posts of a grid."""
    changing = request.method not in {"GET", "HEAD", "OPTIONS"} and answer.status_code < 400
    if changing and not (request.endpoint or "accounts.").startswith("accounts."):
        _watch().stir()
    return answer


@bp.get("/live")
def revision() -> Response:
    """Answer the revision, and whose session asks: a page of another post is no longer theirs."""
    mine = g.get("signed_in")
    answer = jsonify(revision=told_revision(), post=None if mine is None else mine.post.name)
    answer.headers["Cache-Control"] = "no-store"
    return answer
