"""The revision that every page asks for: one small answer, from the database at most twice a second whoever asks."""

from __future__ import annotations

import threading
import time

from flask import Blueprint, Response, current_app, g, jsonify, request

from gridmap.services.workspace.revision import revision as read
from gridmap.storage.database import Database
from web import context
from web.together import Together

LOOKED_AT_EVERY_S = 0.25
"""How old a revision may be that is told: any number of pages cost the database four small reads a second."""

bp = Blueprint("live", __name__)


class Watch:
    """The newest revision of a workspace, shared by all who ask.

    Parameters
    ----------
    database : Database
    together : Together
        Other processes that serve the same workspace: each tells the same revision of the same data.
    """

    def __init__(self, database: Database, together: Together) -> None:
        self._database, self._together = database, together
        self._lock = threading.Lock()
        self._at_s = -1.0
        self._told = ""

    def stir(self) -> None:
        """Say that somebody has changed something here, whether or not the data's version tells of it."""
        self._together.stir()
        self.look_again()

    def look_again(self) -> None:
        """Ask the database at the next question, however soon it comes."""
        with self._lock:
            self._at_s = -1.0

    def revision(self) -> str:
        """Return the revision, at most a quarter of a second old."""
        with self._lock:
            if time.monotonic() - self._at_s >= LOOKED_AT_EVERY_S:
                # Both at one moment: what the data's version tells of, too, is one change and not two.
                found = read(self._database, self._together.secret)
                self._told = f"{found}.{self._together.changes}"
                self._at_s = time.monotonic()
            return self._told


def _watch() -> Watch:
    watch: Watch = current_app.extensions.setdefault(
        "gridmap_watch", Watch(context.database(), context.together())
    )
    return watch


def told_revision(heard: str = "") -> str:
    """Return the revision of the data; a new minute is a new one, since what is due changes with the clock.

    Parameters
    ----------
    heard : str
        What whoever asks was told before, maybe by another process: one that this one has not seen is looked for.
    """
    told = f"{_watch().revision()}.{minute()}"
    if heard and heard != told:
        _watch().look_again()
        told = f"{_watch().revision()}.{minute()}"
    return told


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
