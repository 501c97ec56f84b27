"""Keep the counts of cases folded, so that what asks for everything reads little."""

from __future__ import annotations

from gridmap.domain.gridkey import Scope
from gridmap.storage.cases import kept_counts as stored
from gridmap.storage.database import Database

_WITHIN_S = 1800


def keep_counts(database: Database) -> int:
    """Fold what changed since the last time; count everything where nothing is kept, or another zone's days are.

    Answers are the same before and after. Whoever reads or writes cases waits for nobody here, and a second program
    that does the same does nothing meanwhile.

    Returns
    -------
    int
        How many changes were folded.
    """
    whole, zone = Scope.whole().for_upkeep(), database.settings.timezone
    with database.scoped_session(whole) as session:
        kept, changed = stored.zone_kept(session), stored.has_changes(session)
    if kept != zone:
        _fill(database, zone)
        return 0
    folded = 0
    while changed:
        with database.scoped_session(whole, write=True, timeout_s=_WITHIN_S) as session:
            n = stored.fold(session, zone)
        folded += n
        changed = n == stored.MOST_FOLDED
    return folded


def _fill(database: Database, zone: str) -> None:
    whole = Scope.whole().for_upkeep()
    # The lock first: what its last holder wrote is part of the moment that is counted.
    with database.exclusive(stored.LOCK):
        with database.scoped_session(whole) as session:
            if stored.zone_kept(session) == zone:
                return
        with database.scoped_session(whole, write=True, timeout_s=_WITHIN_S, one_moment=True) as session:
            stored.fill(session, zone)
