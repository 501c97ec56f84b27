"""Work lists: what waits for whom, by due date over all time, and how much of it there is."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from gridmap.domain.cases.worklists import CasePage, ListName, Wanted
from gridmap.domain.gridkey import Scope
from gridmap.domain.rosters import last_night
from gridmap.services.workspace.shifts import shifts_in
from gridmap.storage.cases import worklists as stored
from gridmap.storage.cases.worklists import Looking
from gridmap.storage.database import Database


def work_list(
    database: Database,
    scope: Scope,
    wanted: Wanted,
    *,
    offset: int = 0,
    limit: int = 50,
    now: dt.datetime | None = None,
) -> CasePage:
    """Return lines of a work list, what is due first before others.

    Parameters
    ----------
    database : Database
    scope : Scope
    wanted : Wanted
    offset, limit : int
        How many lines to pass over, and to return at most.
    now : datetime, optional
        Aware; the present by default.
    """
    with database.scoped_session(scope) as session:
        looking = _looking(session, scope, database.settings.timezone, now)
        rows = stored.list_rows(session, wanted, looking, offset=offset, limit=limit)
        total = stored.total(session, wanted, looking)
        held_back = stored.held_back(session, wanted, looking)
    return CasePage(tuple(rows), total, offset, looking.now, held_back)


def totals(
    database: Database, scope: Scope, wanted: Wanted, *, now: dt.datetime | None = None
) -> dict[ListName, int]:
    """Return how many lines each work list has under the narrowing of one of them.

    Parameters
    ----------
    database : Database
    scope : Scope
    wanted : Wanted
        Its name does not matter.
    now : datetime, optional
        Aware; the present by default.
    """
    with database.scoped_session(scope) as session:
        looking = _looking(session, scope, database.settings.timezone, now)
        return stored.totals(session, wanted, looking)


def _looking(session: Session, scope: Scope, zone: str, now: dt.datetime | None) -> Looking:
    now = now or dt.datetime.now(dt.UTC)
    return Looking(scope, zone, now, last_night(shifts_in(session), now, ZoneInfo(zone)))
