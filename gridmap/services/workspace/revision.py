"""The data's revision: it changes with whatever somebody may see."""

from __future__ import annotations

import hashlib

from gridmap.domain.gridkey import Scope
from gridmap.storage.database import Database
from gridmap.storage.workspace import settings


def revision(database: Database, secret: bytes) -> str:
    """Return the revision of the workspace's data: another text after each change.

    Parameters
    ----------
    database : Database
    secret : bytes
        The same for all who compare what they are told.
    """
    with database.scoped_session(Scope.whole()) as session:
        told = settings.revision(session)
    # It goes to every post: what it is made of holds counts of the whole workspace.
    return hashlib.sha256(secret + told.encode()).hexdigest()[:16]
