"""The data's revision: it grows with each change that somebody may see."""

from __future__ import annotations

from gridmap.domain.gridkey import Scope
from gridmap.storage.database import Database
from gridmap.storage.workspace import settings


def revision(database: Database) -> int:
    """Return the revision of the workspace's data."""
    with database.scoped_session(Scope.whole()) as session:
        return int(settings.read_settings(session).get("data_version", 0))
