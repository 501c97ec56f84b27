"""What pages ask again and again: which revision the data has, and whose sessions those are that ask.

Both come from the database four times a second at most in each process, whoever asks. A session that is over has ended
for these questions as well within a quarter of a second, and at once where this process ended it.
"""

from __future__ import annotations

import threading
import time

from flask import current_app

from gridmap.domain.accounts import SignedIn
from gridmap.errors import GridmapError
from gridmap.services.accounts import entry
from gridmap.services.workspace.revision import revision as read
from gridmap.storage.database import Database
from web import context
from web.together import Together

RENEWS = "X-Renews"
"""Header of a page that asks for itself again; it holds the revision that it was told."""
LOOKED_AT_EVERY_S = 0.25
"""How old a revision may be that is told."""
_ASKS_AGAIN_WITHIN_S = 2.0
_MOST_LOOKED_AT = 1000


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
        self._at_s = float("-inf")
        self._told = ""
        self._looking = threading.Lock()
        self._known_at_s = float("-inf")
        self._known: dict[str, SignedIn] = {}
        self._looked: frozenset[str] = frozenset()
        self._failed: tuple[float, GridmapError] | None = None
        self._asked_at_s: dict[str, float] = {}

    def who(self, secret: str) -> SignedIn | None:
        """Whose session a browser's secret opens that asks again and again; at most a quarter of a second ago.

        Parameters
        ----------
        secret : str
        """
        with self._looking:
            now_s = time.monotonic()
            if self._failed is not None and now_s - self._failed[0] < LOOKED_AT_EVERY_S:
                # Who waited while the database did not answer does not wait for it one after the other.
                raise self._failed[1]
            self._asked_at_s[secret] = now_s
            if now_s - self._known_at_s >= LOOKED_AT_EVERY_S or secret not in self._looked:
                recent = [
                    one for one, at_s in self._asked_at_s.items() if now_s - at_s < _ASKS_AGAIN_WITHIN_S
                ]
                # Anybody may show a secret that opens nothing: of very many the newest are looked at together.
                looked = frozenset((secret, *recent[-_MOST_LOOKED_AT:]))
                try:
                    self._known = entry.who_each(self._database, looked)
                except GridmapError as error:
                    self._failed = time.monotonic(), error
                    raise
                self._looked, self._failed = looked, None
                self._asked_at_s = {one: self._asked_at_s[one] for one in looked}
                self._known_at_s = now_s
            return self._known.get(secret)

    def forget(self) -> None:
        """Look at every session anew: one was opened or ended here."""
        with self._looking:
            self._known_at_s = float("-inf")

    def stir(self) -> None:
        """Say that somebody has changed something here, whether or not the data's version tells of it."""
        self._together.stir()
        self.look_again()

    def look_again(self) -> None:
        """Ask the database at the next question, however soon it comes."""
        with self._lock:
            self._at_s = float("-inf")

    def revision(self) -> str:
        """Return the revision, at most a quarter of a second old."""
        with self._lock:
            if time.monotonic() - self._at_s >= LOOKED_AT_EVERY_S:
                # Both at one moment: what the data's version tells of, too, is one change and not two.
                found = read(self._database, self._together.secret)
                self._told = f"{found}.{self._together.changes}"
                self._at_s = time.monotonic()
            return self._told


def watch() -> Watch:
    """Return the application's watch."""
    found: Watch = current_app.extensions.setdefault(
        "gridmap_watch", Watch(context.database(), context.together())
    )
    return found


def told_revision(heard: str = "") -> str:
    """Return the revision of the data; a new minute is a new one, since what is due changes with the clock.

    Parameters
    ----------
    heard : str
        What whoever asks was told before, maybe by another process: one that this one has not seen is looked for.
    """
    told = f"{watch().revision()}.{minute()}"
    if heard and heard != told:
        watch().look_again()
        told = f"{watch().revision()}.{minute()}"
    return told


def minute() -> int:
    """Return which minute it is."""
    return int(time.time() // 60)
