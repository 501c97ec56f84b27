"""Positions that are out of date go; what they say of plans stays."""

from __future__ import annotations

import datetime as dt

from gridmap.domain.gridkey import Scope
from gridmap.services.patrols.follow.visits import settle
from gridmap.storage.database import Database
from gridmap.storage.teams.teams import delete_positions_before


def prune_positions(database: Database, now: dt.datetime) -> int:
    """Delete team positions that are older than the workspace keeps; return how many.

    What they say of plans is kept first.
    """
    settle(database, now)
    limit = now - dt.timedelta(days=database.settings.position_days)
    with database.scoped_session(Scope.whole(), write=True) as session:
        return delete_positions_before(session, limit)
