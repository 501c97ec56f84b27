"""The data's revision: it changes with whatever somebody may see."""

from __future__ import annotations

from gridmap.domain.gridkey import Scope
from gridmap.storage.database import Database
from gridmap.storage.workspace import settings


def revision(database: Database) -> str:
    """Return the revision of the workspace's data: another text after each change."""
    with database.scoped_session(Scope.whole()) as session:
        return settings.revision(session)
