"""A query with what it takes to answer it."""

from __future__ import annotations

import datetime as dt
from typing import TypedDict

from gridmap.domain.query import IncidentQuery
from gridmap.storage.cases.incidents import IncidentFilter
from gridmap.storage.database import Database


def chosen_by(database: Database, query: IncidentQuery, now: dt.datetime | None = None) -> IncidentFilter:
    """Lay a query upon a workspace.

    Parameters
    ----------
    database : Database
    query : IncidentQuery
    now : datetime, optional
        Aware; the present by default.
    """
    return IncidentFilter(query, database.settings.timezone, now or dt.datetime.now(dt.UTC))


class Question(TypedDict):
    """What was asked, as an address holds it, and when."""

    query: dict[str, str]
    as_of: str


def told(chosen: IncidentFilter) -> Question:
    """Return what every answer says of the question: the query as an address holds it, and its time."""
    return {"query": chosen.query.parameters(), "as_of": chosen.now.isoformat()}
