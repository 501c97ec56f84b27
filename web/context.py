"""What a request needs: the database and the scope of whoever asks."""

from __future__ import annotations

from typing import cast

from flask import current_app

from gridmap.domain.gridkey import Scope
from gridmap.storage.database import Database


def database() -> Database:
    """Return the application's database."""
    return cast("Database", current_app.extensions["gridmap"])


def scope() -> Scope:
    """Scope of whoever asks: the whole workspace, since only this machine can ask."""
    return Scope.whole()
