"""What a request needs: the database, and whoever asks."""

from __future__ import annotations

from typing import cast

from flask import current_app, g

from gridmap.domain.accounts import Actor
from gridmap.domain.gridkey import Scope
from gridmap.domain.protection import Counts, Purpose, counts_for
from gridmap.storage.database import Database
from web.together import Together


def database() -> Database:
    """Return the application's database."""
    return cast("Database", current_app.extensions["gridmap"])


def together() -> Together:
    """Return what the processes of the service share."""
    return cast("Together", current_app.extensions["gridmap_together"])


def actor() -> Actor:
    """Return whoever asks: the post that is signed in, or the program whose token came; see `web.access`."""
    return cast("Actor", g.actor)


def counts(purpose: Purpose = Purpose.SCREEN) -> Counts:
    """Class of the numbers that whoever asks is told."""
    on_a_wall = g.get("signed_in") is not None and g.signed_in.kind == "wall"
    return counts_for(actor(), Purpose.WALL if on_a_wall else purpose)


def scope() -> Scope:
    """Scope of whoever asks."""
    return actor().scope
