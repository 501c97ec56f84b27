"""The data's revision: it changes with whatever somebody may see."""

from __future__ import annotations

import hashlib
import secrets

from gridmap.domain.gridkey import Scope
from gridmap.storage.database import Database
from gridmap.storage.workspace import settings

_SALT = secrets.token_bytes(16)


def revision(database: Database) -> str:
    """Return the revision of the workspace's data: another text after each change."""
    with database.scoped_session(Scope.whole()) as session:
        told = settings.revision(session)
    # It goes to every post: what it is made of holds counts of the whole workspace.
    return hashlib.sha256(_SALT + told.encode()).hexdigest()[:16]
