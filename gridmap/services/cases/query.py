"""Which incidents are meant."""

from __future__ import annotations

import datetime as dt

from gridmap.domain.days import local_span
from gridmap.storage.cases.incidents import IncidentFilter
from gridmap.storage.database import Database


def incident_filter(
    database: Database,
    since: dt.date | None,
    until: dt.date | None,
    *,
    domain: str | None = None,
    stage: str | None = None,
    within: int | None = None,
    overdue_at: dt.datetime | None = None,
    only_open: bool = False,
    to_confirm: bool = False,
    kind: str | None = None,
) -> IncidentFilter:
    """Filter of incidents from local days of the workspace."""
    start, end = local_span(database.settings.timezone, since, until)
    return IncidentFilter(start, end, domain, stage, within, overdue_at, only_open, to_confirm, kind)
