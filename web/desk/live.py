"""The revision that every page asks for: one small answer, from the database at most twice a second whoever asks."""

from __future__ import annotations

import threading
import time

from flask import Blueprint, Response, current_app, jsonify

from gridmap.services.workspace.revision import revision as read
from gridmap.storage.database import Database
from web import context

LOOKED_AT_EVERY_S = 0.5
"""How old a revision may be that is told: any number of pages cost the database two small reads a second."""

bp = Blueprint("live", __name__)


class Watch:
    """The newest revision of a workspace, shared by all who ask."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._at_s = -1.0
        self._found = ""

    def revision(self) -> str:
        """Return the revision, at most half a second old."""
        with self._lock:
            if time.monotonic() - self._at_s >= LOOKED_AT_EVERY_S:
                self._found = read(self._database)
                self._at_s = time.monotonic()
            return self._found


@bp.get("/live")
def revision() -> Response:
    """Answer the revision of the data; a new minute is a new one, since what is due changes with the clock."""
    watch = current_app.extensions.setdefault("gridmap_watch", Watch(context.database()))
    answer = jsonify(revision=f"{watch.revision()}.{int(time.time() // 60)}")
    answer.headers["Cache-Control"] = "no-store"
    return answer
