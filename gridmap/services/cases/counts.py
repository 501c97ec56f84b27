"""How many incidents there are: by grid, and in one grid's story."""

from __future__ import annotations

import datetime as dt
from typing import Any

from gridmap.domain.gridkey import UNASSIGNED, Scope
from gridmap.services.cases.query import incident_filter
from gridmap.services.ground.grids import checked_level, grid_not_found
from gridmap.storage.cases import incidents
from gridmap.storage.database import Database
from gridmap.storage.ground import grids as stored
from gridmap.storage.teams import sites
from gridmap.storage.teams import teams as field


def count_by_grid(
    database: Database,
    scope: Scope,
    *,
    level: int,
    parent_key: int | None = None,
    domain: str | None = None,
    since: dt.date | None = None,
    until: dt.date | None = None,
) -> dict[str, Any]:
    """How many incidents each grid of a level has in a span of local days.

    Returns
    -------
    dict
        level, from, to, counts (key as text to number; grids without incidents are absent), total, and unassigned:
        incidents that lie in no grid of this level.
    """
    chosen = incident_filter(database, since, until, domain=domain, within=parent_key)
    with database.scoped_session(scope) as session:
        counts = incidents.count_by_grid(session, chosen, level)
    unassigned = counts.pop(UNASSIGNED, 0)
    return {
        "level": level,
        "from": since.isoformat() if since else None,
        "to": until.isoformat() if until else None,
        "counts": {str(k): n for k, n in sorted(counts.items())},
        "total": sum(counts.values()) + unassigned,
        "unassigned": unassigned,
    }


def grid_summary(
    database: Database,
    scope: Scope,
    key: int,
    *,
    domain: str | None = None,
    since: dt.date | None = None,
    until: dt.date | None = None,
    now: dt.datetime | None = None,
) -> dict[str, Any]:
    """Tell a grid's story: its incidents by domain, stage and kind, what is due, who is there.

    Raises
    ------
    NotFound
        When there is no such grid in the scope.
    """
    checked_level(key)
    chosen = incident_filter(database, since, until, domain=domain, within=key)
    inside = Scope.of_grid(key)
    with database.scoped_session(scope) as session:
        grid = stored.find_grid(session, key)
        if grid is None:
            raise grid_not_found(key)
        clusters = sites.list_migrant_clusters(session, key)
        return {
            "grid_key": str(key),
            "population": grid.population,
            "households": grid.households,
            "incidents": incidents.totals(session, chosen, now or dt.datetime.now(dt.UTC)),
            "by_domain": incidents.count_by(session, chosen, "domain"),
            "by_stage": incidents.count_by(session, chosen, "stage"),
            "by_kind": incidents.count_by(session, chosen, "kind"),
            "teams": sum(1 for t in field.list_teams(session) if int(t["grid_key"]) in inside),
            "migrants": {"clusters": len(clusters), "head_count": sum(c["head_count"] for c in clusters)},
            "organisations": len(sites.list_organisations(session, key)),
        }
